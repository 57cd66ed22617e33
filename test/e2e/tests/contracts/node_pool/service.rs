//! Nodes register, serve, drain and leave.

use crate::support::{answer, events, fund, refusal};
use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use cor_core::limits::{CAPACITY_MAX, MODELS_MAX, PAGE_MAX};
use cor_kit::{COR, TestNet, event};
use cor_sol::{ContractError, node_pool::INodePool, runtime::IRuntime, staking::IStaking};

const VERSION: u64 = 1_000;

/// Lets the nodes register under the operator's name.
async fn consent(net: &TestNet, operator: usize, nodes: &[usize]) {
    for node in nodes {
        let call = INodePool::consentCall { node: net.address(*node), allowed: true };
        net.ok(operator, net.at.node_pool, call).await;
    }
}

fn register(operator: Address, models: &[u64], capacity: u32) -> INodePool::registerCall {
    INodePool::registerCall { operator, models: models.to_vec(), capacity, hardwareClass: 1, version: VERSION }
}

async fn eligibility(net: &TestNet, index: usize, model: u64) -> u8 {
    let call = INodePool::eligibilityCall { node: net.address(index), modelIdentifier: model };
    answer(net, net.address(0), net.at.node_pool, call).await
}

/// Stakes for account `index` as a node.
async fn stake(net: &TestNet, index: usize) {
    let wei = U256::from(10_000) * U256::from(COR);
    fund(net, index, net.at.staking, wei).await;
    net.ok(index, net.at.staking, IStaking::stakeNodeCall { node: net.address(index), amount: wei }).await;
}

async fn node(net: &TestNet, index: usize) -> INodePool::Node {
    answer(net, net.address(0), net.at.node_pool, INodePool::getNodeCall { node: net.address(index) }).await
}

#[tokio::test]
async fn a_node_registers_serves_and_leaves() {
    let net = TestNet::start(5).await;
    let (at, address, operator) = (net.at.node_pool, net.address(2), net.address(3));
    let pool = INodePool::new(at, &net.provider);
    assert!(!pool.isRegistered(address).call().await.unwrap());
    stake(&net, 2).await;
    consent(&net, 3, &[2, 4]).await;

    let mined = net.ok(2, at, register(operator, &[3, 5, 9], 4)).await;
    let expected = INodePool::NodeRegistered {
        node: address,
        operator,
        registrationEpoch: 1,
        models: vec![3, 5, 9],
        capacity: 4,
        hardwareClass: 1,
        version: VERSION,
    };
    assert_eq!(event::<INodePool::NodeRegistered>(&mined), expected);
    let expected = INodePool::Node {
        operator,
        registrationEpoch: 1,
        version: VERSION,
        capacity: 4,
        hardwareClass: 1,
        registered: true,
        draining: false,
        lastPingAt: 0,
        models: vec![3, 5, 9],
    };
    assert_eq!(node(&net, 2).await, expected);
    assert!(pool.isRegistered(address).call().await.unwrap());

    let mined = net.ok(2, at, INodePool::pingCall {}).await;
    let timestamp = net.now().await;
    assert_eq!(event::<INodePool::NodePinged>(&mined), INodePool::NodePinged { node: address, timestamp });
    let mined = net.ok(2, at, INodePool::setSpecCall { models: vec![8], capacity: 2 }).await;
    assert_eq!(
        event::<INodePool::NodeSpecChanged>(&mined),
        INodePool::NodeSpecChanged { node: address, models: vec![8], capacity: 2 }
    );
    let changed = INodePool::Node { capacity: 2, lastPingAt: timestamp, models: vec![8], ..expected };
    assert_eq!(node(&net, 2).await, changed);
    for (model, reason) in [(8, 0), (3, 2), (5, 2), (9, 2)] {
        assert_eq!(pool.eligibility(address, model).call().await.unwrap(), reason, "model {model} after the change");
    }

    let mined = net.ok(2, at, INodePool::deregisterCall {}).await;
    assert_eq!(event::<INodePool::NodeDeregistered>(&mined), INodePool::NodeDeregistered { node: address });
    let left = node(&net, 2).await;
    assert_eq!((left.registered, left.capacity, left.models.len()), (false, 0, 0));
    for call in
        [INodePool::deregisterCall {}.abi_encode(), INodePool::pingCall {}.abi_encode(), INodePool::resumeCall {}.abi_encode()]
    {
        assert_eq!(crate::support::refusal_of(&net, address, at, call).await, INodePool::NotRegistered { node: address }.into());
    }
    let spec = INodePool::setSpecCall { models: vec![1], capacity: 1 };
    assert_eq!(refusal(&net, address, at, spec).await, INodePool::NotRegistered { node: address }.into());

    // A new registration is a new epoch, also after another node's, and lists nothing twice.
    stake(&net, 4).await;
    net.ok(4, at, register(operator, &[1], 1)).await;
    let mined = net.ok(2, at, register(operator, &[1], 1)).await;
    assert_eq!(event::<INodePool::NodeRegistered>(&mined).registrationEpoch, 3);
    assert_eq!(pool.nodeCount().call().await.unwrap(), 2);
    assert_eq!(pool.nodesByPage(0, 100).call().await.unwrap(), [address, net.address(4)]);
}

#[tokio::test]
async fn registration_is_refused_for_what_is_wrong_with_it() {
    let net = TestNet::start(4).await;
    let (at, address) = (net.at.node_pool, net.address(2));
    let many: Vec<u64> = (0..MODELS_MAX as u64 + 1).collect();
    let limit = MODELS_MAX as u64;
    let unstaked = refusal(&net, address, at, register(address, &[1], 1)).await;
    assert_eq!(unstaked, INodePool::NotStaked { node: address }.into());
    stake(&net, 2).await;

    let models = |count| ContractError::from(INodePool::InvalidModels { count, limit });
    let capacity = |capacity| ContractError::from(INodePool::InvalidCapacity { capacity, limit: CAPACITY_MAX });
    let old = INodePool::registerCall { version: VERSION - 1, ..register(address, &[1], 1) };
    let table: [(&str, INodePool::registerCall, ContractError); 8] = [
        ("no operator", register(Address::ZERO, &[1], 1), IRuntime::ZeroAddress {}.into()),
        ("no models", register(address, &[], 1), models(0)),
        ("too many models", register(address, &many, 1), models(limit + 1)),
        ("falling models", register(address, &[2, 1], 1), models(2)),
        ("a model twice", register(address, &[2, 2], 1), models(2)),
        ("no capacity", register(address, &[1], 0), capacity(0)),
        ("too much capacity", register(address, &[1], CAPACITY_MAX + 1), capacity(CAPACITY_MAX + 1)),
        ("old software", old, INodePool::VersionTooOld { version: VERSION - 1, minimum: VERSION }.into()),
    ];
    for (name, call, error) in table {
        assert_eq!(refusal(&net, address, at, call).await, error, "{name}");
    }
    net.ok(2, at, register(address, &many[..MODELS_MAX], CAPACITY_MAX)).await;
    assert_eq!(node(&net, 2).await.models, many[..MODELS_MAX]);
    for (model, reason) in [(0, 0), (1, 0), (2, 0), (31, 0), (62, 0), (63, 0), (64, 2)] {
        assert_eq!(eligibility(&net, 2, model).await, reason, "model {model}");
    }
    let twice = INodePool::AlreadyRegistered { node: address };
    assert_eq!(refusal(&net, address, at, register(address, &[1], 1)).await, twice.into());
}

/// Each reason against a node, and of several the first.
#[tokio::test]
async fn whether_a_node_could_take_a_task() {
    let net = TestNet::start(4).await;
    let (at, address) = (net.at.node_pool, net.address(2));
    assert_eq!(eligibility(&net, 2, 1).await, 1, "not registered");
    stake(&net, 2).await;
    assert_eq!(eligibility(&net, 2, 1).await, 1, "staked alone");
    net.ok(2, at, register(address, &[1, 2, 4], 2)).await;
    assert_eq!(
        (eligibility(&net, 2, 1).await, eligibility(&net, 2, 3).await),
        (0, 2),
        "a model that it has, and one that it has not"
    );

    let mined = net.ok(0, at, INodePool::setMinNodeVersionCall { version: VERSION + 1 }).await;
    let said = event::<INodePool::MinNodeVersionSet>(&mined);
    let next = answer(&net, address, at, INodePool::nextMinNodeVersionCall {}).await;
    assert_eq!((said.version, said.effectiveAt), (VERSION + 1, next.effectiveAt));
    assert_eq!(eligibility(&net, 2, 1).await, 0, "not yet too old");
    net.advance(answer(&net, address, at, INodePool::delaySecsCall {}).await).await;
    assert_eq!((eligibility(&net, 2, 1).await, eligibility(&net, 2, 3).await), (3, 3), "old software, whatever it has loaded");

    net.ok(2, at, INodePool::drainCall { node: address }).await;
    assert_eq!(eligibility(&net, 2, 3).await, 4, "draining before all that is said of its software");
    net.ok(0, at, INodePool::setMinNodeVersionCall { version: VERSION }).await;
    net.ok(2, at, INodePool::resumeCall {}).await;
    assert_eq!(eligibility(&net, 2, 1).await, 0);
    net.ok(2, at, INodePool::deregisterCall {}).await;
    assert_eq!(eligibility(&net, 2, 1).await, 1);
}

/// The pool hears nothing of a slash; once anyone has it drain, a node is back only with its whole stake.
#[tokio::test]
async fn a_slashed_node_is_drained_by_anyone_until_its_stake_is_whole() {
    const SLASHER: usize = 1;
    let net = TestNet::start(4).await;
    let (at, address, staking, stranger) = (net.at.node_pool, net.address(2), net.at.staking, net.address(3));
    net.ok(0, staking, IStaking::proposeModuleCall { module: net.address(SLASHER), cap: U256::MAX }).await;
    net.advance(answer(&net, stranger, staking, IStaking::delaySecsCall {}).await).await;
    stake(&net, 2).await;
    net.ok(2, at, register(address, &[1], 2)).await;
    let active = INodePool::NotDraining { node: address };
    assert_eq!(refusal(&net, address, at, INodePool::resumeCall {}).await, active.clone().into());
    let drain = INodePool::drainCall { node: address };
    assert_eq!(
        refusal(&net, stranger, at, drain.clone()).await,
        IRuntime::Unauthorized { caller: stranger, required: address }.into()
    );

    net.ok(SLASHER, staking, IStaking::slashCall { node: address, taskId: 7, reason: 2, amount: U256::from(COR) }).await;
    assert_eq!(eligibility(&net, 2, 1).await, 0);
    let mined = net.ok(3, at, drain.clone()).await;
    assert_eq!(event::<INodePool::NodeDraining>(&mined), INodePool::NodeDraining { node: address, by: stranger });
    let mined = net.ok(3, at, drain).await;
    assert!(events::<INodePool::NodeDraining>(&mined, at).is_empty(), "once");
    let drained = node(&net, 2).await;
    assert_eq!((drained.registered, drained.draining, eligibility(&net, 2, 1).await), (true, true, 4));

    assert_eq!(refusal(&net, address, at, INodePool::resumeCall {}).await, INodePool::NotStaked { node: address }.into());
    fund(&net, 2, staking, U256::from(COR)).await;
    net.ok(2, staking, IStaking::stakeNodeCall { node: address, amount: U256::from(COR) }).await;
    let mined = net.ok(2, at, INodePool::resumeCall {}).await;
    assert_eq!(event::<INodePool::NodeResumed>(&mined), INodePool::NodeResumed { node: address });
    assert_eq!(eligibility(&net, 2, 1).await, 0);
    assert_eq!(refusal(&net, address, at, INodePool::resumeCall {}).await, active.into());
}

#[tokio::test]
async fn pages() {
    let net = TestNet::start(4).await;
    let (at, stranger) = (net.at.node_pool, net.address(3));
    for index in 1..4 {
        net.register_node(index, 1).await;
    }
    let all: Vec<_> = (1..4).map(|index| net.address(index)).collect();
    let table = [
        (0, PAGE_MAX, 0..3),
        (0, 2, 0..2),
        (1, 2, 1..3),
        (2, 9, 2..3),
        (3, 9, 3..3),
        (u64::MAX, u64::MAX, 3..3),
        (0, u64::MAX, 0..3),
        (0, 0, 0..0),
    ];
    for (offset, limit, expected) in table {
        let page = answer(&net, stranger, at, INodePool::nodesByPageCall { offset, limit }).await;
        assert_eq!(page, all[expected], "{limit} from {offset}");
    }
}
