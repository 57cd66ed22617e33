//! Any sequence of calls, payments, settings and hours does to the lane what it does to the oracle: what is returned, logged and refused, both words
//! of each task, what each account has, what each miner has at stake, and that the vault's book is the sum of it.

use std::{cell::RefCell, collections::BTreeMap};

use cor_kit::Seed;
use cor_sol::lane::ILane;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::{
    actions::{Action, KEEPERS, one_of_each, sequence},
    pair::{Pair, Seen},
    perform::staker,
    world::{MINERS, STAKE, World},
};

/// Sequences, and the most actions in each beside those that come first.
const SEQUENCES: u32 = 24;
const ACTIONS: usize = 100;
/// How often a failing sequence is made shorter: each try is a sequence.
const SHRINKS: u32 = 200;
/// Stake that each staker can add, in units of what a node needs.
const MORE_STAKE: u128 = 5;

/// What a life of each kind must reach: all that the interface has but ZeroAddress, which no call of these can, and one of the table's.
const REFUSED: [&str; 27] = [
    "Unauthorized",
    "Paused",
    "InputOutOfRange",
    "ZeroAmount",
    "InsufficientCredit",
    "NotInGrains",
    "NoSuchSession",
    "PriceAboveMax",
    "SequenceUsed",
    "HistoryMismatch",
    "Malformed",
    "InvalidSignature",
    "LanePhaseWrong",
    "LaneTaskEnded",
    "LaneTooLate",
    "LaneTooEarly",
    "LaneMinerCount",
    "NoSuchReplica",
    "ReplicaDone",
    "ReplicaNotCommitted",
    "CommitmentZero",
    "CommitmentMismatch",
    "RevealOpens",
    "NothingEarned",
    "NothingTaken",
    "MinerTwice",
    "EvenReplicas",
];
const OTHERWISE: [(&str, &str); 20] = [
    ("ended", "completed"),
    ("ended", "no quorum"),
    ("ended", "no quorum, floor"),
    ("ended", "expired"),
    ("slash", "silence"),
    ("slash", "lie"),
    ("event", "SlashOwed"),
    ("event", "TaskRecord without bytes"),
    ("event", "TaskRecord without bytes, a last call"),
    ("event", "TaskRecord 4 in 3"),
    ("event", "TaskRecord 4 in 4"),
    ("slashAgain", "ok"),
    ("release", "ok"),
    ("payEarnings", "ok"),
    ("passTreasury", "ok"),
    ("precommit", "ok"),
    ("report", "ok"),
    ("reportSecond", "ok"),
    ("reportSecond", "LaneTooLate"),
    ("createAndSubmit", "ok"),
];

/// One sequence from the world as it is, which it leaves as it was.
fn run(world: &World, sequence: &[Action], seen: &Seen) -> Result<(), TestCaseError> {
    world.solo.undoing(|| {
        let mut pair = Pair::new(world, seen);
        for (number, action) in sequence.iter().enumerate() {
            let step = pair.perform(*action).and_then(|()| pair.compare());
            step.map_err(|error| TestCaseError::fail(format!("action {number}, {action:?}: {error}")))?;
            pair.count("actions", "");
        }
        pair.compare_views()
    })
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn the_lane_does_what_the_oracle_does() {
    let (world, seed) = (World::start().await, Seed::fresh_or_given());
    println!("{seed}");
    world.by(0, &ILane::setKeeperCall { keeper: world.account(KEEPERS[1]), enabled: true });
    for miner in 0..MINERS {
        world.give(staker(miner), world.staking, MORE_STAKE * STAKE);
    }
    let seen = RefCell::new(BTreeMap::new());
    run(&world, &one_of_each(), &seen).unwrap_or_else(|failure| panic!("{failure}"));
    for (kind, outcome) in REFUSED.map(|error| ("refused", error)).into_iter().chain(OTHERWISE) {
        let key = (kind.to_owned(), outcome.to_owned());
        assert!(seen.borrow().contains_key(&key), "{key:?} is not among {:?}", seen.borrow());
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let cases = cor_kit::cases(SEQUENCES);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: SHRINKS, ..Config::default() };
    match TestRunner::new_with_rng(config, rng).run(&sequence(ACTIONS), |sequence| run(&world, &sequence, &seen)) {
        Err(TestError::Fail(reason, actions)) => panic!("{seed}: {reason}\nof {actions:?}"),
        outcome => outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}")),
    }
    println!("{:?}", seen.borrow());
}
