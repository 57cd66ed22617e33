//! Why there is no price, or why a version cannot be published.

/// The rules' name of a field, as in the Solidity interface; ASCII, at most 32 bytes.
pub type Field = &'static str;

/// Why there is no price, or why a version cannot be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PricingError {
    /// `PRICE-001`: an input is outside its range.
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
    /// `PRICE-002`: replicas must be odd, or a tie could not be decided.
    EvenReplicas {
        /// Replicas asked for.
        replicas: u8,
    },
    /// `PRICE-003`: the price does not fit 128 bits.
    PriceOverflow,
    /// `PRICE-004`: a version would take effect too soon.
    EffectiveTooSoon {
        /// When it would, in seconds since 1970.
        effective_at: u64,
        /// When it may at the earliest.
        earliest: u64,
    },
    /// `PRICE-005`: a value more than doubles or halves; zero stays zero.
    ChangeTooLarge {
        /// The value's name.
        field: Field,
        /// In the version before.
        previous: u128,
        /// In this version.
        next: u128,
    },
    /// `PRICE-006`: a value breaks an order or a bound of the table.
    InvalidPrice {
        /// The value's name.
        field: Field,
        /// The value.
        value: u128,
        /// The bound it breaks.
        bound: u128,
    },
}

impl PricingError {
    /// Number of the error, stable across releases.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InputOutOfRange { .. } => "PRICE-001",
            Self::EvenReplicas { .. } => "PRICE-002",
            Self::PriceOverflow => "PRICE-003",
            Self::EffectiveTooSoon { .. } => "PRICE-004",
            Self::ChangeTooLarge { .. } => "PRICE-005",
            Self::InvalidPrice { .. } => "PRICE-006",
        }
    }
}

impl core::fmt::Display for PricingError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let code = self.code();
        match self {
            Self::InputOutOfRange { field, value, min, max } => write!(f, "{code}: {field} is {value}: choose {min} to {max}"),
            Self::EvenReplicas { replicas } => write!(f, "{code}: {replicas} replicas could tie: choose an odd number"),
            Self::PriceOverflow => {
                write!(f, "{code}: the price does not fit 128 bits: ask for less")
            }
            Self::EffectiveTooSoon { effective_at, earliest } => {
                write!(f, "{code}: effective at {effective_at}, but {earliest} is the earliest: publish for later")
            }
            Self::ChangeTooLarge { field, previous, next } => {
                write!(f, "{code}: {field} goes from {previous} to {next}: at most double or halve it, in several versions")
            }
            Self::InvalidPrice { field, value, bound } => write!(f, "{code}: {field} is {value}, beyond its bound {bound}"),
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
