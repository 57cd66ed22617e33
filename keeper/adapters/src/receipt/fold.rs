//! Makes a receipt of what was read. Pure: the same state and logs always make the same receipt, in whatever order the logs came.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, B256, Bytes, U256};
use cor_ports::domain::{Crew, History, LaneDomain, LaneState, Phase, Reveal};
use cor_ports::{ChainError, jury::Times, lane};
use cor_sol::{
    lane::ILane::{ILaneEvents as Lane, TaskEnded, TaskSubmitted},
    staking::IStaking::IStakingEvents as Staking,
};
use cor_wire::{
    deployment::Deployment,
    name::Step,
    receipt::{PriceLines, Receipt, ReplicaEvidence, Settlement, TimelineEntry, TransactionLine},
};

use super::{
    describe::{ASSIGNED, BAD, PRECOMMITTED, REVEALED, describe, wei},
    input::{Shown, shown},
    jury,
    names::{outcome, phase, status},
};
use crate::chain::Event;

/// Where a log lies, in the order of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) block: u64,
    pub(super) transaction_index: u64,
    pub(super) log_index: u64,
    pub(super) transaction: B256,
    pub(super) block_hash: B256,
}

/// A log of the task.
#[derive(Clone)]
pub(super) struct TaskLog {
    pub(super) event: Event,
    pub(super) place: Place,
    /// Time of its block, seconds since 1970, where the node put it into the log.
    pub(super) time: Option<u64>,
}

/// Who sent a transaction, for how much gas, and what it called the lane with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sender {
    pub(super) from: Address,
    pub(super) gas_used: u64,
    /// The input, if it called the lane itself.
    pub(super) input: Option<Bytes>,
}

/// What the lane keeps of a task.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kept {
    pub(super) state: LaneState,
    /// Over its history; zero once it ended.
    pub(super) seal: B256,
}

/// What a node told of the task beside what the lane keeps.
pub(super) struct Found {
    /// What the jury counts by.
    pub(super) times_of_jury: Times,
    /// In any order; one may be there twice.
    pub(super) logs: Vec<TaskLog>,
    /// Seconds since 1970, by block number, for logs without a time.
    pub(super) times: BTreeMap<u64, u64>,
    /// By transaction.
    pub(super) senders: BTreeMap<B256, Sender>,
}

/// Drops slashes for other tasks. Staking's number of a task is a part of its name, which a payer can make that of another task: a slash counts if the
/// lane logged the task in the same transaction.
fn keep_own_slashes(logs: &mut Vec<TaskLog>) {
    let own: BTreeSet<B256> =
        logs.iter().filter(|log| matches!(log.event, Event::Lane(_))).map(|log| log.place.transaction).collect();
    logs.retain(|log| !matches!(log.event, Event::Staking(_)) || own.contains(&log.place.transaction));
}

fn missing(what: String, detail: &str) -> ChainError {
    ChainError::HistoryMissing { what, detail: detail.to_owned() }
}

/// The receipt of a task.
///
/// # Errors
/// `HistoryMissing` if something is missing without which the receipt would not be evidence: also if what the lane keeps of the task, a seal or the mark of its
/// crew, is not that of its logs. `Unexpected` for an event that the interface does not allow.
pub(super) fn fold(at: &Deployment, id: B256, kept: &Kept, mut found: Found) -> Result<Receipt, ChainError> {
    found.logs.sort_by_key(|log| log.place);
    found.logs.dedup_by_key(|log| log.place);
    keep_own_slashes(&mut found.logs);
    let of_lane = |log: &TaskLog| match &log.event {
        Event::Lane(event) => Some(event.clone()),
        Event::Staking(_) | Event::Jury(_) => None,
    };
    let submitted = found.logs.iter().filter_map(of_lane).find_map(|event| match event {
        Lane::TaskSubmitted(event) => Some(event),
        _ => None,
    });
    let submitted =
        submitted.ok_or_else(|| missing(format!("the submission of task {id}"), "no log of it since the deployment"))?;
    let ended = found.logs.iter().filter_map(of_lane).find_map(|event| match event {
        Lane::TaskEnded(event) => Some(event),
        _ => None,
    });
    let history = history(id, &submitted, &found.logs)?;
    check(id, kept, &history, ended.as_ref())?;
    let epoch = found.times_of_jury.epoch(history.opening.time);
    let mut receipt = begin(at, (id, epoch), &kept.state, &submitted, &history, ended.as_ref())?;
    for log in &found.logs {
        let time = log.time.or_else(|| found.times.get(&log.place.block).copied());
        let timestamp = time.ok_or_else(|| missing(format!("block {}", log.place.block), "although it has logs of it"))?;
        let sender = found.senders.get(&log.place.transaction);
        let sender =
            sender.ok_or_else(|| missing(format!("transaction {}", log.place.transaction), "although it has logs of it"))?;
        let seen = sender.input.as_ref().map(shown).unwrap_or_default();
        enter(&mut receipt, &log.event, timestamp, &seen)?;
        let (event, detail) = describe(&log.event);
        let Place { block, transaction, .. } = log.place;
        receipt.timeline.push(TimelineEntry { block, timestamp, transaction, event: event.to_owned(), detail });
    }
    verify(&mut receipt, &history);
    receipt.transactions = transactions(&found);
    Ok(receipt)
}

/// Refuses logs of which the lane keeps something else: one of them is missing, or is not the chain's.
fn check(id: B256, kept: &Kept, history: &History, ended: Option<&TaskEnded>) -> Result<(), ChainError> {
    let Kept { state, seal } = kept;
    if (state.phase == Phase::Ended) != ended.is_some() {
        return Err(missing(format!("the end of task {id}"), "its state and its logs do not tell the same"));
    }
    let Some(ended) = ended else {
        return if history.seal == *seal {
            Ok(())
        } else {
            let detail = format!("the seal of its logs is {}, and the chain has {seal}", history.seal);
            Err(missing(format!("a record of task {id}"), &detail))
        };
    };
    // What is left of a task that ended.
    let mark = lane::mark_of(id, history, ended.keeper);
    if mark == state.keeper {
        return Ok(());
    }
    let detail = format!("the crew of its logs has the mark {mark}, and the chain has {}", state.keeper);
    Err(missing(format!("the crew of task {id}"), &detail))
}

/// All that was said of the task, as its logs have it.
fn history(id: B256, submitted: &TaskSubmitted, logs: &[TaskLog]) -> Result<History, ChainError> {
    let mut bytes = submitted.opening.to_vec();
    for log in logs {
        match &log.event {
            Event::Lane(Lane::TaskRecord(event)) => bytes.extend_from_slice(&event.record),
            // It was completed in one step.
            Event::Lane(Lane::TaskEnded(event)) if bytes.len() == submitted.opening.len() && !event.crew.is_empty() => {
                bytes.extend(lane::crew_record(&event.crew));
            }
            _ => {}
        }
    }
    History::read(&bytes).ok_or_else(|| missing(format!("a record of task {id}"), "its logs make no history"))
}

/// What state and end tell; times and reveals come from the logs.
fn begin(
    at: &Deployment,
    (id, epoch): (B256, u32),
    state: &LaneState,
    submitted: &TaskSubmitted,
    history: &History,
    ended: Option<&TaskEnded>,
) -> Result<Receipt, ChainError> {
    let opening = &history.opening;
    let price = opening.price;
    let unknown = || missing(format!("the state of task {id}"), "although it has logs of it");
    let keeper = ended.map_or(state.keeper, |ended| ended.keeper);
    Ok(Receipt {
        task: id,
        session_id: submitted.session,
        sequence: submitted.sequence,
        chain_id: at.chain_id,
        lane: at.lane,
        payer: submitted.payer,
        keeper: (!keeper.is_zero()).then_some(keeper),
        phase: phase(state.phase).ok_or_else(unknown)?,
        deadline: (state.phase != Phase::Ended).then_some(state.deadline),
        status: status(state.status),
        prompt_digest: opening.prompt_digest,
        result_digest: ended.map(|ended| ended.resultDigest).filter(|digest| !digest.is_zero()),
        price: PriceLines {
            per_replica: wei(price.per_replica),
            replicas: state.replicas,
            network: wei(price.network),
            gas: wei(price.gas),
            total: wei(submitted.charged),
        },
        settlement: ended.map(|ended| settlement(submitted, ended)),
        replicas: replicas(state, history, ended),
        jury: jury::begin(at.jury, epoch),
        timeline: Vec::new(),
        transactions: Vec::new(),
    })
}

fn settlement(submitted: &TaskSubmitted, ended: &TaskEnded) -> Settlement {
    let refunded = wei(ended.refunded);
    Settlement {
        charged: wei(submitted.charged).saturating_sub(refunded),
        to_miners: wei(ended.perMiner) * U256::from(ended.paid.count_ones()),
        to_keeper: wei(ended.toKeeper),
        to_treasury: wei(ended.toTreasury),
        refunded,
    }
}

/// Who served it, and what became of each.
fn replicas(state: &LaneState, history: &History, ended: Option<&TaskEnded>) -> Vec<ReplicaEvidence> {
    // Who is convicted after the end had its vote.
    let voted = ended.map_or(*state, |ended| state.with_seats(ended.seats));
    let winner = voted.winner(history.opening.terms.quorum_bps);
    let paid = ended.map_or(0, |ended| ended.paid);
    (0_u8..)
        .zip(history.miners())
        .zip(state.taken())
        .map(|((index, miner), seat)| {
            let told = history.told.get(usize::from(index));
            let is_paid = 1_u8.checked_shl(u32::from(index)).is_some_and(|bit| paid & bit != 0);
            ReplicaEvidence {
                index,
                miner,
                outcome: outcome(state, seat, winner),
                bound_at: None,
                revealed_at: None,
                commitment: told.and_then(|told| told.commitment),
                result_digest: told.and_then(|told| told.digest),
                salt: None,
                second_commitment: None,
                verified: None,
                earned: ended.filter(|_| is_paid).map(|ended| wei(ended.perMiner)).unwrap_or_default(),
                slashed: U256::ZERO,
                owed: U256::ZERO,
            }
        })
        .collect()
}

/// Enters what a log, and the input of its transaction, tell of the miners.
fn enter(receipt: &mut Receipt, event: &Event, timestamp: u64, seen: &Shown) -> Result<(), ChainError> {
    match event {
        Event::Lane(Lane::TaskRecord(event)) => enter_record(receipt, &event.record, timestamp, seen),
        Event::Lane(Lane::TaskEnded(_)) if seen.is_completion => enter_completion(receipt, timestamp, seen),
        Event::Lane(Lane::SlashOwed(event)) => {
            if let Some(replica) = of_miner(receipt, event.node) {
                replica.owed = wei(event.amount);
            }
        }
        Event::Staking(Staking::Slashed(event)) => {
            if let Some(replica) = of_miner(receipt, event.node) {
                replica.slashed += event.amount;
            }
        }
        Event::Jury(event) => jury::enter(&mut receipt.jury, event, timestamp)?,
        Event::Lane(_) | Event::Staking(_) => {}
    }
    Ok(())
}

fn of_miner(receipt: &mut Receipt, miner: Address) -> Option<&mut ReplicaEvidence> {
    receipt.replicas.iter_mut().find(|replica| replica.miner == miner)
}

fn enter_record(receipt: &mut Receipt, record: &[u8], timestamp: u64, seen: &Shown) {
    let Some(kind) = record.first().copied() else { return };
    if kind == ASSIGNED {
        let seats = record.get(1..).unwrap_or_default().as_chunks::<52>().0;
        for (replica, seat) in receipt.replicas.iter_mut().zip(seats) {
            if seat.iter().skip(20).any(|byte| *byte != 0) {
                replica.bound_at = Some(timestamp);
            }
        }
        return;
    }
    let Some(index) = record.get(1).copied() else { return };
    let Some(replica) = receipt.replicas.get_mut(usize::from(index)) else { return };
    match kind {
        PRECOMMITTED => replica.bound_at = Some(timestamp),
        REVEALED | BAD => {
            replica.revealed_at.get_or_insert(timestamp);
            if let Some((_, reveal)) = seen.reveals.iter().find(|(shown, _)| *shown == index) {
                (replica.result_digest, replica.salt) = (Some(reveal.result_digest), Some(reveal.salt));
            }
            if let (BAD, Some((_, second))) = (kind, seen.second.filter(|(reported, _)| *reported == index)) {
                replica.second_commitment = Some(second);
            }
        }
        _ => {}
    }
}

/// A completion has commitments and reveals in its input alone.
fn enter_completion(receipt: &mut Receipt, timestamp: u64, seen: &Shown) {
    for (replica, (_, reveal)) in receipt.replicas.iter_mut().zip(&seen.reveals) {
        (replica.bound_at, replica.revealed_at) = (Some(timestamp), Some(timestamp));
        (replica.result_digest, replica.salt) = (Some(reveal.result_digest), Some(reveal.salt));
    }
}

/// Recomputes each commitment of which digest and salt are known.
fn verify(receipt: &mut Receipt, history: &History) {
    let Some(keeper) = receipt.keeper else { return };
    let crew = Crew { keeper, miners: receipt.replicas.iter().map(|replica| replica.miner).collect() };
    let domain = LaneDomain { chain_id: receipt.chain_id, lane: receipt.lane };
    let assignment = lane::assignment_of(receipt.task, history.opening_hash, &crew);
    for replica in &mut receipt.replicas {
        let (Some(result_digest), Some(salt)) = (replica.result_digest, replica.salt) else { continue };
        let reveal = Reveal { result_digest, salt };
        let commitment = lane::commitment(&domain, assignment, replica.index, replica.miner, &reveal);
        replica.verified = Some(replica.commitment == Some(commitment));
    }
}

/// One line for each transaction, in the order of the chain.
fn transactions(found: &Found) -> Vec<TransactionLine> {
    let mut lines: Vec<TransactionLine> = Vec::new();
    for log in &found.logs {
        let Place { block, transaction, .. } = log.place;
        let step = step_of(&log.event);
        match (lines.last_mut(), found.senders.get(&transaction)) {
            (Some(line), _) if line.hash == transaction => line.step = line.step.min(step),
            (_, Some(sender)) => {
                let Sender { from, gas_used, .. } = *sender;
                lines.push(TransactionLine { hash: transaction, block, step, from, gas_used });
            }
            (_, None) => {}
        }
    }
    lines
}

/// What an event says of its transaction.
fn step_of(event: &Event) -> Step {
    match event {
        Event::Lane(Lane::TaskEnded(_)) => Step::End,
        Event::Lane(Lane::TaskSubmitted(_)) => Step::Submit,
        Event::Lane(Lane::TaskRecord(event)) => match event.record.first() {
            None => Step::ClosePhase,
            Some(&ASSIGNED) => Step::Start,
            Some(&PRECOMMITTED) => Step::Precommit,
            Some(&REVEALED) => Step::Reveal,
            Some(&BAD) => Step::ReportBadReveal,
            Some(_) => Step::Other,
        },
        Event::Jury(event) => jury::step(event),
        Event::Lane(_) | Event::Staking(_) => Step::Other,
    }
}
