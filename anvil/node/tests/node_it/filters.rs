//! Logs, and filters that are polled.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, LOGGER, init_code},
    client::{TestNode, quantity, word},
};

/// A chain whose blocks 3 to 5 each hold a log of the first counter, and block 6 one of the second.
async fn with_logs() -> (TestNode, Value, Value) {
    let node = TestNode::start().await;
    let (first, second) = (node.deploy(&init_code(COUNTER)).await, node.deploy(&init_code(COUNTER)).await);
    for value in 3..=5 {
        node.send(json!({ "from": node.account(0), "to": first, "data": word(value) })).await;
    }
    node.send(json!({ "from": node.account(0), "to": second, "data": word(6) })).await;
    (node, first, second)
}

fn blocks(logs: &Value) -> Vec<u64> {
    logs.as_array().unwrap().iter().map(|log| crate::client::number(&log["blockNumber"])).collect()
}

#[tokio::test]
async fn logs_by_range_address_topic_and_block() {
    let (node, first, second) = with_logs().await;
    let hash = node.rpc("eth_getBlockByNumber", json!(["0x4", false])).await["hash"].clone();
    let cases = [
        (json!({ "fromBlock": "0x0" }), vec![3, 4, 5, 6]),
        (json!({ "fromBlock": "earliest", "toBlock": "latest", "address": first }), vec![3, 4, 5]),
        (json!({ "fromBlock": "0x4", "toBlock": "0x5" }), vec![4, 5]),
        (json!({}), vec![6]),
        (json!({ "fromBlock": "0x0", "address": [first, second], "topics": [word(1)] }), vec![3, 4, 5, 6]),
        (json!({ "fromBlock": "0x0", "topics": [[word(1), word(2)]] }), vec![3, 4, 5, 6]),
        (json!({ "fromBlock": "0x0", "topics": [word(2)] }), vec![]),
        (json!({ "fromBlock": "0x0", "topics": [null, word(1)] }), vec![]),
        (json!({ "blockHash": hash }), vec![4]),
        (json!({ "fromBlock": "0x0", "toBlock": "0xffff" }), vec![3, 4, 5, 6]),
    ];
    for (filter, expected) in cases {
        assert_eq!(blocks(&node.rpc("eth_getLogs", json!([filter])).await), expected, "{filter}");
    }
    for (filter, code) in [(json!({ "fromBlock": "0x5", "toBlock": "0x4" }), -32602), (json!({ "blockHash": word(1) }), -32001)] {
        let error = node.client.try_rpc("eth_getLogs", json!([filter])).await.unwrap_err();
        assert_eq!(error["code"], code, "{filter}: {error}");
    }
}

#[tokio::test]
async fn a_filter_tells_each_log_once() {
    let (node, first, _) = with_logs().await;
    let filter = node.rpc("eth_newFilter", json!([{ "address": first }])).await;
    assert_eq!(node.rpc("eth_getFilterChanges", json!([filter])).await, json!([]));
    node.send(json!({ "from": node.account(0), "to": first, "data": word(7) })).await;
    node.send(json!({ "from": node.account(0), "to": first, "data": word(8) })).await;
    assert_eq!(blocks(&node.rpc("eth_getFilterChanges", json!([filter])).await), [7, 8]);
    assert_eq!(node.rpc("eth_getFilterChanges", json!([filter])).await, json!([]));
    assert_eq!(blocks(&node.rpc("eth_getFilterLogs", json!([filter])).await), [8]);
    assert_eq!(node.rpc("eth_uninstallFilter", json!([filter])).await, json!(true));
    assert_eq!(node.rpc("eth_uninstallFilter", json!([filter])).await, json!(false));
    let error = node.client.try_rpc("eth_getFilterChanges", json!([filter])).await.unwrap_err();
    assert_eq!((&error["code"], &error["message"]), (&json!(-32000), &json!("filter not found")));
}

#[tokio::test]
async fn block_and_pending_filters_tell_hashes() {
    let node = TestNode::start().await;
    let blocks = node.rpc("eth_newBlockFilter", json!([])).await;
    let pending = node.rpc("eth_newPendingTransactionFilter", json!([])).await;
    let receipt = node.send(json!({ "from": node.account(0), "to": node.account(1) })).await;
    assert_eq!(node.rpc("eth_getFilterChanges", json!([blocks])).await, json!([receipt["blockHash"]]));
    assert_eq!(node.rpc("eth_getFilterChanges", json!([pending])).await, json!([receipt["transactionHash"]]));
    assert_eq!(node.rpc("eth_getFilterChanges", json!([blocks])).await, json!([]));
    assert_eq!(node.rpc("eth_getFilterChanges", json!([pending])).await, json!([]));
    assert!(node.client.try_rpc("eth_getFilterLogs", json!([blocks])).await.is_err());
}

#[tokio::test]
async fn after_a_revert_a_filter_tells_the_blocks_that_took_the_place() {
    let node = TestNode::start().await;
    let snapshot = node.rpc("evm_snapshot", json!([])).await;
    let filter = node.rpc("eth_newBlockFilter", json!([])).await;
    node.rpc("anvil_mine", json!(["0x3"])).await;
    assert_eq!(node.rpc("eth_getFilterChanges", json!([filter])).await.as_array().unwrap().len(), 3);
    node.rpc("evm_revert", json!([snapshot])).await;
    assert_eq!(node.rpc("eth_getFilterChanges", json!([filter])).await, json!([]));
    node.rpc("anvil_mine", json!(["0x2"])).await;
    assert_eq!(node.rpc("eth_getFilterChanges", json!([filter])).await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_filter_nobody_asks_for_is_forgotten() {
    let node = TestNode::start().await;
    let filter = node.rpc("eth_newBlockFilter", json!([])).await;
    node.clock.advance(Duration::from_secs(299));
    assert_eq!(node.rpc("eth_getFilterChanges", json!([filter])).await, json!([]));
    node.clock.advance(Duration::from_secs(300));
    assert!(node.client.try_rpc("eth_getFilterChanges", json!([filter])).await.is_err());
}

#[tokio::test]
async fn there_are_only_so_many_filters() {
    let node = TestNode::start().await;
    for _ in 0..cor_anvil::chain::FILTERS_MAX {
        node.node.chain().new_block_filter().unwrap();
    }
    let error = node.client.try_rpc("eth_newBlockFilter", json!([])).await.unwrap_err();
    assert_eq!(error["code"], -32005, "{error}");
    node.clock.advance(Duration::from_secs(300));
    node.rpc("eth_newBlockFilter", json!([])).await;
}

#[tokio::test]
async fn a_block_with_ten_thousand_logs() {
    let node = TestNode::start().await;
    let logger = node.deploy(&init_code(LOGGER)).await;
    let receipt =
        node.send(json!({ "from": node.account(0), "to": logger, "data": word(10_000), "gas": quantity(30_000_000) })).await;
    assert_eq!(receipt["status"], "0x1");
    let logs = node.rpc("eth_getLogs", json!([{ "address": logger }])).await;
    assert_eq!(logs.as_array().unwrap().len(), 10_000);
    assert_eq!(logs[9_999]["logIndex"], quantity(9_999));
}
