//! A task's receipt, read from the chain alone: the task, its logs, the transactions they came from. The commitments are recomputed here.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, LogData, U256},
    providers::{DynProvider, Provider},
    rpc::types::{Filter, Log},
    sol_types::SolEventInterface,
};
use cor_core::task::commitment::Binding;
use cor_ports::ChainError;
use cor_sol::{
    session_payment::ISessionPayment::{self, ISessionPaymentEvents as Payment},
    session_queue::ISessionQueue::{self, ISessionQueueEvents as Queue},
    staking::IStaking::IStakingEvents as Staking,
};
use cor_wire::{
    deployment::Deployment,
    receipt::{QuoteLines, Receipt, ReplicaEvidence, Settlement, TimelineEntry, TransactionLine},
};

const PHASES: [&str; 6] = ["none", "queued", "ack", "precommit", "commit", "ended"];
const STATUSES: [&str; 4] = ["open", "completed", "no_quorum", "expired"];
const OUTCOMES: [&str; 7] = ["pending", "agreed", "outlier", "no_ack", "no_precommit", "no_reveal", "bad_reveal"];

/// A log of any of the contracts that concerns a task.
enum Event {
    Queue(Queue),
    Payment(Payment),
    Staking(Staking),
}

/// Reads the receipt of a task.
///
/// # Errors
/// `Reverted` with UnknownTask, or what the RPC failed with.
pub async fn read(provider: &DynProvider, endpoint: &str, at: &Deployment, task_id: u64) -> Result<Receipt, ChainError> {
    let reader = Reader { provider, endpoint, at, task_id };
    let task = ISessionQueue::new(at.session_queue, provider).getTask(task_id).call().await;
    let task = task.map_err(|error| crate::chain::read_error(endpoint, "getTask", error))?;
    let logs = reader.logs().await?;
    let mut receipt = Receipt {
        task_id,
        session_id: task.sessionId,
        chain_id: at.chain_id,
        queue: at.session_queue,
        payer: task.payer,
        keeper: task.keeper,
        phase: label(&PHASES, task.phase),
        status: label(&STATUSES, task.status),
        prompt_digest: B256::ZERO,
        result_digest: task.resultDigest,
        quote: QuoteLines {
            version: 0,
            miners: U256::ZERO,
            validators: U256::ZERO,
            network: U256::ZERO,
            gas: U256::ZERO,
            rebate: U256::ZERO,
            total: U256::ZERO,
        },
        settlement: None,
        replicas: task.replicas.iter().enumerate().map(|(index, replica)| evidence(index, replica)).collect(),
        timeline: Vec::new(),
        transactions: Vec::new(),
    };
    let mut times = BTreeMap::new();
    let mut steps: BTreeMap<(u64, u64), (B256, Vec<&'static str>)> = BTreeMap::new();
    for (log, event) in &logs {
        let (name, detail) = describe(event);
        let block = log.block_number.unwrap_or_default();
        let transaction = log.transaction_hash.unwrap_or_default();
        let timestamp = reader.time(&mut times, log).await?;
        record(&mut receipt, event, timestamp);
        receipt.timeline.push(TimelineEntry { block, timestamp, transaction, event: name.to_owned(), detail });
        let (_, names) =
            steps.entry((block, log.transaction_index.unwrap_or_default())).or_insert_with(|| (transaction, Vec::new()));
        names.push(name);
    }
    for replica in &mut receipt.replicas {
        replica.verified = verify(at, task_id, replica);
    }
    for ((block, _), (hash, names)) in steps {
        receipt.transactions.push(reader.transaction(block, hash, &names).await?);
    }
    Ok(receipt)
}

struct Reader<'a> {
    provider: &'a DynProvider,
    endpoint: &'a str,
    at: &'a Deployment,
    task_id: u64,
}

impl Reader<'_> {
    fn unexpected(&self, what: &str, detail: String) -> ChainError {
        ChainError::Unexpected { what: what.to_owned(), detail }
    }

    fn failed(&self, what: &str, error: &alloy::transports::TransportError) -> ChainError {
        crate::chain::explain(self.endpoint, what, error)
    }

    /// Logs of the task in the order of the chain. Its number stands in the first or the second topic, depending on the event.
    async fn logs(&self) -> Result<Vec<(Log, Event)>, ChainError> {
        let task = B256::from(U256::from(self.task_id));
        let base = Filter::new()
            .address(vec![self.at.session_queue, self.at.session_payment, self.at.staking])
            .from_block(self.at.from_block);
        let mut found = BTreeMap::new();
        for filter in [base.clone().topic1(task), base.topic2(task)] {
            let logs = self.provider.get_logs(&filter).await.map_err(|error| self.failed("eth_getLogs", &error))?;
            for log in logs {
                let Some(event) = self.decode(&log) else { continue };
                found.insert((log.block_number, log.log_index), (log, event));
            }
        }
        Ok(found.into_values().collect())
    }

    fn decode(&self, log: &Log) -> Option<Event> {
        let data: &LogData = log.data();
        let (topics, bytes) = (data.topics(), &data.data);
        let event = if log.address() == self.at.session_queue {
            Event::Queue(Queue::decode_raw_log(topics, bytes).ok()?)
        } else if log.address() == self.at.session_payment {
            Event::Payment(Payment::decode_raw_log(topics, bytes).ok()?)
        } else {
            Event::Staking(Staking::decode_raw_log(topics, bytes).ok()?)
        };
        // The first topic of some events is a session, which may have the task's number.
        (task_of(&event) == Some(self.task_id)).then_some(event)
    }

    async fn transaction(&self, block: u64, hash: B256, names: &[&'static str]) -> Result<TransactionLine, ChainError> {
        let receipt = self.provider.get_transaction_receipt(hash).await.map_err(|error| self.failed("receipt", &error))?;
        let receipt = receipt.ok_or_else(|| self.unexpected("receipt", format!("none for {hash}, whose logs are on chain")))?;
        Ok(TransactionLine { hash, block, step: step_of(names).to_owned(), from: receipt.from, gas_used: receipt.gas_used })
    }

    /// Time of a log's block. Not every node puts it into the log.
    async fn time(&self, known: &mut BTreeMap<u64, u64>, log: &Log) -> Result<u64, ChainError> {
        let number = log.block_number.unwrap_or_default();
        if let Some(time) = log.block_timestamp.or_else(|| known.get(&number).copied()) {
            return Ok(time);
        }
        let block = self.provider.get_block_by_number(number.into()).await.map_err(|error| self.failed("block", &error))?;
        let time = block.map_or(0, |block| block.header.timestamp);
        known.insert(number, time);
        Ok(time)
    }
}

/// What the task's record tells of a replica; the rest comes from the logs.
fn evidence(index: usize, replica: &ISessionQueue::Replica) -> ReplicaEvidence {
    ReplicaEvidence {
        index: u8::try_from(index).unwrap_or(u8::MAX),
        miner: replica.miner,
        registration_epoch: replica.registrationEpoch,
        outcome: label(&OUTCOMES, replica.outcome),
        acked_at: 0,
        precommitted_at: 0,
        committed_at: 0,
        commitment: replica.commitment,
        result_digest: replica.resultDigest,
        salt: B256::ZERO,
        verified: false,
        earned: U256::ZERO,
        slashed: U256::ZERO,
    }
}

/// Recomputes a revealed commitment.
fn verify(at: &Deployment, task_id: u64, replica: &ReplicaEvidence) -> bool {
    let binding = Binding {
        chain_id: at.chain_id,
        queue: at.session_queue,
        task_id,
        replica: replica.index,
        miner: replica.miner,
        registration_epoch: replica.registration_epoch,
    };
    replica.committed_at != 0 && binding.commitment(replica.result_digest, replica.salt) == replica.commitment
}

fn label(labels: &[&str], number: u8) -> String {
    labels.get(usize::from(number)).map_or_else(|| format!("unknown {number}"), |label| (*label).to_owned())
}

fn task_of(event: &Event) -> Option<u64> {
    match event {
        Event::Queue(event) => match event {
            Queue::TaskQueued(event) => Some(event.taskId),
            Queue::TaskAssigned(event) => Some(event.taskId),
            Queue::TaskAcked(event) => Some(event.taskId),
            Queue::PhaseChanged(event) => Some(event.taskId),
            Queue::TaskPrecommitted(event) => Some(event.taskId),
            Queue::TaskCommitted(event) => Some(event.taskId),
            Queue::BadReveal(event) => Some(event.taskId),
            Queue::TaskDecided(event) => Some(event.taskId),
            Queue::TaskEnded(event) => Some(event.taskId),
            _ => None,
        },
        Event::Payment(event) => match event {
            Payment::Reserved(event) => Some(event.taskId),
            Payment::Charged(event) => Some(event.taskId),
            Payment::Refunded(event) => Some(event.taskId),
            Payment::Earned(event) => Some(event.taskId),
            _ => None,
        },
        Event::Staking(Staking::Slashed(event)) => Some(event.taskId),
        Event::Staking(_) => None,
    }
}

/// Enters what a log tells of the money and of the miners.
fn record(receipt: &mut Receipt, event: &Event, timestamp: u64) {
    match event {
        Event::Queue(event) => record_message(receipt, event, timestamp),
        Event::Payment(Payment::Reserved(event)) => receipt.quote = quote_lines(event),
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
            if let Some(replica) = replica_mut(receipt, event.account) {
                replica.earned += U256::from(event.amount);
            }
        }
        Event::Staking(Staking::Slashed(event)) => {
            if let Some(replica) = replica_mut(receipt, event.node) {
                replica.slashed += event.amount;
            }
        }
        _ => {}
    }
}

/// Enters what a miner said, and when.
fn record_message(receipt: &mut Receipt, event: &Queue, timestamp: u64) {
    match event {
        Queue::TaskQueued(event) => receipt.prompt_digest = event.promptDigest,
        Queue::TaskAcked(event) => {
            if let Some(replica) = replica_mut(receipt, event.miner) {
                replica.acked_at = timestamp;
            }
        }
        Queue::TaskPrecommitted(event) => {
            if let Some(replica) = replica_mut(receipt, event.miner) {
                (replica.precommitted_at, replica.commitment) = (timestamp, event.commitment);
            }
        }
        Queue::TaskCommitted(event) => {
            if let Some(replica) = replica_mut(receipt, event.miner) {
                (replica.committed_at, replica.result_digest, replica.salt) = (timestamp, event.resultDigest, event.salt);
            }
        }
        _ => {}
    }
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

fn replica_mut(receipt: &mut Receipt, miner: Address) -> Option<&mut ReplicaEvidence> {
    receipt.replicas.iter_mut().find(|replica| replica.miner == miner)
}

/// Name and fields of an event in words.
fn describe(event: &Event) -> (&'static str, String) {
    match event {
        Event::Queue(event) => describe_queue(event),
        Event::Payment(event) => match event {
            Payment::Reserved(event) => {
                ("Reserved", format!("{} wei of {} by price version {}", event.total, event.payer, event.version))
            }
            Payment::Charged(event) => ("Charged", format!("{} wei, {} back to the payer", event.charged, event.refunded)),
            Payment::Refunded(event) => {
                ("Refunded", format!("{} wei to the payer, {} for the keeper's gas", event.refunded, event.toKeeper))
            }
            Payment::Earned(event) => ("Earned", format!("{} wei for {}", event.amount, event.account)),
            _ => ("other", String::new()),
        },
        Event::Staking(Staking::Slashed(event)) => {
            ("Slashed", format!("{} lost {} wei of stake, reason {}", event.node, event.amount, event.reason))
        }
        Event::Staking(_) => ("other", String::new()),
    }
}

fn describe_queue(event: &Queue) -> (&'static str, String) {
    match event {
        Queue::TaskQueued(event) => (
            "TaskQueued",
            format!("prompt {}, at most {} tokens, assigned by {}", event.promptUrn, event.maxTokens, event.deadline),
        ),
        Queue::TaskAssigned(event) => {
            ("TaskAssigned", event.miners.iter().map(Address::to_string).collect::<Vec<_>>().join(", "))
        }
        Queue::TaskAcked(event) => ("TaskAcked", event.miner.to_string()),
        Queue::PhaseChanged(event) => ("PhaseChanged", format!("{} until {}", label(&PHASES, event.phase), event.deadline)),
        Queue::TaskPrecommitted(event) => ("TaskPrecommitted", format!("{} committed to {}", event.miner, event.commitment)),
        Queue::TaskCommitted(event) => ("TaskCommitted", format!("{} revealed {}", event.miner, event.resultDigest)),
        Queue::BadReveal(event) => {
            ("BadReveal", format!("{} revealed {} against its commitment", event.miner, event.resultDigest))
        }
        Queue::TaskDecided(event) => ("TaskDecided", format!("{} by {} votes", event.resultDigest, event.votes)),
        Queue::TaskEnded(event) => {
            let outcomes = event.outcomes.iter().map(|outcome| label(&OUTCOMES, *outcome)).collect::<Vec<_>>();
            ("TaskEnded", format!("{}: {}", label(&STATUSES, event.status), outcomes.join(", ")))
        }
        _ => ("other", String::new()),
    }
}

/// What a transaction did, by the most telling of its events.
fn step_of(names: &[&'static str]) -> &'static str {
    const STEPS: [(&str, &str); 8] = [
        ("TaskEnded", "end"),
        ("TaskQueued", "submit"),
        ("TaskAssigned", "assign"),
        ("BadReveal", "report bad reveal"),
        ("TaskCommitted", "commit"),
        ("TaskPrecommitted", "precommit"),
        ("TaskAcked", "ack"),
        ("PhaseChanged", "close phase"),
    ];
    STEPS.iter().find(|(event, _)| names.contains(event)).map_or("other", |(_, step)| *step)
}
