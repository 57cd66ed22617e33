//! Contracts that act on others' money: named ahead of time, capped by the day, closed at once.
//!
//! A module is *proposed*, *active* once a delay has passed in which whoever mistrusts it can leave, and *closing* when it was closed: it takes
//! nothing new on, and finishes what it has. A closed module that is proposed again stays closing until its delay has passed.

use alloy_primitives::U256;
use cor_errors::{Coded, Entry, table::module};

use crate::limits::{MODULE_DELAY_MAX_SECS, MODULE_DELAY_MIN_SECS, MODULE_WINDOW_SECS};

/// Why a module, or a change of one, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleError {
    /// It was never proposed, or its proposal was withdrawn.
    Unknown,
    /// It may take nothing new on.
    NotActive {
        /// From when on it may, seconds since 1970; 0 if it is closed.
        active_at: u64,
    },
    /// It is proposed or active already.
    InService,
    /// Its cap of this window would be passed.
    CapExceeded {
        /// What is left of the cap, wei.
        available: u128,
        /// What was asked for, wei.
        needed: U256,
    },
}

impl Coded for ModuleError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Unknown => &module::MODULE_UNKNOWN,
            Self::NotActive { .. } => &module::MODULE_NOT_ACTIVE,
            Self::InService => &module::MODULE_IN_SERVICE,
            Self::CapExceeded { .. } => &module::MODULE_CAP_EXCEEDED,
        }
    }
}

impl core::fmt::Display for ModuleError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Unknown => write!(f, "the module is unknown"),
            Self::NotActive { active_at: 0 } => write!(f, "the module is closed"),
            Self::NotActive { active_at } => write!(f, "the module is not active before {active_at}"),
            Self::InService => write!(f, "the module is proposed or active already"),
            Self::CapExceeded { available, needed } => write!(f, "{needed} wei needed, {available} wei left of today's cap"),
        }
    }
}

impl core::error::Error for ModuleError {}

/// Whether a delay is long enough to leave in, and short enough to govern with.
#[must_use]
pub const fn is_delay(secs: u64) -> bool {
    secs >= MODULE_DELAY_MIN_SECS && secs <= MODULE_DELAY_MAX_SECS
}

/// What a module may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing: it was never active.
    Unknown,
    /// Nothing yet.
    Proposed,
    /// Everything.
    Active,
    /// Only to finish what it has.
    Closing,
}

impl Status {
    /// The number that contracts show.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Proposed => 1,
            Self::Active => 2,
            Self::Closing => 3,
        }
    }
}

/// A module as stored. All zero: unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// From when on it is active, seconds since 1970; 0 = never proposed.
    pub active_at: u64,
    /// When it was closed last, seconds since 1970; 0 = never.
    pub closed_at: u64,
    /// When `next_cap` takes effect, seconds since 1970; 0 = no change is due.
    pub next_cap_at: u64,
    /// The window that `used` counts, numbered from 1970.
    pub window: u64,
    /// Most that it may take in one window, wei.
    pub cap: u128,
    /// The cap from `next_cap_at` on, wei.
    pub next_cap: u128,
    /// What it took in `window`, wei.
    pub used: u128,
}

impl Module {
    /// What it may do at `now`.
    #[must_use]
    pub const fn status(self, now: u64) -> Status {
        match (self.active_at, self.closed_at) {
            (0, _) => Status::Unknown,
            (active_at, 0) if now < active_at => Status::Proposed,
            (_, 0) => Status::Active,
            (active_at, closed_at) if active_at <= closed_at || now < active_at => Status::Closing,
            _ => Status::Active,
        }
    }

    /// The cap at `now`, wei.
    #[must_use]
    pub const fn cap_at(self, now: u64) -> u128 {
        if self.next_cap_at != 0 && self.next_cap_at <= now { self.next_cap } else { self.cap }
    }

    /// Names it, or a closed one again: active from `now + delay_secs` on.
    ///
    /// # Errors
    /// [`ModuleError::InService`], also of a closed one that was named again.
    pub fn propose(self, now: u64, delay_secs: u64, cap: u128) -> Result<Self, ModuleError> {
        let active_at = now.saturating_add(delay_secs).max(1);
        match self.status(now) {
            Status::Unknown => Ok(Self { active_at, cap, ..Self::default() }),
            Status::Closing if self.active_at <= self.closed_at => {
                // The old cap, which it closes under, stays until it is active again; a smaller one holds at once.
                let lower = self.set_cap(now, delay_secs, cap)?;
                // A delay of nothing, while nobody can have been misled, opens it in the second in which it was closed.
                let closed_at = self.closed_at.min(active_at.saturating_sub(1));
                Ok(Self { active_at, closed_at, ..lower })
            }
            _ => Err(ModuleError::InService),
        }
    }

    /// Closes it at once; withdraws a proposal. A wider cap that was due is due no more: it stays under the one that holds now.
    ///
    /// # Errors
    /// [`ModuleError::Unknown`].
    pub fn close(self, now: u64) -> Result<Self, ModuleError> {
        let kept = self.settled(now);
        match self.status(now) {
            Status::Unknown => Err(ModuleError::Unknown),
            Status::Proposed => Ok(Self::default()),
            Status::Closing if self.active_at <= self.closed_at => Ok(kept),
            // One that was to become active again keeps the time since which it is closing.
            Status::Closing => Ok(Self { active_at: self.closed_at, ..kept }),
            Status::Active => Ok(Self { active_at: self.active_at.min(now), closed_at: now.max(self.active_at), ..kept }),
        }
    }

    /// It with the cap of `now`, and no other that is due.
    const fn settled(self, now: u64) -> Self {
        Self { cap: self.cap_at(now), next_cap: 0, next_cap_at: 0, ..self }
    }

    /// Changes the cap: a lower one holds at once, a higher one from `now + delay_secs` on. Either takes the place of a change that is due.
    ///
    /// # Errors
    /// [`ModuleError::Unknown`].
    pub fn set_cap(self, now: u64, delay_secs: u64, cap: u128) -> Result<Self, ModuleError> {
        if self.status(now) == Status::Unknown {
            return Err(ModuleError::Unknown);
        }
        let kept = self.settled(now);
        if cap <= kept.cap {
            return Ok(Self { cap, ..kept });
        }
        Ok(Self { next_cap: cap, next_cap_at: now.saturating_add(delay_secs).max(1), ..kept })
    }

    /// Refuses it unless it is active.
    ///
    /// # Errors
    /// [`ModuleError::Unknown`], [`ModuleError::NotActive`].
    pub fn must_be_active(self, now: u64) -> Result<(), ModuleError> {
        match self.status(now) {
            Status::Unknown => Err(ModuleError::Unknown),
            Status::Active => Ok(()),
            Status::Closing if self.active_at <= self.closed_at => Err(ModuleError::NotActive { active_at: 0 }),
            Status::Proposed | Status::Closing => Err(ModuleError::NotActive { active_at: self.active_at }),
        }
    }

    /// What is left of the cap at `now`, wei.
    #[must_use]
    pub fn left(self, now: u64) -> u128 {
        let used = if self.window == window(now) { self.used } else { 0 };
        self.cap_at(now).saturating_sub(used)
    }

    /// Counts `amount` against the cap of this window. Over the edge of two windows, at most twice the cap passes in one window's time.
    ///
    /// # Errors
    /// [`ModuleError::CapExceeded`].
    pub fn take(self, now: u64, amount: u128) -> Result<Self, ModuleError> {
        let available = self.left(now);
        if amount > available {
            return Err(ModuleError::CapExceeded { available, needed: U256::from(amount) });
        }
        let used = if self.window == window(now) { self.used } else { 0 };
        Ok(Self { window: window(now), used: used.saturating_add(amount), ..self })
    }

    /// Counts `amount` of this window no more.
    #[must_use]
    pub fn give_back(self, now: u64, amount: u128) -> Self {
        let back = if self.window == window(now) { amount } else { 0 };
        Self { used: self.used.saturating_sub(back), ..self }
    }
}

/// What of a module's cap was used for one account, in the last window in which any was: it comes back to the cap as the account gets it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The window, numbered from 1970.
    pub window: u64,
    /// Wei.
    pub amount: u128,
}

impl Share {
    /// `amount` more of the cap was used for the account.
    #[must_use]
    pub fn take(self, now: u64, amount: u128) -> Self {
        let before = if self.window == window(now) { self.amount } else { 0 };
        Self { window: window(now), amount: before.saturating_add(amount) }
    }

    /// The account got `amount`. What of it was used for the account in this window, for [`Module::give_back`]. The rest leaves the cap as it is: so
    /// what a module keeps of others in a window is no more than its cap.
    #[must_use]
    pub fn give_back(self, now: u64, amount: u128) -> (Self, u128) {
        let back = if self.window == window(now) { amount.min(self.amount) } else { 0 };
        (Self { amount: self.amount.saturating_sub(back), ..self }, back)
    }
}

/// The window of a time, numbered from 1970.
const fn window(now: u64) -> u64 {
    now / MODULE_WINDOW_SECS
}

#[cfg(test)]
mod tests;
