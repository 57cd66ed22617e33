//! Rounding at its edges, then everything against 512-bit integers.

use alloy_primitives::U512;
use proptest::prelude::*;

use super::*;

#[test]
fn rounding_table() {
    // a * b / d, rounded down and up
    let table = [
        (0, 0, 1, Some(0), Some(0)),
        (7, 1, 2, Some(3), Some(4)),
        (6, 1, 2, Some(3), Some(3)),
        (1, 1, u64::MAX, Some(0), Some(1)),
        (1, 1, 0, None, None),
        (0, 0, 0, None, None),
        (u128::MAX, u64::MAX, u64::MAX, Some(u128::MAX), Some(u128::MAX)),
        (u128::MAX, 2, 1, None, None),
        (u128::MAX, u64::MAX, u64::MAX - 1, None, None),
        (1 << 127, 3, 3, Some(1 << 127), Some(1 << 127)),
    ];
    for (a, b, d, down, up) in table {
        assert_eq!(mul_div_down(a, b, d), down, "{a} * {b} / {d} down");
        assert_eq!(mul_div_up(a, b, d), up, "{a} * {b} / {d} up");
    }
    assert_eq!(bps_down(9_999, 1), Some(0));
    assert_eq!(bps_up(1, 1), Some(1));
    assert_eq!(bps_up(u128::MAX, BPS), Some(u128::MAX));
    assert_eq!(bps_down(u128::MAX, BPS + 1), None);
}

#[test]
fn grains_are_whole() {
    let grain = GRAIN;
    for (amount, down, up) in [
        (0, 0, Some(0)),
        (1, 0, Some(grain)),
        (grain - 1, 0, Some(grain)),
        (grain, grain, Some(grain)),
        (grain + 1, grain, Some(2 * grain)),
        (u128::MAX, u128::MAX - u128::MAX % grain, None),
    ] {
        assert_eq!((grains_down(amount), grains_up(amount)), (down, up), "{amount}");
    }
}

/// (2^43 - 1)(2^86 + 2^43 + 1) = 2^129 - 1, and half of that is 2^128 - 1/2: it fits rounded down, not rounded up.
#[test]
fn rounding_up_over_the_edge_is_refused() {
    let (a, b) = ((1_u128 << 86) + (1 << 43) + 1, (1_u64 << 43) - 1);
    assert_eq!(mul_div_down(a, b, 2), Some(u128::MAX));
    assert_eq!(mul_div_up(a, b, 2), None);
}

/// Numbers of any size, not only near 2^64.
fn any_word() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(value, bits)| value >> bits)
}

/// Numbers of any size, not only near 2^128.
fn any_size() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0_u32..=128).prop_map(|(value, bits)| value.checked_shr(bits).unwrap_or(0))
}

fn narrow(value: U512) -> Option<u128> {
    u128::try_from(value).ok()
}

proptest! {
    #[test]
    fn quotients_are_those_of_wider_integers(a in any_size(), b in any_word(), d in any_word()) {
        prop_assume!(d != 0);
        let product = U512::from(a) * U512::from(b);
        let down = product / U512::from(d);
        let up = (product + U512::from(d) - U512::from(1)) / U512::from(d);
        prop_assert_eq!(mul_div_down(a, b, d), narrow(down));
        prop_assert_eq!(mul_div_up(a, b, d), narrow(up));
    }

    #[test]
    fn rounding_moves_less_than_one(a in any_size(), b in any_word(), d in any_word()) {
        if let (Some(down), Some(up)) = (mul_div_down(a, b, d), mul_div_up(a, b, d)) {
            let exact = U512::from(a) * U512::from(b);
            prop_assert!(U512::from(down) * U512::from(d) <= exact);
            prop_assert!(U512::from(up) * U512::from(d) >= exact);
            prop_assert!(up - down <= 1);
        }
    }

    #[test]
    fn a_share_and_its_rest_are_the_whole(amount in any::<u128>(), bps in 0..=BPS) {
        let share = bps_up(amount, bps).unwrap();
        let rest = bps_down(amount, BPS - bps).unwrap();
        prop_assert_eq!(share + rest, amount);
    }
}
