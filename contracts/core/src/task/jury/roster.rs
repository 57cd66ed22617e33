//! Who can be drawn in an epoch: slots of nodes, each from one epoch to another.
//!
//! Whatever is done in an epoch acts from the next on, so the roster of an epoch is closed when it begins. A node that leaves has its slot for as
//! long as a task of then can be disputed, and only after that the slot is somebody else's. So a node could fill a roster with slots that it left;
//! hence it stays out for a while whenever it leaves, but for what it cannot bring about itself.

use alloy_primitives::Address;

use super::error::JuryError;
use super::times::Times;

/// A place in a roster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Whose.
    pub node: Address,
    /// The first epoch in which it can be drawn.
    pub from: u32,
    /// The first epoch in which it can be drawn no more; 0 while there is none.
    pub until: u32,
}

impl Slot {
    /// Whether its node can be drawn in an epoch.
    #[must_use]
    pub const fn is_active(&self, epoch: u32) -> bool {
        self.from <= epoch && (self.until == 0 || epoch < self.until)
    }

    /// Whether it can be another node's: no dispute needs to know whose it was.
    #[must_use]
    pub fn is_free(&self, now: u64, times: &Times) -> bool {
        self.until != 0 && times.settled(self.until, now)
    }
}

/// What is known of a node in a roster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The slot that it had last, if it had one. It may be another node's by now.
    pub slot: Option<u32>,
    /// The first epoch in which it can be in the roster again.
    pub barred_until: u32,
    /// Whether it left by itself, or was found absent: then nobody else brings it in again, since who is there says so by coming.
    pub has_left: bool,
}

/// Why a node goes out of a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It left, or its operator took it out.
    Left,
    /// The pool finds it unfit.
    Struck,
    /// A keeper found it absent from a task.
    Dismissed,
    /// The pool finds its software too old, and nothing worse. No node brings that about: the pool's owner asked for newer software after the node had said what it has.
    Outdated,
}

impl Exit {
    /// The contract's number of it.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::Struck => 1,
            Self::Dismissed => 2,
            Self::Outdated => 3,
        }
    }
}

impl Entry {
    /// The node comes in. From which epoch on it can be drawn.
    ///
    /// # Errors
    /// [`JuryError::InRoster`] if the slot that it had last is open and its own, [`JuryError::Barred`].
    pub fn enter(&self, is_in: bool, now: u64, times: &Times) -> Result<u32, JuryError> {
        if is_in {
            return Err(JuryError::InRoster);
        }
        let from = times.epoch(now).saturating_add(1);
        if from < self.barred_until { Err(JuryError::Barred { until: self.barred_until }) } else { Ok(from) }
    }

    /// A node that is in goes, or is put out. From which epoch on it cannot be drawn. It stays out for a while, unless it is none of its doing.
    pub fn leave(&mut self, exit: Exit, now: u64, times: &Times) -> u32 {
        let until = times.epoch(now).saturating_add(1);
        let absence = if exit == Exit::Outdated { 0 } else { times.absence_epochs };
        self.barred_until = until.saturating_add(absence);
        self.has_left = matches!(exit, Exit::Left | Exit::Dismissed);
        until
    }
}

/// How many slots a roster had in an epoch. Of `count` changes, rising by epoch, `change` has the epoch from which on there are so many.
pub fn length_at(epoch: u32, count: u32, mut change: impl FnMut(u32) -> (u32, u32)) -> u32 {
    // The changes before `low` are of the epoch or before it, those from `high` on are after it.
    let (mut low, mut high, mut length) = (0_u32, count, 0_u32);
    while low < high {
        let middle = low.midpoint(high);
        let (from, slots) = change(middle);
        if from <= epoch {
            (low, length) = (middle.saturating_add(1), slots);
        } else {
            high = middle;
        }
    }
    length
}
