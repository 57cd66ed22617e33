//! What keeper and miner talk about: tasks, miners, messages. Plain values, no serde, no chain library types.

use alloy_primitives::{Address, B256, U256};
pub use cor_core::task::answer::AnswerKind;
pub use cor_core::task::eip712::Message as LaneMessage;
pub use cor_core::task::{Outcome, Phase, Status};

/// One miner's part in a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaRecord {
    /// Who.
    pub miner: Address,
    /// The registration its commitment is bound to.
    pub registration_epoch: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// How many of its messages took effect: ack, precommit, commit.
    pub messages: u8,
    /// Zero until given, and again once revealed.
    pub commitment: B256,
    /// Zero until revealed.
    pub result_digest: B256,
}

/// A task as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRecord {
    /// Task number.
    pub id: u64,
    /// Session number.
    pub session_id: u64,
    /// Whose money it is.
    pub payer: Address,
    /// Phase now.
    pub phase: Phase,
    /// How it ended.
    pub status: Status,
    /// Form of the answer.
    pub answer_kind: AnswerKind,
    /// Bound on generated tokens.
    pub max_tokens: u32,
    /// End of the present phase, seconds since 1970.
    pub deadline_secs: u64,
    /// The winner, zero if none.
    pub result_digest: B256,
    /// By replica index.
    pub replicas: Vec<ReplicaRecord>,
}

impl ReplicaRecord {
    /// Whether a message of this kind has taken effect on chain.
    #[must_use]
    pub const fn has_said(&self, kind: MessageKind) -> bool {
        match kind {
            MessageKind::Ack => self.messages >= 1,
            MessageKind::Precommit => self.messages >= 2,
            MessageKind::Commit => self.messages >= 3,
        }
    }

    /// Whether the task waits for this miner's message of this kind.
    #[must_use]
    pub fn owes(&self, kind: MessageKind) -> bool {
        let took_part = match kind {
            MessageKind::Ack => true,
            MessageKind::Precommit => self.has_said(MessageKind::Ack),
            MessageKind::Commit => self.has_said(MessageKind::Precommit),
        };
        took_part && self.outcome == Outcome::Pending && !self.has_said(kind)
    }
}

impl TaskRecord {
    /// Index and record of a miner's replica.
    #[must_use]
    pub fn replica_of(&self, miner: Address) -> Option<(usize, &ReplicaRecord)> {
        self.replicas.iter().enumerate().find(|(_, replica)| replica.miner == miner)
    }
}

/// What only the log of a task's submission tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskOrigin {
    /// keccak256 of the prompt's bytes.
    pub prompt_digest: B256,
    /// Where the prompt's text lies.
    pub prompt_urn: String,
    /// The caller's own mark.
    pub client_reference: B256,
    /// Block of the submission.
    pub block_number: u64,
    /// Its hash; the seed of the choice of miners is derived from it.
    pub block_hash: B256,
}

/// Terms of a session that matter to a keeper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTerms {
    /// Model asked for.
    pub model_identifier: u64,
    /// Miners of each task.
    pub replicas: u8,
}

/// A registered node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    /// Its address.
    pub node: Address,
    /// Who runs it.
    pub operator: Address,
    /// Rises with each registration.
    pub registration_epoch: u64,
    /// Tasks at a time.
    pub capacity: u32,
    /// Tasks it has now.
    pub reserved: u32,
    /// Registered and not suspended.
    pub active: bool,
    /// Models loaded.
    pub models: Vec<u64>,
}

/// Which of its three messages a miner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// Takes the task.
    Ack,
    /// Commits to an answer.
    Precommit,
    /// Reveals it.
    Commit,
}

impl MessageKind {
    /// Name in logs and journal keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Precommit => "precommit",
            Self::Commit => "commit",
        }
    }

    /// The message that a phase waits for.
    #[must_use]
    pub const fn of_phase(phase: Phase) -> Option<Self> {
        match phase {
            Phase::Ack => Some(Self::Ack),
            Phase::Precommit => Some(Self::Precommit),
            Phase::Commit => Some(Self::Commit),
            Phase::None | Phase::Queued | Phase::Ended => None,
        }
    }
}

/// Which of the three messages this is.
#[must_use]
pub const fn kind_of(message: &LaneMessage) -> MessageKind {
    match message {
        LaneMessage::Ack => MessageKind::Ack,
        LaneMessage::Precommit { .. } => MessageKind::Precommit,
        LaneMessage::Commit { .. } => MessageKind::Commit,
    }
}

/// A miner's message with its signature, ready for anyone to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedMessage {
    /// Task it belongs to.
    pub task_id: u64,
    /// Who signed.
    pub miner: Address,
    /// Contents.
    pub message: LaneMessage,
    /// r, s, v.
    pub signature: [u8; 65],
}

/// Which chain and contract messages are bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneDomain {
    /// EIP-155 id.
    pub chain_id: u64,
    /// SessionQueue.
    pub queue: Address,
}

/// A transaction of the lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneCall {
    /// Keeper: choose the miners.
    Assign {
        /// Task.
        task_id: u64,
        /// One for each replica.
        miners: Vec<Address>,
    },
    /// Anyone: hand in messages of one kind for one task.
    Relay {
        /// Task.
        task_id: u64,
        /// All of the same kind.
        messages: Vec<SignedMessage>,
    },
    /// Anyone: show a signed reveal that does not open its commitment.
    ReportBadReveal(SignedMessage),
    /// Anyone: close the ack phase.
    EndAck(u64),
    /// Anyone: close the precommit phase.
    EndPrecommit(u64),
    /// Anyone: end the task.
    End(u64),
    /// Miner, by its own transaction.
    Direct {
        /// Task.
        task_id: u64,
        /// What to say.
        message: LaneMessage,
    },
    /// Miner: be paid what was earned.
    WithdrawEarnings,
}

/// A mined transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentCall {
    /// Transaction hash.
    pub transaction: B256,
    /// Block number.
    pub block_number: u64,
    /// Gas used.
    pub gas_used: u64,
}

/// Where the chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Last block.
    pub number: u64,
    /// Its time, seconds since 1970.
    pub timestamp_secs: u64,
}

/// An amount of COR in wei.
pub type CorWei = U256;
