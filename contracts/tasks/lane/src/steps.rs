//! From a task's opening to its end. The rules decide; here is checked who signed, and done what follows.

use alloc::vec::Vec;
use core::mem;

use alloy_primitives::{Address, B256, U64};
use alloy_sol_types::SolCall as _;
use cor_contract_shared::{
    abi::{message, Decode, Decoder, Octets, Staking},
    check_signature, encoded, log, tell_raw, Revert, Signature,
};
use cor_core::limits::REPLICA_SLOTS;
use cor_core::task::eip712::domain_separator;
use cor_core::task::lane::history::History;
use cor_core::task::lane::split::{offences, split};
use cor_core::task::lane::{self, crew_mark, grains_up, messages, LaneError, LanePhase, LaneState, Place, Reveal, Server};
use cor_core::task::Offence;
use stylus_sdk::prelude::*;

use crate::{
    abi::{error, malformed, refuse, SlashOwed, TaskEnded, TaskRecord},
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

    /// The miner of a replica that there is.
    fn miner(&self, replica: u8) -> Address {
        self.history.told.get(usize::from(replica)).map(|told| told.miner).unwrap_or_default()
    }

    /// What its miners sign, once it is somebody's who serves.
    #[inline(never)]
    fn assignment(&self) -> B256 {
        self.place.assignment(&self.history, self.state.keeper, &self.history.miners())
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

/// The miners that parts begin with.
#[inline(never)]
fn first_addresses(parts: &[&[u8]]) -> Vec<Address> {
    parts.iter().map(|part| Address::from_slice(&part[..20])).collect()
}

impl Lane {
    /// A task with the history that its seal is of.
    #[inline(never)]
    pub(crate) fn recall(&self, told: Told) -> Result<Moved, Revert> {
        let moved = self.read(told)?;
        let LaneState { phase, status, .. } = moved.state;
        if phase == LanePhase::Ended {
            return Err(moved.refuse()(LaneError::AlreadyEnded { status }));
        }
        let seal = self.tasks.getter(moved.task).seal.get();
        if seal != moved.history.seal {
            return Err(error!(HistoryMismatch, moved.task, seal, moved.history.seal));
        }
        Ok(moved)
    }

    /// A task with what is said to be its history.
    #[inline(never)]
    pub(crate) fn read(&self, told: Told) -> Result<Moved, Revert> {
        let Told { payer, sequence, history: Octets(bytes) } = told;
        let history = History::read(&bytes).ok_or_else(|| malformed("history"))?;
        let task = messages::task_id(payer, sequence);
        let (state, now) = (LaneState::unpack(self.tasks.getter(task).state.get()), self.vm().block_timestamp());
        let place = Place { chain_id: self.vm().chain_id(), lane: self.vm().contract_address(), task };
        Ok(Moved { payer, task, state, history, place, now })
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

    /// Stores a task that goes on, and tells of it.
    #[inline(never)]
    fn keep_and_tell(&mut self, moved: &Moved, record: Vec<u8>) {
        self.keep(moved);
        self.tell(moved, record);
    }

    /// Refuses a commitment, or a reveal of one, that the miner of a replica did not sign.
    #[inline(never)]
    fn said(
        &self,
        moved: &Moved,
        miner: Address,
        commitment: B256,
        shown: Option<Reveal>,
        signature: &[u8],
    ) -> Result<(), Revert> {
        let domain = self.domain(&moved.place);
        let assignment = moved.assignment();
        let digest = match shown {
            Some(shown) => messages::commit_digest(domain, assignment, commitment, shown.digest, shown.salt),
            None => messages::precommit_digest(domain, assignment, commitment),
        };
        self.signed(digest, signature, miner)
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

    /// Refuses who may not serve, and an assignment that the keeper neither brings nor signed. Whether it is the keeper that calls.
    #[inline(never)]
    fn assigned_by(&self, served: &Served<'_>, domain: B256, assignment: B256) -> Result<bool, Revert> {
        self.must_be_keeper(served.keeper)?;
        let itself = served.keeper == self.vm().msg_sender();
        if !itself {
            self.signed(messages::assign_digest(domain, assignment), served.assign, served.keeper)?;
        }
        Ok(itself)
    }

    #[inline(never)]
    pub(crate) fn serve(&mut self, mut moved: Moved, served: Served<'_>, answers: &[u8]) -> Result<(), Revert> {
        let parts = parts(answers, ANSWER_BYTES, "answers")?;
        let miners = first_addresses(&parts);
        let answers: Vec<_> = (0_u8..)
            .zip(miners.iter().zip(&parts))
            .map(|(replica, (&miner, part))| {
                let (digest, salt) = (B256::from_slice(&part[84..116]), B256::from_slice(&part[116..]));
                (miner, Reveal { replica, digest, salt })
            })
            .collect();
        let refuse = moved.refuse();
        let Moved { state, history, now, place, .. } = &mut moved;
        let assignment = lane::complete(state, history, *now, place, served.keeper, &answers).map_err(refuse)?;
        let domain = self.domain(&moved.place);
        self.assigned_by(&served, domain, assignment)?;
        for (told, part) in moved.history.told.iter().zip(&parts) {
            let digest = messages::precommit_digest(domain, assignment, told.commitment.unwrap_or_default());
            self.signed(digest, &part[20..84], told.miner)?;
        }
        self.settle(&moved, &miners, assignment)
    }

    #[inline(never)]
    pub(crate) fn begin(&mut self, mut moved: Moved, served: Served<'_>, miners: &[u8]) -> Result<(), Revert> {
        let parts = parts(miners, MINER_BYTES, "miners")?;
        let crew = first_addresses(&parts);
        let domain = self.domain(&moved.place);
        let assignment = moved.place.assignment(&moved.history, served.keeper, &crew);
        let itself = self.assigned_by(&served, domain, assignment)?;
        let mut bound = Vec::with_capacity(parts.len());
        for (miner, part) in crew.into_iter().zip(&parts) {
            let commitment = part[20..].iter().any(|byte| *byte != 0).then(|| B256::from_slice(&part[20..52]));
            if let Some(commitment) = commitment {
                self.signed(messages::precommit_digest(domain, assignment, commitment), &part[52..], miner)?;
            }
            bound.push((miner, commitment));
        }
        let refuse = moved.refuse();
        let server = Server { keeper: served.keeper, itself };
        let record = lane::start(&mut moved.state, &mut moved.history, moved.now, server, &bound).map_err(refuse)?;
        self.keep_and_tell(&moved, record);
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn bind(&mut self, mut moved: Moved, replica: u8, commitment: B256, signature: &[u8]) -> Result<(), Revert> {
        let refuse = moved.refuse();
        let record = lane::precommit(&mut moved.state, &mut moved.history, moved.now, replica, commitment).map_err(refuse)?;
        let miner = moved.miner(replica);
        if miner != self.vm().msg_sender() {
            self.said(&moved, miner, commitment, None, signature)?;
        }
        self.keep_and_tell(&moved, record);
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
        let record = lane::report(&mut moved.state, &mut moved.history, &moved.place, shown).map_err(refuse)?;
        let told = moved.history.told.get(usize::from(shown.replica));
        let commitment = told.and_then(|told| told.commitment).unwrap_or_default();
        self.said(&moved, moved.miner(shown.replica), commitment, Some(shown), signature)?;
        self.keep_and_tell(&moved, record);
        Ok(())
    }

    /// The task's state keeps the seat of who is convicted as that of a lie, so nobody is for one seat twice.
    #[inline(never)]
    pub(crate) fn denounce_second(
        &mut self,
        mut moved: Moved,
        keeper: Address,
        replica: u8,
        commitment: B256,
        signature: &[u8],
    ) -> Result<(), Revert> {
        let refuse = moved.refuse();
        let crew = moved.history.crew();
        let record = lane::report_second(&mut moved.state, &mut moved.history, moved.now, replica, commitment).map_err(refuse)?;
        let mark = mem::replace(&mut moved.state.keeper, keeper);
        let computed = crew_mark(moved.assignment(), &crew);
        if mark != computed {
            return Err(error!(HistoryMismatch, moved.task, mark.into_word(), computed.into_word()));
        }
        let node = moved.miner(replica);
        self.said(&moved, node, commitment, None, signature)?;
        moved.state.keeper = mark;
        self.tasks.setter(moved.task).state.set(moved.state.pack());
        self.tell(&moved, record);
        // Not an end, so it waits until something can be taken: else the guilty would report itself when nothing can.
        let (reason, owed) = (Offence::BadReveal.number(), moved.history.opening.bad_reveal);
        let left = self.penalize(moved.task, node, reason, owed);
        if left == owed {
            return Err(error!(NothingTaken, moved.task, node, reason, owed));
        }
        if left > 0 {
            self.owe(moved.task, node, reason, left);
        }
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
        self.keep_and_tell(&moved, Vec::new());
        Ok(())
    }

    /// Ends a task that was started, or expired: then it has no miners, and its assignment is nobody's.
    fn end(&mut self, moved: Moved) -> Result<(), Revert> {
        let (miners, assignment) = (moved.history.miners(), moved.assignment());
        self.settle(&moved, &miners, assignment)
    }

    /// Stores the end, tells of it, pays, and slashes. What a peer does with a penalty cannot undo the end.
    #[inline(never)]
    fn settle(&mut self, moved: &Moved, miners: &[Address], assignment: B256) -> Result<(), Revert> {
        let Moved { state, task, payer, .. } = moved;
        let opening = &moved.history.opening;
        // An ended task of a price that was charged has a split.
        let split = split(opening, state).unwrap_or_default();
        let crew = moved.history.crew();
        let keeper = if crew.is_empty() { Address::ZERO } else { crew_mark(assignment, &crew) };
        let mut record = self.tasks.setter(*task);
        record.state.set(LaneState { keeper, ..*state }.pack());
        record.seal.set(B256::ZERO);
        let mut paid = 0_u8;
        for ((replica, miner), share) in (0_u8..).zip(miners).zip(split.to_miners) {
            if share > 0 {
                paid |= 1 << replica;
                self.accounts.setter(*miner).earn(share);
            }
        }
        if split.to_keeper > 0 {
            // A keeper takes its line by itself: nobody's stake says where it belongs.
            self.accounts.setter(state.keeper).credit(split.to_keeper);
        }
        if split.refunded > 0 {
            self.accounts.setter(*payer).credit(split.refunded);
        }
        if split.to_treasury > 0 {
            let treasury = self.treasury.get().to::<u64>().saturating_add(split.to_treasury);
            self.treasury.set(U64::from(treasury));
        }
        let per_miner = split.to_miners.iter().copied().max().unwrap_or_default();
        let winner = moved.winner().and_then(|leader| moved.history.told.get(leader)?.digest);
        let (status, seats, digest) = (state.status.number(), state.packed_seats(), winner.unwrap_or_default());
        log!(self, TaskEnded[*task, *payer, state.keeper] status, digest, seats, paid, per_miner, split.to_keeper, split.to_treasury, split.refunded, *crew);
        for (replica, offence, grains) in offences(opening, state) {
            let Some(node) = miners.get(usize::from(replica)).filter(|_| grains > 0) else { continue };
            let reason = offence.number();
            let left = self.penalize(*task, *node, reason, grains);
            if left > 0 {
                self.owe(*task, *node, reason, left);
            }
        }
        Ok(())
    }

    /// Has Staking take a penalty. Returns what it did not take, for want of gas, a cap, stake, or leave to slash: it cannot undo the end of the task.
    #[inline(never)]
    pub(crate) fn penalize(&mut self, task: B256, node: Address, reason: u8, grains: u64) -> u64 {
        // Staking's number of a task has 64 bits: the last of its name.
        let task_id = task.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let penalty = message(Staking::slashCall::SELECTOR, encoded!(node, task_id, reason, in_wei(grains)));
        let staking = self.staking.get();
        let answer = tell_raw(self, staking, &penalty, u64::MAX).unwrap_or_default();
        // Rounded up: a stake of less than a grain owes nothing for ever.
        let taken = B256::decode(&mut Decoder::new(&answer)).and_then(grains_up).unwrap_or_default();
        grains.saturating_sub(taken)
    }

    /// Keeps what is owed of a penalty. A miner has one replica of a task, so there is no other of the same name.
    #[inline(never)]
    pub(crate) fn owe(&mut self, task: B256, node: Address, reason: u8, left: u64) {
        self.owed.setter(messages::owed_key(task, node, reason)).set(U64::from(left));
        log!(self, SlashOwed[task, node] reason, left);
    }
}
