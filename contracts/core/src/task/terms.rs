//! What a session fixes for each of its tasks.

use cor_errors::{Coded, Entry, table::price};

use crate::limits::{DUTY_SECS_MAX, PHASE_SECS_MAX, PHASE_SECS_MIN, QUORUM_MAX_BPS, QUORUM_MIN_BPS, REPLICAS_MAX};
use crate::task::consensus::Quorum;

/// The terms of a session that the task machine goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// Replicas of each task, odd.
    pub replicas: u8,
    /// Share of the replicas asked for that must agree, basis points.
    pub quorum_bps: u16,
    /// From submission to assignment, seconds.
    pub assign_secs: u32,
    /// Length of the ack phase, seconds.
    pub ack_secs: u32,
    /// Length of the precommit phase, seconds.
    pub precommit_secs: u32,
    /// Length of the commit phase, seconds.
    pub commit_secs: u32,
}

/// Why terms are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermsError {
    /// A field is outside its range.
    OutOfRange {
        /// The field's name in the interface.
        field: &'static str,
        /// Its value.
        value: u64,
        /// Least value.
        min: u64,
        /// Greatest value.
        max: u64,
    },
    /// Replicas must be odd, or a tie could not be decided.
    EvenReplicas {
        /// Replicas given.
        replicas: u8,
    },
}

impl Coded for TermsError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::OutOfRange { .. } => &price::INPUT_OUT_OF_RANGE,
            Self::EvenReplicas { .. } => &price::EVEN_REPLICAS,
        }
    }
}

impl core::fmt::Display for TermsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::OutOfRange { field, value, min, max } => write!(f, "{field} is {value} and must be {min} to {max}"),
            Self::EvenReplicas { replicas } => write!(f, "{replicas} replicas could end in a tie"),
        }
    }
}

impl core::error::Error for TermsError {}

impl Terms {
    /// Refuses terms under which a task could not be decided or would bind money for too long.
    ///
    /// # Errors
    /// [`TermsError`], of the first field that is wrong.
    pub fn check(&self) -> Result<(), TermsError> {
        in_range("redundant", u64::from(self.replicas), 1, u64::from(REPLICAS_MAX))?;
        if self.replicas.is_multiple_of(2) {
            return Err(TermsError::EvenReplicas { replicas: self.replicas });
        }
        in_range("quorumBps", u64::from(self.quorum_bps), u64::from(QUORUM_MIN_BPS), u64::from(QUORUM_MAX_BPS))?;
        let phases = [
            ("assignSecs", self.assign_secs, PHASE_SECS_MAX),
            ("ackSecs", self.ack_secs, DUTY_SECS_MAX),
            ("precommitSecs", self.precommit_secs, DUTY_SECS_MAX),
            ("commitSecs", self.commit_secs, DUTY_SECS_MAX),
        ];
        for (field, secs, most) in phases {
            in_range(field, u64::from(secs), u64::from(PHASE_SECS_MIN), u64::from(most))?;
        }
        Ok(())
    }

    /// How many replicas must agree.
    #[must_use]
    pub const fn quorum(&self) -> Quorum {
        Quorum { asked: self.replicas, bps: self.quorum_bps }
    }
}

/// Refuses a value outside `min..=max`.
///
/// # Errors
/// [`TermsError::OutOfRange`].
pub fn in_range(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), TermsError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(TermsError::OutOfRange { field, value, min, max }) }
}
