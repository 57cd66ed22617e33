//! The formula: from the prices of a version and the inputs of a task to the lines of its price.

use crate::limits::{
    ANSWER_TOKENS_MAX, ANSWER_TOKENS_MIN, BPS, EXECUTION_DEPTH_MAX, EXECUTION_DEPTH_MIN, PRICED_TOKENS, QUORUM_FREE_BPS,
    QUORUM_MAX_BPS, QUORUM_MIN_BPS, QUORUM_STEP_BPS, REPLICAS_MAX, SOLD_EXECUTION_DEPTH_MAX, SOLD_PRIORITY_MAX, SOLD_SLA_MAX,
    SOLD_STAKE_TIER_MAX, SOLD_TOOL_DEPTH_MAX, SOLD_VALIDATOR_DEPTH_MAX, SOLD_VOLUME_TIER_MAX,
};
use crate::math::{bps_down, bps_up, grains_down, grains_up, mul_div_up};

use super::choice::{ConsensusRule, ModelClass, Priority, Sla, StakeTier, VolumeTier};
use super::error::{PricingError, in_range};

/// The three multipliers are each over [`BPS`].
#[expect(clippy::as_conversions, reason = "widening; `u64::from` is not const")]
const MULTIPLIERS_DENOMINATOR: u64 = (BPS as u64).pow(3);

/// Prices of one model class, COR wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassPrice {
    /// A replica at execution depth 1.
    pub base: u128,
    /// Each further execution step; at most `base`.
    pub step: u128,
    /// Each tool step.
    pub tool: u128,
    /// Each [`PRICED_TOKENS`] tokens that an answer may have, in proportion.
    pub token: u128,
    /// Each validator step of each replica.
    pub validator: u128,
}

/// What a version says apart from the prices of the classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceTerms {
    /// Seconds since 1970.
    pub effective_at: u64,
    /// Multiplier of each SLA tier.
    pub sla_bps: [u32; 3],
    /// Multiplier of each consensus rule that can bind: see [`Request::binding_rule`].
    pub consensus_bps: [u32; 3],
    /// Multiplier of each priority.
    pub priority_bps: [u32; 3],
    /// Added to the rule's multiplier for each started 1000 bps of quorum above 5000, if there are several replicas.
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
    pub terms: PriceTerms,
    /// Prices of the classes light, standard and heavy.
    pub classes: [ClassPrice; 3],
}

/// What a price depends on besides the model's class, as numbers of the interface. [`QuoteInputs::check`] reads them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuoteInputs {
    /// Execution steps, at least 1.
    pub execution_depth: u16,
    /// Tool steps.
    pub tool_depth: u16,
    /// Most tokens of an answer.
    pub max_tokens: u32,
    /// Number of an [`Sla`].
    pub sla: u8,
    /// Validator steps of each replica.
    pub validator_depth: u8,
    /// Replicas, odd, at most [`REPLICAS_MAX`].
    pub replicas: u8,
    /// Number of a [`ConsensusRule`].
    pub consensus_rule: u8,
    /// Share of the replicas asked for that must agree.
    pub quorum_bps: u16,
    /// Number of a [`Priority`].
    pub priority: u8,
    /// Number of a [`StakeTier`].
    pub stake_tier: u8,
    /// Number of a [`VolumeTier`].
    pub volume_tier: u8,
}

/// [`QuoteInputs`] that are in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Execution steps, at least 1.
    pub execution_depth: u16,
    /// Tool steps.
    pub tool_depth: u16,
    /// Most tokens of an answer, at least 1.
    pub max_tokens: u32,
    /// How soon the payer wants the result.
    pub sla: Sla,
    /// Validator steps of each replica.
    pub validator_depth: u8,
    /// Replicas, odd, at most [`REPLICAS_MAX`].
    pub replicas: u8,
    /// How the payer says the answers are to agree. The price does not depend on it.
    pub consensus_rule: ConsensusRule,
    /// Share of the replicas asked for that must agree.
    pub quorum_bps: u16,
    /// The place in the queue.
    pub priority: Priority,
    /// The payer's stake.
    pub stake_tier: StakeTier,
    /// The payer's volume.
    pub volume_tier: VolumeTier,
}

/// A price in lines: `total` = `miners` + `validators` + `network` + `gas` - `rebate`. COR wei; each
/// line is a whole number of grains.
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
    /// Reads the numbers.
    ///
    /// # Errors
    /// [`PricingError::InputOutOfRange`] with the first field that is out of its range, [`PricingError::EvenReplicas`].
    pub fn check(&self) -> Result<Request, PricingError> {
        let Self { execution_depth, tool_depth, max_tokens, validator_depth, replicas, quorum_bps, .. } = *self;
        in_range("executionDepth", execution_depth.into(), EXECUTION_DEPTH_MIN.into(), EXECUTION_DEPTH_MAX.into())?;
        in_range("maxTokens", max_tokens.into(), ANSWER_TOKENS_MIN.into(), ANSWER_TOKENS_MAX.into())?;
        let sla = self.sla.try_into()?;
        in_range("replicas", replicas.into(), 1, REPLICAS_MAX.into())?;
        if replicas.is_multiple_of(2) {
            return Err(PricingError::EvenReplicas { replicas });
        }
        let consensus_rule = self.consensus_rule.try_into()?;
        in_range("quorumBps", quorum_bps.into(), QUORUM_MIN_BPS.into(), QUORUM_MAX_BPS.into())?;
        check_quorum(replicas, consensus_rule, quorum_bps)?;
        Ok(Request {
            execution_depth,
            tool_depth,
            max_tokens,
            sla,
            validator_depth,
            replicas,
            consensus_rule,
            quorum_bps,
            priority: self.priority.try_into()?,
            stake_tier: self.stake_tier.try_into()?,
            volume_tier: self.volume_tier.try_into()?,
        })
    }
}

/// Among several replicas, who wants all of them to agree asks for the whole as quorum: 70 % of three are all three, and would be unanimity
/// at the price of a majority. And who names the rule so must ask for it, or the name would promise what does not bind.
fn check_quorum(replicas: u8, rule: ConsensusRule, quorum_bps: u16) -> Result<(), PricingError> {
    // All but one, as a share of all, is not enough: so all are needed.
    let all = u32::from(replicas).saturating_mul(quorum_bps.into()) > u32::from(replicas.saturating_sub(1)).saturating_mul(BPS);
    if replicas > 1 && (all || rule == ConsensusRule::Unanimous) {
        let whole = QUORUM_MAX_BPS.into();
        in_range("quorumBps", quorum_bps.into(), whole, whole)?;
    }
    Ok(())
}

impl Request {
    /// Refuses what nothing enforces yet: what is paid for binds, or is not sold.
    ///
    /// # Errors
    /// [`PricingError::NotSold`] with the first field that is above what is sold.
    pub fn check_sold(&self) -> Result<(), PricingError> {
        let fields = [
            ("executionDepth", self.execution_depth, SOLD_EXECUTION_DEPTH_MAX),
            ("toolDepth", self.tool_depth, SOLD_TOOL_DEPTH_MAX),
            ("sla", self.sla.number().into(), SOLD_SLA_MAX.into()),
            ("validatorDepth", self.validator_depth.into(), SOLD_VALIDATOR_DEPTH_MAX.into()),
            ("priority", self.priority.number().into(), SOLD_PRIORITY_MAX.into()),
            ("stakeTier", self.stake_tier.number().into(), SOLD_STAKE_TIER_MAX.into()),
            ("volumeTier", self.volume_tier.number().into(), SOLD_VOLUME_TIER_MAX.into()),
        ];
        for (field, value, most) in fields {
            if value > most {
                return Err(PricingError::NotSold { field, value: value.into() });
            }
        }
        Ok(())
    }

    /// How the answers must agree by what binds: the replicas and the quorum. The price goes by it, whatever the rule is called.
    #[must_use]
    pub const fn binding_rule(&self) -> ConsensusRule {
        match (self.replicas, self.quorum_bps) {
            (0 | 1, _) => ConsensusRule::Single,
            (_, QUORUM_MAX_BPS..) => ConsensusRule::Unanimous,
            _ => ConsensusRule::Majority,
        }
    }
}

impl PriceVersion {
    /// Prices of a class.
    #[must_use]
    pub fn class(&self, class: ModelClass) -> &ClassPrice {
        let [light, standard, heavy] = &self.classes;
        match class {
            ModelClass::Light => light,
            ModelClass::Standard => standard,
            ModelClass::Heavy => heavy,
        }
    }
}

/// Price of a task by these terms and the prices of its model's class.
///
/// # Errors
/// Those of [`QuoteInputs::check`], [`Request::check_sold`] and [`price`].
pub fn quote(terms: &PriceTerms, class: &ClassPrice, inputs: &QuoteInputs) -> Result<PriceLines, PricingError> {
    let request = inputs.check()?;
    request.check_sold()?;
    price(terms, class, &request)
}

/// What the formula makes of a request, sold or not.
///
/// # Errors
/// [`PricingError::PriceOverflow`].
pub fn price(terms: &PriceTerms, class: &ClassPrice, request: &Request) -> Result<PriceLines, PricingError> {
    lines(terms, class, request).ok_or(PricingError::PriceOverflow)
}

/// `None` on overflow. Each line is rounded to grains in the network's favour, so that parts of a request are never cheaper than the whole.
fn lines(terms: &PriceTerms, class: &ClassPrice, inputs: &Request) -> Option<PriceLines> {
    let replicas = u128::from(inputs.replicas);
    let steps = u128::from(inputs.execution_depth.checked_sub(1)?);
    let replica = class
        .base
        .checked_add(class.step.checked_mul(steps)?)?
        .checked_add(class.tool.checked_mul(inputs.tool_depth.into())?)?
        .checked_add(mul_div_up(class.token, inputs.max_tokens.into(), PRICED_TOKENS)?)?;
    let per_replica = grains_up(mul_div_up(replica, multipliers(terms, inputs)?, MULTIPLIERS_DENOMINATOR)?)?;
    let miners = per_replica.checked_mul(replicas)?;
    let validators = grains_up(class.validator.checked_mul(inputs.validator_depth.into())?.checked_mul(replicas)?)?;
    let work = miners.checked_add(validators)?;
    let network = grains_up(bps_up(work, terms.network_fee_bps)?)?;
    let gas_units =
        u128::from(terms.settlement_gas_per_replica).checked_mul(replicas)?.checked_add(terms.settlement_gas_base.into())?;
    let gas = grains_up(gas_units.checked_mul(terms.gas_price)?)?;
    let rebate_bps =
        inputs.stake_tier.of(&terms.stake_rebate_bps).checked_add(inputs.volume_tier.of(&terms.volume_rebate_bps))?;
    let gross = work.checked_add(network)?;
    let rebate = grains_down(bps_down(gross, rebate_bps)?);
    let total = gross.checked_add(gas)?.checked_sub(rebate)?;
    Some(PriceLines { per_replica, miners, validators, network, gas, rebate, total })
}

/// The product of the three multipliers, each over [`BPS`]: within 64 bits in a version that may be published.
fn multipliers(terms: &PriceTerms, inputs: &Request) -> Option<u64> {
    let rule = inputs.binding_rule();
    // One replica agrees with itself: a higher quorum buys nothing.
    let quorum_steps = match rule {
        ConsensusRule::Single => 0,
        _ => inputs.quorum_bps.checked_sub(QUORUM_FREE_BPS)?.div_ceil(QUORUM_STEP_BPS),
    };
    let surcharge = terms.quorum_step_bps.checked_mul(quorum_steps.into())?;
    let consensus = rule.of(&terms.consensus_bps).checked_add(surcharge)?;
    u64::from(inputs.sla.of(&terms.sla_bps))
        .checked_mul(consensus.into())?
        .checked_mul(inputs.priority.of(&terms.priority_bps).into())
}
