//! Fuzzes the counter with libFuzzer, guided by the basic blocks of the contract.

#![no_main]

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use alloy_primitives::Address;
use cor_anvil::harness::{Snapshot, TestChain, on_deep_stack};
use counter_chain::{play, steps, wasm};
use libfuzzer_sys::fuzz_target;

/// More than the contract has basic blocks.
const BLOCKS: usize = 8_192;

/// How often each basic block was entered. libFuzzer finds the section by its name, reads it after each input and clears it.
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static COUNTERS: [AtomicU8; BLOCKS] = [const { AtomicU8::new(0) }; BLOCKS];

thread_local! {
    static CHAIN: RefCell<(TestChain, Address, Snapshot)> = RefCell::new(deployed());
}

fn deployed() -> (TestChain, Address, Snapshot) {
    let mut chain = TestChain::counting().expect("a chain");
    let counter = chain.deploy_file(wasm()).expect("a contract");
    let start = chain.snapshot();
    (chain, counter, start)
}

fuzz_target!(|input: &[u8]| {
    CHAIN.with_borrow_mut(|(chain, counter, start)| {
        assert!(chain.revert(start));
        on_deep_stack(|| play(chain, *counter, &steps(input)));
        chain.coverage(|counts| {
            for (counter, count) in COUNTERS.iter().zip(counts) {
                counter.store(*count, Relaxed);
                *count = 0;
            }
        });
    });
});
