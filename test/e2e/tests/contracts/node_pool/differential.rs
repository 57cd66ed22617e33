//! Any sequence of steps by nodes, their people and the owner does to NodePool what it does to a model of plain values, which is written from
//! the interface's text and uses none of the rules: logs, results, errors with their values, and everything that can be asked, after every step.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use cor_kit::{COR, Seed, solo::Refused};
use cor_sol::{node_pool::INodePool, staking::IStaking};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use super::model::{Model, Outcome, compare};
use crate::staking::world::{DAY, DELAY, FREE, NODE, OPERATOR, OTHER, OWNER, SLASHERS, STAKE, STAKER, UNBONDING, World, slash};

/// Sequences, and the most steps in each. A step takes about ten milliseconds, most of which asks for everything.
const SEQUENCES: u32 = 24;
const STEPS: usize = 80;
/// The nodes.
pub(super) const NODES: [usize; 3] = [NODE, FREE, FREE + 1];
/// Who stakes for nodes: the second is among the operators, the third a node itself.
const STAKERS: [usize; 3] = [STAKER, OTHER, FREE + 1];
/// Who can be an operator, beside the node itself.
pub(super) const OPERATORS: [usize; 2] = [OPERATOR, OTHER];
/// The models that are asked for.
pub(super) const MODELS: [u64; 2] = [1, 7];

/// Nodes are given by their place among [`NODES`], all others by account.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Consent { by: usize, node: usize, allowed: bool },
    Register { node: usize, operator: usize, models: Vec<u64>, capacity: u32, class: u8, version: u64 },
    Deregister { node: usize },
    DeregisterFor { by: usize, node: usize },
    Drain { by: usize, node: usize },
    StakeLeft { by: usize, node: usize },
    Resume { node: usize },
    ResumeFor { by: usize, node: usize },
    SetSpec { node: usize, models: Vec<u64>, capacity: u32 },
    SetVersion { node: usize, version: u64 },
    Ping { node: usize },
    SetMinVersion { by: usize, version: u64 },
    NameStaking { by: usize },
    Stake { by: usize, node: usize },
    Unbond { by: usize, node: usize },
    Slash { by: usize, node: usize, cor: u64 },
    Withdraw { node: usize },
    Wait { secs: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![6 => serving(), 6 => people(), 5 => around()]
}

fn node() -> impl Strategy<Value = usize> {
    0..NODES.len()
}

fn models() -> impl Strategy<Value = Vec<u64>> {
    prop::sample::select(vec![vec![1], vec![1], vec![7], vec![1, 7], vec![0, 1, 2, 7, 9], vec![], vec![7, 1], vec![1, 1]])
}

fn capacity() -> impl Strategy<Value = u32> {
    prop_oneof![1 => Just(0), 9 => 1..4_u32, 1 => Just(1_024), 1 => Just(1_025)]
}

fn version() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(999), 4 => Just(1_000), 2 => Just(2_000)]
}

fn serving() -> impl Strategy<Value = Step> {
    let class = prop_oneof![9 => 0..3_u8, 1 => Just(3), 1 => Just(u8::MAX)];
    let operator = (node(), 0..=OPERATORS.len());
    let register = (operator, models(), capacity(), class, version());
    prop_oneof![
        5 => register.prop_map(|((node, operator), models, capacity, class, version)| {
            let operator = OPERATORS.get(operator).copied().unwrap_or(NODES[node]);
            Step::Register { node, operator, models, capacity, class, version }
        }),
        1 => node().prop_map(|node| Step::Deregister { node }),
        2 => (node(), models(), capacity()).prop_map(|(node, models, capacity)| Step::SetSpec { node, models, capacity }),
        1 => (node(), version()).prop_map(|(node, version)| Step::SetVersion { node, version }),
        1 => node().prop_map(|node| Step::Ping { node }),
        2 => node().prop_map(|node| Step::Resume { node }),
    ]
}

fn people() -> impl Strategy<Value = Step> {
    let by = || prop::sample::select(vec![OWNER, STAKER, OPERATOR, OTHER, NODE, FREE + 1]);
    prop_oneof![
        3 => (prop::sample::select(OPERATORS.to_vec()), node(), prop::bool::weighted(0.8))
            .prop_map(|(by, node, allowed)| Step::Consent { by, node, allowed }),
        2 => (by(), node()).prop_map(|(by, node)| Step::DeregisterFor { by, node }),
        3 => (by(), node()).prop_map(|(by, node)| Step::Drain { by, node }),
        2 => (by(), node()).prop_map(|(by, node)| Step::ResumeFor { by, node }),
        1 => (by(), node()).prop_map(|(by, node)| Step::StakeLeft { by, node }),
    ]
}

fn around() -> impl Strategy<Value = Step> {
    let secs = prop_oneof![3 => 1..2 * DAY, 2 => Just(UNBONDING), 2 => Just(DELAY)];
    // Mostly one node's one staker, or hardly any would be at work.
    let staker = || (node(), prop::bool::weighted(0.3), prop::sample::select(&STAKERS[..]));
    let staker = || staker().prop_map(|(node, any, other)| (if any { other } else { STAKERS[node] }, node));
    let slasher = prop_oneof![9 => Just(SLASHERS[0]), 1 => Just(OTHER)];
    let amount = prop_oneof![2 => Just(1_u64), 1 => Just(10_000), 1 => Just(40_000)];
    let owner = || prop_oneof![5 => Just(OWNER), 1 => Just(OTHER)];
    prop_oneof![
        5 => staker().prop_map(|(by, node)| Step::Stake { by, node }),
        2 => staker().prop_map(|(by, node)| Step::Unbond { by, node }),
        1 => (slasher, node(), amount).prop_map(|(by, node, cor)| Step::Slash { by, node, cor }),
        2 => node().prop_map(|node| Step::Withdraw { node }),
        1 => (owner(), version()).prop_map(|(by, version)| Step::SetMinVersion { by, version }),
        1 => owner().prop_map(|by| Step::NameStaking { by }),
        3 => secs.prop_map(|secs| Step::Wait { secs }),
    ]
}

/// Every kind of step with success and without: what chance leaves out in a run is in it all the same.
fn one_of_each() -> Vec<Step> {
    let register = |node, operator| Step::Register { node, operator, models: vec![1], capacity: 2, class: 0, version: 1_000 };
    vec![
        register(0, OPERATOR),
        Step::Drain { by: STAKER, node: 0 },
        Step::DeregisterFor { by: STAKER, node: 0 },
        Step::Deregister { node: 0 },
        Step::SetSpec { node: 0, models: vec![1], capacity: 1 },
        Step::SetVersion { node: 0, version: 1_000 },
        Step::Ping { node: 0 },
        Step::Resume { node: 0 },
        Step::Withdraw { node: 0 },
        Step::Unbond { by: STAKER, node: 0 },
        Step::Consent { by: OPERATOR, node: 0, allowed: true },
        Step::Stake { by: STAKER, node: 0 },
        Step::Stake { by: OTHER, node: 0 },
        register(0, OPERATOR),
        Step::StakeLeft { by: OWNER, node: 0 },
        Step::SetSpec { node: 0, models: vec![1, 7], capacity: 2 },
        Step::SetVersion { node: 0, version: 2_000 },
        Step::SetMinVersion { by: OWNER, version: 2_000 },
        Step::SetMinVersion { by: OTHER, version: 0 },
        Step::SetMinVersion { by: OWNER, version: 0 },
        Step::SetMinVersion { by: OWNER, version: 1_500 },
        Step::SetMinVersion { by: OWNER, version: 2_000 },
        Step::Ping { node: 0 },
        Step::SetSpec { node: 0, models: vec![1], capacity: 1 },
        Step::NameStaking { by: OTHER },
        Step::NameStaking { by: OWNER },
        Step::Wait { secs: DELAY },
        Step::Resume { node: 0 },
        Step::Drain { by: STAKER, node: 0 },
        Step::ResumeFor { by: OPERATOR, node: 0 },
        Step::ResumeFor { by: STAKER, node: 0 },
        Step::Drain { by: OTHER, node: 0 },
        Step::Drain { by: NODE, node: 0 },
        Step::DeregisterFor { by: OTHER, node: 0 },
        Step::SetMinVersion { by: OWNER, version: 1_000 },
        register(0, OPERATOR),
        // What the operator stopped, and what the staker did, after the node has left.
        Step::Drain { by: OPERATOR, node: 0 },
        Step::Drain { by: STAKER, node: 0 },
        Step::Deregister { node: 0 },
        register(0, NODE),
        Step::Consent { by: OPERATOR, node: 0, allowed: true },
        register(0, NODE),
        Step::ResumeFor { by: OPERATOR, node: 0 },
        Step::ResumeFor { by: STAKER, node: 0 },
        register(0, NODE),
        Step::Slash { by: OTHER, node: 0, cor: 1 },
        Step::Slash { by: SLASHERS[0], node: 0, cor: 1 },
        Step::Drain { by: OTHER, node: 0 },
        Step::Resume { node: 0 },
        Step::Stake { by: STAKER, node: 0 },
        Step::Resume { node: 0 },
        Step::Deregister { node: 0 },
        // Who is staker and operator at once.
        Step::Stake { by: OTHER, node: 1 },
        Step::Consent { by: OTHER, node: 1, allowed: true },
        register(1, OTHER),
        Step::Drain { by: OTHER, node: 1 },
        Step::Resume { node: 1 },
        Step::Deregister { node: 1 },
        register(1, NODES[1]),
        Step::Consent { by: OTHER, node: 1, allowed: true },
        register(1, NODES[1]),
        Step::Drain { by: OTHER, node: 1 },
        Step::Slash { by: SLASHERS[0], node: 1, cor: 40_000 },
        Step::Stake { by: STAKER, node: 1 },
        Step::Resume { node: 1 },
        Step::Unbond { by: STAKER, node: 0 },
        Step::Wait { secs: UNBONDING },
        Step::Withdraw { node: 0 },
    ]
}

/// Sends a step: the pool's own logs and the numbers that it returns, or its error.
fn send(world: &World, step: &Step) -> Outcome {
    fn sent<C: SolCall>(world: &World, by: usize, to: Address, call: &C, numbers: impl FnOnce(C::Return) -> Vec<u64>) -> Outcome {
        match world.solo.send(world.account(by), to, call) {
            Ok(done) => {
                let own = done.logs.iter().filter(|(contract, _)| *contract == world.pool);
                Ok((own.map(|(_, log)| log.clone()).collect(), numbers(done.returned)))
            }
            Err(Refused::Known(error)) => Err(error),
            Err(Refused::Other(data)) => panic!("{} reverts with {data}", C::SIGNATURE),
        }
    }
    macro_rules! pool {
        ($by:expr, $call:expr) => {
            sent(world, $by, world.pool, &$call, |_| vec![])
        };
    }
    let at = |node: usize| world.account(NODES[node]);
    match *step {
        Step::Consent { by, node, allowed } => pool!(by, INodePool::consentCall { node: at(node), allowed }),
        Step::Register { node, operator, ref models, capacity, class, version } => {
            let (operator, models) = (world.account(operator), models.clone());
            let call = INodePool::registerCall { operator, models, capacity, hardwareClass: class, version };
            sent(world, NODES[node], world.pool, &call, |epoch| vec![epoch])
        }
        Step::Deregister { node } => pool!(NODES[node], INodePool::deregisterCall {}),
        Step::DeregisterFor { by, node } => pool!(by, INodePool::deregisterForCall { node: at(node) }),
        Step::Drain { by, node } => pool!(by, INodePool::drainCall { node: at(node) }),
        Step::StakeLeft { by, node } => pool!(by, INodePool::stakeLeftCall { node: at(node) }),
        Step::Resume { node } => pool!(NODES[node], INodePool::resumeCall {}),
        Step::ResumeFor { by, node } => pool!(by, INodePool::resumeForCall { node: at(node) }),
        Step::SetSpec { node, ref models, capacity } => {
            pool!(NODES[node], INodePool::setSpecCall { models: models.clone(), capacity })
        }
        Step::SetVersion { node, version } => pool!(NODES[node], INodePool::setVersionCall { version }),
        Step::Ping { node } => pool!(NODES[node], INodePool::pingCall {}),
        Step::SetMinVersion { by, version } => pool!(by, INodePool::setMinNodeVersionCall { version }),
        Step::NameStaking { by } => pool!(by, INodePool::setStakingCall { peer: world.staking }),
        Step::Stake { by, node } => {
            world.accept(by, at(node));
            world.fund(by, STAKE);
            sent(world, by, world.staking, &IStaking::stakeNodeCall { node: at(node), amount: U256::from(STAKE) }, |_| vec![])
        }
        Step::Unbond { by, node } => sent(world, by, world.staking, &IStaking::unbondNodeCall { node: at(node) }, |_| vec![]),
        Step::Slash { by, node, cor } => {
            let call = slash(at(node), u128::from(cor) * COR);
            sent(world, by, world.staking, &call, |answer| vec![(answer.taken / U256::from(COR)).to()])
        }
        Step::Withdraw { node } => sent(world, OWNER, world.staking, &IStaking::withdrawNodeCall { node: at(node) }, |_| vec![]),
        Step::Wait { secs } => {
            world.solo.pass(secs);
            Ok((vec![], vec![]))
        }
    }
}

fn kind(step: &Step) -> String {
    let text = format!("{step:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn the_pool_does_what_its_interface_says() {
    let (world, seed) = (World::start().await, Seed::fresh_or_given());
    println!("{seed}");
    let seen = RefCell::new(BTreeMap::<(String, bool), usize>::new());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let config = Config { cases: cor_kit::cases(SEQUENCES), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let perform = |steps: &[Step]| {
        world.solo.undoing(|| {
            let mut model = Model::new(&world);
            for (number, step) in steps.iter().enumerate() {
                let sent = send(&world, step);
                let predicted = model.apply(step, world.now());
                *seen.borrow_mut().entry((kind(step), sent.is_ok())).or_default() += 1;
                prop_assert_eq!(sent, predicted, "step {}: {:?}", number, step);
                compare(&world, &model).map_err(|error| TestCaseError::fail(format!("step {number}: {step:?}: {error}")))?;
            }
            Ok(())
        })
    };
    perform(&one_of_each()).unwrap_or_else(|failure| panic!("the steps that are in every run: {failure}"));
    let outcome = runner.run(&proptest::collection::vec(step(), STEPS / 2..=STEPS), |steps| perform(&steps));
    outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}"));
    let seen = seen.into_inner();
    let (done, refused): (BTreeSet<_>, BTreeSet<_>) = seen.keys().cloned().partition(|(_, done)| *done);
    // Consent and waiting are never refused, and what only Staking may say never succeeds.
    assert_eq!((done.len(), refused.len()), (17, 16), "{seed}: each kind took effect, and was refused: {seen:?}");
}
