//! A task's money from the wallet to everybody it belongs to, with figures worked out by hand.

use alloy::{primitives::U256, sol_types::SolEvent};
use cor_sol::session_payment::ISessionPayment::{self as Payment, Escrow};

use super::world::{CAP_BPS, COR, World, inputs};

/// Light model, 1000 tokens, majority: (0.1 COR + 0.02 COR) * (1.05 + 0.01) for a replica, a tenth on top, (200000 + 3 * 100000) gas at 10 gwei of COR.
const PER_REPLICA: u128 = COR / 10_000 * 1_272;
const MINERS: u128 = 3 * PER_REPLICA;
const NETWORK: u128 = MINERS / 10;
const GAS: u128 = 500_000 * 10_000_000_000;
const TOTAL: u128 = MINERS + NETWORK + GAS;

fn reserve(world: &World, task: u64) -> Payment::reserveCall {
    Payment::reserveCall { taskId: task, payer: world.account(2), inputs: inputs(), maxCharge: TOTAL }
}

fn deposited(world: &World) {
    world.by(2, &Payment::depositCall { amount: U256::from(10 * COR) });
}

#[tokio::test]
async fn a_charged_task() {
    let world = World::start().await;
    let (payer, miners, keeper) = (world.account(2), [4, 5].map(|index| world.account(index)), world.account(7));
    deposited(&world);

    let done = world.by(1, &reserve(&world, 9));
    assert_eq!((done.returned.version, done.returned.total), (1, TOTAL));
    let lines = Escrow {
        payer,
        version: 1,
        replicas: 3,
        perReplica: PER_REPLICA,
        validators: 0,
        network: NETWORK,
        gas: GAS,
        rebate: 0,
        total: TOTAL,
    };
    assert_eq!(world.escrow(9), lines);
    assert_eq!((world.available(payer), world.reserved(payer)), (U256::from(10 * COR - TOTAL), U256::from(TOTAL)));
    world.assert_conserved([9]);

    // Two of three agreed: the third's part comes back.
    let done = world.by(1, &Payment::chargeCall { taskId: 9, miners: miners.to_vec(), keeper });
    assert_eq!((done.returned.charged, done.returned.refunded), (TOTAL - PER_REPLICA, PER_REPLICA));
    let earned = |account, amount| Payment::Earned { taskId: 9, account, amount }.encode_log_data();
    let charged = Payment::Charged {
        taskId: 9,
        payer,
        charged: TOTAL - PER_REPLICA,
        toMiners: 2 * PER_REPLICA,
        toKeeper: GAS,
        toTreasury: NETWORK,
        refunded: PER_REPLICA,
    };
    let expected =
        vec![earned(miners[0], PER_REPLICA), earned(miners[1], PER_REPLICA), earned(keeper, GAS), charged.encode_log_data()];
    assert_eq!(world.own_logs(&done), expected);
    assert_eq!(world.escrow(9), Escrow { payer, version: 1, ..empty() });
    assert_eq!((world.available(payer), world.reserved(payer)), (U256::from(10 * COR - TOTAL + PER_REPLICA), U256::ZERO));
    assert_eq!(world.earnings(miners[1]), U256::from(PER_REPLICA));
    assert_eq!(world.get(&Payment::treasuryCall {}), U256::from(NETWORK));
    world.assert_conserved([9]);

    // Anyone may send a miner its earnings, and only to it.
    let before = world.wallet(miners[0]);
    let done = world.by(3, &Payment::withdrawEarningsForCall { account: miners[0] });
    assert_eq!(done.returned, U256::from(PER_REPLICA));
    assert_eq!(world.wallet(miners[0]) - before, U256::from(PER_REPLICA));
    assert_eq!(world.refused(4, &Payment::withdrawEarningsCall {}), Payment::NothingEarned { account: miners[0] }.into());
    world.assert_conserved([9]);
}

#[tokio::test]
async fn a_refunded_task() {
    let world = World::start().await;
    let (payer, keeper) = (world.account(2), world.account(7));
    assert_eq!(world.get(&Payment::noResultGasCapBpsCall {}), CAP_BPS);
    deposited(&world);
    for (task, who, to_keeper) in [(1, keeper, GAS / 2), (2, alloy::primitives::Address::ZERO, 0)] {
        let before = world.available(payer);
        world.by(1, &reserve(&world, task));
        let done = world.by(1, &Payment::refundCall { taskId: task, keeper: who });
        assert_eq!(done.returned, TOTAL - to_keeper);
        let refunded =
            Payment::Refunded { taskId: task, payer, refunded: TOTAL - to_keeper, toKeeper: to_keeper }.encode_log_data();
        assert_eq!(world.own_logs(&done).last(), Some(&refunded));
        assert_eq!(before - world.available(payer), U256::from(to_keeper));
        assert_eq!(world.escrow(task), Escrow { payer, version: 1, ..empty() });
        world.assert_conserved([1, 2]);
    }
    assert_eq!(world.earnings(keeper), U256::from(GAS / 2));
}

/// Validators are sold by no table of ours yet, but none of theirs is believed less for it: their line goes into the third word of the escrow
/// and comes back.
#[tokio::test]
async fn a_task_with_validators() {
    let world = World::start().await;
    deposited(&world);
    let validators = 2 * 3 * COR / 20;
    let network = (MINERS + validators) / 10;
    let total = MINERS + validators + network + GAS;
    let answer = [1, PER_REPLICA, MINERS, validators, network, GAS, 0, total, 0].map(U256::from);
    let table = crate::support::constant(&world.solo, &answer);
    world.by(0, &Payment::wireCall { table, ..world.wiring() });
    let call = Payment::reserveCall {
        taskId: 1,
        payer: world.account(2),
        inputs: Payment::QuoteInputs { validatorDepth: 2, ..inputs() },
        maxCharge: total,
    };
    world.by(1, &call);
    let shown = world.escrow(1);
    assert_eq!((shown.validators, shown.network, shown.total), (validators, network, total));
    let miners = [4, 5, 6].map(|index| world.account(index)).to_vec();
    let done = world.by(1, &Payment::chargeCall { taskId: 1, miners, keeper: world.account(7) });
    assert_eq!((done.returned.charged, done.returned.refunded), (total - validators, validators));
    assert_eq!(world.escrow(1), Escrow { payer: world.account(2), version: 1, ..empty() });
    world.assert_conserved([1]);
}

/// A tier that the caller claims changes nothing, though the table gives tier 3 a rebate.
#[tokio::test]
async fn claimed_tiers_are_not_believed() {
    let world = World::start().await;
    deposited(&world);
    let claimed = Payment::QuoteInputs { stakeTier: 3, volumeTier: 3, ..inputs() };
    let done = world.by(1, &Payment::reserveCall { taskId: 1, payer: world.account(2), inputs: claimed, maxCharge: u128::MAX });
    assert_eq!(done.returned.total, TOTAL);
    assert_eq!(world.escrow(1).rebate, 0);
}

/// Money in and out without a task, by every event.
#[tokio::test]
async fn deposits_and_treasury() {
    let world = World::start().await;
    let (from, payer) = (world.account(3), world.account(2));
    let cor = |amount: u128| U256::from(amount * COR);
    let done = world.by(3, &Payment::depositForCall { payer, amount: cor(7) });
    assert_eq!(world.own_logs(&done), [Payment::Deposited { payer, from, amount: cor(7), available: cor(7) }.encode_log_data()]);
    let done = world.by(2, &Payment::withdrawCall { amount: cor(3) });
    assert_eq!(world.own_logs(&done), [Payment::Withdrawn { payer, amount: cor(3), available: cor(4) }.encode_log_data()]);
    let done = world.by(3, &Payment::fundTreasuryCall { amount: cor(2) });
    assert_eq!(world.own_logs(&done), [Payment::TreasuryFunded { from, amount: cor(2), treasury: cor(2) }.encode_log_data()]);
    let done = world.by(0, &Payment::withdrawTreasuryCall { to: from, amount: cor(1) });
    assert_eq!(
        world.own_logs(&done),
        [Payment::TreasuryWithdrawn { to: from, amount: cor(1), treasury: cor(1) }.encode_log_data()]
    );
    assert_eq!(world.get(&Payment::totalHeldCall {}), cor(5));
    world.assert_conserved([]);
}

fn empty() -> Escrow {
    Escrow {
        payer: alloy::primitives::Address::ZERO,
        version: 0,
        replicas: 0,
        perReplica: 0,
        validators: 0,
        network: 0,
        gas: 0,
        rebate: 0,
        total: 0,
    }
}
