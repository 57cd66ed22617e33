//! Which versions may be published.

use crate::limits::{BPS, MULTIPLIER_MAX_BPS, PRICE_AHEAD_MAX_SECS, PRICE_STEP_SECS};
use crate::money::pricing::{Calendar, PriceVersion, PricingError, check_publish};
use cor_errors::Coded as _;
use proptest::prelude::*;

use super::pricing::{version, versions};

const DAY: u64 = PRICE_STEP_SECS;
/// The version before took effect nine days ago.
const NOW: u64 = 10 * DAY;
const TODAY: Calendar = Calendar { now: NOW, notice_secs: DAY, reclassified_at: 0 };

fn changed(change: fn(&mut PriceVersion)) -> PriceVersion {
    let mut next = version();
    next.terms.effective_at = NOW + DAY;
    change(&mut next);
    next
}

fn publish_first(change: fn(&mut PriceVersion)) -> Result<(), PricingError> {
    check_publish(None, &changed(change), &TODAY)
}

fn publish_next(change: fn(&mut PriceVersion)) -> Result<(), PricingError> {
    check_publish(Some(&version()), &changed(change), &TODAY)
}

#[test]
fn a_version_keeps_its_own_rules() {
    let refused = |field, value, bound| Err(PricingError::InvalidPrice { field, value, bound });
    let cor = 1_000_000_000_000_000_000_u128;
    assert_eq!(publish_first(|_| ()), Ok(()));
    assert_eq!(publish_first(|v| v.classes[2].base = 0), refused("base", 0, 1));
    assert_eq!(publish_first(|v| v.classes[1].step = 4_000_000_000_000_000_001), refused("step", 4 * cor + 1, 4 * cor));
    assert_eq!(publish_first(|v| v.terms.sla_bps[0] = 9_999), refused("slaBps", 9_999, 10_000));
    assert_eq!(publish_first(|v| v.terms.sla_bps[2] = 12_499), refused("slaBps", 12_499, 12_500));
    assert_eq!(publish_first(|v| v.terms.consensus_bps[1] = 9_000), refused("consensusBps", 9_000, 10_000));
    assert_eq!(publish_first(|v| v.terms.priority_bps[2] = 1_000_001), refused("priorityBps", 1_000_001, 1_000_000));
    assert_eq!(publish_first(|v| v.terms.quorum_step_bps = 1_000_001), refused("quorumStepBps", 1_000_001, 1_000_000));
    assert_eq!(publish_first(|v| v.terms.network_fee_bps = 10_001), refused("networkFeeBps", 10_001, 10_000));
    assert_eq!(publish_first(|v| v.terms.stake_rebate_bps[1] = 201), refused("stakeRebateBps", 200, 201));
    assert_eq!(publish_first(|v| v.terms.volume_rebate_bps[3] = 99), refused("volumeRebateBps", 99, 100));
    // What is sold is tier 0, and who is charged for it gets no rebate.
    assert_eq!(publish_first(|v| v.terms.stake_rebate_bps[0] = 1), refused("stakeRebateBps", 1, 0));
    assert_eq!(publish_first(|v| v.terms.volume_rebate_bps[0] = 50), refused("volumeRebateBps", 50, 0));
    // A fee of 10 % bounds the rebates together at 10000 * 1000 / 11000 = 909.
    assert_eq!(publish_first(|v| v.terms.stake_rebate_bps[3] = 709), Ok(()));
    assert_eq!(publish_first(|v| v.terms.stake_rebate_bps[3] = 710), refused("rebateBps", 910, 909));
    assert_eq!(publish_first(|v| v.terms.network_fee_bps = 0), refused("rebateBps", 500, 0));
}

#[test]
fn a_version_changes_little_at_a_time() {
    let refused = |field, previous, next| Err(PricingError::ChangeTooLarge { field, previous, next });
    let cor = 1_000_000_000_000_000_000_u128;
    assert_eq!(publish_next(|_| ()), Ok(()));
    assert_eq!(publish_next(|v| v.classes[0].base *= 2), Ok(()));
    assert_eq!(publish_next(|v| v.classes[0].base = 2 * 1_000_000_000_000_000_000 + 1), refused("base", cor, 2 * cor + 1));
    assert_eq!(publish_next(|v| v.classes[1].step /= 2), Ok(()));
    assert_eq!(publish_next(|v| v.classes[1].step = 999_999_999_999_999_999), refused("step", 2 * cor, cor - 1));
    assert_eq!(publish_next(|v| v.classes[2].tool = 0), refused("tool", cor / 4, 0));
    assert_eq!(publish_next(|v| v.classes[2].token = 2 * v.classes[2].token + 1), refused("token", cor / 50, cor / 25 + 1));
    assert_eq!(publish_next(|v| v.classes[2].token *= 2), Ok(()));
    assert_eq!(publish_next(|v| v.classes[2].validator = 1), refused("validator", cor / 10, 1));
    assert_eq!(publish_next(|v| v.terms.sla_bps[2] = 40_001), refused("slaBps", 20_000, 40_001));
    assert_eq!(publish_next(|v| v.terms.consensus_bps[2] = 30_001), refused("consensusBps", 15_000, 30_001));
    assert_eq!(publish_next(|v| v.terms.priority_bps[2] = 60_001), refused("priorityBps", 30_000, 60_001));
    assert_eq!(publish_next(|v| v.terms.quorum_step_bps = 249), refused("quorumStepBps", 500, 249));
    assert_eq!(publish_next(|v| v.terms.network_fee_bps = 2_001), refused("networkFeeBps", 1_000, 2_001));
    assert_eq!(publish_next(|v| v.terms.settlement_gas_base = 1), refused("settlementGasBase", 400_000, 1));
    assert_eq!(publish_next(|v| v.terms.settlement_gas_per_replica = 1), refused("settlementGasPerReplica", 150_000, 1));
    assert_eq!(publish_next(|v| v.terms.gas_price = 1), refused("gasPrice", 100_000_000, 1));
    // Rebates may come and go: the network line bounds them.
    assert_eq!(publish_next(|v| v.terms.stake_rebate_bps = [0; 4]), Ok(()));
    assert_eq!(publish_next(|v| v.terms.stake_rebate_bps[1..].fill(700)), Ok(()));
}

/// Zero stays zero, and odd values halve and double without a way around.
#[test]
fn small_values_double_at_most() {
    for (previous, next, allowed) in [
        (0, 0, true),
        (0, 1, false),
        (1, 0, false),
        (1, 2, true),
        (1, 3, false),
        (3, 2, true),
        (3, 1, false),
        (5, 10, true),
        (5, 11, false),
    ] {
        let mut before = version();
        before.classes[0].tool = previous;
        let mut after = changed(|_| ());
        after.classes[0].tool = next;
        let refused = Err(PricingError::ChangeTooLarge { field: "tool", previous, next });
        assert_eq!(check_publish(Some(&before), &after, &TODAY), if allowed { Ok(()) } else { refused });
    }
}

#[test]
fn a_version_is_announced_ahead_and_a_day_after_the_last_change() {
    let too_soon = |effective_at, earliest| Err(PricingError::EffectiveTooSoon { effective_at, earliest });
    let too_late = |effective_at, latest| Err(PricingError::EffectiveTooLate { effective_at, latest });
    let published = |previous_at: Option<u64>, effective_at, calendar: &Calendar| {
        let at = |effective_at| {
            let mut version = version();
            version.terms.effective_at = effective_at;
            version
        };
        check_publish(previous_at.map(at).as_ref(), &at(effective_at), calendar)
    };
    let latest = NOW + PRICE_AHEAD_MAX_SECS;
    for (previous_at, effective_at, calendar, expected) in [
        // The first: at once, or within thirty days.
        (None, 0, TODAY, Ok(())),
        (None, latest, TODAY, Ok(())),
        (None, latest + 1, TODAY, too_late(latest + 1, latest)),
        (None, u64::MAX, TODAY, too_late(u64::MAX, latest)),
        // After one that is in effect for long: the notice.
        (Some(0), NOW + DAY, TODAY, Ok(())),
        (Some(0), NOW + DAY - 1, TODAY, too_soon(NOW + DAY - 1, NOW + DAY)),
        (Some(0), NOW + 7 * DAY - 1, Calendar { notice_secs: 7 * DAY, ..TODAY }, too_soon(NOW + 7 * DAY - 1, NOW + 7 * DAY)),
        (Some(0), latest + 1, TODAY, too_late(latest + 1, latest)),
        // After one that is still to come: a day.
        (Some(NOW + 5 * DAY), NOW + 6 * DAY, TODAY, Ok(())),
        (Some(NOW + 5 * DAY), NOW + 6 * DAY - 1, TODAY, too_soon(NOW + 6 * DAY - 1, NOW + 6 * DAY)),
        // After the change of a model's class: a day.
        (Some(0), NOW + 3 * DAY, Calendar { reclassified_at: NOW + 2 * DAY, ..TODAY }, Ok(())),
        (
            Some(0),
            NOW + 2 * DAY,
            Calendar { reclassified_at: NOW + DAY + 1, ..TODAY },
            too_soon(NOW + 2 * DAY, NOW + 2 * DAY + 1),
        ),
        // A time beyond the end of time is a wall, not a wrap.
        (Some(u64::MAX), u64::MAX, TODAY, too_late(u64::MAX, latest)),
        (Some(0), NOW, Calendar { notice_secs: u64::MAX, ..TODAY }, too_soon(NOW, u64::MAX)),
    ] {
        assert_eq!(published(previous_at, effective_at, &calendar), expected, "{previous_at:?} {effective_at} {calendar:?}");
    }
}

/// Every refusal has the code of the contracts' error, and says the figures.
#[test]
fn refusals_are_numbered() {
    let errors = [
        (PricingError::InputOutOfRange { field: "sla", value: 3, min: 0, max: 2 }, "PRICE-004", "sla is 3"),
        (PricingError::EvenReplicas { replicas: 4 }, "PRICE-005", "4 replicas"),
        (PricingError::PriceOverflow, "PRICE-009", "128 bits"),
        (PricingError::EffectiveTooSoon { effective_at: 5, earliest: 6 }, "PRICE-006", "6 is the earliest"),
        (PricingError::ChangeTooLarge { field: "base", previous: 7, next: 15 }, "PRICE-007", "from 7 to 15"),
        (PricingError::InvalidPrice { field: "step", value: 9, bound: 8 }, "PRICE-008", "bound 8"),
        (PricingError::UnknownModel, "PRICE-001", "unknown"),
        (PricingError::NotSold { field: "sla", value: 2 }, "PRICE-010", "sla of 2"),
        (PricingError::EffectiveTooLate { effective_at: 9, latest: 8 }, "PRICE-011", "8 is the latest"),
        (PricingError::AlreadyEffective { effective_at: 12 }, "PRICE-013", "since 12"),
        (PricingError::ModelChangePending { effective_at: 13 }, "PRICE-014", "at 13"),
        (PricingError::NoModelChange, "PRICE-015", "no change"),
    ];
    for (error, code, figures) in errors {
        assert_eq!(error.code(), code);
        let text = error.to_string();
        assert!(!text.contains(code) && text.contains(figures), "{text}");
    }
}

proptest! {
    /// Whatever is accepted keeps every promise of the table.
    #[test]
    fn accepted_changes_are_within_a_factor_of_two(previous in versions(1 << 90), next in versions(1 << 90), scale in 1_u128..5) {
        let mut next = next;
        for (class, before) in next.classes.iter_mut().zip(&previous.classes) {
            *class = *before;
            class.base = before.base.saturating_mul(scale) / 2;
        }
        next.terms = crate::money::pricing::PriceTerms { effective_at: NOW + DAY, stake_rebate_bps: next.terms.stake_rebate_bps, ..previous.terms };
        if check_publish(Some(&previous), &next, &TODAY) == Ok(()) {
            for (after, before) in next.classes.iter().zip(&previous.classes) {
                prop_assert!(after.base <= before.base.saturating_mul(2) && before.base <= after.base.saturating_mul(2));
                prop_assert!(after.step <= after.base && after.base > 0);
            }
            let rebates = next.terms.stake_rebate_bps[3] + next.terms.volume_rebate_bps[3];
            prop_assert!(rebates * (BPS + next.terms.network_fee_bps) <= BPS * next.terms.network_fee_bps);
            prop_assert!(next.terms.sla_bps.iter().all(|bps| (BPS..=MULTIPLIER_MAX_BPS).contains(bps)));
        }
    }
}
