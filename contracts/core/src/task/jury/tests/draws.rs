//! The draw: even, of different operators, the same as another implementation says, and nothing for who refuses.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256, keccak256};
use cor_errors::Coded as _;
use proptest::prelude::*;

use super::book::address;
use crate::task::jury::JuryError;
use crate::task::jury::draw::{Drawable, crew, draw, first_difference, is_passed_over, seed};

/// A slot of a made roster: its node and operator by number, or empty.
type Slots = Vec<Option<(u64, u64)>>;

fn slot(slots: &Slots, index: u32) -> Option<Drawable> {
    slots[index as usize].map(|(node, operator)| Drawable { node: address(node), operator: address(1_000 + operator) })
}

fn drawn(slots: &Slots, seed: B256, wanted: u8, absent: &BTreeSet<Address>) -> Vec<Address> {
    let length = u32::try_from(slots.len()).unwrap();
    draw(seed, length, wanted, |index| slot(slots, index).filter(|drawable| !absent.contains(&drawable.node)))
}

/// Whether a dispute finds a crew as drawn, of whose candidates the keeper found some absent.
fn is_right(slots: &Slots, seed: B256, crew: &[Address], absent: &BTreeSet<Address>) -> bool {
    let (length, wanted) = (u32::try_from(slots.len()).unwrap(), u8::try_from(crew.len()).unwrap());
    let again = draw(seed, length, wanted, |index| {
        slot(slots, index).filter(|drawable| !is_passed_over(drawable.node, crew, || absent.contains(&drawable.node)))
    });
    first_difference(crew, &again).is_none()
}

/// Another way to the same: the whole sequence of tries first, by wide division, and then who of it counts.
fn oracle(slots: &Slots, seed: B256, wanted: usize, absent: &BTreeSet<Address>) -> Vec<Address> {
    if slots.is_empty() {
        return vec![];
    }
    let tries = (0..1_024_u32).map(|k| {
        let hash = keccak256([seed.as_slice(), &k.to_be_bytes()].concat());
        let index: usize = (U256::from_be_bytes(hash.0) % U256::from(slots.len())).to();
        slots[index].map(|(node, operator)| (address(node), operator))
    });
    let present: Vec<_> = tries.flatten().filter(|(node, _)| !absent.contains(node)).collect();
    let mut first_of = BTreeMap::new();
    for (place, (_, operator)) in present.iter().enumerate() {
        first_of.entry(operator).or_insert(place);
    }
    let places: BTreeSet<usize> = first_of.into_values().collect();
    // A node has one slot and so one operator: the first of each operator is no node twice.
    places.into_iter().take(wanted).map(|place| present[place].0).collect()
}

#[test]
fn a_draw_by_hand() {
    let slots = vec![Some((1, 1)), Some((2, 2)), Some((3, 3))];
    let all = drawn(&slots, B256::repeat_byte(1), 3, &BTreeSet::new());
    assert_eq!(all, oracle(&slots, B256::repeat_byte(1), 3, &BTreeSet::new()));
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 3);
    let (secret, hash, task) = (B256::repeat_byte(1), B256::repeat_byte(2), B256::repeat_byte(3));
    assert_eq!(seed(secret, hash, task), keccak256([[1_u8; 32], [2; 32], [3; 32]].concat()));
}

#[test]
fn too_few_are_an_error() {
    let slots: Slots = vec![Some((1, 1)), None, Some((2, 1)), Some((3, 2))];
    let few = JuryError::TooFewFound { found: 2, wanted: 3 };
    assert_eq!(crew(B256::ZERO, 4, 3, |index| slot(&slots, index)), Err(few));
    assert_eq!(few.code(), "JURY-028");
    assert_eq!(crew(B256::ZERO, 0, 3, |_| None), Err(JuryError::TooFewFound { found: 0, wanted: 3 }));
    let two = crew(B256::ZERO, 4, 2, |index| slot(&slots, index)).unwrap();
    assert_eq!(two, drawn(&slots, B256::ZERO, 2, &BTreeSet::new()));
}

#[test]
fn tries_are_bounded() {
    let mut tries = 0;
    let nobody = draw(B256::ZERO, u32::MAX, 7, |_| {
        tries += 1;
        None
    });
    assert_eq!((nobody.len(), tries), (0, 1_024));
}

#[test]
fn the_first_difference_has_a_seat_and_who_was_drawn() {
    let [a, b, c] = [1, 2, 3].map(address);
    let nobody = Address::ZERO;
    for (crew, drawn, expected) in [
        (&[a, b, c][..], &[a, b, c][..], None),
        (&[a, c, b], &[a, b, c], Some((1, b))),
        (&[b, a, c], &[a, b, c], Some((0, a))),
        (&[a, b, c], &[a, b], Some((2, nobody))),
        (&[a, b, nobody], &[a, b], Some((2, nobody))),
        (&[a], &[], Some((0, nobody))),
        (&[], &[], None),
    ] {
        assert_eq!(first_difference(crew, drawn), expected, "{crew:?} {drawn:?}");
    }
}

/// Of twenty slots twelve are somebody's: each is first as often, within four standard deviations.
#[test]
fn every_slot_has_the_same_chance() {
    let slots: Slots = (0..20).map(|index| (index % 5 < 3).then_some((index, index))).collect();
    let mut firsts = BTreeMap::new();
    let draws = 12_000_u64;
    for number in 0..draws {
        let seed = keccak256(number.to_be_bytes());
        *firsts.entry(drawn(&slots, seed, 1, &BTreeSet::new())[0]).or_insert(0_u64) += 1;
    }
    assert_eq!(firsts.len(), 12);
    for (node, count) in firsts {
        assert!(count.abs_diff(draws / 12) < 122, "{node}: {count}");
    }
}

fn rosters() -> impl Strategy<Value = Slots> {
    let one = prop_oneof![1 => Just(None), 3 => (0..9_u64).prop_map(Some)];
    // Each slot another node; operators repeat.
    prop::collection::vec(one, 0..40)
        .prop_map(|slots| (0_u64..).zip(slots).map(|(node, operator)| operator.map(|operator| (node, operator))).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_draw_is_what_another_implementation_says(
        slots in rosters(), seed: [u8; 32], wanted in 0..8_u8, absent in prop::collection::btree_set(0..40_u64, 0..10),
    ) {
        let absent: BTreeSet<_> = absent.into_iter().map(address).collect();
        let crew = drawn(&slots, B256::new(seed), wanted, &absent);
        prop_assert_eq!(&crew, &oracle(&slots, B256::new(seed), wanted.into(), &absent));
        let operators: BTreeSet<_> = crew.iter().map(|node| {
            slots.iter().flatten().find(|(known, _)| address(*known) == *node).map(|(_, operator)| *operator)
        }).collect();
        prop_assert_eq!(operators.len(), crew.len(), "no operator twice");
        prop_assert!(crew.iter().all(|node| !absent.contains(node)));
    }

    /// A keeper that found some nodes absent may go without all of them, or with those that came back: each such crew is right, also one that it signed before it found
    /// the others absent. Without any other candidate that was drawn none is.
    #[test]
    fn a_keeper_chooses_among_whom_it_found_absent_only(
        slots in rosters(), seed: [u8; 32], wanted in 1..8_u8, absent in prop::collection::btree_set(0..40_u64, 0..10), without: u64, skipped: prop::sample::Index,
    ) {
        let seed = B256::new(seed);
        let gone = absent.iter().filter(|node| without >> *node & 1 == 1).map(|node| address(*node)).collect();
        let absent: BTreeSet<_> = absent.iter().map(|node| address(*node)).collect();
        let crew = drawn(&slots, seed, wanted, &gone);
        prop_assert!(is_right(&slots, seed, &crew, &absent));
        let present: Vec<_> = crew.iter().filter(|node| !absent.contains(*node)).collect();
        if !present.is_empty() {
            let other = drawn(&slots, seed, wanted, &gone.iter().chain([*skipped.get(&present)]).copied().collect());
            prop_assert!(other.len() < crew.len() || !is_right(&slots, seed, &other, &absent));
        }
    }

    /// Whoever is absent of an attacker's nodes, whose operators nobody else has: it has no more of the crew than if all were there.
    #[test]
    fn who_refuses_has_no_more_of_the_crew(slots in rosters(), seed: [u8; 32], wanted in 1..8_u8, refuse: u64) {
        let attacks = |node: &Address| slots.iter().flatten().any(|(known, operator)| address(*known) == *node && operator % 3 == 0);
        let own = slots.iter().flatten().filter(|(_, operator)| operator % 3 == 0);
        let absent: BTreeSet<_> = own.filter(|(node, _)| refuse >> node & 1 == 1).map(|(node, _)| address(*node)).collect();
        let count = |absent| drawn(&slots, B256::new(seed), wanted, absent).iter().filter(|node| attacks(node)).count();
        let (all, some) = (drawn(&slots, B256::new(seed), wanted, &BTreeSet::new()), drawn(&slots, B256::new(seed), wanted, &absent));
        // With fewer candidates than wanted there is no crew at all.
        if all.len() == some.len() {
            prop_assert!(count(&absent) <= count(&BTreeSet::new()));
        }
    }
}
