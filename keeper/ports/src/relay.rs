//! `Relay`: how a miner's signed messages reach a keeper.

use async_trait::async_trait;
use cor_errors::{Coded, Entry, table::rly};

use crate::domain::SignedMessage;

/// Why the keeper did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The keeper refused it.
    #[error("the keeper refused the message for task {task_id}: {reason}")]
    Refused {
        /// Task.
        task_id: u64,
        /// The keeper's words.
        reason: String,
    },
    /// The keeper cannot be reached; the miner goes on by its own transactions.
    #[error("keeper {endpoint} cannot be reached: {reason}")]
    Unreachable {
        /// URL.
        endpoint: String,
        /// What went wrong.
        reason: String,
    },
}

impl Coded for RelayError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Refused { .. } => &rly::MESSAGE_REFUSED,
            Self::Unreachable { .. } => &rly::KEEPER_UNREACHABLE,
        }
    }
}

/// Hands messages to a keeper. Delivery is no promise: only the chain shows that a message took effect.
#[async_trait]
pub trait Relay: Send + Sync {
    /// Hands one message over.
    async fn deliver(&self, message: &SignedMessage) -> Result<(), RelayError>;
}
