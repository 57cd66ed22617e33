//! Errors, resting, shares, and every rule over random pools.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn candidate(node: u64, operator: u64, weight: u32, last_assigned_at: u64) -> Candidate {
    let address = |number| Address::from_word(B256::new(word(number)));
    Candidate { node: address(node), operator: address(operator), weight, last_assigned_at }
}

fn draw(wanted: u8, seed: u8) -> Draw {
    Draw { wanted, seed: B256::repeat_byte(seed), now: 1_000, cooldown_secs: 60 }
}

#[test]
fn errors() {
    let pool = [candidate(1, 1, 5, 0), candidate(2, 1, 5, 0), candidate(3, 2, 5, 0), candidate(4, 3, 0, 0)];
    let few = SelectionError::TooFewOperators { found: 2, wanted: 3 };
    assert_eq!(pick(&pool, &draw(3, 1)), Err(few), "one operator twice, another without weight");
    let backwards = [pool[1], pool[0]];
    let unsorted = SelectionError::Unsorted { index: 1 };
    assert_eq!(pick(&backwards, &draw(1, 1)), Err(unsorted));
    assert_eq!(pick(&[pool[0], pool[1], pool[1]], &draw(1, 1)), Err(SelectionError::Unsorted { index: 2 }), "twice");
    assert_eq!(pick(&[], &draw(1, 1)), Err(SelectionError::TooFewOperators { found: 0, wanted: 1 }));
    assert_eq!(pick(&[], &draw(0, 1)), Ok(vec![]));
    assert_eq!((unsorted.code(), few.code()), ("SELECT-001", "SELECT-002"));
}

#[test]
fn resting_nodes_wait_while_there_are_others() {
    // Assigned at 941: rests until 1,001. At 940: until 1,000, which is now.
    let pool = [candidate(1, 1, 1_000_000, 941), candidate(2, 2, 1, 940), candidate(3, 3, 1, 0)];
    for seed in 0..=u8::MAX {
        let picked = pick(&pool, &draw(2, seed)).unwrap();
        assert!(!picked.contains(&pool[0].node), "seed {seed}");
        let all = pick(&pool, &draw(3, seed)).unwrap();
        assert_eq!(all.last(), Some(&pool[0].node), "the resting one serves when nobody else is left");
    }
}

/// Over all one-byte seeds a node's share of first draws is near its share of weight.
#[test]
fn shares_follow_weights() {
    let pool = [candidate(1, 1, 100, 0), candidate(2, 2, 300, 0), candidate(3, 3, 600, 0)];
    let mut wins = BTreeMap::new();
    let draws = 20_000_u64;
    for number in 0..draws {
        let draw = Draw { seed: B256::new(word(number)), ..draw(1, 0) };
        *wins.entry(pick(&pool, &draw).unwrap()[0]).or_insert(0_u64) += 1;
    }
    for candidate in pool {
        let expected = draws * u64::from(candidate.weight) / 1_000;
        let won = wins[&candidate.node];
        assert!(won.abs_diff(expected) < draws / 100, "{won} wins, {expected} expected");
    }
}

fn pools() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (1..40_u64, 1..9_u64, prop_oneof![Just(0), Just(u32::MAX), 1..100_u32], prop_oneof![Just(0), 900..1_100_u64]);
    prop::collection::vec(one, 0..30).prop_map(|rows| {
        let by_node: BTreeMap<_, _> = rows.into_iter().map(|row| (row.0, row)).collect();
        by_node.into_values().map(|(node, operator, weight, last)| candidate(node, operator, weight, last)).collect()
    })
}

proptest! {
    #[test]
    fn a_pick_keeps_every_rule(pool in pools(), wanted in 0..8_u8, seed in any::<[u8; 32]>()) {
        let draw = Draw { seed: seed.into(), ..draw(wanted, 0) };
        let drawable: BTreeSet<_> = pool.iter().filter(|c| c.weight > 0).map(|c| c.operator).collect();
        match pick(&pool, &draw) {
            Ok(nodes) => {
                prop_assert_eq!(nodes.len(), usize::from(wanted));
                let chosen: Vec<_> = nodes.iter().map(|node| *pool.iter().find(|c| c.node == *node).unwrap()).collect();
                let operators: BTreeSet<_> = chosen.iter().map(|c| c.operator).collect();
                prop_assert_eq!(operators.len(), nodes.len(), "an operator twice");
                prop_assert!(chosen.iter().all(|c| c.weight > 0));
                // A resting node is drawn only if every rested one of a free operator was drawn before it.
                for (turn, candidate) in chosen.iter().enumerate() {
                    if !draw.is_rested(candidate) {
                        let taken = &chosen[..turn];
                        let spent = |c: &Candidate| taken.iter().any(|t| t.operator == c.operator);
                        let others_rest = pool.iter().all(|c| c.weight == 0 || !draw.is_rested(c) || spent(c));
                        prop_assert!(others_rest);
                    }
                }
            }
            Err(SelectionError::TooFewOperators { found, wanted }) => {
                prop_assert_eq!(usize::from(found), drawable.len());
                prop_assert!(found < wanted);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    /// Who cannot be drawn does not change who is.
    #[test]
    fn nodes_without_weight_do_not_matter(pool in pools(), seed in any::<[u8; 32]>()) {
        let draw = Draw { seed: seed.into(), ..draw(3, 0) };
        let weighty: Vec<_> = pool.iter().filter(|c| c.weight > 0).copied().collect();
        prop_assert_eq!(pick(&pool, &draw), pick(&weighty, &draw));
    }
}
