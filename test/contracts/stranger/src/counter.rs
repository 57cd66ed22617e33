//! The counter as its callers see it, and a model to hold it against.

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;
use cor_anvil::harness::{CallError, TestChain};

sol! {
    #![sol(all_derives)]
    interface Counter {
        function number() external view returns (uint256);
        function setNumber(uint256 newNumber) external;
        function mulNumber(uint256 newNumber) external;
        function addNumber(uint256 newNumber) external;
        function increment() external;
        function addFromMsgValue() external payable;
    }
}

/// Calls of one sequence at most.
const STEPS_MAX: usize = 32;

/// A call that changes the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Set(U256),
    Mul(U256),
    Add(U256),
    Increment,
    /// Adds as many as wei are sent.
    Pay(u64),
}

impl Step {
    /// Calls the contract.
    pub fn send(self, chain: &mut TestChain, counter: Address) -> Result<(), CallError> {
        let user = chain.account(0);
        match self {
            Self::Set(number) => chain.send(user, counter, &Counter::setNumberCall { newNumber: number }).map(drop),
            Self::Mul(number) => chain.send(user, counter, &Counter::mulNumberCall { newNumber: number }).map(drop),
            Self::Add(number) => chain.send(user, counter, &Counter::addNumberCall { newNumber: number }).map(drop),
            Self::Increment => chain.send(user, counter, &Counter::incrementCall {}).map(drop),
            Self::Pay(wei) => {
                let call = Counter::addFromMsgValueCall {};
                chain.send_value(user, counter, &call, U256::from(wei)).map(drop)
            }
        }
    }

    /// The model: what the counter must hold afterwards.
    pub fn model(self, number: U256) -> U256 {
        match self {
            Self::Set(new) => new,
            Self::Mul(by) => number.wrapping_mul(by),
            Self::Add(by) => number.wrapping_add(by),
            Self::Increment => number.wrapping_add(U256::ONE),
            Self::Pay(wei) => number.wrapping_add(U256::from(wei)),
        }
    }
}

/// Sends the steps one after the other, and holds the counter against the model after each.
pub fn play(chain: &mut TestChain, counter: Address, steps: &[Step]) {
    let mut expected = U256::ZERO;
    for step in steps {
        step.send(chain, counter).unwrap_or_else(|error| panic!("{step:?}: {error}"));
        expected = step.model(expected);
        let number = chain.view(counter, &Counter::numberCall {}).expect("a number");
        assert_eq!(number, expected, "after {step:?} of {steps:?}");
    }
}

/// Turns the bytes of a fuzzer into steps: each is a byte that says which, one that says how long its number is, and the number.
pub fn steps(mut input: &[u8]) -> Vec<Step> {
    let mut steps = Vec::new();
    while let ([kind, len, rest @ ..], true) = (input, steps.len() < STEPS_MAX) {
        let (number, rest) = rest.split_at(rest.len().min(usize::from(*len) % 33));
        let word = U256::from_be_slice(number);
        steps.push(match kind % 5 {
            0 => Step::Set(word),
            1 => Step::Mul(word),
            2 => Step::Add(word),
            3 => Step::Increment,
            _ => Step::Pay(word.wrapping_to()),
        });
        input = rest;
    }
    steps
}
