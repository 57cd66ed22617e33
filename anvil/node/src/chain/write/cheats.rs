//! What only a development chain allows: changing accounts, time and settings by hand.

use alloy_primitives::{Address, B256, Bytes, TxHash, U256};

use super::Writer;
use crate::{
    chain::{blocks::Tx, error::ChainError, store::Shared},
    state::{State, StateError},
};

impl Writer<'_> {
    /// Sets a balance, wei.
    ///
    /// # Errors
    /// [`ChainError::State`] if a forked chain's origin does not answer; so for the changes that follow.
    pub fn set_balance(&self, address: Address, balance: U256) -> Result<(), ChainError> {
        self.change_account(address, |state| state.set_balance(address, balance))
    }

    /// Sets the next nonce.
    ///
    /// # Errors
    /// As [`set_balance`](Self::set_balance).
    pub fn set_nonce(&self, address: Address, nonce: u64) -> Result<(), ChainError> {
        self.change_account(address, |state| state.set_nonce(address, nonce))
    }

    /// Sets the code.
    ///
    /// # Errors
    /// As [`set_balance`](Self::set_balance).
    pub fn set_code(&self, address: Address, code: Bytes) -> Result<(), ChainError> {
        self.change_account(address, |state| state.set_code(address, code))
    }

    /// Sets a storage slot.
    ///
    /// # Errors
    /// As [`set_balance`](Self::set_balance).
    pub fn set_storage(&self, address: Address, slot: U256, value: B256) -> Result<(), ChainError> {
        self.change_account(address, |state| state.set_storage(address, slot, value.into()))
    }

    /// Moves chain time forward; the seconds it is ahead of the clock now.
    pub fn increase_time(&self, secs: u64) -> i64 {
        self.change(|shared| shared.time.increase(secs))
    }

    /// Makes chain time `timestamp` from now on; the seconds it moved.
    ///
    /// # Errors
    /// [`ChainError::Timestamp`] if the newest block is later.
    pub fn set_time(&self, timestamp: u64) -> Result<i64, ChainError> {
        self.change(|shared| {
            not_before_head(shared, timestamp)?;
            Ok(shared.time.set_now(timestamp))
        })
    }

    /// Gives the next block this timestamp; later blocks go on from there.
    ///
    /// # Errors
    /// [`ChainError::Timestamp`] if the newest block is later.
    pub fn set_next_block_timestamp(&self, timestamp: u64) -> Result<(), ChainError> {
        self.change(|shared| {
            not_before_head(shared, timestamp)?;
            shared.time.set_next(timestamp);
            Ok(())
        })
    }

    /// Makes every block this many seconds later than its parent; `None` follows the clock again. Whether there was an interval.
    pub fn set_block_timestamp_interval(&self, secs: Option<u64>) -> bool {
        self.change(|shared| {
            let before = shared.time.has_interval();
            shared.time.set_interval(secs);
            before
        })
    }

    /// Sets the price of gas from the next block on, wei.
    pub fn set_base_fee(&self, wei: u64) {
        self.change(|shared| shared.rules.base_fee = wei);
    }

    /// Sets the beneficiary from the next block on.
    pub fn set_coinbase(&self, address: Address) {
        self.change(|shared| shared.rules.coinbase = address);
    }

    /// Sets the gas limit from the next block on.
    pub fn set_block_gas_limit(&self, gas: u64) {
        self.change(|shared| shared.rules.block_gas_limit = gas);
    }

    /// Sets what `PREVRANDAO` answers from the next block on.
    pub fn set_prevrandao(&self, value: B256) {
        self.change(|shared| shared.rules.prevrandao = value);
    }

    /// Sets the chain id.
    pub fn set_chain_id(&self, chain_id: u64) {
        self.change(|shared| shared.rules.exec.chain_id = chain_id);
    }

    /// Lets the node send transactions of `address` without its key.
    pub fn impersonate(&self, address: Address) {
        self.change(|shared| shared.impersonation.accounts.insert(address));
    }

    /// Ends [`impersonate`](Self::impersonate).
    pub fn stop_impersonating(&self, address: Address) {
        self.change(|shared| shared.impersonation.accounts.remove(&address));
    }

    /// Lets the node send transactions of every account without a key.
    pub fn set_auto_impersonate(&self, everyone: bool) {
        self.change(|shared| shared.impersonation.everyone = everyone);
    }

    /// Removes a transaction from the pool.
    pub fn drop_transaction(&self, hash: TxHash) -> Option<Tx> {
        self.change(|shared| shared.pool.remove(&hash)).map(|tx| Tx::clone(&tx))
    }

    /// Removes every transaction from the pool.
    pub fn drop_all_transactions(&self) -> Vec<TxHash> {
        self.change(|shared| shared.pool.clear())
    }

    /// Removes every transaction of `sender` from the pool.
    pub fn drop_transactions_of(&self, sender: Address) -> Vec<TxHash> {
        self.change(|shared| {
            let hashes = shared.pool.hashes_of(sender);
            hashes.iter().for_each(|hash| drop(shared.pool.remove(hash)));
            hashes
        })
    }

    fn change_account(
        &self,
        address: Address,
        change: impl FnOnce(&mut State) -> Result<(), StateError>,
    ) -> Result<(), ChainError> {
        // Asks the origin before readers are locked out.
        self.reader.head().state.account(address)?;
        Ok(change(self.token.change().ledger.head_state_mut())?)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Shared) -> T) -> T {
        change(&mut self.token.change())
    }
}

fn not_before_head(shared: &Shared, timestamp: u64) -> Result<(), ChainError> {
    let head = shared.ledger.head_block().timestamp();
    if timestamp < head {
        return Err(ChainError::Timestamp { got: timestamp, head });
    }
    Ok(())
}
