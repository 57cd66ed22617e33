//! What keeper and miner talk about: tasks, miners, messages. Plain values, no serde, no chain library types.

use alloy_primitives::{Address, B256, U256};
pub use cor_core::node::pool::{Node, Standing};
pub use cor_core::task::answer::AnswerKind;
pub use cor_core::task::eip712::Message as LaneMessage;
pub use cor_core::task::{Outcome, Phase, Status, Terms};

/// One miner's part in a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaRecord {
    /// Who.
    pub miner: Address,
    /// The registration its commitment is bound to.
    pub registration_epoch: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The last of its messages that took effect; they take effect in order. `None` before the ack.
    pub last_message: Option<MessageKind>,
    /// What it is bound to: `None` before the precommit, and again after the reveal.
    pub commitment: Option<B256>,
    /// Digest of its answer, `None` before the reveal.
    pub result_digest: Option<B256>,
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
    /// Digest of the answer that won, `None` while there is none.
    pub result_digest: Option<B256>,
    /// By replica index.
    pub replicas: Vec<ReplicaRecord>,
}

impl ReplicaRecord {
    /// Whether a message of this kind has taken effect on chain.
    #[must_use]
    pub fn has_said(&self, kind: MessageKind) -> bool {
        self.last_message >= Some(kind)
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
    /// What the rules of its tasks go by.
    pub rules: Terms,
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
    /// What the rules decide by whether it can take a task.
    pub state: Node,
    /// Models loaded.
    pub models: Vec<u64>,
}

/// Who may be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeList {
    /// Oldest software that the NodePool reserves, major·1e6 + minor·1e3 + patch.
    pub min_version: u64,
    /// All nodes ever registered.
    pub nodes: Vec<NodeRecord>,
}

/// Which of its three messages a miner says, in the order in which they take effect.
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

/// What a miner signed, without the task, which the call around it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    /// Who signed.
    pub miner: Address,
    /// What of the message is not the same for all miners of the task.
    pub contents: T,
    /// r, s, v.
    pub signature: [u8; 65],
}

/// An answer's digest and the salt that open a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reveal {
    /// keccak256 of the canonical answer bytes.
    pub result_digest: B256,
    /// Salt of the commitment.
    pub salt: B256,
}

/// Messages of one kind for one task, as one transaction hands them in. Another kind has no place in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// Miners that take the task.
    Acks(Vec<Signed<()>>),
    /// Miners with their commitments.
    Precommits(Vec<Signed<B256>>),
    /// Miners with their reveals.
    Commits(Vec<Signed<Reveal>>),
}

impl Batch {
    /// The messages of this kind among `messages`, in their order.
    pub fn of<'a>(kind: MessageKind, messages: impl Iterator<Item = &'a SignedMessage>) -> Self {
        match kind {
            MessageKind::Ack => Self::Acks(messages.filter_map(SignedMessage::as_ack).collect()),
            MessageKind::Precommit => Self::Precommits(messages.filter_map(SignedMessage::as_precommit).collect()),
            MessageKind::Commit => Self::Commits(messages.filter_map(SignedMessage::as_reveal).collect()),
        }
    }

    /// The kind of all its messages.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Acks(_) => MessageKind::Ack,
            Self::Precommits(_) => MessageKind::Precommit,
            Self::Commits(_) => MessageKind::Commit,
        }
    }

    /// Who signed, in the order of the messages.
    #[must_use]
    pub fn miners(&self) -> Vec<Address> {
        match self {
            Self::Acks(signed) => signed.iter().map(|one| one.miner).collect(),
            Self::Precommits(signed) => signed.iter().map(|one| one.miner).collect(),
            Self::Commits(signed) => signed.iter().map(|one| one.miner).collect(),
        }
    }

    /// Number of messages.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Acks(signed) => signed.len(),
            Self::Precommits(signed) => signed.len(),
            Self::Commits(signed) => signed.len(),
        }
    }

    /// Whether there is nothing to hand in.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl SignedMessage {
    /// The message as an ack, `None` if it is another kind.
    #[must_use]
    pub fn as_ack(&self) -> Option<Signed<()>> {
        matches!(self.message, LaneMessage::Ack).then(|| self.signed(()))
    }

    /// The message as a commitment, `None` if it is another kind.
    #[must_use]
    pub fn as_precommit(&self) -> Option<Signed<B256>> {
        match self.message {
            LaneMessage::Precommit { commitment } => Some(self.signed(commitment)),
            LaneMessage::Ack | LaneMessage::Commit { .. } => None,
        }
    }

    /// The message as a reveal, `None` if it is another kind.
    #[must_use]
    pub fn as_reveal(&self) -> Option<Signed<Reveal>> {
        match self.message {
            LaneMessage::Commit { result_digest, salt } => Some(self.signed(Reveal { result_digest, salt })),
            LaneMessage::Ack | LaneMessage::Precommit { .. } => None,
        }
    }

    const fn signed<T>(&self, contents: T) -> Signed<T> {
        Signed { miner: self.miner, contents, signature: self.signature }
    }
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
        /// What they said.
        batch: Batch,
    },
    /// Anyone: show a signed reveal that does not open its commitment.
    ReportBadReveal {
        /// Task.
        task_id: u64,
        /// The evidence.
        reveal: Signed<Reveal>,
    },
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
    WithdrawEarnings {
        /// Block at which it was decided: each withdrawal is an effect of its own.
        block: u64,
    },
}

impl LaneCall {
    /// Names the call's effect: the same effect has the same name in every process and after every restart, so that it is not brought
    /// about twice.
    #[must_use]
    pub fn effect_key(&self) -> String {
        match self {
            Self::Assign { task_id, .. } => format!("task/{task_id}/assign"),
            Self::Relay { task_id, batch } => {
                let who: Vec<_> = batch.miners().iter().map(ToString::to_string).collect();
                format!("task/{task_id}/relay/{}/{}", batch.kind().name(), who.join("+"))
            }
            Self::ReportBadReveal { task_id, reveal } => format!("task/{task_id}/bad-reveal/{}", reveal.miner),
            Self::EndAck(task_id) => format!("task/{task_id}/end-ack"),
            Self::EndPrecommit(task_id) => format!("task/{task_id}/end-precommit"),
            Self::End(task_id) => format!("task/{task_id}/end"),
            Self::Direct { task_id, message } => format!("task/{task_id}/direct/{}", kind_of(message).name()),
            Self::WithdrawEarnings { block } => format!("claim/{block}"),
        }
    }
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

/// This software's version as the NodePool has it: major·1e6 + minor·1e3 + patch. The packages of the workspace share one version.
pub const NODE_VERSION: u64 = decimal(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
    + decimal(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
    + decimal(env!("CARGO_PKG_VERSION_PATCH"));

/// A decimal number, at compile time; cargo writes nothing else into these variables.
const fn decimal(text: &str) -> u64 {
    match u64::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(miner: u8, message: LaneMessage) -> SignedMessage {
        SignedMessage { task_id: 7, miner: Address::repeat_byte(miner), message, signature: [miner; 65] }
    }

    #[test]
    fn a_batch_takes_messages_of_its_kind_only() {
        let (commitment, result_digest, salt) = (B256::repeat_byte(1), B256::repeat_byte(2), B256::repeat_byte(3));
        let mixed = [
            message(1, LaneMessage::Ack),
            message(2, LaneMessage::Precommit { commitment }),
            message(3, LaneMessage::Commit { result_digest, salt }),
            message(4, LaneMessage::Precommit { commitment }),
        ];
        for (kind, miners) in [(MessageKind::Ack, vec![1]), (MessageKind::Precommit, vec![2, 4]), (MessageKind::Commit, vec![3])]
        {
            let batch = Batch::of(kind, mixed.iter());
            assert_eq!(batch.kind(), kind);
            assert_eq!(batch.miners(), miners.into_iter().map(Address::repeat_byte).collect::<Vec<_>>());
            assert_eq!(batch.len(), batch.miners().len());
        }
        assert!(Batch::of(MessageKind::Commit, mixed[..2].iter()).is_empty());
        let reveal = mixed[2].as_reveal();
        let contents = Reveal { result_digest, salt };
        assert_eq!(reveal, Some(Signed { miner: Address::repeat_byte(3), contents, signature: [3; 65] }));
        assert_eq!((mixed[0].as_reveal(), mixed[1].as_reveal()), (None, None), "nothing stands in for a reveal");
    }

    /// The names go into logs and journals, where a Rust form would be noise. A journal outlives a release: they stay as they are.
    #[test]
    fn effects_have_plain_names() {
        let miner = Address::repeat_byte(1);
        let signed = |contents| Signed { miner, contents, signature: [0; 65] };
        let reveal = Signed { miner, contents: Reveal { result_digest: B256::ZERO, salt: B256::ZERO }, signature: [0; 65] };
        for (call, key) in [
            (LaneCall::Assign { task_id: 7, miners: vec![miner] }, "task/7/assign".to_owned()),
            (LaneCall::Relay { task_id: 7, batch: Batch::Acks(vec![signed(())]) }, format!("task/7/relay/ack/{miner}")),
            (LaneCall::ReportBadReveal { task_id: 7, reveal }, format!("task/7/bad-reveal/{miner}")),
            (LaneCall::EndAck(7), "task/7/end-ack".to_owned()),
            (LaneCall::EndPrecommit(7), "task/7/end-precommit".to_owned()),
            (LaneCall::End(7), "task/7/end".to_owned()),
            (LaneCall::Direct { task_id: 7, message: LaneMessage::Ack }, "task/7/direct/ack".to_owned()),
            (LaneCall::WithdrawEarnings { block: 9 }, "claim/9".to_owned()),
        ] {
            assert_eq!(call.effect_key(), key);
        }
    }

    #[test]
    fn messages_take_effect_in_order() {
        use MessageKind::{Ack, Commit, Precommit};
        let replica = |last_message| ReplicaRecord {
            miner: Address::ZERO,
            registration_epoch: 1,
            outcome: Outcome::Pending,
            last_message,
            commitment: None,
            result_digest: None,
        };
        for (last, said, owed) in [
            (None, vec![], vec![Ack]),
            (Some(Ack), vec![Ack], vec![Precommit]),
            (Some(Precommit), vec![Ack, Precommit], vec![Commit]),
            (Some(Commit), vec![Ack, Precommit, Commit], vec![]),
        ] {
            let replica = replica(last);
            let all = [Ack, Precommit, Commit];
            assert_eq!(all.into_iter().filter(|kind| replica.has_said(*kind)).collect::<Vec<_>>(), said, "{last:?}");
            assert_eq!(all.into_iter().filter(|kind| replica.owes(*kind)).collect::<Vec<_>>(), owed, "{last:?}");
        }
    }

    #[test]
    fn the_version_is_the_packages() {
        let parts = env!("CARGO_PKG_VERSION").split('.').map(|part| part.parse::<u64>().unwrap());
        assert_eq!(NODE_VERSION, parts.fold(0, |version, part| version * 1_000 + part));
    }
}
