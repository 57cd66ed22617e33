//! A [`State`] as the EVM reads it.

use alloy_primitives::{Address, B256, U256};
use revm::{Database, DatabaseRef, bytecode::Bytecode, state::AccountInfo};

use super::{State, StateError};

/// Hashes of earlier blocks of this chain.
pub(crate) trait BlockHashes: Send + Sync {
    /// The hash of block `number`; zero if it is not known.
    ///
    /// # Errors
    /// [`StateError`] if a forked chain's origin does not answer.
    fn block_hash(&self, number: u64) -> Result<B256, StateError>;
}

/// A state and the hashes of the blocks before it. Reading does not change it.
#[derive(Clone, Copy)]
pub(crate) struct StateDb<'a> {
    pub(crate) state: &'a State,
    pub(crate) hashes: &'a dyn BlockHashes,
}

impl DatabaseRef for StateDb<'_> {
    type Error = StateError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        self.state.info(address)
    }

    fn code_by_hash_ref(&self, _code_hash: B256) -> Result<Bytecode, StateError> {
        // Accounts are always given with their code, so the only hash left to ask for is that of no code.
        Ok(Bytecode::default())
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.state.storage(address, slot)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StateError> {
        self.hashes.block_hash(number)
    }
}

impl Database for StateDb<'_> {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        self.basic_ref(address)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, StateError> {
        self.code_by_hash_ref(code_hash)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.storage_ref(address, slot)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.block_hash_ref(number)
    }
}
