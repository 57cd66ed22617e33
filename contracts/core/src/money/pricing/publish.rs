//! Which versions may be published.

use crate::limits::{BPS, MULTIPLIER_MAX_BPS, NETWORK_FEE_MAX_BPS, PRICE_AHEAD_MAX_SECS, PRICE_STEP_SECS};

use super::change::check_change;
use super::choice::{StakeTier, VolumeTier};
use super::error::{Field, PricingError};
use super::quote::{PriceTerms, PriceVersion};

/// When changes of prices may take effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Seconds since 1970.
    pub now: u64,
    /// How long a quote holds at most, and so how long ahead a change is announced.
    pub notice_secs: u64,
    /// When the last change of a model's class takes effect that is announced; seconds since 1970, 0 if there is none. One that is made is no
    /// matter: the notice is no shorter than [`PRICE_STEP_SECS`].
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
