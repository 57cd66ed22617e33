//! `Intake`: where signed messages of miners enter a keeper.

use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use cor_errors::{Coded, Entry, table};

use crate::chain::ChainError;
use crate::domain::{MessageKind, Offer, Phase, SignedMessage};

/// A message the keeper does not take, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageRefusal {
    /// The task is not open here.
    #[error("task {task} is not open")]
    UnknownTask {
        /// Task.
        task: B256,
    },
    /// The miner has no part in the task.
    #[error("{miner} is not assigned to task {task}")]
    NotAssigned {
        /// Task.
        task: B256,
        /// Who.
        miner: Address,
    },
    /// The signature is another's: wrong key, chain, contract or contents.
    #[error("the signature is by {}, not by {miner}, for chain id {chain_id} and lane {lane}", named(*signer))]
    WrongSigner {
        /// Recovered; `None` if the signature is malformed.
        signer: Option<Address>,
        /// Claimed.
        miner: Address,
        /// What it must be signed for.
        chain_id: u64,
        /// What it must be signed for.
        lane: Address,
    },
    /// It is signed for another crew, or for the task as it was before a reorganisation.
    #[error("task {task} has the assignment {assignment}, and the message is signed for {given}")]
    OtherAssignment {
        /// Task.
        task: B256,
        /// The keeper's.
        assignment: B256,
        /// The message's.
        given: B256,
    },
    /// The task is open, and the keeper has as many as it can look after.
    #[error("task {task} waits: the keeper looks after {limit} tasks, which is the most")]
    Full {
        /// Task.
        task: B256,
        /// Most open tasks.
        limit: usize,
    },
    /// The task is past that phase or the message has taken effect.
    #[error("task {task} is in phase {phase:?} and does not wait for {kind:?} of this miner")]
    NotAwaited {
        /// Task.
        task: B256,
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
            Self::OtherAssignment { .. } => &table::kpr::OTHER_ASSIGNMENT,
            Self::Full { .. } => &table::kpr::TOO_MANY_TASKS,
            Self::NotAwaited { .. } => &table::kpr::MESSAGE_NOT_AWAITED,
        }
    }
}

fn named(signer: Option<Address>) -> String {
    signer.map_or_else(|| "nobody".to_owned(), |signer| signer.to_string())
}

/// Why a message was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The keeper does not take it.
    #[error(transparent)]
    Refused(#[from] MessageRefusal),
    /// The keeper could not read the task it is for: whether it is awaited is not known.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl Coded for IntakeError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Refused(refusal) => refusal.entry(),
            Self::Chain(error) => error.entry(),
        }
    }
}

/// Takes in messages, and tells miners of their tasks. The keeper's service implements it; what faces the network hands messages over.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Takes in a message, if its task waits for it and the signature is the miner's.
    ///
    /// # Errors
    /// Why it is not taken.
    async fn receive(&self, message: SignedMessage) -> Result<(), IntakeError>;

    /// The tasks that wait for a miner.
    async fn offers(&self, miner: Address) -> Vec<Offer>;
}
