//! Any sequence of calls, payments, settings and hours does to the lane what it does to the oracle: what is returned, logged and refused, both words
//! of each task, what each account has, what each miner has at stake, and that the vault's book is the sum of it.

use std::{cell::RefCell, collections::BTreeMap};

use cor_kit::Seed;
use cor_sol::lane::ILane;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::{
    actions::{KEEPERS, sequence},
    pair::Pair,
    perform::staker,
    world::{MINERS, STAKE, World},
};

/// Sequences, and the most actions in each beside those that come first.
const SEQUENCES: u32 = 26;
const ACTIONS: usize = 100;
/// Stake that each staker can add, in units of what a node needs.
const MORE_STAKE: u128 = 5;

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn the_lane_does_what_the_oracle_does() {
    let (world, seed) = (World::start().await, Seed::fresh_or_given());
    println!("{seed}");
    world.by(0, &ILane::setKeeperCall { keeper: world.account(KEEPERS[1]), enabled: true });
    for miner in 0..MINERS {
        world.give(staker(miner), world.staking, MORE_STAKE * STAKE);
    }
    let (seen, actions) = (RefCell::new(BTreeMap::new()), RefCell::new(0_usize));
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let config = Config { cases: cor_kit::cases(SEQUENCES), failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let outcome = TestRunner::new_with_rng(config, rng).run(&sequence(ACTIONS), |sequence| {
        world.solo.undoing(|| {
            let mut pair = Pair::new(&world, &seen);
            for (number, action) in sequence.into_iter().enumerate() {
                let step = pair.perform(action).and_then(|()| pair.compare());
                step.map_err(|error| TestCaseError::fail(format!("action {number}, {action:?}: {error}")))?;
                *actions.borrow_mut() += 1;
            }
            pair.compare_views()
        })
    });
    match outcome {
        Err(TestError::Fail(reason, actions)) => panic!("{seed}: {reason}\nof {actions:?}"),
        outcome => outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}")),
    }
    let seen = seen.into_inner();
    println!("{} actions: {seen:#?}", actions.into_inner());
}
