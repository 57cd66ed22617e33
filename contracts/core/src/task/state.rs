//! What is known of a task, and how it lies in one storage word.

use alloy_primitives::U256;

use crate::limits::TASK_TIME_MAX;
use crate::task::answer::AnswerKind;
use crate::task::consensus::Ballot;

/// Where a task stands. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// No such task.
    #[default]
    None,
    /// Waits for its miners.
    Queued,
    /// The miners say that they take it.
    Ack,
    /// The miners bind themselves to answers nobody can read yet.
    Precommit,
    /// The miners reveal.
    Commit,
    /// Over.
    Ended,
}

impl Phase {
    /// The contract's number of the phase.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Queued => 1,
            Self::Ack => 2,
            Self::Precommit => 3,
            Self::Commit => 4,
            Self::Ended => 5,
        }
    }

    const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Queued,
            2 => Self::Ack,
            3 => Self::Precommit,
            4 => Self::Commit,
            5 => Self::Ended,
            _ => Self::None,
        }
    }
}

/// How a task ended. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// It has not.
    #[default]
    Open,
    /// Enough replicas agreed.
    Completed,
    /// Too few agreed.
    NoQuorum,
    /// It was never assigned.
    Expired,
}

impl Status {
    /// The contract's number of the status.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Completed => 1,
            Self::NoQuorum => 2,
            Self::Expired => 3,
        }
    }

    pub(super) const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Completed,
            2 => Self::NoQuorum,
            3 => Self::Expired,
            _ => Self::Open,
        }
    }
}

/// What became of a replica. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Nothing yet; or the task ended without a result before it was the miner's turn.
    #[default]
    Pending,
    /// It revealed the result.
    Agreed,
    /// It revealed something that did not become the result.
    Outlier,
    /// It did not take the task in time.
    NoAck,
    /// It took the task and did not commit itself in time.
    NoPrecommit,
    /// It committed itself and did not reveal in time.
    NoReveal,
    /// It signed a reveal that does not open its commitment.
    BadReveal,
}

impl Outcome {
    /// The contract's number of the outcome.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Agreed => 1,
            Self::Outlier => 2,
            Self::NoAck => 3,
            Self::NoPrecommit => 4,
            Self::NoReveal => 5,
            Self::BadReveal => 6,
        }
    }
}

/// How far a replica has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Its miner was chosen.
    #[default]
    Assigned,
    /// Its miner took the task.
    Acked,
    /// Its miner is bound to an answer.
    Precommitted,
    /// Its miner is out.
    BadReveal,
    /// Its miner revealed, and agrees with the replica of this index: its own if it was the first with this answer.
    Revealed(u8),
    /// The task ended, with [`Outcome::Agreed`], [`Outcome::Outlier`], [`Outcome::NoAck`], [`Outcome::NoPrecommit`] or
    /// [`Outcome::NoReveal`]. The other two outcomes are stages already.
    Settled(Outcome),
}

impl Stage {
    /// Four bits: 0..=3 as listed, 4..=10 revealed, 11..=15 settled.
    const fn to_bits(self) -> u32 {
        match self {
            Self::Assigned | Self::Settled(Outcome::Pending) => 0,
            Self::Acked => 1,
            Self::Precommitted => 2,
            Self::BadReveal | Self::Settled(Outcome::BadReveal) => 3,
            Self::Revealed(0) => 4,
            Self::Revealed(1) => 5,
            Self::Revealed(2) => 6,
            Self::Revealed(3) => 7,
            Self::Revealed(4) => 8,
            Self::Revealed(5) => 9,
            Self::Revealed(_) => 10,
            Self::Settled(Outcome::Agreed) => 11,
            Self::Settled(Outcome::Outlier) => 12,
            Self::Settled(Outcome::NoAck) => 13,
            Self::Settled(Outcome::NoPrecommit) => 14,
            Self::Settled(Outcome::NoReveal) => 15,
        }
    }

    const fn from_bits(bits: u32) -> Self {
        match bits {
            1 => Self::Acked,
            2 => Self::Precommitted,
            3 => Self::BadReveal,
            4 => Self::Revealed(0),
            5 => Self::Revealed(1),
            6 => Self::Revealed(2),
            7 => Self::Revealed(3),
            8 => Self::Revealed(4),
            9 => Self::Revealed(5),
            10 => Self::Revealed(6),
            11 => Self::Settled(Outcome::Agreed),
            12 => Self::Settled(Outcome::Outlier),
            13 => Self::Settled(Outcome::NoAck),
            14 => Self::Settled(Outcome::NoPrecommit),
            15 => Self::Settled(Outcome::NoReveal),
            _ => Self::Assigned,
        }
    }

    /// What became of the replica so far.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Settled(outcome) => outcome,
            Self::BadReveal => Outcome::BadReveal,
            Self::Assigned | Self::Acked | Self::Precommitted | Self::Revealed(_) => Outcome::Pending,
        }
    }

    /// How many of the miner's messages took effect: ack, precommit, commit. For showing; what depends on one of them asks
    /// [`Stage::has_acked`], [`Stage::is_bound`] or [`Stage::has_revealed`].
    #[must_use]
    pub const fn messages(self) -> u8 {
        match self {
            Self::Assigned | Self::Settled(Outcome::NoAck | Outcome::Pending) => 0,
            Self::Acked | Self::Settled(Outcome::NoPrecommit) => 1,
            Self::Precommitted | Self::BadReveal | Self::Settled(Outcome::NoReveal | Outcome::BadReveal) => 2,
            Self::Revealed(_) | Self::Settled(Outcome::Agreed | Outcome::Outlier) => 3,
        }
    }

    /// Whether the miner took the task: its ack took effect.
    #[must_use]
    pub const fn has_acked(self) -> bool {
        !matches!(self, Self::Assigned | Self::Settled(Outcome::NoAck | Outcome::Pending))
    }

    /// Whether the miner is bound to an answer: its precommit took effect.
    #[must_use]
    pub const fn is_bound(self) -> bool {
        self.has_acked() && !matches!(self, Self::Acked | Self::Settled(Outcome::NoPrecommit))
    }

    /// Whether the miner revealed its answer: its commit took effect.
    #[must_use]
    pub const fn has_revealed(self) -> bool {
        matches!(self, Self::Revealed(_) | Self::Settled(Outcome::Agreed | Outcome::Outlier))
    }

    /// The phase in which the replica's next message belongs; `None` if no more is awaited of it.
    pub(super) const fn awaited_in(self) -> Option<Phase> {
        match self {
            Self::Assigned => Some(Phase::Ack),
            Self::Acked => Some(Phase::Precommit),
            Self::Precommitted => Some(Phase::Commit),
            Self::BadReveal | Self::Revealed(_) | Self::Settled(_) => None,
        }
    }
}

/// The stages of a task's replicas, four bits each, replica 0 lowest. Those beyond the replicas asked for are never looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stages(u32);

impl Stages {
    /// The stage of a replica; a replica beyond the limit is `Assigned` for ever.
    #[must_use]
    pub fn get(self, replica: u8) -> Stage {
        Stage::from_bits(self.0.unbounded_shr(shift(replica)) & 0xf)
    }

    /// With the stage of one replica changed; beyond the limit nothing changes.
    #[must_use]
    pub fn with(self, replica: u8, stage: Stage) -> Self {
        let at = shift(replica);
        Self((self.0 & !0xf_u32.unbounded_shl(at)) | stage.to_bits().unbounded_shl(at))
    }
}

fn shift(replica: u8) -> u32 {
    u32::from(replica).saturating_mul(4)
}

/// A task, but for its miners, commitments and digests, which are looked up one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskState {
    /// The session it belongs to; less than 2^48.
    pub session_id: u64,
    /// Number of the keeper that assigned it; 0 before that.
    pub keeper: u16,
    /// Where it stands.
    pub phase: Phase,
    /// How it ended.
    pub status: Status,
    /// How its answers are compared.
    pub answer_kind: AnswerKind,
    /// Replicas asked for.
    pub replicas: u8,
    /// Most tokens of an answer.
    pub max_tokens: u32,
    /// When it was submitted, seconds since 1970; less than 2^40, the year 36812.
    pub submitted_at: u64,
    /// End of the present phase, seconds since 1970; once ended, when that was. Less than 2^40.
    pub until: u64,
    /// How far each replica has come.
    pub stages: Stages,
}

impl TaskState {
    /// End of the present phase, seconds since 1970; 0 once ended.
    #[must_use]
    pub fn deadline(&self) -> u64 {
        if self.phase == Phase::Ended { 0 } else { self.until }
    }

    /// When the task ended, seconds since 1970; 0 before that.
    #[must_use]
    pub fn ended_at(&self) -> u64 {
        if self.phase == Phase::Ended { self.until } else { 0 }
    }

    /// The replicas asked for, by index and stage.
    pub fn replica_stages(&self) -> impl Iterator<Item = (u8, Stage)> + Clone {
        let stages = self.stages;
        (0..self.replicas).map(move |replica| (replica, stages.get(replica)))
    }

    /// The replicas that were the first to reveal their answer.
    pub fn leaders(&self) -> impl Iterator<Item = u8> + Clone {
        self.replica_stages().filter(|(replica, stage)| *stage == Stage::Revealed(*replica)).map(|(replica, _)| replica)
    }

    /// The replicas' ballots at `now`: a ballot stays open until the deadline of the phase it belongs to.
    pub(super) fn ballots(&self, now: u64) -> impl Iterator<Item = Ballot> + Clone {
        let state = *self;
        self.replica_stages().map(move |(_, stage)| state.ballot(stage, now))
    }

    pub(super) fn ballot(&self, stage: Stage, now: u64) -> Ballot {
        match (stage, stage.awaited_in()) {
            (Stage::Revealed(leader), _) => Ballot::For(leader),
            (_, Some(phase)) if phase > self.phase || (phase == self.phase && now < self.until) => Ballot::Open,
            _ => Ballot::Closed,
        }
    }

    /// Packs the task into one storage word. From the highest bit: session 48, keeper 16 | submitted 40, replicas 8, answer kind 8,
    /// phase and status 4 each | until 40, unused 24 | stages 32, most tokens 32. Times that do not fit are kept at their greatest.
    #[must_use]
    pub fn to_word(&self) -> U256 {
        let phase_and_status = (u64::from(self.phase.number()) << 4) | u64::from(self.status.number());
        U256::from_limbs([
            (u64::from(self.stages.0) << 32) | u64::from(self.max_tokens),
            self.until.min(TASK_TIME_MAX) << 24,
            (self.submitted_at.min(TASK_TIME_MAX) << 24)
                | (u64::from(self.replicas) << 16)
                | (u64::from(self.answer_kind.number()) << 8)
                | phase_and_status,
            (self.session_id << 16) | u64::from(self.keeper),
        ])
    }

    /// Unpacks what [`TaskState::to_word`] packed. A word of zeros is no task: [`Phase::None`].
    #[must_use]
    pub fn from_word(word: U256) -> Self {
        let [tail, until, head, owner] = *word.as_limbs();
        let [_, _, _, _, _, replicas, kind, phase_and_status] = head.to_be_bytes();
        let [s0, s1, s2, s3, t0, t1, t2, t3] = tail.to_be_bytes();
        let [_, _, _, _, _, _, k0, k1] = owner.to_be_bytes();
        Self {
            session_id: owner >> 16,
            keeper: u16::from_be_bytes([k0, k1]),
            phase: Phase::from_number(phase_and_status >> 4),
            status: Status::from_number(phase_and_status & 0xf),
            answer_kind: AnswerKind::from_number(kind).unwrap_or(AnswerKind::Text),
            replicas,
            max_tokens: u32::from_be_bytes([t0, t1, t2, t3]),
            submitted_at: head >> 24,
            until: until >> 24,
            stages: Stages(u32::from_be_bytes([s0, s1, s2, s3])),
        }
    }
}
