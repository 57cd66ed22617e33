//! Phases, statuses and outcomes of the contracts by the names on the wire.

use cor_ports::ChainError;
use cor_ports::domain::{Outcome, Phase, Status};
use cor_wire::name::{ReplicaOutcome, TaskPhase, TaskStatus};

use crate::chain::{OUTCOMES, PHASES, STATUSES, numbered};

/// A phase by the contract's number.
///
/// # Errors
/// `Unexpected` for a number that is not known.
pub fn phase(number: u8) -> Result<TaskPhase, ChainError> {
    match numbered("phase", &PHASES, number)? {
        Phase::Queued => Ok(TaskPhase::Queued),
        Phase::Ack => Ok(TaskPhase::Ack),
        Phase::Precommit => Ok(TaskPhase::Precommit),
        Phase::Commit => Ok(TaskPhase::Commit),
        Phase::Ended => Ok(TaskPhase::Ended),
        Phase::None => {
            Err(ChainError::Unexpected { what: "phase".to_owned(), detail: "a task that exists is in none".to_owned() })
        }
    }
}

/// A status by the contract's number.
///
/// # Errors
/// `Unexpected` if the interface has no such number.
pub fn status(number: u8) -> Result<TaskStatus, ChainError> {
    Ok(match numbered("status", &STATUSES, number)? {
        Status::Open => TaskStatus::Open,
        Status::Completed => TaskStatus::Completed,
        Status::NoQuorum => TaskStatus::NoQuorum,
        Status::Expired => TaskStatus::Expired,
    })
}

/// An outcome by the contract's number.
pub(super) fn outcome(number: u8) -> Result<ReplicaOutcome, ChainError> {
    Ok(match numbered("outcome", &OUTCOMES, number)? {
        Outcome::Pending => ReplicaOutcome::Pending,
        Outcome::Agreed => ReplicaOutcome::Agreed,
        Outcome::Outlier => ReplicaOutcome::Outlier,
        Outcome::NoAck => ReplicaOutcome::NoAck,
        Outcome::NoPrecommit => ReplicaOutcome::NoPrecommit,
        Outcome::NoReveal => ReplicaOutcome::NoReveal,
        Outcome::BadReveal => ReplicaOutcome::BadReveal,
    })
}
