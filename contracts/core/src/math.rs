//! Integer arithmetic on money. Rounding is in every name: what is charged goes `_up`, what is given away goes `_down`, such as a rebate
//! or a keeper's share of the gas line.
//!
//! Nothing here wraps, saturates or panics: a result that does not fit is `None`.

use crate::limits::{BPS, GRAIN};

/// `a * b / d`, rounded down. `None` if `d` is zero or the quotient does not fit 128 bits; the product is held in 192.
#[must_use]
pub fn mul_div_down(a: u128, b: u64, d: u64) -> Option<u128> {
    let (quotient, _) = mul_div_rem(a, b, d)?;
    Some(quotient)
}

/// `a * b / d`, rounded up. `None` if `d` is zero or the quotient does not fit 128 bits; the product is held in 192.
#[must_use]
pub fn mul_div_up(a: u128, b: u64, d: u64) -> Option<u128> {
    let (quotient, remainder) = mul_div_rem(a, b, d)?;
    if remainder == 0 { Some(quotient) } else { quotient.checked_add(1) }
}

/// `amount * bps / 10000`, rounded down.
#[must_use]
pub fn bps_down(amount: u128, bps: u32) -> Option<u128> {
    mul_div_down(amount, u64::from(bps), u64::from(BPS))
}

/// `amount * bps / 10000`, rounded up.
#[must_use]
pub fn bps_up(amount: u128, bps: u32) -> Option<u128> {
    mul_div_up(amount, u64::from(bps), u64::from(BPS))
}

/// The least whole number of grains, in wei, that is at least `amount`.
#[must_use]
pub fn grains_up(amount: u128) -> Option<u128> {
    amount.div_ceil(GRAIN).checked_mul(GRAIN)
}

/// The greatest whole number of grains, in wei, that is at most `amount`.
#[must_use]
pub fn grains_down(amount: u128) -> u128 {
    // The rest is below the amount or is it, so nothing saturates.
    amount.saturating_sub(amount.checked_rem(GRAIN).unwrap_or_default())
}

/// Quotient and remainder by long multiplication and division in limbs of 64 bits. A division of 256-bit integers would do the
/// same, and would be a fifth of a contract's code.
fn mul_div_rem(a: u128, b: u64, d: u64) -> Option<(u128, u64)> {
    let (b, divisor) = (u128::from(b), u128::from(d));
    // (2^64 - 1)^2 + 2^64 - 1 < 2^128: a limb's product and what was carried into it fit.
    let low = low_limb(a).checked_mul(b)?;
    let high = high_limb(a).checked_mul(b)?.checked_add(high_limb(low))?;
    // Each remainder is below d, so each further digit of the quotient is below 2^64; the first must be 0 for it to fit.
    let top = high_limb(high);
    if top >= divisor {
        return None;
    }
    let (digit, rest) = div_rem(join(top, high)?, divisor)?;
    let (last, rest) = div_rem(join(rest, low)?, divisor)?;
    Some((join(digit, last)?, u64::try_from(rest).ok()?))
}

fn div_rem(value: u128, divisor: u128) -> Option<(u128, u128)> {
    Some((value.checked_div(divisor)?, value.checked_rem(divisor)?))
}

/// `high` above the low limb of `low`.
fn join(high: u128, low: u128) -> Option<u128> {
    Some(high.checked_shl(64)? | low_limb(low))
}

fn low_limb(value: u128) -> u128 {
    value & u128::from(u64::MAX)
}

fn high_limb(value: u128) -> u128 {
    value.wrapping_shr(64)
}

#[cfg(test)]
mod tests;
