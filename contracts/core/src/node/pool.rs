//! Nodes: what they may register with, and when they can take a task.

use cor_errors::{Coded, Entry, table::pool};

use crate::govern::peer::Peer;
use crate::limits::{CAPACITY_MAX, MODELS_MAX, PAGE_MAX};

/// Why a node's own call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// The node lacks stake.
    NotStaked,
    /// It is registered already.
    AlreadyRegistered,
    /// It is not registered.
    NotRegistered,
    /// Its software is too old.
    VersionTooOld {
        /// What it runs.
        version: u64,
        /// The oldest allowed.
        minimum: u64,
    },
    /// Not 1 to [`MODELS_MAX`] identifiers in rising order.
    InvalidModels {
        /// How many were given.
        count: u64,
    },
    /// Not 1 to [`CAPACITY_MAX`].
    InvalidCapacity {
        /// What was given.
        capacity: u32,
    },
    /// It is not draining.
    NotDraining,
}

impl Coded for PoolError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::NotStaked => &pool::NOT_STAKED,
            Self::AlreadyRegistered => &pool::ALREADY_REGISTERED,
            Self::NotRegistered => &pool::NOT_REGISTERED,
            Self::VersionTooOld { .. } => &pool::VERSION_TOO_OLD,
            Self::InvalidModels { .. } => &pool::INVALID_MODELS,
            Self::InvalidCapacity { .. } => &pool::INVALID_CAPACITY,
            Self::NotDraining => &pool::NOT_DRAINING,
        }
    }
}

impl core::fmt::Display for PoolError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotStaked => write!(f, "the node lacks stake"),
            Self::AlreadyRegistered => write!(f, "the node is registered already"),
            Self::NotRegistered => {
                write!(f, "the node is not registered")
            }
            Self::VersionTooOld { version, minimum } => {
                write!(f, "version {version} is older than {minimum}")
            }
            Self::InvalidModels { count } => {
                write!(f, "{count} models given, and 1 to {MODELS_MAX} in rising order are allowed, none twice")
            }
            Self::InvalidCapacity { capacity } => {
                write!(f, "capacity {capacity} is not 1 to {CAPACITY_MAX}")
            }
            Self::NotDraining => write!(f, "the node is not draining"),
        }
    }
}

impl core::error::Error for PoolError {}

/// Why a node cannot take a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ineligible {
    /// It is not registered.
    NotRegistered,
    /// It has not loaded the model.
    ModelNotLoaded,
    /// Its software is too old.
    VersionTooOld,
    /// It takes no more tasks: its stake leaves, or its people say so.
    Draining,
}

impl Ineligible {
    /// The number in the contract's answer.
    #[must_use]
    pub const fn reason(self) -> u8 {
        match self {
            Self::NotRegistered => 1,
            Self::ModelNotLoaded => 2,
            Self::VersionTooOld => 3,
            Self::Draining => 4,
        }
    }
}

/// Where a node stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Never registered, or gone.
    #[default]
    Absent,
    /// Registered.
    Active,
    /// Registered, takes no new task, and anyone may deregister it; until it resumes.
    Draining,
}

impl Standing {
    /// Number to store.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Active => 1,
            Self::Draining => 2,
        }
    }

    /// The reverse of [`Standing::to_byte`]; any other number stands for nothing that can take a task.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Active,
            2 => Self::Draining,
            _ => Self::Absent,
        }
    }

    /// Whether the node is registered.
    #[must_use]
    pub const fn is_registered(self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Whether the node is registered and takes no more tasks.
    #[must_use]
    pub const fn is_draining(self) -> bool {
        matches!(self, Self::Draining)
    }
}

/// What decides whether a node can take a task, without its models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub standing: Standing,
    /// Software, major·1e6 + minor·1e3 + patch.
    pub version: u64,
}

/// Checks a list of models.
///
/// # Errors
/// `InvalidModels`.
pub fn check_models(models: &[u64]) -> Result<(), PoolError> {
    if models.is_empty() || models.len() > MODELS_MAX || !models.is_sorted_by(|left, right| left < right) {
        return Err(PoolError::InvalidModels { count: u64::try_from(models.len()).unwrap_or(u64::MAX) });
    }
    Ok(())
}

/// Checks what a node says that it serves: its models, and tasks at a time, which nothing counts.
///
/// # Errors
/// `InvalidModels`, `InvalidCapacity`.
pub fn check_spec(models: &[u64], capacity: u32) -> Result<(), PoolError> {
    check_models(models)?;
    if capacity == 0 || capacity > CAPACITY_MAX {
        return Err(PoolError::InvalidCapacity { capacity });
    }
    Ok(())
}

/// Sets the oldest software to `version`. A higher one holds `wait_secs` after `now`, so that nodes can update before, and one in place of another that waits
/// waits anew; a lower one holds at once, and neither that nor the same leaves another waiting.
#[must_use]
pub fn set_minimum(minimum: Peer<u64>, now: u64, wait_secs: u64, version: u64) -> Peer<u64> {
    if version > minimum.at(now) {
        return minimum.propose(now, wait_secs, version);
    }
    Peer { current: version, next: None }
}

/// Refuses software older than `minimum`.
///
/// # Errors
/// `VersionTooOld`.
pub const fn check_version(version: u64, minimum: u64) -> Result<(), PoolError> {
    if version < minimum {
        return Err(PoolError::VersionTooOld { version, minimum });
    }
    Ok(())
}

impl Node {
    /// The node registers. Its stake is the caller's to check.
    ///
    /// # Errors
    /// `AlreadyRegistered`, `InvalidModels`, `InvalidCapacity`, `VersionTooOld`.
    pub fn register(self, models: &[u64], capacity: u32, version: u64, minimum: u64) -> Result<Self, PoolError> {
        if self.standing.is_registered() {
            return Err(PoolError::AlreadyRegistered);
        }
        check_version(version, minimum)?;
        check_spec(models, capacity)?;
        Ok(Self { standing: Standing::Active, version })
    }

    /// The node leaves.
    ///
    /// # Errors
    /// `NotRegistered`.
    pub fn deregister(self) -> Result<Self, PoolError> {
        self.registered()?;
        Ok(Self { standing: Standing::Absent, ..self })
    }

    /// The node's software changed.
    ///
    /// # Errors
    /// `NotRegistered`, `VersionTooOld`.
    pub fn set_version(self, version: u64, minimum: u64) -> Result<Self, PoolError> {
        self.registered()?;
        check_version(version, minimum)?;
        Ok(Self { version, ..self })
    }

    /// The node takes no new tasks. `None` if it is draining already.
    ///
    /// # Errors
    /// `NotRegistered`.
    pub fn drain(self) -> Result<Option<Self>, PoolError> {
        self.registered()?;
        Ok((!self.standing.is_draining()).then_some(Self { standing: Standing::Draining, ..self }))
    }

    /// A draining node comes back, if it is `staked`. Who may say so is the caller's to check.
    ///
    /// # Errors
    /// `NotRegistered`, `NotDraining`, `NotStaked`.
    pub fn resume(self, staked: bool) -> Result<Self, PoolError> {
        match self.standing {
            Standing::Absent => Err(PoolError::NotRegistered),
            Standing::Active => Err(PoolError::NotDraining),
            Standing::Draining if !staked => Err(PoolError::NotStaked),
            Standing::Draining => Ok(Self { standing: Standing::Active, ..self }),
        }
    }

    /// Refuses a node that is not registered.
    ///
    /// # Errors
    /// `NotRegistered`.
    pub const fn registered(self) -> Result<(), PoolError> {
        if !self.standing.is_registered() {
            return Err(PoolError::NotRegistered);
        }
        Ok(())
    }

    /// Whether the node can take a task now. `has_model` is asked after all that costs less to know.
    ///
    /// # Errors
    /// The first reason against it: `NotRegistered`, `Draining`, `VersionTooOld`, `ModelNotLoaded`.
    pub fn check_eligible(self, minimum: u64, has_model: impl FnOnce() -> bool) -> Result<(), Ineligible> {
        match self.standing {
            Standing::Absent => return Err(Ineligible::NotRegistered),
            Standing::Draining => return Err(Ineligible::Draining),
            Standing::Active => {}
        }
        if self.version < minimum {
            return Err(Ineligible::VersionTooOld);
        }
        if !has_model() {
            return Err(Ineligible::ModelNotLoaded);
        }
        Ok(())
    }
}

/// Finds `wanted` in a rising list of which `read` gives the entries, in as few reads of different positions as a search by
/// halves needs.
pub fn contains(len: usize, wanted: u64, mut read: impl FnMut(usize) -> u64) -> bool {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = usize::midpoint(low, high);
        match read(middle).cmp(&wanted) {
            core::cmp::Ordering::Equal => return true,
            core::cmp::Ordering::Less => low = middle.saturating_add(1),
            core::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

/// First and past-the-last index of a page of a list of `count`.
#[must_use]
pub fn page(count: u64, offset: u64, limit: u64) -> core::ops::Range<u64> {
    let start = offset.min(count);
    start..start.saturating_add(limit.min(PAGE_MAX)).min(count)
}

#[cfg(test)]
mod tests;
