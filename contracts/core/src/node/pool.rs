//! Nodes: what they may register with, when they can take a task, and how their capacity is counted.

use cor_errors::{Coded, Entry, table::pool};

use crate::govern::peer::Peer;
use crate::limits::{CAPACITY_MAX, MODELS_MAX, PAGE_MAX, PAST_QUEUE_SUSPENDS_SECS};

/// Why a node's own call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// The node lacks stake.
    NotStaked,
    /// It is registered already.
    AlreadyRegistered,
    /// It is not registered.
    NotRegistered,
    /// It has open tasks.
    NodeBusy {
        /// How many.
        reserved: u32,
    },
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
    /// Not 1 to [`CAPACITY_MAX`], or below what is reserved.
    InvalidCapacity {
        /// What was given.
        capacity: u32,
    },
    /// It is neither suspended nor draining.
    NotSuspended,
}

impl Coded for PoolError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::NotStaked => &pool::NOT_STAKED,
            Self::AlreadyRegistered => &pool::ALREADY_REGISTERED,
            Self::NotRegistered => &pool::NOT_REGISTERED,
            Self::NodeBusy { .. } => &pool::NODE_BUSY,
            Self::VersionTooOld { .. } => &pool::VERSION_TOO_OLD,
            Self::InvalidModels { .. } => &pool::INVALID_MODELS,
            Self::InvalidCapacity { .. } => &pool::INVALID_CAPACITY,
            Self::NotSuspended => &pool::NOT_SUSPENDED,
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
            Self::NodeBusy { reserved } => write!(f, "the node has {reserved} open tasks"),
            Self::VersionTooOld { version, minimum } => {
                write!(f, "version {version} is older than {minimum}")
            }
            Self::InvalidModels { count } => {
                write!(f, "{count} models given, and 1 to {MODELS_MAX} in rising order are allowed, none twice")
            }
            Self::InvalidCapacity { capacity } => {
                write!(f, "capacity {capacity} is not 1 to {CAPACITY_MAX}, or below the open tasks")
            }
            Self::NotSuspended => write!(f, "the node is neither suspended nor draining"),
        }
    }
}

impl core::error::Error for PoolError {}

/// Why a node cannot take a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ineligible {
    /// It is not registered.
    NotRegistered,
    /// It is suspended after a slash.
    Suspended,
    /// It has not loaded the model.
    ModelNotLoaded,
    /// All of its capacity is reserved.
    NoFreeCapacity,
    /// Its software is too old.
    VersionTooOld,
    /// Another node of its operator is in the task.
    OperatorTwice,
    /// It is in the task already.
    NodeTwice,
    /// It takes no more tasks: its stake leaves, or its people say so.
    Draining,
}

impl Ineligible {
    /// The number in the contract's error.
    #[must_use]
    pub const fn reason(self) -> u8 {
        match self {
            Self::NotRegistered => 1,
            Self::Suspended => 2,
            Self::ModelNotLoaded => 3,
            Self::NoFreeCapacity => 4,
            Self::VersionTooOld => 5,
            Self::OperatorTwice => 6,
            Self::NodeTwice => 7,
            Self::Draining => 8,
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
    /// Registered, but slashed and not resumed.
    Suspended,
    /// Registered, takes no new task, and anyone may deregister it once it has none; until it resumes.
    Draining,
}

impl Standing {
    /// Number to store.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Active => 1,
            Self::Suspended => 2,
            Self::Draining => 3,
        }
    }

    /// The reverse of [`Standing::to_byte`]; any other number stands for nothing that can take a task.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Active,
            2 => Self::Suspended,
            3 => Self::Draining,
            _ => Self::Absent,
        }
    }

    /// Whether the node is registered.
    #[must_use]
    pub const fn is_registered(self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Whether the node is registered and takes no more tasks, but not for a slash.
    #[must_use]
    pub const fn is_draining(self) -> bool {
        matches!(self, Self::Draining)
    }
}

/// What decides whether a node can take a task, without its models and its operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub standing: Standing,
    /// Tasks at a time.
    pub capacity: u32,
    /// Tasks it has now.
    pub reserved: u32,
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
        Self { standing: Standing::Active, capacity, reserved: 0, version }.set_spec(models, capacity)
    }

    /// The node leaves.
    ///
    /// # Errors
    /// `NotRegistered`, `NodeBusy`.
    pub fn deregister(self) -> Result<Self, PoolError> {
        self.registered()?;
        if self.reserved > 0 {
            return Err(PoolError::NodeBusy { reserved: self.reserved });
        }
        Ok(Self { standing: Standing::Absent, capacity: 0, ..self })
    }

    /// The node serves something else.
    ///
    /// # Errors
    /// `NotRegistered`, `InvalidModels`, `InvalidCapacity`.
    pub fn set_spec(self, models: &[u64], capacity: u32) -> Result<Self, PoolError> {
        self.registered()?;
        check_models(models)?;
        if capacity == 0 || capacity > CAPACITY_MAX || capacity < self.reserved {
            return Err(PoolError::InvalidCapacity { capacity });
        }
        Ok(Self { capacity, ..self })
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

    /// The node takes no new tasks, and keeps what it has. `None` if it is draining already.
    ///
    /// # Errors
    /// `NotRegistered`.
    pub fn drain(self) -> Result<Option<Self>, PoolError> {
        self.registered()?;
        Ok((!self.standing.is_draining()).then_some(Self { standing: Standing::Draining, ..self }))
    }

    /// A suspended or draining node comes back, if it is `staked`. Who may say so is the caller's to check.
    ///
    /// # Errors
    /// `NotRegistered`, `NotSuspended`, `NotStaked`.
    pub fn resume(self, staked: bool) -> Result<Self, PoolError> {
        match self.standing {
            Standing::Absent => Err(PoolError::NotRegistered),
            Standing::Active => Err(PoolError::NotSuspended),
            Standing::Suspended | Standing::Draining if !staked => Err(PoolError::NotStaked),
            Standing::Suspended | Standing::Draining => Ok(Self { standing: Standing::Active, ..self }),
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
    /// The first reason against it: `NotRegistered`, `Suspended`, `Draining`, `VersionTooOld`, `ModelNotLoaded`, and `NoFreeCapacity` of a node that nothing else is wrong with.
    pub fn check_eligible(self, minimum: u64, has_model: impl FnOnce() -> bool) -> Result<(), Ineligible> {
        match self.standing {
            Standing::Absent => return Err(Ineligible::NotRegistered),
            Standing::Suspended => return Err(Ineligible::Suspended),
            Standing::Draining => return Err(Ineligible::Draining),
            Standing::Active => {}
        }
        if self.version < minimum {
            return Err(Ineligible::VersionTooOld);
        }
        if !has_model() {
            return Err(Ineligible::ModelNotLoaded);
        }
        if self.reserved >= self.capacity {
            return Err(Ineligible::NoFreeCapacity);
        }
        Ok(())
    }

    /// One more task. The node is eligible.
    #[must_use]
    pub const fn reserve(self) -> Self {
        Self { reserved: self.reserved.saturating_add(1), ..self }
    }

    /// One task less.
    #[must_use]
    pub const fn release(self) -> Self {
        Self { reserved: self.reserved.saturating_sub(1), ..self }
    }

    /// The node offended and takes no more tasks until it resumes. `None` if it takes none already.
    #[must_use]
    pub const fn suspend(self) -> Option<Self> {
        match self.standing {
            Standing::Active => Some(Self { standing: Standing::Suspended, ..self }),
            Standing::Absent | Standing::Suspended | Standing::Draining => None,
        }
    }
}

/// Whether a queue that was replaced at `replaced_at` still suspends nodes at `now`, both seconds since 1970. Other than its tasks' places, which it gives
/// back for ever, that ends [`PAST_QUEUE_SUSPENDS_SECS`] later.
#[must_use]
pub const fn past_queue_suspends(replaced_at: u64, now: u64) -> bool {
    now <= replaced_at.saturating_add(PAST_QUEUE_SUSPENDS_SECS)
}

/// Refuses a node, or a second node of one operator, in one task. `chosen` are the task's nodes so far with their operators.
///
/// # Errors
/// `NodeTwice`, `OperatorTwice`.
pub fn check_distinct<A: PartialEq>(chosen: &[(A, A)], node: &A, operator: &A) -> Result<(), Ineligible> {
    if chosen.iter().any(|(earlier, _)| earlier == node) {
        return Err(Ineligible::NodeTwice);
    }
    if chosen.iter().any(|(_, earlier)| earlier == operator) {
        return Err(Ineligible::OperatorTwice);
    }
    Ok(())
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
