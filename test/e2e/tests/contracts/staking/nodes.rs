//! Stake behind nodes: whose it is, how it leaves, and where earnings belong.

use alloy::primitives::{Address, U256};
use cor_kit::COR;
use cor_sol::{node_pool::INodePool, runtime::IRuntime, staking::IStaking};

use super::world::{DAY, DELAY, NODE, OTHER, SLASHERS, STAKE, STAKER, UNBONDING, World, events_of, slash, wei};

#[tokio::test]
async fn a_node_is_staked_by_one_account_and_unbonds_to_it() {
    let world = World::start().await;
    let (node, staker, other) = (world.account(NODE), world.account(STAKER), world.account(OTHER));
    assert_eq!(world.get(&IStaking::nodeStakeRequiredCall {}), wei(STAKE));
    assert_eq!(world.get(&IStaking::unbondingSecsCall {}), UNBONDING);
    world.fund(STAKER, 2 * STAKE);
    world.fund(OTHER, STAKE);
    world.accept(STAKER, node);
    let stake = |amount| IStaking::stakeNodeCall { node, amount };
    let short = IStaking::InsufficientStake { account: node, available: wei(STAKE - 1), needed: wei(STAKE) };
    assert_eq!(world.refused(STAKER, &stake(wei(STAKE - 1))), short.into(), "nobody occupies a node for less");
    let done = world.by(STAKER, &stake(wei(STAKE)));
    let staked = IStaking::NodeStaked { node, staker, amount: wei(STAKE), total: wei(STAKE) };
    assert_eq!(events_of::<IStaking::NodeStaked>(world.staking, &done.logs), [staked]);
    let done = world.by(STAKER, &stake(wei(1)));
    assert_eq!(events_of::<IStaking::NodeStaked>(world.staking, &done.logs)[0].total, wei(STAKE + 1));

    let foreign = |staker, caller| IStaking::NotStaker { node, staker, caller };
    assert_eq!(world.refused(OTHER, &stake(wei(1))), foreign(staker, other).into());
    assert_eq!(world.refused(OTHER, &IStaking::unbondNodeCall { node }), foreign(staker, other).into());
    assert_eq!(world.refused(STAKER, &stake(U256::ZERO)), IStaking::ZeroAmount {}.into());
    let nobody = IStaking::stakeNodeCall { node: Address::ZERO, amount: wei(1) };
    assert_eq!(world.refused(STAKER, &nobody), IRuntime::ZeroAddress {}.into());
    let nothing = IStaking::StillBonded { account: node, releaseAt: 0, timestamp: world.now() };
    assert_eq!(world.refused(STAKER, &IStaking::withdrawNodeCall { node }), nothing.into());

    let done = world.by(STAKER, &IStaking::unbondNodeCall { node });
    let release_at = world.now() + UNBONDING;
    let unbonding = IStaking::NodeUnbonding { node, staker, amount: wei(STAKE + 1), releaseAt: release_at };
    assert_eq!(events_of::<IStaking::NodeUnbonding>(world.staking, &done.logs), [unbonding]);
    let held = world.get(&IStaking::nodeStakeCall { node });
    assert_eq!((held.amount, held.staker), (U256::ZERO, staker), "whose it is stays while it unbonds");
    assert!(!world.get(&IStaking::isNodeStakedCall { node }));
    assert_eq!(world.refused(STAKER, &IStaking::unbondNodeCall { node }), IStaking::ZeroAmount {}.into());
    assert_eq!(world.refused(OTHER, &stake(wei(STAKE))), foreign(staker, other).into(), "not free before all of it is gone");
    world.solo.pass(UNBONDING - 1);
    let early = IStaking::StillBonded { account: node, releaseAt: release_at, timestamp: world.now() };
    assert_eq!(world.refused(OTHER, &IStaking::withdrawNodeCall { node }), early.into());
    world.solo.pass(1);
    let done = world.by(OTHER, &IStaking::withdrawNodeCall { node });
    let withdrawn = IStaking::NodeWithdrawn { node, staker, amount: wei(STAKE + 1) };
    assert_eq!(events_of::<IStaking::NodeWithdrawn>(world.staking, &done.logs), [withdrawn]);
    assert_eq!(world.wallet(staker), wei(2 * STAKE));
    let gone = foreign(Address::ZERO, staker);
    assert_eq!(world.refused(STAKER, &IStaking::unbondNodeCall { node }), gone.into());
    world.accept(OTHER, node);
    world.by(OTHER, &stake(wei(STAKE)));
    assert_eq!(world.get(&IStaking::nodeStakeCall { node }).staker, other, "free for another");
    world.assert_conserved();
}

#[tokio::test]
async fn a_second_unbonding_joins_the_first_and_takes_the_later_release() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    world.solo.pass(3 * DAY);
    // While the first unbonds the node is staked again, and in service.
    world.stake_node(STAKER, node);
    assert!(world.get(&IStaking::isNodeStakedCall { node }));
    world.register(NODE, NODE);
    world.solo.pass(DAY);
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    let leaving = world.get(&IStaking::nodeUnbondingOfCall { node });
    assert_eq!((leaving.amount, leaving.releaseAt), (wei(2 * STAKE), world.now() + UNBONDING));
    world.solo.pass(3 * DAY);
    assert_eq!(
        world.refused(STAKER, &IStaking::withdrawNodeCall { node }).name(),
        "StillBonded",
        "the first release does not count"
    );
    world.solo.pass(UNBONDING - 3 * DAY);
    assert_eq!(world.by(STAKER, &IStaking::withdrawNodeCall { node }).returned, wei(2 * STAKE));
}

#[tokio::test]
async fn a_batch_pays_each_staker_and_passes_over_what_is_not_ripe() {
    let world = World::start().await;
    let nodes: Vec<_> = (1..=5).map(Address::repeat_byte).collect();
    for (node, staker) in nodes.iter().zip([STAKER, STAKER, OTHER, STAKER, STAKER]) {
        world.stake_node(staker, *node);
    }
    for (node, staker) in nodes.iter().zip([STAKER, STAKER, OTHER, STAKER]) {
        world.by(staker, &IStaking::unbondNodeCall { node: *node });
    }
    world.solo.pass(UNBONDING);
    world.by(SLASHERS[0], &slash(nodes[1], COR));
    let twice = [&nodes[..], &nodes[..]].concat();
    let done = world.by(NODE, &IStaking::withdrawNodesCall { nodes: twice });
    assert_eq!(done.returned, wei(4 * STAKE - COR));
    assert_eq!(world.wallet(world.account(STAKER)), wei(3 * STAKE - COR));
    assert_eq!(world.wallet(world.account(OTHER)), wei(STAKE));
    let paid: Vec<_> = events_of::<IStaking::NodeWithdrawn>(world.staking, &done.logs).iter().map(|event| event.node).collect();
    assert_eq!(paid, nodes[..4]);
    world.assert_conserved();
}

#[tokio::test]
async fn the_pool_hears_of_stake_that_leaves_and_of_stake_that_is_back() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    world.register(NODE, NODE);
    let done = world.by(STAKER, &IStaking::unbondNodeCall { node });
    assert_eq!(
        events_of::<INodePool::NodeDraining>(world.pool, &done.logs),
        [INodePool::NodeDraining { node, by: world.staking }]
    );
    let unstaked = INodePool::NotStaked { node };
    assert_eq!(world.refused_in_pool(NODE, &INodePool::resumeCall {}), unstaked.into());
    world.stake_node(STAKER, node);
    let done = world.in_pool(NODE, &INodePool::resumeCall {});
    assert_eq!(events_of::<INodePool::NodeResumed>(world.pool, &done.logs), [INodePool::NodeResumed { node }]);
    assert_eq!(world.solo.get(world.pool, &INodePool::eligibilityCall { node, modelIdentifier: 1 }), 0);
}

#[tokio::test]
async fn earnings_belong_where_the_staker_says() {
    let world = World::start().await;
    let (node, staker, other) = (world.account(NODE), world.account(STAKER), world.account(OTHER));
    let [first, second] = [Address::repeat_byte(0xaa), Address::repeat_byte(0xbb)];
    let payout = || world.get(&IStaking::payoutOfCall { node });
    let set = |to| IStaking::setPayoutCall { node, to };
    assert_eq!(payout(), node, "nobody stakes");
    let nobody = IStaking::NotStaker { node, staker: Address::ZERO, caller: staker };
    assert_eq!(world.refused(STAKER, &set(first)), nobody.into());
    world.stake_node(STAKER, node);
    assert_eq!(payout(), staker, "by default");
    let foreign = IStaking::NotStaker { node, staker, caller: node };
    assert_eq!(world.refused(NODE, &set(first)), foreign.into(), "the node's key does not turn earnings away");
    assert_eq!(world.refused(STAKER, &set(Address::ZERO)), IRuntime::ZeroAddress {}.into());

    let done = world.by(STAKER, &set(first));
    let at_once = IStaking::PayoutSet { node, to: first, effectiveAt: world.now() };
    assert_eq!(events_of::<IStaking::PayoutSet>(world.staking, &done.logs), [at_once]);
    assert_eq!(payout(), first);
    let done = world.by(STAKER, &set(second));
    let later = IStaking::PayoutSet { node, to: second, effectiveAt: world.now() + DELAY };
    assert_eq!(events_of::<IStaking::PayoutSet>(world.staking, &done.logs), [later]);
    world.solo.pass(DELAY - 1);
    assert_eq!(payout(), first);
    world.solo.pass(1);
    assert_eq!(payout(), second);

    // It outlives the stake, also if the same staker comes back, until another account stakes.
    for _ in 0..2 {
        world.by(STAKER, &IStaking::unbondNodeCall { node });
        world.solo.pass(UNBONDING);
        world.by(STAKER, &IStaking::withdrawNodeCall { node });
        assert_eq!(payout(), second);
        world.stake_node(STAKER, node);
        assert_eq!(payout(), second);
    }
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    world.solo.pass(UNBONDING);
    world.by(STAKER, &IStaking::withdrawNodeCall { node });
    world.fund(OTHER, STAKE);
    world.accept(OTHER, node);
    let done = world.by(OTHER, &IStaking::stakeNodeCall { node, amount: wei(STAKE) });
    let forgotten = IStaking::PayoutSet { node, to: Address::ZERO, effectiveAt: world.now() };
    assert_eq!(events_of::<IStaking::PayoutSet>(world.staking, &done.logs), [forgotten]);
    assert_eq!(payout(), other);
}

/// With the stake its owner's word was gone: what the node had earned and not been paid was the node key's, or of whoever had that.
#[tokio::test]
async fn earnings_are_the_last_stakers_when_the_stake_has_left() {
    let world = World::start().await;
    let (node, staker, other) = (world.account(NODE), world.account(STAKER), world.account(OTHER));
    let payout = || world.get(&IStaking::payoutOfCall { node });
    world.stake_node(STAKER, node);
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    assert_eq!(payout(), staker, "while it unbonds");
    world.solo.pass(UNBONDING);
    world.by(STAKER, &IStaking::withdrawNodeCall { node });
    assert_eq!(payout(), staker);
    assert_eq!(world.get(&IStaking::nodeStakeCall { node }).staker, Address::ZERO, "it stakes no more");
    // The next staker's, from its first stake on; without an event, since nobody had said anything else.
    world.accept(OTHER, node);
    world.fund(OTHER, STAKE);
    let done = world.by(OTHER, &IStaking::stakeNodeCall { node, amount: wei(STAKE) });
    assert!(events_of::<IStaking::PayoutSet>(world.staking, &done.logs).is_empty());
    assert_eq!(payout(), other);
    // Slashed away it is that one's all the same.
    world.by(SLASHERS[0], &slash(node, u128::MAX));
    assert_eq!((payout(), world.get(&IStaking::nodeStakeCall { node }).staker), (other, Address::ZERO));
    assert_eq!(world.get(&IStaking::payoutOfCall { node: staker }), staker, "who was never staked for");
}
