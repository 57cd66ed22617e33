//! How far prices may move from one version to the next.

use alloy_primitives::U256;

use super::error::{Field, PricingError};
use super::quote::{ClassPrice, PriceVersion};

/// Parts per million in a whole: what an error tells a move of several values in.
const WHOLE_PPM: u128 = 1_000_000;
/// The same of a factor of two.
const DOUBLE_PPM: u128 = 2 * WHOLE_PPM;
/// Bits of the greatest move in parts per million: five values, each of which doubles, make 32000000.
const MOVE_BITS: usize = 25;

/// Whether each value, and each line of each price, is within a factor of two in both versions. Rebates are not bound by it: they are bound by
/// the network line.
///
/// A line is a sum of products, each with at most one value of a group: it rises by no more than the greatest rises of the groups, multiplied.
/// The quorum's surcharge is added to a rule's multiplier, so they are one group. A group that falls counts as one that stays, as there are lines
/// without it: miners' have no fee, validators' no multiplier.
pub(super) fn check_change(previous: &PriceVersion, next: &PriceVersion) -> Result<(), PricingError> {
    let classes = previous.classes.iter().zip(&next.classes);
    let (before, after) = (&previous.terms, &next.terms);
    let quorum_step = Move::new("quorumStepBps", before.quorum_step_bps, after.quorum_step_bps);
    Together::NONE
        .with(classes.flat_map(|(before, after)| class_moves(before, after)))?
        .with(moves("slaBps", before.sla_bps, after.sla_bps))?
        .with(moves("consensusBps", before.consensus_bps, after.consensus_bps).chain([quorum_step]))?
        .with(moves("priorityBps", before.priority_bps, after.priority_bps))?
        .with([Move::new("networkFeeBps", before.network_fee_bps, after.network_fee_bps)])?
        .check("work")?;
    let units = [
        Move::new("settlementGasBase", before.settlement_gas_base, after.settlement_gas_base),
        Move::new("settlementGasPerReplica", before.settlement_gas_per_replica, after.settlement_gas_per_replica),
    ];
    Together::NONE.with(units)?.with([Move::new("gasPrice", before.gas_price, after.gas_price)])?.check("gas")
}

/// Whether the prices of a class, or of a model that changes its class, may go from `before` to `after`. A class is one group, so that no line
/// moves further than the value that moves most.
///
/// # Errors
/// [`PricingError::ChangeTooLarge`].
pub fn check_class_change(before: &ClassPrice, after: &ClassPrice) -> Result<(), PricingError> {
    class_moves(before, after).into_iter().try_for_each(Move::check)
}

fn class_moves(before: &ClassPrice, after: &ClassPrice) -> [Move; 5] {
    [
        Move::new("base", before.base, after.base),
        Move::new("step", before.step, after.step),
        Move::new("tool", before.tool, after.tool),
        Move::new("token", before.token, after.token),
        Move::new("validator", before.validator, after.validator),
    ]
}

fn moves<const N: usize>(field: Field, before: [u32; N], after: [u32; N]) -> impl Iterator<Item = Move> {
    before.into_iter().zip(after).map(move |(from, to)| Move::new(field, from, to))
}

/// A value in two versions, or two classes.
#[derive(Clone, Copy)]
struct Move {
    field: Field,
    from: u128,
    to: u128,
}

impl Move {
    fn new(field: Field, from: impl Into<u128>, to: impl Into<u128>) -> Self {
        Self { field, from: from.into(), to: to.into() }
    }

    /// Half of what it was (rounded up) to its double. Zero stays zero: a price that was never asked is a new table's business.
    fn check(self) -> Result<(), PricingError> {
        let Self { field, from, to } = self;
        if to.div_ceil(2) <= from && from.div_ceil(2) <= to {
            return Ok(());
        }
        Err(PricingError::ChangeTooLarge { field, previous: from, next: to })
    }
}

/// How many times as much: `to / from`, exactly.
#[derive(Clone, Copy)]
struct Factor {
    from: U256,
    to: U256,
}

impl Factor {
    const ONE: Self = Self { from: U256::ONE, to: U256::ONE };

    fn new(from: u128, to: u128) -> Self {
        Self { from: U256::from(from), to: U256::from(to) }
    }

    /// The greater of two. Both are of single values, so that 256 bits hold the products. Zero of zero is never greater.
    fn max(self, other: Self) -> Self {
        if other.to.saturating_mul(self.from) > self.to.saturating_mul(other.from) { other } else { self }
    }

    /// One after the other. A price has 128 bits, a multiplier 20 and a fee 14, units of gas have 64: products of a group's each have at most 202.
    fn times(self, other: Self) -> Self {
        Self { from: self.from.saturating_mul(other.from), to: self.to.saturating_mul(other.to) }
    }

    /// In parts per million, rounded up, by binary long division: one of 256-bit integers would be a fifth of a contract's code.
    fn ppm_up(self) -> u128 {
        let mut rest = self.to.saturating_mul(U256::from(WHOLE_PPM));
        let mut quotient = 0_u128;
        for bit in (0..MOVE_BITS).rev() {
            quotient <<= 1;
            if let Some(less) = rest.checked_sub(self.from.wrapping_shl(bit)) {
                (rest, quotient) = (less, quotient | 1);
            }
        }
        quotient.saturating_add((!rest.is_zero()).into())
    }
}

/// How far the values of several groups move if they are multiplied, one of each group or fewer: up and down, each at least 1.
#[derive(Clone, Copy)]
struct Together {
    rise: Factor,
    fall: Factor,
}

impl Together {
    const NONE: Self = Self { rise: Factor::ONE, fall: Factor::ONE };

    /// With a further group. Each of its values is held to a factor of two by itself too.
    fn with(self, group: impl IntoIterator<Item = Move>) -> Result<Self, PricingError> {
        let mut most = Self::NONE;
        for value in group {
            value.check()?;
            let Move { from, to, .. } = value;
            most = Self { rise: most.rise.max(Factor::new(from, to)), fall: most.fall.max(Factor::new(to, from)) };
        }
        Ok(Self { rise: self.rise.times(most.rise), fall: self.fall.times(most.fall) })
    }

    fn check(self, field: Field) -> Result<(), PricingError> {
        let (rise, fall) = (self.rise.ppm_up(), self.fall.ppm_up());
        if rise > DOUBLE_PPM {
            return Err(PricingError::ChangeTooLarge { field, previous: WHOLE_PPM, next: rise });
        }
        if fall > DOUBLE_PPM {
            return Err(PricingError::ChangeTooLarge { field, previous: fall, next: WHOLE_PPM });
        }
        Ok(())
    }
}
