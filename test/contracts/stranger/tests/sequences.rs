//! Any sequence of calls leaves what the model says.

use std::cell::RefCell;

use alloy_primitives::U256;
use cor_anvil::harness::TestChain;
use counter_chain::{Step, play, wasm};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, FileFailurePersistence, TestRunner},
};

fn number() -> impl Strategy<Value = U256> {
    prop_oneof![any::<[u8; 32]>().prop_map(U256::from_be_bytes), (0u64..4).prop_map(U256::from), Just(U256::MAX)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        number().prop_map(Step::Set),
        number().prop_map(Step::Mul),
        number().prop_map(Step::Add),
        Just(Step::Increment),
        any::<u64>().prop_map(Step::Pay),
    ]
}

#[test]
fn any_sequence_of_calls_leaves_what_the_model_says() {
    let mut chain = TestChain::new().expect("a chain");
    let counter = chain.deploy_file(wasm()).expect("a contract");
    let start = chain.snapshot();
    let chain = RefCell::new(chain);

    // A sequence that failed is kept beside this file, as `sequences.failed`, and tried first the next time.
    let kept = FileFailurePersistence::WithSource("failed");
    let config =
        Config { cases: 256, source_file: Some(file!()), failure_persistence: Some(Box::new(kept)), ..Config::default() };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&vec(step(), 1..20), |steps| {
        let mut chain = chain.borrow_mut();
        assert!(chain.revert(&start));
        play(&mut chain, counter, &steps);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
