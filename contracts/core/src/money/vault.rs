//! Moves between an account's free money, a module's book, the treasury and the world outside.
//!
//! Every move takes what it adds from somewhere else, so what is not touched is not needed: money of other accounts and other books is the
//! whole less the three parts, before and after.

use alloy_primitives::U256;
use cor_errors::{Coded, Entry, table::pay};

use super::ledger::{LedgerError, Vault, brought, credit, debit, wanted};

/// Why a move is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultError {
    /// By the rules that hold for all money; [`LedgerError::Insufficient`] is about the account.
    Ledger(LedgerError),
    /// The module's book does not cover the amount.
    Book {
        /// What is there, wei.
        available: u128,
        /// What is asked for, wei.
        needed: U256,
    },
}

impl From<LedgerError> for VaultError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl Coded for VaultError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Ledger(error) => error.entry(),
            Self::Book { .. } => &pay::INSUFFICIENT_BOOK,
        }
    }
}

impl core::fmt::Display for VaultError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Ledger(error) => error.fmt(f),
            Self::Book { available, needed } => write!(f, "{needed} wei needed, {available} wei in the book"),
        }
    }
}

impl core::error::Error for VaultError {}

/// What one move can touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Free money of one account, wei.
    pub free: u128,
    /// Book of one module, wei.
    pub book: u128,
    /// The whole, and the treasury's part of it.
    pub vault: Vault,
}

impl Touched {
    /// Money comes in for the account.
    ///
    /// # Errors
    /// [`LedgerError::ZeroAmount`], [`LedgerError::TooLarge`].
    pub fn deposit(self, amount: U256) -> Result<Self, VaultError> {
        let wei = brought(amount)?;
        Ok(Self { free: credit(self.free, wei)?, vault: self.vault.take_in(wei)?, ..self })
    }

    /// Money of the account leaves.
    ///
    /// # Errors
    /// [`LedgerError::ZeroAmount`], [`LedgerError::Insufficient`].
    pub fn withdraw(self, amount: U256) -> Result<Self, VaultError> {
        let wei = wanted(self.free, amount)?;
        Ok(Self { free: debit(self.free, wei)?, vault: self.vault.pay_out(wei)?, ..self })
    }

    /// Money of the account goes into the book. Also returns how much, for the module's cap.
    ///
    /// # Errors
    /// [`LedgerError::ZeroAmount`], [`LedgerError::Insufficient`].
    pub fn fund(self, amount: U256) -> Result<(Self, u128), VaultError> {
        let wei = wanted(self.free, amount)?;
        Ok((Self { free: debit(self.free, wei)?, book: credit(self.book, wei)?, ..self }, wei))
    }

    /// Money of the book leaves.
    ///
    /// # Errors
    /// [`LedgerError::ZeroAmount`], [`VaultError::Book`].
    pub fn pay_out(self, amount: U256) -> Result<Self, VaultError> {
        let (wei, book) = self.booked(amount)?;
        Ok(Self { book, vault: self.vault.pay_out(wei)?, ..self })
    }

    /// Money of the book becomes free for the account.
    ///
    /// # Errors
    /// [`LedgerError::ZeroAmount`], [`VaultError::Book`].
    pub fn release(self, amount: U256) -> Result<Self, VaultError> {
        let (wei, book) = self.booked(amount)?;
        Ok(Self { book, free: credit(self.free, wei)?, ..self })
    }

    /// Money of the book goes to the treasury.
    ///
    /// # Errors
    /// [`LedgerError::ZeroAmount`], [`VaultError::Book`].
    pub fn pay_treasury(self, amount: U256) -> Result<Self, VaultError> {
        let (wei, book) = self.booked(amount)?;
        Ok(Self { book, vault: self.vault.earn(wei)?, ..self })
    }

    /// An amount that the module wants of its book, and what is left there.
    fn booked(self, amount: U256) -> Result<(u128, u128), VaultError> {
        let of_book = |error| match error {
            LedgerError::Insufficient { available, needed } => VaultError::Book { available, needed },
            other => VaultError::Ledger(other),
        };
        let wei = wanted(self.book, amount).map_err(of_book)?;
        Ok((wei, debit(self.book, wei).map_err(of_book)?))
    }
}
