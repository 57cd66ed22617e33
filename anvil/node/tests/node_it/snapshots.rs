//! Going back: snapshots, rollback, re-organisation, reset.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, init_code},
    client::{START, TestNode, number, quantity, word},
};

#[tokio::test]
async fn a_snapshot_brings_back_state_blocks_pool_and_time() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    node.rpc("evm_setAutomine", json!([false])).await;
    let waiting = node.rpc("eth_sendTransaction", json!([{ "from": node.account(3), "to": node.account(4) }])).await;
    let snapshot = node.rpc("evm_snapshot", json!([])).await;
    node.rpc("evm_setAutomine", json!([true])).await;
    let receipt = node.send(json!({ "from": node.account(0), "to": counter, "data": word(5) })).await;
    node.rpc("anvil_setBalance", json!([node.account(9), "0x1"])).await;
    node.rpc("evm_increaseTime", json!([1_000_000])).await;
    node.rpc("anvil_mine", json!([10])).await;
    assert_eq!(node.rpc("evm_revert", json!([snapshot])).await, json!(true));
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(1));
    assert_eq!(node.rpc("eth_call", json!([{ "to": counter }])).await, word(0));
    assert_eq!(node.rpc("eth_getTransactionReceipt", json!([receipt["transactionHash"]])).await, Value::Null);
    assert_ne!(node.rpc("eth_getBalance", json!([node.account(9)])).await, quantity(1));
    let tx = node.rpc("eth_getTransactionByHash", json!([waiting])).await;
    assert_eq!((&tx["hash"], &tx["blockHash"]), (&waiting, &Value::Null));
    node.clock.advance(Duration::from_secs(2));
    node.rpc("evm_mine", json!([])).await;
    let block = node.rpc("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!((&block["timestamp"], &block["transactions"]), (&quantity(START + 2), &json!([waiting])));
}

#[tokio::test]
async fn a_snapshot_is_used_up_with_all_later_ones() {
    let node = TestNode::start().await;
    let first = node.rpc("evm_snapshot", json!([])).await;
    node.rpc("evm_mine", json!([])).await;
    let second = node.rpc("evm_snapshot", json!([])).await;
    node.rpc("evm_mine", json!([])).await;
    assert_eq!(node.rpc("evm_revert", json!([second])).await, json!(true));
    assert_eq!(node.rpc("evm_revert", json!([second])).await, json!(false));
    let third = node.rpc("evm_snapshot", json!([])).await;
    assert!(number(&third) > number(&second));
    assert_eq!(node.rpc("evm_revert", json!([first])).await, json!(true));
    assert_eq!(node.rpc("evm_revert", json!([third])).await, json!(false));
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(0));
    assert_eq!(node.rpc("evm_revert", json!(["0xffff"])).await, json!(false));
}

#[tokio::test]
async fn a_snapshot_survives_the_window_of_kept_states_and_blocks() {
    let node = TestNode::with(|config| cor_anvil::NodeConfig { states_kept: 2, blocks_kept: Some(4), ..config }).await;
    node.rpc("anvil_mine", json!([3])).await;
    let snapshot = node.rpc("evm_snapshot", json!([])).await;
    node.rpc("anvil_mine", json!([20])).await;
    assert_eq!(node.rpc("evm_revert", json!([snapshot])).await, json!(true));
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(3));
    assert_eq!(node.rpc("eth_getBlockByNumber", json!(["latest", false])).await["number"], quantity(3));
    let receipt = node.send(json!({ "from": node.account(0), "to": node.account(1) })).await;
    assert_eq!(receipt["blockNumber"], quantity(4));
}

#[tokio::test]
async fn blocks_can_be_rolled_back() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    for value in 2..=4 {
        node.send(json!({ "from": node.account(0), "to": counter, "data": word(value) })).await;
    }
    node.rpc("anvil_rollback", json!([2])).await;
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(2));
    assert_eq!(node.rpc("eth_call", json!([{ "to": counter }])).await, word(2));
    let error = node.client.try_rpc("anvil_rollback", json!([3])).await.unwrap_err();
    assert_eq!(
        error["message"],
        "CHAIN-120: cannot go back 3 blocks from block 2: the oldest block with a state is 0. Ask for a smaller depth."
    );
}

#[tokio::test]
async fn a_reorganisation_replaces_blocks_and_drops_or_moves_transactions() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let mut receipts = Vec::new();
    for value in 2..=4 {
        receipts.push(node.send(json!({ "from": node.account(0), "to": counter, "data": word(value) })).await);
    }
    let raw = node.rpc("eth_getRawTransactionByHash", json!([receipts[1]["transactionHash"]])).await;
    node.rpc("anvil_reorg", json!([2, [[raw, 1]]])).await;
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(4));
    assert_eq!(node.rpc("eth_call", json!([{ "to": counter }])).await, word(3));
    let moved = node.rpc("eth_getTransactionReceipt", json!([receipts[1]["transactionHash"]])).await;
    assert_eq!(moved["blockNumber"], quantity(4));
    assert_eq!(node.rpc("eth_getTransactionReceipt", json!([receipts[2]["transactionHash"]])).await, Value::Null);
    for (number, receipt) in [(3, &receipts[1]), (4, &receipts[2])] {
        let block = node.rpc("eth_getBlockByNumber", json!([quantity(number), false])).await;
        assert_ne!(block["hash"], receipt["blockHash"]);
    }
    let error = node.client.try_rpc("anvil_reorg", json!([1, [[raw, 1]]])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn an_empty_reorganisation_still_changes_the_hashes() {
    let node = TestNode::start().await;
    node.rpc("anvil_mine", json!([2])).await;
    let before = node.node.chain().latest().hash;
    node.rpc("anvil_reorg", json!([{ "depth": 1, "tx_block_pairs": [] }])).await;
    assert_ne!(node.node.chain().latest().hash, before);
    assert_eq!(node.node.chain().block_number(), 2);
}

#[tokio::test]
async fn a_reset_starts_again() {
    let node = TestNode::start().await;
    let snapshot = node.rpc("evm_snapshot", json!([])).await;
    node.deploy(&init_code(COUNTER)).await;
    node.rpc("anvil_reset", json!([])).await;
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(0));
    assert_eq!(node.rpc("eth_getTransactionCount", json!([node.account(0)])).await, quantity(0));
    assert_eq!(node.rpc("evm_revert", json!([snapshot])).await, json!(false));
    for forking in [json!({}), json!({ "jsonRpcUrl": "ftp://localhost" })] {
        let error = node.client.try_rpc("anvil_reset", json!([{ "forking": forking }])).await.unwrap_err();
        assert_eq!(error["code"], -32602, "{error}");
    }
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(0));
}
