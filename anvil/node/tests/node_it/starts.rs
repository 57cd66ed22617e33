//! What a chain can start with: a genesis file, what Nitro's development node has, epochs.

use std::sync::Arc;

use alloy_primitives::{address, hex};
use alloy_sol_types::{SolCall, sol};
use cor_anvil::{ForkConfig, GenesisFile, Node, NodeConfig, NodeError, arbos::CACHE_MANAGER};
use serde_json::{Value, json};

use crate::{
    bytecode::COUNTER,
    client::{TestNode, quantity, word},
    stylus::program,
};

sol! {
    function isChainOwner(address account) external view returns (bool);
    function allCacheManagers() external view returns (address[] managers);
    function placeBid(address program) external payable;
    function codehashIsCached(bytes32 codehash) external view returns (bool);
}

const ARB_OWNER_PUBLIC: &str = "0x000000000000000000000000000000000000006b";
const ARB_WASM_CACHE: &str = "0x0000000000000000000000000000000000000072";
const DEV: &str = "0x3f1eae7d46d88f08fc2f8ed27fcb2ab183eb2d0e";

async fn call(node: &TestNode, to: &str, data: Vec<u8>) -> Vec<u8> {
    let answer = node.rpc("eth_call", json!([{ "to": to, "data": hex::encode_prefixed(data) }])).await;
    hex::decode(answer.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_preset_is_what_nitro_devnode_has() {
    let preset = NodeConfig::nitro_devnode();
    assert_eq!(preset.port, Some(8_547));
    let node = TestNode::with(|config| NodeConfig { clock: config.clock, port: Some(0), ..preset }).await;
    assert_eq!(node.rpc("eth_chainId", json!([])).await, quantity(412_346));
    let accounts = node.rpc("eth_accounts", json!([])).await;
    assert_eq!((&accounts[0], accounts.as_array().unwrap().len()), (&json!(DEV), 11));
    assert_eq!(node.rpc("eth_getBalance", json!([DEV])).await, json!("0x21e19e0c9bab2400000"));
    let dev = address!("3f1eae7d46d88f08fc2f8ed27fcb2ab183eb2d0e");
    let owner = call(&node, ARB_OWNER_PUBLIC, isChainOwnerCall { account: dev }.abi_encode()).await;
    assert!(isChainOwnerCall::abi_decode_returns(&owner).unwrap());
    let managers = call(&node, ARB_WASM_CACHE, allCacheManagersCall {}.abi_encode()).await;
    assert_eq!(allCacheManagersCall::abi_decode_returns(&managers).unwrap(), [CACHE_MANAGER]);

    // The manager does what it is there for, from the account's first transaction on.
    let traps =
        r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32) unreachable))"#;
    let program = program(&node, traps.as_bytes()).await;
    let bid = placeBidCall { program: program.as_str().unwrap().parse().unwrap() }.abi_encode();
    let receipt = node.send(json!({ "from": DEV, "to": CACHE_MANAGER, "data": hex::encode_prefixed(bid) })).await;
    assert_eq!(receipt["status"], "0x1");
    let code = node.rpc("eth_getCode", json!([program])).await;
    let codehash = alloy_primitives::keccak256(hex::decode(code.as_str().unwrap()).unwrap());
    let cached = call(&node, ARB_WASM_CACHE, codehashIsCachedCall { codehash }.abi_encode()).await;
    assert!(codehashIsCachedCall::abi_decode_returns(&cached).unwrap());
}

#[tokio::test]
async fn a_chain_without_the_preset_has_no_cache_manager() {
    let node = TestNode::start().await;
    let managers = call(&node, ARB_WASM_CACHE, allCacheManagersCall {}.abi_encode()).await;
    assert!(allCacheManagersCall::abi_decode_returns(&managers).unwrap().is_empty());
    assert_eq!(node.rpc("eth_getCode", json!([CACHE_MANAGER])).await, "0x");
}

fn genesis(value: &Value) -> Option<Arc<GenesisFile>> {
    Some(Arc::new(GenesisFile::parse(value.to_string().as_bytes()).unwrap()))
}

#[tokio::test]
async fn a_genesis_file_sets_accounts_and_header() {
    let (rich, counter) = ("0x00000000000000000000000000000000000000aa", "0x00000000000000000000000000000000000000bb");
    let dev = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
    let file = json!({
        "config": { "chainId": 77 }, "timestamp": "0x64", "gasLimit": "0x1c9c380", "number": "0x7", "baseFeePerGas": "0x9",
        "alloc": {
            rich: { "balance": "0x5" },
            counter: { "balance": "0x0", "code": format!("0x{COUNTER}"), "storage": { word(0): word(6) } },
            dev: { "balance": "0x8", "nonce": "0x3" },
            "0x0000000000000000000000000000000000000071": { "balance": "0x1" },
        }
    });
    let node = TestNode::with(|config| NodeConfig { init: genesis(&file), ..config }).await;
    assert_eq!(node.rpc("eth_chainId", json!([])).await, quantity(77));
    let block = node.rpc("eth_getBlockByNumber", json!(["earliest", false])).await;
    assert_eq!((&block["number"], &block["timestamp"]), (&quantity(7), &quantity(100)));
    assert_eq!((&block["gasLimit"], &block["baseFeePerGas"]), (&quantity(30_000_000), &quantity(9)));
    assert_eq!(node.rpc("eth_getBalance", json!([rich])).await, quantity(5));
    assert_eq!(node.rpc("eth_call", json!([{ "to": counter }])).await, word(6));
    assert_eq!(node.rpc("eth_getTransactionCount", json!([counter])).await, quantity(1));
    assert_eq!(node.rpc("eth_getBalance", json!([dev])).await, quantity(8), "the file has the last word");
    assert_eq!(node.rpc("eth_getTransactionCount", json!([dev])).await, quantity(3));
    // ArbOS is as it always is.
    program(
        &node,
        r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32) unreachable))"#
            .as_bytes(),
    )
    .await;
    node.rpc("anvil_reset", json!([])).await;
    assert_eq!(node.rpc("eth_call", json!([{ "to": counter }])).await, word(6));

    // Settings go before the file.
    let node = TestNode::with(|config| {
        let config = NodeConfig { init: genesis(&file), genesis_timestamp: Some(200), genesis_number: 8, ..config };
        NodeConfig { base_fee_wei: Some(10), block_gas_limit: Some(40_000_000), ..config.chain_id(78) }
    });
    let node = node.await;
    assert_eq!(node.rpc("eth_chainId", json!([])).await, quantity(78));
    let block = node.rpc("eth_getBlockByNumber", json!(["earliest", false])).await;
    assert_eq!((&block["number"], &block["timestamp"]), (&quantity(8), &quantity(200)));
    assert_eq!((&block["gasLimit"], &block["baseFeePerGas"]), (&quantity(40_000_000), &quantity(10)));

    let config = NodeConfig { init: genesis(&file), ..NodeConfig::test().fork(ForkConfig::new("http://127.0.0.1:1")) };
    let error = Node::spawn(config).await.err().unwrap();
    assert!(matches!(error, NodeError::Conflict { one: "--init", .. }), "{error}");
}

#[tokio::test]
async fn epochs_decide_what_is_safe_and_final() {
    for (slots, safe, finalized) in [(0, 20, 20), (4, 16, 12), (11, 9, 0), (32, 0, 0), (u64::MAX, 0, 0)] {
        let node = TestNode::with(|config| NodeConfig { slots_in_an_epoch: slots, ..config }).await;
        node.rpc("anvil_mine", json!([20])).await;
        for (tag, number) in [("safe", safe), ("finalized", finalized), ("latest", 20)] {
            let block = node.rpc("eth_getBlockByNumber", json!([tag, false])).await;
            assert_eq!(block["number"], quantity(number), "{tag} with {slots}");
        }
        let history = node.rpc("eth_feeHistory", json!(["0x1", "safe", []])).await;
        assert_eq!(history["oldestBlock"], quantity(safe));
    }
    let node = TestNode::with(|config| NodeConfig { slots_in_an_epoch: 2, genesis_number: 100, ..config }).await;
    let (from, to) = (node.account(0), "0x00000000000000000000000000000000000057aa");
    for _ in 0..3 {
        node.send(json!({ "from": from, "to": to, "value": "0x1" })).await;
    }
    for (tag, wei) in [("latest", 3), ("safe", 1), ("finalized", 0)] {
        assert_eq!(node.rpc("eth_getBalance", json!([to, tag])).await, quantity(wei), "{tag}");
    }
    let first = node.rpc("eth_getBlockByNumber", json!(["finalized", false])).await;
    assert_eq!(first["number"], quantity(100), "there is nothing before the first block");
}

#[tokio::test]
async fn epochs_reach_behind_a_fork() {
    let origin = TestNode::start().await;
    origin.rpc("anvil_mine", json!([5])).await;
    let fork = ForkConfig { retries: 0, ..ForkConfig::new(origin.url()) };
    let node = TestNode::with(|config| NodeConfig { slots_in_an_epoch: 2, ..config.fork(fork) }).await;
    node.rpc("anvil_mine", json!([1])).await;
    for (tag, number) in [("latest", 6), ("safe", 4), ("finalized", 2)] {
        let block = node.rpc("eth_getBlockByNumber", json!([tag, true])).await;
        assert_eq!(block["number"], quantity(number), "{tag}");
        node.rpc("eth_getBalance", json!([node.account(0), tag])).await;
    }
}
