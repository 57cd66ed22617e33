//! Stake of nodes and of users: bonding, unbonding, slashing, and what was staked on a day.
//!
//! Amounts are COR wei. All stake together stays below 2^96 wei, so every part of it does, and a part fits one storage word
//! with what belongs to it. For the same reason no sum below can saturate; the saturating operations only spare a panic path.

use alloy_primitives::{Address, U256};
use cor_errors::{
    Coded, Entry,
    table::{amount, price, stake},
};

use crate::{
    govern::module::{Module, Status},
    limits::{
        DAY_SECS, MODULE_DELAY_MAX_SECS, SLASH_REASON_MAX, SLASHER_NOTICE_SECS, STAKE_HELD_MAX, UNBONDING_MIN_SECS,
        UNBONDINGS_MAX,
    },
};

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
    /// Nothing is withdrawable yet.
    StillBonded {
        /// When the earliest amount is, seconds since 1970; 0 if nothing is unbonding.
        release_at: u64,
    },
    /// The stake held would pass [`STAKE_HELD_MAX`].
    AmountTooLarge {
        /// What was offered, COR wei.
        amount: U256,
        /// The most that can be taken now, COR wei.
        limit: u128,
    },
    /// The day has not begun.
    FutureDay {
        /// What was asked for, counted from 1970.
        day: u64,
        /// The present one.
        today: u64,
    },
    /// A time, in seconds, or the number of a reason is outside its bounds.
    OutOfRange {
        /// Which.
        field: &'static str,
        /// What was given.
        value: u64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
}

impl Coded for StakingError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::ZeroAmount => &amount::ZERO_AMOUNT,
            Self::NotStaker { .. } => &stake::NOT_STAKER,
            Self::InsufficientStake { .. } => &stake::INSUFFICIENT_STAKE,
            Self::StillBonded { .. } => &stake::STILL_BONDED,
            Self::AmountTooLarge { .. } => &amount::AMOUNT_TOO_LARGE,
            Self::FutureDay { .. } => &stake::FUTURE_DAY,
            Self::OutOfRange { .. } => &price::INPUT_OUT_OF_RANGE,
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
            Self::StillBonded { release_at: 0 } => {
                write!(f, "nothing is unbonding")
            }
            Self::StillBonded { release_at } => write!(f, "nothing can be withdrawn before {release_at}"),
            Self::AmountTooLarge { amount, limit } => {
                write!(f, "{amount} wei is more than the {limit} wei that fit")
            }
            Self::FutureDay { day, today } => write!(f, "day {day} has not begun: it is day {today}"),
            Self::OutOfRange { field, value, min, max } => write!(f, "{field} is {value} and must be {min} to {max}"),
        }
    }
}

impl core::error::Error for StakingError {}

/// Refuses times under which stake could be gone before the offence that it answers for ([`UNBONDING_MIN_SECS`]), or a slasher act before whoever
/// read of it has left: the delay must be longer than unbonding by [`SLASHER_NOTICE_SECS`].
///
/// # Errors
/// `OutOfRange`.
pub fn check_times(unbonding_secs: u64, delay_secs: u64) -> Result<(), StakingError> {
    in_range("unbondingSecs", unbonding_secs, UNBONDING_MIN_SECS, MODULE_DELAY_MAX_SECS - SLASHER_NOTICE_SECS)?;
    in_range("delaySecs", delay_secs, unbonding_secs.saturating_add(SLASHER_NOTICE_SECS), MODULE_DELAY_MAX_SECS)
}

/// Refuses a reason to slash that has no meaning.
///
/// # Errors
/// `OutOfRange`.
pub fn check_reason(reason: u8) -> Result<(), StakingError> {
    in_range("reason", u64::from(reason), 1, u64::from(SLASH_REASON_MAX))
}

fn in_range(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), StakingError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(StakingError::OutOfRange { field, value, min, max }) }
}

/// The most that a slasher can take at `now`, wei: what is left of its cap while it is active, and while it is closing, for as long as stake
/// takes to unbond. After that nothing: who asks then is told so by what is taken, since the end of a task must not fail.
#[must_use]
pub fn slashable_by(slasher: Module, now: u64, unbonding_secs: u64) -> u128 {
    match slasher.status(now) {
        Status::Active => slasher.left(now),
        Status::Closing if now <= slasher.closed_at.saturating_add(unbonding_secs) => slasher.left(now),
        Status::Closing | Status::Proposed | Status::Unknown => 0,
    }
}

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

/// Stake behind a node, and what of it is on its way out. Without either a node has no staker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeStake {
    /// Who put it there, and gets it back; zero if nobody.
    pub staker: Address,
    /// COR wei that stands behind the node.
    pub bonded: u128,
    /// COR wei that is unbonding, and can be slashed until it is withdrawn.
    pub unbonding: u128,
    /// When `unbonding` can be withdrawn, seconds since 1970.
    pub release_at: u64,
}

impl NodeStake {
    /// Adds stake, up to `required` at least. The first staker is the only one until nothing of it is left, bonded or unbonding; as a stake
    /// is at least `required`, nobody can occupy another's node for a small sum.
    ///
    /// # Errors
    /// `ZeroAmount`, `NotStaker`, `AmountTooLarge`, `InsufficientStake` if the sum is below `required`.
    pub fn add(self, totals: Totals, caller: Address, amount: U256, required: U256) -> Result<(Self, Totals), StakingError> {
        let (totals, amount) = totals.take_in(amount)?;
        if self.sum() != 0 && self.staker != caller {
            return Err(StakingError::NotStaker { staker: self.staker });
        }
        let next = Self { staker: caller, bonded: self.bonded.saturating_add(amount), ..self };
        if !next.covers(required) {
            return Err(StakingError::InsufficientStake { available: next.bonded, needed: required });
        }
        Ok((next, totals))
    }

    /// Starts to unbond all that is bonded. What unbonds already joins it, and waits as long. Returns how much was bonded.
    ///
    /// # Errors
    /// `NotStaker`, also if there is no stake; `ZeroAmount` if nothing is bonded.
    pub fn unbond(self, caller: Address, now: u64, unbonding_secs: u64) -> Result<(Self, u128), StakingError> {
        self.must_be_of(caller)?;
        if self.bonded == 0 {
            return Err(StakingError::ZeroAmount);
        }
        let release_at = now.saturating_add(unbonding_secs).max(self.release_at);
        Ok((Self { bonded: 0, unbonding: self.sum(), release_at, ..self }, self.bonded))
    }

    /// Takes what has unbonded out, to be paid to the staker. Returns how much.
    ///
    /// # Errors
    /// `StillBonded`, also if nothing is unbonding.
    pub fn withdraw(self, totals: Totals, now: u64) -> Result<(Self, Totals, u128), StakingError> {
        if self.unbonding == 0 {
            return Err(StakingError::StillBonded { release_at: 0 });
        }
        if now < self.release_at {
            return Err(StakingError::StillBonded { release_at: self.release_at });
        }
        let left = Self { unbonding: 0, release_at: 0, ..self }.or_nobody();
        Ok((left, Totals { held: totals.held.saturating_sub(self.unbonding), ..totals }, self.unbonding))
    }

    /// Takes up to `amount` away for good: first of what is bonded, then of what is unbonding. Returns how much.
    #[must_use]
    pub fn slash(self, totals: Totals, amount: u128) -> (Self, Totals, u128) {
        let of_bonded = amount.min(self.bonded);
        let of_unbonding = amount.saturating_sub(of_bonded).min(self.unbonding);
        let (bonded, unbonding) = (self.bonded.saturating_sub(of_bonded), self.unbonding.saturating_sub(of_unbonding));
        let taken = of_bonded.saturating_add(of_unbonding);
        let left = Self { bonded, unbonding, ..self }.or_nobody();
        (left, Totals { slashed: totals.slashed.saturating_add(taken), ..totals }, taken)
    }

    /// Refuses everybody but the staker.
    ///
    /// # Errors
    /// `NotStaker`, also if there is no stake.
    pub fn must_be_of(self, caller: Address) -> Result<(), StakingError> {
        if self.sum() == 0 || self.staker != caller {
            return Err(StakingError::NotStaker { staker: self.staker });
        }
        Ok(())
    }

    /// Whether what is bonded is at least `required`.
    #[must_use]
    pub fn covers(self, required: U256) -> bool {
        U256::from(self.bonded) >= required
    }

    /// All that can be slashed, COR wei.
    #[must_use]
    pub const fn sum(self) -> u128 {
        self.bonded.saturating_add(self.unbonding)
    }

    fn or_nobody(self) -> Self {
        let release_at = if self.unbonding == 0 { 0 } else { self.release_at };
        if self.sum() == 0 { Self::default() } else { Self { release_at, ..self } }
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

    /// Makes room for one more unbonding amount; with [`UNBONDINGS_MAX`] of them it joins the last, and both wait for the later time. `read` gives the
    /// amount at a place, and is asked for that one alone. Returns the place in the ring and the amount with its release time.
    #[must_use]
    pub fn enqueue(
        self,
        amount: u128,
        now: u64,
        unbonding_secs: u64,
        read: impl FnOnce(u8) -> Unbonding,
    ) -> (Self, u8, Unbonding) {
        let release_at = now.saturating_add(unbonding_secs);
        if self.len < UNBONDINGS_MAX {
            return (Self { len: self.len.saturating_add(1), ..self }, self.place(self.len), Unbonding { amount, release_at });
        }
        let last = self.place(self.len.saturating_sub(1));
        (self, last, Unbonding { amount: read(last).amount.saturating_add(amount), release_at })
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

/// A user's stake from the start of a day on, until the next checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The first day, counted from 1970, at whose start it was there.
    pub day: u64,
    /// COR wei.
    pub stake: u128,
}

impl Checkpoint {
    /// What a change at `now` to `stake` leaves. It shows from the start of the next day on, so what is put and taken within a day never
    /// shows. Whether it takes the place of the `last` checkpoint, and what it is.
    #[must_use]
    pub fn after(last: Option<Self>, now: u64, stake: u128) -> (bool, Self) {
        let day = day_of(now).saturating_add(1);
        (last.is_some_and(|last| last.day == day), Self { day, stake })
    }
}

/// The UTC day of a time, counted from 1970.
#[must_use]
pub const fn day_of(time: u64) -> u64 {
    time / DAY_SECS
}

/// Stake at the start of `day`, from `len` checkpoints with rising days, of which `read` gives one. Asked at `now`.
///
/// # Errors
/// `FutureDay`.
pub fn stake_at(len: u64, day: u64, now: u64, mut read: impl FnMut(u64) -> Checkpoint) -> Result<u128, StakingError> {
    let today = day_of(now);
    if day > today {
        return Err(StakingError::FutureDay { day, today });
    }
    // All before `low` are of `day` or earlier, none from `high` on is.
    let (mut low, mut high, mut stake) = (0, len, 0);
    while low < high {
        let middle = u64::midpoint(low, high);
        let found = read(middle);
        if found.day <= day {
            stake = found.stake;
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(stake)
}

#[cfg(test)]
mod tests;
