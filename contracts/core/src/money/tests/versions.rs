//! Which version is in effect, and how long a quote holds.

use std::cell::Cell;

use crate::money::pricing::{effective_version, pack, unpack, valid_until};
use alloy_primitives::U256;
use proptest::prelude::*;

#[test]
fn the_version_in_effect() {
    let times = [10, 20, 30];
    let at = |version: u64| times[usize::try_from(version).unwrap() - 1];
    for (now, version) in
        [(0, None), (9, None), (10, Some(1)), (19, Some(1)), (20, Some(2)), (29, Some(2)), (30, Some(3)), (u64::MAX, Some(3))]
    {
        assert_eq!(effective_version(3, now, at), version, "at {now}");
    }
    assert_eq!(effective_version(0, u64::MAX, |_| 0), None);
}

#[test]
fn a_quote_holds_until_prices_can_change() {
    assert_eq!(valid_until(100, 50, None), 150);
    assert_eq!(valid_until(100, 50, Some(101)), 101);
    assert_eq!(valid_until(u64::MAX, 1, None), u64::MAX);
}

proptest! {
    /// What a contract stores in one word comes back.
    #[test]
    fn packed_values_come_back(nine in proptest::array::uniform9(0_u32..1 << 24), eight in proptest::array::uniform8(0_u32..1 << 16)) {
        prop_assert_eq!(unpack::<9>(pack(&nine, 24), 24), nine);
        prop_assert_eq!(unpack::<8>(pack(&eight, 16), 16), eight);
        prop_assert!(pack(&eight, 16) <= U256::from(u128::MAX));
    }

    #[test]
    fn the_search_finds_what_a_walk_finds(mut times in proptest::collection::btree_set(any::<u64>(), 0..40), now in any::<u64>(), exact in any::<prop::sample::Index>()) {
        if !times.is_empty() {
            // A time that is met exactly, half of the time.
            let now_exact = *exact.get(&times.iter().copied().collect::<Vec<_>>());
            if now % 2 == 0 { times.insert(now); } else { times.insert(now_exact); }
        }
        let times: Vec<u64> = times.into_iter().collect();
        let walked = times.iter().rposition(|time| *time <= now).map(|index| index as u64 + 1);
        let found = effective_version(times.len() as u64, now, |version| times[usize::try_from(version).unwrap() - 1]);
        prop_assert_eq!(found, walked);
    }

    /// However many versions there are, the search asks few questions.
    #[test]
    fn the_search_is_bounded(latest in any::<u64>(), now in any::<u64>()) {
        let asked = Cell::new(0);
        let found = effective_version(latest, now, |version| { asked.set(asked.get() + 1); version });
        prop_assert!(asked.get() <= 65);
        prop_assert_eq!(found, if now.min(latest) == 0 { None } else { Some(now.min(latest)) });
    }
}
