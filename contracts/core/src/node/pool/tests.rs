//! Tables for each transition, then properties against plain search and random sequences.

use proptest::prelude::*;

use super::*;

const MINIMUM: u64 = 1_002_000;

fn active(capacity: u32, reserved: u32) -> Node {
    Node { standing: Standing::Active, capacity, reserved, version: MINIMUM }
}

fn suspended(capacity: u32, reserved: u32) -> Node {
    Node { standing: Standing::Suspended, ..active(capacity, reserved) }
}

fn draining(capacity: u32, reserved: u32) -> Node {
    Node { standing: Standing::Draining, ..active(capacity, reserved) }
}

#[test]
fn models_are_one_to_the_limit_and_rising() {
    let full: Vec<u64> = (0..64).collect();
    let over: Vec<u64> = (0..65).collect();
    let refused = |count| Err(PoolError::InvalidModels { count });
    let table: [(&[u64], _); 7] = [
        (&[7], Ok(())),
        (&[1, 2, u64::MAX], Ok(())),
        (&full, Ok(())),
        (&[], refused(0)),
        (&over, refused(65)),
        (&[2, 1], refused(2)),
        (&[1, 1], refused(2)),
    ];
    for (models, expected) in table {
        assert_eq!(check_models(models), expected, "{models:?}");
    }
}

#[test]
fn a_higher_minimum_waits_and_a_lower_one_does_not() {
    let set = |minimum, now, version| set_minimum(minimum, now, 50, version);
    let minimum = Peer { current: MINIMUM, next: None };
    let raised = set(minimum, 100, MINIMUM + 2);
    for (now, version) in [(100, MINIMUM), (149, MINIMUM), (150, MINIMUM + 2), (u64::MAX, MINIMUM + 2)] {
        assert_eq!(raised.at(now), version, "at {now}");
    }
    // Another that is higher than what holds takes its place, and waits anew.
    for version in [MINIMUM + 1, MINIMUM + 2, u64::MAX] {
        let again = set(raised, 149, version);
        assert_eq!((again.at(198), again.at(199)), (MINIMUM, version));
    }
    for version in [MINIMUM, MINIMUM - 1, 0] {
        let kept = Peer { current: version, next: None };
        assert_eq!(set(raised, 149, version), kept, "what waits is withdrawn");
        assert_eq!(set(kept, 149, version + 1).at(198), version, "and having lowered is no way around the delay");
    }
    assert_eq!(set(raised, 150, MINIMUM).at(150), MINIMUM, "lower than what holds by now");
    assert_eq!(set_minimum(minimum, 100, 0, MINIMUM + 2).at(100), MINIMUM + 2, "nothing to wait for");
    assert_eq!(set(minimum, u64::MAX, MINIMUM + 1).at(u64::MAX - 1), MINIMUM);
}

#[test]
fn registering() {
    let gone = Node { version: 7, ..Node::default() };
    let table = [
        ("new", Node::default(), 4, MINIMUM, Ok(active(4, 0))),
        ("again", gone, 4, MINIMUM, Ok(active(4, 0))),
        ("at the limit", gone, CAPACITY_MAX, MINIMUM, Ok(active(CAPACITY_MAX, 0))),
        ("twice", active(1, 0), 4, MINIMUM, Err(PoolError::AlreadyRegistered)),
        ("while suspended", suspended(1, 0), 4, MINIMUM, Err(PoolError::AlreadyRegistered)),
        ("old software", gone, 4, MINIMUM - 1, Err(PoolError::VersionTooOld { version: MINIMUM - 1, minimum: MINIMUM })),
        ("no capacity", gone, 0, MINIMUM, Err(PoolError::InvalidCapacity { capacity: 0 })),
        ("over the limit", gone, CAPACITY_MAX + 1, MINIMUM, Err(PoolError::InvalidCapacity { capacity: CAPACITY_MAX + 1 })),
    ];
    for (name, node, capacity, version, expected) in table {
        assert_eq!(node.register(&[1, 2], capacity, version, MINIMUM), expected, "{name}");
    }
    assert_eq!(gone.register(&[], 4, MINIMUM, MINIMUM), Err(PoolError::InvalidModels { count: 0 }));
}

#[test]
fn leaving() {
    let table = [
        (active(4, 0), Ok(Node { version: MINIMUM, ..Node::default() })),
        (suspended(4, 0), Ok(Node { version: MINIMUM, ..Node::default() })),
        (active(4, 2), Err(PoolError::NodeBusy { reserved: 2 })),
        (Node::default(), Err(PoolError::NotRegistered)),
    ];
    for (node, expected) in table {
        assert_eq!(node.deregister(), expected, "{node:?}");
    }
}

#[test]
fn changing_what_is_served() {
    let table = [
        (active(4, 2), 2, Ok(active(2, 2))),
        (suspended(4, 2), 9, Ok(suspended(9, 2))),
        (active(4, 2), 1, Err(PoolError::InvalidCapacity { capacity: 1 })),
        (Node::default(), 1, Err(PoolError::NotRegistered)),
    ];
    for (node, capacity, expected) in table {
        assert_eq!(node.set_spec(&[1], capacity), expected, "{node:?} to {capacity}");
    }
    assert_eq!(active(4, 2).set_spec(&[2, 1], 4), Err(PoolError::InvalidModels { count: 2 }));
}

#[test]
fn suspension_and_its_end() {
    assert_eq!(active(4, 1).suspend(), Some(suspended(4, 1)));
    assert_eq!(suspended(4, 1).suspend(), None);
    assert_eq!(draining(4, 1).suspend(), None, "what takes no tasks need not be stopped");
    assert_eq!(Node::default().suspend(), None);
    let table = [
        (suspended(4, 1), true, Ok(active(4, 1))),
        (suspended(4, 1), false, Err(PoolError::NotStaked)),
        (draining(4, 1), true, Ok(active(4, 1))),
        (draining(4, 1), false, Err(PoolError::NotStaked)),
        (active(4, 1), true, Err(PoolError::NotSuspended)),
        (Node::default(), true, Err(PoolError::NotRegistered)),
    ];
    for (node, staked, expected) in table {
        assert_eq!(node.resume(staked), expected, "{node:?} {staked}");
    }
}

#[test]
fn draining_keeps_the_tasks_and_takes_no_more() {
    for before in [active(4, 2), suspended(4, 2)] {
        assert_eq!(before.drain(), Ok(Some(draining(4, 2))), "{before:?}");
    }
    assert_eq!(draining(4, 2).drain(), Ok(None));
    assert_eq!(Node::default().drain(), Err(PoolError::NotRegistered));
    assert_eq!(draining(4, 2).release(), draining(4, 1));
    assert_eq!(draining(4, 0).deregister().map(|node| node.standing), Ok(Standing::Absent));
}

#[test]
fn a_queue_that_was_replaced_suspends_for_a_while() {
    let last = 1_000 + PAST_QUEUE_SUSPENDS_SECS;
    let table =
        [(1_000, 0, true), (1_000, 1_000, true), (1_000, last, true), (1_000, last + 1, false), (u64::MAX, u64::MAX, true)];
    for (replaced_at, now, suspends) in table {
        assert_eq!(past_queue_suspends(replaced_at, now), suspends, "replaced at {replaced_at}, at {now}");
    }
}

#[test]
fn changing_the_software() {
    let newer = Node { version: MINIMUM + 1, ..active(4, 2) };
    let old = Err(PoolError::VersionTooOld { version: MINIMUM - 1, minimum: MINIMUM });
    let table = [
        (active(4, 2), MINIMUM + 1, Ok(newer)),
        (newer, MINIMUM, Ok(active(4, 2))),
        (active(4, 2), MINIMUM - 1, old),
        (Node::default(), MINIMUM, Err(PoolError::NotRegistered)),
    ];
    for (node, version, expected) in table {
        assert_eq!(node.set_version(version, MINIMUM), expected, "{node:?} to {version}");
    }
}

#[test]
fn eligibility() {
    let table = [
        ("free", active(2, 1), MINIMUM, true, Ok(())),
        ("absent", Node { version: MINIMUM, ..Node::default() }, MINIMUM, true, Err(Ineligible::NotRegistered)),
        ("suspended", suspended(2, 1), MINIMUM, true, Err(Ineligible::Suspended)),
        ("draining", draining(2, 1), MINIMUM, true, Err(Ineligible::Draining)),
        ("other model", active(2, 1), MINIMUM, false, Err(Ineligible::ModelNotLoaded)),
        ("full", active(2, 2), MINIMUM, true, Err(Ineligible::NoFreeCapacity)),
        ("old", active(2, 1), MINIMUM + 1, true, Err(Ineligible::VersionTooOld)),
        ("full and old", active(2, 2), MINIMUM + 1, true, Err(Ineligible::VersionTooOld)),
        ("full, of another model", active(2, 2), MINIMUM, false, Err(Ineligible::ModelNotLoaded)),
    ];
    for (name, node, minimum, has_model, expected) in table {
        assert_eq!(node.check_eligible(minimum, || has_model), expected, "{name}");
    }
}

#[test]
fn a_node_that_cannot_serve_is_not_asked_for_its_models() {
    for node in [Node::default(), suspended(2, 1), draining(2, 1)] {
        let mut asked = false;
        let _ = node.check_eligible(MINIMUM, || {
            asked = true;
            true
        });
        assert!(!asked, "{node:?}");
    }
}

#[test]
fn no_node_and_no_operator_twice() {
    let chosen = [("n1", "o1"), ("n2", "o2")];
    let table = [
        ("n3", "o3", Ok(())),
        ("n1", "o3", Err(Ineligible::NodeTwice)),
        ("n3", "o2", Err(Ineligible::OperatorTwice)),
        ("n2", "o2", Err(Ineligible::NodeTwice)),
        // A node that is another's operator is another party only if its own operator is.
        ("o1", "o3", Ok(())),
    ];
    for (node, operator, expected) in table {
        assert_eq!(check_distinct(&chosen, &node, &operator), expected, "{node} of {operator}");
    }
}

#[test]
fn pages() {
    let table = [
        (250, 0, 100, 0..100),
        (250, 200, 100, 200..250),
        (250, 250, 1, 250..250),
        (250, u64::MAX, u64::MAX, 250..250),
        (250, 1, 1_000, 1..101),
        (0, 0, 9, 0..0),
    ];
    for (count, offset, limit, expected) in table {
        assert_eq!(page(count, offset, limit), expected, "{offset} and {limit} of {count}");
    }
}

#[test]
fn reasons_are_those_of_the_interface() {
    let all = [
        Ineligible::NotRegistered,
        Ineligible::Suspended,
        Ineligible::ModelNotLoaded,
        Ineligible::NoFreeCapacity,
        Ineligible::VersionTooOld,
        Ineligible::OperatorTwice,
        Ineligible::NodeTwice,
        Ineligible::Draining,
    ];
    assert_eq!(all.map(Ineligible::reason), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn standings_survive_storage() {
    for standing in [Standing::Absent, Standing::Active, Standing::Suspended, Standing::Draining] {
        assert_eq!(Standing::from_byte(standing.to_byte()), standing);
    }
    assert_eq!(Standing::from_byte(4), Standing::Absent);
}

#[test]
fn errors_have_codes_and_sentences() {
    let all = [
        PoolError::NotStaked,
        PoolError::AlreadyRegistered,
        PoolError::NotRegistered,
        PoolError::NodeBusy { reserved: 1 },
        PoolError::VersionTooOld { version: 1, minimum: 2 },
        PoolError::InvalidModels { count: 0 },
        PoolError::InvalidCapacity { capacity: 0 },
        PoolError::NotSuspended,
    ];
    for error in all {
        assert!(!error.to_string().is_empty() && !error.to_string().contains(error.code()), "{error}");
    }
}

proptest! {
    #[test]
    fn search_finds_what_is_there(models in prop::collection::btree_set(0..200_u64, 0..=MODELS_MAX), wanted in 0..200_u64) {
        let list: Vec<u64> = models.iter().copied().collect();
        let mut reads = 0;
        let found = contains(list.len(), wanted, |index| { reads += 1; list[index] });
        prop_assert_eq!(found, models.contains(&wanted));
        prop_assert!(reads <= 7, "{} reads", reads);
    }

    #[test]
    fn capacity_is_never_exceeded_and_comes_back(ops in prop::collection::vec(any::<bool>(), 0..200), capacity in 1..20_u32) {
        let mut node = Node::default().register(&[1], capacity, MINIMUM, MINIMUM).unwrap();
        let mut open = 0;
        for reserve in ops {
            if reserve {
                if node.check_eligible(MINIMUM, || true).is_ok() {
                    node = node.reserve();
                    open += 1;
                } else {
                    prop_assert_eq!(open, capacity);
                }
            } else if open > 0 {
                node = node.release();
                open -= 1;
            }
            prop_assert_eq!(node.reserved, open);
            prop_assert_eq!(node.deregister().is_ok(), open == 0);
        }
    }
}
