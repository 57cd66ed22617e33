//! Stake of nodes and of users: bonding, unbonding, slashing.
//!
//! Amounts are COR wei. All stake together stays below 2^96 wei, so every part of it does, and a part fits one storage word
//! with what belongs to it. For the same reason no sum below can saturate; the saturating operations only spare a panic path.

use alloy_primitives::{Address, U256};
use cor_errors::{
    Coded, Entry,
    table::{amount, stake},
};

use crate::limits::{STAKE_HELD_MAX, UNBONDINGS_MAX};

/// Why a stake operation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StakingError {
    /// The amount is zero.
    ZeroAmount,
    /// Another account stakes for the node.
    NotStaker {
        /// Who does; zero if nobody.
        staker: Address,
    },
    /// There is less stake than was asked for.
    InsufficientStake {
        /// What is there, COR wei.
        available: u128,
        /// What was asked for, COR wei.
        needed: U256,
    },
    /// The node is registered in the pool.
    NodeRegistered,
    /// Nothing is withdrawable yet.
    StillBonded {
        /// When the earliest amount is, seconds since 1970; 0 if nothing is unbonding.
        release_at: u64,
    },
    /// [`UNBONDINGS_MAX`] amounts are unbonding already.
    TooManyUnbondings,
    /// The stake held would pass [`STAKE_HELD_MAX`].
    AmountTooLarge {
        /// What was offered, COR wei.
        amount: U256,
        /// The most that can be taken now, COR wei.
        limit: u128,
    },
}

impl Coded for StakingError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::ZeroAmount => &amount::ZERO_AMOUNT,
            Self::NotStaker { .. } => &stake::NOT_STAKER,
            Self::InsufficientStake { .. } => &stake::INSUFFICIENT_STAKE,
            Self::NodeRegistered => &stake::NODE_REGISTERED,
            Self::StillBonded { .. } => &stake::STILL_BONDED,
            Self::TooManyUnbondings => &stake::TOO_MANY_UNBONDINGS,
            Self::AmountTooLarge { .. } => &amount::AMOUNT_TOO_LARGE,
        }
    }
}

impl core::fmt::Display for StakingError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::ZeroAmount => write!(f, "the amount is zero"),
            Self::NotStaker { staker } => write!(f, "the node's stake belongs to {staker}"),
            Self::InsufficientStake { available, needed } => {
                write!(f, "{needed} wei needed, {available} wei staked")
            }
            Self::NodeRegistered => {
                write!(f, "the node is registered")
            }
            Self::StillBonded { release_at: 0 } => {
                write!(f, "nothing is unbonding")
            }
            Self::StillBonded { release_at } => write!(f, "nothing can be withdrawn before {release_at}"),
            Self::TooManyUnbondings => write!(f, "{UNBONDINGS_MAX} amounts are unbonding"),
            Self::AmountTooLarge { amount, limit } => {
                write!(f, "{amount} wei is more than the {limit} wei that fit")
            }
        }
    }
}

impl core::error::Error for StakingError {}

/// Sums over all accounts. `held` includes `slashed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Stake of nodes and users, unbonding amounts, and slashed stake not yet swept, COR wei.
    pub held: u128,
    /// Slashed stake not yet swept, COR wei.
    pub slashed: u128,
}

impl Totals {
    fn take_in(self, amount: U256) -> Result<(Self, u128), StakingError> {
        if amount.is_zero() {
            return Err(StakingError::ZeroAmount);
        }
        let limit = STAKE_HELD_MAX.saturating_sub(self.held);
        match u128::try_from(amount) {
            Ok(amount) if amount <= limit => Ok((Self { held: self.held.saturating_add(amount), ..self }, amount)),
            _ => Err(StakingError::AmountTooLarge { amount, limit }),
        }
    }

    /// Slashed stake leaves for the treasury, all at once. Returns how much.
    ///
    /// # Errors
    /// `ZeroAmount` if there is none.
    pub fn sweep(self) -> Result<(Self, u128), StakingError> {
        if self.slashed == 0 {
            return Err(StakingError::ZeroAmount);
        }
        Ok((Self { held: self.held.saturating_sub(self.slashed), slashed: 0 }, self.slashed))
    }
}

/// Stake behind a node. Without stake a node has no staker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeStake {
    /// Who put it there, and gets it back; zero if nobody.
    pub staker: Address,
    /// COR wei.
    pub amount: u128,
}

impl NodeStake {
    /// Adds stake, up to `required` at least. The first staker is the only one until the stake is zero again; as that takes the
    /// whole stake at once, nobody can occupy another's node for a small sum.
    ///
    /// # Errors
    /// `ZeroAmount`, `NotStaker`, `AmountTooLarge`, `InsufficientStake` if the sum is below `required`.
    pub fn add(self, totals: Totals, caller: Address, amount: U256, required: U256) -> Result<(Self, Totals), StakingError> {
        let (totals, amount) = totals.take_in(amount)?;
        if self.amount != 0 && self.staker != caller {
            return Err(StakingError::NotStaker { staker: self.staker });
        }
        let next = Self { staker: caller, amount: self.amount.saturating_add(amount) };
        if !next.covers(required) {
            return Err(StakingError::InsufficientStake { available: next.amount, needed: required });
        }
        Ok((next, totals))
    }

    /// Takes all stake out, to be unbonded to its staker. Returns how much.
    ///
    /// # Errors
    /// `NotStaker`, also if there is no stake; `NodeRegistered`.
    pub fn remove(self, caller: Address, registered: bool) -> Result<(Self, u128), StakingError> {
        if self.amount == 0 || self.staker != caller {
            return Err(StakingError::NotStaker { staker: self.staker });
        }
        if registered {
            return Err(StakingError::NodeRegistered);
        }
        Ok((Self::default(), self.amount))
    }

    /// Takes up to `amount` away for good. Returns how much.
    #[must_use]
    pub fn slash(self, totals: Totals, amount: U256) -> (Self, Totals, u128) {
        let taken = u128::try_from(amount).unwrap_or(u128::MAX).min(self.amount);
        let left = self.amount.saturating_sub(taken);
        let staker = if left == 0 { Address::ZERO } else { self.staker };
        (Self { staker, amount: left }, Totals { slashed: totals.slashed.saturating_add(taken), ..totals }, taken)
    }

    /// Whether the stake is at least `required`.
    #[must_use]
    pub fn covers(self, required: U256) -> bool {
        U256::from(self.amount) >= required
    }
}

/// An amount on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unbonding {
    /// COR wei.
    pub amount: u128,
    /// When it can be withdrawn, seconds since 1970.
    pub release_at: u64,
}

/// A user's stake, and where its unbonding amounts are in a ring of [`UNBONDINGS_MAX`] places. Amounts enter with a rising
/// release time, so the ripe ones are always the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Stake that is not unbonding, COR wei.
    pub stake: u128,
    /// Place of the earliest unbonding amount.
    pub head: u8,
    /// Number of unbonding amounts.
    pub len: u8,
}

impl Account {
    /// Adds stake.
    ///
    /// # Errors
    /// `ZeroAmount`, `AmountTooLarge`.
    pub fn stake(self, totals: Totals, amount: U256) -> Result<(Self, Totals), StakingError> {
        let (totals, amount) = totals.take_in(amount)?;
        Ok((Self { stake: self.stake.saturating_add(amount), ..self }, totals))
    }

    /// Moves stake to the unbonding amounts. Returns how much, for [`Account::enqueue`].
    ///
    /// # Errors
    /// `ZeroAmount`, `InsufficientStake`.
    pub fn unbond(self, amount: U256) -> Result<(Self, u128), StakingError> {
        if amount.is_zero() {
            return Err(StakingError::ZeroAmount);
        }
        let missing = StakingError::InsufficientStake { available: self.stake, needed: amount };
        let amount = u128::try_from(amount).map_err(|_| missing)?;
        let stake = self.stake.checked_sub(amount).ok_or(missing)?;
        Ok((Self { stake, ..self }, amount))
    }

    /// Makes room for one more unbonding amount. Returns its place in the ring and the amount with its release time.
    ///
    /// # Errors
    /// `TooManyUnbondings`.
    pub fn enqueue(self, amount: u128, now: u64, unbonding_secs: u64) -> Result<(Self, u8, Unbonding), StakingError> {
        if self.len >= UNBONDINGS_MAX {
            return Err(StakingError::TooManyUnbondings);
        }
        let unbonding = Unbonding { amount, release_at: now.saturating_add(unbonding_secs) };
        Ok((Self { len: self.len.saturating_add(1), ..self }, self.place(self.len), unbonding))
    }

    /// Place of the `index`-th unbonding amount, counted from the earliest.
    #[must_use]
    pub fn place(self, index: u8) -> u8 {
        self.head.wrapping_add(index).checked_rem(UNBONDINGS_MAX).unwrap_or(0)
    }

    /// Takes out every ripe amount. `read` gives the unbonding amount at a place, and is asked no further than the first unripe
    /// one. Returns what is to be paid.
    ///
    /// # Errors
    /// `StillBonded` if nothing is ripe.
    pub fn withdraw(
        self,
        totals: Totals,
        now: u64,
        mut read: impl FnMut(u8) -> Unbonding,
    ) -> Result<(Self, Totals, u128), StakingError> {
        let (mut left, mut paid) = (self, 0_u128);
        while left.len > 0 {
            let earliest = read(left.head);
            if earliest.release_at > now {
                if left == self {
                    return Err(StakingError::StillBonded { release_at: earliest.release_at });
                }
                break;
            }
            paid = paid.saturating_add(earliest.amount);
            left = Self { head: left.place(1), len: left.len.saturating_sub(1), ..left };
        }
        if left == self {
            return Err(StakingError::StillBonded { release_at: 0 });
        }
        Ok((left, Totals { held: totals.held.saturating_sub(paid), ..totals }, paid))
    }
}

#[cfg(test)]
mod tests;
