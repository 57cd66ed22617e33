//! The page's example of a constructor and of an error, against the sample of a token. The page shows what is between the marks.

use std::path::PathBuf;

// shown
use alloy_primitives::U256;
use alloy_sol_types::sol;
use cor_anvil::harness::TestChain;

sol! {
    interface Token {
        constructor(string name, address owner, uint256 supply) payable;
        #[derive(Debug, PartialEq)]
        error InsufficientBalance(address from, uint256 have, uint256 want);
        function name() external view returns (string);
        function endowment() external view returns (uint256);
        function transfer(address to, uint256 value) external returns (bool);
    }
}

#[test]
fn a_token_is_constructed_once_and_says_what_its_owner_lacks() {
    let mut chain = TestChain::new().expect("a chain");
    let token = chain.deploy_file(wasm()).expect("a contract");
    let (owner, friend, supply) = (chain.account(0), chain.account(1), U256::from(1_000));

    let constructor = Token::constructorCall { name: "Sample".to_owned(), owner, supply };
    chain.construct_value(owner, token, &constructor, U256::from(7)).expect("constructed");
    assert_eq!(chain.view(token, &Token::nameCall {}).expect("a name"), "Sample");
    assert_eq!(chain.view(token, &Token::endowmentCall {}).expect("ether"), U256::from(7));
    let again = chain.construct(owner, token, &constructor).expect_err("it is constructed");
    assert!(again.revert_data().is_some(), "{again}");

    let want = U256::from(1_001);
    let refused = chain.send(owner, token, &Token::transferCall { to: friend, value: want }).expect_err("more than there is");
    let expected = Token::InsufficientBalance { from: owner, have: supply, want };
    assert_eq!(refused.error::<Token::InsufficientBalance>(), Some(expected));
}
// end

/// Where the sample is.
fn wasm() -> PathBuf {
    cor_kit::paths::samples().join("token.wasm")
}
