//! Models: new ones, changes with notice, and what a quote of them is worth.

use alloy::{primitives::B256, sol_types::SolEvent};
use cor_adapters::deploy::{default_prices, model_name};
use cor_kit::solo::{Refused, START_SECS};
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{self as Table, PriceVersion, QuoteInputs, getModelChangeReturn},
};

use super::world::{DAY, World, field, inputs, logs, model, wide};

/// Prices of which standard is twice light, and heavy four times.
fn near_prices() -> PriceVersion {
    let mut price = default_prices();
    let light = price.classes[0].clone();
    for (class, factor) in price.classes.iter_mut().zip([1, 2, 4]) {
        class.base = light.base * factor;
        class.step = light.step * factor;
        class.tool = light.tool * factor;
        class.token = light.token * factor;
        class.validator = light.validator * factor;
    }
    price
}

async fn near() -> World {
    let world = World::empty().await;
    world.by(0, &Table::publishCall { price: near_prices() });
    world
}

fn change(world: &World, model: u64) -> (u64, u8, bool, B256) {
    let getModelChangeReturn { effectiveAt, class, enabled, name } =
        world.get(&Table::getModelChangeCall { modelIdentifier: model });
    (effectiveAt, class, enabled, name)
}

fn quoted(world: &World, model: u64) -> Result<(u128, u64), Refused> {
    let asked = QuoteInputs { modelIdentifier: model, ..inputs() };
    world.solo.view(world.table, &Table::quoteCall { inputs: asked }).map(|quote| (quote.miners, quote.validUntil))
}

fn unknown(model: u64) -> Refused {
    Refused::Known(Table::UnknownModel { modelIdentifier: model }.into())
}

#[tokio::test]
async fn models_come_at_once_and_go_with_notice() {
    let world = World::start().await;
    let name = model_name("qwen3-8b");
    let set = Table::setModelCall { modelIdentifier: 9, class: 2, enabled: true, name };
    let leave = Table::setModelCall { enabled: false, ..set.clone() };
    assert_eq!(world.refused(0, &leave), Table::UnknownModel { modelIdentifier: 9 }.into());
    let done = world.by(0, &set);
    assert_eq!(logs(&done), [Table::ModelSet { modelIdentifier: 9, class: 2, enabled: true, name }.encode_log_data()]);
    let shown = world.get(&Table::getModelCall { modelIdentifier: 9 });
    assert_eq!((shown.class, shown.name), (2, name));
    let (miners, _) = quoted(&world, 9).expect("a price");

    let end = START_SECS + DAY;
    let done = world.by(0, &leave);
    let scheduled = Table::ModelChangeScheduled { modelIdentifier: 9, class: 2, enabled: false, name, effectiveAt: end };
    assert_eq!(logs(&done), [scheduled.encode_log_data()]);
    assert_eq!((change(&world, 9), quoted(&world, 9)), ((end, 2, false, name), Ok((miners, end - 1))));
    let pending = Table::ModelChangePending { modelIdentifier: 9, effectiveAt: end };
    assert_eq!(world.refused(0, &set), pending.into());
    world.solo.pass(DAY - 1);
    assert_eq!(quoted(&world, 9), Ok((miners, end - 1)));
    world.solo.pass(1);
    assert_eq!((change(&world, 9), quoted(&world, 9).err()), ((0, 0, false, B256::ZERO), Some(unknown(9))));
    assert_eq!(world.solo.view(world.table, &Table::getModelCall { modelIdentifier: 9 }).err(), Some(unknown(9)));

    // Back at once, at the price it had; another price takes what any change takes.
    let other = Table::setModelCall { class: 0, ..set.clone() };
    let heavy = default_prices().classes[2].base;
    let changed = Table::ChangeTooLarge { field: field("base"), previous: wide(heavy), next: wide(heavy / 20) };
    assert_eq!(world.refused(0, &other), changed.into());
    world.by(0, &set);
    assert_eq!(quoted(&world, 9).map(|(miners, _)| miners), Ok(miners));
}

#[tokio::test]
async fn a_class_changes_with_notice_and_a_day_after_any_version() {
    let world = near().await;
    let (single, _) = quoted(&world, 1).expect("a price");
    let renamed = Table::setModelCall { name: model_name("another name"), ..model(1, 1) };
    let end = START_SECS + DAY;
    world.by(0, &renamed);
    assert_eq!(quoted(&world, 1), Ok((single, end - 1)));
    assert_eq!(world.get(&Table::getModelCall { modelIdentifier: 1 }).name, model_name("a model"));
    // No version within a day of it, though a day from now would be notice enough.
    let price = PriceVersion { effectiveAt: end + DAY - 1, ..near_prices() };
    let soon = Table::EffectiveTooSoon { effectiveAt: end + DAY - 1, earliest: end + DAY };
    assert_eq!(world.refused(0, &Table::publishCall { price: price.clone() }), soon.into());
    world.by(0, &Table::publishCall { price: PriceVersion { effectiveAt: end + DAY, ..price } });
    world.solo.pass(DAY);
    assert_eq!(quoted(&world, 1).map(|(miners, _)| miners), Ok(2 * single));
    let shown = world.get(&Table::getModelCall { modelIdentifier: 1 });
    assert_eq!((shown.class, shown.name), (1, model_name("another name")));
    // The next change waits for the version that is ahead.
    world.by(0, &model(1, 2));
    assert_eq!(change(&world, 1).0, end + 2 * DAY);
    world.solo.pass(2 * DAY - 1);
    assert_eq!(quoted(&world, 1).map(|(miners, _)| miners), Ok(2 * single));
    world.solo.pass(1);
    assert_eq!(quoted(&world, 1).map(|(miners, _)| miners), Ok(4 * single));
}

/// Whichever of the versions ahead are cancelled, a model that changes its class at most doubles.
#[tokio::test]
async fn a_class_is_measured_by_every_version_that_may_be_in_effect() {
    let world = near().await;
    let light = near_prices().classes[0].base;
    // By the next version heavy costs twice light, by the present one four times.
    let mut price = PriceVersion { effectiveAt: START_SECS + DAY, ..near_prices() };
    for value in [&mut price.classes[2].base, &mut price.classes[2].step, &mut price.classes[2].tool] {
        *value /= 2;
    }
    price.classes[2].token /= 2;
    price.classes[2].validator /= 2;
    world.by(0, &Table::publishCall { price });
    let changed: ContractError =
        Table::ChangeTooLarge { field: field("base"), previous: wide(light), next: wide(4 * light) }.into();
    assert_eq!(world.refused(0, &model(1, 2)), changed);
    world.solo.pass(DAY);
    world.by(0, &model(1, 2));
    assert_eq!(change(&world, 1).0, START_SECS + 2 * DAY);
}

/// What was cancelled holds no version up, and what is still announced does.
#[tokio::test]
async fn a_cancelled_change_of_class_holds_no_version_up() {
    let world = near().await;
    let end = START_SECS + DAY;
    let price = PriceVersion { effectiveAt: end, ..near_prices() };
    let soon: ContractError = Table::EffectiveTooSoon { effectiveAt: end, earliest: end + DAY }.into();
    let held_up = || assert_eq!(world.refused(0, &Table::publishCall { price: price.clone() }), soon);
    let cancel = |model| world.by(0, &Table::cancelModelChangeCall { modelIdentifier: model });
    world.by(0, &model(1, 1));
    held_up();
    world.by(0, &model(2, 2));
    cancel(1);
    held_up();
    world.by(0, &model(1, 1));
    cancel(2);
    held_up();
    cancel(1);
    // A model that goes out of service keeps its price, and holds nothing up.
    world.by(0, &Table::setModelCall { enabled: false, ..model(1, 0) });
    assert_eq!(world.by(0, &Table::publishCall { price }).returned, 2);
}

/// So many classes may be about to change at a time; those that are made or cancelled make room.
#[tokio::test]
async fn few_classes_change_at_a_time() {
    let world = near().await;
    for number in 101..=133 {
        world.by(0, &model(number, 0));
    }
    for number in 101..=132 {
        world.by(0, &model(number, 1));
    }
    let [value, max] = [33_u64, 32].map(alloy::primitives::U256::from);
    let full: ContractError = Table::InputOutOfRange { field: field("classChanges"), value, min: value - value, max }.into();
    assert_eq!(world.refused(0, &model(133, 1)), full);
    world.by(0, &Table::cancelModelChangeCall { modelIdentifier: 107 });
    world.by(0, &model(133, 1));
    assert_eq!(world.refused(0, &model(107, 1)), full);
    world.solo.pass(DAY);
    for number in 101..=132 {
        world.by(0, &model(number, u8::from(number == 107)));
    }
    assert_eq!(world.refused(0, &model(133, 0)), full);
}

#[tokio::test]
async fn a_change_is_cancelled_before_it_takes_effect() {
    let world = near().await;
    let cancel = Table::cancelModelChangeCall { modelIdentifier: 1 };
    let none: ContractError = Table::NoModelChange { modelIdentifier: 1 }.into();
    assert_eq!(world.refused(0, &cancel), none);
    let (single, until) = quoted(&world, 1).expect("a price");
    world.by(0, &model(1, 1));
    let done = world.by(0, &cancel);
    assert_eq!(logs(&done), [Table::ModelChangeCancelled { modelIdentifier: 1 }.encode_log_data()]);
    assert_eq!((change(&world, 1), quoted(&world, 1)), ((0, 0, false, B256::ZERO), Ok((single, until))));
    world.solo.pass(2 * DAY);
    assert_eq!(quoted(&world, 1).map(|(miners, _)| miners), Ok(single));
    world.by(0, &model(1, 1));
    world.solo.pass(DAY);
    assert_eq!(world.refused(0, &cancel), none, "it is made");
    assert_eq!(quoted(&world, 1).map(|(miners, _)| miners), Ok(2 * single));
    let stays = Table::setModelCall { enabled: false, ..model(1, 0) };
    let one = alloy::primitives::U256::from(1);
    let out = Table::InputOutOfRange { field: field("class"), value: one - one, min: one, max: one };
    assert_eq!(world.refused(0, &stays), out.into(), "a model that goes keeps its class");
}
