//! An ERC-20 put together from parts: a trait, an owner, a constructor that takes ether, typed errors.

#![allow(missing_docs, reason = "the SDK's macros write public items")]

extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageString, StorageU256},
};

sol! {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error InsufficientBalance(address from, uint256 have, uint256 want);
    error InsufficientAllowance(address owner, address spender, uint256 have, uint256 want);
    error NotOwner(address caller, address owner);
}

#[derive(SolidityError)]
pub enum TokenError {
    Balance(InsufficientBalance),
    Allowance(InsufficientAllowance),
    Owner(NotOwner),
}

#[public]
pub trait IErc20 {
    fn name(&self) -> String;
    fn decimals(&self) -> u8;
    fn total_supply(&self) -> U256;
    fn balance_of(&self, account: Address) -> U256;
    fn allowance(&self, owner: Address, spender: Address) -> U256;
    fn transfer(&mut self, to: Address, value: U256) -> Result<bool, TokenError>;
    fn approve(&mut self, spender: Address, value: U256) -> bool;
    fn transfer_from(&mut self, from: Address, to: Address, value: U256) -> Result<bool, TokenError>;
}

#[storage]
pub struct Ledger {
    balances: StorageMap<Address, StorageU256>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    total: StorageU256,
}

#[entrypoint]
#[storage]
pub struct Token {
    ledger: Ledger,
    owner: StorageAddress,
    endowment: StorageU256,
    name: StorageString,
}

#[public]
#[implements(IErc20)]
impl Token {
    /// Runs once: the SDK keeps a slot for that.
    #[constructor]
    #[payable]
    pub fn constructor(&mut self, name: String, owner: Address, supply: U256) {
        self.name.set_str(&name);
        self.owner.set(owner);
        self.endowment.set(self.vm().msg_value());
        self.create(owner, supply);
    }

    pub fn owner(&self) -> Address {
        self.owner.get()
    }

    /// Ether that came with the constructor.
    pub fn endowment(&self) -> U256 {
        self.endowment.get()
    }

    pub fn mint(&mut self, to: Address, value: U256) -> Result<(), TokenError> {
        let (caller, owner) = (self.vm().msg_sender(), self.owner.get());
        if caller != owner {
            return Err(TokenError::Owner(NotOwner { caller, owner }));
        }
        self.create(to, value);
        Ok(())
    }

    pub fn burn(&mut self, value: U256) -> Result<(), TokenError> {
        let from = self.vm().msg_sender();
        self.debit(from, value)?;
        let total = self.ledger.total.get();
        // No balance is above the supply.
        self.ledger.total.set(total.wrapping_sub(value));
        self.vm().log(Transfer { from, to: Address::ZERO, value });
        Ok(())
    }
}

#[public]
impl IErc20 for Token {
    fn name(&self) -> String {
        self.name.get_string()
    }

    fn decimals(&self) -> u8 {
        18
    }

    fn total_supply(&self) -> U256 {
        self.ledger.total.get()
    }

    fn balance_of(&self, account: Address) -> U256 {
        self.ledger.balances.get(account)
    }

    fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.ledger.allowances.getter(owner).get(spender)
    }

    fn transfer(&mut self, to: Address, value: U256) -> Result<bool, TokenError> {
        self.carry(self.vm().msg_sender(), to, value)?;
        Ok(true)
    }

    fn approve(&mut self, spender: Address, value: U256) -> bool {
        let owner = self.vm().msg_sender();
        self.ledger.allowances.setter(owner).insert(spender, value);
        self.vm().log(Approval { owner, spender, value });
        true
    }

    fn transfer_from(&mut self, from: Address, to: Address, value: U256) -> Result<bool, TokenError> {
        let spender = self.vm().msg_sender();
        let have = self.allowance(from, spender);
        let short = InsufficientAllowance { owner: from, spender, have, want: value };
        let left = have.checked_sub(value).ok_or(TokenError::Allowance(short))?;
        self.ledger.allowances.setter(from).insert(spender, left);
        self.carry(from, to, value)?;
        Ok(true)
    }
}

impl Token {
    fn create(&mut self, to: Address, value: U256) {
        let (balance, total) = (self.ledger.balances.get(to), self.ledger.total.get());
        self.ledger.balances.insert(to, balance + value);
        self.ledger.total.set(total + value);
        self.vm().log(Transfer { from: Address::ZERO, to, value });
    }

    fn debit(&mut self, from: Address, value: U256) -> Result<(), TokenError> {
        let have = self.ledger.balances.get(from);
        let short = InsufficientBalance { from, have, want: value };
        let left = have.checked_sub(value).ok_or(TokenError::Balance(short))?;
        self.ledger.balances.insert(from, left);
        Ok(())
    }

    fn carry(&mut self, from: Address, to: Address, value: U256) -> Result<(), TokenError> {
        self.debit(from, value)?;
        let balance = self.ledger.balances.get(to);
        self.ledger.balances.insert(to, balance + value);
        self.vm().log(Transfer { from, to, value });
        Ok(())
    }
}
