//! A roster in memory, and a source of chance that a test prints.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use alloy_primitives::{Address, B256, keccak256};

use crate::task::jury::draw::Drawable;
use crate::task::jury::{Change, Closed, Entry, Exit, JuryError, Rolls, Slot, Times, close, entry_of, length_at, take};

/// Epochs of ten minutes.
pub(super) const TIMES: Times =
    Times { epoch_secs: 600, reveal_secs: 108_000, answer_secs: 60, dispute_secs: 12 * 86_400, absence_epochs: 36 };

pub(super) fn address(number: u64) -> Address {
    let mut bytes = [0xad; 20];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    Address::new(bytes)
}

/// A roster as the contract has it in storage.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    slots: Vec<(Slot, Address)>,
    changes: Vec<Change>,
    left: VecDeque<u32>,
    entries: BTreeMap<Address, Entry>,
    looks: Cell<u32>,
}

impl Rolls for Book {
    fn slots(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap()
    }

    fn slot(&self, index: u32) -> Slot {
        self.slots.get(index as usize).map(|(slot, _)| *slot).unwrap_or_default()
    }

    fn put_slot(&mut self, index: u32, slot: Slot, operator: Address) {
        put(&mut self.slots, index, (slot, operator));
    }

    fn end_slot(&mut self, index: u32, until: u32) {
        self.slots[index as usize].0.until = until;
    }

    fn changes(&self) -> u32 {
        u32::try_from(self.changes.len()).unwrap()
    }

    fn change(&self, index: u32) -> Change {
        self.looks.set(self.looks.get() + 1);
        self.changes[index as usize]
    }

    fn put_change(&mut self, index: u32, change: Change) {
        put(&mut self.changes, index, change);
    }

    fn left_first(&self) -> Option<u32> {
        self.left.front().copied()
    }

    fn push_left(&mut self, index: u32) {
        self.left.push_back(index);
    }

    fn pop_left(&mut self) {
        self.left.pop_front().expect("one was seen");
    }

    fn entry(&self, node: Address) -> Entry {
        self.entries.get(&node).copied().unwrap_or_default()
    }

    fn put_entry(&mut self, node: Address, entry: Entry) {
        self.entries.insert(node, entry);
    }
}

/// Replaces, or appends at the end; anything else is wrong.
fn put<T>(all: &mut Vec<T>, index: u32, value: T) {
    let index = index as usize;
    assert!(index <= all.len());
    all.splice(index..(index + 1).min(all.len()), [value]);
}

impl Book {
    /// A book with changes, and nothing else.
    pub(super) fn of_changes(changes: Vec<Change>) -> Self {
        Self { changes, ..Self::default() }
    }

    /// How often a change was looked at.
    pub(super) const fn looks(&self) -> u32 {
        self.looks.get()
    }

    pub(super) fn enter(&mut self, node: Address, operator: Address, now: u64, times: &Times) -> Result<u32, JuryError> {
        let (entry, is_in) = entry_of(self, node);
        let from = entry.enter(is_in, now, times)?;
        Ok(take(self, node, operator, from, now, times))
    }

    pub(super) fn leave(&mut self, node: Address, now: u64, times: &Times) {
        self.exit(node, Exit::Left, now, times);
    }

    pub(super) fn exit(&mut self, node: Address, exit: Exit, now: u64, times: &Times) -> Option<Closed> {
        close(self, node, exit, now, times)
    }

    pub(super) fn is_in(&self, node: Address) -> bool {
        entry_of(self, node).1
    }

    pub(super) fn length(&self, epoch: u32) -> u32 {
        length_at(self, epoch)
    }

    pub(super) fn drawable(&self, index: u32, epoch: u32) -> Option<Drawable> {
        let (slot, operator) = *self.slots.get(index as usize)?;
        slot.is_active(epoch).then_some(Drawable { node: slot.node, operator })
    }
}

/// Chance from a seed: `COR_SEED` of the environment, or a fresh one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    pub(super) seed: u64,
    drawn: u64,
}

impl Chance {
    pub(super) fn fresh_or_given() -> Self {
        let given = std::env::var("COR_SEED").ok().and_then(|seed| seed.parse().ok());
        Self { seed: given.unwrap_or_else(|| RandomState::new().hash_one(())), drawn: 0 }
    }

    pub(super) fn word(&mut self) -> B256 {
        self.drawn += 1;
        keccak256([self.seed.to_be_bytes(), self.drawn.to_be_bytes()].as_flattened())
    }
}
