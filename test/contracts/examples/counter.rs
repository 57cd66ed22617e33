//! A number that anyone sets and counts up: what `cargo stylus new` writes can do the same.

#![allow(missing_docs, reason = "the SDK's macros write public items")]

extern crate alloc;

use alloy_primitives::U256;
use stylus_sdk::{prelude::*, storage::StorageU256};

#[storage]
#[entrypoint]
pub struct Counter {
    number: StorageU256,
}

/// Results that are too large wrap around, as they do in the template.
#[public]
impl Counter {
    pub fn number(&self) -> U256 {
        self.number.get()
    }

    pub fn set_number(&mut self, new_number: U256) {
        self.number.set(new_number);
    }

    pub fn mul_number(&mut self, new_number: U256) {
        self.number.set(self.number.get().wrapping_mul(new_number));
    }

    pub fn add_number(&mut self, new_number: U256) {
        self.number.set(self.number.get().wrapping_add(new_number));
    }

    pub fn increment(&mut self) {
        self.add_number(U256::ONE);
    }

    #[payable]
    pub fn add_from_msg_value(&mut self) {
        let value = self.vm().msg_value();
        self.add_number(value);
    }
}
