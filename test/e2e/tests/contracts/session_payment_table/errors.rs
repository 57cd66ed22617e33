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

use super::world::{DELAY_SECS, World, field, inputs, model, wide};

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
    assert_eq!(quoting(&world, |i| i.sla = 3), out("sla", 3, 0, 2));
    assert_eq!(quoting(&world, |i| i.replicas = 0), out("replicas", 0, 1, 7));
    assert_eq!(quoting(&world, |i| i.replicas = 9), out("replicas", 9, 1, 7));
    assert_eq!(quoting(&world, |i| i.replicas = 2), Table::EvenReplicas { replicas: 2 }.into());
    assert_eq!(quoting(&world, |i| i.consensusRule = 3), out("consensusRule", 3, 0, 2));
    assert_eq!(quoting(&world, |i| i.quorumBps = 5_000), out("quorumBps", 5_000, 5_001, 10_000));
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
    assert_eq!(publishing(&world, |v| v.stakeRebateBps[3] = 900), invalid("rebateBps", 1_100, 909));
    assert_eq!(publishing(&world, |v| v.classes[1].base = 2 * v.classes[1].base + 1), changed("base", base, 2 * base + 1));
    assert_eq!(publishing(&world, |v| v.gasPrice = 1), changed("gasPrice", prices.gasPrice, 1));
    assert_eq!(publishing(&world, |v| v.quorumStepBps = 0), changed("quorumStepBps", 100, 0));

    let earliest = world.now() + DELAY_SECS;
    let soon: ContractError = Table::EffectiveTooSoon { effectiveAt: earliest - 1, earliest }.into();
    let price = PriceVersion { effectiveAt: earliest - 1, ..default_prices() };
    assert_eq!(world.refused(0, &Table::publishCall { price }), soon);
    assert_eq!(world.get(&Table::latestVersionCall {}), 1, "nothing was published");
}

#[tokio::test]
async fn construction() {
    let world = World::empty().await;
    let table = world.solo.place("SessionPaymentTable");
    let construct = |owner: Address| world.solo.construct(table, &(owner, DELAY_SECS).abi_encode_params());
    let nobody = Refused::Known(ContractError::ZeroAddress(cor_sol::runtime::IRuntime::ZeroAddress {}));
    assert_eq!(construct(Address::ZERO), Err(nobody));
    assert!(construct(world.solo.account(5)).is_ok());
    assert!(construct(world.solo.account(5)).is_err(), "a contract is constructed once");
    assert_eq!(world.solo.get(table, &Table::ownerCall {}), world.solo.account(5));
}
