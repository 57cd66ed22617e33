//! Tables for each transition, then properties against plain search and random sequences.

use proptest::prelude::*;

use super::*;

const MINIMUM: u64 = 1_002_000;

const ACTIVE: Node = Node { standing: Standing::Active, version: MINIMUM };
const DRAINING: Node = Node { standing: Standing::Draining, version: MINIMUM };
const GONE: Node = Node { standing: Standing::Absent, version: MINIMUM };

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
        ("new", Node::default(), 4, MINIMUM, Ok(ACTIVE)),
        ("again", gone, 4, MINIMUM, Ok(ACTIVE)),
        ("twice", ACTIVE, 4, MINIMUM, Err(PoolError::AlreadyRegistered)),
        ("while draining", DRAINING, 4, MINIMUM, Err(PoolError::AlreadyRegistered)),
        ("old software", gone, 4, MINIMUM - 1, Err(PoolError::VersionTooOld { version: MINIMUM - 1, minimum: MINIMUM })),
        ("no capacity", gone, 0, MINIMUM, Err(PoolError::InvalidCapacity { capacity: 0 })),
    ];
    for (name, node, capacity, version, expected) in table {
        assert_eq!(node.register(&[1, 2], capacity, version, MINIMUM), expected, "{name}");
    }
    assert_eq!(gone.register(&[], 4, MINIMUM, MINIMUM), Err(PoolError::InvalidModels { count: 0 }));
}

#[test]
fn what_is_served() {
    let outside = |capacity| Err(PoolError::InvalidCapacity { capacity });
    let table: [(&[u64], _, _); 6] = [
        (&[1], 1, Ok(())),
        (&[1, 2], CAPACITY_MAX, Ok(())),
        (&[1], 0, outside(0)),
        (&[1], CAPACITY_MAX + 1, outside(CAPACITY_MAX + 1)),
        (&[1], u32::MAX, outside(u32::MAX)),
        (&[2, 1], 0, Err(PoolError::InvalidModels { count: 2 })),
    ];
    for (models, capacity, expected) in table {
        assert_eq!(check_spec(models, capacity), expected, "{models:?} and {capacity}");
    }
}

#[test]
fn leaving() {
    for (node, expected) in [(ACTIVE, Ok(GONE)), (DRAINING, Ok(GONE)), (GONE, Err(PoolError::NotRegistered))] {
        assert_eq!(node.deregister(), expected, "{node:?}");
    }
}

#[test]
fn draining_and_its_end() {
    assert_eq!(ACTIVE.drain(), Ok(Some(DRAINING)));
    assert_eq!(DRAINING.drain(), Ok(None));
    assert_eq!(GONE.drain(), Err(PoolError::NotRegistered));
    let table = [
        (DRAINING, true, Ok(ACTIVE)),
        (DRAINING, false, Err(PoolError::NotStaked)),
        (ACTIVE, true, Err(PoolError::NotDraining)),
        (ACTIVE, false, Err(PoolError::NotDraining)),
        (GONE, true, Err(PoolError::NotRegistered)),
    ];
    for (node, staked, expected) in table {
        assert_eq!(node.resume(staked), expected, "{node:?} {staked}");
    }
}

#[test]
fn changing_the_software() {
    let newer = Node { version: MINIMUM + 1, ..ACTIVE };
    let old = Err(PoolError::VersionTooOld { version: MINIMUM - 1, minimum: MINIMUM });
    let table = [
        (ACTIVE, MINIMUM + 1, Ok(newer)),
        (newer, MINIMUM, Ok(ACTIVE)),
        (ACTIVE, MINIMUM - 1, old),
        (GONE, MINIMUM, Err(PoolError::NotRegistered)),
    ];
    for (node, version, expected) in table {
        assert_eq!(node.set_version(version, MINIMUM), expected, "{node:?} to {version}");
    }
}

#[test]
fn eligibility() {
    let table = [
        ("fit", ACTIVE, MINIMUM, true, Ok(())),
        ("absent", GONE, MINIMUM, true, Err(Ineligible::NotRegistered)),
        ("draining", DRAINING, MINIMUM, true, Err(Ineligible::Draining)),
        ("draining and old", DRAINING, MINIMUM + 1, true, Err(Ineligible::Draining)),
        ("other model", ACTIVE, MINIMUM, false, Err(Ineligible::ModelNotLoaded)),
        ("old", ACTIVE, MINIMUM + 1, true, Err(Ineligible::VersionTooOld)),
        ("old, and of another model", ACTIVE, MINIMUM + 1, false, Err(Ineligible::VersionTooOld)),
    ];
    for (name, node, minimum, has_model, expected) in table {
        assert_eq!(node.check_eligible(minimum, || has_model), expected, "{name}");
    }
}

#[test]
fn a_node_that_cannot_serve_is_not_asked_for_its_models() {
    for (node, minimum) in [(GONE, MINIMUM), (DRAINING, MINIMUM), (ACTIVE, MINIMUM + 1)] {
        let mut asked = false;
        let _ = node.check_eligible(minimum, || {
            asked = true;
            true
        });
        assert!(!asked, "{node:?}");
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
    let all = [Ineligible::NotRegistered, Ineligible::ModelNotLoaded, Ineligible::VersionTooOld, Ineligible::Draining];
    assert_eq!(all.map(Ineligible::reason), [1, 2, 3, 4]);
}

#[test]
fn standings_survive_storage() {
    for standing in [Standing::Absent, Standing::Active, Standing::Draining] {
        assert_eq!(Standing::from_byte(standing.to_byte()), standing);
    }
    assert_eq!(Standing::from_byte(3), Standing::Absent);
}

#[test]
fn errors_have_codes_and_sentences() {
    let all = [
        PoolError::NotStaked,
        PoolError::AlreadyRegistered,
        PoolError::NotRegistered,
        PoolError::VersionTooOld { version: 1, minimum: 2 },
        PoolError::InvalidModels { count: 0 },
        PoolError::InvalidCapacity { capacity: 0 },
        PoolError::NotDraining,
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
}
