//! A task's receipt: everything in it was read from the chain. What the chain does not show is `null`, never 0.

use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

use crate::{
    name::{DrawVerdict, Guilt, ReplicaOutcome, Step, TaskPhase, TaskStatus},
    readable,
};

/// What became of a task and of the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The task's name.
    pub task: B256,
    /// Session number.
    pub session_id: u64,
    /// The payer's number for it.
    pub sequence: u64,
    /// Chain.
    pub chain_id: u64,
    /// Lane.
    pub lane: Address,
    /// Whose money it was.
    pub payer: Address,
    /// Who served it, `None` if nobody did.
    pub keeper: Option<Address>,
    /// Where it stands.
    pub phase: TaskPhase,
    /// End of the phase, `None` once the task has ended.
    #[serde(with = "readable::maybe_time")]
    pub deadline: Option<u64>,
    /// How it ended.
    pub status: TaskStatus,
    /// keccak256 of the prompt.
    pub prompt_digest: B256,
    /// keccak256 of the answer that won, `None` if none did.
    pub result_digest: Option<B256>,
    /// What was charged on submission.
    pub price: PriceLines,
    /// What the money did, `None` while the task is open.
    pub settlement: Option<Settlement>,
    /// By replica index; none before crew or end are on chain.
    pub replicas: Vec<ReplicaEvidence>,
    /// What the jury has of it: who was summoned, whether the crew is the one that was drawn, and whether its keeper lost its bond for it.
    pub jury: JuryRecord,
    /// Each log of the task in the order of the chain.
    pub timeline: Vec<TimelineEntry>,
    /// Each transaction of the task once, with its gas.
    pub transactions: Vec<TransactionLine>,
}

/// What a task costs, COR wei: total = per_replica * replicas + network + gas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLines {
    /// For each paid miner.
    #[serde(with = "readable::amount")]
    pub per_replica: U256,
    /// How many miners.
    pub replicas: u8,
    /// Network fee when every replica is paid.
    #[serde(with = "readable::amount")]
    pub network: U256,
    /// Keeper's line.
    #[serde(with = "readable::amount")]
    pub gas: U256,
    /// All of it.
    #[serde(with = "readable::amount")]
    pub total: U256,
}

/// What the money did, COR wei: charged + refunded = price total.
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
    /// What became of it.
    pub outcome: ReplicaOutcome,
    /// When its commitment came on chain, seconds since 1970; `None` = never.
    #[serde(with = "readable::maybe_time")]
    pub bound_at: Option<u64>,
    /// When its answer, or the report of its bad reveal, came on chain, seconds since 1970; `None` = never.
    #[serde(with = "readable::maybe_time")]
    pub revealed_at: Option<u64>,
    /// What it was bound to; `None` if it is bound to nothing.
    pub commitment: Option<B256>,
    /// What it revealed.
    pub result_digest: Option<B256>,
    /// With which salt; from the transaction's input: `None` too if somebody else's contract made the call.
    pub salt: Option<B256>,
    /// The second commitment that it signed, for which it was punished after the end; from the transaction's input, as `salt`. `None` if none was shown.
    pub second_commitment: Option<B256>,
    /// Recomputed here: whether digest and salt open the commitment. `None` while one of them is not known.
    pub verified: Option<bool>,
    /// Paid for this task, COR wei.
    #[serde(with = "readable::amount")]
    pub earned: U256,
    /// Stake lost for this task, COR wei.
    #[serde(with = "readable::amount")]
    pub slashed: U256,
    /// Of its penalties, what is owed still, COR wei.
    #[serde(with = "readable::amount")]
    pub owed: U256,
}

/// What the jury has of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JuryRecord {
    /// The jury.
    pub address: Address,
    /// The epoch of the submission: the crew is drawn from its roster, by its secret.
    pub epoch: u32,
    /// Miners that a keeper summoned to the task, in the order of the chain.
    pub summonses: Vec<SummonsEvidence>,
    /// Miners that said that they are there for the task, summoned or not, in the order of the chain.
    pub presences: Vec<PresenceEvidence>,
    /// Whether the crew is the one that was drawn; `None` before there is a crew on chain, and if there never was one.
    pub draw: Option<DrawEvidence>,
    /// How its keeper lost its bond for it, `None` if it did not.
    pub conviction: Option<Conviction>,
}

/// One summons. Whether the miner answered is in the presences: an answer is for every keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummonsEvidence {
    /// Who summoned.
    pub keeper: Address,
    /// Whom.
    pub node: Address,
    /// When, seconds since 1970.
    #[serde(with = "readable::time")]
    pub summoned_at: u64,
    /// Until when it may be sure to be heard, seconds since 1970.
    #[serde(with = "readable::time")]
    pub answer_by: u64,
    /// When that keeper found it absent, seconds since 1970; `None` if it did not. Then its draw passes the miner over, unless it brought it.
    #[serde(with = "readable::maybe_time")]
    pub absent_at: Option<u64>,
}

/// A miner's word that it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceEvidence {
    /// Who.
    pub node: Address,
    /// When, seconds since 1970.
    #[serde(with = "readable::time")]
    pub at: u64,
}

/// The crew on chain, held against the draw: recomputed here from secret, block and roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawEvidence {
    /// What comes of it.
    pub verdict: DrawVerdict,
    /// Hash of the block that holds the submission.
    pub block_hash: B256,
    /// The keeper's secret of the epoch, `None` if it is not known.
    pub secret: Option<B256>,
    /// Until when the keeper shows the secret, seconds since 1970; `None` if it is known, or nobody called for it.
    #[serde(with = "readable::maybe_time")]
    pub called_until: Option<u64>,
    /// Who was drawn, by replica index; fewer than the crew has if the roster had too few. `None` if that is not known.
    pub drawn: Option<Vec<Address>>,
    /// The first replica whose miner is not the one that was drawn; `None` if there is none, or that is not known.
    pub first_difference: Option<u8>,
}

/// A bond that was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conviction {
    /// What for.
    pub guilt: Guilt,
    /// The replica whose miner was not drawn; `None` if it was lost for something else.
    pub replica: Option<u8>,
    /// Who was drawn for it; `None` if nobody could be, or it was lost for something else.
    pub drawn: Option<Address>,
    /// Who showed it.
    pub challenger: Address,
    /// When, seconds since 1970.
    #[serde(with = "readable::time")]
    pub at: u64,
    /// To the challenger, COR wei.
    #[serde(with = "readable::amount")]
    pub to_challenger: U256,
    /// To the jury's treasury, COR wei.
    #[serde(with = "readable::amount")]
    pub to_treasury: U256,
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
