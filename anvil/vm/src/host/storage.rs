//! Storage through a cache that lives as long as the run, and transient storage.
//!
//! Nothing is written by itself: what a program has not flushed is lost when it ends.

use std::collections::BTreeMap;

use alloy_primitives::B256;

use super::{Hosted, Hostio};
use crate::price::host::{
    API, CALL, POINTER, SCACHE_GAS_NEEDED, SLOAD_GAS_NEEDED, SSTORE_SENTRY_GAS, TRANSIENT_GAS, load_surcharge_gas,
    store_surcharge_gas,
};

/// A slot as the program sees it.
struct Slot {
    value: B256,
    /// What the chain has, if the run knows.
    stored: Option<B256>,
}

/// The slots a run has touched. Ordered by key, so that flushes are the same on every machine.
#[derive(Default)]
pub(super) struct StorageCache {
    slots: BTreeMap<B256, Slot>,
    loads: u64,
    stores: u64,
}

impl StorageCache {
    /// Takes what has to be written, marking it as written.
    fn take_dirty(&mut self, clear: bool) -> Vec<(B256, B256)> {
        let mut dirty = Vec::new();
        for (key, slot) in &mut self.slots {
            if slot.stored != Some(slot.value) {
                slot.stored = Some(slot.value);
                dirty.push((*key, slot.value));
            }
        }
        if clear {
            self.slots.clear();
        }
        dirty
    }
}

impl Hostio<'_> {
    pub(crate) fn storage_load_bytes32(&mut self, key: u32, dest: u32) -> Hosted<()> {
        self.pay(CALL + 2 * POINTER)?;
        let api_gas = API / self.run.ink_price;
        self.need_gas(SLOAD_GAS_NEEDED.saturating_add(api_gas))?;
        let key = self.read_word(key)?;

        self.run.storage.loads += 1;
        let mut gas = load_surcharge_gas(self.run.storage.loads);
        let value = match self.run.storage.slots.get(&key) {
            Some(slot) => slot.value,
            None => {
                let answer = self.api.sload(key)?;
                gas = gas.saturating_add(answer.gas).saturating_add(api_gas);
                let value = answer.value;
                self.run.storage.slots.insert(key, Slot { value, stored: Some(value) });
                value
            }
        };
        self.pay_gas(gas)?;
        self.write(dest, value.as_slice())?;
        self.note(&[key.as_slice()], &[value.as_slice()]);
        Ok(())
    }

    pub(crate) fn storage_cache_bytes32(&mut self, key: u32, value: u32) -> Hosted<()> {
        self.pay(CALL + 2 * POINTER)?;
        self.need_gas(SCACHE_GAS_NEEDED)?;
        let (key, value) = (self.read_word(key)?, self.read_word(value)?);

        self.run.storage.stores += 1;
        let gas = store_surcharge_gas(self.run.storage.stores);
        let slot = self.run.storage.slots.entry(key).or_insert(Slot { value, stored: None });
        slot.value = value;
        self.pay_gas(gas)?;
        self.note(&[key.as_slice(), value.as_slice()], &[]);
        Ok(())
    }

    /// Writes dirty slots one by one. What they cost together must stay under the gas left plus one,
    /// else the program is out of ink, whatever was written.
    pub(crate) fn storage_flush_cache(&mut self, clear: u32) -> Hosted<()> {
        self.pay(CALL + API)?;
        self.need_gas(SSTORE_SENTRY_GAS)?;
        let clear = clear != 0;
        let budget = self.gas_left().saturating_add(1);
        let mut gas = 0u64;
        for (key, value) in self.run.storage.take_dirty(clear) {
            gas = gas.saturating_add(self.api.sstore(key, value)?);
            if gas >= budget {
                return Err(self.run_out());
            }
        }
        self.pay_gas(gas)?;
        self.note(&[&[u8::from(clear)]], &[]);
        Ok(())
    }

    pub(crate) fn transient_load_bytes32(&mut self, key: u32, dest: u32) -> Hosted<()> {
        self.pay(CALL + 2 * POINTER + API)?;
        self.pay_gas(TRANSIENT_GAS)?;
        let key = self.read_word(key)?;
        let value = self.api.tload(key)?;
        self.write(dest, value.as_slice())?;
        self.note(&[key.as_slice()], &[value.as_slice()]);
        Ok(())
    }

    pub(crate) fn transient_store_bytes32(&mut self, key: u32, value: u32) -> Hosted<()> {
        self.pay(CALL + 2 * POINTER + API)?;
        self.pay_gas(TRANSIENT_GAS)?;
        let (key, value) = (self.read_word(key)?, self.read_word(value)?);
        self.api.tstore(key, value)?;
        self.note(&[key.as_slice(), value.as_slice()], &[]);
        Ok(())
    }
}
