//! What was done to the prices of an earlier table, played again: an owner that moves them under a payer's feet.

use cor_adapters::deploy::default_prices;
use cor_kit::solo::START_SECS;
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{self as Table, PriceVersion, QuoteInputs},
};

use super::world::{DAY, DELAY_SECS, World, field, inputs, model, wide};

const COR: u128 = 1_000_000_000_000_000_000;

/// The prices of that table, which had none for tokens.
fn tokens_for_nothing() -> PriceVersion {
    let mut price = default_prices();
    price.classes.iter_mut().for_each(|class| class.token = 0);
    price
}

async fn old_prices() -> World {
    let world = World::empty().await;
    world.by(0, &Table::publishCall { price: tokens_for_nothing() });
    world
}

fn total(world: &World) -> u128 {
    world.get(&Table::quoteCall { inputs: inputs() }).total
}

/// Quoted 0.3548 COR "valid a day"; the owner called the light model heavy, and the same task cost 7.001 COR.
#[tokio::test]
async fn a_model_is_not_moved_to_another_class_under_a_quote() {
    let world = old_prices().await;
    let quote = world.get(&Table::quoteCall { inputs: inputs() });
    assert_eq!(quote.total, 3_548 * COR / 10_000);
    assert_eq!(quote.validUntil, world.now() + DELAY_SECS - 1);
    let heavy = world.get(&Table::quoteCall { inputs: QuoteInputs { modelIdentifier: 3, ..inputs() } });
    assert_eq!(heavy.total, 7_001 * COR / 1_000);
    let changed: ContractError =
        Table::ChangeTooLarge { field: field("base"), previous: wide(COR / 10), next: wide(2 * COR) }.into();
    assert_eq!(world.refused(0, &model(1, 2)), changed);
    // A detour by way of nowhere is none: it takes the notice, and then the class is remembered.
    world.by(0, &Table::setModelCall { enabled: false, ..model(1, 0) });
    assert_eq!(total(&world), quote.total, "the price holds at once");
    world.solo.pass(quote.validUntil - world.now());
    assert_eq!(total(&world), quote.total, "and until the quote ends");
    world.solo.pass(1);
    assert_eq!(world.refused(0, &model(1, 2)), changed);
}

/// The miners' line went from 0.318 COR to 1,302 within twelve seconds, by twelve versions that double it.
#[tokio::test]
async fn prices_do_not_double_every_second() {
    let world = old_prices().await;
    let miners = || world.get(&Table::quoteCall { inputs: inputs() }).miners;
    assert_eq!(miners(), 318 * COR / 1_000);
    let doubled = |step: u32, effective_at: u64| {
        let mut price = PriceVersion { effectiveAt: effective_at, ..tokens_for_nothing() };
        for class in &mut price.classes {
            for value in [&mut class.base, &mut class.step, &mut class.tool, &mut class.validator] {
                *value <<= step;
            }
        }
        Table::publishCall { price }
    };
    let first = START_SECS + DELAY_SECS;
    world.by(0, &doubled(1, first));
    for step in 2..=12_u32 {
        let effective_at = first + u64::from(step) - 1;
        let soon: ContractError = Table::EffectiveTooSoon { effectiveAt: effective_at, earliest: first + DAY }.into();
        assert_eq!(world.refused(0, &doubled(step, effective_at)), soon);
    }
    world.solo.pass(DELAY_SECS + 12);
    assert_eq!(miners(), 2 * 318 * COR / 1_000);
}

/// Doubled by a version, and doubled again a second later by another class: the two are one kind of change.
#[tokio::test]
async fn a_class_and_a_version_do_not_double_a_price_together() {
    let world = World::empty().await;
    let mut price = default_prices();
    price.classes[1] = price.classes[0].clone();
    for value in [&mut price.classes[1].base, &mut price.classes[1].step, &mut price.classes[1].tool] {
        *value *= 2;
    }
    price.classes[1].token *= 2;
    price.classes[1].validator *= 2;
    world.by(0, &Table::publishCall { price: price.clone() });
    let miners = || world.get(&Table::quoteCall { inputs: inputs() }).miners;
    let single = miners();
    world.by(0, &model(1, 1));
    for class in &mut price.classes {
        for value in [&mut class.base, &mut class.step, &mut class.tool, &mut class.token, &mut class.validator] {
            *value *= 2;
        }
    }
    price.effectiveAt = world.now() + DAY + 1;
    let soon = Table::EffectiveTooSoon { effectiveAt: price.effectiveAt, earliest: world.now() + 2 * DAY };
    assert_eq!(world.refused(0, &Table::publishCall { price }), soon.into());
    world.solo.pass(2 * DAY - 1);
    assert_eq!(miners(), 2 * single);
}

/// Within a factor of two each, what multiplies made seventeen times the price.
#[tokio::test]
async fn a_price_is_not_multiplied_by_seventeen_in_one_version() {
    let world = World::start().await;
    let mut price = PriceVersion { effectiveAt: START_SECS + DELAY_SECS, ..default_prices() };
    price.classes[0].base *= 2;
    price.classes[0].token *= 2;
    price.slaBps = [20_000; 3];
    price.consensusBps = [20_000, 21_000, 22_000];
    price.quorumStepBps *= 2;
    price.priorityBps = [20_000; 3];
    price.networkFeeBps *= 2;
    let changed = Table::ChangeTooLarge { field: field("work"), previous: wide(1_000_000), next: wide(32_000_000) };
    assert_eq!(world.refused(0, &Table::publishCall { price: price.clone() }), changed.into());
    // Nor by way of gas, which is a line of its own.
    let mut gas = PriceVersion { effectiveAt: price.effectiveAt, ..default_prices() };
    gas.settlementGasBase *= 2;
    gas.settlementGasPerReplica *= 2;
    gas.gasPrice *= 2;
    let changed = Table::ChangeTooLarge { field: field("gas"), previous: wide(1_000_000), next: wide(4_000_000) };
    assert_eq!(world.refused(0, &Table::publishCall { price: gas }), changed.into());
    // One of them may double at a time.
    let miners = || world.get(&Table::quoteCall { inputs: inputs() }).miners;
    let single = miners();
    let alone = PriceVersion { effectiveAt: price.effectiveAt, slaBps: price.slaBps, ..default_prices() };
    world.by(0, &Table::publishCall { price: alone });
    world.solo.pass(DELAY_SECS);
    assert_eq!(miners(), 2 * single);
}

/// Unanimity was sold at the multiplier of the rule that costs least.
#[tokio::test]
async fn unanimity_costs_the_same_by_any_name() {
    let world = World::start().await;
    let asked = |rule, quorum| QuoteInputs { consensusRule: rule, quorumBps: quorum, ..inputs() };
    let price = |rule| world.get(&Table::quoteCall { inputs: asked(rule, 10_000) }).total;
    assert_eq!([price(0), price(1)], [price(2); 2]);
    assert!(price(0) > total(&world));
    // Nor by a share that only all three make up.
    let quote = world.solo.view(world.table, &Table::quoteCall { inputs: asked(1, 6_667) });
    assert!(quote.is_err(), "{quote:?}");
}

/// 2^32 tokens cost what one cost.
#[tokio::test]
async fn tokens_are_not_for_nothing() {
    let world = World::start().await;
    let price = |tokens| world.get(&Table::quoteCall { inputs: QuoteInputs { maxTokens: tokens, ..inputs() } }).perReplica;
    // 0.02 COR for a thousand, times 1.06.
    assert_eq!(price(2_000) - price(1_000), 212 * COR / 10_000);
    assert!(price(u32::MAX) > 4_000_000 * (price(2_000) - price(1_000)));
}

#[tokio::test]
async fn the_first_version_is_not_put_off_for_ever() {
    let world = World::empty().await;
    let price = PriceVersion { effectiveAt: u64::MAX, ..default_prices() };
    let late = Table::EffectiveTooLate { effectiveAt: u64::MAX, latest: world.now() + 30 * DAY };
    assert_eq!(world.refused(0, &Table::publishCall { price }), late.into());
}
