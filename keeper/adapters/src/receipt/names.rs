//! Phases, statuses and outcomes of the rules by the names on the wire.

use cor_ports::domain::{LaneState, Phase, Seat, Status};
use cor_wire::name::{Guilt, ReplicaOutcome, TaskPhase, TaskStatus};

/// A phase by its name; `None` for that of a task that does not exist.
#[must_use]
pub const fn phase(phase: Phase) -> Option<TaskPhase> {
    match phase {
        Phase::None => None,
        Phase::Open => Some(TaskPhase::Open),
        Phase::Precommit => Some(TaskPhase::Precommit),
        Phase::Reveal => Some(TaskPhase::Reveal),
        Phase::Ended => Some(TaskPhase::Ended),
    }
}

/// A status by its name.
#[must_use]
pub const fn status(status: Status) -> TaskStatus {
    match status {
        Status::Open => TaskStatus::Open,
        Status::Completed => TaskStatus::Completed,
        Status::NoQuorum => TaskStatus::NoQuorum,
        Status::Expired => TaskStatus::Expired,
    }
}

/// What became of the miner of a seat. `winner`: the replica whose answer won, if one did.
pub(super) fn outcome(state: &LaneState, seat: Seat, winner: Option<u8>) -> ReplicaOutcome {
    match seat {
        Seat::Bad => ReplicaOutcome::BadReveal,
        _ if state.phase != Phase::Ended => ReplicaOutcome::Pending,
        Seat::Silent => ReplicaOutcome::NoPrecommit,
        Seat::Committed => ReplicaOutcome::NoReveal,
        Seat::Follows(leader) if winner == Some(leader) => ReplicaOutcome::Agreed,
        Seat::Follows(_) => ReplicaOutcome::Outlier,
    }
}

/// What a keeper was convicted of, by the jury's number; `None` for one that this program does not know.
pub(super) const fn guilt(reason: u8) -> Option<Guilt> {
    match reason {
        1 => Some(Guilt::OtherCrew),
        2 => Some(Guilt::SecretNotShown),
        3 => Some(Guilt::NoSecret),
        _ => None,
    }
}
