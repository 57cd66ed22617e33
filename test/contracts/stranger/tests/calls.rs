//! Single calls of the compiled contract.

use alloy_primitives::U256;
use alloy_sol_types::sol;
use cor_anvil::harness::{CallError, TestChain, Transaction};
use counter_chain::{Counter, wasm};

sol! {
    function mistake() external;
}

#[test]
fn the_counter_counts() {
    let mut chain = TestChain::new().expect("a chain");
    let counter = chain.deploy_file(wasm()).expect("a contract");
    let user = chain.account(0);

    chain.send(user, counter, &Counter::setNumberCall { newNumber: U256::from(41) }).expect("set");
    let done = chain.send(user, counter, &Counter::incrementCall {}).expect("counted");
    assert!(done.gas_used > 21_000);
    assert_eq!(chain.view(counter, &Counter::numberCall {}).expect("a number"), U256::from(42));
}

#[test]
fn ether_that_is_sent_is_added_and_stays() {
    let mut chain = TestChain::new().expect("a chain");
    let counter = chain.deploy_file(wasm()).expect("a contract");
    let user = chain.account(0);

    chain.send_value(user, counter, &Counter::addFromMsgValueCall {}, U256::from(7)).expect("paid");
    assert_eq!(chain.view(counter, &Counter::numberCall {}).expect("a number"), U256::from(7));
    assert_eq!(chain.balance(counter), U256::from(7));
}

#[test]
fn what_must_be_refused_is_refused() {
    let mut chain = TestChain::new().expect("a chain");
    let counter = chain.deploy_file(wasm()).expect("a contract");
    let user = chain.account(0);

    let unknown = chain.send(user, counter, &mistakeCall {}).expect_err("no such function");
    assert!(matches!(unknown, CallError::Reverted(_)), "{unknown}");
    let unpayable = chain.send_value(user, counter, &Counter::incrementCall {}, U256::ONE).expect_err("takes no ether");
    assert!(matches!(unpayable, CallError::Reverted(_)), "{unpayable}");
    let data = alloy_sol_types::SolCall::abi_encode(&Counter::incrementCall {});
    let poor = Transaction { gas_limit: 30_000, ..Transaction::call(user, counter, data) };
    assert!(matches!(chain.transact(poor).expect_err("too little gas"), CallError::Halted(_)));
    assert_eq!(chain.view(counter, &Counter::numberCall {}).expect("a number"), U256::ZERO);
}
