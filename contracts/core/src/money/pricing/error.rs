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
    /// A version would take effect too soon.
    EffectiveTooSoon {
        /// When it would, in seconds since 1970.
        effective_at: u64,
        /// When it may at the earliest.
        earliest: u64,
    },
    /// A value more than doubles or halves; zero stays zero.
    ChangeTooLarge {
        /// The value's name.
        field: Field,
        /// In the version before.
        previous: u128,
        /// In this version.
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
            Self::EffectiveTooSoon { .. } => &price::EFFECTIVE_TOO_SOON,
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
            Self::ChangeTooLarge { field, previous, next } => {
                write!(f, "{field} goes from {previous} to {next}, more than a factor of two")
            }
            Self::InvalidPrice { field, value, bound } => write!(f, "{field} is {value}, beyond its bound {bound}"),
        }
    }
}

impl core::error::Error for PricingError {}

/// Refuses an input outside `min..=max`.
pub(super) fn in_range(field: Field, value: u16, min: u16, max: u16) -> Result<(), PricingError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(PricingError::InputOutOfRange { field, value: value.into(), min: min.into(), max: max.into() })
}
