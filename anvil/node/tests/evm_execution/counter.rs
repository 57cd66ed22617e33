//! The sample counter: gas of whole transactions as measured on a node. The counter keeps a number and,
//! for each caller, the number it set last.

use revm::primitives::{U256, keccak256};

use crate::chain::{COUNTER_WASM, Chain, PROXY, calldata, hex_code, output_of, set_number, stylus_code, via};
use crate::programs::CALLER;
use cor_stylus_vm::prepare::init_code;

#[test]
fn transactions_cost_what_they_cost_on_a_node() {
    let mut chain = Chain::new();
    let code = stylus_code(COUNTER_WASM);
    let created = chain.create(init_code(&code));
    assert_eq!(created.tx_gas_used(), deployment_gas(&code));
    let counter = created.created_address().unwrap();
    assert!(chain.activate(counter).is_success());

    let proxy = chain.deploy(&hex_code(PROXY));
    let caller = chain.program(CALLER);
    let caller_gas = |data: &[u8]| [counter.as_slice(), data].concat();
    let increment = calldata("increment()", &[]);
    let number = calldata("number()", &[]);
    let stylus_evm_stylus = [proxy.as_slice(), &via(counter, &increment)].concat();
    for (what, to, data, gas, after) in [
        ("setNumber(5), first", counter, set_number(5), 94_603, 5),
        ("number()", counter, number, 52_234, 5),
        ("setNumber(7), second", counter, set_number(7), 60_403, 7),
        ("setNumber(0), with refund", counter, set_number(0), 50_791, 0),
        ("EVM proxy, setNumber(9)", proxy, via(counter, &set_number(9)), 97_656, 9),
        ("Stylus caller, increment()", caller, caller_gas(&increment).into(), 90_568, 10),
        ("Stylus, EVM, increment()", caller, stylus_evm_stylus.into(), 76_515, 11),
    ] {
        let result = chain.call(to, data);
        assert!(result.is_success(), "{what}: {result:?}");
        assert_eq!(chain.storage(counter, 0), U256::from(after), "{what}");
        assert_eq!(result.tx_gas_used(), gas, "{what}");
    }
}

/// Gas of deploying `code` with its 43 bytes of init code: the bytes of the transaction, the words of
/// init code, six cheap instructions and one copy, memory for the code, and its deposit.
fn deployment_gas(code: &[u8]) -> u64 {
    let init = init_code(code);
    let words = (code.len() as u64).div_ceil(32);
    let bytes: u64 = init.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum();
    let intrinsic = 21_000 + 32_000 + bytes + 2 * (init.len() as u64).div_ceil(32);
    let copy = 3 + 3 * words + (3 * words + words * words / 512);
    intrinsic + 5 * 3 + copy + 200 * code.len() as u64
}

#[test]
fn answers_and_reverts_come_back() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    chain.call(counter, set_number(77));
    let answer = chain.call(counter, calldata("number()", &[]));
    assert_eq!(U256::from_be_slice(output_of(&answer)), U256::from(77));
    let unknown = chain.call(counter, keccak256("nothing()")[..4].to_vec());
    assert!(!unknown.is_success() && !unknown.is_halt(), "{unknown:?}");
}
