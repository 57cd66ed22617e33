//! What a task costs, and which price versions may be published.
//!
//! ```text
//! replica     = base[class] + step[class] * (execution_depth - 1) + tool[class] * tool_depth
//! per_replica = up( replica * sla * (consensus + quorum_step * ceil((quorum - 5000) / 1000)) * priority )
//! miners      = per_replica * replicas
//! validators  = validator[class] * validator_depth * replicas
//! network     = up( (miners + validators) * network_fee )
//! gas         = (settlement_gas_base + settlement_gas_per_replica * replicas) * gas_price
//! rebate      = down( (miners + validators + network) * (stake_rebate + volume_rebate) )
//! total       = miners + validators + network + gas - rebate
//! ```
//!
//! Amounts in COR wei, fractions in basis points. Each line is rounded once. The rules of [`check_publish`] make the total
//! monotone in every input, keep the rebate within the network line, and make splitting a request never cheaper.

mod publish;
mod versions;

pub use publish::check_publish;
pub use versions::{effective_version, pack, unpack, valid_until};

use cor_errors::{Coded, Entry, table::price};

use crate::math::{bps_down, bps_up, mul_div_up};

/// Most replicas of a task: each costs two transactions' worth of settlement, and seven already tolerate three faults.
pub const REPLICAS_MAX: u8 = 7;
/// Least share of the replicas that decides: more than half, or two answers could both win.
pub const QUORUM_MIN_BPS: u16 = 5_001;
/// Most share of the replicas that can be asked to agree: all.
pub const QUORUM_MAX_BPS: u16 = 10_000;
/// Most a multiplier can be, 100 times: it stops a slip of the pen, and keeps multipliers within 24 bits.
pub const MULTIPLIER_MAX_BPS: u32 = 1_000_000;

/// A share of 5000 bps needs no quorum surcharge; each started 1000 bps above it is a step.
const QUORUM_FREE_BPS: u16 = 5_000;
const QUORUM_STEP_BPS: u16 = 1_000;
/// The three multipliers are each over [`crate::math::BPS`].
const MULTIPLIERS_DENOMINATOR: u64 = 1_000_000_000_000;

/// The rules' name of a field, as in the Solidity interface; ASCII, at most 32 bytes.
pub type Field = &'static str;

/// Why there is no price, or why a version cannot be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PricingError {
    /// An input is outside its range.
    InputOutOfRange {
        /// The input.
        field: Field,
        /// Its value.
        value: u64,
        /// The least it may be.
        min: u64,
        /// The most it may be.
        max: u64,
    },
    /// Replicas must be odd, or a tie could not be decided.
    EvenReplicas {
        /// Replicas asked for.
        replicas: u8,
    },
    /// The price does not fit 128 bits.
    PriceOverflow,
    /// A version would take effect too soon.
    EffectiveTooSoon {
        /// When it would, in seconds since 1970.
        effective_at: u64,
        /// When it may at the earliest.
        earliest: u64,
    },
    /// A value more than doubles or halves; zero stays zero.
    ChangeTooLarge {
        /// The value's name.
        field: Field,
        /// In the version before.
        previous: u128,
        /// In this version.
        next: u128,
    },
    /// A value breaks an order or a bound of the table.
    InvalidPrice {
        /// The value's name.
        field: Field,
        /// The value.
        value: u128,
        /// The bound it breaks.
        bound: u128,
    },
}

impl Coded for PricingError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::InputOutOfRange { .. } => &price::INPUT_OUT_OF_RANGE,
            Self::EvenReplicas { .. } => &price::EVEN_REPLICAS,
            Self::PriceOverflow => &price::PRICE_OVERFLOW,
            Self::EffectiveTooSoon { .. } => &price::EFFECTIVE_TOO_SOON,
            Self::ChangeTooLarge { .. } => &price::CHANGE_TOO_LARGE,
            Self::InvalidPrice { .. } => &price::INVALID_PRICE,
        }
    }
}

impl core::fmt::Display for PricingError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::InputOutOfRange { field, value, min, max } => write!(f, "{field} is {value} and must be {min} to {max}"),
            Self::EvenReplicas { replicas } => write!(f, "{replicas} replicas could end in a tie"),
            Self::PriceOverflow => {
                write!(f, "the price does not fit 128 bits")
            }
            Self::EffectiveTooSoon { effective_at, earliest } => {
                write!(f, "effective at {effective_at}, but {earliest} is the earliest")
            }
            Self::ChangeTooLarge { field, previous, next } => {
                write!(f, "{field} goes from {previous} to {next}, more than a factor of two")
            }
            Self::InvalidPrice { field, value, bound } => write!(f, "{field} is {value}, beyond its bound {bound}"),
        }
    }
}

impl core::error::Error for PricingError {}

/// Prices of one model class, COR wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassPrice {
    /// A replica at execution depth 1.
    pub base: u128,
    /// Each further execution step; at most `base`.
    pub step: u128,
    /// Each tool step.
    pub tool: u128,
    /// Each validator step of each replica.
    pub validator: u128,
}

/// What a version says apart from the prices of the classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Seconds since 1970.
    pub effective_at: u64,
    /// Multiplier of each SLA tier.
    pub sla_bps: [u32; 3],
    /// Multiplier of each consensus rule.
    pub consensus_bps: [u32; 3],
    /// Multiplier of each priority.
    pub priority_bps: [u32; 3],
    /// Added to the rule's multiplier for each started 1000 bps of quorum above 5000.
    pub quorum_step_bps: u32,
    /// The network's share on top of miners and validators.
    pub network_fee_bps: u32,
    /// Gas units of settling a task.
    pub settlement_gas_base: u64,
    /// Further gas units for each replica.
    pub settlement_gas_per_replica: u64,
    /// COR wei for one gas unit.
    pub gas_price: u128,
    /// Rebate of each stake tier.
    pub stake_rebate_bps: [u32; 4],
    /// Rebate of each volume tier.
    pub volume_rebate_bps: [u32; 4],
}

/// One version of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceVersion {
    /// All but the prices.
    pub terms: Terms,
    /// Prices of the classes light, standard and heavy.
    pub classes: [ClassPrice; 3],
}

/// What a price depends on besides the model's class. See [`QuoteInputs::check`] for the ranges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuoteInputs {
    /// Execution steps, at least 1.
    pub execution_depth: u16,
    /// Tool steps.
    pub tool_depth: u16,
    /// SLA tier: 0 low, 1 medium, 2 high.
    pub sla: u8,
    /// Validator steps of each replica.
    pub validator_depth: u8,
    /// Replicas, odd, at most [`REPLICAS_MAX`].
    pub replicas: u8,
    /// 0 single, 1 majority, 2 unanimous.
    pub consensus_rule: u8,
    /// Share of the replicas asked for that must agree.
    pub quorum_bps: u16,
    /// 0 normal, 1 high, 2 urgent.
    pub priority: u8,
    /// Index into the stake rebates.
    pub stake_tier: u8,
    /// Index into the volume rebates.
    pub volume_tier: u8,
}

/// A price in lines: `total` = `miners` + `validators` + `network` + `gas` - `rebate`. COR wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceLines {
    /// Paid to each agreeing miner.
    pub per_replica: u128,
    /// `per_replica` times replicas.
    pub miners: u128,
    /// To validators.
    pub validators: u128,
    /// To the network, before the rebate.
    pub network: u128,
    /// To the keeper.
    pub gas: u128,
    /// Taken off the network's line.
    pub rebate: u128,
    /// What is reserved and, if the task succeeds in full, charged.
    pub total: u128,
}

impl QuoteInputs {
    /// Whether each input is in its range.
    ///
    /// # Errors
    /// [`PricingError::InputOutOfRange`] with the first field that is not, [`PricingError::EvenReplicas`].
    pub fn check(&self) -> Result<(), PricingError> {
        in_range("executionDepth", self.execution_depth, 1, u16::MAX)?;
        in_range("sla", self.sla.into(), 0, 2)?;
        in_range("replicas", self.replicas.into(), 1, REPLICAS_MAX.into())?;
        if self.replicas.is_multiple_of(2) {
            return Err(PricingError::EvenReplicas { replicas: self.replicas });
        }
        in_range("consensusRule", self.consensus_rule.into(), 0, 2)?;
        in_range("quorumBps", self.quorum_bps, QUORUM_MIN_BPS, QUORUM_MAX_BPS)?;
        in_range("priority", self.priority.into(), 0, 2)?;
        in_range("stakeTier", self.stake_tier.into(), 0, 3)?;
        in_range("volumeTier", self.volume_tier.into(), 0, 3)
    }
}

fn in_range(field: Field, value: u16, min: u16, max: u16) -> Result<(), PricingError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(PricingError::InputOutOfRange { field, value: value.into(), min: min.into(), max: max.into() })
}

/// The class of a model, 0 light, 1 standard, 2 heavy, as an index.
///
/// # Errors
/// [`PricingError::InputOutOfRange`].
pub fn check_class(class: u8) -> Result<(), PricingError> {
    in_range("class", class.into(), 0, 2)
}

/// Price of a task by these terms and the prices of its model's class.
///
/// # Errors
/// Those of [`QuoteInputs::check`], and [`PricingError::PriceOverflow`].
pub fn quote(terms: &Terms, class: &ClassPrice, inputs: &QuoteInputs) -> Result<PriceLines, PricingError> {
    inputs.check()?;
    lines(terms, class, inputs).ok_or(PricingError::PriceOverflow)
}

/// `None` on overflow; the inputs are in range.
fn lines(terms: &Terms, class: &ClassPrice, inputs: &QuoteInputs) -> Option<PriceLines> {
    let replicas = u128::from(inputs.replicas);
    let steps = u128::from(inputs.execution_depth.checked_sub(1)?);
    let replica =
        class.base.checked_add(class.step.checked_mul(steps)?)?.checked_add(class.tool.checked_mul(inputs.tool_depth.into())?)?;
    let per_replica = mul_div_up(replica, multipliers(terms, inputs)?, MULTIPLIERS_DENOMINATOR)?;
    let miners = per_replica.checked_mul(replicas)?;
    let validators = class.validator.checked_mul(inputs.validator_depth.into())?.checked_mul(replicas)?;
    let work = miners.checked_add(validators)?;
    let network = bps_up(work, terms.network_fee_bps)?;
    let gas_units =
        u128::from(terms.settlement_gas_per_replica).checked_mul(replicas)?.checked_add(terms.settlement_gas_base.into())?;
    let gas = gas_units.checked_mul(terms.gas_price)?;
    let rebate_bps =
        at(&terms.stake_rebate_bps, inputs.stake_tier)?.checked_add(at(&terms.volume_rebate_bps, inputs.volume_tier)?)?;
    let gross = work.checked_add(network)?;
    let rebate = bps_down(gross, rebate_bps)?;
    let total = gross.checked_add(gas)?.checked_sub(rebate)?;
    Some(PriceLines { per_replica, miners, validators, network, gas, rebate, total })
}

/// The product of the three multipliers, each over [`crate::math::BPS`]: at most 10^6 * 6 * 10^6 * 10^6 in a version that may be published.
fn multipliers(terms: &Terms, inputs: &QuoteInputs) -> Option<u64> {
    let quorum_steps = inputs.quorum_bps.checked_sub(QUORUM_FREE_BPS)?.div_ceil(QUORUM_STEP_BPS);
    let consensus =
        at(&terms.consensus_bps, inputs.consensus_rule)?.checked_add(terms.quorum_step_bps.checked_mul(quorum_steps.into())?)?;
    u64::from(at(&terms.sla_bps, inputs.sla)?)
        .checked_mul(consensus.into())?
        .checked_mul(at(&terms.priority_bps, inputs.priority)?.into())
}

fn at<const N: usize>(values: &[u32; N], index: u8) -> Option<u32> {
    values.get(usize::from(index)).copied()
}
