//! How the lane lies in storage.

use alloc::{vec, vec::Vec};

use alloy_primitives::U64;
use cor_contract_shared::abi::{Decode, Decoder};
use cor_core::task::lane::LaneConfig;
use stylus_sdk::{
    prelude::*,
    storage::{StorageB256, StorageU64},
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

/// What the governor sets, as the calldata has it.
pub(crate) struct Rates(pub(crate) LaneConfig);

impl Decode for Rates {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self(LaneConfig {
            no_reveal: Decode::decode(from)?,
            bad_reveal: Decode::decode(from)?,
            no_result_gas_cap_bps: Decode::decode(from)?,
            paused: Decode::decode(from)?,
        }))
    }
}
