//! Makes a receipt of what was read. Pure: the same task and logs always make the same receipt, in whatever order the logs came.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256};
use cor_core::task::commitment::Binding;
use cor_ports::ChainError;
use cor_sol::{
    session_payment::ISessionPayment::{self, ISessionPaymentEvents as Payment},
    session_queue::ISessionQueue::{self, ISessionQueueEvents as Queue},
    staking::IStaking::IStakingEvents as Staking,
};
use cor_wire::{
    deployment::Deployment,
    name::Step,
    receipt::{QuoteLines, Receipt, ReplicaEvidence, Settlement, TimelineEntry, TransactionLine},
};

use super::{
    describe::describe,
    names::{outcome, phase, status},
};
use crate::chain::{Event, digest};

/// Where a log lies, in the order of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) block: u64,
    pub(super) transaction_index: u64,
    pub(super) log_index: u64,
    pub(super) transaction: B256,
}

/// A log of the task.
#[derive(Clone)]
pub(super) struct TaskLog {
    pub(super) event: Event,
    pub(super) place: Place,
    /// Time of its block, seconds since 1970, where the node put it into the log.
    pub(super) time: Option<u64>,
}

/// Who sent a transaction, and for how much gas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    pub(super) from: Address,
    pub(super) gas_used: u64,
}

/// What a node told of the task beside its record.
pub(super) struct Found {
    /// In any order; one may be there twice.
    pub(super) logs: Vec<TaskLog>,
    /// Seconds since 1970, by block number, for logs without a time.
    pub(super) times: BTreeMap<u64, u64>,
    /// By transaction.
    pub(super) senders: BTreeMap<B256, Sender>,
}

fn missing(what: String, detail: &str) -> ChainError {
    ChainError::HistoryMissing { what, detail: detail.to_owned() }
}

/// The receipt of a task.
///
/// # Errors
/// `HistoryMissing` if something is missing without which the receipt would not be evidence.
pub(super) fn fold(
    at: &Deployment,
    task_id: u64,
    task: &ISessionQueue::TaskView,
    mut found: Found,
) -> Result<Receipt, ChainError> {
    found.logs.sort_by_key(|log| log.place);
    found.logs.dedup_by_key(|log| log.place);
    let (prompt_digest, quote) = submission(task_id, &found.logs)?;
    let replicas = task.replicas.iter().enumerate().map(|(index, replica)| evidence(index, replica)).collect::<Result<_, _>>()?;
    let mut receipt = Receipt {
        task_id,
        session_id: task.sessionId,
        chain_id: at.chain_id,
        queue: at.session_queue,
        payer: task.payer,
        keeper: (!task.keeper.is_zero()).then_some(task.keeper),
        phase: phase(task.phase)?,
        status: status(task.status)?,
        prompt_digest,
        result_digest: digest(task.resultDigest),
        quote,
        settlement: None,
        replicas,
        timeline: Vec::new(),
        transactions: Vec::new(),
    };
    for log in &found.logs {
        let time = log.time.or_else(|| found.times.get(&log.place.block).copied());
        let timestamp = time.ok_or_else(|| missing(format!("block {}", log.place.block), "although it has logs of it"))?;
        enter(&mut receipt, &log.event, timestamp)?;
        let (event, detail) = describe(&log.event);
        let Place { block, transaction, .. } = log.place;
        receipt.timeline.push(TimelineEntry { block, timestamp, transaction, event: event.to_owned(), detail });
    }
    for replica in &mut receipt.replicas {
        replica.verified = verify(at, task_id, replica);
    }
    receipt.transactions = transactions(&found)?;
    Ok(receipt)
}

/// What a task's submission tells: without it there is nothing to hold a settlement against.
fn submission(task_id: u64, logs: &[TaskLog]) -> Result<(B256, QuoteLines), ChainError> {
    let none = || missing(format!("the submission of task {task_id}"), "no log of it since the deployment");
    let prompt = logs.iter().find_map(|log| match &log.event {
        Event::Queue(Queue::TaskQueued(event)) => Some(event.promptDigest),
        _ => None,
    });
    let quote = logs.iter().find_map(|log| match &log.event {
        Event::Payment(Payment::Reserved(event)) => Some(quote_lines(event)),
        _ => None,
    });
    Ok((prompt.ok_or_else(none)?, quote.ok_or_else(none)?))
}

/// One line for each transaction, in the order of the chain.
fn transactions(found: &Found) -> Result<Vec<TransactionLine>, ChainError> {
    let mut lines: Vec<TransactionLine> = Vec::new();
    for log in &found.logs {
        let Place { block, transaction, .. } = log.place;
        let step = step_of(&log.event);
        match lines.last_mut() {
            Some(line) if line.hash == transaction => line.step = line.step.min(step),
            _ => {
                let sender = found.senders.get(&transaction);
                let sender = sender.ok_or_else(|| missing(format!("transaction {transaction}"), "although it has logs of it"))?;
                let Sender { from, gas_used } = *sender;
                lines.push(TransactionLine { hash: transaction, block, step, from, gas_used });
            }
        }
    }
    Ok(lines)
}

/// What the task's record tells of a replica; the rest comes from the logs.
fn evidence(index: usize, replica: &ISessionQueue::Replica) -> Result<ReplicaEvidence, ChainError> {
    Ok(ReplicaEvidence {
        index: u8::try_from(index).unwrap_or(u8::MAX), // a task has at most seven
        miner: replica.miner,
        registration_epoch: replica.registrationEpoch,
        outcome: outcome(replica.outcome)?,
        acked_at: None,
        precommitted_at: None,
        committed_at: None,
        commitment: digest(replica.commitment),
        result_digest: digest(replica.resultDigest),
        salt: None,
        verified: None,
        earned: U256::ZERO,
        slashed: U256::ZERO,
    })
}

/// Recomputes a revealed commitment; `None` if nothing was revealed.
fn verify(at: &Deployment, task_id: u64, replica: &ReplicaEvidence) -> Option<bool> {
    let (result_digest, salt) = (replica.result_digest?, replica.salt?);
    let binding = Binding {
        chain_id: at.chain_id,
        queue: at.session_queue,
        task_id,
        replica: replica.index,
        miner: replica.miner,
        registration_epoch: replica.registration_epoch,
    };
    Some(replica.commitment == Some(binding.commitment(result_digest, salt)))
}

/// Enters what a log tells of the money and of the miners.
fn enter(receipt: &mut Receipt, event: &Event, timestamp: u64) -> Result<(), ChainError> {
    match event {
        Event::Queue(event) => enter_message(receipt, event, timestamp)?,
        Event::Payment(Payment::Charged(event)) => {
            receipt.settlement = Some(Settlement {
                charged: U256::from(event.charged),
                to_miners: U256::from(event.toMiners),
                to_keeper: U256::from(event.toKeeper),
                to_treasury: U256::from(event.toTreasury),
                refunded: U256::from(event.refunded),
            });
        }
        Event::Payment(Payment::Refunded(event)) => {
            let to_keeper = U256::from(event.toKeeper);
            let refunded = U256::from(event.refunded);
            receipt.settlement =
                Some(Settlement { charged: to_keeper, to_miners: U256::ZERO, to_keeper, to_treasury: U256::ZERO, refunded });
        }
        Event::Payment(Payment::Earned(event)) => {
            // The keeper earns as well and has no replica.
            if let Some(replica) = receipt.replicas.iter_mut().find(|replica| replica.miner == event.account) {
                replica.earned += U256::from(event.amount);
            }
        }
        Event::Staking(Staking::Slashed(event)) => replica_mut(receipt, event.node)?.slashed += event.amount,
        Event::Payment(_) | Event::Staking(_) => {}
    }
    Ok(())
}

/// Enters what a miner said, and when.
fn enter_message(receipt: &mut Receipt, event: &Queue, timestamp: u64) -> Result<(), ChainError> {
    match event {
        Queue::TaskAcked(event) => replica_mut(receipt, event.miner)?.acked_at = Some(timestamp),
        Queue::TaskPrecommitted(event) => {
            let replica = replica_mut(receipt, event.miner)?;
            (replica.precommitted_at, replica.commitment) = (Some(timestamp), Some(event.commitment));
        }
        Queue::TaskCommitted(event) => {
            enter_reveal(replica_mut(receipt, event.miner)?, event.resultDigest, event.salt, timestamp);
        }
        Queue::BadReveal(event) => {
            enter_reveal(replica_mut(receipt, event.miner)?, event.resultDigest, event.salt, timestamp);
        }
        _ => {}
    }
    Ok(())
}

const fn enter_reveal(replica: &mut ReplicaEvidence, result_digest: B256, salt: B256, timestamp: u64) {
    replica.committed_at = Some(timestamp);
    replica.result_digest = Some(result_digest);
    replica.salt = Some(salt);
}

fn replica_mut(receipt: &mut Receipt, miner: Address) -> Result<&mut ReplicaEvidence, ChainError> {
    let found = receipt.replicas.iter_mut().find(|replica| replica.miner == miner);
    found.ok_or_else(|| ChainError::Unexpected {
        what: format!("a log of {miner}"),
        detail: "the task's record has no such miner".to_owned(),
    })
}

fn quote_lines(event: &ISessionPayment::Reserved) -> QuoteLines {
    QuoteLines {
        version: event.version,
        miners: U256::from(event.miners),
        validators: U256::from(event.validators),
        network: U256::from(event.network),
        gas: U256::from(event.gas),
        rebate: U256::from(event.rebate),
        total: U256::from(event.total),
    }
}

/// What an event says of its transaction.
const fn step_of(event: &Event) -> Step {
    match event {
        Event::Queue(Queue::TaskEnded(_)) => Step::End,
        Event::Queue(Queue::TaskQueued(_)) => Step::Submit,
        Event::Queue(Queue::TaskAssigned(_)) => Step::Assign,
        Event::Queue(Queue::BadReveal(_)) => Step::ReportBadReveal,
        Event::Queue(Queue::TaskCommitted(_)) => Step::Commit,
        Event::Queue(Queue::TaskPrecommitted(_)) => Step::Precommit,
        Event::Queue(Queue::TaskAcked(_)) => Step::Ack,
        Event::Queue(Queue::PhaseChanged(_)) => Step::ClosePhase,
        Event::Queue(_) | Event::Payment(_) | Event::Staking(_) => Step::Other,
    }
}
