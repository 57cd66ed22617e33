//! A task's receipt: everything in it was read from the chain. What the chain does not show is `null`, never 0.

use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

use crate::{
    name::{ReplicaOutcome, Step, TaskPhase, TaskStatus},
    readable,
};

/// What became of a task and of the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Task number.
    pub task_id: u64,
    /// Session number.
    pub session_id: u64,
    /// Chain.
    pub chain_id: u64,
    /// SessionQueue.
    pub queue: Address,
    /// Whose money it was.
    pub payer: Address,
    /// Who assigned it, `None` if nobody did.
    pub keeper: Option<Address>,
    /// Where it stands.
    pub phase: TaskPhase,
    /// How it ended.
    pub status: TaskStatus,
    /// keccak256 of the prompt.
    pub prompt_digest: B256,
    /// keccak256 of the answer that won, `None` if none did.
    pub result_digest: Option<B256>,
    /// Price lines reserved at submission, COR wei.
    pub quote: QuoteLines,
    /// What the money did, `None` while the task is open.
    pub settlement: Option<Settlement>,
    /// By replica index.
    pub replicas: Vec<ReplicaEvidence>,
    /// Each log of the task in the order of the chain.
    pub timeline: Vec<TimelineEntry>,
    /// Each transaction of the task once, with its gas.
    pub transactions: Vec<TransactionLine>,
}

/// Lines of a quote, COR wei: total = miners + validators + network + gas - rebate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLines {
    /// Price version.
    pub version: u64,
    /// For all replicas.
    #[serde(with = "readable::amount")]
    pub miners: U256,
    /// For all validators.
    #[serde(with = "readable::amount")]
    pub validators: U256,
    /// Network fee before the rebate.
    #[serde(with = "readable::amount")]
    pub network: U256,
    /// Keeper's gas.
    #[serde(with = "readable::amount")]
    pub gas: U256,
    /// Taken off.
    #[serde(with = "readable::amount")]
    pub rebate: U256,
    /// What was reserved.
    #[serde(with = "readable::amount")]
    pub total: U256,
}

/// What the money did, COR wei: charged + refunded = quote total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Taken from the payer.
    #[serde(with = "readable::amount")]
    pub charged: U256,
    /// To all agreeing miners.
    #[serde(with = "readable::amount")]
    pub to_miners: U256,
    /// To the keeper.
    #[serde(with = "readable::amount")]
    pub to_keeper: U256,
    /// To the treasury.
    #[serde(with = "readable::amount")]
    pub to_treasury: U256,
    /// Back to the payer, in the transaction that ended the task.
    #[serde(with = "readable::amount")]
    pub refunded: U256,
}

/// One miner's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaEvidence {
    /// Replica index.
    pub index: u8,
    /// Who.
    pub miner: Address,
    /// Registration its commitment is bound to.
    pub registration_epoch: u64,
    /// What became of it.
    pub outcome: ReplicaOutcome,
    /// When it took the task, seconds since 1970; `None` = never.
    #[serde(with = "readable::maybe_time")]
    pub acked_at: Option<u64>,
    /// When it committed itself, seconds since 1970; `None` = never.
    #[serde(with = "readable::maybe_time")]
    pub precommitted_at: Option<u64>,
    /// When it revealed, or its bad reveal was reported, seconds since 1970; `None` = never.
    #[serde(with = "readable::maybe_time")]
    pub committed_at: Option<u64>,
    /// What it committed to.
    pub commitment: Option<B256>,
    /// What it revealed.
    pub result_digest: Option<B256>,
    /// With which salt.
    pub salt: Option<B256>,
    /// Recomputed here: whether digest and salt open the commitment. `None` while nothing was revealed.
    pub verified: Option<bool>,
    /// Paid for this task, COR wei.
    #[serde(with = "readable::amount")]
    pub earned: U256,
    /// Stake lost for this task, COR wei.
    #[serde(with = "readable::amount")]
    pub slashed: U256,
}

/// One log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// Block number.
    pub block: u64,
    /// Block time, seconds since 1970.
    #[serde(with = "readable::time")]
    pub timestamp: u64,
    /// Transaction.
    pub transaction: B256,
    /// Name of the event.
    pub event: String,
    /// Its fields in words.
    pub detail: String,
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionLine {
    /// Hash.
    pub hash: B256,
    /// Block number.
    pub block: u64,
    /// What it did.
    pub step: Step,
    /// Who sent it.
    pub from: Address,
    /// Gas used.
    pub gas_used: u64,
}
