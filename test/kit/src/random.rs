//! How many random cases a test makes: its own number, or as many times that as the environment says; and from which seed.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

/// Set by `cargo xtask test --suite long`.
const FACTOR: &str = "COR_CASES_FACTOR";

/// The number of random cases for a test that makes `usual` of them in every run.
///
/// # Panics
/// If `COR_CASES_FACTOR` is set and is no number from 1 to `u32::MAX / usual`.
#[must_use]
pub fn cases(usual: u32) -> u32 {
    let factor = std::env::var(FACTOR).ok();
    times(usual, factor.as_deref()).unwrap_or_else(|| panic!("{FACTOR} is {factor:?}: a whole number from 1 is needed"))
}

fn times(usual: u32, factor: Option<&str>) -> Option<u32> {
    let factor = factor.map_or(Some(1), |factor| factor.parse().ok().filter(|factor| *factor > 0))?;
    usual.checked_mul(factor)
}

/// The seed of a test that makes other cases in each run.
const SEED: &str = "COR_SEED";

/// What the cases of a test are made from. Displays as what repeats them: `COR_SEED=7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// A new one, or that of the environment's `COR_SEED`. The test prints it at its start and in every failure.
    ///
    /// # Panics
    /// If `COR_SEED` is set and is no number below 2^64.
    #[must_use]
    pub fn fresh_or_given() -> Self {
        let given = std::env::var(SEED).ok();
        Self::of(given.as_deref()).unwrap_or_else(|| panic!("{SEED} is {given:?}: a number below 2^64 is needed"))
    }

    fn of(given: Option<&str>) -> Option<Self> {
        // The standard library's hasher has a random key.
        given.map_or_else(|| Some(RandomState::new().hash_one(())), |given| given.parse().ok()).map(Self)
    }

    /// The seed of a generator that takes 32 bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.0.to_be_bytes());
        bytes
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SEED}={}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Seed, times};

    #[test]
    fn a_seed_is_repeated_as_it_is_shown() {
        let fresh = Seed::of(None).unwrap();
        assert_ne!(Some(fresh), Seed::of(None), "each is another");
        let shown = fresh.to_string();
        let (name, number) = shown.split_once('=').unwrap();
        assert_eq!((name, Seed::of(Some(number))), ("COR_SEED", Some(fresh)));
        for wrong in ["", "-1", "0x7", "18446744073709551616"] {
            assert_eq!(Seed::of(Some(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn a_factor_is_a_whole_number_from_one() {
        let table = [
            (None, Some(48)),
            (Some("1"), Some(48)),
            (Some("20"), Some(960)),
            (Some("0"), None),
            (Some("-1"), None),
            (Some("many"), None),
            (Some("4294967295"), None),
        ];
        for (factor, expected) in table {
            assert_eq!(times(48, factor), expected, "{factor:?}");
        }
    }
}
