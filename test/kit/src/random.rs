//! How many random cases a test makes: its own number, or as many times that as the environment says.

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

#[cfg(test)]
mod tests {
    use super::times;

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
