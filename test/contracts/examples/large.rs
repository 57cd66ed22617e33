//! A program that does not fit into one account: a table of bytes that no compression makes smaller.

#![allow(missing_docs, reason = "the SDK's macros write public items")]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{B256, U256};
use stylus_sdk::{abi::Bytes, prelude::*};

/// More than the 24,576 bytes of one account, less than two.
const TABLE_BYTES: usize = 26 * 1024;

static TABLE: [u8; TABLE_BYTES] = table();

/// The low bytes of xorshift64 (shifts 13, 7, 17) from seed 1.
const fn table() -> [u8; TABLE_BYTES] {
    let (mut bytes, mut state, mut index) = ([0; TABLE_BYTES], 1_u64, 0);
    while index < TABLE_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[index] = state.to_le_bytes()[0];
        index += 1;
    }
    bytes
}

sol_storage! {
    #[entrypoint]
    pub struct Large {
        uint256 read;
    }
}

#[public]
impl Large {
    pub fn len(&self) -> U256 {
        U256::from(TABLE.len())
    }

    pub fn digest(&self) -> B256 {
        self.vm().native_keccak256(&TABLE)
    }

    /// Bytes of the table from `start`, and counts that they were read.
    pub fn read(&mut self, start: u32, size: u32) -> Result<Bytes, Vec<u8>> {
        let start = start as usize;
        let part = TABLE.get(start..start.saturating_add(size as usize)).ok_or_else(|| b"outside".to_vec())?;
        self.read.set(self.read.get() + U256::ONE);
        Ok(part.to_vec().into())
    }

    pub fn reads(&self) -> U256 {
        self.read.get()
    }
}
