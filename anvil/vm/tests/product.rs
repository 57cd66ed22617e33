//! Products of 128-bit numbers, which run as one operator of native code: the same numbers, ink and depth as by the operators that
//! the program has for them.

mod support;

use std::sync::LazyLock;

use cor_stylus_vm::Outcome;
use proptest::prelude::*;
use support::{PLENTY, Program, load, run};

const TEXT: &str = include_str!("product.wat");

static KNOWN: LazyLock<Program> = LazyLock::new(|| load(TEXT));
/// The same with an operator that does nothing, in each product: one ink more, and nobody knows them for what they are.
static UNKNOWN: LazyLock<Program> = LazyLock::new(|| load(TEXT.replace("(i64.store offset=8", "(nop) (i64.store offset=8")));
/// Ink of what was put in.
const NOP: u64 = 1;

fn calldata(a: u128, b: u128, to: u32) -> Vec<u8> {
    [&a.to_le_bytes()[..], &b.to_le_bytes(), &to.to_le_bytes()].concat()
}

fn words() -> impl Strategy<Value = u128> {
    let word = || prop_oneof![any::<u64>(), Just(0), Just(u64::MAX), any::<u32>().prop_map(u64::from), Just(1 << 32)];
    (word(), word()).prop_map(|(low, high)| u128::from(high) << 64 | u128::from(low))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_product_is_the_product_and_costs_what_its_operators_cost(a in words(), b in words()) {
        let input = calldata(a, b, 64);
        let (known, _) = run(&KNOWN, &input, PLENTY);
        let half = b & u128::from(u64::MAX);
        let expected = [a.wrapping_mul(b).to_le_bytes(), a.wrapping_mul(half).to_le_bytes()].concat();
        prop_assert_eq!((known.outcome, &known.output[..]), (Outcome::Success, &expected[..]));

        let (unknown, _) = run(&UNKNOWN, &input, PLENTY);
        prop_assert_eq!(known.ink_left - unknown.ink_left, 2 * NOP);
        prop_assert_eq!((known.stack_left, known.output), (unknown.stack_left, unknown.output));
    }

    /// Wherever the memory or the ink ends, both programs end there in the same way.
    #[test]
    fn it_ends_as_its_operators_would(to in prop_oneof![0u32..65_600, 65_500u32..65_600, any::<u32>()], ink in 0u64..400_000) {
        let input = calldata(u128::MAX, u128::MAX, to);
        for ink in [ink, PLENTY] {
            let (known, _) = run(&KNOWN, &input, ink);
            // One that is out of ink by what was put in would tell nothing.
            let outcomes = [0, NOP, 2 * NOP].map(|more| run(&UNKNOWN, &input, ink + more).0);
            let same = outcomes.iter().any(|unknown| {
                (known.outcome, &known.output, known.stack_left) == (unknown.outcome, &unknown.output, unknown.stack_left)
                    && known.ink_left.abs_diff(unknown.ink_left) <= 2 * NOP
            });
            prop_assert!(same, "{known:?} {outcomes:?}");
        }
    }
}
