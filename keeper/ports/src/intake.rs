//! `Intake`: where signed messages of miners enter a keeper.

use alloy_primitives::Address;
use async_trait::async_trait;
use cor_errors::{Coded, Entry, table};

use crate::domain::{MessageKind, Phase, SignedMessage};

/// A message the keeper does not take, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageRefusal {
    /// The task is not open here.
    #[error("task {task_id} is not open")]
    UnknownTask {
        /// Task.
        task_id: u64,
    },
    /// The miner has no part in the task.
    #[error("{miner} is not assigned to task {task_id}")]
    NotAssigned {
        /// Task.
        task_id: u64,
        /// Who.
        miner: Address,
    },
    /// The signature is another's: wrong key, chain, contract or contents.
    #[error("the signature is by {signer}, not by {miner}, for chain id {chain_id} and queue {queue}")]
    WrongSigner {
        /// Recovered, zero if none.
        signer: Address,
        /// Claimed.
        miner: Address,
        /// What it must be signed for.
        chain_id: u64,
        /// What it must be signed for.
        queue: Address,
    },
    /// The task is past that phase or the message has taken effect.
    #[error("task {task_id} is in phase {phase:?} and does not wait for {kind:?} of this miner")]
    NotAwaited {
        /// Task.
        task_id: u64,
        /// Where it is.
        phase: Phase,
        /// What was sent.
        kind: MessageKind,
    },
}

impl Coded for MessageRefusal {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::UnknownTask { .. } => &table::kpr::TASK_NOT_OPEN,
            Self::NotAssigned { .. } => &table::kpr::MINER_NOT_ASSIGNED,
            Self::WrongSigner { .. } => &table::kpr::WRONG_MESSAGE_SIGNER,
            Self::NotAwaited { .. } => &table::kpr::MESSAGE_NOT_AWAITED,
        }
    }
}

/// Takes in messages. The keeper's service implements it; what faces the network hands messages over.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Takes in a message, if its task waits for it and the signature is the miner's.
    ///
    /// # Errors
    /// Why it is not taken.
    async fn receive(&self, message: SignedMessage) -> Result<(), MessageRefusal>;
}
