//! Which version is in effect, and how long a quote holds.

use std::cell::Cell;

use crate::money::pricing::{InEffect, in_effect, pack, unpack, valid_until};
use alloy_primitives::U256;
use proptest::prelude::*;

/// An entry of a list of versions: its time, and the one before it that was not cancelled.
fn entry(list: &[(u64, u64)], version: u64) -> (u64, u64) {
    list[usize::try_from(version).unwrap() - 1]
}

fn in_effect_of(list: &[(u64, u64)], last: u64, now: u64) -> Result<InEffect, u64> {
    in_effect(last, now, |version| entry(list, version).0, |version| entry(list, version).1)
}

#[test]
fn the_version_in_effect() {
    // 2 and 3 were cancelled, and 4 took their place.
    let times = [(10, 0), (20, 1), (30, 2), (25, 1), (35, 4)];
    let is = |version, next_at| Ok(InEffect { version, next_at });
    for (now, expected) in [
        (0, Err(10)),
        (9, Err(10)),
        (10, is(1, Some(25))),
        (24, is(1, Some(25))),
        (25, is(4, Some(35))),
        (34, is(4, Some(35))),
        (35, is(5, None)),
        (u64::MAX, is(5, None)),
    ] {
        assert_eq!(in_effect_of(&times, 5, now), expected, "at {now}");
    }
    assert_eq!(in_effect_of(&[], 0, u64::MAX), Err(0));
}

#[test]
fn a_quote_holds_until_prices_can_change() {
    for (now, next_version_at, model_change_at, until) in [
        (100, None, None, 149),
        (100, Some(101), None, 100),
        (100, None, Some(120), 119),
        (100, Some(130), Some(120), 119),
        (100, Some(110), Some(120), 109),
        // A version that is far off may be cancelled, and another come before.
        (100, Some(1_000), Some(1_000), 149),
        (u64::MAX, None, None, u64::MAX - 1),
    ] {
        assert_eq!(
            valid_until(now, 50, next_version_at, model_change_at),
            until,
            "{now} {next_version_at:?} {model_change_at:?}"
        );
    }
}

proptest! {
    /// What a contract stores in one word comes back.
    #[test]
    fn packed_values_come_back(nine in proptest::array::uniform9(0_u32..1 << 24), eight in proptest::array::uniform8(0_u32..1 << 16)) {
        prop_assert_eq!(unpack::<9>(pack(&nine, 24), 24), nine);
        prop_assert_eq!(unpack::<8>(pack(&eight, 16), 16), eight);
        prop_assert!(pack(&eight, 16) <= U256::from(u128::MAX));
    }

    /// The walk asks for what is ahead, and for one more.
    #[test]
    fn the_walk_finds_what_a_look_at_all_finds(times in proptest::collection::btree_set(any::<u64>(), 0..40), now in any::<u64>(), exact in any::<prop::sample::Index>()) {
        let times: Vec<u64> = times.into_iter().collect();
        let now = if times.is_empty() || now % 2 == 0 { now } else { *exact.get(&times) };
        let list: Vec<_> = times.iter().zip(0..).map(|(time, previous)| (*time, previous)).collect();
        let asked = Cell::new(0);
        let effective_at = |version| { asked.set(asked.get() + 1); entry(&list, version).0 };
        let found = in_effect(times.len() as u64, now, effective_at, |version| entry(&list, version).1);
        let next_at = times.iter().copied().find(|time| *time > now);
        let expected = times.iter().rposition(|time| *time <= now).map(|index| InEffect { version: index as u64 + 1, next_at });
        prop_assert_eq!(found, expected.ok_or(next_at.unwrap_or_default()));
        prop_assert!(asked.get() <= times.iter().filter(|time| **time > now).count() + 1);
    }
}
