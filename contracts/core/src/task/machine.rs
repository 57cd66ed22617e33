//! The task machine: from phase to phase.
//!
//! Every function takes the present state and `now`, and returns the next state with what must be done because of it, or a [`TaskError`]
//! and no change. A message counts while `now < deadline`; from the deadline on anyone may close the phase. A phase closes by itself
//! with the last message it waits for, but the commit phase only by [`end`](crate::task::end).
//!
//! Safety: a task ends once, and the end gives the one [`Ending`] that is paid by. No ending takes a reveal away from a miner that can
//! still make it, unless no result is possible any more; then nobody is paid, and nobody is punished who still had time.
//! Liveness: each phase has a deadline from which [`closable`](crate::task::closable) names a call, open to anyone, that brings the task
//! on.

use alloy_primitives::B256;
use cor_errors::{Coded, Entry, table::queue};

use crate::limits::{ANSWER_TOKENS_MAX, ANSWER_TOKENS_MIN, PROMPT_URN_BYTES_MAX};
use crate::task::answer::AnswerKind;
use crate::task::consensus::{Standing, standing};
use crate::task::ending::Ending;
use crate::task::state::{Phase, Stage, Stages, Status, TaskState};
use crate::task::terms::{Terms, TermsError, in_range};

/// Why a call changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskError {
    /// The call belongs to another phase.
    WrongPhase {
        /// The phase the task is in.
        phase: Phase,
        /// The phase the call belongs to.
        wanted: Phase,
    },
    /// The phase's deadline has passed.
    DeadlinePassed {
        /// Seconds since 1970.
        deadline: u64,
        /// Seconds since 1970.
        now: u64,
    },
    /// The phase's deadline has not passed.
    DeadlineNotReached {
        /// Seconds since 1970.
        deadline: u64,
        /// Seconds since 1970.
        now: u64,
    },
    /// The task has ended.
    AlreadyEnded {
        /// How.
        status: Status,
    },
    /// Another number of miners must be assigned.
    WrongMinerCount {
        /// Miners given.
        given: u64,
        /// Miners wanted.
        wanted: u8,
    },
    /// The task has no such replica.
    NotAssigned {
        /// Index asked for.
        replica: u8,
    },
    /// The replica did this already.
    AlreadyDone {
        /// Its index.
        replica: u8,
    },
    /// The replica did not take part in the phase before.
    MissedPhase {
        /// Its index.
        replica: u8,
        /// The phase it missed.
        phase: Phase,
    },
    /// Zero is no commitment.
    EmptyCommitment {
        /// Index of the replica.
        replica: u8,
    },
    /// The reveal does not open the commitment.
    RevealMismatch {
        /// Index of the replica.
        replica: u8,
        /// What it committed to.
        committed: B256,
        /// What it revealed.
        computed: B256,
    },
    /// The reveal opens the commitment: there is nothing to report.
    RevealIsGood {
        /// Index of the replica.
        replica: u8,
    },
}

impl Coded for TaskError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::WrongPhase { .. } => &queue::WRONG_PHASE,
            Self::DeadlinePassed { .. } => &queue::DEADLINE_PASSED,
            Self::DeadlineNotReached { .. } => &queue::DEADLINE_NOT_REACHED,
            Self::AlreadyEnded { .. } => &queue::TASK_ALREADY_ENDED,
            Self::WrongMinerCount { .. } => &queue::WRONG_MINER_COUNT,
            Self::NotAssigned { .. } => &queue::NOT_ASSIGNED,
            Self::AlreadyDone { .. } => &queue::ALREADY_DONE,
            Self::MissedPhase { .. } => &queue::MISSED_PHASE,
            Self::EmptyCommitment { .. } => &queue::EMPTY_COMMITMENT,
            Self::RevealMismatch { .. } => &queue::REVEAL_MISMATCH,
            Self::RevealIsGood { .. } => &queue::REVEAL_IS_GOOD,
        }
    }
}

impl core::fmt::Display for TaskError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::WrongPhase { phase, wanted } => write!(f, "the task is in phase {phase:?} and this needs {wanted:?}"),
            Self::DeadlinePassed { deadline, now } => write!(f, "the phase ended at {deadline} and it is {now}"),
            Self::DeadlineNotReached { deadline, now } => write!(f, "the phase ends at {deadline} and it is {now}"),
            Self::AlreadyEnded { status } => write!(f, "the task has ended with status {status:?}"),
            Self::WrongMinerCount { given, wanted } => write!(f, "{given} miners given, {wanted} wanted"),
            Self::NotAssigned { replica } => write!(f, "the task has no replica {replica}"),
            Self::AlreadyDone { replica } => write!(f, "replica {replica} did this already"),
            Self::MissedPhase { replica, phase } => write!(f, "replica {replica} took no part in phase {phase:?}"),
            Self::EmptyCommitment { replica } => write!(f, "replica {replica} offered the zero hash as its commitment"),
            Self::RevealMismatch { replica, committed, computed } => {
                write!(f, "replica {replica} committed to {committed}, and the reveal gives {computed}")
            }
            Self::RevealIsGood { replica } => write!(f, "the reveal of replica {replica} opens its commitment"),
        }
    }
}

impl core::error::Error for TaskError {}

/// A new state, and what must be done because of it.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The task from now on.
    pub state: TaskState,
    /// What to tell and to do.
    pub effects: Effects,
}

/// What a transition brings with it. At most one of each can come of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The precommit or the commit phase began; its deadline is the state's.
    pub phase_began: bool,
    /// With this message the result is certain.
    pub decided: Option<Decision>,
    /// The task ended: pay, refund, release, slash.
    pub ending: Option<Ending>,
}

/// A result that can no longer change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The replica whose answer it is.
    pub leader: u8,
    /// How many agree.
    pub votes: u8,
}

/// A new task of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The session; less than 2^48.
    pub session_id: u64,
    /// How answers are compared.
    pub answer_kind: AnswerKind,
    /// Most tokens of an answer.
    pub max_tokens: u32,
}

impl Submission {
    /// A submission as a payer hands it in. `prompt_urn_bytes`: length of the place where the prompt is found.
    ///
    /// # Errors
    /// [`TermsError::OutOfRange`].
    pub fn new(session_id: u64, answer_kind: u8, max_tokens: u32, prompt_urn_bytes: usize) -> Result<Self, TermsError> {
        in_range("answerKind", u64::from(answer_kind), 0, u64::from(AnswerKind::MAX))?;
        in_range("maxTokens", u64::from(max_tokens), u64::from(ANSWER_TOKENS_MIN), u64::from(ANSWER_TOKENS_MAX))?;
        let bytes = u64::try_from(prompt_urn_bytes).unwrap_or(u64::MAX);
        in_range("promptUrn", bytes, 0, PROMPT_URN_BYTES_MAX)?;
        let answer_kind = AnswerKind::from_number(answer_kind).unwrap_or(AnswerKind::Text);
        Ok(Self { session_id, answer_kind, max_tokens })
    }
}

/// Queues a task until `terms.assign_secs` from now.
pub fn submit(submission: &Submission, terms: &Terms, now: u64) -> Transition {
    let state = TaskState {
        session_id: submission.session_id,
        keeper: 0,
        phase: Phase::Queued,
        status: Status::Open,
        answer_kind: submission.answer_kind,
        replicas: terms.replicas,
        max_tokens: submission.max_tokens,
        submitted_at: now,
        until: now.saturating_add(u64::from(terms.assign_secs)),
        stages: Stages::default(),
    };
    Transition { state, effects: Effects::default() }
}

/// Assigns `miners` miners by the keeper of number `keeper`, and opens the ack phase. That the miners are different and can serve is
/// for the caller to see to.
///
/// # Errors
/// [`TaskError::WrongPhase`], [`TaskError::AlreadyEnded`], [`TaskError::DeadlinePassed`], [`TaskError::WrongMinerCount`].
pub fn assign(state: TaskState, terms: &Terms, keeper: u16, miners: usize, now: u64) -> Result<Transition, TaskError> {
    in_time(&state, Phase::Queued, now)?;
    if miners != usize::from(state.replicas) {
        let given = u64::try_from(miners).unwrap_or(u64::MAX);
        return Err(TaskError::WrongMinerCount { given, wanted: state.replicas });
    }
    let mut next = state;
    next.keeper = keeper;
    next.phase = Phase::Ack;
    next.until = now.saturating_add(u64::from(terms.ack_secs));
    Ok(Transition { state: next, effects: Effects::default() })
}

/// The miner takes its replica.
///
/// # Errors
/// [`TaskError::NotAssigned`], [`TaskError::AlreadyDone`], and those of a wrong phase or a passed deadline.
pub fn ack(state: TaskState, terms: &Terms, replica: u8, now: u64) -> Result<Transition, TaskError> {
    in_time(&state, Phase::Ack, now)?;
    match stage(&state, replica)? {
        Stage::Assigned => Ok(advance(state, replica, Stage::Acked, terms, now)),
        _ => Err(TaskError::AlreadyDone { replica }),
    }
}

/// The miner binds itself to an answer.
///
/// # Errors
/// [`TaskError::NotAssigned`], [`TaskError::MissedPhase`], [`TaskError::AlreadyDone`], [`TaskError::EmptyCommitment`], and those of a
/// wrong phase or a passed deadline.
pub fn precommit(state: TaskState, terms: &Terms, replica: u8, commitment: B256, now: u64) -> Result<Transition, TaskError> {
    in_time(&state, Phase::Precommit, now)?;
    match stage(&state, replica)? {
        Stage::Assigned => Err(TaskError::MissedPhase { replica, phase: Phase::Ack }),
        Stage::Acked if commitment.is_zero() => Err(TaskError::EmptyCommitment { replica }),
        Stage::Acked => Ok(advance(state, replica, Stage::Precommitted, terms, now)),
        _ => Err(TaskError::AlreadyDone { replica }),
    }
}

/// What opens a commitment, or fails to: what the miner is bound to, and what its reveal gives. Looked up and computed by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The miner's replica.
    pub replica: u8,
    /// What it committed to.
    pub committed: B256,
    /// The commitment that its digest and salt make, see [`Binding::commitment`](crate::task::commitment::Binding::commitment).
    pub computed: B256,
}

/// The miner reveals. `agrees_with`: the first replica that revealed this answer, by [`leader_of`](crate::task::consensus::leader_of) over
/// [`TaskState::leaders`]; `None` if this is the first.
///
/// # Errors
/// [`TaskError::NotAssigned`], [`TaskError::MissedPhase`], [`TaskError::AlreadyDone`], [`TaskError::RevealMismatch`], and those of a
/// wrong phase or a passed deadline.
pub fn commit(
    state: TaskState,
    terms: &Terms,
    opening: &Opening,
    agrees_with: Option<u8>,
    now: u64,
) -> Result<Transition, TaskError> {
    in_time(&state, Phase::Commit, now)?;
    let replica = opening.replica;
    hidden(&state, replica)?;
    if opening.committed != opening.computed {
        return Err(TaskError::RevealMismatch { replica, committed: opening.committed, computed: opening.computed });
    }
    // A leader that has not revealed leads nobody: whoever names one leads itself.
    let leader = agrees_with.filter(|leader| state.leaders().any(|known| known == *leader)).unwrap_or(replica);
    let mut next = state;
    next.stages = state.stages.with(replica, Stage::Revealed(leader));
    let before = standing(state.ballots(now), terms.quorum());
    let decided = match standing(next.ballots(now), terms.quorum()) {
        Standing::Decided { leader, votes } if !matches!(before, Standing::Decided { .. }) => Some(Decision { leader, votes }),
        _ => None,
    };
    Ok(Transition { state: next, effects: Effects { decided, ..Effects::default() } })
}

/// Somebody shows a reveal that the miner signed and that does not open its commitment: the miner is out. Counts until the task ends.
///
/// # Errors
/// [`TaskError::NotAssigned`], [`TaskError::MissedPhase`], [`TaskError::AlreadyDone`], [`TaskError::RevealIsGood`], and those of a wrong
/// phase.
pub fn report_bad_reveal(state: TaskState, opening: &Opening) -> Result<Transition, TaskError> {
    in_phase(&state, Phase::Commit)?;
    hidden(&state, opening.replica)?;
    if opening.committed == opening.computed {
        return Err(TaskError::RevealIsGood { replica: opening.replica });
    }
    let mut next = state;
    next.stages = state.stages.with(opening.replica, Stage::BadReveal);
    Ok(Transition { state: next, effects: Effects::default() })
}

/// Closes the ack phase at its deadline.
///
/// # Errors
/// [`TaskError::DeadlineNotReached`], and those of a wrong phase.
pub fn close_ack(state: TaskState, terms: &Terms, now: u64) -> Result<Transition, TaskError> {
    overdue(&state, Phase::Ack, now)?;
    Ok(next_phase(state, terms, now))
}

/// Closes the precommit phase at its deadline.
///
/// # Errors
/// [`TaskError::DeadlineNotReached`], and those of a wrong phase.
pub fn close_precommit(state: TaskState, terms: &Terms, now: u64) -> Result<Transition, TaskError> {
    overdue(&state, Phase::Precommit, now)?;
    Ok(next_phase(state, terms, now))
}

/// Moves a replica on, and the task with it if that was the last one its phase waited for.
fn advance(state: TaskState, replica: u8, stage: Stage, terms: &Terms, now: u64) -> Transition {
    let mut next = state;
    next.stages = state.stages.with(replica, stage);
    if next.replica_stages().any(|(_, stage)| stage.awaited_in() == Some(next.phase)) {
        return Transition { state: next, effects: Effects::default() };
    }
    next_phase(next, terms, now)
}

fn next_phase(state: TaskState, terms: &Terms, now: u64) -> Transition {
    let mut next = state;
    let (phase, secs) = match state.phase {
        Phase::Ack => (Phase::Precommit, terms.precommit_secs),
        _ => (Phase::Commit, terms.commit_secs),
    };
    next.phase = phase;
    next.until = now.saturating_add(u64::from(secs));
    Transition { state: next, effects: Effects { phase_began: true, ..Effects::default() } }
}

fn in_phase(state: &TaskState, wanted: Phase) -> Result<(), TaskError> {
    match state.phase {
        phase if phase == wanted => Ok(()),
        Phase::Ended => Err(TaskError::AlreadyEnded { status: state.status }),
        phase => Err(TaskError::WrongPhase { phase, wanted }),
    }
}

fn in_time(state: &TaskState, wanted: Phase, now: u64) -> Result<(), TaskError> {
    in_phase(state, wanted)?;
    if now < state.until { Ok(()) } else { Err(TaskError::DeadlinePassed { deadline: state.until, now }) }
}

fn overdue(state: &TaskState, wanted: Phase, now: u64) -> Result<(), TaskError> {
    in_phase(state, wanted)?;
    if now < state.until { Err(TaskError::DeadlineNotReached { deadline: state.until, now }) } else { Ok(()) }
}

fn stage(state: &TaskState, replica: u8) -> Result<Stage, TaskError> {
    if replica < state.replicas { Ok(state.stages.get(replica)) } else { Err(TaskError::NotAssigned { replica }) }
}

/// Refuses all but replicas that are bound to an answer and have not shown it.
fn hidden(state: &TaskState, replica: u8) -> Result<(), TaskError> {
    match stage(state, replica)? {
        Stage::Precommitted => Ok(()),
        Stage::Assigned | Stage::Acked => Err(TaskError::MissedPhase { replica, phase: Phase::Precommit }),
        Stage::Revealed(_) | Stage::BadReveal | Stage::Settled(_) => Err(TaskError::AlreadyDone { replica }),
    }
}

#[cfg(test)]
mod tests;
