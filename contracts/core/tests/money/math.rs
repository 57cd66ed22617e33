//! `core::math` against 512-bit integers.

use alloy_primitives::U512;
use cor_core::math::{BPS, bps_down, bps_up, mul_div_down, mul_div_up};
use proptest::prelude::*;

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
