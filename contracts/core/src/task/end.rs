//! How a task ends, and when it can.

use crate::limits::REPLICA_SLOTS;
use crate::task::consensus::{Ballot, Standing, standing};
use crate::task::ending::Ending;
use crate::task::machine::{Effects, TaskError, Transition};
use crate::task::state::{Outcome, Phase, Stage, Status, TaskState};
use crate::task::terms::Terms;

/// Ends a task: a queued one at its deadline; an assigned one when no replica can reveal any more, or when no quorum is possible
/// any more, whichever is first.
///
/// # Errors
/// [`TaskError::DeadlineNotReached`], [`TaskError::AlreadyEnded`]; [`TaskError::WrongPhase`] while a phase before the commit phase is
/// open or waits to be closed.
pub fn end(state: TaskState, terms: &Terms, now: u64) -> Result<Transition, TaskError> {
    let early = TaskError::DeadlineNotReached { deadline: state.until, now };
    let (status, winner) = match state.phase {
        Phase::Queued if now < state.until => return Err(early),
        Phase::Queued => (Status::Expired, None),
        Phase::Ended => return Err(TaskError::AlreadyEnded { status: state.status }),
        Phase::None => return Err(TaskError::WrongPhase { phase: Phase::None, wanted: Phase::Commit }),
        Phase::Ack | Phase::Precommit | Phase::Commit => match standing(state.ballots(now), terms.quorum()) {
            Standing::Impossible => (Status::NoQuorum, None),
            _ if state.phase != Phase::Commit => return Err(TaskError::WrongPhase { phase: state.phase, wanted: Phase::Commit }),
            _ if state.ballots(now).any(|ballot| ballot == Ballot::Open) => return Err(early),
            Standing::Decided { leader, .. } => (Status::Completed, Some(leader)),
            // No ballot is open, so this cannot be; were it so, the task would have to go on.
            Standing::Open => return Err(early),
        },
    };
    Ok(settle(state, status, winner, now))
}

fn settle(state: TaskState, status: Status, winner: Option<u8>, now: u64) -> Transition {
    let mut next = state;
    let mut outcomes = [Outcome::Pending; REPLICA_SLOTS];
    if status != Status::Expired {
        for ((replica, stage), outcome) in state.replica_stages().zip(&mut outcomes) {
            let settled = settled(&state, stage, winner, now);
            next.stages = next.stages.with(replica, settled);
            *outcome = settled.outcome();
        }
    }
    next.phase = Phase::Ended;
    next.status = status;
    next.until = now;
    let ending = Ending { status, winner, replicas: state.replicas, outcomes };
    Transition { state: next, effects: Effects { ending: Some(ending), ..Effects::default() } }
}

/// The last stage of a replica. One whose time was not over when the task became hopeless keeps the stage it had.
fn settled(state: &TaskState, stage: Stage, winner: Option<u8>, now: u64) -> Stage {
    match (stage, state.ballot(stage, now)) {
        (Stage::Revealed(leader), _) if winner == Some(leader) => Stage::Settled(Outcome::Agreed),
        (Stage::Revealed(_), _) => Stage::Settled(Outcome::Outlier),
        (Stage::Assigned, Ballot::Closed) => Stage::Settled(Outcome::NoAck),
        (Stage::Acked, Ballot::Closed) => Stage::Settled(Outcome::NoPrecommit),
        (Stage::Precommitted, Ballot::Closed) => Stage::Settled(Outcome::NoReveal),
        (kept, _) => kept,
    }
}

/// A call by anyone that brings a task on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// None now.
    None,
    /// [`close_ack`](crate::task::close_ack).
    EndAck,
    /// [`close_precommit`](crate::task::close_precommit).
    EndPrecommit,
    /// [`end`].
    End,
}

impl Closing {
    /// The contract's number of the call.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::EndAck => 1,
            Self::EndPrecommit => 2,
            Self::End => 3,
        }
    }
}

/// Which call brings a task on at `now`: the end if it is possible, else the closing of a phase whose deadline has passed.
#[must_use]
pub fn closable(state: TaskState, terms: &Terms, now: u64) -> Closing {
    match state.phase {
        _ if end(state, terms, now).is_ok() => Closing::End,
        Phase::Ack if now >= state.until => Closing::EndAck,
        Phase::Precommit if now >= state.until => Closing::EndPrecommit,
        _ => Closing::None,
    }
}
