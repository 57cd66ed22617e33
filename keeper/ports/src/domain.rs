//! What keeper and miner talk about: tasks, crews, messages. Plain values, no serde, no chain library types.

use alloy_primitives::{Address, B256, Bytes, U256};
pub use cor_core::node::pool::{Node, Standing};
pub use cor_core::task::Status;
pub use cor_core::task::answer::AnswerKind;
pub use cor_core::task::lane::history::{History, OPENING_BYTES, Opening, Told};
pub use cor_core::task::lane::{LanePhase as Phase, LaneState, LaneTerms, Seat};

/// A signature: r, s, v with v 27 or 28 and low s.
pub type SignatureBytes = [u8; 65];

/// What only the log of a task's submission tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The session.
    pub session: u64,
    /// What was charged, grains.
    pub charged: u64,
    /// Where the prompt's text lies.
    pub prompt_urn: String,
    /// The caller's own mark.
    pub client_reference: B256,
    /// Block of the submission.
    pub block_number: u64,
    /// Its hash: chance of the draw, which nobody has who submits.
    pub block_hash: B256,
}

/// A task as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRecord {
    /// Its name: keccak256(0x06 ‖ payer ‖ sequence).
    pub id: B256,
    /// Whose money it is.
    pub payer: Address,
    /// The payer's number for it.
    pub sequence: u64,
    /// Phase, deadline, seats.
    pub state: LaneState,
    /// Opening and records, as calls about the task bring them along.
    pub bytes: Bytes,
    /// The same, read. Of a task that was completed in one step: its opening and who served, as its end tells them.
    pub history: History,
    /// Whose keeper's it was, of a task that ended served; the keeper's place in the state has a mark of the whole crew then.
    pub served_by: Option<Address>,
    /// What only its log tells.
    pub submission: Submission,
}

impl TaskRecord {
    /// Form of the answer; `None` for one that this program does not know.
    #[must_use]
    pub const fn answer_kind(&self) -> Option<AnswerKind> {
        AnswerKind::from_number(self.history.opening.terms.answer_kind)
    }

    /// The opening's bytes.
    #[must_use]
    pub fn opening_bytes(&self) -> Bytes {
        self.bytes.slice(..OPENING_BYTES.min(self.bytes.len()))
    }

    /// Who serves it, or served it, once that is on chain.
    #[must_use]
    pub fn crew(&self) -> Option<Crew> {
        let keeper = match self.state.phase {
            Phase::None | Phase::Open => None,
            Phase::Precommit | Phase::Reveal => Some(self.state.keeper),
            Phase::Ended => self.served_by,
        };
        keeper.map(|keeper| Crew { keeper, miners: self.history.miners() })
    }

    /// What a replica's miner did; `None` if there is no such replica.
    #[must_use]
    pub fn seat(&self, replica: u8) -> Option<Seat> {
        self.state.taken().nth(usize::from(replica))
    }

    /// The task as calls about it name it.
    #[must_use]
    pub fn at(&self) -> TaskAt {
        TaskAt {
            id: self.id,
            payer: self.payer,
            sequence: self.sequence,
            history: self.bytes.clone(),
            deadline_secs: self.state.deadline,
        }
    }
}

/// A task with what a call about it brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskAt {
    /// Its name.
    pub id: B256,
    /// Its payer.
    pub payer: Address,
    /// The payer's number for it.
    pub sequence: u64,
    /// Opening and records so far.
    pub history: Bytes,
    /// End of its phase when it was read: what may happen twice to a task is told apart by it.
    pub deadline_secs: u64,
}

/// Who serves a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crew {
    /// The keeper.
    pub keeper: Address,
    /// By replica.
    pub miners: Vec<Address>,
}

impl Crew {
    /// The replica of a miner, `None` if it has none.
    #[must_use]
    pub fn replica_of(&self, miner: Address) -> Option<u8> {
        (0_u8..).zip(&self.miners).find(|(_, other)| **other == miner).map(|(replica, _)| replica)
    }
}

/// What a miner is bound by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The commitment.
    pub commitment: B256,
    /// The miner's signature of its `Precommit`.
    pub signature: SignatureBytes,
}

/// A task that a keeper offers to its miners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The task.
    pub task: B256,
    /// Who serves it.
    pub crew: Crew,
    /// The keeper's signature of `Assign`: with it a miner can start the task without the keeper.
    pub assign: SignatureBytes,
    /// What the keeper has of each replica's miner. With all of them a miner can show its answer without being copied.
    pub bound: Vec<Option<Bound>>,
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
    /// Tasks at a time, as it says; nothing on chain counts them.
    pub capacity: u32,
    /// Models loaded.
    pub models: Vec<u64>,
}

/// Which of its two messages a miner says, in the order in which they take effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// Takes its seat and binds itself to an answer.
    Precommit,
    /// Reveals it.
    Commit,
}

impl MessageKind {
    /// Name in logs and journal keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Precommit => "precommit",
            Self::Commit => "commit",
        }
    }
}

/// What a miner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneMessage {
    /// `Precommit(assignment, commitment)`.
    Precommit {
        /// What it binds itself to.
        commitment: B256,
    },
    /// `Commit(assignment, commitment, resultDigest, salt)`.
    Commit {
        /// What it is bound to.
        commitment: B256,
        /// keccak256 of the canonical answer bytes.
        result_digest: B256,
        /// Salt of the commitment.
        salt: B256,
    },
}

impl LaneMessage {
    /// Which of the two it is.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Precommit { .. } => MessageKind::Precommit,
            Self::Commit { .. } => MessageKind::Commit,
        }
    }
}

/// A miner's message with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedMessage {
    /// Task it belongs to.
    pub task: B256,
    /// The assignment that it is signed for.
    pub assignment: B256,
    /// Who signed.
    pub miner: Address,
    /// Contents.
    pub message: LaneMessage,
    /// The signature.
    pub signature: SignatureBytes,
}

/// An answer's digest and the salt that open a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reveal {
    /// keccak256 of the canonical answer bytes.
    pub result_digest: B256,
    /// Salt of the commitment.
    pub salt: B256,
}

/// One replica of a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Who.
    pub miner: Address,
    /// Its signature of `Precommit`.
    pub signature: SignatureBytes,
    /// What it revealed.
    pub reveal: Reveal,
}

/// Which chain and contract messages are bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneDomain {
    /// EIP-155 id.
    pub chain_id: u64,
    /// The lane.
    pub lane: Address,
}

/// By whose word a task is completed or started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// The keeper.
    pub keeper: Address,
    /// Its signature of `Assign`; `None` if the keeper itself calls.
    pub assign: Option<SignatureBytes>,
}

/// A transaction of the lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneCall {
    /// Ends a task that every miner answered. By the keeper, or with its word.
    Complete {
        /// Task.
        task: TaskAt,
        /// By replica.
        answers: Vec<Answered>,
        /// By whose word.
        server: Server,
    },
    /// Puts crew and commitments on chain. By the keeper, or with its word.
    Start {
        /// Task.
        task: TaskAt,
        /// By replica: who, and what it signed if it did.
        seats: Vec<(Address, Option<Bound>)>,
        /// By whose word.
        server: Server,
    },
    /// Binds a miner that was left out of the start. By the miner, or with its signature.
    Precommit {
        /// Task.
        task: TaskAt,
        /// Replica.
        replica: u8,
        /// What it is bound to.
        commitment: B256,
        /// Its signature; `None` if the miner itself calls.
        signature: Option<SignatureBytes>,
    },
    /// Shows answers. By anyone.
    Reveal {
        /// Task.
        task: TaskAt,
        /// Of which replicas.
        reveals: Vec<(u8, Reveal)>,
    },
    /// Shows answers and ends the task, or calls those that are missing once more. By anyone.
    Finish {
        /// Task.
        task: TaskAt,
        /// Of which replicas; may be empty.
        reveals: Vec<(u8, Reveal)>,
    },
    /// Shows a signed reveal that does not open its commitment. By anyone.
    Report {
        /// Task.
        task: TaskAt,
        /// Replica.
        replica: u8,
        /// What it revealed.
        reveal: Reveal,
        /// Its signature of `Commit`.
        signature: SignatureBytes,
    },
    /// Shows a second commitment that a miner signed for the assignment of a task that ended. By anyone.
    ReportSecond {
        /// Task, with who served it in its history.
        task: TaskAt,
        /// Who served it.
        keeper: Address,
        /// Replica.
        replica: u8,
        /// Another one than it was bound to.
        commitment: B256,
        /// Its signature of `Precommit` with it.
        signature: SignatureBytes,
    },
    /// Closes a phase whose deadline has passed. By anyone.
    Close {
        /// Task.
        task: TaskAt,
    },
    /// Pays what a miner earned to where Staking says that it belongs. By anyone.
    PayEarnings {
        /// Whose.
        miner: Address,
        /// Block at which it was decided: each payment is an effect of its own.
        block: u64,
    },
}

impl LaneCall {
    /// Names the call's effect: the same effect has the same name in every process and after every restart, so that it is not brought
    /// about twice.
    #[must_use]
    pub fn effect_key(&self) -> String {
        let replicas = |reveals: &[(u8, Reveal)]| {
            let named: Vec<_> = reveals.iter().map(|(replica, _)| replica.to_string()).collect();
            named.join("+")
        };
        match self {
            Self::Complete { task, .. } => format!("task/{}/complete", task.id),
            Self::Start { task, .. } => format!("task/{}/start", task.id),
            Self::Precommit { task, replica, .. } => format!("task/{}/precommit/{replica}", task.id),
            Self::Reveal { task, reveals } => format!("task/{}/reveal/{}", task.id, replicas(reveals)),
            Self::Finish { task, .. } => format!("task/{}/finish/{}", task.id, task.deadline_secs),
            Self::Report { task, replica, .. } => format!("task/{}/report/{replica}", task.id),
            Self::ReportSecond { task, replica, .. } => format!("task/{}/report-second/{replica}", task.id),
            Self::Close { task } => format!("task/{}/close/{}", task.id, task.deadline_secs),
            Self::PayEarnings { miner, block } => format!("earnings/{miner}/{block}"),
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

    /// The names go into logs and journals, where a Rust form would be noise. A journal outlives a release: they stay as they are.
    #[test]
    fn effects_have_plain_names() {
        let (id, miner) = (B256::repeat_byte(0xab), Address::repeat_byte(1));
        let task = TaskAt { id, payer: miner, sequence: 7, history: Bytes::new(), deadline_secs: 90 };
        let reveal = Reveal { result_digest: B256::ZERO, salt: B256::ZERO };
        let server = Server { keeper: miner, assign: None };
        let signature = [0; 65];
        for (call, key) in [
            (LaneCall::Complete { task: task.clone(), answers: vec![], server }, format!("task/{id}/complete")),
            (LaneCall::Start { task: task.clone(), seats: vec![], server }, format!("task/{id}/start")),
            (
                LaneCall::Precommit { task: task.clone(), replica: 2, commitment: B256::ZERO, signature: None },
                format!("task/{id}/precommit/2"),
            ),
            (LaneCall::Reveal { task: task.clone(), reveals: vec![(0, reveal), (2, reveal)] }, format!("task/{id}/reveal/0+2")),
            (LaneCall::Finish { task: task.clone(), reveals: vec![(0, reveal)] }, format!("task/{id}/finish/90")),
            (LaneCall::Report { task: task.clone(), replica: 1, reveal, signature }, format!("task/{id}/report/1")),
            (
                LaneCall::ReportSecond { task: task.clone(), keeper: miner, replica: 1, commitment: B256::ZERO, signature },
                format!("task/{id}/report-second/1"),
            ),
            (LaneCall::Close { task }, format!("task/{id}/close/90")),
            (LaneCall::PayEarnings { miner, block: 9 }, format!("earnings/{miner}/9")),
        ] {
            assert_eq!(call.effect_key(), key);
        }
    }

    #[test]
    fn the_version_is_the_packages() {
        let parts = env!("CARGO_PKG_VERSION").split('.').map(|part| part.parse::<u64>().unwrap());
        assert_eq!(NODE_VERSION, parts.fold(0, |version, part| version * 1_000 + part));
    }
}
