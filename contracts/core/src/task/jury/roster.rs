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

/// How many slots a roster had from an epoch on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The epoch.
    pub from: u32,
    /// Slots, left ones too.
    pub length: u32,
}

/// Where a roster lies: a contract's storage, or memory. What is done with it is said once, below, so that the contract and those who predict it, or simulate it,
/// cannot differ. A change that is asked for is below their count; what is put is at most the count of its kind, and the count itself appends.
pub trait Rolls {
    /// How many slots there are.
    fn slots(&self) -> u32;
    /// A slot; empty if there is no such one.
    fn slot(&self, index: u32) -> Slot;
    /// Gives a slot to a node, with who runs it.
    fn put_slot(&mut self, index: u32, slot: Slot, operator: Address);
    /// Sets from which epoch on a slot's node cannot be drawn any more.
    fn end_slot(&mut self, index: u32, until: u32);
    /// How many changes of the number of slots there are.
    fn changes(&self) -> u32;
    /// A change; they rise by epoch.
    fn change(&self, index: u32) -> Change;
    /// Writes a change.
    fn put_change(&mut self, index: u32, change: Change);
    /// Of the slots that were left, and not given to somebody since, the one that was left first.
    fn left_first(&self) -> Option<u32>;
    /// Adds a slot to those that were left.
    fn push_left(&mut self, index: u32);
    /// The slot that was left first is somebody's again.
    fn pop_left(&mut self);
    /// What is known of a node; the default if nothing is.
    fn entry(&self, node: Address) -> Entry;
    /// Writes what is known of a node.
    fn put_entry(&mut self, node: Address, entry: Entry);
}

/// What became of a node's slot that was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The slot.
    pub slot: u32,
    /// The first epoch in which its node cannot be drawn.
    pub until: u32,
    /// The first epoch in which the node can be in the roster again.
    pub barred_until: u32,
}

/// A node's entry, and whether it is in the roster and does not leave.
pub fn entry_of(rolls: &impl Rolls, node: Address) -> (Entry, bool) {
    let entry = rolls.entry(node);
    let slot = entry.slot.map(|index| rolls.slot(index));
    (entry, slot.is_some_and(|slot| slot.node == node && slot.until == 0))
}

/// Gives a node that [`Entry::enter`] let in from an epoch on the slot that has been free for longest, or a new one.
pub fn take(rolls: &mut impl Rolls, node: Address, operator: Address, from: u32, now: u64, times: &Times) -> u32 {
    let index = match rolls.left_first().filter(|index| rolls.slot(*index).is_free(now, times)) {
        Some(index) => {
            rolls.pop_left();
            index
        }
        None => {
            let index = rolls.slots();
            lengthen(rolls, Change { from, length: index.saturating_add(1) });
            index
        }
    };
    rolls.put_slot(index, Slot { node, from, until: 0 }, operator);
    let entry = rolls.entry(node);
    rolls.put_entry(node, Entry { slot: Some(index), has_left: false, ..entry });
    index
}

/// Ends a node's slot, if it is open, and bars the node as [`Entry::leave`] says.
pub fn close(rolls: &mut impl Rolls, node: Address, exit: Exit, now: u64, times: &Times) -> Option<Closed> {
    let (mut entry, is_in) = entry_of(rolls, node);
    let slot = entry.slot.filter(|_| is_in)?;
    let until = entry.leave(exit, now, times);
    rolls.put_entry(node, entry);
    rolls.end_slot(slot, until);
    rolls.push_left(slot);
    Some(Closed { slot, until, barred_until: entry.barred_until })
}

/// How many slots a roster had in an epoch.
pub fn length_at(rolls: &impl Rolls, epoch: u32) -> u32 {
    // The changes before `low` are of the epoch or before it, those from `high` on are after it.
    let (mut low, mut high, mut length) = (0_u32, rolls.changes(), 0_u32);
    while low < high {
        let middle = low.midpoint(high);
        let change = rolls.change(middle);
        if change.from <= epoch {
            (low, length) = (middle.saturating_add(1), change.length);
        } else {
            high = middle;
        }
    }
    length
}

/// One change for an epoch: a later one of the same takes its place.
fn lengthen(rolls: &mut impl Rolls, change: Change) {
    let count = rolls.changes();
    let last = count.checked_sub(1).filter(|last| rolls.change(*last).from == change.from);
    rolls.put_change(last.unwrap_or(count), change);
}
