//! `core::pricing::quote` against 512-bit integers, and what a payer may rely on.

use crate::limits::{BPS, MULTIPLIER_MAX_BPS};
use crate::money::pricing::{
    Calendar, ClassPrice, ConsensusRule, ModelClass, PriceLines, PriceTerms, PriceVersion, PricingError, Priority, QuoteInputs,
    Sla, StakeTier, VolumeTier, check_publish, price, quote,
};
use alloy_primitives::U512;
use cor_errors::Coded as _;
use proptest::prelude::*;

/// 10^18 wei.
const COR: u128 = 1_000_000_000_000_000_000;

/// A version with round numbers, as an example and as a base for tables.
pub(crate) fn version() -> PriceVersion {
    let class = |base| ClassPrice { base: base * COR, step: base * COR / 2, tool: COR / 4, token: COR / 50, validator: COR / 10 };
    PriceVersion {
        terms: PriceTerms {
            effective_at: 1_000,
            sla_bps: [10_000, 12_500, 20_000],
            consensus_bps: [10_000, 11_000, 15_000],
            priority_bps: [10_000, 15_000, 30_000],
            quorum_step_bps: 500,
            network_fee_bps: 1_000,
            settlement_gas_base: 400_000,
            settlement_gas_per_replica: 150_000,
            gas_price: 100_000_000,
            stake_rebate_bps: [0, 100, 200, 300],
            volume_rebate_bps: [0, 50, 100, 200],
        },
        classes: [class(1), class(4), class(10)],
    }
}

pub(crate) fn inputs() -> QuoteInputs {
    QuoteInputs {
        execution_depth: 1,
        tool_depth: 0,
        max_tokens: 500,
        sla: 0,
        validator_depth: 0,
        replicas: 3,
        consensus_rule: 1,
        quorum_bps: 5_001,
        priority: 0,
        stake_tier: 0,
        volume_tier: 0,
    }
}

fn rising<const N: usize>(floor: u32, most: u32) -> impl Strategy<Value = [u32; N]> {
    proptest::array::uniform::<_, N>(floor..=most).prop_map(|mut values| {
        values.sort_unstable();
        values
    })
}

fn class_price(most: u128) -> impl Strategy<Value = ClassPrice> {
    (1..=most, any::<u128>(), 0..=most, 0..=most, 0..=most).prop_map(|(base, step, tool, token, validator)| ClassPrice {
        base,
        step: step % (base + 1).max(1),
        tool,
        token,
        validator,
    })
}

/// Up to these wei, no price overflows: 2^32 tokens of seven replicas by the greatest multipliers and fee.
pub(crate) const MOST: u128 = 100_000 * COR;

/// Versions that may be published, with prices up to `most` wei.
pub(crate) fn versions(most: u128) -> impl Strategy<Value = PriceVersion> {
    let multipliers = (rising(BPS, MULTIPLIER_MAX_BPS), rising(BPS, MULTIPLIER_MAX_BPS), rising(BPS, MULTIPLIER_MAX_BPS));
    let units_most = if most > MOST { u64::MAX } else { 10_000_000 };
    let gas = (0..=units_most, 0..=units_most, 0..=most);
    (
        proptest::array::uniform3(class_price(most)),
        multipliers,
        (0..=MULTIPLIER_MAX_BPS, 0..=BPS),
        gas,
        (rising::<4>(0, BPS), rising::<4>(0, BPS)),
    )
        .prop_map(|(classes, (sla_bps, consensus_bps, priority_bps), (quorum_step_bps, network_fee_bps), gas, rebates)| {
            let bound = BPS * network_fee_bps / (BPS + network_fee_bps);
            let fit = |[_, rest @ ..]: [u32; 4]| {
                let [first, second, third] = rest.map(|rebate| rebate * (bound / 2) / BPS);
                [0, first, second, third]
            };
            PriceVersion {
                terms: PriceTerms {
                    effective_at: 0,
                    sla_bps,
                    consensus_bps,
                    priority_bps,
                    quorum_step_bps,
                    network_fee_bps,
                    settlement_gas_base: gas.0,
                    settlement_gas_per_replica: gas.1,
                    gas_price: gas.2,
                    stake_rebate_bps: fit(rebates.0),
                    volume_rebate_bps: fit(rebates.1),
                },
                classes,
            }
        })
}

/// Inputs within their ranges, sold or not.
pub(crate) fn valid_inputs() -> impl Strategy<Value = QuoteInputs> {
    let work = (1_u16.., any::<u16>(), 1_u32.., 0_u8..3, any::<u8>(), 0_u8..4);
    (work, (0_u8..3, 5_001_u16..=10_000, 0_u8..3, 0_u8..4, 0_u8..4)).prop_map(
        |(
            (execution_depth, tool_depth, max_tokens, sla, validator_depth, half),
            (consensus_rule, quorum_bps, priority, stake_tier, volume_tier),
        )| {
            fitting(QuoteInputs {
                execution_depth,
                tool_depth,
                max_tokens,
                sla,
                validator_depth,
                replicas: half * 2 + 1,
                consensus_rule,
                quorum_bps,
                priority,
                stake_tier,
                volume_tier,
            })
        },
    )
}

/// The same with the whole as quorum if all are needed, or said to be.
fn fitting(inputs: QuoteInputs) -> QuoteInputs {
    let needed = (u32::from(inputs.quorum_bps) * u32::from(inputs.replicas)).div_ceil(10_000);
    let all = inputs.replicas > 1 && (needed == u32::from(inputs.replicas) || inputs.consensus_rule == 2);
    QuoteInputs { quorum_bps: if all { 10_000 } else { inputs.quorum_bps }, ..inputs }
}

/// What the formula makes of inputs, sold or not.
pub(crate) fn formula(terms: &PriceTerms, class: &ClassPrice, inputs: &QuoteInputs) -> Result<PriceLines, PricingError> {
    price(terms, class, &inputs.check()?)
}

/// The formula once more, in integers that cannot overflow. Lines in the order of [`PriceLines`].
fn oracle(terms: &PriceTerms, class: &ClassPrice, inputs: &QuoteInputs) -> [U512; 7] {
    let wide = U512::from::<u128>;
    let up = |value: U512, by: U512| (value + by - wide(1)) / by;
    let replicas = wide(inputs.replicas.into());
    let replica = wide(class.base)
        + wide(class.step) * wide(u128::from(inputs.execution_depth) - 1)
        + wide(class.tool) * wide(inputs.tool_depth.into())
        + up(wide(class.token) * wide(inputs.max_tokens.into()), wide(1_000));
    let (rule, quorum_steps) = match (inputs.replicas, inputs.quorum_bps) {
        (1, _) => (0, wide(0)),
        (_, 10_000) => (2, wide(5)),
        (_, quorum) => (1, up(wide(u128::from(quorum) - 5_000), wide(1_000))),
    };
    let consensus = wide(terms.consensus_bps[rule].into()) + wide(terms.quorum_step_bps.into()) * quorum_steps;
    let grain = wide(1_000_000_000);
    let grains = |value: U512| up(value, grain) * grain;
    let scaled = replica
        * wide(terms.sla_bps[usize::from(inputs.sla)].into())
        * consensus
        * wide(terms.priority_bps[usize::from(inputs.priority)].into());
    let per_replica = grains(up(scaled, wide(10_u128.pow(12))));
    let miners = per_replica * replicas;
    let validators = grains(wide(class.validator) * wide(inputs.validator_depth.into()) * replicas);
    let network = grains(up((miners + validators) * wide(terms.network_fee_bps.into()), wide(10_000)));
    let gas = grains(
        (wide(terms.settlement_gas_base.into()) + wide(terms.settlement_gas_per_replica.into()) * replicas)
            * wide(terms.gas_price),
    );
    let rebate_bps =
        terms.stake_rebate_bps[usize::from(inputs.stake_tier)] + terms.volume_rebate_bps[usize::from(inputs.volume_tier)];
    let rebate = (miners + validators + network) * wide(rebate_bps.into()) / (wide(10_000) * grain) * grain;
    [per_replica, miners, validators, network, gas, rebate, miners + validators + network + gas - rebate]
}

fn as_array(price: &PriceLines) -> [u128; 7] {
    [price.per_replica, price.miners, price.validators, price.network, price.gas, price.rebate, price.total]
}

/// Every field of the inputs at its least and most, and one beyond.
#[test]
fn inputs_out_of_range_are_named() {
    let set = |change: fn(&mut QuoteInputs)| {
        let mut inputs = inputs();
        change(&mut inputs);
        inputs.check().map(|_| ())
    };
    let refused = |field, value, min, max| Err(PricingError::InputOutOfRange { field, value, min, max });
    assert_eq!(set(|i| i.execution_depth = 0), refused("executionDepth", 0, 1, 65_535));
    assert_eq!(set(|i| i.execution_depth = u16::MAX), Ok(()));
    assert_eq!(set(|i| i.max_tokens = 0), refused("maxTokens", 0, 1, 4_294_967_295));
    assert_eq!(set(|i| i.max_tokens = u32::MAX), Ok(()));
    assert_eq!(set(|i| i.sla = 3), refused("sla", 3, 0, 2));
    assert_eq!(set(|i| i.replicas = 0), refused("replicas", 0, 1, 7));
    assert_eq!(set(|i| i.replicas = 9), refused("replicas", 9, 1, 7));
    assert_eq!(set(|i| i.replicas = 4), Err(PricingError::EvenReplicas { replicas: 4 }));
    assert_eq!(set(|i| i.replicas = 7), Ok(()));
    assert_eq!(set(|i| i.consensus_rule = 3), refused("consensusRule", 3, 0, 2));
    assert_eq!(set(|i| i.quorum_bps = 5_000), refused("quorumBps", 5_000, 5_001, 10_000));
    assert_eq!(set(|i| i.quorum_bps = 10_001), refused("quorumBps", 10_001, 5_001, 10_000));
    assert_eq!(set(|i| i.quorum_bps = 10_000), Ok(()));
    assert_eq!(set(|i| i.priority = 3), refused("priority", 3, 0, 2));
    assert_eq!(set(|i| i.stake_tier = 4), refused("stakeTier", 4, 0, 3));
    assert_eq!(set(|i| i.volume_tier = 4), refused("volumeTier", 4, 0, 3));
    assert_eq!(set(|i| (i.stake_tier, i.volume_tier) = (3, 3)), Ok(()));
}

/// Prices worked out by hand.
#[test]
fn quotes_worked_by_hand() {
    let version = version();
    let gas = |replicas: u128| (400_000 + 150_000 * replicas) * 100_000_000;
    // Light, 500 tokens (0.01), majority (1.1) with one quorum step (0.05): 1.01 COR * 1.15 * 3, a tenth on top.
    let price = quote(&version.terms, &version.classes[0], &inputs()).unwrap();
    assert_eq!(price.per_replica, COR * 11_615 / 10_000);
    assert_eq!(price.miners, COR * 34_845 / 10_000);
    assert_eq!((price.validators, price.rebate), (0, 0));
    assert_eq!(price.network, COR * 34_845 / 100_000);
    assert_eq!(price.gas, gas(3));
    assert_eq!(price.total, price.miners + price.network + price.gas);

    // Heavy, unanimous of all (1.5 + 5 * 0.05), high SLA (2), urgent (3), depth 3, two tools, 25000 tokens, validators, both rebates.
    let inputs = QuoteInputs {
        execution_depth: 3,
        tool_depth: 2,
        max_tokens: 25_000,
        sla: 2,
        validator_depth: 2,
        replicas: 5,
        consensus_rule: 2,
        quorum_bps: 10_000,
        priority: 2,
        stake_tier: 3,
        volume_tier: 1,
    };
    let price = formula(&version.terms, &version.classes[2], &inputs).unwrap();
    // (10 + 2 * 5 + 2 * 0.25 + 25 * 0.02) * 2 * 1.75 * 3 = 220.5
    assert_eq!(price.per_replica, COR * 2_205 / 10);
    assert_eq!(price.validators, COR);
    assert_eq!(price.network, (price.miners + price.validators) / 10);
    assert_eq!(price.rebate, (price.miners + price.validators + price.network) * 350 / 10_000);
    assert_eq!(price.gas, gas(5));
}

/// A line is a whole number of grains, up; a rebate is one, down. Tokens are charged each, up to a wei.
#[test]
fn lines_are_whole_grains() {
    let grain = 1_000_000_000;
    let mut version = version();
    version.terms.consensus_bps = [10_000; 3];
    (version.terms.settlement_gas_base, version.terms.settlement_gas_per_replica, version.terms.gas_price) = (1, 0, 1);
    let one = QuoteInputs { replicas: 1, max_tokens: 1, ..inputs() };
    for (base, token, max_tokens, per_replica) in [
        (1, 0, 1, grain),
        (grain, 0, 1, grain),
        (grain + 1, 0, 1, 2 * grain),
        // The first token of a thousand costs a wei, and the grain that it begins.
        (grain, 1, 1, 2 * grain),
        (grain - 1, 1, 1_000, grain),
        (grain - 1, 1, 1_001, 2 * grain),
        (grain, 2_000 * grain, 7, 15 * grain),
    ] {
        version.classes[0] = ClassPrice { base, token, ..ClassPrice::default() };
        let price = quote(&version.terms, &version.classes[0], &QuoteInputs { max_tokens, ..one }).unwrap();
        assert_eq!(price.per_replica, per_replica, "{base} and {token} for {max_tokens} tokens");
        assert_eq!((price.network, price.gas, price.rebate), (grain * per_replica.div_ceil(10 * grain), grain, 0));
    }
    // 3 % of 100 grains and 10 on top is 3.3: three.
    version.classes[0] = ClassPrice { base: 100 * grain, ..ClassPrice::default() };
    let tiered = QuoteInputs { stake_tier: 3, ..one };
    assert_eq!(formula(&version.terms, &version.classes[0], &tiered).unwrap().rebate, 3 * grain);
}

/// What nothing enforces is in the formula, and not for sale.
#[test]
fn what_does_not_bind_is_not_sold() {
    let version = version();
    let asked = |change: fn(&mut QuoteInputs)| {
        let mut inputs = inputs();
        change(&mut inputs);
        assert!(formula(&version.terms, &version.classes[0], &inputs).is_ok(), "{inputs:?}");
        quote(&version.terms, &version.classes[0], &inputs).map(|_| ())
    };
    let not_sold = |field, value| Err(PricingError::NotSold { field, value });
    assert_eq!(asked(|_| ()), Ok(()));
    assert_eq!(asked(|i| i.max_tokens = 100_000), Ok(()));
    assert_eq!(asked(|i| i.quorum_bps = 10_000), Ok(()));
    assert_eq!(asked(|i| i.execution_depth = 2), not_sold("executionDepth", 2));
    assert_eq!(asked(|i| i.tool_depth = u16::MAX), not_sold("toolDepth", 65_535));
    assert_eq!(asked(|i| i.sla = 1), not_sold("sla", 1));
    assert_eq!(asked(|i| i.validator_depth = 1), not_sold("validatorDepth", 1));
    assert_eq!(asked(|i| i.priority = 2), not_sold("priority", 2));
    assert_eq!(asked(|i| i.stake_tier = 3), not_sold("stakeTier", 3));
    assert_eq!(asked(|i| i.volume_tier = 1), not_sold("volumeTier", 1));
}

/// Whoever needs all of several replicas to agree pays for unanimity, by whatever name and share it asks.
#[test]
fn unanimity_has_one_price() {
    let version = version();
    let asked = |replicas, consensus_rule, quorum_bps| {
        let inputs = QuoteInputs { replicas, consensus_rule, quorum_bps, ..inputs() };
        quote(&version.terms, &version.classes[0], &inputs).map(|price| price.per_replica)
    };
    let whole = |value| Err(PricingError::InputOutOfRange { field: "quorumBps", value, min: 10_000, max: 10_000 });
    for replicas in [3, 5, 7] {
        let unanimous = asked(replicas, 2, 10_000);
        assert_eq!(unanimous, Ok(COR * 101 / 100 * 175 / 100));
        assert_eq!([asked(replicas, 0, 10_000), asked(replicas, 1, 10_000)], [unanimous; 2]);
        assert_eq!(asked(replicas, 2, 9_999), whole(9_999), "the name promises what does not bind");
        assert_eq!(asked(replicas, 2, 5_001), whole(5_001));
    }
    // The greatest share that one of the replicas may miss, and the next.
    for (replicas, most, steps) in [(3, 6_666, 2), (5, 8_000, 3), (7, 8_571, 4)] {
        assert_eq!(asked(replicas, 1, most), Ok(COR * 101 / 100 * (110 + 5 * steps) / 100));
        assert_eq!(asked(replicas, 1, most + 1), whole(u64::from(most) + 1));
        assert_eq!(asked(replicas, 0, most + 1), whole(u64::from(most) + 1));
    }
    // One replica agrees with itself.
    for (rule, quorum) in [(0, 5_001), (1, 7_000), (2, 5_001), (2, 10_000)] {
        assert_eq!(asked(1, rule, quorum), Ok(COR * 101 / 100));
    }
}

#[test]
fn a_price_beyond_128_bits_is_refused() {
    let mut version = version();
    version.classes[0] = ClassPrice { base: u128::MAX, step: u128::MAX, ..ClassPrice::default() };
    let price = quote(&version.terms, &version.classes[0], &inputs());
    assert_eq!(price, Err(PricingError::PriceOverflow));
    version.classes[0] = ClassPrice { base: 1, token: u128::MAX, ..ClassPrice::default() };
    let price = quote(&version.terms, &version.classes[0], &QuoteInputs { max_tokens: u32::MAX, ..inputs() });
    assert_eq!(price, Err(PricingError::PriceOverflow));
    assert_eq!(PricingError::PriceOverflow.code(), "PRICE-009");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Each line is that of the wide formula, or the price is refused because a part of it does not fit.
    #[test]
    fn lines_are_those_of_wider_integers(version in (0_u32..128).prop_flat_map(|bits| versions(u128::MAX >> bits)), inputs in valid_inputs(), class in 0_usize..3) {
        let class = &version.classes[class];
        let expected = oracle(&version.terms, class, &inputs);
        match formula(&version.terms, class, &inputs) {
            Ok(price) => prop_assert_eq!(as_array(&price).map(U512::from), expected),
            Err(error) => {
                prop_assert_eq!(error, PricingError::PriceOverflow);
                // The largest intermediate is total + rebate; before the multipliers a replica must fit too, and it is at most per_replica.
                prop_assert!(expected[6] + expected[5] > U512::from(u128::MAX));
            }
        }
    }

    #[test]
    fn published_versions_quote_sound_prices(version in versions(MOST), inputs in valid_inputs(), class in 0_usize..3) {
        prop_assert_eq!(check_publish(None, &version, &Calendar::default()), Ok(()));
        let price = formula(&version.terms, &version.classes[class], &inputs).unwrap();
        prop_assert!(price.total > 0);
        prop_assert!(price.rebate <= price.network);
        prop_assert_eq!(price.total + price.rebate, price.miners + price.validators + price.network + price.gas);
        prop_assert!(price.per_replica >= version.classes[class].base);
        prop_assert!(as_array(&price).iter().all(|line| line % 1_000_000_000 == 0));
    }

    /// What is quoted is what a lane charges that knows no rebate.
    #[test]
    fn what_is_sold_has_no_rebate(version in versions(MOST), first in (prop::bool::weighted(0.2), prop::bool::weighted(0.2)), asked in valid_inputs(), class in 0_usize..3) {
        let mut version = version;
        (version.terms.stake_rebate_bps[0], version.terms.volume_rebate_bps[0]) = (first.0.into(), first.1.into());
        prop_assume!(check_publish(None, &version, &Calendar::default()).is_ok());
        let QuoteInputs { max_tokens, replicas, consensus_rule, quorum_bps, .. } = asked;
        let sold = QuoteInputs { max_tokens, replicas, consensus_rule, quorum_bps, ..inputs() };
        let price = quote(&version.terms, &version.classes[class], &sold).unwrap();
        prop_assert_eq!(price.total, price.per_replica * u128::from(replicas) + price.network + price.gas);
    }

    /// More of anything never costs less; a higher tier never costs more.
    #[test]
    fn monotone_in_every_input(version in versions(MOST), low in valid_inputs(), high in valid_inputs(), class in 0_usize..3) {
        let price = |inputs: &QuoteInputs| formula(&version.terms, &version.classes[class], inputs).unwrap().total;
        type Raise = fn(&mut QuoteInputs, &QuoteInputs);
        let raises: [Raise; 9] = [
            |i, by| i.execution_depth = i.execution_depth.max(by.execution_depth),
            |i, by| i.tool_depth = i.tool_depth.max(by.tool_depth),
            |i, by| i.max_tokens = i.max_tokens.max(by.max_tokens),
            |i, by| i.sla = i.sla.max(by.sla),
            |i, by| i.validator_depth = i.validator_depth.max(by.validator_depth),
            |i, by| i.replicas = i.replicas.max(by.replicas),
            |i, by| i.consensus_rule = i.consensus_rule.max(by.consensus_rule),
            |i, by| i.quorum_bps = i.quorum_bps.max(by.quorum_bps),
            |i, by| i.priority = i.priority.max(by.priority),
        ];
        for raise in raises {
            let mut raised = low;
            raise(&mut raised, &high);
            let raised = fitting(raised);
            let (before, after) = (price(&low), price(&raised));
            prop_assert!(before <= after, "{:?} {} > {:?} {}", low, before, raised, after);
        }
        let rebates: [Raise; 2] = [|i, by| i.stake_tier = i.stake_tier.max(by.stake_tier), |i, by| i.volume_tier = i.volume_tier.max(by.volume_tier)];
        for raise in rebates {
            let mut raised = low;
            raise(&mut raised, &high);
            let (before, after) = (price(&low), price(&raised));
            prop_assert!(before >= after, "{:?} {} < {:?} {}", low, before, raised, after);
        }
    }

    /// The same work in two requests never costs less.
    #[test]
    fn splitting_is_never_cheaper(
        version in versions(MOST), inputs in valid_inputs(), class in 0_usize..3,
        depths in (1_u16..30_000, 1_u16..30_000), tools in (0_u16..30_000, 0_u16..30_000), validators in (0_u8..120, 0_u8..120),
        tokens in (1_u32..2_000_000_000, 1_u32..2_000_000_000),
    ) {
        let price = |execution_depth, tool_depth, validator_depth, max_tokens| {
            let part = QuoteInputs { execution_depth, tool_depth, validator_depth, max_tokens, ..inputs };
            formula(&version.terms, &version.classes[class], &part).unwrap().total
        };
        let whole = price(depths.0 + depths.1, tools.0 + tools.1, validators.0 + validators.1, tokens.0 + tokens.1);
        let parts = price(depths.0, tools.0, validators.0, tokens.0) + price(depths.1, tools.1, validators.1, tokens.1);
        prop_assert!(whole <= parts);
    }
}

/// Each choice has the interface's number, and no number beyond the last is one.
#[test]
fn choices_and_numbers_are_one_to_one() {
    fn numbers<T: TryFrom<u8, Error = PricingError> + Into<u8> + Copy + PartialEq + std::fmt::Debug>(
        all: &[T],
        field: &'static str,
    ) {
        let max = u64::try_from(all.len()).unwrap() - 1;
        for number in 0..=u8::MAX {
            match all.get(usize::from(number)) {
                Some(choice) => {
                    assert_eq!(T::try_from(number), Ok(*choice));
                    assert_eq!((*choice).into(), number);
                }
                None => {
                    let refused = PricingError::InputOutOfRange { field, value: number.into(), min: 0, max };
                    assert_eq!(T::try_from(number), Err(refused));
                }
            }
        }
    }
    numbers(&Sla::ALL, "sla");
    numbers(&ConsensusRule::ALL, "consensusRule");
    numbers(&Priority::ALL, "priority");
    numbers(&ModelClass::ALL, "class");
    numbers(&StakeTier::ALL, "stakeTier");
    numbers(&VolumeTier::ALL, "volumeTier");
    let version = version();
    for class in ModelClass::ALL {
        assert_eq!(*version.class(class), class.of(&version.classes));
    }
}
