//! Slashers, their caps, the peers, and the setting up.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolValue,
};
use cor_core::limits::MODULE_DELAY_MAX_SECS;
use cor_kit::{COR, solo::Refused};
use cor_sol::{
    ContractError, cor::ICor, runtime::IRuntime, session_payment_table::ISessionPaymentTable, staking::IStaking, vault::IVault,
};

use super::world::{
    CAPS, DAY, DELAY, FREE, GUARDIAN, NODE, OTHER, OWNER, SLASHERS, STAKE, STAKER, UNBONDING, World, events_of, slash, wei,
};

fn unauthorized(world: &World, caller: usize) -> ContractError {
    IRuntime::Unauthorized { caller: world.account(caller), required: world.account(OWNER) }.into()
}

#[tokio::test]
async fn slashed_stake_goes_to_the_treasury() {
    let world = World::start().await;
    let (node, slasher) = (world.account(NODE), world.account(SLASHERS[0]));
    world.stake_node(STAKER, node);
    assert_eq!(world.refused(OTHER, &IStaking::sweepSlashedCall {}), IStaking::ZeroAmount {}.into());
    let done = world.by(SLASHERS[0], &slash(node, 0));
    assert_eq!((done.returned.taken, done.returned.stillStaked), (U256::ZERO, true));
    let done = world.by(SLASHERS[0], &slash(node, 100 * COR));
    assert_eq!((done.returned.taken, done.returned.stillStaked), (wei(100 * COR), false));
    let left = wei(STAKE - 100 * COR);
    let slashed = IStaking::Slashed { slasher, node, taskId: 9, reason: 1, amount: wei(100 * COR), left };
    assert_eq!(events_of::<IStaking::Slashed>(world.staking, &done.logs), [slashed]);
    assert_eq!(world.get(&IStaking::slashedPotCall {}), wei(100 * COR));
    assert_eq!(world.get(&IStaking::totalHeldCall {}), wei(STAKE), "slashed stake is held until it is swept");
    // What unbonds is taken after what is bonded, and then the node is nobody's.
    world.by(STAKER, &IStaking::unbondNodeCall { node });
    world.stake_node(STAKER, node);
    assert_eq!(world.by(SLASHERS[0], &slash(node, 50 * COR)).returned.taken, wei(50 * COR));
    assert_eq!(world.get(&IStaking::nodeStakeCall { node }).amount, wei(STAKE - 50 * COR));
    let done = world.by(SLASHERS[0], &slash(node, u128::MAX));
    assert_eq!(events_of::<IStaking::Slashed>(world.staking, &done.logs)[0].left, U256::ZERO);
    assert_eq!(world.get(&IStaking::nodeStakeCall { node }).staker, Address::ZERO);

    let done = world.by(OTHER, &IStaking::sweepSlashedCall {});
    assert_eq!(
        events_of::<IStaking::SlashedSwept>(world.staking, &done.logs),
        [IStaking::SlashedSwept { amount: wei(2 * STAKE) }]
    );
    let funded = IVault::TreasuryFunded { from: world.staking, amount: wei(2 * STAKE), treasury: wei(2 * STAKE) };
    assert_eq!(events_of::<IVault::TreasuryFunded>(world.vault, &done.logs), [funded]);
    let allowance = ICor::allowanceCall { owner: world.staking, spender: world.vault };
    assert_eq!(world.solo.get(world.token, &allowance), U256::ZERO, "nothing stays approved");
    assert_eq!(world.get(&IStaking::totalHeldCall {}), U256::ZERO);
    world.assert_conserved();
}

/// A cap cuts what is taken and never stops the call: the end of a task makes it.
#[tokio::test]
async fn a_cap_cuts_and_never_reverts() {
    let world = World::start().await;
    let nodes: Vec<_> = (1..=5).map(Address::repeat_byte).collect();
    nodes.iter().for_each(|node| world.stake_node(STAKER, *node));
    world.solo.pass(DAY - world.now() % DAY);
    let taken = |slasher, node: usize| world.by(slasher, &slash(nodes[node], u128::MAX)).returned.taken;
    let [first, second] = SLASHERS;
    assert_eq!([taken(first, 0), taken(first, 1)], [wei(STAKE); 2]);
    assert_eq!([taken(first, 2), taken(first, 2), taken(first, 3)], [wei(CAPS[0] - 2 * STAKE), U256::ZERO, U256::ZERO]);
    assert_eq!([taken(second, 2), taken(second, 3)], [wei(3 * STAKE - CAPS[0]), wei(STAKE)], "each has its own");
    let state = world.get(&IStaking::moduleOfCall { module: world.account(first) });
    assert_eq!((state.status, state.cap, state.available), (2, wei(CAPS[0]), U256::ZERO));
    world.solo.pass(DAY - 1);
    assert_eq!(taken(first, 4), U256::ZERO, "a day begins at midnight UTC");
    world.solo.pass(1);
    assert_eq!(taken(first, 4), wei(STAKE));
    world.assert_conserved();
}

/// One that can take nothing filled the log with offences, for ever; and a reason could be any number.
#[tokio::test]
async fn who_can_take_nothing_tells_nothing() {
    let world = World::start().await;
    let (node, module) = (world.account(NODE), world.account(SLASHERS[0]));
    world.stake_node(STAKER, node);
    let told = |amount| events_of::<IStaking::Slashed>(world.staking, &world.by(SLASHERS[0], &slash(node, amount)).logs).len();
    assert_eq!(told(0), 1, "an offence that costs nothing is one");
    world.by(GUARDIAN, &IStaking::setModuleCapCall { module, cap: U256::ZERO });
    assert_eq!(told(COR), 0);
    let done = world.by(SLASHERS[0], &slash(node, COR));
    assert_eq!((done.returned.taken, done.returned.stillStaked), (U256::ZERO, true));
    for reason in [0, 3, u8::MAX] {
        let [value, min, max] = [reason, 1, 2].map(U256::from);
        let range = ISessionPaymentTable::InputOutOfRange { field: B256::right_padding_from(b"reason"), value, min, max };
        let call = IStaking::slashCall { reason, ..slash(node, COR) };
        assert_eq!(world.refused(SLASHERS[1], &call), range.into());
    }
}

#[tokio::test]
async fn a_closing_slasher_ends_its_tasks_and_no_more() {
    let world = World::start().await;
    let (node, module) = (world.account(NODE), world.account(SLASHERS[0]));
    world.stake_node(STAKER, node);
    let done = world.by(OWNER, &IStaking::closeModuleCall { module });
    assert_eq!(events_of::<IStaking::ModuleClosed>(world.staking, &done.logs), [IStaking::ModuleClosed { module }]);
    let closed_at = world.now();
    let state = world.get(&IStaking::moduleOfCall { module });
    assert_eq!((state.status, state.closedAt), (3, closed_at));
    world.solo.pass(UNBONDING);
    assert_eq!(world.by(SLASHERS[0], &slash(node, COR)).returned.taken, wei(COR));
    world.solo.pass(1);
    let done = world.by(SLASHERS[0], &slash(node, COR));
    assert_eq!((done.returned.taken, done.returned.stillStaked), (U256::ZERO, false), "and no error");

    // Named again it acts after the delay.
    let cap = wei(5 * COR);
    let done = world.by(OWNER, &IStaking::proposeModuleCall { module, cap });
    let proposed = IStaking::ModuleProposed { module, activeAt: world.now() + DELAY, cap };
    assert_eq!(events_of::<IStaking::ModuleProposed>(world.staking, &done.logs), [proposed]);
    world.solo.pass(DELAY - 1);
    assert_eq!(world.by(SLASHERS[0], &slash(node, u128::MAX)).returned.taken, U256::ZERO);
    world.solo.pass(1);
    assert_eq!(world.by(SLASHERS[0], &slash(node, u128::MAX)).returned.taken, cap);
}

#[tokio::test]
async fn modules_are_named_ahead_and_the_guardian_may_only_narrow() {
    let world = World::start().await;
    let (known, fresh) = (world.account(SLASHERS[0]), world.account(FREE));
    let propose = |module, cap| IStaking::proposeModuleCall { module, cap: wei(cap) };
    let cap = |cap| IStaking::setModuleCapCall { module: known, cap: wei(cap) };
    assert_eq!(world.refused(OWNER, &propose(known, 1)), cor_sol::vault::IVault::ModuleInService { module: known }.into());
    assert_eq!(world.refused(OWNER, &propose(Address::ZERO, 1)), IRuntime::ZeroAddress {}.into());
    let unknown = cor_sol::vault::IVault::ModuleUnknown { module: fresh };
    assert_eq!(world.refused(OWNER, &IStaking::closeModuleCall { module: fresh }), unknown.clone().into());
    let raise = IStaking::setModuleCapCall { module: fresh, cap: wei(1) };
    assert_eq!(world.refused(OWNER, &raise), unknown.into());
    assert_eq!(world.refused(GUARDIAN, &propose(fresh, 1)), unauthorized(&world, GUARDIAN));
    assert_eq!(world.refused(GUARDIAN, &cap(CAPS[0] + 1)), unauthorized(&world, GUARDIAN));
    assert_eq!(world.refused(OTHER, &cap(1)), unauthorized(&world, OTHER));

    let done = world.by(OWNER, &cap(CAPS[0] + 1));
    let (module, now) = (known, world.now());
    let later = IStaking::ModuleCapChanged { module, cap: wei(CAPS[0] + 1), effectiveAt: now + DELAY };
    assert_eq!(events_of::<IStaking::ModuleCapChanged>(world.staking, &done.logs), [later]);
    let done = world.by(GUARDIAN, &cap(7));
    let lower = IStaking::ModuleCapChanged { module, cap: wei(7), effectiveAt: now };
    assert_eq!(events_of::<IStaking::ModuleCapChanged>(world.staking, &done.logs), [lower]);
    world.solo.pass(DELAY);
    assert_eq!(world.get(&IStaking::moduleOfCall { module }).cap, wei(7), "the lower cap took the higher one's place");
    world.by(OWNER, &propose(fresh, 1));
    assert_eq!(world.get(&IStaking::moduleOfCall { module: fresh }).status, 1);
    world.by(GUARDIAN, &IStaking::closeModuleCall { module: fresh });
    assert_eq!(world.get(&IStaking::moduleOfCall { module: fresh }).status, 0, "a proposal is withdrawn");
    let done = world.by(OWNER, &IStaking::setGuardianCall { account: Address::ZERO });
    assert_eq!(
        events_of::<IStaking::GuardianSet>(world.staking, &done.logs),
        [IStaking::GuardianSet { guardian: Address::ZERO }]
    );
    assert_eq!(world.refused(GUARDIAN, &cap(6)), unauthorized(&world, GUARDIAN));
}

#[tokio::test]
async fn peers_act_at_once_before_opening_and_after_the_delay_from_then_on() {
    let world = World::closed().await;
    let [a, b] = [Address::repeat_byte(0xa), Address::repeat_byte(0xb)];
    let open = IStaking::openCall {};
    let pool = |pool| IStaking::setNodePoolCall { pool };
    let treasury = |session_payment| IStaking::setTreasuryCall { sessionPayment: session_payment };
    let stake = IStaking::stakeNodeCall { node: a, amount: wei(STAKE) };
    assert_eq!(world.refused(STAKER, &stake), cor_sol::vault::IVault::NotOpen {}.into());
    assert_eq!(world.refused(STAKER, &IStaking::stakeCall { amount: wei(1) }), cor_sol::vault::IVault::NotOpen {}.into());
    assert_eq!(world.refused(OWNER, &open), IRuntime::ZeroAddress {}.into(), "without a pool");
    assert_eq!(world.refused(OWNER, &pool(Address::ZERO)), IRuntime::ZeroAddress {}.into());
    assert_eq!(world.refused(OWNER, &treasury(Address::ZERO)), IRuntime::ZeroAddress {}.into());
    let done = world.by(OWNER, &pool(a));
    let set = IStaking::NodePoolSet { nodePool: a, effectiveAt: world.now() };
    assert_eq!(events_of::<IStaking::NodePoolSet>(world.staking, &done.logs), [set]);
    assert_eq!(world.refused(OWNER, &open), IRuntime::ZeroAddress {}.into(), "without a treasury");
    let done = world.by(OWNER, &treasury(a));
    let set = IStaking::TreasurySet { sessionPayment: a, effectiveAt: world.now() };
    assert_eq!(events_of::<IStaking::TreasurySet>(world.staking, &done.logs), [set]);
    assert!(!world.get(&IStaking::isOpenCall {}));
    let done = world.by(OWNER, &open);
    assert_eq!(events_of::<IStaking::Opened>(world.staking, &done.logs), [IStaking::Opened {}]);
    assert!(world.get(&IStaking::isOpenCall {}));
    assert_eq!(world.refused(OWNER, &open), cor_sol::vault::IVault::AlreadyOpen {}.into());

    let at = world.now() + DELAY;
    assert_eq!(world.get(&IStaking::delaySecsCall {}), DELAY);
    world.by(OWNER, &pool(b));
    world.by(OWNER, &treasury(b));
    let shown = || {
        let (pool, treasury) = (world.get(&IStaking::nodePoolCall {}), world.get(&IStaking::treasuryCall {}));
        [(pool.current, pool.next, pool.effectiveAt), (treasury.current, treasury.next, treasury.effectiveAt)]
    };
    world.solo.pass(DELAY - 1);
    assert_eq!(shown(), [(a, b, at); 2]);
    world.solo.pass(1);
    assert_eq!(shown(), [(b, Address::ZERO, 0); 2]);
}

#[tokio::test]
async fn times_and_addresses_of_the_constructor_have_bounds() {
    let world = World::closed().await;
    let owner = world.account(OWNER);
    let placed = world.solo.place("Staking");
    let refused = |owner: Address, token: Address, unbonding: u64, delay: u64| {
        let arguments = (owner, token, unbonding, wei(STAKE), delay).abi_encode_params();
        match world.solo.undoing(|| world.solo.construct(placed, &arguments)) {
            Err(Refused::Known(error)) => Some(error),
            Err(Refused::Other(data)) => panic!("{data}"),
            Ok(_) => None,
        }
    };
    let range = |field: &str, value: u64, min: u64, max: u64| -> Option<ContractError> {
        let [value, min, max] = [value, min, max].map(U256::from);
        Some(ISessionPaymentTable::InputOutOfRange { field: B256::right_padding_from(field.as_bytes()), value, min, max }.into())
    };
    let token = world.token;
    assert_eq!(refused(owner, token, UNBONDING, DELAY), None);
    assert_eq!(refused(owner, token, UNBONDING, DELAY - 1), range("delaySecs", DELAY - 1, DELAY, MODULE_DELAY_MAX_SECS));
    let (shortest, longest) = (9 * DAY, MODULE_DELAY_MAX_SECS - 3 * DAY);
    assert_eq!(refused(owner, token, shortest, 12 * DAY), None);
    assert_eq!(refused(owner, token, longest, MODULE_DELAY_MAX_SECS), None);
    for wrong in [0, shortest - 1, longest + 1] {
        assert_eq!(refused(owner, token, wrong, MODULE_DELAY_MAX_SECS), range("unbondingSecs", wrong, shortest, longest));
    }
    let free = (owner, token, UNBONDING, U256::ZERO, DELAY).abi_encode_params();
    let nothing = world.solo.undoing(|| world.solo.construct(placed, &free));
    assert_eq!(nothing, Err(Refused::Known(IStaking::ZeroAmount {}.into())), "a node that needs no stake");
    for (owner, token) in [(Address::ZERO, token), (owner, Address::ZERO)] {
        assert_eq!(refused(owner, token, UNBONDING, DELAY), Some(IRuntime::ZeroAddress {}.into()));
    }

    // A token without code answers nothing, and that is not success.
    let nowhere = Address::repeat_byte(0xee);
    let staking = world.solo.deploy("Staking", &(owner, nowhere, UNBONDING, wei(STAKE), DELAY).abi_encode_params());
    world.solo.ok(owner, staking, &IStaking::setNodePoolCall { pool: world.pool });
    world.solo.ok(owner, staking, &IStaking::setTreasuryCall { sessionPayment: world.vault });
    world.solo.ok(owner, staking, &IStaking::openCall {});
    let failed = IStaking::TransferFailed { token: nowhere };
    assert_eq!(world.solo.refused(owner, staking, &IStaking::stakeCall { amount: wei(1) }), failed.into());
}
