//! Any sequence of calls, tasks, settings and hours does to the jury what it does to the oracle: what is returned, logged and refused, what the lane is
//! told, every view, and whose tokens move.

use std::{cell::RefCell, collections::BTreeMap};

use cor_kit::Seed;
use cor_sol::jury::IJury::{IJuryErrors, IJuryEvents};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::{
    actions::{Action, sequence},
    one_of_each::{far, one_of_each, settled},
    pair::{Pair, Seen},
    world::World,
};

/// Sequences, and the most actions in each beside those that come first.
const SEQUENCES: u32 = 20;
const ACTIONS: usize = 80;
/// How often a failing sequence is made shorter: each try is a sequence.
const SHRINKS: u32 = 200;

/// The only error that no call can reach: it is the constructor's.
const OF_THE_CONSTRUCTOR: &str = "ZeroAmount";
/// What a life of each kind must reach beside all errors and events.
const OTHERWISE: [(&str, &str); 12] = [
    ("closed", "0"),
    ("closed", "1"),
    ("closed", "2"),
    ("closed", "3"),
    ("convicted", "1"),
    ("convicted", "1, nobody drawn"),
    ("convicted", "2"),
    ("convicted", "3"),
    ("refused", "by the lane"),
    ("refused", "ERC20InsufficientAllowance"),
    ("refused", "ERC20InsufficientBalance"),
    ("setLanePaused", "ok"),
];

/// Everything in its order; afterwards every view.
fn perform(pair: &mut Pair<'_>, sequence: &[Action]) -> Result<(), TestCaseError> {
    for (number, action) in sequence.iter().enumerate() {
        let step = pair.perform(*action).and_then(|()| pair.compare(false));
        step.map_err(|error| TestCaseError::fail(format!("action {number}, {action:?}: {error}")))?;
        pair.count("actions", "");
    }
    pair.compare(true)
}

fn must_have_seen(seen: &Seen) {
    let errors = IJuryErrors::SELECTORS.iter().map(|selector| IJuryErrors::name_by_selector(*selector).expect("an error"));
    let errors = errors.filter(|error| *error != OF_THE_CONSTRUCTOR).map(|error| ("refused", error));
    let events = IJuryEvents::SELECTORS.iter().map(|topic| ("event", IJuryEvents::name_by_selector(*topic).expect("an event")));
    for (kind, outcome) in errors.chain(events).chain(OTHERWISE) {
        let key = (kind.to_owned(), outcome.to_owned());
        assert!(seen.borrow().contains_key(&key), "{key:?} is not among {:?}", seen.borrow());
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn the_jury_does_what_the_oracle_does() {
    let (world, seed) = (World::deployed().await, Seed::fresh_or_given());
    println!("{seed}");
    world.place_lane(false);
    let seen = RefCell::new(BTreeMap::new());
    for life in [one_of_each(), far()] {
        let lived = world.solo.undoing(|| perform(&mut Pair::new(&world, &seen), &life));
        lived.unwrap_or_else(|failure| panic!("{failure}"));
    }
    must_have_seen(&seen);
    let mut settled_pair = Pair::new(&world, &seen);
    perform(&mut settled_pair, &settled()).unwrap_or_else(|failure| panic!("{failure}"));
    let run = |sequence: &[Action]| world.solo.undoing(|| perform(&mut settled_pair.clone(), sequence));
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let cases = cor_kit::cases(SEQUENCES);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: SHRINKS, ..Config::default() };
    match TestRunner::new_with_rng(config, rng).run(&sequence(ACTIONS), |sequence| run(&sequence)) {
        Err(TestError::Fail(reason, actions)) => panic!("{seed}: {reason}\nof {actions:?}"),
        outcome => outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}")),
    }
    println!("{:?}", seen.borrow());
}
