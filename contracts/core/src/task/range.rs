//! A value that is out of its range, by the name of its field.

use cor_errors::{Coded, Entry, table::price};

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

/// Refuses a value outside `min..=max`.
///
/// # Errors
/// [`TermsError::OutOfRange`].
pub fn in_range(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), TermsError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(TermsError::OutOfRange { field, value, min, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_both_its_ends() {
        let out = |value| Err(TermsError::OutOfRange { field: "field", value, min: 2, max: 4 });
        for (value, said) in [(0, out(0)), (1, out(1)), (2, Ok(())), (4, Ok(())), (5, out(5)), (u64::MAX, out(u64::MAX))] {
            assert_eq!(in_range("field", value, 2, 4), said);
        }
    }

    #[test]
    fn refusals_are_numbered_and_say_the_figures() {
        let out = TermsError::OutOfRange { field: "replicas", value: 9, min: 1, max: 7 };
        assert_eq!((out.code(), out.to_string().as_str()), ("PRICE-004", "replicas is 9 and must be 1 to 7"));
        let even = TermsError::EvenReplicas { replicas: 2 };
        assert_eq!((even.code(), even.to_string().as_str()), ("PRICE-005", "2 replicas could end in a tie"));
    }
}
