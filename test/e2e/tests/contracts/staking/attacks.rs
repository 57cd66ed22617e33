//! What the owner, a payer's queue, a pool or a lost key once could do to stake, and the numbers that it did.

use alloy::primitives::{Address, U256};
use cor_core::limits::{MODULE_DELAY_MAX_SECS, SLASHER_NOTICE_SECS, STAKE_LEFT_GAS, STAKE_LEFT_MARGIN_GAS, UNBONDING_MIN_SECS};
use cor_kit::{COR, solo::Refused};
use cor_sol::{ContractError, node_pool::INodePool, staking::IStaking, vault::IVault};

use super::world::{
    CAPS, DAY, DELAY, GUARDIAN, NODE, OPERATOR, OTHER, OWNER, SLASHERS, STAKE, STAKER, UNBONDING, World, events_of, slash, wei,
};

/// Answers every call with the number 1: `true` for a token and for "is registered".
const YES: [u8; 8] = [0x60, 1, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];
/// Reverts.
const NO: [u8; 3] = [0x5f, 0x5f, 0xfd];
/// Runs in a circle until its gas is gone.
const BURNS: [u8; 3] = [0x5b, 0x5f, 0x56];
/// Stores how much gas it has.
const RECORDS_GAS: [u8; 3] = [0x5a, 0x5f, 0x55];
/// Answers with 448 KiB of zeros.
const ANSWERS_MUCH: [u8; 6] = [0x62, 0x07, 0, 0, 0x5f, 0xf3];

/// Seven nodes of one staker.
fn seven(world: &World) -> Vec<Address> {
    let nodes: Vec<_> = (1..=7).map(Address::repeat_byte).collect();
    nodes.iter().for_each(|node| world.stake_node(STAKER, *node));
    assert_eq!(world.wallet(world.staking), wei(7 * STAKE));
    nodes
}

/// Finding 3a: the owner wired a fake token, staked it, wired COR back and unbonded 70,000 of 70,000 COR. Now the token is fixed.
#[tokio::test]
async fn no_owner_changes_the_token() {
    let world = World::start().await;
    seven(&world);
    let fake = world.place(&YES);
    // No function names a token: the old one is unknown, and whatever the owner sets leaves the token as it is.
    let old = [&alloy::primitives::keccak256("wire(address,address,address,address)")[..4], &[0; 128]].concat();
    let refused = world.solo.transact(world.account(OWNER), world.staking, old);
    assert!(matches!(refused, Err(cor_kit::solo::Refused::Other(data)) if data.is_empty()));
    world.by(OWNER, &IStaking::setNodePoolCall { pool: fake });
    world.by(OWNER, &IStaking::setTreasuryCall { sessionPayment: fake });
    world.solo.pass(DELAY);
    assert_eq!(world.get(&IStaking::tokenCall {}), world.token);
    let penniless = world.refused(OWNER, &IStaking::stakeCall { amount: wei(70_000 * COR) });
    assert_eq!(penniless.name(), "ERC20InsufficientAllowance", "COR itself is asked");
    assert_eq!(world.wallet(world.account(OWNER)), U256::ZERO);
    world.assert_conserved();
}

/// Findings 3b and 3c: as its queue the owner slashed everybody at once, 70,000 of 70,000 COR. Now it must name itself twelve days ahead, in which
/// all stake leaves, and a slasher that nobody minds takes its cap of a day.
#[tokio::test]
async fn an_owner_that_names_itself_slasher_finds_nobody() {
    let world = World::start().await;
    let nodes = seven(&world);
    let unknown = cor_sol::vault::IVault::ModuleUnknown { module: world.account(OWNER) };
    assert_eq!(world.refused(OWNER, &slash(nodes[0], STAKE)), unknown.into());
    let (active_at, cap) = (world.now() + DELAY, wei(20_000 * COR));
    world.by(OWNER, &IStaking::proposeModuleCall { module: world.account(OWNER), cap });
    let early = cor_sol::vault::IVault::ModuleNotActive { module: world.account(OWNER), activeAt: active_at };
    assert_eq!(world.refused(OWNER, &slash(nodes[0], STAKE)), early.into());

    // Whoever reads of it within three days has left wholly a moment before it acts.
    world.solo.pass(DELAY - UNBONDING - 1);
    for node in &nodes[..5] {
        world.by(STAKER, &IStaking::unbondNodeCall { node: *node });
    }
    world.solo.pass(UNBONDING);
    assert_eq!(world.now(), active_at - 1);
    assert_eq!(world.refused(OWNER, &slash(nodes[0], STAKE)), early_at(&world, active_at).into());
    let paid = world.by(OTHER, &IStaking::withdrawNodesCall { nodes: nodes.clone() }).returned;
    assert_eq!((paid, world.wallet(world.account(STAKER))), (wei(5 * STAKE), wei(5 * STAKE)));

    // Of who stayed it takes its cap of the day and no more: 20,000 instead of 70,000.
    world.solo.pass(1);
    let taken: U256 = nodes.iter().map(|node| world.by(OWNER, &slash(*node, u128::MAX)).returned.taken).sum();
    assert_eq!(taken, cap);
    world.assert_conserved();
}

fn early_at(world: &World, active_at: u64) -> cor_sol::vault::IVault::ModuleNotActive {
    cor_sol::vault::IVault::ModuleNotActive { module: world.account(OWNER), activeAt: active_at }
}

/// A slasher that is active and turns bad takes its cap of each day, not 70,000 at once. Closing it only bounds how long: it takes what its open tasks
/// may cost for as long as stake unbonds.
#[tokio::test]
async fn closing_a_slasher_that_turns_bad_leaves_it_its_cap_until_stake_has_unbonded() {
    let world = World::start().await;
    let nodes = seven(&world);
    let everybody = || -> U256 { nodes.iter().map(|node| world.by(SLASHERS[0], &slash(*node, u128::MAX)).returned.taken).sum() };
    assert_eq!((everybody(), everybody()), (wei(CAPS[0]), U256::ZERO));
    world.by(GUARDIAN, &IStaking::closeModuleCall { module: world.account(SLASHERS[0]) });
    world.solo.pass(DAY);
    assert_eq!((everybody(), everybody()), (wei(CAPS[0]), U256::ZERO), "closing alone does not stop it");
    world.solo.pass(UNBONDING - DAY + 1);
    assert_eq!(everybody(), U256::ZERO, "closed for longer than stake unbonds");
    assert_eq!(world.wallet(world.staking), wei(7 * STAKE));
}

/// What stops a slasher in the same second is a cap of nothing, which the guardian may set; before it is closed or after.
#[tokio::test]
async fn a_cap_of_nothing_stops_a_slasher_at_once() {
    for closed in [false, true] {
        let world = World::start().await;
        let (nodes, module) = (seven(&world), world.account(SLASHERS[0]));
        let everybody = || -> U256 { nodes.iter().map(|node| world.by(SLASHERS[0], &slash(*node, COR)).returned.taken).sum() };
        assert_eq!(everybody(), wei(7 * COR));
        if closed {
            world.by(GUARDIAN, &IStaking::closeModuleCall { module });
        }
        world.by(GUARDIAN, &IStaking::setModuleCapCall { module, cap: U256::ZERO });
        assert_eq!(everybody(), U256::ZERO, "in the same second");
        for _ in 0..UNBONDING / DAY {
            world.solo.pass(DAY);
            assert_eq!(everybody(), U256::ZERO);
        }
    }
}

/// The owner raised the cap to everything, the guardian closed the slasher, and the raise came into force all the same while it was closing.
#[tokio::test]
async fn a_raise_that_waits_does_not_survive_closing() {
    let world = World::start().await;
    let (nodes, module) = (seven(&world), world.account(SLASHERS[0]));
    world.by(OWNER, &IStaking::setModuleCapCall { module, cap: U256::MAX });
    world.solo.pass(DELAY - DAY);
    world.by(GUARDIAN, &IStaking::closeModuleCall { module });
    world.solo.pass(DAY);
    assert_eq!(world.get(&IStaking::moduleOfCall { module }).cap, wei(CAPS[0]));
    let taken: U256 = nodes.iter().map(|node| world.by(SLASHERS[0], &slash(*node, u128::MAX)).returned.taken).sum();
    assert_eq!(taken, wei(CAPS[0]));
}

/// Whoever reads of a slasher on the second day, since a sequencer kept it out for one, has everything back before that acts, with a day to spare for
/// the withdrawal to be kept out as well.
#[tokio::test]
async fn who_begins_to_leave_two_days_after_a_proposal_is_gone_a_day_before_it_acts() {
    for unbonding in [UNBONDING_MIN_SECS, UNBONDING, MODULE_DELAY_MAX_SECS - SLASHER_NOTICE_SECS] {
        let world = World::waiting(unbonding, unbonding + SLASHER_NOTICE_SECS).await;
        let node = world.account(NODE);
        world.stake_node(STAKER, node);
        let module = world.account(OWNER);
        world.by(OWNER, &IStaking::proposeModuleCall { module, cap: U256::MAX });
        let active_at = world.get(&IStaking::moduleOfCall { module }).activeAt;
        world.solo.pass(2 * DAY);
        world.by(STAKER, &IStaking::unbondNodeCall { node });
        world.solo.pass(unbonding);
        assert_eq!(world.now() + DAY, active_at);
        assert_eq!(world.by(OTHER, &IStaking::withdrawNodeCall { node }).returned, wei(STAKE));
        world.solo.pass(DAY);
        assert_eq!(world.by(OWNER, &slash(node, u128::MAX)).returned.taken, U256::ZERO);
    }
}

/// With little gas, the notice to the pool failed for want of it and the unbonding did not: the node took tasks on that no stake answered for.
#[tokio::test]
async fn nobody_unbonds_with_too_little_gas_for_the_pool_to_hear_of_it() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    world.register(NODE, NODE);
    let needed = STAKE_LEFT_GAS + STAKE_LEFT_MARGIN_GAS;
    let mut refused = 0;
    for gas in (100_000..1_000_000).step_by(20_000) {
        world.solo.undoing(|| {
            let sent = world.solo.with_gas(world.account(STAKER), world.staking, &IStaking::unbondNodeCall { node }, gas);
            match sent {
                Ok(_) => assert!(world.node(node).draining, "the pool heard of it with {gas} gas"),
                Err(Refused::Known(ContractError::NotEnoughGas(error))) => {
                    assert!(error.left < error.needed && error.needed == U256::from(needed), "{error:?}");
                    refused += 1;
                }
                // Less than the call itself takes before it looks.
                Err(Refused::Other(data)) => assert!(data.is_empty() && gas < 300_000, "{gas} gas: {data}"),
                Err(other) => panic!("{other:?}"),
            }
        });
    }
    assert!(refused > 10, "{refused}");
    let done = world.by(STAKER, &IStaking::unbondNodeCall { node });
    assert!(world.node(node).draining && done.gas_used < STAKE_LEFT_GAS);
}

/// The gas that was asked for did not cover what is spent until the pool has its own: the node's two words are written then, and the pool's is read.
/// Whatever the limit, either nothing happens, or the stake unbonds and the pool has had all the gas that it is promised.
#[tokio::test]
async fn no_starved_call_leaves_half_a_state() {
    for (name, code) in [("counts its gas", &RECORDS_GAS[..]), ("burns", &BURNS)] {
        let world = World::start().await;
        let node = world.account(NODE);
        world.stake_node(STAKER, node);
        world.solo.chain().writer().set_code(world.pool, code.to_vec().into()).expect("code is laid");
        let stake = || {
            let (held, leaving) =
                (world.get(&IStaking::nodeStakeCall { node }), world.get(&IStaking::nodeUnbondingOfCall { node }));
            (held.amount, leaving.amount)
        };
        let (whole, left) = ((wei(STAKE), U256::ZERO), (U256::ZERO, wei(STAKE)));
        // Whether it went through; checked to be all or nothing.
        let succeeds = |gas: u64| {
            world.solo.undoing(|| {
                let unbond = IStaking::unbondNodeCall { node };
                let done = world.solo.with_gas(world.account(STAKER), world.staking, &unbond, gas);
                assert_eq!(stake(), if done.is_ok() { left } else { whole }, "{name}, {gas} gas: {done:?}");
                if done.is_ok() && code == RECORDS_GAS {
                    let heard = world.solo.chain().storage(world.pool, U256::ZERO).expect("the slot is read");
                    // The instruction that tells it costs two.
                    assert_eq!(U256::from_be_bytes(heard.0), U256::from(STAKE_LEFT_GAS - 2), "of {gas} gas");
                }
                done.is_ok()
            })
        };
        let (mut fails, mut suffices) = (100_000, 2_000_000);
        assert!(!succeeds(fails) && succeeds(suffices));
        while suffices - fails > 1 {
            let middle = u64::midpoint(fails, suffices);
            if succeeds(middle) { suffices = middle } else { fails = middle }
        }
        for step in 0..60 {
            assert!(succeeds(suffices + step * 500), "{name}: from {suffices} on, at {step}");
            assert!(!succeeds(fails - step * 500), "{name}: up to {fails}, at {step}");
        }
        assert!(suffices > STAKE_LEFT_GAS + STAKE_LEFT_MARGIN_GAS, "{name}: {suffices}");
    }
}

/// A notice can fail with all its gas, and does then not hold the stake: that all of it has left is told the pool once more.
#[tokio::test]
async fn a_pool_that_missed_the_notice_hears_of_the_withdrawal() {
    for all_at_once in [false, true] {
        let world = World::start().await;
        let node = world.account(NODE);
        world.stake_node(STAKER, node);
        world.register(NODE, NODE);
        let lay = |code| world.solo.chain().writer().set_code(world.pool, code).expect("code is laid");
        let code = world.solo.chain().code(world.pool).expect("the pool has code");
        lay(BURNS.to_vec().into());
        world.by(STAKER, &IStaking::unbondNodeCall { node });
        lay(code);
        assert!(!world.node(node).draining, "it heard nothing");
        world.solo.pass(UNBONDING);
        if all_at_once {
            world.by(OTHER, &IStaking::withdrawNodesCall { nodes: vec![node] });
        } else {
            world.by(OTHER, &IStaking::withdrawNodeCall { node });
        }
        assert!(world.node(node).draining);
        world.in_pool(OTHER, &INodePool::deregisterForCall { node });
    }
}

/// Anyone can withdraw for a staker. A node whose stake is whole again is not drained by it.
#[tokio::test]
async fn withdrawing_the_old_stake_does_not_drain_a_node_that_is_staked_again() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    world.register(NODE, NODE);
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    world.stake_node(STAKER, node);
    world.in_pool(NODE, &INodePool::resumeCall {});
    world.solo.pass(UNBONDING);
    world.by(OTHER, &IStaking::withdrawNodeCall { node });
    assert!(!world.node(node).draining);
}

/// A treasury that takes nothing of what it was allowed kept the allowance, and could take it at any time later, out of others' stake.
#[tokio::test]
async fn a_treasury_that_does_not_take_what_is_swept_keeps_no_allowance() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    world.by(OWNER, &IStaking::setTreasuryCall { sessionPayment: world.place(&YES) });
    world.solo.pass(DELAY);
    world.by(SLASHERS[0], &slash(node, 7 * COR));
    let failed = IStaking::TransferFailed { token: world.token };
    assert_eq!(world.refused(OTHER, &IStaking::sweepSlashedCall {}), failed.into());
    assert_eq!(world.get(&IStaking::slashedPotCall {}), wei(7 * COR));
    world.assert_conserved();
}

/// Whoever staked for a stranger's node held the place of its staker, and what the node earned was the staker's.
#[tokio::test]
async fn nobody_stakes_for_a_node_that_did_not_accept_it() {
    let world = World::start().await;
    let (node, staker) = (world.account(NODE), world.account(STAKER));
    world.fund(STAKER, STAKE);
    let stake = IStaking::stakeNodeCall { node, amount: wei(STAKE) };
    let stranger = IStaking::StakerNotAccepted { node, staker };
    assert_eq!(world.refused(STAKER, &stake), stranger.clone().into());
    world.by(NODE, &IStaking::acceptStakerCall { staker: world.account(OTHER) });
    assert_eq!(world.refused(STAKER, &stake), stranger.clone().into(), "the word is for one");
    let done = world.by(NODE, &IStaking::acceptStakerCall { staker });
    let accepted = IStaking::StakerAccepted { node, staker };
    assert_eq!(events_of::<IStaking::StakerAccepted>(world.staking, &done.logs), [accepted]);
    assert_eq!(world.get(&IStaking::acceptedStakerCall { node }), staker);
    world.by(STAKER, &stake);
    assert_eq!(world.get(&IStaking::acceptedStakerCall { node }), Address::ZERO, "it is used up");
    // Who stakes already needs no word to add, and none to leave.
    world.fund(STAKER, STAKE);
    world.by(STAKER, &stake);
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    world.solo.pass(UNBONDING);
    world.by(STAKER, &IStaking::withdrawNodeCall { node });
    world.fund(STAKER, STAKE);
    assert_eq!(world.refused(STAKER, &stake), stranger.into(), "who left comes back by a new one");
    // A node stakes for itself without.
    world.fund(NODE, STAKE);
    world.by(NODE, &stake);
}

/// A node accepted somebody, then staked for itself, and years later whoever that had been began to stake for it, and its earnings were that one's.
#[tokio::test]
async fn who_was_accepted_before_another_began_is_accepted_no_more() {
    let world = World::start().await;
    let (node, staker, other) = (world.account(NODE), world.account(STAKER), world.account(OTHER));
    let stake = IStaking::stakeNodeCall { node, amount: wei(STAKE) };
    let stranger = |staker| IStaking::StakerNotAccepted { node, staker };
    let leaves = |by: usize| {
        world.by(by, &IStaking::unbondNodeCall { node });
        world.solo.pass(UNBONDING);
        world.by(by, &IStaking::withdrawNodeCall { node });
    };
    [STAKER, OTHER, NODE].into_iter().for_each(|index| world.fund(index, 2 * STAKE));
    // Accepted, and the node itself began.
    world.by(NODE, &IStaking::acceptStakerCall { staker });
    world.by(NODE, &stake);
    leaves(NODE);
    assert_eq!(world.refused(STAKER, &stake), stranger(staker).into());
    assert_eq!(world.get(&IStaking::payoutOfCall { node }), node);
    // Accepted, and it was that one which began.
    world.by(NODE, &IStaking::acceptStakerCall { staker });
    world.by(STAKER, &stake);
    world.by(SLASHERS[0], &slash(node, u128::MAX));
    assert_eq!(world.refused(STAKER, &stake), stranger(staker).into(), "all of it was slashed: it would begin anew");
    // Accepted while another stakes, it holds for the next beginning.
    world.by(NODE, &IStaking::acceptStakerCall { staker: other });
    world.by(OTHER, &stake);
    world.by(NODE, &IStaking::acceptStakerCall { staker });
    leaves(OTHER);
    assert_eq!(world.refused(OTHER, &stake), stranger(other).into());
    world.by(STAKER, &stake);
    assert_eq!(world.get(&IStaking::nodeStakeCall { node }).staker, staker);
}

/// Finding 3d: a pool that always said "registered" let nobody unbond. Now no pool is asked, and one that fails, lies, burns gas or answers at length
/// costs the staker at most the gas that it is given.
#[tokio::test]
async fn no_pool_holds_stake() {
    for (name, code) in [("yes", &YES[..]), ("no", &NO), ("burns", &BURNS), ("answers much", &ANSWERS_MUCH), ("nobody", &[])] {
        let world = World::start().await;
        let node = world.account(NODE);
        world.stake_node(STAKER, node);
        world.register(NODE, NODE);
        let hostile = world.place(code);
        world.by(OWNER, &IStaking::setNodePoolCall { pool: hostile });
        world.solo.pass(DELAY);
        let done = world.by(STAKER, &IStaking::unbondNodeCall { node });
        assert!(done.gas_used < STAKE_LEFT_GAS + 300_000, "{name}: {}", done.gas_used);
        world.solo.pass(UNBONDING);
        assert_eq!(world.by(STAKER, &IStaking::withdrawNodeCall { node }).returned, wei(STAKE), "{name}");
        assert_eq!(world.wallet(world.account(STAKER)), wei(STAKE), "{name}");
        // The real pool heard nothing, and anyone can tell it.
        world.in_pool(OTHER, &INodePool::drainCall { node });
        assert_eq!(world.solo.get(world.pool, &INodePool::eligibilityCall { node, modelIdentifier: 1 }), 4, "{name}");
    }
}

/// Finding 5: only the node's key could deregister, so with the key 10,000 COR were lost. Now the staker takes them without it, and its operator or
/// anyone cleans the pool up; what unbonds answers for what the node signed.
#[tokio::test]
async fn a_lost_node_key_loses_no_stake() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    world.register(NODE, OPERATOR);
    assert_eq!(world.refused_in_pool(OTHER, &INodePool::deregisterForCall { node }).name(), "Unauthorized");

    world.by(STAKER, &IStaking::unbondNodeCall { node });
    assert!(world.node(node).draining, "the pool was told");
    assert_eq!(world.solo.get(world.pool, &INodePool::eligibilityCall { node, modelIdentifier: 1 }), 4);
    world.in_pool(OTHER, &INodePool::deregisterForCall { node });
    assert!(!world.node(node).registered);
    // What unbonds answers for what the node signed before.
    assert_eq!(world.by(SLASHERS[0], &slash(node, 100 * COR)).returned.taken, wei(100 * COR));

    world.solo.pass(UNBONDING);
    world.by(OTHER, &IStaking::withdrawNodeCall { node });
    assert_eq!(world.wallet(world.account(STAKER)), wei(STAKE - 100 * COR));
}

/// Finding 16: at most eight amounts unbonded at a time, so that 50 nodes needed 49 days and 200 half a year. Now 200 unbond on one day, and are
/// withdrawn together in four calls.
#[tokio::test]
async fn two_hundred_nodes_leave_on_one_day() {
    let world = World::start().await;
    let nodes: Vec<_> = (1..=200_u64).map(|number| Address::from_word(U256::from(number << 32).into())).collect();
    world.fund(STAKER, 200 * STAKE);
    for node in &nodes {
        world.accept(STAKER, *node);
        world.by(STAKER, &IStaking::stakeNodeCall { node: *node, amount: wei(STAKE) });
    }
    nodes.iter().for_each(|node| drop(world.by(STAKER, &IStaking::unbondNodeCall { node: *node })));
    let early = world.by(STAKER, &IStaking::withdrawNodesCall { nodes: nodes[..50].to_vec() });
    assert_eq!(early.returned, U256::ZERO);
    world.solo.pass(UNBONDING);
    for fifty in nodes.chunks(50) {
        let done = world.by(STAKER, &IStaking::withdrawNodesCall { nodes: fifty.to_vec() });
        assert_eq!(done.returned, wei(50 * STAKE));
        assert!(done.gas_used < 10_000_000, "{} gas for 50 nodes", done.gas_used);
    }
    assert_eq!((world.wallet(world.account(STAKER)), world.wallet(world.staking)), (wei(200 * STAKE), U256::ZERO));
}

/// Stake that is put and taken within one day never shows, so nobody borrows a standing.
#[tokio::test]
async fn flash_stake_never_shows() {
    let world = World::start().await;
    world.fund(STAKER, 100 * COR);
    let user = world.account(STAKER);
    let at = |day| world.get(&IStaking::stakeAtCall { user, day });
    world.solo.pass(DAY - world.now() % DAY + 10);
    let today = world.now() / DAY;
    world.by(STAKER, &IStaking::stakeCall { amount: wei(5 * COR) });
    assert_eq!((at(today), at(0)), (U256::ZERO, U256::ZERO));
    world.solo.pass(DAY);
    for _ in 0..3 {
        world.by(STAKER, &IStaking::stakeCall { amount: wei(20 * COR) });
        world.by(STAKER, &IStaking::unbondCall { amount: wei(20 * COR) });
    }
    world.solo.pass(3 * DAY);
    let shown: Vec<_> = (today..=today + 4).map(at).collect();
    assert_eq!(shown, [0, 5, 5, 5, 5].map(|amount| wei(amount * COR)));
    let future = IStaking::FutureDay { day: today + 5, today: today + 4 };
    let asked = world.solo.view(world.staking, &IStaking::stakeAtCall { user, day: today + 5 });
    assert!(matches!(asked, Err(cor_kit::solo::Refused::Known(error)) if error == future.into()));
}

/// Slashed stake goes to the treasury that was known for as long as the delay.
#[tokio::test]
async fn a_new_treasury_waits_as_a_slasher_does() {
    let world = World::start().await;
    let node = world.account(NODE);
    world.stake_node(STAKER, node);
    let thief = world.place(&YES);
    world.by(OWNER, &IStaking::setTreasuryCall { sessionPayment: thief });
    world.by(SLASHERS[0], &slash(node, 7 * COR));
    assert_eq!(world.by(OTHER, &IStaking::sweepSlashedCall {}).returned, wei(7 * COR));
    assert_eq!(world.solo.get(world.vault, &IVault::treasuryCall {}), wei(7 * COR));
    world.assert_conserved();
}
