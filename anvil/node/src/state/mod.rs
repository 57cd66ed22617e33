//! The world state of one block: accounts, code and storage, cheap to clone and to keep.
//!
//! A chain that was forked keeps only what differs from the chain it came from; the rest is asked for when it is needed.

mod db;
mod origin;
mod trie;

use std::{borrow::Cow, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256, map::AddressMap};
use alloy_rlp::Encodable;
use alloy_trie::TrieAccount;
use revm::{
    bytecode::Bytecode,
    state::{Account as EvmAccount, AccountInfo},
};

use self::trie::{Trie, TrieValue};

pub use self::origin::{ForkError, StateError};
pub(crate) use self::{
    db::{BlockHashes, StateDb},
    origin::Origin,
};

/// One account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Transactions sent, or contracts created by a contract.
    pub(crate) nonce: u64,
    /// Wei.
    pub(crate) balance: U256,
    /// keccak-256 of the code.
    pub(crate) code_hash: B256,
    /// The code, shared by all versions of the account.
    pub(crate) code: Bytecode,
    /// Slots that are not zero; if `is_partial`, slots that are known, zero or not.
    pub(crate) storage: Trie<U256, U256>,
    /// Slots that are not here are as on the chain this one was forked from.
    pub(crate) is_partial: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            nonce: 0,
            balance: U256::ZERO,
            code_hash: KECCAK256_EMPTY,
            code: Bytecode::default(),
            storage: Trie::default(),
            is_partial: false,
        }
    }
}

impl TrieValue for Account {
    fn encode(&self, out: &mut Vec<u8>) {
        TrieAccount {
            nonce: self.nonce,
            balance: self.balance,
            storage_root: self.storage.root_hash(),
            code_hash: self.code_hash,
        }
        .encode(out);
    }
}

impl Account {
    /// Whether the account is as good as absent (EIP-161).
    fn is_vacant(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code_hash == KECCAK256_EMPTY && self.storage.is_empty()
    }

    fn info(&self) -> AccountInfo {
        AccountInfo {
            balance: self.balance,
            nonce: self.nonce,
            code_hash: self.code_hash,
            code: Some(self.code.clone()),
            ..AccountInfo::default()
        }
    }

    fn set_info(&mut self, info: AccountInfo) {
        self.nonce = info.nonce;
        self.balance = info.balance;
        if self.code_hash != info.code_hash
            && let Some(code) = info.code
        {
            self.code_hash = info.code_hash;
            self.code = code;
        }
    }

    pub(crate) fn set_code(&mut self, code: Bytes) {
        self.code_hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(&code) };
        self.code = bytecode(code);
    }

    fn apply(&mut self, change: EvmAccount) {
        if change.is_created() {
            self.storage = Trie::default();
            self.is_partial = false;
        }
        self.set_info(change.info);
        for (slot, value) in change.storage {
            if value.is_changed() {
                self.set_slot(slot, value.present_value);
            }
        }
    }

    pub(crate) fn set_slot(&mut self, slot: U256, value: U256) {
        if value.is_zero() && !self.is_partial {
            self.storage.remove(&slot);
        } else {
            self.storage.insert(slot, value);
        }
    }
}

/// Code as the EVM wants it. Bytes that look like a delegation but are none count as ordinary code.
pub(crate) fn bytecode(code: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code))
}

/// All accounts at one point of the chain.
#[derive(Debug, Clone, Default)]
pub struct State {
    accounts: Trie<Address, Account>,
    /// Where accounts come from that are not here. Vacant accounts are kept then, to hide those of the origin.
    origin: Option<Arc<dyn Origin>>,
}

impl State {
    /// The state of another chain, of which nothing was changed yet.
    pub(crate) fn forked(origin: Arc<dyn Origin>) -> Self {
        Self { accounts: Trie::default(), origin: Some(origin) }
    }

    /// Whether part of it is on another chain, so that it has no Merkle root of its own.
    pub(crate) fn is_forked(&self) -> bool {
        self.origin.is_some()
    }

    /// The Merkle root of all accounts; on a forked chain, of those that differ from the origin's.
    pub fn root(&self) -> B256 {
        self.accounts.root_hash()
    }

    /// Every account that is kept here, ordered by the hash of its address.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (&Address, &Account)> {
        self.accounts.iter()
    }

    /// The account; vacant if there is none.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub(crate) fn account(&self, address: Address) -> Result<Cow<'_, Account>, StateError> {
        match (self.accounts.get(&address), &self.origin) {
            (Some(account), _) => Ok(Cow::Borrowed(account)),
            (None, None) => Ok(Cow::Owned(Account::default())),
            (None, Some(origin)) => Ok(Cow::Owned(Account { is_partial: true, ..origin.account(address)? })),
        }
    }

    /// What the EVM wants to know of an account; `None` if there is none.
    ///
    /// # Errors
    /// [`StateError`] if a forked chain's origin does not answer; so for all reads.
    pub fn info(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        let account = self.account(address)?;
        Ok((!account.is_vacant()).then(|| account.info()))
    }

    /// The next nonce of `address`.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn nonce(&self, address: Address) -> Result<u64, StateError> {
        Ok(self.account(address)?.nonce)
    }

    /// Balance in wei.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn balance(&self, address: Address) -> Result<U256, StateError> {
        Ok(self.account(address)?.balance)
    }

    /// The code as deployed.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn code(&self, address: Address) -> Result<Bytes, StateError> {
        Ok(self.account(address)?.code.original_bytes())
    }

    /// The value of a storage slot.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        let account = self.accounts.get(&address);
        if let Some(value) = account.and_then(|account| account.storage.get(&slot)) {
            return Ok(*value);
        }
        match &self.origin {
            Some(origin) if account.is_none_or(|account| account.is_partial) => origin.storage(address, slot),
            _ => Ok(U256::ZERO),
        }
    }

    /// The value of a storage slot if it is kept here: on a forked chain, if it was changed since.
    pub(crate) fn kept_slot(&self, address: Address, slot: U256) -> Option<U256> {
        self.accounts.get(&address)?.storage.get(&slot).copied()
    }

    /// Merkle nodes from the state root to the account.
    pub(crate) fn proof(&self, address: Address) -> Vec<Bytes> {
        self.accounts.proof(&address)
    }

    /// Puts in an account of which nothing is taken from the origin.
    pub(crate) fn replace(&mut self, address: Address, info: AccountInfo) {
        let mut account = Account::default();
        account.set_info(info);
        self.put(address, account);
    }

    /// Sets balance, nonce and code at once; without code, the code stays.
    ///
    /// # Errors
    /// As [`info`](Self::info); so for all changes by hand.
    pub fn set_info(&mut self, address: Address, info: AccountInfo) -> Result<(), StateError> {
        self.update(address, |account| account.set_info(info))
    }

    /// Sets a balance in wei.
    ///
    /// # Errors
    /// As [`set_info`](Self::set_info).
    pub fn set_balance(&mut self, address: Address, balance: U256) -> Result<(), StateError> {
        self.update(address, |account| account.balance = balance)
    }

    /// Sets a nonce.
    ///
    /// # Errors
    /// As [`set_info`](Self::set_info).
    pub fn set_nonce(&mut self, address: Address, nonce: u64) -> Result<(), StateError> {
        self.update(address, |account| account.nonce = nonce)
    }

    /// Sets the code; empty code makes it an ordinary account again.
    ///
    /// # Errors
    /// As [`set_info`](Self::set_info).
    pub fn set_code(&mut self, address: Address, code: Bytes) -> Result<(), StateError> {
        self.update(address, |account| account.set_code(code))
    }

    /// Sets one storage slot; zero clears it.
    ///
    /// # Errors
    /// As [`set_info`](Self::set_info).
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) -> Result<(), StateError> {
        self.update(address, |account| account.set_slot(slot, value))
    }

    /// Removes all storage of `address`.
    ///
    /// # Errors
    /// As [`set_info`](Self::set_info).
    pub fn clear_storage(&mut self, address: Address) -> Result<(), StateError> {
        self.update(address, |account| {
            account.storage = Trie::default();
            account.is_partial = false;
        })
    }

    /// Applies what a transaction changed. The executor read all of it before, so nothing is asked of the origin.
    pub fn commit(&mut self, changes: AddressMap<EvmAccount>) {
        for (address, change) in changes {
            if !change.is_touched() {
                continue;
            }
            if change.is_selfdestructed() {
                self.put(address, Account::default());
                continue;
            }
            if let Some(account) = self.accounts.get_mut(&address) {
                account.apply(change);
                if account.is_vacant() && self.origin.is_none() {
                    self.accounts.remove(&address);
                }
                continue;
            }
            let mut account = Account { is_partial: self.origin.is_some(), ..Account::default() };
            account.apply(change);
            self.put(address, account);
        }
    }

    fn update(&mut self, address: Address, change: impl FnOnce(&mut Account)) -> Result<(), StateError> {
        // In place where the account is kept already: its storage need not be copied.
        if let Some(account) = self.accounts.get_mut(&address) {
            change(account);
            if account.is_vacant() && self.origin.is_none() {
                self.accounts.remove(&address);
            }
            return Ok(());
        }
        let mut account = self.account(address)?.into_owned();
        change(&mut account);
        self.put(address, account);
        Ok(())
    }

    /// Puts in an account that was not kept, or takes the place of one. One that hides an account of the origin is kept even if it is vacant.
    pub(crate) fn put(&mut self, address: Address, account: Account) {
        if account.is_vacant() && self.origin.is_none() {
            self.accounts.remove(&address);
        } else {
            self.accounts.insert(address, account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: Address = Address::repeat_byte(7);

    #[test]
    fn the_root_of_a_known_genesis() {
        let mut state = State::default();
        assert_eq!(state.root(), alloy_trie::EMPTY_ROOT_HASH);
        state.set_balance(WHO, U256::from(1)).unwrap();
        state.set_nonce(WHO, 3).unwrap();
        state.set_code(WHO, Bytes::from_static(&[0x60, 0x00])).unwrap();
        state.set_storage(WHO, U256::from(1), U256::from(0xff)).unwrap();
        let storage = [(B256::from(U256::from(1)), U256::from(0xff))];
        let account = TrieAccount {
            nonce: 3,
            balance: U256::from(1),
            storage_root: alloy_trie::root::storage_root_unhashed(storage),
            code_hash: keccak256([0x60, 0x00]),
        };
        assert_eq!(state.root(), alloy_trie::root::state_root_unhashed([(WHO, account)]));
    }

    #[test]
    fn an_account_that_became_vacant_is_gone() {
        let mut state = State::default();
        state.set_balance(WHO, U256::from(5)).unwrap();
        state.set_storage(WHO, U256::from(1), U256::from(1)).unwrap();
        state.set_balance(WHO, U256::ZERO).unwrap();
        assert!(state.info(WHO).unwrap().is_some());
        state.set_storage(WHO, U256::from(1), U256::ZERO).unwrap();
        assert!(state.info(WHO).unwrap().is_none());
        assert_eq!(state.root(), alloy_trie::EMPTY_ROOT_HASH);
    }

    #[test]
    fn clearing_storage_keeps_the_rest() {
        let mut state = State::default();
        state.set_nonce(WHO, 1).unwrap();
        state.set_storage(WHO, U256::from(1), U256::from(9)).unwrap();
        let before = state.clone();
        state.clear_storage(WHO).unwrap();
        assert_eq!(state.storage(WHO, U256::from(1)).unwrap(), U256::ZERO);
        assert_eq!(state.nonce(WHO).unwrap(), 1);
        assert_eq!(before.storage(WHO, U256::from(1)).unwrap(), U256::from(9));
    }
}
