//! How far prices may move from one version to the next: values, and the lines that they make.

use crate::limits::{BPS, GRAIN, MULTIPLIER_MAX_BPS, PRICE_STEP_SECS};
use crate::money::pricing::{Calendar, ClassPrice, PriceLines, PriceVersion, PricingError, check_publish};
use proptest::prelude::*;

use super::pricing::{MOST, formula, inputs, valid_inputs, version, versions};

const DAY: u64 = PRICE_STEP_SECS;
const TODAY: Calendar = Calendar { now: 10 * DAY, notice_secs: DAY, reclassified_at: 0 };

/// 10^18 wei.
const COR: u128 = 1_000_000_000_000_000_000;

/// Whether `next` may follow `previous`, when its time has come.
fn moved(previous: &PriceVersion, mut next: PriceVersion) -> Result<(), PricingError> {
    next.terms.effective_at = TODAY.now + DAY;
    check_publish(Some(previous), &next, &TODAY)
}

fn too_large(field: &'static str, previous: u128, next: u128) -> Result<(), PricingError> {
    Err(PricingError::ChangeTooLarge { field, previous, next })
}

fn double<const N: usize>(values: &mut [u32; N]) {
    values.iter_mut().for_each(|value| *value *= 2);
}

/// A line, a group of values of which none is multiplied with another, and a way to double some of them.
type Doubling = (&'static str, &'static str, fn(&mut PriceVersion));

const DOUBLINGS: [Doubling; 16] = [
    ("work", "class", |v| v.classes[0].base *= 2),
    ("work", "class", |v| v.classes[0].step *= 2),
    ("work", "class", |v| v.classes[1].tool *= 2),
    ("work", "class", |v| v.classes[1].token *= 2),
    ("work", "class", |v| v.classes[1].validator *= 2),
    ("work", "class", |v| {
        let ClassPrice { base, step, tool, token, validator } = v.classes[2];
        v.classes[2] = ClassPrice { base: 2 * base, step: 2 * step, tool: 2 * tool, token: 2 * token, validator: 2 * validator };
    }),
    ("work", "sla", |v| double(&mut v.terms.sla_bps)),
    ("work", "sla", |v| v.terms.sla_bps[2] *= 2),
    ("work", "consensus", |v| double(&mut v.terms.consensus_bps)),
    ("work", "consensus", |v| v.terms.quorum_step_bps *= 2),
    ("work", "priority", |v| double(&mut v.terms.priority_bps)),
    ("work", "fee", |v| v.terms.network_fee_bps *= 2),
    ("gas", "units", |v| v.terms.settlement_gas_base *= 2),
    ("gas", "units", |v| v.terms.settlement_gas_per_replica *= 2),
    ("gas", "price", |v| v.terms.gas_price *= 2),
    ("none", "rebate", |v| v.terms.stake_rebate_bps[1..].fill(700)),
];

/// One value, or several that are never multiplied, may double and come back. Of two that are multiplied only one may.
#[test]
fn one_group_doubles_at_a_time() {
    let before = version();
    for (line, group, change) in DOUBLINGS {
        let mut after = before;
        change(&mut after);
        assert_eq!((moved(&before, after), moved(&after, before)), (Ok(()), Ok(())), "{line}: {group}");
        for (other_line, other_group, other) in DOUBLINGS {
            let mut both = after;
            other(&mut both);
            if line != other_line {
                assert_eq!((moved(&before, both), moved(&both, before)), (Ok(()), Ok(())), "{group} and {other_group}");
            } else if group != other_group {
                assert_eq!(moved(&before, both), too_large(line, 1_000_000, 4_000_000), "{group} and {other_group}");
                assert_eq!(moved(&both, before), too_large(line, 4_000_000, 1_000_000), "{group} and {other_group}");
            }
        }
    }
}

/// Each value of a version at most doubled, and a task of three replicas cost seventeen times as much.
#[test]
fn a_price_is_not_multiplied_by_seventeen_in_one_version() {
    let before = version();
    let mut after = before;
    after.classes[0].base *= 2;
    after.classes[0].token *= 2;
    after.terms.sla_bps = [20_000; 3];
    after.terms.consensus_bps = [20_000, 22_000, 22_000];
    after.terms.quorum_step_bps *= 2;
    after.terms.priority_bps = [20_000, 20_000, 30_000];
    after.terms.network_fee_bps *= 2;
    let line = |version: &PriceVersion| formula(&version.terms, &version.classes[0], &inputs()).unwrap();
    let (cheap, dear) = (line(&before), line(&after));
    assert_eq!((dear.per_replica, dear.network), (16 * cheap.per_replica, 32 * cheap.network));
    assert!(dear.total > 17 * cheap.total);
    assert_eq!(moved(&before, after), too_large("work", 1_000_000, 32_000_000));
    assert_eq!(moved(&after, before), too_large("work", 32_000_000, 1_000_000));
    let mut gas = before;
    gas.terms.settlement_gas_per_replica *= 2;
    gas.terms.gas_price *= 2;
    assert_eq!(moved(&before, gas), too_large("gas", 1_000_000, 4_000_000));
}

/// What falls sets off nothing that rises: there are lines without it.
#[test]
fn a_fall_does_not_make_room_for_a_rise() {
    let before = version();
    let mut after = before;
    // The network line rises by a half, the miners' by three.
    after.classes[0].base *= 2;
    after.terms.sla_bps = [15_000, 15_000, 20_000];
    after.terms.network_fee_bps /= 2;
    (after.terms.stake_rebate_bps, after.terms.volume_rebate_bps) = ([0; 4], [0; 4]);
    let line =
        |version: &PriceVersion| formula(&version.terms, &ClassPrice { token: 0, ..version.classes[0] }, &inputs()).unwrap();
    assert_eq!(line(&after).per_replica, 3 * line(&before).per_replica);
    assert_eq!(moved(&before, after), too_large("work", 1_000_000, 3_000_000));
    // The miners' lines stay, those of validators and the network on them rise to four times.
    let mut after = before;
    after.classes.iter_mut().for_each(|class| class.validator *= 2);
    after.classes.iter_mut().for_each(|class| (class.base, class.step) = (class.base / 2, class.step / 2));
    after.terms.network_fee_bps *= 2;
    assert_eq!(moved(&before, after), too_large("work", 1_000_000, 4_000_000));
}

/// The bound is exact: four thirds and three halves are two, and a wei more is more.
#[test]
fn two_is_two_to_the_wei() {
    let mut before = version();
    before.classes[0].base = 3 * COR;
    let moves = |base: u128, network_fee_bps| {
        let mut after = before;
        after.classes[0].base = base;
        after.terms.network_fee_bps = network_fee_bps;
        [moved(&before, after), moved(&after, before)]
    };
    assert_eq!(moves(4 * COR, 1_500), [Ok(()); 2]);
    assert_eq!(moves(4 * COR + 1, 1_500), [too_large("work", 1_000_000, 2_000_001), too_large("work", 2_000_001, 1_000_000)]);
    assert_eq!(moves(4 * COR, 1_501)[0], too_large("work", 1_000_000, 2_001_334));
    // Nothing is too large to be compared.
    let mut before = version();
    before.classes[2] = ClassPrice { base: u128::MAX, step: u128::MAX, tool: u128::MAX / 2, token: u128::MAX, validator: 1 };
    (before.terms.gas_price, before.terms.settlement_gas_base) = (u128::MAX, u64::MAX);
    for multipliers in [&mut before.terms.sla_bps, &mut before.terms.consensus_bps, &mut before.terms.priority_bps] {
        *multipliers = [MULTIPLIER_MAX_BPS; 3];
    }
    let mut after = before;
    after.classes[2].tool = u128::MAX - 1;
    after.terms.settlement_gas_per_replica *= 2;
    assert_eq!([moved(&before, after), moved(&after, before)], [Ok(()); 2]);
    after.terms.priority_bps[0] -= 1;
    assert_eq!(moved(&before, after), Ok(()), "the rise is that of tools alone");
    assert_eq!(moved(&after, before), Ok(()), "one falls as the other rises");
    after.terms.priority_bps[0] = MULTIPLIER_MAX_BPS;
    after.terms.network_fee_bps += 1;
    assert_eq!(moved(&before, after), too_large("work", 1_000_000, 2_002_000));
    after.terms.gas_price -= 1;
    after.terms.network_fee_bps -= 1;
    assert_eq!(moved(&before, after), Ok(()));
    assert_eq!(moved(&after, before), Ok(()));
}

/// Percentages by which a group of values moves: mostly little or not at all, sometimes as far as may be.
fn percents<const N: usize>() -> BoxedStrategy<[u32; N]> {
    let reach = prop_oneof![4 => Just(0_u32), 4 => 0..=15_u32, 1 => 0..=50_u32, 1 => Just(100)];
    reach
        .prop_flat_map(|reach| {
            let (least, most) = (10_000_u32.div_ceil(100 + reach), 100 + reach);
            proptest::array::uniform::<_, N>(prop_oneof![1 => Just(least), 1 => Just(most), 2 => least..=most].boxed())
        })
        .boxed()
}

/// A version, and one that its values are not far from.
fn neighbours() -> impl Strategy<Value = (PriceVersion, PriceVersion)> {
    let multipliers = (percents::<3>(), percents::<4>(), percents::<3>(), percents::<1>());
    (versions(MOST).boxed(), percents::<15>(), multipliers, percents::<2>(), percents::<1>()).prop_map(
        |(previous, classes, (sla, consensus, priority, [fee]), units, [price])| {
            let mut next = previous;
            for (class, percents) in next.classes.iter_mut().zip(classes.as_chunks::<5>().0) {
                let scaled = |value: u128, percent: u32| value * u128::from(percent) / 100;
                let [base, step, tool, token, validator] = *percents;
                let base = scaled(class.base, base).max(1);
                *class = ClassPrice {
                    base,
                    step: scaled(class.step, step).min(base),
                    tool: scaled(class.tool, tool),
                    token: scaled(class.token, token),
                    validator: scaled(class.validator, validator),
                };
            }
            let scaled = |values: &mut [u32], percents: &[u32]| {
                for (value, percent) in values.iter_mut().zip(percents) {
                    *value = (*value * percent / 100).clamp(BPS, MULTIPLIER_MAX_BPS);
                }
                values.sort_unstable();
            };
            let terms = &mut next.terms;
            scaled(&mut terms.sla_bps, &sla);
            scaled(&mut terms.consensus_bps, &consensus);
            scaled(&mut terms.priority_bps, &priority);
            terms.quorum_step_bps = (terms.quorum_step_bps * consensus[3] / 100).min(MULTIPLIER_MAX_BPS);
            terms.network_fee_bps = (terms.network_fee_bps * fee / 100).min(BPS);
            terms.settlement_gas_base = terms.settlement_gas_base * u64::from(units[0]) / 100;
            terms.settlement_gas_per_replica = terms.settlement_gas_per_replica * u64::from(units[1]) / 100;
            terms.gas_price = terms.gas_price * u128::from(price) / 100;
            (terms.stake_rebate_bps, terms.volume_rebate_bps) = ([0; 4], [0; 4]);
            (previous, next)
        },
    )
}

/// Whether no line of `to` is more than twice that of `from`. What each is rounded up to its grain is not multiplied: a grain for a replica, as
/// tokens are rounded to a wei, and for the network one of each of the lines that it is a share of, and its own.
fn at_most_double(from: &PriceLines, to: &PriceLines) -> bool {
    to.per_replica <= 2 * from.per_replica + GRAIN
        && to.validators <= 2 * from.validators
        && to.network <= 2 * from.network + 9 * GRAIN
        && to.gas <= 2 * from.gas
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, max_global_rejects: 8_192, ..ProptestConfig::default() })]

    /// Whatever may follow a version moves no line of any price by more than a factor of two, and so no total of what is sold.
    #[test]
    fn no_line_moves_by_more_than_a_factor_of_two((previous, next) in neighbours(), asked in valid_inputs(), class in 0_usize..3) {
        prop_assume!(moved(&previous, next).is_ok());
        let line = |version: &PriceVersion| formula(&version.terms, &version.classes[class], &asked).unwrap();
        let (before, after) = (line(&previous), line(&next));
        prop_assert!(at_most_double(&before, &after), "{:?} to {:?}", before, after);
        prop_assert!(at_most_double(&after, &before), "{:?} to {:?}", before, after);
    }
}
