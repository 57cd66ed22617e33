//! From a task's opening to its end. The rules decide; here is checked who signed, and done what follows.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U64};
use alloy_sol_types::SolCall as _;
use cor_contract_shared::{
    abi::{message, Decode, Decoder, NodePool, Octets, Staking},
    call_raw, check_signature, encoded, log, view_raw, Revert, Signature,
};
use cor_core::limits::REPLICA_SLOTS;
use cor_core::task::eip712::domain_separator;
use cor_core::task::lane::history::{Assigned, History};
use cor_core::task::lane::split::{offences, split};
use cor_core::task::lane::{self, messages, LaneError, LanePhase, LaneState, Place, Reveal};
use stylus_sdk::prelude::*;

use crate::{
    abi::{error, malformed, refuse, TaskEnded, TaskRecord},
    in_wei, Lane,
};

/// Bytes of an answer in `complete`: miner 20, signature 64, digest 32, salt 32.
const ANSWER_BYTES: usize = 148;
/// Bytes of a miner in `start`: miner 20, commitment 32, signature 64.
const MINER_BYTES: usize = 116;
/// Bytes of a reveal: replica 1, digest 32, salt 32.
const REVEAL_BYTES: usize = 65;

/// A task that is being moved on.
pub(crate) struct Moved {
    payer: Address,
    task: B256,
    state: LaneState,
    history: History,
    place: Place,
    now: u64,
}

/// Which task is meant, and its history: what each step begins with.
pub(crate) struct Told {
    pub(crate) payer: Address,
    pub(crate) sequence: u64,
    pub(crate) history: Octets,
}

impl Decode for Told {
    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self { payer: Decode::decode(from)?, sequence: Decode::decode(from)?, history: Decode::decode(from)? })
    }
}

/// Who serves a task.
pub(crate) struct Served<'a> {
    pub(crate) keeper: Address,
    /// The keeper's signature of the assignment, unless it calls itself.
    pub(crate) assign: &'a [u8],
}

impl Moved {
    fn refuse(&self) -> impl Fn(LaneError) -> Revert {
        let (task, now) = (self.task, self.now);
        move |error| refuse(error, task, now)
    }

    /// Index of the replica whose answer is the result.
    fn winner(&self) -> Option<usize> {
        self.state.winner(self.history.opening.terms.quorum_bps).map(usize::from)
    }
}

/// The parts of bytes that are a whole number of them, and no more than a task has replicas.
#[inline(never)]
fn parts<'a>(bytes: &'a [u8], size: usize, field: &str) -> Result<Vec<&'a [u8]>, Revert> {
    let whole = bytes.chunks_exact(size);
    if !whole.remainder().is_empty() || bytes.len() > size * REPLICA_SLOTS {
        return Err(malformed(field));
    }
    Ok(whole.collect())
}

impl Lane {
    /// A task with the history that its seal is of.
    #[inline(never)]
    pub(crate) fn recall(&self, told: Told) -> Result<Moved, Revert> {
        let Told { payer, sequence, history: Octets(bytes) } = told;
        let history = History::read(&bytes).ok_or_else(|| malformed("history"))?;
        let task = messages::task_id(payer, sequence);
        let record = self.tasks.getter(task);
        let seal = record.seal.get();
        if seal != history.seal {
            return Err(error!(HistoryMismatch, task, seal, history.seal));
        }
        let place = Place { chain_id: self.vm().chain_id(), lane: self.vm().contract_address(), task };
        let now = self.vm().block_timestamp();
        Ok(Moved { payer, task, state: LaneState::unpack(record.state.get()), history, place, now })
    }

    /// Stores a task that goes on.
    #[inline(never)]
    pub(crate) fn keep(&mut self, moved: &Moved) {
        let mut record = self.tasks.setter(moved.task);
        record.state.set(moved.state.pack());
        record.seal.set(moved.history.seal);
    }

    #[inline(never)]
    fn tell(&self, moved: &Moved, record: Vec<u8>) {
        let LaneState { phase, deadline, .. } = moved.state;
        log!(self, TaskRecord[moved.task] phase.number(), deadline, *record);
    }

    #[inline(never)]
    fn domain(&self, place: &Place) -> B256 {
        domain_separator(messages::LANE_NAME_HASH, place.chain_id, place.lane)
    }

    #[inline(never)]
    fn signed(&self, digest: B256, signature: &[u8], expected: Address) -> Result<(), Revert> {
        check_signature(self.vm(), digest, Signature::from_compact(signature), expected)
            .map_err(|signer| error!(InvalidSignature, signer, expected))
    }

    /// Refuses who may not serve, and miners that the pool does not know as fit.
    #[inline(never)]
    fn admit(&self, moved: &Moved, served: &Served<'_>, miners: &[Address]) -> Result<Vec<Assigned>, Revert> {
        self.must_be_keeper(served.keeper)?;
        let question = message(NodePool::eligibleEpochsCall::SELECTOR, encoded!(moved.history.opening.terms.model, *miners));
        let answer = view_raw(self, self.node_pool.get(), &question)?;
        let epochs: Option<Vec<u64>> = Decode::decode(&mut Decoder::new(&answer));
        let epochs = epochs.filter(|epochs| epochs.len() == miners.len()).ok_or_else(|| Revert::raw(Vec::new()))?;
        let miners = miners.iter().zip(epochs);
        Ok(miners.map(|(&miner, registration_epoch)| Assigned { miner, registration_epoch }).collect())
    }

    /// Refuses an assignment that the keeper neither brings nor signed.
    #[inline(never)]
    fn assigned_by(&self, served: &Served<'_>, domain: B256, assignment: B256) -> Result<(), Revert> {
        if served.keeper == self.vm().msg_sender() {
            return Ok(());
        }
        self.signed(messages::assign_digest(domain, assignment), served.assign, served.keeper)
    }

    #[inline(never)]
    pub(crate) fn serve(&mut self, mut moved: Moved, served: Served<'_>, answers: &[u8]) -> Result<(), Revert> {
        let parts = parts(answers, ANSWER_BYTES, "answers")?;
        let miners: Vec<Address> = parts.iter().map(|part| Address::from_slice(&part[..20])).collect();
        let assigned = self.admit(&moved, &served, &miners)?;
        let answers: Vec<_> = (0_u8..)
            .zip(assigned.iter().zip(&parts))
            .map(|(replica, (&assigned, part))| {
                let (digest, salt) = (B256::from_slice(&part[84..116]), B256::from_slice(&part[116..]));
                (assigned, Reveal { replica, digest, salt })
            })
            .collect();
        let refuse = moved.refuse();
        let done =
            lane::complete(&mut moved.state, &moved.history, moved.now, &moved.place, served.keeper, &answers).map_err(refuse)?;
        let domain = self.domain(&moved.place);
        self.assigned_by(&served, domain, done.assignment)?;
        for ((miner, commitment), part) in miners.iter().zip(&done.commitments).zip(&parts) {
            self.signed(messages::precommit_digest(domain, done.assignment, *commitment), &part[20..84], *miner)?;
        }
        let winner = moved.winner().and_then(|leader| answers.get(leader)).map(|(_, reveal)| reveal.digest);
        self.settle(&moved, &miners, winner)
    }

    #[inline(never)]
    pub(crate) fn begin(&mut self, mut moved: Moved, served: Served<'_>, miners: &[u8]) -> Result<(), Revert> {
        let parts = parts(miners, MINER_BYTES, "miners")?;
        let addresses: Vec<Address> = parts.iter().map(|part| Address::from_slice(&part[..20])).collect();
        let assigned = self.admit(&moved, &served, &addresses)?;
        let domain = self.domain(&moved.place);
        let assignment = moved.place.assignment(&moved.history, served.keeper, &assigned);
        self.assigned_by(&served, domain, assignment)?;
        let mut bound = Vec::with_capacity(parts.len());
        for (assigned, part) in assigned.iter().zip(&parts) {
            let commitment = part[20..].iter().any(|byte| *byte != 0).then(|| B256::from_slice(&part[20..52]));
            if let Some(commitment) = commitment {
                self.signed(messages::precommit_digest(domain, assignment, commitment), &part[52..], assigned.miner)?;
            }
            bound.push((*assigned, commitment));
        }
        let refuse = moved.refuse();
        let record = lane::start(&mut moved.state, &mut moved.history, moved.now, served.keeper, &bound).map_err(refuse)?;
        self.keep(&moved);
        self.tell(&moved, record);
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn bind(&mut self, mut moved: Moved, replica: u8, commitment: B256, signature: &[u8]) -> Result<(), Revert> {
        let refuse = moved.refuse();
        let record = lane::precommit(&mut moved.state, &mut moved.history, moved.now, replica, commitment).map_err(refuse)?;
        let miners = moved.history.miners();
        let miner = miners.get(usize::from(replica)).map_or(Address::ZERO, |assigned| assigned.miner);
        if miner != self.vm().msg_sender() {
            let assignment = moved.place.assignment(&moved.history, moved.state.keeper, &miners);
            let digest = messages::precommit_digest(self.domain(&moved.place), assignment, commitment);
            self.signed(digest, signature, miner)?;
        }
        self.keep(&moved);
        self.tell(&moved, record);
        Ok(())
    }

    /// Takes reveals into `moved`, which the caller stores.
    #[inline(never)]
    pub(crate) fn show(&mut self, moved: &mut Moved, reveals: &[u8]) -> Result<(), Revert> {
        for part in parts(reveals, REVEAL_BYTES, "reveals")? {
            let shown = Reveal { replica: part[0], digest: B256::from_slice(&part[1..33]), salt: B256::from_slice(&part[33..]) };
            let refuse = moved.refuse();
            let record = lane::reveal(&mut moved.state, &mut moved.history, &moved.place, shown).map_err(refuse)?;
            self.tell(moved, record);
        }
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn conclude(&mut self, mut moved: Moved) -> Result<(), Revert> {
        let refuse = moved.refuse();
        lane::finish(&mut moved.state, &moved.history.opening, moved.now).map_err(refuse)?;
        self.end_or_keep(moved)
    }

    #[inline(never)]
    pub(crate) fn denounce(&mut self, mut moved: Moved, shown: Reveal, signature: &[u8]) -> Result<(), Revert> {
        let refuse = moved.refuse();
        let miners = moved.history.miners();
        let record = lane::report(&mut moved.state, &mut moved.history, &moved.place, shown).map_err(refuse)?;
        let miner = miners.get(usize::from(shown.replica)).map_or(Address::ZERO, |assigned| assigned.miner);
        let assignment = moved.place.assignment(&moved.history, moved.state.keeper, &miners);
        let told = moved.history.told.get(usize::from(shown.replica));
        let commitment = told.and_then(|told| told.commitment).unwrap_or_default();
        let digest = messages::commit_digest(self.domain(&moved.place), assignment, commitment, shown.digest, shown.salt);
        self.signed(digest, signature, miner)?;
        self.keep(&moved);
        self.tell(&moved, record);
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn expire(&mut self, mut moved: Moved) -> Result<(), Revert> {
        let refuse = moved.refuse();
        lane::close(&mut moved.state, &moved.history.opening, moved.now).map_err(refuse)?;
        self.end_or_keep(moved)
    }

    /// Ends a task that is over, and tells of another phase or a last call.
    #[inline(never)]
    fn end_or_keep(&mut self, moved: Moved) -> Result<(), Revert> {
        if moved.state.phase == LanePhase::Ended {
            return self.end(moved);
        }
        self.keep(&moved);
        self.tell(&moved, Vec::new());
        Ok(())
    }

    /// Ends a task that was started, or expired.
    fn end(&mut self, moved: Moved) -> Result<(), Revert> {
        let miners: Vec<Address> = moved.history.told.iter().map(|told| told.assigned.miner).collect();
        let winner = moved.winner().and_then(|leader| moved.history.told.get(leader)?.digest);
        self.settle(&moved, &miners, winner)
    }

    /// Stores the end, tells of it, pays, and slashes. What a peer does with a penalty cannot undo the end.
    #[inline(never)]
    fn settle(&mut self, moved: &Moved, miners: &[Address], winner: Option<B256>) -> Result<(), Revert> {
        let Moved { state, task, payer, .. } = moved;
        let opening = &moved.history.opening;
        // An ended task of a price that was charged has a split.
        let split = split(opening, state).unwrap_or_default();
        let mut record = self.tasks.setter(*task);
        record.state.set(state.pack());
        record.seal.set(B256::ZERO);
        let mut paid = 0_u8;
        for ((replica, miner), share) in (0_u8..).zip(miners).zip(split.to_miners) {
            if share > 0 {
                paid |= 1 << replica;
                self.accounts.setter(*miner).earn(share);
            }
        }
        if split.to_keeper > 0 {
            self.accounts.setter(state.keeper).earn(split.to_keeper);
        }
        if split.refunded > 0 {
            self.accounts.setter(*payer).refund(split.refunded);
        }
        if split.to_treasury > 0 {
            let treasury = self.treasury.get().to::<u64>().saturating_add(split.to_treasury);
            self.treasury.set(U64::from(treasury));
        }
        let per_miner = split.to_miners.iter().copied().max().unwrap_or_default();
        let (status, seats, digest) = (state.status.number(), state.packed_seats(), winner.unwrap_or_default());
        let list: Vec<u8> = miners.iter().flat_map(|miner| miner.0 .0).collect();
        log!(self, TaskEnded[*task, *payer, state.keeper] status, digest, seats, paid, per_miner, split.to_keeper, split.to_treasury, split.refunded, *list);
        let staking = self.staking.get();
        for (replica, offence, grains) in offences(opening, state) {
            let Some(node) = miners.get(usize::from(replica)).filter(|_| grains > 0) else { continue };
            // Staking's number of a task has 64 bits: the last of its name.
            let task_id = task.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
            let arguments = encoded!(*node, task_id, offence.number(), in_wei(grains));
            let _ = call_raw(self, staking, &message(Staking::slashCall::SELECTOR, arguments));
        }
        Ok(())
    }
}
