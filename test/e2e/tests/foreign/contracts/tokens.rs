//! ERC-20 with a constructor, ERC-721 with receivers.

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, B256, Bytes, U256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol,
    sol_types::SolValue,
};
use cor_anvil::arbos::ArbOsVersion;

use crate::place::{Place, construction, event, revert_data, typed};

sol! {
    #[derive(Debug, PartialEq)]
    #[sol(rpc)]
    interface Token {
        event Transfer(address indexed from, address indexed to, uint256 value);
        event Approval(address indexed owner, address indexed spender, uint256 value);
        error InsufficientBalance(address from, uint256 have, uint256 want);
        error InsufficientAllowance(address owner, address spender, uint256 have, uint256 want);
        error NotOwner(address caller, address owner);
        function name() external view returns (string);
        function decimals() external view returns (uint8);
        function owner() external view returns (address);
        function endowment() external view returns (uint256);
        function totalSupply() external view returns (uint256);
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function transfer(address to, uint256 value) external returns (bool);
        function approve(address spender, uint256 value) external returns (bool);
        function transferFrom(address from, address to, uint256 value) external returns (bool);
        function mint(address to, uint256 value) external;
        function burn(uint256 value) external;
    }

    #[derive(Debug, PartialEq)]
    #[sol(rpc)]
    interface Nft {
        event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
        error NotMinted(uint256 tokenId);
        error NotOwner(address from, uint256 tokenId, address realOwner);
        error NotApproved(address owner, address spender, uint256 tokenId);
        error ReceiverRefused(address receiver, uint256 tokenId, bytes4 returned);
        function mint() external returns (uint256);
        function balanceOf(address owner) external view returns (uint256);
        function ownerOf(uint256 tokenId) external view returns (address);
        function tokenURI(uint256 tokenId) external view returns (string);
        function approve(address approved, uint256 tokenId) external;
        function setApprovalForAll(address operator, bool approved) external;
        function transferFrom(address from, address to, uint256 tokenId) external;
        function safeTransferFrom(address from, address to, uint256 tokenId) external;
        function safeTransferFrom(address from, address to, uint256 tokenId, bytes data) external;
    }
}

fn u(value: u64) -> U256 {
    U256::from(value)
}

/// A mined call.
macro_rules! sent {
    ($call:expr) => {{
        let receipt = $call.send().await.expect("the call is taken").get_receipt().await.expect("it is mined");
        assert!(receipt.status(), "the call failed: {receipt:?}");
        receipt
    }};
}
pub(crate) use sent;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_constructed_once_and_with_ether() {
    let place = Place::start(ArbOsVersion::V51).await;
    let owner = place.account(0);
    let arguments = ("Sample".to_owned(), owner, u(1_000)).abi_encode_params();
    let at = place.construct("token", &arguments, u(7), B256::with_last_byte(1)).await;
    let token = Token::new(at, &place.provider);
    assert_eq!(token.name().call().await.unwrap(), "Sample");
    assert_eq!(token.decimals().call().await.unwrap(), 18);
    assert_eq!(token.owner().call().await.unwrap(), owner);
    assert_eq!(token.endowment().call().await.unwrap(), u(7));
    assert_eq!(token.balanceOf(owner).call().await.unwrap(), u(1_000));
    assert_eq!(place.balance(at).await, u(7), "what was too much for the activation went back");

    let again = TransactionRequest::default().with_to(at).with_input(construction(&arguments));
    assert!(place.provider.call(again).await.is_err(), "a second construction reverts");
    // The same program elsewhere is its own contract, and is not activated a second time.
    let other = ("Other".to_owned(), owner, u(1_000)).abi_encode_params();
    let second = place.construct("token", &other, U256::ZERO, B256::with_last_byte(2)).await;
    assert_eq!(Token::new(second, &place.provider).name().call().await.unwrap(), "Other");
    assert_eq!(token.name().call().await.unwrap(), "Sample");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_keeps_its_books_and_says_why_not() {
    let place = Place::start(ArbOsVersion::V51).await;
    let [owner, friend, stranger] = [0, 1, 2].map(|index| place.account(index));
    let arguments = ("Sample".to_owned(), owner, u(1_000)).abi_encode_params();
    let token = Token::new(place.construct("token", &arguments, U256::ZERO, B256::ZERO).await, &place.provider);

    let receipt = sent!(token.transfer(friend, u(300)));
    assert_eq!(event::<Token::Transfer>(&receipt), Token::Transfer { from: owner, to: friend, value: u(300) });
    let error = token.transfer(owner, u(301)).from(friend).call().await.unwrap_err();
    let short = Token::InsufficientBalance { from: friend, have: u(300), want: u(301) };
    assert_eq!(typed::<Token::TokenErrors>(&error), Token::TokenErrors::InsufficientBalance(short));

    let receipt = sent!(token.approve(stranger, u(50)).from(friend));
    assert_eq!(event::<Token::Approval>(&receipt), Token::Approval { owner: friend, spender: stranger, value: u(50) });
    sent!(token.transferFrom(friend, stranger, u(20)).from(stranger));
    assert_eq!(token.allowance(friend, stranger).call().await.unwrap(), u(30));
    let error = token.transferFrom(friend, stranger, u(31)).from(stranger).call().await.unwrap_err();
    let short = Token::InsufficientAllowance { owner: friend, spender: stranger, have: u(30), want: u(31) };
    assert_eq!(typed::<Token::TokenErrors>(&error), Token::TokenErrors::InsufficientAllowance(short));

    let error = token.mint(friend, u(1)).from(friend).call().await.unwrap_err();
    assert_eq!(typed::<Token::TokenErrors>(&error), Token::TokenErrors::NotOwner(Token::NotOwner { caller: friend, owner }));
    sent!(token.mint(friend, u(5)));
    sent!(token.burn(u(700)));
    let balances = [owner, friend, stranger].map(|account| token.balanceOf(account));
    let mut sum = U256::ZERO;
    for (balance, expected) in balances.into_iter().zip([0, 285, 20]) {
        let balance = balance.call().await.unwrap();
        assert_eq!(balance, u(expected));
        sum += balance;
    }
    assert_eq!(token.totalSupply().call().await.unwrap(), sum);
}

/// EVM code that answers every call with `selector`, padded to a word.
fn answering(selector: [u8; 4]) -> Vec<u8> {
    // PUSH4 selector, PUSH1 224, SHL, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN
    [&[0x63][..], &selector, &[0x60, 0xe0, 0x1b, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_nft_asks_its_receiver() {
    let place = Place::start(ArbOsVersion::V51).await;
    let [owner, operator, other] = [0, 1, 2].map(|index| place.account(index));
    let nft = Nft::new(place.deploy("nft").await, &place.provider);
    for id in 0..3 {
        let receipt = sent!(nft.mint());
        assert_eq!(event::<Nft::Transfer>(&receipt), Nft::Transfer { from: Address::ZERO, to: owner, tokenId: u(id) });
    }
    assert_eq!(nft.tokenURI(u(2)).call().await.unwrap(), "https://nft.example/2.json");
    let error = nft.ownerOf(u(3)).call().await.unwrap_err();
    assert_eq!(typed::<Nft::NftErrors>(&error), Nft::NftErrors::NotMinted(Nft::NotMinted { tokenId: u(3) }));

    let stolen = nft.transferFrom(owner, other, u(0)).from(operator).call().await.unwrap_err();
    let denied = Nft::NotApproved { owner, spender: operator, tokenId: u(0) };
    assert_eq!(typed::<Nft::NftErrors>(&stolen), Nft::NftErrors::NotApproved(denied));
    sent!(nft.approve(operator, u(0)));
    sent!(nft.transferFrom(owner, other, u(0)).from(operator));
    let stale = nft.transferFrom(owner, other, u(0)).from(operator).call().await.unwrap_err();
    let wrong = Nft::NotOwner { from: owner, tokenId: u(0), realOwner: other };
    assert_eq!(typed::<Nft::NftErrors>(&stale), Nft::NftErrors::NotOwner(wrong));

    // A receiver that accepts, one that answers something else, one that reverts with words of its own.
    let accepts = place.put(&answering([0x15, 0x0b, 0x7a, 0x02])).await;
    let refuses = place.put(&answering([1, 2, 3, 4])).await;
    // PUSH4 deadbeef, PUSH0, MSTORE, PUSH1 4, PUSH1 28, REVERT
    let reverts = place.put(&[0x63, 0xde, 0xad, 0xbe, 0xef, 0x5f, 0x52, 0x60, 0x04, 0x60, 0x1c, 0xfd]).await;
    sent!(nft.setApprovalForAll(operator, true));
    let receipt = sent!(nft.safeTransferFrom_1(owner, accepts, u(1), Bytes::from_static(b"hello")).from(operator));
    assert_eq!(event::<Nft::Transfer>(&receipt), Nft::Transfer { from: owner, to: accepts, tokenId: u(1) });
    let refused = nft.safeTransferFrom_0(owner, refuses, u(2)).call().await.unwrap_err();
    let answer = Nft::ReceiverRefused { receiver: refuses, tokenId: u(2), returned: [1, 2, 3, 4].into() };
    assert_eq!(typed::<Nft::NftErrors>(&refused), Nft::NftErrors::ReceiverRefused(answer));
    let reverted = nft.safeTransferFrom_0(owner, reverts, u(2)).call().await.unwrap_err();
    assert_eq!(revert_data(&reverted), b"\xde\xad\xbe\xef"[..], "the receiver's own words come through");
    assert_eq!(nft.ownerOf(u(2)).call().await.unwrap(), owner);
    for (account, expected) in [(owner, 1), (other, 1), (accepts, 1)] {
        assert_eq!(nft.balanceOf(account).call().await.unwrap(), u(expected));
    }
}
