//! The fuzz target of the page, for a few executions.

use std::time::Duration;

use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use cor_anvil::harness::{Campaign, TestChain, Transaction};
use counter_chain::{Counter, Step, play, steps, wasm};

/// The seed, printed with the figures.
const SEED: u64 = 1;
/// The executions bound these runs, so that they are the same on a slow machine.
const HOUR: Duration = Duration::from_secs(3_600);

#[test]
#[expect(clippy::print_stdout, reason = "as the page does")]
fn the_target_enters_the_whole_contract_and_finds_nothing() {
    let campaign = Campaign { seed: SEED, executions: 500, time: HOUR };
    let mut chain = TestChain::counting().expect("a chain");
    let counter = chain.deploy_file(wasm()).expect("a contract");
    let report = campaign.run(&mut chain, |chain, input| play(chain, counter, &steps(input))).expect("nothing is found");
    println!("{report}");
    assert_eq!(report.executions, 500);
    assert!(report.calls > report.executions && report.kept > 10 && report.entered > 50, "{report:?}");
}

/// What the page tells the reader to try: a model that does not wrap around.
#[test]
fn a_wrong_model_is_found_out() {
    let campaign = Campaign { seed: SEED, executions: 200_000, time: HOUR };
    let mut chain = TestChain::counting().expect("a chain");
    let counter = chain.deploy_file(wasm()).expect("a contract");
    let overflows = |steps: &[Step]| {
        let mut number = U256::ZERO;
        steps.iter().any(|step| {
            let overflows = matches!(step, Step::Add(by) if number.checked_add(*by).is_none());
            number = step.model(number);
            overflows
        })
    };
    let found = campaign.run(&mut chain, |chain, input| {
        let steps = steps(input);
        assert!(!overflows(&steps), "no overflow");
        play(chain, counter, &steps);
    });
    let found = found.expect_err("the contract wraps around");
    assert!(found.message.contains("no overflow"), "{found}");
    let found = steps(&found.input);
    assert!(matches!(found.as_slice(), [.., Step::Add(_)]), "{found:?}");
    // No step of them is without need.
    for without in 0..found.len() {
        let rest = [&found[..without], &found[without + 1..]].concat();
        assert!(!overflows(&rest), "made short: {found:?}");
    }
}

/// Without guidance of any kind, calldata of any form: the contract answers or reverts, and a revert changes nothing.
#[test]
fn any_calldata_is_answered() {
    let campaign = Campaign { seed: SEED, executions: 500, time: HOUR };
    let mut chain = TestChain::counting().expect("a chain");
    let counter = chain.deploy_file(wasm()).expect("a contract");
    let selectors = [Counter::numberCall::SELECTOR, Counter::setNumberCall::SELECTOR, Counter::addFromMsgValueCall::SELECTOR];
    let outcome = campaign.run(&mut chain, |chain, input| {
        let (selector, rest) = input.split_first().map_or((0, input), |(first, rest)| (usize::from(*first), rest));
        let data = selectors.get(selector).map_or_else(|| rest.to_vec(), |known| [known.as_slice(), rest].concat());
        let before = chain.storage(counter, U256::ZERO);
        if chain.transact(Transaction::call(chain.account(0), counter, data)).is_err() {
            assert_eq!(chain.storage(counter, U256::ZERO), before);
        }
    });
    outcome.expect("nothing is found");
}
