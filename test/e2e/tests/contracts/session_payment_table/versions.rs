//! Versions over time, models, and who may change either.

use alloy::{
    primitives::B256,
    sol_types::{SolCall, SolEvent},
};
use cor_adapters::deploy::{default_prices, model_name};
use cor_kit::solo::{Refused, START_SECS};
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{self as Table, PriceVersion},
};

use super::world::{DELAY_SECS, World, inputs, logs, model};

fn priced(effective_at: u64, base: u128) -> Table::publishCall {
    let mut price = PriceVersion { effectiveAt: effective_at, ..default_prices() };
    price.classes[0].base = base;
    Table::publishCall { price }
}

#[tokio::test]
async fn a_version_takes_effect_when_its_time_has_come() {
    let world = World::start().await;
    let base = default_prices().classes[0].base;
    assert_eq!(world.get(&Table::minDelaySecsCall {}), DELAY_SECS);
    let (second, third) = (START_SECS + 10_000, START_SECS + 20_000);
    let done = world.by(0, &priced(second, base * 2));
    assert_eq!(done.returned, 2);
    assert_eq!(logs(&done), [Table::VersionPublished { version: 2, effectiveAt: second }.encode_log_data()]);
    assert_eq!(world.by(0, &priced(third, base)).returned, 3);
    assert_eq!(world.get(&Table::latestVersionCall {}), 3);

    // At each time: the version, its price, and until when that holds.
    let quoted = || {
        let quote = world.get(&Table::quoteCall { inputs: inputs() });
        assert_eq!(quote.version, world.get(&Table::currentVersionCall {}));
        (quote.version, quote.miners, quote.validUntil)
    };
    let (_, single, _) = quoted();
    assert_eq!(quoted(), (1, single, second));
    world.solo.pass(9_999);
    assert_eq!(quoted(), (1, single, second));
    world.solo.pass(1);
    assert_eq!(quoted(), (2, 2 * single, third));
    world.solo.pass(10_000);
    assert_eq!(quoted(), (3, single, third + DELAY_SECS));

    // A task reserved by version 2 can still be priced by it, and by one to come before it is there.
    let by = |version| world.get(&Table::quoteAtCall { version, inputs: inputs() });
    assert_eq!((by(2).version, by(2).miners, by(2).validUntil), (2, 2 * single, third));
}

#[tokio::test]
async fn many_versions_are_searched_in_few_steps() {
    let world = World::start().await;
    let base = default_prices().classes[0].base;
    for step in 1..=12 {
        world.by(0, &priced(START_SECS + DELAY_SECS + 1_000 * step, base));
    }
    world.solo.pass(DELAY_SECS);
    for current in 1..=12 {
        assert_eq!(world.get(&Table::currentVersionCall {}), current);
        world.solo.pass(1_000);
    }
    assert_eq!(world.get(&Table::currentVersionCall {}), 13);
}

#[tokio::test]
async fn models_come_and_go() {
    let world = World::start().await;
    let set = Table::setModelCall { modelIdentifier: 9, class: 2, enabled: true, name: model_name("qwen3-8b") };
    let done = world.by(0, &set);
    let event = Table::ModelSet { modelIdentifier: 9, class: 2, enabled: true, name: model_name("qwen3-8b") };
    assert_eq!(logs(&done), [event.encode_log_data()]);
    let shown = world.get(&Table::getModelCall { modelIdentifier: 9 });
    assert_eq!((shown.class, shown.name), (2, model_name("qwen3-8b")));
    world.by(0, &Table::setModelCall { enabled: false, ..set });
    let gone = Refused::Known(Table::UnknownModel { modelIdentifier: 9 }.into());
    assert_eq!(world.solo.view(world.table, &Table::getModelCall { modelIdentifier: 9 }).err(), Some(gone));
}

#[tokio::test]
async fn only_the_owner_changes_prices_and_models() {
    let world = World::start().await;
    let (owner, candidate) = (world.solo.account(0), world.solo.account(3));
    world.by(0, &Table::transferOwnershipCall { candidate });
    // Who is refused, of owner, candidate and somebody.
    fn refused<C: SolCall>(world: &World, call: &C) -> Vec<usize> {
        let tried = [0, 3, 7].into_iter();
        let unauthorized = |index: &usize| {
            world.solo.undoing(|| match world.solo.send(world.solo.account(*index), world.table, call) {
                Err(Refused::Known(ContractError::Unauthorized(error))) => error.caller == world.solo.account(*index),
                _ => false,
            })
        };
        tried.filter(unauthorized).collect()
    }
    let base = default_prices().classes[0].base;
    assert_eq!(refused(&world, &priced(START_SECS + 10_000, base)), [3, 7]);
    assert_eq!(refused(&world, &model(5, 0)), [3, 7]);
    assert_eq!(refused(&world, &Table::transferOwnershipCall { candidate }), [3, 7]);
    assert_eq!(refused(&world, &Table::acceptOwnershipCall {}), [0, 7]);
    assert!(refused(&world, &Table::quoteCall { inputs: inputs() }).is_empty());

    let done = world.by(3, &Table::acceptOwnershipCall {});
    assert_eq!(logs(&done), [Table::OwnershipTransferred { previous: owner, owner: candidate }.encode_log_data()]);
    assert_eq!(world.get(&Table::ownerCall {}), candidate);
    assert_eq!(refused(&world, &model(5, 0)), [0, 7]);
}

#[tokio::test]
async fn no_price_before_the_first_version() {
    let world = World::empty().await;
    let asked = || world.solo.view(world.table, &Table::currentVersionCall {}).err();
    let nothing_yet = |first| {
        let error = Table::NoPriceYet { timestamp: world.now(), firstEffectiveAt: first };
        Some(Refused::Known(error.into()))
    };
    assert_eq!(asked(), nothing_yet(0));
    assert_eq!(world.get(&Table::latestVersionCall {}), 0);
    let first = START_SECS + 500;
    // The first version needs no delay.
    assert_eq!(world.by(0, &priced(first, default_prices().classes[0].base)).returned, 1);
    assert_eq!(asked(), nothing_yet(first));
    let quote = world.solo.view(world.table, &Table::quoteCall { inputs: inputs() }).err();
    assert_eq!(quote, nothing_yet(first));
    assert_eq!(world.get(&Table::quoteAtCall { version: 1, inputs: inputs() }).version, 1);
    world.solo.pass(500);
    assert_eq!(world.get(&Table::currentVersionCall {}), 1);
    assert_eq!(world.get(&Table::getModelCall { modelIdentifier: 1 }).name, B256::from(model_name("a model")));
}
