//! What a task's end settles: who is paid, who is slashed, who is released.

use crate::limits::REPLICA_SLOTS;
use crate::task::state::{Outcome, Status};

/// What a task's end settles, by replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How it ended.
    pub status: Status,
    /// The replica whose answer is the result; `None` without one.
    pub winner: Option<u8>,
    /// Replicas asked for.
    pub(super) replicas: u8,
    pub(super) outcomes: [Outcome; REPLICA_SLOTS],
}

/// What a miner is punished for. The numbers are those of the Staking contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// It committed itself and did not reveal.
    NoReveal,
    /// It signed a reveal that does not open its commitment.
    BadReveal,
}

impl Offence {
    /// The Staking contract's number of the offence.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::NoReveal => 1,
            Self::BadReveal => 2,
        }
    }
}

impl Ending {
    /// Outcome of each replica asked for. A task that expired has replicas too, but never had miners.
    pub fn outcomes(&self) -> impl Iterator<Item = (u8, Outcome)> + Clone {
        (0..self.replicas).zip(self.outcomes)
    }

    /// The replicas whose miners are paid.
    pub fn paid(&self) -> impl Iterator<Item = u8> + Clone {
        self.outcomes().filter(|(_, outcome)| *outcome == Outcome::Agreed).map(|(replica, _)| replica)
    }

    /// The replicas whose miners are slashed, and why.
    pub fn slashed(&self) -> impl Iterator<Item = (u8, Offence)> + Clone {
        self.outcomes().filter_map(|(replica, outcome)| match outcome {
            Outcome::NoReveal => Some((replica, Offence::NoReveal)),
            Outcome::BadReveal => Some((replica, Offence::BadReveal)),
            _ => None,
        })
    }

    /// Whether miners were assigned, so that there is somebody to release, and a keeper that served.
    #[must_use]
    pub fn was_assigned(&self) -> bool {
        self.status != Status::Expired
    }
}
