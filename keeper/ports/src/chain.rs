//! `Chain`: the contracts as keeper and miner see them.

use alloy_primitives::Address;
use async_trait::async_trait;

use crate::domain::{CorWei, Head, LaneCall, LaneDomain, NodeRecord, SentCall, SessionTerms, TaskOrigin, TaskRecord};

/// How an error is to be treated. Retry, status and alert follow from the class, never from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Our request was wrong, or the chain has moved on: read again and decide anew.
    Caller,
    /// The other side misbehaves.
    Peer,
    /// Try again later.
    Transient,
    /// A fault in this program.
    Bug,
}

/// Why the chain did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The contract refused. `name` is the Solidity error, `detail` its fields and the next step.
    #[error("CHN-001 {call} reverted with {name}: {detail}")]
    Reverted {
        /// What was called.
        call: String,
        /// Name of the Solidity error, or its selector where it is unknown.
        name: String,
        /// Fields and next step.
        detail: String,
    },
    /// The RPC endpoint cannot be reached or answered nonsense.
    #[error("CHN-002 RPC {endpoint} failed: {reason}; is the node running and the URL right?")]
    Unreachable {
        /// URL.
        endpoint: String,
        /// What went wrong.
        reason: String,
    },
    /// The transaction was sent and is not mined; it stays in the outbox and is looked for again.
    #[error("CHN-003 transaction {transaction} not mined within {waited_secs} s; it stays in the outbox")]
    NotMined {
        /// Hash.
        transaction: alloy_primitives::B256,
        /// Patience so far.
        waited_secs: u64,
    },
    /// The chain is not the one configured.
    #[error("CHN-004 the node's chain id is {found}, configured is {expected}; check the RPC URL")]
    WrongChain {
        /// Ours.
        expected: u64,
        /// Its.
        found: u64,
    },
    /// The account cannot pay the gas.
    #[error("CHN-005 {account} has {balance} wei and needs {needed} wei of gas; fund it")]
    NoGasMoney {
        /// Sender.
        account: Address,
        /// Has.
        balance: CorWei,
        /// Needs.
        needed: CorWei,
    },
    /// The outbox could not be written.
    #[error("CHN-006 outbox: {0}")]
    Outbox(#[from] crate::JournalError),
    /// The contracts answered something the interface does not allow.
    #[error("CHN-007 unexpected answer of {what}: {detail}")]
    Unexpected {
        /// Which call.
        what: String,
        /// What came.
        detail: String,
    },
}

impl ChainError {
    /// How to treat it.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Reverted { .. } => ErrorClass::Caller,
            Self::Unreachable { .. } | Self::NotMined { .. } | Self::NoGasMoney { .. } | Self::Outbox(_) => ErrorClass::Transient,
            Self::WrongChain { .. } => ErrorClass::Peer,
            Self::Unexpected { .. } => ErrorClass::Bug,
        }
    }
}

/// The contracts, read and written with one key.
#[async_trait]
pub trait Chain: Send + Sync {
    /// What messages are bound to.
    fn domain(&self) -> LaneDomain;
    /// The key's address.
    fn address(&self) -> Address;
    /// Last block.
    async fn head(&self) -> Result<Head, ChainError>;
    /// Number of tasks ever submitted.
    async fn task_count(&self) -> Result<u64, ChainError>;
    /// A task.
    async fn task(&self, task_id: u64) -> Result<TaskRecord, ChainError>;
    /// What only a task's submission log tells.
    async fn task_origin(&self, task_id: u64) -> Result<TaskOrigin, ChainError>;
    /// Tasks that have a log in the blocks `from..=to`.
    async fn touched_tasks(&self, from: u64, to: u64) -> Result<Vec<u64>, ChainError>;
    /// A session's terms.
    async fn session(&self, session_id: u64) -> Result<SessionTerms, ChainError>;
    /// All nodes ever registered.
    async fn nodes(&self) -> Result<Vec<NodeRecord>, ChainError>;
    /// One node, `None` if it was never registered.
    async fn node(&self, node: Address) -> Result<Option<NodeRecord>, ChainError>;
    /// Earned and not withdrawn.
    async fn earnings(&self, account: Address) -> Result<CorWei, ChainError>;
    /// Sends a call and waits for its receipt. `key` names the effect: the same key is never sent twice, also over restarts.
    async fn send(&self, key: &str, call: LaneCall) -> Result<SentCall, ChainError>;
}
