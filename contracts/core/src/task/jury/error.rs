//! Why something is refused.

use cor_errors::{Coded, Entry, table::jury};

/// A refusal. Whose keeper, node, task or model it is, the caller knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JuryError {
    /// The keeper was not proposed.
    Unknown,
    /// The proposal is not in effect.
    NotYet {
        /// From when on it is.
        at: u64,
    },
    /// The keeper is proposed, or has a bond here.
    InService,
    /// The keeper does not serve.
    NotServing,
    /// The keeper has no bond here.
    NoBond,
    /// The bond cannot be withdrawn.
    BondLocked {
        /// From when on it can be; 0 while the keeper serves.
        until: u64,
    },
    /// The chain before the last is still needed in disputes.
    ChainInUse {
        /// Until when.
        until: u64,
    },
    /// The epoch has not ended.
    EpochOpen {
        /// When it ends.
        ends_at: u64,
    },
    /// The keeper committed to no secret of the epoch.
    NoSecret,
    /// The secret of the epoch was shown.
    SecretKnown,
    /// It is not the secret that the keeper committed to.
    SecretWrong,
    /// The secret was called for, and there is time to show it.
    SecretPending {
        /// Until when.
        until: u64,
    },
    /// A number is out of its range.
    OutOfRange {
        /// What it is.
        field: &'static str,
        /// The number.
        value: u64,
        /// Least allowed.
        min: u64,
        /// Greatest allowed.
        max: u64,
    },
    /// The node is in the roster.
    InRoster,
    /// The node is not in the roster.
    NotInRoster,
    /// The node left or was put out of the roster lately.
    Barred {
        /// The first epoch in which it can be in it again.
        until: u32,
    },
    /// The node was summoned to the task.
    AlreadySummoned,
    /// The node was not summoned to the task.
    NotSummoned,
    /// The node has time to answer.
    AnswerPending {
        /// Until when.
        until: u64,
    },
    /// The node answered.
    Answered,
    /// The node was dismissed from the task.
    Dismissed,
    /// The time for disputes of the task is over.
    DisputeOver {
        /// Since when.
        deadline: u64,
    },
    /// Fewer operators were found than miners are wanted.
    TooFewFound {
        /// How many were found.
        found: u8,
        /// How many are wanted.
        wanted: u8,
    },
}

impl Coded for JuryError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Unknown => &jury::KEEPER_UNKNOWN,
            Self::NotYet { .. } => &jury::KEEPER_NOT_YET,
            Self::InService => &jury::KEEPER_IN_SERVICE,
            Self::NotServing => &jury::KEEPER_NOT_SERVING,
            Self::NoBond => &jury::NO_BOND,
            Self::BondLocked { .. } => &jury::BOND_LOCKED,
            Self::ChainInUse { .. } => &jury::CHAIN_IN_USE,
            Self::EpochOpen { .. } => &jury::EPOCH_OPEN,
            Self::NoSecret => &jury::NO_SECRET,
            Self::SecretKnown => &jury::SECRET_KNOWN,
            Self::SecretWrong => &jury::SECRET_WRONG,
            Self::SecretPending { .. } => &jury::SECRET_PENDING,
            Self::OutOfRange { .. } => &cor_errors::table::price::INPUT_OUT_OF_RANGE,
            Self::InRoster => &jury::IN_ROSTER,
            Self::NotInRoster => &jury::NOT_IN_ROSTER,
            Self::Barred { .. } => &jury::ENTRY_BARRED,
            Self::AlreadySummoned => &jury::ALREADY_SUMMONED,
            Self::NotSummoned => &jury::NOT_SUMMONED,
            Self::AnswerPending { .. } => &jury::ANSWER_PENDING,
            Self::Answered => &jury::NODE_ANSWERED,
            Self::Dismissed => &jury::NODE_DISMISSED,
            Self::DisputeOver { .. } => &jury::DISPUTE_OVER,
            Self::TooFewFound { .. } => &jury::TOO_FEW_FOUND,
        }
    }
}

impl core::fmt::Display for JuryError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Unknown => write!(f, "the keeper was not proposed"),
            Self::NotYet { at } => write!(f, "the keeper may enrol from {at} on"),
            Self::InService => write!(f, "the keeper is proposed, or has a bond"),
            Self::NotServing => write!(f, "the keeper does not serve"),
            Self::NoBond => write!(f, "the keeper has no bond"),
            Self::BondLocked { until: 0 } => write!(f, "the keeper serves"),
            Self::BondLocked { until } => write!(f, "the bond is free from {until} on"),
            Self::ChainInUse { until } => write!(f, "the chain before the last is needed until {until}"),
            Self::EpochOpen { ends_at } => write!(f, "the epoch ends at {ends_at}"),
            Self::NoSecret => write!(f, "the keeper committed to no secret of the epoch"),
            Self::SecretKnown => write!(f, "the secret is known"),
            Self::SecretWrong => write!(f, "the keeper committed to another secret"),
            Self::SecretPending { until } => write!(f, "the secret was called for, and may be shown until {until}"),
            Self::OutOfRange { field, value, min, max } => write!(f, "{field} is {value} and must be {min} to {max}"),
            Self::InRoster => write!(f, "the node is in the roster"),
            Self::NotInRoster => write!(f, "the node is not in the roster"),
            Self::Barred { until } => write!(f, "the node cannot be in the roster before epoch {until}"),
            Self::AlreadySummoned => write!(f, "the node was summoned"),
            Self::NotSummoned => write!(f, "the node was not summoned"),
            Self::AnswerPending { until } => write!(f, "the node may answer until {until}"),
            Self::Answered => write!(f, "the node answered"),
            Self::Dismissed => write!(f, "the node was dismissed"),
            Self::DisputeOver { deadline } => write!(f, "the task could be disputed until {deadline}"),
            Self::TooFewFound { found, wanted } => write!(f, "{found} operators found, {wanted} wanted"),
        }
    }
}

impl core::error::Error for JuryError {}
