//! Calls and creations between programs, and between programs and EVM code.

use alloy::{
    primitives::{Address, B256, Bytes, U256, b256, keccak256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol,
    sol_types::{Revert, SolCall, SolError, SolValue},
};
use cor_adapters::deploy::init_code;
use cor_anvil::arbos::ArbOsVersion;

use super::tokens::sent;
use crate::place::{Place, code, event, revert_data, typed};

sol! {
    #[derive(Debug, PartialEq)]
    struct Order {
        address maker;
        uint256 amount;
        string memo;
        bytes32[] tags;
    }

    struct Step {
        address target;
        bytes data;
        bool mayFail;
    }

    #[derive(Debug, PartialEq)]
    #[sol(rpc)]
    interface Callee {
        event Received(address indexed from, uint256 value);
        event Unknown(bytes data, uint256 value);
        error TooLarge(uint256 value, uint256 limit);
        error Unwelcome(address caller);
        function count() external view returns (uint256);
        function bump() external returns (uint256);
        function last() external view returns (address);
        function sum(uint256[] values) external view returns (uint256);
        function largest(Order[] orders) external view returns (Order);
        function context() external payable returns (address sender, address origin, address at, uint64 chain, uint256 value);
        function surroundings(address account) external view returns (uint64 time, uint64 number, uint256 fee, uint256 balance, bytes32 code);
        function digests(address account, uint256 amount, string memo) external view returns (bytes32, bytes32);
        function decode(bytes data) external view returns (address, uint256, string);
        function atMost(uint256 value, uint256 limit) external view returns (uint256);
        function unwelcome() external view;
        function failWith(bytes data) external view;
        function panics(uint256 index) external returns (uint8);
        function endless() external view returns (uint256);
    }

    #[sol(rpc)]
    interface Caller {
        event Created(address indexed at);
        function count() external view returns (uint256);
        function last() external view returns (address);
        function bumpBoth(address callee) external returns (uint256, uint256);
        function sumOf(address callee, uint256[] values) external view returns (uint256);
        function contextOf(address callee) external payable returns (address sender, address origin, address at, uint64 chain, uint256 value);
        function multicall(Step[] steps) external returns (bytes[]);
        function forward(address target, bytes data) external returns (bytes);
        function delegate(address target, bytes data) external payable returns (bytes);
        function look(address target, bytes data) external view returns (bytes);
        function raw(address target, bytes data, uint64 gas, uint32 offset, uint32 size) external returns (bool, bytes, uint64);
        function pay(address to) external payable;
        function create(bytes code, bytes32 salt) external payable returns (address);
    }
}

fn u(value: u64) -> U256 {
    U256::from(value)
}

fn data(call: &impl SolCall) -> Bytes {
    call.abi_encode().into()
}

async fn pair(
    place: &Place,
) -> (Caller::CallerInstance<&alloy::providers::DynProvider>, Callee::CalleeInstance<&alloy::providers::DynProvider>) {
    let [caller, callee] = [place.deploy("caller").await, place.deploy("callee").await];
    (Caller::new(caller, &place.provider), Callee::new(callee, &place.provider))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_of_every_shape_come_through() {
    let place = Place::start(ArbOsVersion::V51).await;
    let (caller, callee) = pair(&place).await;
    let values = vec![u(1), u(20), u(300)];
    assert_eq!(caller.sumOf(*callee.address(), values).call().await.unwrap(), u(321));
    let order = |amount, memo: &str, tags: usize| Order {
        maker: place.account(1),
        amount: u(amount),
        memo: memo.to_owned(),
        tags: vec![B256::repeat_byte(7); tags],
    };
    let orders = vec![order(3, "", 0), order(9, "the largest, with a memo that takes two words", 3), order(5, "x", 1)];
    assert_eq!(callee.largest(orders.clone()).call().await.unwrap(), orders[1]);

    let value = (place.account(3), u(44), "forty-four".to_owned());
    let digests = callee.digests(value.0, value.1, value.2.clone()).call().await.unwrap();
    assert_eq!(digests._0, keccak256(value.abi_encode_params()), "abi.encode");
    assert_eq!(digests._1, keccak256(value.abi_encode_packed()), "abi.encodePacked");
    let decoded = callee.decode(value.abi_encode_params().into()).call().await.unwrap();
    assert_eq!((decoded._0, decoded._1, decoded._2), value);
    let error = callee.decode(Bytes::from_static(&[1, 2, 3])).call().await.unwrap_err();
    assert_eq!(revert_data(&error), b"not encoded"[..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_knows_where_it_comes_from() {
    let place = Place::start(ArbOsVersion::V51).await;
    let (caller, callee) = pair(&place).await;
    let (wallet, chain) = (place.account(0), cor_anvil::DEFAULT_CHAIN_ID);
    let direct = callee.context().value(u(3)).call().await.unwrap();
    assert_eq!(
        (direct.sender, direct.origin, direct.at, direct.chain, direct.value),
        (wallet, wallet, *callee.address(), chain, u(3))
    );
    let through = caller.contextOf(*callee.address()).value(u(4)).call().await.unwrap();
    assert_eq!((through.sender, through.origin, through.at, through.value), (*caller.address(), wallet, *callee.address(), u(4)));
    let borrowed = caller.delegate(*callee.address(), data(&Callee::contextCall {})).value(u(5)).call().await.unwrap();
    let borrowed = Callee::contextCall::abi_decode_returns(&borrowed).unwrap();
    assert_eq!((borrowed.sender, borrowed.origin, borrowed.at, borrowed.value), (wallet, wallet, *caller.address(), u(5)));

    let seen = callee.surroundings(*caller.address()).call().await.unwrap();
    let block = place.provider.get_block(Default::default()).await.unwrap().unwrap();
    assert!(seen.time >= block.header.timestamp && seen.fee == u(block.header.base_fee_per_gas.unwrap()));
    assert_eq!(seen.balance, place.balance(*caller.address()).await);
    assert_eq!(seen.code, keccak256(place.provider.get_code_at(*caller.address()).await.unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storage_belongs_to_whom_it_should() {
    let place = Place::start(ArbOsVersion::V51).await;
    let (caller, callee) = pair(&place).await;
    sent!(caller.bumpBoth(*callee.address()));
    let both = caller.bumpBoth(*callee.address()).call().await.unwrap();
    assert_eq!((both._0, both._1), (u(2), u(2)), "what was written before a call is still there after it");
    assert_eq!(callee.last().call().await.unwrap(), *caller.address());

    sent!(caller.delegate(*callee.address(), data(&Callee::bumpCall {})));
    assert_eq!(caller.count().call().await.unwrap(), u(2), "delegated code counts in the caller's storage");
    assert_eq!(caller.last().call().await.unwrap(), place.account(0), "for the caller's caller");
    assert_eq!(callee.count().call().await.unwrap(), u(1));

    let read = caller.look(*callee.address(), data(&Callee::countCall {})).call().await.unwrap();
    assert_eq!(U256::from_be_slice(&read), u(1));
    let write = caller.look(*callee.address(), data(&Callee::bumpCall {})).call().await.unwrap_err();
    assert!(revert_data(&write).is_empty(), "nothing is written through a static call");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_come_through_as_they_are() {
    let place = Place::start(ArbOsVersion::V51).await;
    let (caller, callee) = pair(&place).await;
    let at = *callee.address();
    assert_eq!(callee.atMost(u(5), u(5)).call().await.unwrap(), u(5));
    let direct = callee.atMost(u(6), u(5)).call().await.unwrap_err();
    let through = caller.forward(at, data(&Callee::atMostCall { value: u(6), limit: u(5) })).call().await.unwrap_err();
    for error in [direct, through] {
        let expected = Callee::TooLarge { value: u(6), limit: u(5) };
        assert_eq!(typed::<Callee::CalleeErrors>(&error), Callee::CalleeErrors::TooLarge(expected));
    }
    let unwelcome = caller.forward(at, data(&Callee::unwelcomeCall {})).call().await.unwrap_err();
    let expected = Callee::Unwelcome { caller: *caller.address() };
    assert_eq!(typed::<Callee::CalleeErrors>(&unwelcome), Callee::CalleeErrors::Unwelcome(expected));
    for bytes in [Bytes::new(), Bytes::from_static(b"raw words"), Revert::from("as Solidity's require").abi_encode().into()] {
        let error = callee.failWith(bytes.clone()).call().await.unwrap_err();
        assert_eq!(revert_data(&error), bytes);
    }

    assert_eq!(callee.panics(u(2)).call().await.unwrap(), 3);
    let panicked = callee.panics(u(3)).call().await.unwrap_err();
    assert!(revert_data(&panicked).is_empty(), "a panic is a revert without words");
    let request = callee.panics(u(3)).gas(1_000_000).into_transaction_request();
    let receipt = place.mine(request).await;
    assert!(!receipt.status() && receipt.gas_used < 900_000, "a panic leaves the gas that was not used");
    assert_eq!(callee.count().call().await.unwrap(), u(0), "and undoes what was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_are_one() {
    let place = Place::start(ArbOsVersion::V51).await;
    let (caller, callee) = pair(&place).await;
    let step = |call: Bytes, may_fail| Step { target: *callee.address(), data: call, mayFail: may_fail };
    let (bump, fail) = (data(&Callee::bumpCall {}), data(&Callee::failWithCall { data: Bytes::from_static(b"no") }));
    let steps = vec![step(bump.clone(), false), step(fail.clone(), true), step(bump.clone(), false)];
    let answers = caller.multicall(steps.clone()).call().await.unwrap();
    assert_eq!(answers, [Bytes::from(u(1).abi_encode()), Bytes::from_static(b"no"), Bytes::from(u(2).abi_encode())]);
    sent!(caller.multicall(steps));
    assert_eq!(callee.count().call().await.unwrap(), u(2));
    let error = caller.multicall(vec![step(bump.clone(), false), step(fail, false)]).call().await.unwrap_err();
    assert_eq!(revert_data(&error), b"no"[..]);
    let request = caller.multicall(vec![step(bump, false), step(Bytes::from_static(&[0x25; 4]), false)]);
    sent!(request);
    assert_eq!(callee.count().call().await.unwrap(), u(3), "an unknown call is answered by the fallback");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gas_and_return_data_are_limited_as_asked() {
    let place = Place::start(ArbOsVersion::V51).await;
    let (caller, callee) = pair(&place).await;
    let echo = Bytes::from_static(b"\x25\x25\x25\x25 a call that is echoed");
    let part = caller.raw(*callee.address(), echo.clone(), u64::MAX, 5, 6).call().await.unwrap();
    assert_eq!((part._0, part._1), (true, Bytes::from_static(b"a call")));
    let beyond = caller.raw(*callee.address(), echo.clone(), u64::MAX, 1_000, 6).call().await.unwrap();
    assert_eq!((beyond._0, beyond._1), (true, Bytes::new()));
    let burnt =
        caller.raw(*callee.address(), data(&Callee::endlessCall {}), 400_000, 0, 100).gas(2_000_000).call().await.unwrap();
    assert!(!burnt._0 && burnt._1.is_empty());
    // All of it, the price of the call, and what the ink of the host calls around it rounds to.
    assert!((400_000..410_000).contains(&burnt._2), "{} gas", burnt._2);
    let request = callee.endless().gas(3_000_000).into_transaction_request();
    let receipt = place.mine(request).await;
    assert!(!receipt.status());
    assert_eq!(receipt.gas_used, 3_000_000, "a program out of gas leaves none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ether_goes_where_it_is_sent() {
    let place = Place::start(ArbOsVersion::V51).await;
    let (caller, callee) = pair(&place).await;
    let at = *callee.address();
    let receipt = sent!(caller.pay(at).value(u(6)));
    assert_eq!(event::<Callee::Received>(&receipt), Callee::Received { from: *caller.address(), value: u(6) });
    let plain = TransactionRequest { to: Some(at.into()), value: Some(u(2)), ..TransactionRequest::default() };
    let receipt = place.mine(plain).await;
    assert_eq!(event::<Callee::Received>(&receipt), Callee::Received { from: place.account(0), value: u(2) });
    let unknown = Bytes::from_static(b"\x99\x99\x99\x99 and more");
    let request =
        TransactionRequest { to: Some(at.into()), value: Some(u(1)), input: unknown.clone().into(), ..Default::default() };
    let receipt = place.mine(request.clone()).await;
    assert_eq!(event::<Callee::Unknown>(&receipt), Callee::Unknown { data: unknown.clone(), value: u(1) });
    assert_eq!(place.provider.call(request).await.unwrap(), unknown, "the fallback echoes");
    assert_eq!(place.balance(at).await, u(9));
    let someone = Address::repeat_byte(0x77);
    sent!(caller.pay(someone).value(u(8)));
    assert_eq!(place.balance(someone).await, u(8), "an account without code takes ether too");
    let unpayable = callee.bump().value(u(1)).call().await.unwrap_err();
    assert!(unpayable.as_revert_data().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_create_contracts_of_both_kinds() {
    let place = Place::start(ArbOsVersion::V51).await;
    let caller = Caller::new(place.deploy("caller").await, &place.provider);
    // PUSH1 42, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN
    let evm = init_code(&[0x60, 0x2a, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    let nonce = place.provider.get_transaction_count(*caller.address()).await.unwrap();
    let receipt = sent!(caller.create(evm.clone().into(), B256::ZERO).value(u(5)));
    let at = event::<Caller::Created>(&receipt).at;
    assert_eq!(at, caller.address().create(nonce));
    assert_eq!(place.balance(at).await, u(5));
    let answer = caller.forward(at, Bytes::new()).call().await.unwrap();
    assert_eq!(U256::from_be_slice(&answer), u(42), "a program calls EVM code it created");

    let salt = b256!("00000000000000000000000000000000000000000000000000000000005a1700");
    let receipt = sent!(caller.create(evm.clone().into(), salt));
    assert_eq!(event::<Caller::Created>(&receipt).at, caller.address().create2(salt, keccak256(&evm)));
    let twice = caller.create(evm.into(), salt).call().await.unwrap_err();
    assert!(revert_data(&twice).is_empty(), "there is one already");
    // PUSH4 deadbeef, PUSH0, MSTORE, PUSH1 4, PUSH1 28, REVERT
    let reverting = [0x63, 0xde, 0xad, 0xbe, 0xef, 0x5f, 0x52, 0x60, 0x04, 0x60, 0x1c, 0xfd];
    let error = caller.create(reverting.into(), B256::ZERO).call().await.unwrap_err();
    assert_eq!(revert_data(&error), reverting[1..5]);

    let receipt = sent!(caller.create(init_code(&code("callee")).into(), B256::ZERO));
    let program = event::<Caller::Created>(&receipt).at;
    let call = data(&Callee::bumpCall {});
    let inactive = caller.forward(program, call.clone()).gas(2_000_000).call().await.unwrap_err();
    assert!(
        revert_data(&inactive).is_empty(),
        "a program that is not active burns what it is given, and the caller has the rest"
    );
    assert!(place.activate(program).await.status());
    let count = caller.forward(program, call).call().await.unwrap();
    assert_eq!(U256::from_be_slice(&count), u(1));
}
