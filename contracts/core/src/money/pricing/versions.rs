//! Which version is in effect, how long a quote by it holds, and how a version is packed into words.

use alloy_primitives::U256;

/// The version in effect, and the one that follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InEffect {
    /// Its number.
    pub version: u64,
    /// When the next takes effect, seconds since 1970; `None` if none is published.
    pub next_at: Option<u64>,
}

/// The version in effect at `now`, by a walk back from the last one that was not cancelled; if there is none, when the first takes effect
/// (0 for no version).
///
/// `effective_at` is asked for a version's time, and `previous` for the one before it, 0 at the first, if its time has not come. Times rise with
/// the numbers, so what is ahead is at most one for each day of `PRICE_AHEAD_MAX_SECS`, and mostly nothing.
///
/// # Errors
/// When the first version takes effect, if none has yet.
pub fn in_effect(last: u64, now: u64, effective_at: impl Fn(u64) -> u64, previous: impl Fn(u64) -> u64) -> Result<InEffect, u64> {
    let (mut version, mut next_at) = (last, None);
    while version != 0 {
        let at = effective_at(version);
        if at <= now {
            return Ok(InEffect { version, next_at });
        }
        (version, next_at) = (previous(version), Some(at));
    }
    Err(next_at.unwrap_or_default())
}

/// The last second in which a quote given at `now` holds, in seconds since 1970: the one before the next version or change of the model, and
/// before anything could take effect that is announced from now on. A change that is announced may be cancelled and another put in its
/// place, so a quote never holds for longer than the notice.
#[must_use]
pub fn valid_until(now: u64, notice_secs: u64, next_version_at: Option<u64>, model_change_at: Option<u64>) -> u64 {
    let announced = [next_version_at, model_change_at].into_iter().flatten();
    announced.fold(now.saturating_add(notice_secs), u64::min).saturating_sub(1)
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
