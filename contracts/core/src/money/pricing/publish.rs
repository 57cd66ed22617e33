//! Which versions may be published.

use crate::limits::{BPS, MULTIPLIER_MAX_BPS, NETWORK_FEE_MAX_BPS, PRICE_AHEAD_MAX_SECS, PRICE_STEP_SECS};

use super::choice::{StakeTier, VolumeTier};
use super::error::{Field, PricingError};
use super::quote::{ClassPrice, PriceTerms, PriceVersion};

/// When changes of prices may take effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Seconds since 1970.
    pub now: u64,
    /// How long a quote holds at most, and so how long ahead a change is announced.
    pub notice_secs: u64,
    /// When the last change of a model's class takes effect, or did; seconds since 1970, 0 if there was none.
    pub reclassified_at: u64,
}

impl Calendar {
    /// The earliest time for a change after the version that takes effect at `version_at`: no quote that was given holds beyond it, and a
    /// day lies between it and the change before it.
    #[must_use]
    pub fn earliest_after(&self, version_at: u64) -> u64 {
        self.now.saturating_add(self.notice_secs).max(version_at.saturating_add(PRICE_STEP_SECS))
    }
}

/// Whether `next` may follow `previous`: the last version that was not cancelled, `None` if there is none.
///
/// # Errors
/// [`PricingError::EffectiveTooSoon`]: all but the first wait for the notice, and for [`PRICE_STEP_SECS`] after the version and after the
/// change of a model's class before them. [`PricingError::EffectiveTooLate`], [`PricingError::InvalidPrice`],
/// [`PricingError::ChangeTooLarge`].
pub fn check_publish(previous: Option<&PriceVersion>, next: &PriceVersion, calendar: &Calendar) -> Result<(), PricingError> {
    check_bounds(next)?;
    let effective_at = next.terms.effective_at;
    if let Some(previous) = previous {
        let earliest = calendar.earliest_after(previous.terms.effective_at.max(calendar.reclassified_at));
        if effective_at < earliest {
            return Err(PricingError::EffectiveTooSoon { effective_at, earliest });
        }
    }
    let latest = calendar.now.saturating_add(PRICE_AHEAD_MAX_SECS);
    if effective_at > latest {
        return Err(PricingError::EffectiveTooLate { effective_at, latest });
    }
    previous.map_or(Ok(()), |previous| check_change(previous, next))
}

/// The rules a version must keep by itself.
fn check_bounds(version: &PriceVersion) -> Result<(), PricingError> {
    let terms = &version.terms;
    for class in &version.classes {
        // A base above zero makes every total so.
        at_least("base", class.base, 1)?;
        // A step at most the base makes splitting a request never cheaper.
        at_most("step", class.step, class.base)?;
    }
    let whole = BPS.into();
    for (field, multiplier) in
        [("slaBps", &terms.sla_bps), ("consensusBps", &terms.consensus_bps), ("priorityBps", &terms.priority_bps)]
    {
        rising(field, multiplier, whole)?;
    }
    at_most("quorumStepBps", terms.quorum_step_bps.into(), MULTIPLIER_MAX_BPS.into())?;
    at_most("networkFeeBps", terms.network_fee_bps.into(), NETWORK_FEE_MAX_BPS.into())?;
    rising_from_none("stakeRebateBps", &terms.stake_rebate_bps)?;
    rising_from_none("volumeRebateBps", &terms.volume_rebate_bps)?;
    check_rebate(terms)
}

/// A rebate of `r` on `work + network` stays within a network line of at least `work * fee` if `r <= 10000 * fee / (10000 + fee)`.
fn check_rebate(terms: &PriceTerms) -> Result<(), PricingError> {
    // The last of rising values is the greatest.
    let stake = u128::from(StakeTier::Third.of(&terms.stake_rebate_bps));
    let rebate = stake.saturating_add(VolumeTier::Third.of(&terms.volume_rebate_bps).into());
    let fee = u128::from(terms.network_fee_bps);
    let whole = u128::from(BPS);
    // fee <= 10000, so nothing saturates and the divisor is not zero.
    let bound = whole.saturating_mul(fee).checked_div(whole.saturating_add(fee)).unwrap_or_default();
    at_most("rebateBps", rebate, bound)
}

/// The rule between versions. Rebates are not bound by it: they are bound by the network line.
fn check_change(previous: &PriceVersion, next: &PriceVersion) -> Result<(), PricingError> {
    for (before, after) in previous.classes.iter().zip(&next.classes) {
        check_class_change(before, after)?;
    }
    let (before, after) = (&previous.terms, &next.terms);
    for (field, before, after) in [
        ("slaBps", &before.sla_bps, &after.sla_bps),
        ("consensusBps", &before.consensus_bps, &after.consensus_bps),
        ("priorityBps", &before.priority_bps, &after.priority_bps),
    ] {
        for (before, after) in before.iter().zip(after) {
            within_factor_two(field, (*before).into(), (*after).into())?;
        }
    }
    within_factor_two("quorumStepBps", before.quorum_step_bps.into(), after.quorum_step_bps.into())?;
    within_factor_two("networkFeeBps", before.network_fee_bps.into(), after.network_fee_bps.into())?;
    within_factor_two("settlementGasBase", before.settlement_gas_base.into(), after.settlement_gas_base.into())?;
    within_factor_two(
        "settlementGasPerReplica",
        before.settlement_gas_per_replica.into(),
        after.settlement_gas_per_replica.into(),
    )?;
    within_factor_two("gasPrice", before.gas_price, after.gas_price)
}

/// Whether the prices of a class, or of a model that changes its class, may go from `before` to `after`.
///
/// # Errors
/// [`PricingError::ChangeTooLarge`].
pub fn check_class_change(before: &ClassPrice, after: &ClassPrice) -> Result<(), PricingError> {
    within_factor_two("base", before.base, after.base)?;
    within_factor_two("step", before.step, after.step)?;
    within_factor_two("tool", before.tool, after.tool)?;
    within_factor_two("token", before.token, after.token)?;
    within_factor_two("validator", before.validator, after.validator)
}

fn at_least(field: Field, value: u128, bound: u128) -> Result<(), PricingError> {
    if value < bound { Err(PricingError::InvalidPrice { field, value, bound }) } else { Ok(()) }
}

fn at_most(field: Field, value: u128, bound: u128) -> Result<(), PricingError> {
    if value > bound { Err(PricingError::InvalidPrice { field, value, bound }) } else { Ok(()) }
}

/// Each value is at least the one before it, the first at least `floor`, the last at most [`MULTIPLIER_MAX_BPS`].
fn rising(field: Field, values: &[u32], floor: u128) -> Result<(), PricingError> {
    let mut bound = floor;
    for value in values {
        let value = u128::from(*value);
        at_least(field, value, bound)?;
        bound = value;
    }
    at_most(field, bound, MULTIPLIER_MAX_BPS.into())
}

/// Rebates rise from none: the first tier is the one that is sold, and the lane that charges for it knows no rebate.
fn rising_from_none(field: Field, rebates: &[u32; 4]) -> Result<(), PricingError> {
    let [first, ..] = *rebates;
    at_most(field, first.into(), 0)?;
    rising(field, rebates, 0)
}

/// Half of `previous` (rounded up) to its double. Zero stays zero: a price that was never asked is a new table's business.
fn within_factor_two(field: Field, previous: u128, next: u128) -> Result<(), PricingError> {
    if next.div_ceil(2) <= previous && previous.div_ceil(2) <= next {
        return Ok(());
    }
    Err(PricingError::ChangeTooLarge { field, previous, next })
}
