//! A node's people: its operator consents, its operator and its staker let it drain and leave. And whom the pool asks.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolValue,
};
use cor_core::limits::{MODULE_DELAY_MAX_SECS, MODULE_DELAY_MIN_SECS};
use cor_kit::solo::Refused;
use cor_sol::{
    ContractError, node_pool::INodePool, runtime::IRuntime, session_payment_table::ISessionPaymentTable, staking::IStaking,
};

use crate::staking::world::{DELAY, FREE, NODE, OPERATOR, OTHER, OWNER, STAKER, UNBONDING, World, events_of};

fn register(world: &World, operator: usize) -> INodePool::registerCall {
    let operator = world.account(operator);
    INodePool::registerCall { operator, models: vec![1], capacity: 1, hardwareClass: 0, version: 1_000 }
}

/// Finding 6c: anyone registered a node under a victim's name, after which no task took both, so that the victim's node was left out.
#[tokio::test]
async fn nobody_registers_under_a_name_that_did_not_consent() {
    let world = World::start().await;
    let (node, victim) = (world.account(NODE), world.account(OPERATOR));
    for index in [NODE, OPERATOR] {
        world.stake_node(STAKER, world.account(index));
    }
    world.in_pool(OPERATOR, &register(&world, OPERATOR));
    let missing = INodePool::ConsentMissing { operator: victim, node };
    assert_eq!(world.refused_in_pool(NODE, &register(&world, OPERATOR)), missing.clone().into());
    world.in_pool(NODE, &register(&world, NODE));
    assert_eq!([node, victim].map(|node| world.node(node).operator), [node, victim]);

    // With consent, which is for one node and can be taken back.
    let done = world.in_pool(OPERATOR, &INodePool::consentCall { node, allowed: true });
    let set = INodePool::ConsentSet { operator: victim, node, allowed: true };
    assert_eq!(events_of::<INodePool::ConsentSet>(world.pool, &done.logs), [set]);
    world.in_pool(NODE, &INodePool::deregisterCall {});
    world.in_pool(NODE, &register(&world, OPERATOR));
    assert_eq!(world.node(node).operator, victim);
    let other = INodePool::ConsentMissing { operator: victim, node: world.account(FREE) };
    assert_eq!(world.refused_in_pool(FREE, &register(&world, OPERATOR)), other.into());
    world.in_pool(OPERATOR, &INodePool::consentCall { node, allowed: false });
    assert!(world.node(node).registered, "who is registered stays so");
    world.in_pool(OPERATOR, &INodePool::deregisterForCall { node });
    assert_eq!(world.refused_in_pool(NODE, &register(&world, OPERATOR)), missing.into());
    let asked = |operator| world.solo.get(world.pool, &INodePool::consentedCall { operator, node });
    assert_eq!((asked(victim), asked(node)), (false, true));
}

#[tokio::test]
async fn operator_and_staker_drain_and_deregister_without_the_nodes_key() {
    for index in [OPERATOR, STAKER, NODE] {
        let world = World::start().await;
        let node = world.account(NODE);
        world.stake_node(STAKER, node);
        world.register(NODE, OPERATOR);
        let (drain, leave) = (INodePool::drainCall { node }, INodePool::deregisterForCall { node });
        let required = world.account(OPERATOR);
        let foreign = IRuntime::Unauthorized { caller: world.account(OTHER), required };
        assert_eq!(world.refused_in_pool(OTHER, &drain), foreign.clone().into());
        assert_eq!(world.refused_in_pool(OTHER, &leave), foreign.into());
        world.solo.undoing(|| drop(world.in_pool(index, &leave)));

        let done = world.in_pool(index, &drain);
        assert_eq!(events_of::<INodePool::NodeDraining>(world.pool, &done.logs), [draining_by(&world, index)]);
        let shown = world.node(node);
        assert_eq!((shown.registered, shown.draining), (true, true));
        let done = world.in_pool(index, &drain);
        assert!(events_of::<INodePool::NodeDraining>(world.pool, &done.logs).is_empty(), "once");
        let done = world.in_pool(OTHER, &leave);
        assert_eq!(events_of::<INodePool::NodeDeregistered>(world.pool, &done.logs), [INodePool::NodeDeregistered { node }]);
        let absent = INodePool::NotRegistered { node };
        assert_eq!(world.refused_in_pool(index, &drain), absent.clone().into());
        assert_eq!(world.refused_in_pool(index, &leave), absent.into());
    }
}

/// The staker stays the staker while its stake unbonds; once that is withdrawn anyone clears the node away.
#[tokio::test]
async fn a_node_without_stake_is_anyones_to_clear_away() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    world.register(NODE, NODE);
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    world.stake_node(STAKER, node);
    world.in_pool(NODE, &INodePool::resumeCall {});
    assert_eq!(world.refused_in_pool(OTHER, &INodePool::drainCall { node }).name(), "Unauthorized", "it is staked again");
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    world.solo.pass(UNBONDING);
    world.by(STAKER, &IStaking::withdrawNodeCall { node });
    world.in_pool(OTHER, &INodePool::drainCall { node });
    world.in_pool(OTHER, &INodePool::deregisterForCall { node });
    // Of a node that is not registered the pool hears without an error.
    world.stake_node(STAKER, node);
    let done = world.by(STAKER, &IStaking::unbondNodeCall { node });
    assert!(events_of::<INodePool::NodeDraining>(world.pool, &done.logs).is_empty());
}

/// A node that its operator or its staker had drained resumed in the next block.
#[tokio::test]
async fn a_node_undoes_no_drain_of_its_people() {
    for (index, own) in [(OPERATOR, false), (STAKER, false), (STAKER, true)] {
        let world = World::start().await;
        let node = world.account(NODE);
        let operator = if own { NODE } else { OPERATOR };
        world.stake_node(STAKER, node);
        world.register(NODE, operator);
        let (drain, resume) = (INodePool::drainCall { node }, INodePool::resumeCall {});
        // Its own it undoes itself; and one that came before says nothing of the later one.
        world.in_pool(NODE, &drain);
        world.in_pool(NODE, &resume);
        world.in_pool(NODE, &drain);
        let done = world.in_pool(index, &drain);
        assert_eq!(events_of::<INodePool::NodeDraining>(world.pool, &done.logs), [draining_by(&world, index)]);
        let before = world.node(node);
        assert!(before.draining && before.registered);
        assert_eq!(world.refused_in_pool(NODE, &resume), held_by(&world, index, operator), "by account {index}");
        let (staker, resume_for) = (world.account(STAKER), INodePool::resumeForCall { node });
        assert_eq!(
            world.refused_in_pool(OTHER, &resume_for),
            IRuntime::Unauthorized { caller: world.account(OTHER), required: staker }.into()
        );
        if index == OPERATOR {
            // The staker does not speak for the operator.
            let set = INodePool::ConsentSet { operator: world.account(OPERATOR), node, allowed: false };
            assert_eq!(events_of::<INodePool::ConsentSet>(world.pool, &done.logs), [set]);
            assert_eq!(world.refused_in_pool(STAKER, &resume_for), held_by(&world, index, operator));
            world.in_pool(OPERATOR, &INodePool::consentCall { node, allowed: true });
            world.in_pool(NODE, &resume);
        } else {
            // The operator's word does not end it, and does not replace it.
            if !own {
                let done = world.in_pool(OPERATOR, &drain);
                assert_eq!(events_of::<INodePool::NodeDraining>(world.pool, &done.logs), [draining_by(&world, OPERATOR)]);
                world.in_pool(OPERATOR, &INodePool::consentCall { node, allowed: true });
            }
            world.in_pool(NODE, &drain);
            assert_eq!(world.refused_in_pool(NODE, &resume), held_by(&world, index, operator));
            let done = world.in_pool(STAKER, &resume_for);
            assert_eq!(events_of::<INodePool::NodeResumed>(world.pool, &done.logs), [INodePool::NodeResumed { node }]);
        }
        assert_eq!(eligibility(&world), 0);
        assert_eq!(world.refused_in_pool(STAKER, &resume_for), INodePool::NotDraining { node }.into());
    }
}

fn draining_by(world: &World, index: usize) -> INodePool::NodeDraining {
    INodePool::NodeDraining { node: world.account(NODE), by: world.account(index) }
}

/// What the node is told that account `stopper` stopped.
fn held_by(world: &World, stopper: usize, operator: usize) -> ContractError {
    let (node, required) = (world.account(NODE), world.account(stopper));
    if stopper == operator {
        INodePool::ConsentMissing { operator: required, node }.into()
    } else {
        IRuntime::Unauthorized { caller: node, required }.into()
    }
}

fn eligibility(world: &World) -> u8 {
    world.solo.get(world.pool, &INodePool::eligibilityCall { node: world.account(NODE), modelIdentifier: 1 })
}

/// A node left the pool and registered anew under its own name, or while its stake was on its way out and back, and what its people had stopped was in
/// service; who was operator and staker at once could not stop it at all.
#[tokio::test]
async fn what_its_people_stopped_stays_stopped_through_a_new_registration() {
    for (stopper, operator, staker) in
        [(OPERATOR, OPERATOR, STAKER), (STAKER, OPERATOR, STAKER), (STAKER, NODE, STAKER), (OPERATOR, OPERATOR, OPERATOR)]
    {
        let world = World::start().await;
        let node = world.account(NODE);
        world.stake_node(staker, node);
        world.register(NODE, operator);
        world.in_pool(OTHER, &INodePool::consentCall { node, allowed: true });
        let held = held_by(&world, stopper, operator);
        let nowhere = |when: &str| {
            for name in [NODE, operator, OTHER] {
                assert_eq!(world.refused_in_pool(NODE, &register(&world, name)), held, "by {stopper}, {when}, under {name}");
            }
        };
        let done = world.in_pool(stopper, &INodePool::drainCall { node });
        assert_eq!(events_of::<INodePool::NodeDraining>(world.pool, &done.logs), [draining_by(&world, stopper)]);
        assert_eq!(world.refused_in_pool(NODE, &INodePool::resumeCall {}), held);
        world.in_pool(NODE, &INodePool::deregisterCall {});
        nowhere("after leaving");
        world.by(staker, &IStaking::unbondNodeCall { node });
        world.stake_node(staker, node);
        nowhere("with its stake out and in");
        world.solo.pass(UNBONDING);
        world.by(OTHER, &IStaking::withdrawNodeCall { node });
        nowhere("with the old stake withdrawn");

        // Nobody else lifts it.
        let (resume_for, absent) = (INodePool::resumeForCall { node }, INodePool::NotRegistered { node });
        for other in [NODE, OTHER, OPERATOR, STAKER].into_iter().filter(|index| *index == OPERATOR || *index != stopper) {
            assert_eq!(world.refused_in_pool(other, &resume_for), absent.clone().into(), "by {other}");
        }
        if stopper == operator {
            world.in_pool(operator, &INodePool::consentCall { node, allowed: true });
        } else {
            let done = world.in_pool(stopper, &resume_for);
            assert_eq!(events_of::<INodePool::NodeResumed>(world.pool, &done.logs), [INodePool::NodeResumed { node }]);
            assert_eq!(world.refused_in_pool(stopper, &resume_for), absent.into(), "once");
        }
        world.in_pool(NODE, &register(&world, NODE));
        assert_eq!(eligibility(&world), 0);
    }
}

#[tokio::test]
async fn a_staker_whose_stake_has_left_has_no_word() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    world.register(NODE, NODE);
    world.in_pool(STAKER, &INodePool::drainCall { node });
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    world.solo.pass(UNBONDING);
    world.by(STAKER, &IStaking::withdrawNodeCall { node });
    world.stake_node(OTHER, node);
    let foreign = IRuntime::Unauthorized { caller: world.account(STAKER), required: world.account(OTHER) };
    assert_eq!(world.refused_in_pool(STAKER, &INodePool::resumeForCall { node }), foreign.into());
    world.in_pool(NODE, &INodePool::resumeCall {});
    assert_eq!(eligibility(&world), 0);
    // It is gone, and does not come back with its stake.
    world.by(OTHER, &IStaking::unbondNodeCall { node });
    world.solo.pass(UNBONDING);
    world.by(OTHER, &IStaking::withdrawNodeCall { node });
    world.stake_node(STAKER, node);
    world.in_pool(NODE, &INodePool::resumeCall {});
    assert_eq!(eligibility(&world), 0);
}

/// Without its operator's consent a node does not come back, also if it began to drain by itself.
#[tokio::test]
async fn no_node_resumes_under_a_name_that_was_taken_back() {
    let world = World::start().await;
    let (node, operator) = (world.account(NODE), world.account(OPERATOR));
    world.stake_node(STAKER, node);
    world.register(NODE, OPERATOR);
    world.in_pool(NODE, &INodePool::drainCall { node });
    world.in_pool(OPERATOR, &INodePool::consentCall { node, allowed: false });
    let missing = INodePool::ConsentMissing { operator, node };
    assert_eq!(world.refused_in_pool(NODE, &INodePool::resumeCall {}), missing.into());
    world.in_pool(OPERATOR, &INodePool::consentCall { node, allowed: true });
    world.in_pool(NODE, &INodePool::resumeCall {});
    assert_eq!(world.refused_in_pool(STAKER, &INodePool::resumeForCall { node: world.account(FREE) }).name(), "NotRegistered");
}

#[tokio::test]
async fn a_hardware_class_is_one_of_three() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    for class in [3, u8::MAX] {
        let [value, min, max] = [class, 0, 2].map(U256::from);
        let range = ISessionPaymentTable::InputOutOfRange { field: B256::right_padding_from(b"hardwareClass"), value, min, max };
        let call = INodePool::registerCall { hardwareClass: class, ..register(&world, NODE) };
        assert_eq!(world.refused_in_pool(NODE, &call), range.into());
    }
    world.in_pool(NODE, &INodePool::registerCall { hardwareClass: 2, ..register(&world, NODE) });
    assert_eq!(world.node(node).hardwareClass, 2);
}

/// Finding 9: a node's version could not be changed, so a higher minimum shut it out until it registered anew.
#[tokio::test]
async fn a_node_tells_of_new_software() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    let set = |version| INodePool::setVersionCall { version };
    assert_eq!(world.refused_in_pool(NODE, &set(1)), INodePool::NotRegistered { node }.into());
    world.register(NODE, NODE);
    world.in_pool(OWNER, &INodePool::setMinNodeVersionCall { version: 2_000 });
    world.solo.pass(DELAY);
    let eligibility = || world.solo.get(world.pool, &INodePool::eligibilityCall { node, modelIdentifier: 1 });
    assert_eq!(eligibility(), 3);
    let old = INodePool::VersionTooOld { version: 1_999, minimum: 2_000 };
    assert_eq!(world.refused_in_pool(NODE, &set(1_999)), old.into());
    let done = world.in_pool(NODE, &set(2_000));
    let changed = INodePool::NodeVersionChanged { node, version: 2_000 };
    assert_eq!(events_of::<INodePool::NodeVersionChanged>(world.pool, &done.logs), [changed]);
    assert_eq!((eligibility(), world.node(node).version, world.node(node).registrationEpoch), (0, 2_000, 1));
}

/// A raise without a delay shut every node out whose operator was not asked.
#[tokio::test]
async fn a_higher_minimum_waits_once_any_node_has_registered() {
    let world = World::closed().await;
    let set = |world: &World, version: u64, secs: u64| {
        let done = world.in_pool(OWNER, &INodePool::setMinNodeVersionCall { version });
        let said = INodePool::MinNodeVersionSet { version, effectiveAt: world.now() + secs };
        assert_eq!(events_of::<INodePool::MinNodeVersionSet>(world.pool, &done.logs), [said]);
    };
    set(&world, 7, 0);
    assert_eq!(world.solo.get(world.pool, &INodePool::minNodeVersionCall {}), 7, "while it is set up");

    let world = World::start().await;
    let minimum = || {
        let next = world.solo.get(world.pool, &INodePool::nextMinNodeVersionCall {});
        (world.solo.get(world.pool, &INodePool::minNodeVersionCall {}), next.version, next.effectiveAt)
    };
    for version in [900, 1_000] {
        set(&world, version, 0);
        assert_eq!(minimum(), (version, 0, 0), "open, and without nodes");
    }
    world.stake_node(STAKER, world.account(NODE));
    world.register(NODE, NODE);
    set(&world, 3_000, DELAY);
    world.solo.pass(DELAY - 1);
    let early = (1_000, 3_000, world.now() + 1);
    assert_eq!(minimum(), early);
    world.solo.undoing(|| {
        world.solo.pass(1);
        assert_eq!(minimum(), (3_000, 0, 0));
        set(&world, 2_000, 0);
        assert_eq!(minimum(), (2_000, 0, 0), "lower at once");
    });
    // In its place, which waits anew, also when it is less high.
    set(&world, 2_000, DELAY);
    assert_eq!(minimum(), (1_000, 2_000, world.now() + DELAY));
    set(&world, 1_000, 0);
    assert_eq!(minimum(), (1_000, 0, 0), "the present one withdraws it");
    // Having lowered it, and having no node any more, are no ways around the delay.
    world.in_pool(NODE, &INodePool::deregisterCall {});
    set(&world, 0, 0);
    set(&world, 1, DELAY);
    assert_eq!(minimum(), (0, 1, world.now() + DELAY));
    set(&world, 0, 0);
    world.solo.pass(DELAY);
    assert_eq!(minimum(), (0, 0, 0));
}

#[tokio::test]
async fn staking_acts_at_once_before_opening_and_after_the_delay_from_then_on() {
    let world = World::closed().await;
    let [a, b] = [Address::repeat_byte(0xa), Address::repeat_byte(0xb)];
    let staking = |peer| INodePool::setStakingCall { peer };
    let open = INodePool::openCall {};
    assert_eq!(world.refused_in_pool(NODE, &register(&world, NODE)), cor_sol::vault::IVault::NotOpen {}.into());
    assert_eq!(world.refused_in_pool(OWNER, &open), IRuntime::ZeroAddress {}.into(), "without Staking");
    assert_eq!(world.refused_in_pool(OWNER, &staking(Address::ZERO)), IRuntime::ZeroAddress {}.into());
    let done = world.in_pool(OWNER, &staking(a));
    let set = INodePool::StakingSet { staking: a, effectiveAt: world.now() };
    assert_eq!(events_of::<INodePool::StakingSet>(world.pool, &done.logs), [set]);
    let done = world.in_pool(OWNER, &open);
    assert_eq!(events_of::<INodePool::Opened>(world.pool, &done.logs), [INodePool::Opened {}]);
    assert_eq!(world.refused_in_pool(OWNER, &open), cor_sol::vault::IVault::AlreadyOpen {}.into());
    assert!(world.solo.get(world.pool, &INodePool::isOpenCall {}));
    assert_eq!(world.solo.get(world.pool, &INodePool::delaySecsCall {}), DELAY);

    let at = world.now() + DELAY;
    world.in_pool(OWNER, &staking(b));
    let shown = || {
        let staking = world.solo.get(world.pool, &INodePool::stakingCall {});
        (staking.current, staking.next, staking.effectiveAt)
    };
    world.solo.pass(DELAY - 1);
    assert_eq!(shown(), (a, b, at));
    world.solo.pass(1);
    assert_eq!(shown(), (b, Address::ZERO, 0));
}

/// At worst the owner names a Staking of its own: it drains whom it likes, and lets nobody resume. Everybody sees it come.
#[tokio::test]
async fn a_staking_of_the_owners_drains_whom_it_likes_after_the_delay() {
    let world = World::start().await;
    let (node, own) = (world.account(NODE), world.account(FREE));
    world.stake_node(STAKER, node);
    world.register(NODE, OPERATOR);
    world.in_pool(OWNER, &INodePool::setStakingCall { peer: own });
    let left = INodePool::stakeLeftCall { node };
    world.solo.pass(DELAY - 1);
    assert_eq!(world.refused_in_pool(FREE, &left), IRuntime::Unauthorized { caller: own, required: world.staking }.into());
    world.solo.pass(1);
    let done = world.in_pool(FREE, &left);
    assert_eq!(events_of::<INodePool::NodeDraining>(world.pool, &done.logs), [draining_by(&world, FREE)]);
    assert_eq!(eligibility(&world), 4);
    // Whoever says who has stake says who serves: it lets nobody resume, and its own register with none.
    let says = |word: u8| {
        let code = vec![0x60, word, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];
        world.solo.chain().writer().set_code(own, code.into()).expect("code is laid");
    };
    says(0);
    assert_eq!(world.refused_in_pool(NODE, &INodePool::resumeCall {}).name(), "NotStaked");
    says(1);
    let unstaked = world.account(OTHER);
    world.in_pool(OTHER, &INodePool::registerCall { operator: unstaked, ..register(&world, OTHER) });
    assert!(world.node(unstaked).registered);
    assert_eq!(world.solo.get(world.staking, &IStaking::nodeStakeCall { node: unstaked }).amount, U256::ZERO);
    // Its stake is not in the pool's hands.
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    world.solo.pass(UNBONDING);
    world.by(STAKER, &IStaking::withdrawNodeCall { node });
}

#[tokio::test]
async fn the_delay_has_bounds() {
    let world = World::closed().await;
    let placed = world.solo.place("NodePool");
    let construct = |delay: u64| {
        world.solo.undoing(|| world.solo.construct(placed, &(world.account(OWNER), delay).abi_encode_params()).map(drop))
    };
    for delay in [MODULE_DELAY_MIN_SECS, MODULE_DELAY_MAX_SECS] {
        assert_eq!(construct(delay), Ok(()));
    }
    for delay in [MODULE_DELAY_MIN_SECS - 1, MODULE_DELAY_MAX_SECS + 1, u64::MAX] {
        let [value, min, max] = [delay, MODULE_DELAY_MIN_SECS, MODULE_DELAY_MAX_SECS].map(U256::from);
        let range = ISessionPaymentTable::InputOutOfRange { field: B256::right_padding_from(b"delaySecs"), value, min, max };
        assert_eq!(construct(delay), Err(Refused::Known(range.into())));
    }
}
