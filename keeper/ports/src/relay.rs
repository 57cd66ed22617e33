//! `Relay`: how a miner hears of tasks from a keeper, and how its signed messages reach it.

use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use cor_errors::{Coded, Entry, table::rly};

use crate::{
    domain::{Offer, SignedMessage},
    redacted,
};

/// Why the keeper did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The keeper refused it.
    #[error("the keeper refused the message for task {task}: {}", refusal.message)]
    Refused {
        /// Task.
        task: B256,
        /// The keeper's words.
        refusal: Box<Refusal>,
    },
    /// The keeper cannot take it now.
    #[error("keeper {} answered with status {status}: {excerpt}", redacted(endpoint))]
    Busy {
        /// URL.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// What it says, cut.
        excerpt: String,
        /// The same as a keeper says it, if a keeper does.
        refusal: Option<Box<Refusal>>,
    },
    /// What answers is no keeper.
    #[error("{} answered with status {status}, and not as a keeper does: {excerpt}", redacted(endpoint))]
    Unexpected {
        /// URL.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// What it says, cut.
        excerpt: String,
    },
    /// The keeper cannot be reached; the miner goes on by its own transactions.
    #[error("keeper {} cannot be reached: {reason}", redacted(endpoint))]
    Unreachable {
        /// URL.
        endpoint: String,
        /// What went wrong.
        reason: String,
    },
}

/// A keeper's refusal, as it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The keeper's `AREA-NNN`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub next: String,
    /// Under which the keeper's log has it.
    pub request_id: String,
}

impl RelayError {
    /// What the keeper itself says: its code, and the request id under which its log has the rest.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Busy { refusal, .. } => refusal.as_deref(),
            Self::Unexpected { .. } | Self::Unreachable { .. } => None,
        }
    }
}

impl Coded for RelayError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Refused { .. } => &rly::MESSAGE_REFUSED,
            Self::Busy { .. } => &rly::KEEPER_BUSY,
            Self::Unexpected { .. } => &rly::UNEXPECTED_REPLY,
            Self::Unreachable { .. } => &rly::KEEPER_UNREACHABLE,
        }
    }
}

/// A keeper as a miner sees it. Delivery is no promise: only the chain shows that a message took effect.
#[async_trait]
pub trait Relay: Send + Sync {
    /// Hands one message over.
    async fn deliver(&self, message: &SignedMessage) -> Result<(), RelayError>;
    /// What the keeper offers to a miner now. Nothing in it is to be believed before it is checked: signatures, and the task on chain.
    async fn offers(&self, miner: Address) -> Result<Vec<Offer>, RelayError>;
}
