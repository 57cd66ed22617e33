//! The accounts of a test chain: flat maps, and a log of what to put back.
//!
//! There is no Merkle trie: a fuzzer makes thousands of changes a second and asks for no root. Going back costs what was changed since.

use std::convert::Infallible;

use alloy_primitives::{
    Address, B256, U256, keccak256,
    map::{AddressMap, HashMap},
};
use revm::{
    Database,
    bytecode::Bytecode,
    state::{Account as EvmAccount, AccountInfo},
};

use crate::{
    arbos::{HISTORY_STORAGE, history_slot},
    evm::GenesisAccount,
};

/// All accounts.
#[derive(Debug, Default)]
pub(super) struct World {
    accounts: AddressMap<Entry>,
    /// What was there before each change, oldest first. Empty until the first mark: there is nowhere to go back to.
    log: Vec<(u64, Before)>,
    /// Changes logged ever; tells a mark from another one at the same length of the log.
    changes: u64,
    is_logging: bool,
}

#[derive(Debug, Clone, Default)]
struct Entry {
    info: AccountInfo,
    /// Slots that are not zero.
    storage: HashMap<U256, U256>,
}

/// What a change replaced.
#[derive(Debug)]
enum Before {
    /// The whole account, if there was one.
    Account(Address, Option<Box<Entry>>),
    /// Balance, nonce and code.
    Info(Address, Box<AccountInfo>),
    /// A slot.
    Slot(Address, U256, U256),
}

/// A point to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    len: usize,
    /// Number of the last change before it; 0 if there is none.
    last: u64,
}

impl Entry {
    /// Whether the account is as good as absent (EIP-161).
    fn is_vacant(&self) -> bool {
        self.info.is_empty() && self.storage.is_empty()
    }
}

impl World {
    /// Puts an account in that was not there.
    pub(super) fn put(&mut self, account: GenesisAccount) {
        let GenesisAccount { address, info, storage } = account;
        let info = AccountInfo { code: Some(info.code.clone().unwrap_or_default()), ..info };
        self.replace(address, Some(Entry { info, storage: storage.into_iter().collect() }));
    }

    /// Sets a balance in wei.
    pub(super) fn set_balance(&mut self, address: Address, balance: U256) {
        let info = self.info(address).unwrap_or_default();
        self.set_info(address, AccountInfo { balance, ..info });
    }

    /// Sets one storage slot; zero clears it.
    pub(super) fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        let entry = self.accounts.entry(address).or_default();
        let before = if value.is_zero() { entry.storage.remove(&slot) } else { entry.storage.insert(slot, value) };
        self.note(Before::Slot(address, slot, before.unwrap_or_default()));
    }

    /// Lets contracts read the hash of block `number`, which is over, in the state.
    pub(super) fn remember_block(&mut self, number: u64) {
        self.set_storage(HISTORY_STORAGE, history_slot(number), block_hash(number).into());
    }

    /// What is known of an account; `None` if there is none.
    pub(super) fn info(&self, address: Address) -> Option<AccountInfo> {
        self.accounts.get(&address).filter(|entry| !entry.is_vacant()).map(|entry| entry.info.clone())
    }

    /// Balance in wei.
    pub(super) fn balance(&self, address: Address) -> U256 {
        self.accounts.get(&address).map_or(U256::ZERO, |entry| entry.info.balance)
    }

    /// The value of a storage slot.
    pub(super) fn storage(&self, address: Address, slot: U256) -> U256 {
        self.accounts.get(&address).and_then(|entry| entry.storage.get(&slot)).copied().unwrap_or_default()
    }

    /// Applies what a transaction changed.
    pub(super) fn commit(&mut self, changes: AddressMap<EvmAccount>) {
        for (address, change) in changes {
            if !change.is_touched() {
                continue;
            }
            if change.is_selfdestructed() {
                self.replace(address, None);
                continue;
            }
            if change.is_created() {
                self.replace(address, Some(Entry::default()));
            }
            for (slot, value) in change.storage {
                if value.is_changed() {
                    self.set_storage(address, slot, value.present_value);
                }
            }
            self.set_info(address, change.info);
        }
    }

    /// Remembers the present.
    pub(super) fn mark(&mut self) -> Mark {
        self.is_logging = true;
        Mark { len: self.log.len(), last: self.log.last().map_or(0, |(number, _)| *number) }
    }

    /// Goes back to `mark`. Whether it can: not once an earlier mark was gone back to.
    pub(super) fn revert(&mut self, mark: Mark) -> bool {
        let last = mark.len.checked_sub(1).map(|index| self.log.get(index).map(|(number, _)| *number));
        let is_there = match last {
            Some(number) => number == Some(mark.last),
            None => mark.last == 0,
        };
        if is_there {
            for (_, before) in self.log.drain(mark.len..).rev() {
                put_back(&mut self.accounts, before);
            }
        }
        is_there
    }

    fn set_info(&mut self, address: Address, info: AccountInfo) {
        let Some(entry) = self.accounts.get_mut(&address) else {
            let info = AccountInfo { code: Some(info.code.clone().unwrap_or_default()), ..info };
            return self.replace(address, Some(Entry { info, ..Entry::default() }));
        };
        if entry.info == info {
            return;
        }
        // Without its code, the account has the code that it had.
        let code = info.code.clone().or_else(|| entry.info.code.clone());
        let before = std::mem::replace(&mut entry.info, AccountInfo { code, ..info });
        self.note(Before::Info(address, Box::new(before)));
    }

    fn replace(&mut self, address: Address, entry: Option<Entry>) {
        let before = match entry {
            Some(entry) => self.accounts.insert(address, entry),
            None => self.accounts.remove(&address),
        };
        self.note(Before::Account(address, before.map(Box::new)));
    }

    fn note(&mut self, before: Before) {
        if self.is_logging {
            self.changes += 1;
            self.log.push((self.changes, before));
        }
    }
}

fn put_back(accounts: &mut AddressMap<Entry>, before: Before) {
    match before {
        Before::Account(address, Some(entry)) => drop(accounts.insert(address, *entry)),
        Before::Account(address, None) => drop(accounts.remove(&address)),
        Before::Info(address, info) => accounts.entry(address).or_default().info = *info,
        Before::Slot(address, slot, value) => {
            let storage = &mut accounts.entry(address).or_default().storage;
            let _ = if value.is_zero() { storage.remove(&slot) } else { storage.insert(slot, value) };
        }
    }
}

/// Blocks are not sealed here: the hash of one is the hash of its number.
fn block_hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

/// The accounts as the EVM reads them.
#[derive(Debug, Clone, Copy)]
pub(super) struct WorldDb<'a>(pub(super) &'a World);

impl Database for WorldDb<'_> {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.0.info(address))
    }

    fn code_by_hash(&mut self, _code_hash: B256) -> Result<Bytecode, Infallible> {
        // Accounts are always given with their code, so the only hash left to ask for is that of no code.
        Ok(Bytecode::default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.0.storage(address, slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(block_hash(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: Address = Address::repeat_byte(7);

    fn slot(world: &World) -> u64 {
        world.storage(WHO, U256::ZERO).to()
    }

    fn set(world: &mut World, value: u64) {
        world.set_storage(WHO, U256::ZERO, U256::from(value));
    }

    #[test]
    fn marks_nest_and_an_older_one_uses_up_the_later_ones() {
        let mut world = World::default();
        set(&mut world, 1);
        let first = world.mark();
        set(&mut world, 2);
        world.set_balance(WHO, U256::from(9));
        let second = world.mark();
        set(&mut world, 0);
        assert!(world.revert(second));
        assert_eq!((slot(&world), world.balance(WHO)), (2, U256::from(9)));
        assert!(world.revert(first));
        assert_eq!((slot(&world), world.balance(WHO)), (1, U256::ZERO));
        // As long as the log that `second` marked, and not what it was.
        set(&mut world, 3);
        set(&mut world, 4);
        assert!(!world.revert(second));
        assert_eq!(slot(&world), 4);
        assert!(world.revert(first));
        assert!(world.revert(first), "a mark can be used again");
        assert_eq!(slot(&world), 1);
    }

    #[test]
    fn accounts_come_and_go() {
        let mut world = World::default();
        let nothing = world.mark();
        world.set_balance(WHO, U256::from(1));
        assert_eq!(world.info(WHO).map(|info| info.balance), Some(U256::from(1)));
        let mut gone = EvmAccount::default();
        gone.mark_touch();
        gone.mark_selfdestruct();
        world.commit([(WHO, gone)].into_iter().collect());
        assert_eq!(world.info(WHO), None);
        assert!(world.revert(nothing));
        assert_eq!(world.info(WHO), None);
    }
}
