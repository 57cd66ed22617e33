//! Why there is no price, or why a version cannot be published.

use cor_errors::{Coded, Entry, table::price};

/// The rules' name of a field, as in the Solidity interface; ASCII, at most 32 bytes.
pub type Field = &'static str;

/// Why there is no price, or why a version cannot be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PricingError {
    /// An input is outside its range.
    InputOutOfRange {
        /// The input.
        field: Field,
        /// Its value.
        value: u64,
        /// The least it may be.
        min: u64,
        /// The most it may be.
        max: u64,
    },
    /// Replicas must be odd, or a tie could not be decided.
    EvenReplicas {
        /// Replicas asked for.
        replicas: u8,
    },
    /// The price does not fit 128 bits.
    PriceOverflow,
    /// The table does not sell this yet: nothing would enforce it.
    NotSold {
        /// The input.
        field: Field,
        /// Its value.
        value: u64,
    },
    /// A version would take effect too soon.
    EffectiveTooSoon {
        /// When it would, in seconds since 1970.
        effective_at: u64,
        /// When it may at the earliest.
        earliest: u64,
    },
    /// A version would take effect too far ahead.
    EffectiveTooLate {
        /// When it would, in seconds since 1970.
        effective_at: u64,
        /// When it may at the latest.
        latest: u64,
    },
    /// A version is in effect, or was: it stays.
    AlreadyEffective {
        /// Since when, in seconds since 1970.
        effective_at: u64,
    },
    /// The model is unknown.
    UnknownModel,
    /// A change of the model is announced already.
    ModelChangePending {
        /// When it takes effect, in seconds since 1970.
        effective_at: u64,
    },
    /// No change of the model is announced.
    NoModelChange,
    /// A value more than doubles or halves, or a line that several values make; zero stays zero.
    ChangeTooLarge {
        /// The value's name; `work` for the lines of miners, validators and network, `gas` for that of gas.
        field: Field,
        /// In the version before; of lines, in parts per million of the lesser, rounded up.
        previous: u128,
        /// In this version, likewise.
        next: u128,
    },
    /// A value breaks an order or a bound of the table.
    InvalidPrice {
        /// The value's name.
        field: Field,
        /// The value.
        value: u128,
        /// The bound it breaks.
        bound: u128,
    },
}

impl Coded for PricingError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::InputOutOfRange { .. } => &price::INPUT_OUT_OF_RANGE,
            Self::EvenReplicas { .. } => &price::EVEN_REPLICAS,
            Self::PriceOverflow => &price::PRICE_OVERFLOW,
            Self::NotSold { .. } => &price::NOT_SOLD,
            Self::EffectiveTooSoon { .. } => &price::EFFECTIVE_TOO_SOON,
            Self::EffectiveTooLate { .. } => &price::EFFECTIVE_TOO_LATE,
            Self::AlreadyEffective { .. } => &price::ALREADY_EFFECTIVE,
            Self::UnknownModel => &price::UNKNOWN_MODEL,
            Self::ModelChangePending { .. } => &price::MODEL_CHANGE_PENDING,
            Self::NoModelChange => &price::NO_MODEL_CHANGE,
            Self::ChangeTooLarge { .. } => &price::CHANGE_TOO_LARGE,
            Self::InvalidPrice { .. } => &price::INVALID_PRICE,
        }
    }
}

impl core::fmt::Display for PricingError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::InputOutOfRange { field, value, min, max } => write!(f, "{field} is {value} and must be {min} to {max}"),
            Self::EvenReplicas { replicas } => write!(f, "{replicas} replicas could end in a tie"),
            Self::PriceOverflow => {
                write!(f, "the price does not fit 128 bits")
            }
            Self::EffectiveTooSoon { effective_at, earliest } => {
                write!(f, "effective at {effective_at}, but {earliest} is the earliest")
            }
            Self::NotSold { field, value } => write!(f, "{field} of {value} is not sold yet"),
            Self::EffectiveTooLate { effective_at, latest } => {
                write!(f, "effective at {effective_at}, but {latest} is the latest")
            }
            Self::AlreadyEffective { effective_at } => write!(f, "the version is effective since {effective_at}"),
            Self::UnknownModel => write!(f, "the model is unknown"),
            Self::ModelChangePending { effective_at } => write!(f, "a change of the model takes effect at {effective_at}"),
            Self::NoModelChange => write!(f, "no change of the model is announced"),
            Self::ChangeTooLarge { field, previous, next } => {
                write!(f, "{field} goes from {previous} to {next}, more than a factor of two")
            }
            Self::InvalidPrice { field, value, bound } => write!(f, "{field} is {value}, beyond its bound {bound}"),
        }
    }
}

impl core::error::Error for PricingError {}

/// Refuses an input outside `min..=max`.
pub(super) fn in_range(field: Field, value: u64, min: u64, max: u64) -> Result<(), PricingError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(PricingError::InputOutOfRange { field, value, min, max }) }
}
