//! Which version is in effect, how long it stays so, and how a version is packed into words.

use alloy_primitives::U256;

/// Number of the version in effect at `now`: the last of versions 1 to `latest` whose time has come. `None` before the first.
///
/// `effective_at` is asked for a version's time; times rise with the numbers. The newest is asked first, as it mostly is the one;
/// after that the search halves the range, so there are at most 65 questions.
pub fn effective_version(latest: u64, now: u64, mut effective_at: impl FnMut(u64) -> u64) -> Option<u64> {
    if latest == 0 {
        return None;
    }
    if effective_at(latest) <= now {
        return Some(latest);
    }
    // Versions up to `low` are in effect (0 stands for none), those from `high` on are not.
    let (mut low, mut high) = (0_u64, latest);
    while high.abs_diff(low) > 1 {
        let middle = low.midpoint(high);
        if effective_at(middle) <= now {
            low = middle;
        } else {
            high = middle;
        }
    }
    if low == 0 { None } else { Some(low) }
}

/// How long a quote given at `now` holds, in seconds since 1970: until the next version, if one is published, else until the
/// earliest time at which one that is published later could take effect.
#[must_use]
pub fn valid_until(now: u64, min_delay_secs: u64, next_effective_at: Option<u64>) -> u64 {
    next_effective_at.unwrap_or_else(|| now.saturating_add(min_delay_secs))
}

/// Puts values below 2^`bits` side by side into one word, the first lowest.
#[must_use]
pub fn pack(values: &[u32], bits: usize) -> U256 {
    values.iter().rev().fold(U256::ZERO, |word, value| word.wrapping_shl(bits) | U256::from(*value))
}

/// The first `N` values of a word made by [`pack`].
#[must_use]
pub fn unpack<const N: usize>(word: U256, bits: usize) -> [u32; N] {
    let mask = U256::ONE.wrapping_shl(bits).wrapping_sub(U256::ONE);
    let mut rest = word;
    core::array::from_fn(|_| {
        let value = rest & mask;
        rest = rest.wrapping_shr(bits);
        value.wrapping_to()
    })
}
