//! Amounts that go in and out, and the vault that is the sum of all.
//!
//! Every amount is COR wei in 128 bits. Nothing is held outside the vault, and the vault fits 128 bits, so each part does too;
//! the checks below are there all the same.

use alloy_primitives::U256;
use cor_errors::{
    Coded, Entry,
    table::{amount, pay},
};

/// Why a movement of money is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerError {
    /// The amount is zero.
    ZeroAmount,
    /// The amount, or the sum it would lead to, is above the most that can be held.
    TooLarge {
        /// What was asked for.
        amount: U256,
        /// The most there can be.
        limit: u128,
    },
    /// The balance does not cover the amount.
    Insufficient {
        /// What is there.
        available: u128,
        /// What is asked for.
        needed: U256,
    },
    /// The treasury does not cover the amount. An error of its own: no payer can help it by a deposit.
    InsufficientTreasury {
        /// What is there.
        available: u128,
        /// What is asked for.
        needed: U256,
    },
}

impl Coded for LedgerError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::ZeroAmount => &amount::ZERO_AMOUNT,
            Self::TooLarge { .. } => &amount::AMOUNT_TOO_LARGE,
            Self::Insufficient { .. } => &pay::INSUFFICIENT_BALANCE,
            Self::InsufficientTreasury { .. } => &pay::INSUFFICIENT_TREASURY,
        }
    }
}

impl core::fmt::Display for LedgerError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::ZeroAmount => write!(f, "the amount is zero"),
            Self::TooLarge { amount, limit } => write!(f, "{amount} wei is more than the {limit} wei that can be held"),
            Self::Insufficient { available, needed } => {
                write!(f, "{needed} wei needed, {available} wei there")
            }
            Self::InsufficientTreasury { available, needed } => {
                write!(f, "{needed} wei needed, {available} wei in the treasury")
            }
        }
    }
}

impl core::error::Error for LedgerError {}

/// An amount that a caller brings: greater than zero and within 128 bits.
///
/// # Errors
/// [`LedgerError::ZeroAmount`], [`LedgerError::TooLarge`].
pub fn brought(amount: U256) -> Result<u128, LedgerError> {
    if amount.is_zero() {
        return Err(LedgerError::ZeroAmount);
    }
    u128::try_from(amount).map_err(|_| LedgerError::TooLarge { amount, limit: u128::MAX })
}

/// An amount that a caller wants out of what is `available`: greater than zero and no more than that.
///
/// # Errors
/// [`LedgerError::ZeroAmount`], [`LedgerError::Insufficient`].
pub fn wanted(available: u128, amount: U256) -> Result<u128, LedgerError> {
    match u128::try_from(amount) {
        Ok(0) => Err(LedgerError::ZeroAmount),
        Ok(wei) if wei <= available => Ok(wei),
        _ => Err(LedgerError::Insufficient { available, needed: amount }),
    }
}

/// `balance + amount`.
///
/// # Errors
/// [`LedgerError::TooLarge`].
pub fn credit(balance: u128, amount: u128) -> Result<u128, LedgerError> {
    balance.checked_add(amount).ok_or_else(|| LedgerError::TooLarge { amount: U256::from(amount), limit: u128::MAX })
}

/// `balance - amount`.
///
/// # Errors
/// [`LedgerError::Insufficient`].
pub fn debit(balance: u128, amount: u128) -> Result<u128, LedgerError> {
    balance.checked_sub(amount).ok_or_else(|| LedgerError::Insufficient { available: balance, needed: U256::from(amount) })
}

/// All that the contract holds, and the treasury's part of it. The rest belongs to accounts and books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vault {
    /// Sum of everything, COR wei.
    pub held: u128,
    /// The treasury's part, COR wei.
    pub treasury: u128,
}

impl Vault {
    /// Money came in for an account.
    ///
    /// # Errors
    /// As [`credit`].
    pub fn take_in(self, amount: u128) -> Result<Self, LedgerError> {
        Ok(Self { held: credit(self.held, amount)?, ..self })
    }

    /// Money of an account or a book leaves.
    ///
    /// # Errors
    /// As [`debit`]; not for what was taken in before.
    pub fn pay_out(self, amount: u128) -> Result<Self, LedgerError> {
        Ok(Self { held: debit(self.held, amount)?, ..self })
    }

    /// A module leaves `amount` to the treasury: it is held already.
    ///
    /// # Errors
    /// As [`credit`]; not for what is held.
    pub fn earn(self, amount: u128) -> Result<Self, LedgerError> {
        Ok(Self { treasury: credit(self.treasury, amount)?, ..self })
    }

    /// Money came in for the treasury.
    ///
    /// # Errors
    /// As [`credit`].
    pub fn fund_treasury(self, amount: u128) -> Result<Self, LedgerError> {
        self.take_in(amount)?.earn(amount)
    }

    /// The treasury pays out an amount that its owner wants.
    ///
    /// # Errors
    /// [`LedgerError::ZeroAmount`], [`LedgerError::InsufficientTreasury`].
    pub fn withdraw_treasury(self, amount: U256) -> Result<Self, LedgerError> {
        let short = LedgerError::InsufficientTreasury { available: self.treasury, needed: amount };
        let wei = u128::try_from(amount).map_err(|_| short)?;
        if wei == 0 {
            return Err(LedgerError::ZeroAmount);
        }
        let treasury = self.treasury.checked_sub(wei).ok_or(short)?;
        Self { treasury, ..self }.pay_out(wei)
    }
}
