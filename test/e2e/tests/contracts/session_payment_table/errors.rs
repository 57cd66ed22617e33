//! Every error of SessionPaymentTable with its fields.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolValue,
};
use cor_adapters::deploy::default_prices;
use cor_kit::solo::{Refused, START_SECS};
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{self as Table, PriceVersion, QuoteInputs},
};

use super::world::{DAY, DELAY_SECS, World, field, inputs, model, wide};

fn quoting(world: &World, change: fn(&mut QuoteInputs)) -> ContractError {
    let mut inputs = inputs();
    change(&mut inputs);
    match world.solo.view(world.table, &Table::quoteCall { inputs }) {
        Err(Refused::Known(error)) => error,
        other => panic!("wanted an error of the table, got {other:?}"),
    }
}

fn publishing(world: &World, change: fn(&mut PriceVersion)) -> ContractError {
    let mut price = PriceVersion { effectiveAt: START_SECS + 2 * DELAY_SECS, ..default_prices() };
    change(&mut price);
    world.refused(0, &Table::publishCall { price })
}

#[tokio::test]
async fn requests() {
    let world = World::start().await;
    let out = |name, value: u64, min: u64, max: u64| -> ContractError {
        let [value, min, max] = [value, min, max].map(U256::from);
        Table::InputOutOfRange { field: field(name), value, min, max }.into()
    };
    assert_eq!(quoting(&world, |i| i.modelIdentifier = 4), Table::UnknownModel { modelIdentifier: 4 }.into());
    assert_eq!(quoting(&world, |i| i.executionDepth = 0), out("executionDepth", 0, 1, 65_535));
    assert_eq!(quoting(&world, |i| i.maxTokens = 0), out("maxTokens", 0, 1, u32::MAX.into()));
    assert_eq!(quoting(&world, |i| i.sla = 3), out("sla", 3, 0, 2));
    assert_eq!(quoting(&world, |i| i.replicas = 0), out("replicas", 0, 1, 7));
    assert_eq!(quoting(&world, |i| i.replicas = 9), out("replicas", 9, 1, 7));
    assert_eq!(quoting(&world, |i| i.replicas = 2), Table::EvenReplicas { replicas: 2 }.into());
    assert_eq!(quoting(&world, |i| i.consensusRule = 3), out("consensusRule", 3, 0, 2));
    assert_eq!(quoting(&world, |i| i.quorumBps = 5_000), out("quorumBps", 5_000, 5_001, 10_000));
    assert_eq!(quoting(&world, |i| i.quorumBps = 6_667), out("quorumBps", 6_667, 10_000, 10_000));
    assert_eq!(quoting(&world, |i| i.consensusRule = 2), out("quorumBps", 5_001, 10_000, 10_000));
    assert_eq!(quoting(&world, |i| i.priority = 3), out("priority", 3, 0, 2));
    assert_eq!(quoting(&world, |i| i.stakeTier = 4), out("stakeTier", 4, 0, 3));
    assert_eq!(quoting(&world, |i| i.volumeTier = 4), out("volumeTier", 4, 0, 3));
    assert_eq!(world.refused(0, &model(4, 3)), out("class", 3, 0, 2));

    let unknown = |version| Some(Refused::Known(Table::UnknownVersion { version, latest: 1 }.into()));
    for version in [0, 2, u64::MAX] {
        let quote = world.solo.view(world.table, &Table::quoteAtCall { version, inputs: inputs() });
        assert_eq!(quote.err(), unknown(version));
        assert_eq!(world.solo.view(world.table, &Table::getVersionCall { version }).err(), unknown(version));
    }
}

#[tokio::test]
async fn what_is_not_sold() {
    let world = World::start().await;
    let not_sold = |name, value: u64| -> ContractError { Table::NotSold { field: field(name), value: U256::from(value) }.into() };
    assert_eq!(quoting(&world, |i| i.executionDepth = 2), not_sold("executionDepth", 2));
    assert_eq!(quoting(&world, |i| i.toolDepth = u16::MAX), not_sold("toolDepth", 65_535));
    assert_eq!(quoting(&world, |i| i.sla = 1), not_sold("sla", 1));
    assert_eq!(quoting(&world, |i| i.validatorDepth = 1), not_sold("validatorDepth", 1));
    assert_eq!(quoting(&world, |i| i.priority = 2), not_sold("priority", 2));
    assert_eq!(quoting(&world, |i| i.stakeTier = 3), not_sold("stakeTier", 3));
    assert_eq!(quoting(&world, |i| i.volumeTier = 1), not_sold("volumeTier", 1));
}

/// 2^32 tokens at the greatest price are refused, and do not wrap.
#[tokio::test]
async fn a_price_that_does_not_fit() {
    let world = World::empty().await;
    let mut price = default_prices();
    price.classes[0].token = u128::MAX;
    world.by(0, &Table::publishCall { price });
    assert_eq!(quoting(&world, |i| i.maxTokens = u32::MAX), Table::PriceOverflow {}.into());
}

#[tokio::test]
async fn versions() {
    let world = World::start().await;
    let invalid = |name, value, bound| -> ContractError {
        Table::InvalidPrice { field: field(name), value: wide(value), bound: wide(bound) }.into()
    };
    let changed = |name, previous, next| -> ContractError {
        Table::ChangeTooLarge { field: field(name), previous: wide(previous), next: wide(next) }.into()
    };
    let prices = default_prices();
    let base = prices.classes[1].base;
    assert_eq!(publishing(&world, |v| v.classes[1].base = 0), invalid("base", 0, 1));
    assert_eq!(publishing(&world, |v| v.classes[1].step = v.classes[1].base + 1), invalid("step", base + 1, base));
    assert_eq!(publishing(&world, |v| v.slaBps[0] = 9_999), invalid("slaBps", 9_999, 10_000));
    assert_eq!(publishing(&world, |v| v.priorityBps[2] = 1_000_001), invalid("priorityBps", 1_000_001, 1_000_000));
    assert_eq!(publishing(&world, |v| v.stakeRebateBps[0] = 1), invalid("stakeRebateBps", 1, 0));
    assert_eq!(publishing(&world, |v| v.volumeRebateBps[0] = 7), invalid("volumeRebateBps", 7, 0));
    assert_eq!(publishing(&world, |v| v.stakeRebateBps[3] = 900), invalid("rebateBps", 1_100, 909));
    assert_eq!(publishing(&world, |v| v.classes[1].base = 2 * v.classes[1].base + 1), changed("base", base, 2 * base + 1));
    let token = prices.classes[2].token;
    assert_eq!(publishing(&world, |v| v.classes[2].token = 2 * v.classes[2].token + 1), changed("token", token, 2 * token + 1));
    assert_eq!(publishing(&world, |v| v.gasPrice = 1), changed("gasPrice", prices.gasPrice, 1));
    assert_eq!(publishing(&world, |v| v.quorumStepBps = 0), changed("quorumStepBps", 100, 0));
    let work = publishing(&world, |v| (v.classes[0].base, v.networkFeeBps) = (2 * v.classes[0].base, 1_001));
    assert_eq!(work, changed("work", 1_000_000, 2_002_000));
    let work = publishing(&world, |v| (v.classes[2].token, v.quorumStepBps) = (v.classes[2].token / 2, 50));
    assert_eq!(work, changed("work", 4_000_000, 1_000_000));
    let gas = publishing(&world, |v| (v.settlementGasPerReplica, v.gasPrice) = (150_000, 15_000_000_000));
    assert_eq!(gas, changed("gas", 1_000_000, 2_250_000));

    let earliest = world.now() + DELAY_SECS;
    let soon: ContractError = Table::EffectiveTooSoon { effectiveAt: earliest - 1, earliest }.into();
    let price = PriceVersion { effectiveAt: earliest - 1, ..default_prices() };
    assert_eq!(world.refused(0, &Table::publishCall { price }), soon);
    let latest = world.now() + 30 * DAY;
    let late: ContractError = Table::EffectiveTooLate { effectiveAt: latest + 1, latest }.into();
    assert_eq!(publishing(&world, |v| v.effectiveAt = START_SECS + 30 * DAY + 1), late);
    assert_eq!(world.get(&Table::latestVersionCall {}), 1, "nothing was published");

    let at = earliest;
    world.by(0, &Table::publishCall { price: PriceVersion { effectiveAt: at, ..default_prices() } });
    let next: ContractError = Table::EffectiveTooSoon { effectiveAt: at + DAY - 1, earliest: at + DAY }.into();
    let price = PriceVersion { effectiveAt: at + DAY - 1, ..default_prices() };
    assert_eq!(world.refused(0, &Table::publishCall { price }), next);

    let effective: ContractError = Table::AlreadyEffective { version: 1, effectiveAt: 0 }.into();
    assert_eq!(world.refused(0, &Table::cancelVersionCall { version: 1 }), effective);
    let unknown: ContractError = Table::UnknownVersion { version: 3, latest: 2 }.into();
    assert_eq!(world.refused(0, &Table::cancelVersionCall { version: 3 }), unknown);
    world.by(0, &Table::cancelVersionCall { version: 2 });
    let cancelled: ContractError = Table::CancelledVersion { version: 2 }.into();
    assert_eq!(world.refused(0, &Table::cancelVersionCall { version: 2 }), cancelled);
    let shown = world.solo.view(world.table, &Table::getVersionCall { version: 2 });
    assert_eq!(shown.err(), Some(Refused::Known(cancelled.clone())));
    let quote = world.solo.view(world.table, &Table::quoteAtCall { version: 2, inputs: inputs() });
    assert_eq!(quote.err(), Some(Refused::Known(cancelled)));
}

#[tokio::test]
async fn construction() {
    let world = World::empty().await;
    let table = world.solo.place("SessionPaymentTable");
    let construct = |owner: Address| world.solo.construct(table, &(owner, DELAY_SECS).abi_encode_params());
    let nobody = Refused::Known(ContractError::ZeroAddress(cor_sol::runtime::IRuntime::ZeroAddress {}));
    assert_eq!(construct(Address::ZERO), Err(nobody));
    for (value, min, max) in [(DAY - 1, DAY, 7 * DAY), (7 * DAY + 1, DAY, 7 * DAY)] {
        let [wide_value, min, max] = [value, min, max].map(U256::from);
        let out = Table::InputOutOfRange { field: field("minDelaySecs"), value: wide_value, min, max };
        let refused = world.solo.construct(table, &(world.solo.account(5), value).abi_encode_params());
        assert_eq!(refused, Err(Refused::Known(out.into())));
    }
    assert!(construct(world.solo.account(5)).is_ok());
    assert!(construct(world.solo.account(5)).is_err(), "a contract is constructed once");
    assert_eq!(world.solo.get(table, &Table::ownerCall {}), world.solo.account(5));
}
