//! How the jury lies in storage.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U32, U64, U8};
use cor_core::task::jury::{entry_of, Chain, Change, Entry, Keeper, Rolls, Slot, Standing, Summons, Times};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageBool, StorageMap, StorageU32, StorageU64, StorageU8, StorageVec},
};

/// What the contract was constructed with, in one word.
#[storage]
pub struct TimesRecord {
    epoch_secs: StorageU32,
    reveal_secs: StorageU32,
    answer_secs: StorageU32,
    dispute_secs: StorageU32,
    absence_epochs: StorageU32,
}

impl TimesRecord {
    pub(crate) fn get(&self) -> Times {
        Times {
            epoch_secs: self.epoch_secs.get().to(),
            reveal_secs: self.reveal_secs.get().to(),
            answer_secs: self.answer_secs.get().to(),
            dispute_secs: self.dispute_secs.get().to(),
            absence_epochs: self.absence_epochs.get().to(),
        }
    }

    pub(crate) fn set(&mut self, times: Times) {
        self.epoch_secs.set(U32::from(times.epoch_secs));
        self.reveal_secs.set(U32::from(times.reveal_secs));
        self.answer_secs.set(U32::from(times.answer_secs));
        self.dispute_secs.set(U32::from(times.dispute_secs));
        self.absence_epochs.set(U32::from(times.absence_epochs));
    }
}

/// A slot in two words; the second is read of nodes that can be drawn only.
#[storage]
pub struct SlotRecord {
    node: StorageAddress,
    from: StorageU32,
    until: StorageU32,
    operator: StorageAddress,
}

impl SlotRecord {
    pub(crate) fn slot(&self) -> Slot {
        Slot { node: self.node.get(), from: self.from.get().to(), until: self.until.get().to() }
    }

    pub(crate) fn operator(&self) -> Address {
        self.operator.get()
    }
}

/// A node in a roster.
#[storage]
pub struct EntryRecord {
    /// One above the slot that it had last; 0 = none.
    slot: StorageU32,
    barred_until: StorageU32,
    has_left: StorageBool,
}

impl EntryRecord {
    fn get(&self) -> Entry {
        let slot: u32 = self.slot.get().to();
        Entry { slot: slot.checked_sub(1), barred_until: self.barred_until.get().to(), has_left: self.has_left.get() }
    }

    fn set(&mut self, entry: Entry) {
        self.slot.set(U32::from(entry.slot.map_or(0, |slot| slot.saturating_add(1))));
        self.barred_until.set(U32::from(entry.barred_until));
        self.has_left.set(entry.has_left);
    }
}

/// Who can be drawn for a model.
#[storage]
pub struct Roster {
    slots: StorageVec<SlotRecord>,
    /// How many slots there are, and from which epoch on: epoch 32 | length 32, rising.
    changes: StorageVec<StorageU64>,
    /// Slots in the order in which they were closed; those before `reused` are somebody's again.
    closed: StorageVec<StorageU32>,
    reused: StorageU32,
    entries: StorageMap<Address, EntryRecord>,
}

impl Roster {
    /// A slot and its node's operator; all zero if there is no such one.
    pub(crate) fn slot_and_operator(&self, index: u32) -> (Slot, Address) {
        self.slots.getter(index).map_or((Slot::default(), Address::ZERO), |record| (record.slot(), record.operator()))
    }

    /// A slot's node and its operator, if it can be drawn in an epoch.
    pub(crate) fn drawable(&self, index: u32, epoch: u32) -> Option<(Address, Address)> {
        let record = self.slots.getter(index)?;
        let slot = record.slot();
        slot.is_active(epoch).then(|| (slot.node, record.operator()))
    }

    /// [`entry_of`], once in the program.
    #[inline(never)]
    pub(crate) fn entry_of(&self, node: Address) -> (Entry, bool) {
        entry_of(self, node)
    }
}

impl Rolls for Roster {
    fn slots(&self) -> u32 {
        self.slots.len() as u32
    }

    fn slot(&self, index: u32) -> Slot {
        self.slots.getter(index).map(|record| record.slot()).unwrap_or_default()
    }

    fn put_slot(&mut self, index: u32, slot: Slot, operator: Address) {
        if index as usize == self.slots.len() {
            self.slots.grow();
        }
        if let Some(mut record) = self.slots.setter(index) {
            record.node.set(slot.node);
            record.from.set(U32::from(slot.from));
            record.until.set(U32::from(slot.until));
            record.operator.set(operator);
        }
    }

    fn end_slot(&mut self, index: u32, until: u32) {
        if let Some(mut record) = self.slots.setter(index) {
            record.until.set(U32::from(until));
        }
    }

    fn changes(&self) -> u32 {
        self.changes.len() as u32
    }

    fn change(&self, index: u32) -> Change {
        let [e0, e1, e2, e3, l0, l1, l2, l3] = self.changes.get(index).unwrap_or_default().to::<u64>().to_be_bytes();
        Change { from: u32::from_be_bytes([e0, e1, e2, e3]), length: u32::from_be_bytes([l0, l1, l2, l3]) }
    }

    fn put_change(&mut self, index: u32, change: Change) {
        let word = U64::from((u64::from(change.from) << 32) | u64::from(change.length));
        match self.changes.setter(index) {
            Some(mut record) => record.set(word),
            None => self.changes.push(word),
        }
    }

    fn left_first(&self) -> Option<u32> {
        self.closed.get(self.reused.get()).map(|index| index.to())
    }

    fn push_left(&mut self, index: u32) {
        self.closed.push(U32::from(index));
    }

    fn pop_left(&mut self) {
        let reused: u32 = self.reused.get().to();
        self.reused.set(U32::from(reused.saturating_add(1)));
    }

    fn entry(&self, node: Address) -> Entry {
        self.entries.getter(node).get()
    }

    fn put_entry(&mut self, node: Address, entry: Entry) {
        self.entries.setter(node).set(entry);
    }
}

/// A chain in two words.
#[storage]
pub struct ChainRecord {
    head: StorageB256,
    shown: StorageU32,
    first: StorageU32,
}

impl ChainRecord {
    fn get(&self) -> Chain {
        Chain { head: self.head.get(), shown: self.shown.get().to(), first: self.first.get().to() }
    }

    fn set(&mut self, chain: Chain) {
        self.head.set(chain.head);
        self.shown.set(U32::from(chain.shown));
        self.first.set(U32::from(chain.first));
    }
}

/// A keeper in five words, and the epochs whose secrets were called for.
#[storage]
pub struct KeeperRecord {
    standing: StorageU8,
    enrols_at: StorageU64,
    free_at: StorageU64,
    current: ChainRecord,
    previous: ChainRecord,
    called_until: StorageMap<u32, StorageU64>,
}

impl KeeperRecord {
    /// Until when the secret of an epoch is shown; 0 if nobody called for it.
    pub(crate) fn called_until(&self, epoch: u32) -> u64 {
        self.called_until.get(epoch).to()
    }

    pub(crate) fn call(&mut self, epoch: u32, until: u64) {
        self.called_until.setter(epoch).set(U64::from(until));
    }

    #[inline(never)]
    pub(crate) fn get(&self) -> Keeper {
        Keeper {
            standing: Standing::from_number(self.standing.get().to()),
            enrols_at: self.enrols_at.get().to(),
            free_at: self.free_at.get().to(),
            current: self.current.get(),
            previous: self.previous.get(),
        }
    }

    #[inline(never)]
    pub(crate) fn set(&mut self, keeper: Keeper) {
        self.standing.set(U8::from(keeper.standing.number()));
        self.enrols_at.set(U64::from(keeper.enrols_at));
        self.free_at.set(U64::from(keeper.free_at));
        self.current.set(keeper.current);
        self.previous.set(keeper.previous);
    }
}

/// A summons in one word.
#[storage]
pub struct SummonsRecord {
    answer_by: StorageU64,
    absent: StorageBool,
}

impl SummonsRecord {
    pub(crate) fn get(&self) -> Summons {
        Summons { answer_by: self.answer_by.get().to(), absent: self.absent.get() }
    }

    pub(crate) fn set(&mut self, summons: Summons) {
        self.answer_by.set(U64::from(summons.answer_by));
        self.absent.set(summons.absent);
    }
}
