//! A short text in one storage word, laid out as Solidity lays it out.

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{B256, U256};
use cor_contract_shared::Revert;
use stylus_sdk::{prelude::*, storage::StorageB256};

use crate::TextTooLong;

/// Most bytes: the last one of the word is for the length.
const LEN_MAX: usize = 31;

/// A name or a symbol. The SDK's string also takes texts of any length, for five times the code.
#[storage]
pub struct Text {
    word: StorageB256,
}

impl Text {
    pub(crate) fn get(&self) -> String {
        let word = self.word.get();
        let len = usize::from(word[LEN_MAX] / 2).min(LEN_MAX);
        String::from_utf8_lossy(&word[..len]).into_owned()
    }

    pub(crate) fn set(&mut self, text: &str) -> Result<(), Revert> {
        let (length, limit) = (text.len(), LEN_MAX);
        if length > limit {
            return Err(TextTooLong { length: U256::from(length), limit: U256::from(limit) }.into());
        }
        let mut word = B256::right_padding_from(text.as_bytes());
        word[LEN_MAX] = (length * 2) as u8;
        self.word.set(word);
        Ok(())
    }
}
