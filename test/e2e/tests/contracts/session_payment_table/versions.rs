//! Versions over time: when each takes effect, and which are taken back.

use alloy::{primitives::B256, sol_types::SolEvent};
use cor_adapters::deploy::{default_prices, model_name};
use cor_kit::solo::{Refused, START_SECS};
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{self as Table, PriceVersion},
};

use super::world::{DAY, DELAY_SECS, World, field, inputs, logs, wide};

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
    let (second, third) = (START_SECS + DAY + 10_000, START_SECS + 2 * DAY + 20_000);
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
    // 1000 tokens at the old price are a sixth of a replica.
    let double = single / 6 * 11;
    assert_eq!(quoted(), (1, single, START_SECS + DAY - 1), "the next version may be cancelled, and another come before");
    world.solo.pass(10_001);
    assert_eq!(quoted(), (1, single, second - 1));
    world.solo.pass(DAY - 2);
    assert_eq!((world.now(), quoted()), (second - 1, (1, single, second - 1)), "in the last second");
    world.solo.pass(1);
    assert_eq!(quoted(), (2, double, second + DAY - 1));
    world.solo.pass(DAY + 10_000);
    assert_eq!(quoted(), (3, single, third + DAY - 1));

    // Each can be reckoned by, and only the present one promises something.
    let by = |version| world.get(&Table::quoteAtCall { version, inputs: inputs() });
    assert_eq!((by(2).version, by(2).miners, by(2).validUntil), (2, double, 0));
}

#[tokio::test]
async fn as_many_versions_as_may_be_ahead() {
    let world = World::start().await;
    let base = default_prices().classes[0].base;
    for step in 1..=30 {
        world.by(0, &priced(START_SECS + DAY * step, base));
    }
    let late: ContractError =
        Table::EffectiveTooLate { effectiveAt: START_SECS + 31 * DAY, latest: START_SECS + 30 * DAY }.into();
    assert_eq!(world.refused(0, &priced(START_SECS + 31 * DAY, base)), late);
    for current in 1..=30 {
        assert_eq!(world.get(&Table::currentVersionCall {}), current);
        world.solo.pass(DAY);
    }
    assert_eq!(world.get(&Table::currentVersionCall {}), 31);
}

/// A version that is taken back takes those after it along, leaves its number to no other, and opens its time to the next.
#[tokio::test]
async fn versions_are_cancelled_before_they_take_effect() {
    let world = World::start().await;
    let base = default_prices().classes[0].base;
    let total = || world.get(&Table::quoteCall { inputs: inputs() }).total;
    let single = total();
    for (day, factor) in [(1, 2), (2, 4), (3, 8)] {
        world.by(0, &priced(START_SECS + day * DAY, factor * base));
    }
    let done = world.by(0, &Table::cancelVersionCall { version: 3 });
    let cancelled = [4, 3].map(|version| Table::VersionCancelled { version }.encode_log_data());
    assert_eq!(logs(&done), cancelled, "the last first");
    assert_eq!(world.get(&Table::latestVersionCall {}), 4, "cancelled or not");
    // Measured against the second, which is the last there is.
    let changed = Table::ChangeTooLarge { field: field("base"), previous: wide(2 * base), next: wide(8 * base) };
    assert_eq!(world.refused(0, &priced(START_SECS + 3 * DAY, 8 * base)), changed.into());
    assert_eq!(world.by(0, &priced(START_SECS + 2 * DAY, base)).returned, 5);
    for (version, day) in [(1, 0), (2, 1), (5, 2), (5, 3)] {
        assert_eq!(world.now(), START_SECS + day * DAY);
        assert_eq!(world.get(&Table::currentVersionCall {}), version);
        world.solo.pass(DAY);
    }
    assert_eq!(total(), single);
    // The very first too, as long as nothing has a price.
    let fresh = World::empty().await;
    fresh.by(0, &priced(fresh.now() + 10, base));
    fresh.by(0, &Table::cancelVersionCall { version: 1 });
    fresh.solo.pass(10);
    let none = Table::NoPriceYet { timestamp: fresh.now(), firstEffectiveAt: 0 };
    let quote = fresh.solo.view(fresh.table, &Table::quoteCall { inputs: inputs() });
    assert_eq!(quote.err(), Some(Refused::Known(none.into())));
    assert_eq!(fresh.by(0, &priced(0, base)).returned, 2, "again a first one, under another number");
    assert_eq!(fresh.get(&Table::currentVersionCall {}), 2);
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
