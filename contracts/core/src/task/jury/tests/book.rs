//! A roster in memory, and a source of chance that a test prints.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use alloy_primitives::{Address, B256, keccak256};

use crate::task::jury::draw::Drawable;
use crate::task::jury::{Entry, Exit, JuryError, Slot, Times, length_at};

/// Epochs of ten minutes.
pub(super) const TIMES: Times =
    Times { epoch_secs: 600, reveal_secs: 108_000, answer_secs: 60, dispute_secs: 12 * 86_400, absence_epochs: 36 };

pub(super) fn address(number: u64) -> Address {
    let mut bytes = [0xad; 20];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    Address::new(bytes)
}

/// Slots, changes of their number, and those that were left, in order; what the contract has in storage.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    slots: Vec<(Slot, Address)>,
    changes: Vec<(u32, u32)>,
    closed: Vec<u32>,
    reused: usize,
    entries: BTreeMap<Address, Entry>,
}

impl Book {
    pub(super) fn enter(&mut self, node: Address, operator: Address, now: u64, times: &Times) -> Result<u32, JuryError> {
        let entry = self.entry(node);
        let from = entry.enter(self.is_in(node), now, times)?;
        let oldest = self.closed.get(self.reused).copied().filter(|index| self.slots[*index as usize].0.is_free(now, times));
        let index = oldest.unwrap_or_else(|| {
            self.slots.push(Default::default());
            let length = u32::try_from(self.slots.len()).unwrap();
            self.changes.retain(|(epoch, _)| *epoch != from);
            self.changes.push((from, length));
            length - 1
        });
        self.reused += usize::from(oldest.is_some());
        self.slots[index as usize] = (Slot { node, from, until: 0 }, operator);
        self.set(node, Entry { slot: Some(index), has_left: false, ..entry });
        Ok(index)
    }

    pub(super) fn leave(&mut self, node: Address, now: u64, times: &Times) {
        self.exit(node, Exit::Left, now, times);
    }

    pub(super) fn exit(&mut self, node: Address, exit: Exit, now: u64, times: &Times) {
        let (mut entry, is_in) = (self.entry(node), self.is_in(node));
        if let Some(index) = entry.slot.filter(|_| is_in) {
            self.slots[index as usize].0.until = entry.leave(exit, now, times);
            self.closed.push(index);
            self.set(node, entry);
        }
    }

    pub(super) fn is_in(&self, node: Address) -> bool {
        let slot = self.entry(node).slot.map(|index| self.slots[index as usize].0);
        slot.is_some_and(|slot| slot.node == node && slot.until == 0)
    }

    pub(super) fn length(&self, epoch: u32) -> u32 {
        length_at(epoch, u32::try_from(self.changes.len()).unwrap(), |index| self.changes[index as usize])
    }

    pub(super) fn drawable(&self, index: u32, epoch: u32) -> Option<Drawable> {
        let (slot, operator) = *self.slots.get(index as usize)?;
        slot.is_active(epoch).then_some(Drawable { node: slot.node, operator })
    }

    pub(super) fn entry(&self, node: Address) -> Entry {
        self.entries.get(&node).copied().unwrap_or_default()
    }

    fn set(&mut self, node: Address, entry: Entry) {
        self.entries.insert(node, entry);
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
