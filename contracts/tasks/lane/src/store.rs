//! How the lane lies in storage.

use alloc::{vec, vec::Vec};

use alloy_primitives::{U16, U64};
use cor_contract_shared::abi::{Decode, Decoder};
use stylus_sdk::{
    prelude::*,
    storage::{StorageB256, StorageBool, StorageU16, StorageU64},
};

/// A task's two words.
#[storage]
pub struct TaskRecord {
    /// See `LaneState`.
    pub(crate) state: StorageB256,
    /// Over its history; zero once it ended.
    pub(crate) seal: StorageB256,
}

/// What an account has here, in one word, grains.
#[storage]
pub struct AccountRecord {
    /// To spend.
    pub(crate) available: StorageU64,
    /// Earned.
    pub(crate) earned: StorageU64,
}

impl AccountRecord {
    /// Adds to what can be spent. The sum of all parts is a book of less than 2^64 grains, so nothing saturates.
    pub(crate) fn credit(&mut self, amount: u64) -> u64 {
        let available = self.available.get().to::<u64>().saturating_add(amount);
        self.available.set(U64::from(available));
        available
    }

    /// Adds to what was earned, as above.
    pub(crate) fn earn(&mut self, amount: u64) {
        let earned = self.earned.get().to::<u64>().saturating_add(amount);
        self.earned.set(U64::from(earned));
    }
}

/// What later tasks go by, in one word.
#[storage]
pub struct Config {
    paused: StorageBool,
    no_result_gas_cap_bps: StorageU16,
    no_reveal: StorageU64,
    bad_reveal: StorageU64,
}

/// Penalties in grains, the keeper's share of its line without a result in basis points, and whether new sessions and tasks are paused.
#[derive(Clone, Copy)]
pub(crate) struct Rates {
    pub(crate) no_reveal: u64,
    pub(crate) bad_reveal: u64,
    pub(crate) no_result_gas_cap_bps: u16,
    pub(crate) paused: bool,
}

impl Decode for Rates {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            no_reveal: Decode::decode(from)?,
            bad_reveal: Decode::decode(from)?,
            no_result_gas_cap_bps: Decode::decode(from)?,
            paused: Decode::decode(from)?,
        })
    }
}

impl Config {
    pub(crate) fn rates(&self) -> Rates {
        Rates {
            no_reveal: self.no_reveal.get().to(),
            bad_reveal: self.bad_reveal.get().to(),
            no_result_gas_cap_bps: self.no_result_gas_cap_bps.get().to(),
            paused: self.paused.get(),
        }
    }

    pub(crate) fn set_rates(&mut self, rates: Rates) {
        self.paused.set(rates.paused);
        self.no_reveal.set(U64::from(rates.no_reveal));
        self.bad_reveal.set(U64::from(rates.bad_reveal));
        self.no_result_gas_cap_bps.set(U16::from(rates.no_result_gas_cap_bps));
    }
}
