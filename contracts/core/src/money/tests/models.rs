//! Models: what takes effect at once, what waits, and what is refused.

use crate::limits::PRICE_STEP_SECS;
use crate::money::pricing::{Calendar, Change, ClassPrice, Listing, Model, ModelClass, PricingError, check_class_change};
use proptest::prelude::*;

const DAY: u64 = PRICE_STEP_SECS;
const NOW: u64 = 100 * DAY;
const TODAY: Calendar = Calendar { now: NOW, notice_secs: 2 * DAY, reclassified_at: 0 };

const LIGHT: Listing = Listing { class: ModelClass::Light, enabled: true };
const HEAVY: Listing = Listing { class: ModelClass::Heavy, enabled: true };
const GONE: Listing = Listing { class: ModelClass::Light, enabled: false };

const fn known(present: Listing) -> Model {
    Model { known: true, present, next: Listing { class: ModelClass::Light, enabled: false }, next_at: 0 }
}

#[test]
fn what_takes_effect_when() {
    let class_stays = PricingError::InputOutOfRange { field: "class", value: 2, min: 0, max: 0 };
    let heavy_gone = Listing { class: ModelClass::Heavy, enabled: false };
    let version_at = Some(NOW - 9 * DAY);
    for (model, to, version_at, expected) in [
        (Model::default(), HEAVY, version_at, Ok(Change::AtOnce)),
        (Model::default(), GONE, version_at, Err(PricingError::UnknownModel)),
        // A new name.
        (known(LIGHT), LIGHT, version_at, Ok(Change::AtOnce)),
        (known(LIGHT), GONE, version_at, Ok(Change::At(NOW + 2 * DAY))),
        (known(LIGHT), heavy_gone, version_at, Err(class_stays)),
        (known(LIGHT), HEAVY, version_at, Ok(Change::Reclassified(NOW + 2 * DAY))),
        // A version that is still to come pushes it further.
        (known(LIGHT), HEAVY, Some(NOW + 3 * DAY), Ok(Change::Reclassified(NOW + 4 * DAY))),
        (known(LIGHT), GONE, Some(NOW + 3 * DAY), Ok(Change::At(NOW + 2 * DAY))),
        // Back at the price that it had, or at another like any other.
        (known(GONE), LIGHT, version_at, Ok(Change::AtOnce)),
        (known(GONE), GONE, version_at, Ok(Change::AtOnce)),
        (known(GONE), HEAVY, version_at, Ok(Change::Reclassified(NOW + 2 * DAY))),
        (known(GONE), heavy_gone, version_at, Err(class_stays)),
        // While nothing has a price.
        (known(LIGHT), HEAVY, None, Ok(Change::AtOnce)),
        (known(LIGHT), GONE, None, Ok(Change::AtOnce)),
    ] {
        let set = model.set(to, &TODAY, version_at);
        assert_eq!(set.map(|(_, change)| change), expected, "{model:?} to {to:?} after {version_at:?}");
        let Ok((changed, change)) = set else { continue };
        match change {
            Change::AtOnce => assert_eq!(changed, known(to)),
            Change::At(time) | Change::Reclassified(time) => {
                assert_eq!(changed, Model { next: to, next_at: time, ..model });
                assert_eq!((changed.at(time - 1), changed.at(time)), (changed, known(to)));
            }
        }
    }
}

#[test]
fn one_change_at_a_time() {
    let (model, _) = known(LIGHT).set(HEAVY, &TODAY, Some(0)).unwrap();
    let effective_at = NOW + 2 * DAY;
    for to in [LIGHT, HEAVY, GONE] {
        assert_eq!(model.set(to, &TODAY, Some(0)), Err(PricingError::ModelChangePending { effective_at }));
    }
    assert_eq!((model.change_at(effective_at - 1), model.change_at(effective_at)), (Some(effective_at), None));
    assert_eq!(model.cancel(effective_at - 1), Ok(known(LIGHT)));
    assert_eq!(model.cancel(effective_at), Err(PricingError::NoModelChange));
    assert_eq!(known(LIGHT).cancel(NOW), Err(PricingError::NoModelChange));
    // Once it is made, the next may be announced.
    let later = Calendar { now: effective_at, ..TODAY };
    let (again, change) = model.set(LIGHT, &later, Some(0)).unwrap();
    assert_eq!((again.present, change), (HEAVY, Change::Reclassified(effective_at + 2 * DAY)));
}

/// What holds versions up: another class, and only as long as it is announced.
#[test]
fn a_change_of_class_is_seen_until_it_is_made_or_cancelled() {
    let (model, _) = known(LIGHT).set(HEAVY, &TODAY, Some(0)).unwrap();
    let effective_at = NOW + 2 * DAY;
    assert_eq!((model.reclassified_at(NOW), model.reclassified_at(effective_at - 1)), (Some(effective_at), Some(effective_at)));
    assert_eq!((model.reclassified_at(effective_at), model.cancel(NOW).unwrap().reclassified_at(NOW)), (None, None));
    let (leaving, _) = known(LIGHT).set(GONE, &TODAY, Some(0)).unwrap();
    assert_eq!((leaving.change_at(NOW), leaving.reclassified_at(NOW)), (Some(effective_at), None));
    assert_eq!(Model::default().reclassified_at(NOW), None);
}

#[test]
fn a_class_is_left_for_one_within_a_factor_of_two() {
    let before = ClassPrice { base: 100, step: 10, tool: 20, token: 30, validator: 0 };
    let refused = |field, previous, next| Err(PricingError::ChangeTooLarge { field, previous, next });
    assert_eq!(check_class_change(&before, &ClassPrice { base: 200, step: 5, tool: 40, token: 15, validator: 0 }), Ok(()));
    assert_eq!(check_class_change(&before, &ClassPrice { base: 201, ..before }), refused("base", 100, 201));
    assert_eq!(check_class_change(&before, &ClassPrice { step: 4, ..before }), refused("step", 10, 4));
    assert_eq!(check_class_change(&before, &ClassPrice { tool: 41, ..before }), refused("tool", 20, 41));
    assert_eq!(check_class_change(&before, &ClassPrice { token: 14, ..before }), refused("token", 30, 14));
    assert_eq!(check_class_change(&before, &ClassPrice { validator: 1, ..before }), refused("validator", 0, 1));
}

proptest! {
    /// Whatever is done to a model, its class is what it was until the notice is over, unless it had none.
    #[test]
    fn nothing_changes_under_a_quote(steps in proptest::collection::vec((0_u8..3, any::<bool>(), any::<bool>(), 0_u64..3 * DAY), 1..30)) {
        let (mut model, mut now) = (Model::default(), NOW);
        // Until when which class was promised.
        let mut promises: Vec<(u64, ModelClass)> = Vec::new();
        for (class, enabled, cancels, secs) in steps {
            if let Some(class) = model.class(now) {
                promises.push((crate::money::pricing::valid_until(now, TODAY.notice_secs, None, model.change_at(now)), class));
            }
            let to = Listing { class: ModelClass::try_from(class).unwrap(), enabled };
            let calendar = Calendar { now, ..TODAY };
            let changed = if cancels { model.cancel(now) } else { model.set(to, &calendar, Some(0)).map(|(model, _)| model) };
            model = changed.unwrap_or(model);
            now += secs;
            promises.retain(|(until, _)| *until >= now);
            for (_, class) in &promises {
                prop_assert_eq!(model.class(now), Some(*class));
            }
        }
    }
}
