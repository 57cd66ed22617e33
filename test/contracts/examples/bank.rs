//! A bank with a right and a wrong way to pay out, and the robber who tries both: two accounts of the same program.
//!
//! With the guard in the SDK's entry point neither way can be robbed: a program that is called while it calls refuses.

#![allow(missing_docs, reason = "the SDK's macros write public items")]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;
use stylus_sdk::{call::transfer::transfer_eth, prelude::*};

sol_interface! {
    interface IBank {
        function deposit() external payable;
        function withdraw() external;
        function withdrawCarelessly() external;
        function balanceOf(address account) external view returns (uint256);
    }
}

sol! {
    error NothingThere(address account, bool reentered);
}

#[derive(SolidityError)]
pub enum BankError {
    Empty(NothingThere),
}

sol_storage! {
    #[entrypoint]
    pub struct Bank {
        mapping(address => uint256) balances;
        address victim;
        bool careless;
        uint256 visits;
    }
}

#[public]
impl Bank {
    #[payable]
    pub fn deposit(&mut self) {
        let (from, value) = (self.vm().msg_sender(), self.vm().msg_value());
        let balance = self.balances.get(from);
        self.balances.insert(from, balance + value);
    }

    pub fn balance_of(&self, account: Address) -> U256 {
        self.balances.get(account)
    }

    /// Forgets the debt first: whoever comes back in between finds nothing.
    pub fn withdraw(&mut self) -> Result<(), Vec<u8>> {
        let (to, amount) = self.owed()?;
        self.balances.insert(to, U256::ZERO);
        transfer_eth(self.vm(), to, amount)
    }

    /// Pays first: whoever comes back in between is paid again.
    pub fn withdraw_carelessly(&mut self) -> Result<(), Vec<u8>> {
        let (to, amount) = self.owed()?;
        transfer_eth(self.vm(), to, amount)?;
        self.balances.insert(to, U256::ZERO);
        Ok(())
    }

    /// Pays in, takes out, and comes back while being paid. How often it was paid.
    #[payable]
    pub fn rob(&mut self, victim: Address, careless: bool) -> Result<U256, Vec<u8>> {
        self.victim.set(victim);
        self.careless.set(careless);
        self.visits.set(U256::ZERO);
        let value = self.vm().msg_value();
        let payable = Call::new_payable(self, value);
        IBank::new(victim).deposit(self.vm(), payable)?;
        self.knock()?;
        Ok(self.visits.get())
    }

    #[receive]
    #[payable]
    pub fn receive(&mut self) -> Result<(), Vec<u8>> {
        let (victim, value) = (self.victim.get(), self.vm().msg_value());
        self.visits.set(self.visits.get() + U256::ONE);
        if self.vm().balance(victim) >= value {
            // It is no loss if the door is closed.
            let _ = self.knock();
        }
        Ok(())
    }
}

impl Bank {
    fn owed(&self) -> Result<(Address, U256), BankError> {
        let account = self.vm().msg_sender();
        let amount = self.balances.get(account);
        if amount.is_zero() {
            return Err(BankError::Empty(NothingThere { account, reentered: self.vm().msg_reentrant() }));
        }
        Ok((account, amount))
    }

    fn knock(&mut self) -> Result<(), Vec<u8>> {
        let (bank, careless) = (IBank::new(self.victim.get()), self.careless.get());
        let call = Call::new_mutating(self);
        let paid = if careless { bank.withdraw_carelessly(self.vm(), call) } else { bank.withdraw(self.vm(), call) };
        Ok(paid?)
    }
}
