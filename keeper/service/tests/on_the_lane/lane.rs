//! The lane's contract in memory: one task, and what a call makes of it.

use alloy_primitives::{Address, B256, Bytes, Signature, address, keccak256};
use cor_core::task::lane::{self as rules, LaneError, LaneTerms, Place, Price, messages::task_id};
use cor_ports::domain::{
    Bound, Crew, History, LaneCall, LaneDomain, LaneMessage, OPENING_BYTES, Opening, Phase, Reveal, Seat, Server, SignatureBytes,
    SignedMessage, Submission, TaskRecord,
};
use cor_ports::{lane, urn_of};
use k256::ecdsa::SigningKey;

pub(crate) const DOMAIN: LaneDomain =
    LaneDomain { chain_id: 412_346, lane: address!("00000000000000000000000000000000000c0de1") };
pub(crate) const PAYER: Address = address!("00000000000000000000000000000000000000aa");
pub(crate) const PROMPT: &str = "What is the capital of France?";
/// Seconds of the phases.
pub(crate) const OPEN_SECS: u64 = 60;
pub(crate) const PRECOMMIT_SECS: u64 = 30;
pub(crate) const REVEAL_SECS: u64 = 30;

/// A key of a keeper or a miner.
#[derive(Clone)]
pub(crate) struct Key(SigningKey);

impl Key {
    pub(crate) fn new(index: u8) -> Self {
        Self(SigningKey::from_slice(&[index + 1; 32]).unwrap())
    }

    pub(crate) fn address(&self) -> Address {
        Address::from_private_key(&self.0)
    }

    pub(crate) fn sign(&self, digest: B256) -> SignatureBytes {
        let (signature, recovery) = self.0.sign_prehash_recoverable(digest.as_slice()).unwrap();
        Signature::from((signature, recovery)).as_bytes()
    }

    /// A signed message for a task and an assignment of it.
    pub(crate) fn say(&self, task: B256, assignment: B256, message: LaneMessage) -> SignedMessage {
        let signature = self.sign(lane::message_digest(&DOMAIN, assignment, &message));
        SignedMessage { task, assignment, miner: self.address(), message, signature }
    }

    /// A keeper's word for a crew.
    pub(crate) fn assign(&self, record: &TaskRecord, crew: &Crew) -> SignatureBytes {
        self.sign(lane::assign_digest(&DOMAIN, lane::assignment(record, crew)))
    }

    /// What a miner is bound by if it signs this commitment.
    pub(crate) fn bind(&self, assignment: B256, commitment: B256) -> Bound {
        let message = LaneMessage::Precommit { commitment };
        Bound { commitment, signature: self.sign(lane::message_digest(&DOMAIN, assignment, &message)) }
    }
}

/// What opens a commitment to an answer.
pub(crate) fn reveal(answer: &str, salt: u8) -> Reveal {
    Reveal { result_digest: keccak256(answer), salt: B256::repeat_byte(salt) }
}

/// A task of a sequence number that was submitted in this block, which is a fork's if it has another mark.
pub(crate) fn submitted(sequence: u64, replicas: u8, now: u64, block: u64, fork: u8) -> TaskRecord {
    let terms = LaneTerms {
        model: 1,
        max_tokens: 8,
        answer_kind: 0,
        replicas,
        quorum_bps: 5_001,
        open_secs: u32::try_from(OPEN_SECS).unwrap(),
        precommit_secs: u32::try_from(PRECOMMIT_SECS).unwrap(),
        reveal_secs: u32::try_from(REVEAL_SECS).unwrap(),
        priced: 0,
    };
    let prompt_digest = keccak256(PROMPT);
    let opening = Opening {
        price: Price { per_replica: 5, network: 1, gas: 1 },
        terms,
        prompt_digest,
        no_reveal: 100,
        bad_reveal: 1_000,
        block,
        time: now,
        no_result_gas_cap_bps: 0,
    };
    TaskRecord {
        id: task_id(PAYER, sequence),
        payer: PAYER,
        sequence,
        state: rules::submit(&opening, now),
        bytes: opening.encode().into(),
        history: History::begin(opening),
        served_by: None,
        submission: Submission {
            session: 1,
            charged: 17,
            prompt_urn: urn_of(prompt_digest),
            client_reference: B256::ZERO,
            block_number: block,
            block_hash: keccak256([&block.to_be_bytes()[..], &[fork]].concat()),
        },
    }
}

/// Why the contract refuses a call.
#[derive(Debug, PartialEq)]
pub(crate) enum Refused {
    Rules(LaneError),
    Signature,
    NotKeeper,
    History,
    Task,
}

impl From<LaneError> for Refused {
    fn from(error: LaneError) -> Self {
        Self::Rules(error)
    }
}

/// What a call by `caller` makes of a task.
pub(crate) fn apply(
    task: &TaskRecord,
    call: &LaneCall,
    caller: Address,
    now: u64,
    is_keeper: impl Fn(Address) -> bool,
) -> Result<TaskRecord, Refused> {
    let mut after = task.clone();
    let place = Place { chain_id: DOMAIN.chain_id, lane: DOMAIN.lane, task: task.id };
    let at = at(call).ok_or(Refused::Task)?;
    if at.history != task.bytes {
        return Err(Refused::History);
    }
    let crew = task.crew();
    let assignment = crew.as_ref().map(|crew| lane::assignment(task, crew));
    match call {
        LaneCall::Complete { answers, server, .. } => {
            let revealed = (0_u8..).zip(answers).map(|(replica, answer)| {
                let Reveal { result_digest, salt } = answer.reveal;
                (answer.miner, rules::Reveal { replica, digest: result_digest, salt })
            });
            let revealed: Vec<_> = revealed.collect();
            let assignment = rules::complete(&mut after.state, &mut after.history, now, &place, server.keeper, &revealed)?;
            authorised(server, caller, assignment, is_keeper)?;
            for (answer, told) in answers.iter().zip(&after.history.told) {
                let bound = Bound { commitment: told.commitment.unwrap(), signature: answer.signature };
                signed(lane::is_bound(&DOMAIN, assignment, answer.miner, &bound))?;
            }
            return Ok(ended(after));
        }
        LaneCall::Start { seats, server, .. } => {
            let crew = Crew { keeper: server.keeper, miners: seats.iter().map(|(miner, _)| *miner).collect() };
            let assignment = lane::assignment(task, &crew);
            let itself = server.assign.is_none();
            let commitments: Vec<_> = seats.iter().map(|(miner, bound)| (*miner, bound.map(|bound| bound.commitment))).collect();
            let by = rules::Server { keeper: server.keeper, itself };
            add(&mut after, |task| rules::start(&mut task.state, &mut task.history, now, by, &commitments))?;
            authorised(server, caller, assignment, is_keeper)?;
            for (miner, bound) in seats {
                signed(bound.is_none_or(|bound| lane::is_bound(&DOMAIN, assignment, *miner, &bound)))?;
            }
        }
        LaneCall::Precommit { replica, commitment, signature, .. } => {
            add(&mut after, |task| rules::precommit(&mut task.state, &mut task.history, now, *replica, *commitment))?;
            let miner = task.history.told[usize::from(*replica)].miner;
            let bound = |signature| Bound { commitment: *commitment, signature };
            signed(match signature {
                Some(signature) => lane::is_bound(&DOMAIN, assignment.unwrap(), miner, &bound(*signature)),
                None => caller == miner,
            })?;
        }
        LaneCall::Reveal { reveals, .. } => show(&mut after, &place, reveals)?,
        LaneCall::Finish { reveals, .. } => {
            show(&mut after, &place, reveals)?;
            rules::finish(&mut after.state, &task.history.opening, now)?;
        }
        LaneCall::Report { replica, reveal, signature, .. } => {
            let shown = rules::Reveal { replica: *replica, digest: reveal.result_digest, salt: reveal.salt };
            add(&mut after, |task| rules::report(&mut task.state, &mut task.history, &place, shown))?;
            let told = task.history.told[usize::from(*replica)];
            let Reveal { result_digest, salt } = *reveal;
            let message = LaneMessage::Commit { commitment: told.commitment.unwrap(), result_digest, salt };
            let digest = lane::message_digest(&DOMAIN, assignment.unwrap(), &message);
            signed(lane::recover(digest, signature) == Some(told.miner))?;
        }
        LaneCall::ReportSecond { replica, commitment, signature, .. } => {
            add(&mut after, |task| rules::report_second(&mut task.state, &mut task.history, now, *replica, *commitment))?;
            let miner = task.history.told[usize::from(*replica)].miner;
            let bound = Bound { commitment: *commitment, signature: *signature };
            signed(lane::is_bound(&DOMAIN, assignment.unwrap(), miner, &bound))?;
            return Ok(after);
        }
        LaneCall::Close { .. } => rules::close(&mut after.state, &task.history.opening, now)?,
        LaneCall::PayEarnings { .. } => return Err(Refused::Task),
    }
    Ok(if after.state.phase == Phase::Ended { ended(after) } else { after })
}

fn at(call: &LaneCall) -> Option<&cor_ports::domain::TaskAt> {
    match call {
        LaneCall::Complete { task, .. }
        | LaneCall::Start { task, .. }
        | LaneCall::Precommit { task, .. }
        | LaneCall::Reveal { task, .. }
        | LaneCall::Finish { task, .. }
        | LaneCall::Report { task, .. }
        | LaneCall::ReportSecond { task, .. }
        | LaneCall::Close { task } => Some(task),
        LaneCall::PayEarnings { .. } => None,
    }
}

/// The task that a call is about.
pub(crate) fn task_of(call: &LaneCall) -> Option<B256> {
    at(call).map(|task| task.id)
}

fn signed(is_signed: bool) -> Result<(), Refused> {
    if is_signed { Ok(()) } else { Err(Refused::Signature) }
}

fn authorised(server: &Server, caller: Address, assignment: B256, is_keeper: impl Fn(Address) -> bool) -> Result<(), Refused> {
    if !is_keeper(server.keeper) {
        return Err(Refused::NotKeeper);
    }
    let digest = lane::assign_digest(&DOMAIN, assignment);
    signed(match &server.assign {
        Some(assign) => lane::recover(digest, assign) == Some(server.keeper),
        None => caller == server.keeper,
    })
}

fn show(task: &mut TaskRecord, place: &Place, reveals: &[(u8, Reveal)]) -> Result<(), Refused> {
    for &(replica, Reveal { result_digest, salt }) in reveals {
        let shown = rules::Reveal { replica, digest: result_digest, salt };
        add(task, |task| rules::reveal(&mut task.state, &mut task.history, place, shown))?;
    }
    Ok(())
}

/// Adds a record to the task's history.
fn add(task: &mut TaskRecord, step: impl FnOnce(&mut TaskRecord) -> Result<Vec<u8>, LaneError>) -> Result<(), Refused> {
    let record = step(task)?;
    task.bytes = Bytes::from([&task.bytes[..], &record].concat());
    Ok(())
}

/// In the keeper's place stands the mark of who served, if anybody did; of one that was completed in one step its end tells who.
fn ended(mut task: TaskRecord) -> TaskRecord {
    let (keeper, crew) = (task.state.keeper, task.history.crew());
    task.state.keeper = lane::mark_of(task.id, &task.history, keeper);
    if crew.is_empty() {
        return task;
    }
    task.served_by = Some(keeper);
    if task.bytes.len() == OPENING_BYTES {
        task.bytes = Bytes::from([&task.bytes[..], &lane::crew_record(&crew)].concat());
        task.history = History::read(&task.bytes).unwrap();
    }
    task
}

/// What the seats are, in a word each.
pub(crate) fn seats(task: &TaskRecord) -> Vec<Seat> {
    task.state.taken().collect()
}
