//! The world state of one block: accounts, code and storage, cheap to clone and to keep.

use std::convert::Infallible;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256, map::AddressMap};
use alloy_rlp::Encodable;
use alloy_trie::TrieAccount;
use revm::{
    bytecode::Bytecode,
    state::{Account as EvmAccount, AccountInfo},
};

use super::trie::{Trie, TrieValue};

/// Why the state could not be read. An in-memory state always can.
pub type StateError = Infallible;

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
    /// Slots that are not zero.
    pub(crate) storage: Trie<U256, U256>,
}

impl Default for Account {
    fn default() -> Self {
        Self { nonce: 0, balance: U256::ZERO, code_hash: KECCAK256_EMPTY, code: Bytecode::default(), storage: Trie::default() }
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

    fn set_slot(&mut self, slot: U256, value: U256) {
        if value.is_zero() {
            self.storage.remove(&slot);
        } else {
            self.storage.insert(slot, value);
        }
    }
}

/// All accounts at one point of the chain.
#[derive(Debug, Clone, Default)]
pub struct State {
    accounts: Trie<Address, Account>,
}

impl State {
    /// The Merkle root of all accounts.
    pub fn root(&self) -> B256 {
        self.accounts.root_hash()
    }

    pub(crate) fn account(&self, address: Address) -> Option<&Account> {
        self.accounts.get(&address)
    }

    /// Every account, ordered by the hash of its address.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (&Address, &Account)> {
        self.accounts.iter()
    }

    /// What the EVM wants to know of an account; `None` if there is none.
    pub fn info(&self, address: Address) -> Option<AccountInfo> {
        self.account(address).map(Account::info)
    }

    /// The next nonce of `address`.
    pub fn nonce(&self, address: Address) -> u64 {
        self.account(address).map_or(0, |account| account.nonce)
    }

    /// Balance in wei.
    pub fn balance(&self, address: Address) -> U256 {
        self.account(address).map_or(U256::ZERO, |account| account.balance)
    }

    /// The code as deployed.
    pub fn code(&self, address: Address) -> Bytes {
        self.account(address).map(|account| account.code.original_bytes()).unwrap_or_default()
    }

    /// The value of a storage slot.
    pub fn storage(&self, address: Address, slot: U256) -> U256 {
        self.account(address).and_then(|account| account.storage.get(&slot)).copied().unwrap_or_default()
    }

    /// Merkle nodes from the state root to the account, and its storage trie for proofs of slots.
    pub(crate) fn proof(&self, address: Address) -> Vec<Bytes> {
        self.accounts.proof(&address)
    }

    /// Sets balance, nonce and code at once; without code, the code stays.
    pub fn set_info(&mut self, address: Address, info: AccountInfo) {
        self.update(address, |account| {
            account.nonce = info.nonce;
            account.balance = info.balance;
            if account.code_hash != info.code_hash
                && let Some(code) = info.code
            {
                account.code_hash = info.code_hash;
                account.code = code;
            }
        });
    }

    /// Sets a balance in wei.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.update(address, |account| account.balance = balance);
    }

    /// Sets a nonce.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.update(address, |account| account.nonce = nonce);
    }

    /// Sets the code; empty code makes it an ordinary account again.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        self.update(address, |account| {
            account.code_hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(&code) };
            account.code = Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code));
        });
    }

    /// Sets one storage slot; zero clears it.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        self.update(address, |account| account.set_slot(slot, value));
    }

    /// Removes all storage of `address`.
    pub fn clear_storage(&mut self, address: Address) {
        self.update(address, |account| account.storage = Trie::default());
    }

    /// Applies what a transaction changed.
    pub fn commit(&mut self, changes: AddressMap<EvmAccount>) {
        for (address, change) in changes {
            if !change.is_touched() {
                continue;
            }
            if change.is_selfdestructed() {
                self.accounts.remove(&address);
                continue;
            }
            self.update(address, |account| {
                if change.is_created() {
                    account.storage = Trie::default();
                }
                account.nonce = change.info.nonce;
                account.balance = change.info.balance;
                if account.code_hash != change.info.code_hash
                    && let Some(code) = change.info.code
                {
                    account.code_hash = change.info.code_hash;
                    account.code = code;
                }
                for (slot, value) in change.storage {
                    if value.is_changed() {
                        account.set_slot(slot, value.present_value);
                    }
                }
            });
        }
    }

    fn update(&mut self, address: Address, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.accounts.get_mut(&address) {
            change(account);
            if account.is_vacant() {
                self.accounts.remove(&address);
            }
            return;
        }
        let mut account = Account::default();
        change(&mut account);
        if !account.is_vacant() {
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
        state.set_balance(WHO, U256::from(1));
        state.set_nonce(WHO, 3);
        state.set_code(WHO, Bytes::from_static(&[0x60, 0x00]));
        state.set_storage(WHO, U256::from(1), U256::from(0xff));
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
        state.set_balance(WHO, U256::from(5));
        state.set_storage(WHO, U256::from(1), U256::from(1));
        state.set_balance(WHO, U256::ZERO);
        assert!(state.account(WHO).is_some());
        state.set_storage(WHO, U256::from(1), U256::ZERO);
        assert!(state.account(WHO).is_none());
        assert_eq!(state.root(), alloy_trie::EMPTY_ROOT_HASH);
    }

    #[test]
    fn clearing_storage_keeps_the_rest() {
        let mut state = State::default();
        state.set_nonce(WHO, 1);
        state.set_storage(WHO, U256::from(1), U256::from(9));
        let before = state.clone();
        state.clear_storage(WHO);
        assert_eq!(state.storage(WHO, U256::from(1)), U256::ZERO);
        assert_eq!(state.nonce(WHO), 1);
        assert_eq!(before.storage(WHO, U256::from(1)), U256::from(9));
    }
}
