//! When blocks are made, and at what time.

use std::time::Duration;

use cor_anvil::{Mining, chain::ChainEvent};
use serde_json::{Value, json};

use crate::client::{START, TestNode, number, quantity};

async fn latest(node: &TestNode) -> (u64, u64) {
    let block = node.rpc("eth_getBlockByNumber", json!(["latest", false])).await;
    (number(&block["number"]), number(&block["timestamp"]))
}

#[tokio::test]
async fn blocks_on_request() {
    let node = TestNode::with(|config| config.mining(Mining::Manual)).await;
    let hash = node.rpc("eth_sendTransaction", json!([{ "from": node.account(0), "to": node.account(1) }])).await;
    assert_eq!(node.rpc("eth_getTransactionReceipt", json!([hash])).await, Value::Null);
    let tx = node.rpc("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(tx["blockHash"], Value::Null);
    assert_eq!(node.rpc("eth_getTransactionCount", json!([node.account(0), "pending"])).await, quantity(1));
    let pending = node.rpc("eth_getBlockByNumber", json!(["pending", false])).await;
    assert_eq!(pending["transactions"], json!([hash]));
    assert_eq!(node.rpc("evm_mine", json!([])).await, "0x0");
    assert_eq!(node.rpc("eth_getTransactionReceipt", json!([hash])).await["blockNumber"], quantity(1));
    node.rpc("evm_mine", json!([{ "timestamp": START + 50, "blocks": 3 }])).await;
    assert_eq!(latest(&node).await, (4, START + 50));
    node.rpc("evm_mine", json!([quantity(START + 60)])).await;
    node.rpc("anvil_mine", json!(["0x3", "0xa"])).await;
    assert_eq!(latest(&node).await, (8, START + 80));
    let error = node.client.try_rpc("anvil_mine", json!(["0xffffffff"])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn automine_can_be_switched() {
    let node = TestNode::start().await;
    assert_eq!(node.rpc("anvil_getAutomine", json!([])).await, json!(true));
    node.rpc("evm_setAutomine", json!([false])).await;
    let hash = node.rpc("eth_sendTransaction", json!([{ "from": node.account(0), "to": node.account(1) }])).await;
    assert_eq!(latest(&node).await.0, 0);
    node.rpc("evm_setAutomine", json!([true])).await;
    assert_eq!(node.rpc("eth_getTransactionReceipt", json!([hash])).await["blockNumber"], quantity(1));
}

#[tokio::test]
async fn time_can_be_moved() {
    let node = TestNode::start().await;
    assert_eq!(node.rpc("evm_increaseTime", json!([100])).await, json!(100));
    assert_eq!(node.rpc("evm_increaseTime", json!(["0x64"])).await, json!(200));
    node.rpc("evm_mine", json!([])).await;
    assert_eq!(latest(&node).await.1, START + 200);
    node.rpc("evm_setNextBlockTimestamp", json!([START + 1000])).await;
    node.rpc("evm_mine", json!([])).await;
    assert_eq!(latest(&node).await.1, START + 1000);
    node.clock.advance(Duration::from_secs(5));
    node.rpc("evm_mine", json!([])).await;
    assert_eq!(latest(&node).await.1, START + 1005);
    for method in ["evm_setNextBlockTimestamp", "evm_setTime"] {
        let error = node.client.try_rpc(method, json!([START])).await.unwrap_err();
        assert_eq!(error["code"], -32602, "{error}");
        assert!(error["message"].as_str().unwrap().starts_with("Timestamp error"), "{error}");
    }
    node.rpc("anvil_setBlockTimestampInterval", json!([7])).await;
    node.rpc("anvil_mine", json!([2])).await;
    assert_eq!(latest(&node).await.1, START + 1019);
    assert_eq!(node.rpc("anvil_removeBlockTimestampInterval", json!([])).await, json!(true));
    assert_eq!(node.rpc("evm_setTime", json!([START + 5000])).await, json!(3995));
    node.rpc("evm_mine", json!([])).await;
    assert_eq!(latest(&node).await.1, START + 5000);
}

#[tokio::test]
async fn a_call_does_not_use_up_the_next_timestamp() {
    let node = TestNode::start().await;
    node.rpc("evm_setNextBlockTimestamp", json!([START + 77])).await;
    node.rpc("eth_call", json!([{ "to": node.account(1) }, "pending"])).await;
    node.rpc("eth_estimateGas", json!([{ "to": node.account(1) }])).await;
    assert!(
        node.client
            .try_rpc(
                "eth_sendTransaction",
                json!([{ "from": node.account(0), "nonce": "0x0", "gas": "0x1", "to": node.account(1) }])
            )
            .await
            .is_err()
    );
    let receipt = node.send(json!({ "from": node.account(0), "to": node.account(1) })).await;
    let block = node.rpc("eth_getBlockByHash", json!([receipt["blockHash"], false])).await;
    assert_eq!(block["timestamp"], quantity(START + 77));
}

#[tokio::test]
async fn blocks_on_time() {
    let node = TestNode::with(|config| config.mining(Mining::Interval(Duration::from_secs(2)))).await;
    let mut events = node.node.chain().subscribe();
    let mut next_block = async || loop {
        if let ChainEvent::Block(block) = events.recv().await.unwrap() {
            return (block.number(), block.timestamp(), block.transactions.len());
        }
    };
    node.rpc("eth_sendTransaction", json!([{ "from": node.account(0), "to": node.account(1) }])).await;
    assert_eq!(latest(&node).await.0, 0);
    node.clock.advance(Duration::from_secs(2));
    assert_eq!(next_block().await, (1, START + 2, 1));
    assert_eq!(node.rpc("anvil_getIntervalMining", json!([])).await, json!(2));
    node.rpc("evm_setIntervalMining", json!([0])).await;
    assert_eq!(node.rpc("anvil_getIntervalMining", json!([])).await, Value::Null);
}

#[tokio::test]
async fn mixed_mining_does_both() {
    let node = TestNode::with(|config| config.mining(Mining::Mixed(Duration::from_secs(10)))).await;
    let mut events = node.node.chain().subscribe();
    let receipt = node.send(json!({ "from": node.account(0), "to": node.account(1) })).await;
    assert_eq!(receipt["blockNumber"], quantity(1));
    node.clock.advance(Duration::from_secs(10));
    loop {
        if let ChainEvent::Block(block) = events.recv().await.unwrap()
            && block.number() == 2
        {
            assert!(block.transactions.is_empty());
            break;
        }
    }
}

#[tokio::test]
async fn a_sequencer_holds_a_nonce_ahead_and_then_refuses_it() {
    let node = TestNode::with(|config| config.nitro_sequencer()).await;
    let (from, to) = (node.account(0), node.account(1));
    let mut raw = Vec::new();
    for nonce in 0..3u64 {
        let request = json!({ "from": from, "to": to, "nonce": quantity(nonce), "gas": "0x5208", "maxFeePerGas": "0x5f5e100", "maxPriorityFeePerGas": "0x0" });
        raw.push(node.rpc("eth_signTransaction", json!([request])).await["raw"].clone());
    }
    let client = node.client;
    let early = raw[1].clone();
    let waiting = tokio::spawn(async move { client.try_rpc("eth_sendRawTransaction", json!([early])).await });
    let expired = raw[2].clone();
    let refused = tokio::spawn(async move { client.try_rpc("eth_sendRawTransaction", json!([expired])).await });
    // Whether the second arrives before or after the first makes no difference: both end in blocks.
    node.rpc("eth_sendRawTransaction", json!([raw[0]])).await;
    assert!(waiting.await.unwrap().is_ok());
    assert!(refused.await.unwrap().is_ok());
    assert_eq!(node.rpc("eth_getTransactionCount", json!([from, "latest"])).await, quantity(3));
    assert_eq!(node.rpc("txpool_status", json!([])).await, json!({ "pending": "0x0", "queued": "0x0" }));
    let request = json!({ "from": from, "to": to, "nonce": "0x9", "gas": "0x5208" });
    let ahead = node.rpc("eth_signTransaction", json!([request])).await["raw"].clone();
    let message = "nonce too high: address 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, tx: 9 state: 3";
    for (method, tx) in [("eth_sendRawTransaction", ahead), ("eth_sendTransaction", request)] {
        let refused = tokio::spawn(async move { client.try_rpc(method, json!([tx])).await });
        // The clock stands still, so the request waits until it is moved; it may be moved before the request arrived.
        while !refused.is_finished() {
            node.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
        assert_eq!(refused.await.unwrap().unwrap_err(), json!({ "code": -32003, "message": message }), "{method}");
    }
}

/// The node's own transactions are held as those of wallets are.
#[tokio::test]
async fn a_sequencer_holds_what_the_node_signs_too() {
    let node = TestNode::with(|config| config.nitro_sequencer()).await;
    let (from, client) = (node.account(0), node.client);
    let request = |nonce| json!([{ "from": from, "to": from, "nonce": quantity(nonce), "gas": "0x5208" }]);
    let ahead = request(1);
    let waiting = tokio::spawn(async move { client.try_rpc("eth_sendTransaction", ahead).await });
    // The clock stands still: without being held, it would be refused while these are answered.
    for _ in 0..50 {
        node.rpc("eth_blockNumber", json!([])).await;
    }
    assert!(!waiting.is_finished());
    node.rpc("eth_sendTransaction", request(0)).await;
    waiting.await.unwrap().unwrap();
    assert_eq!(node.rpc("eth_getTransactionCount", json!([from, "latest"])).await, quantity(2));
}

/// The base fee from the block after the one in which the chain's owner sets it.
#[tokio::test]
async fn the_owner_sets_the_base_fee() {
    let node = TestNode::start().await;
    let call = |to: &str, signature: &str, wei: Option<u64>| {
        let word = wei.map(|wei| crate::client::word(wei)[2..].to_owned()).unwrap_or_default();
        let selector = alloy_primitives::hex::encode(&alloy_primitives::keccak256(signature)[..4]);
        json!({ "from": node.account(0), "to": to, "data": format!("0x{selector}{word}"), "gas": "0x100000" })
    };
    let owner = "0x0000000000000000000000000000000000000070";
    node.send(call("0x00000000000000000000000000000000000000ff", "becomeChainOwner()", None)).await;
    for (signature, wei) in [
        ("setMinimumL2BaseFee(uint256)", 300_000_000),
        ("setL2BaseFee(uint256)", 500_000_000),
        ("setMinimumL2BaseFee(uint256)", 10_000_000),
    ] {
        let before = node.rpc("eth_gasPrice", json!([])).await;
        let receipt = node.send(call(owner, signature, Some(wei))).await;
        assert_eq!((&receipt["status"], &receipt["effectiveGasPrice"]), (&json!("0x1"), &before), "{signature}");
        assert_eq!(node.rpc("eth_gasPrice", json!([])).await, quantity(wei), "{signature}");
        for _ in 0..2 {
            node.rpc("evm_mine", json!([])).await;
            let block = node.rpc("eth_getBlockByNumber", json!(["latest", false])).await;
            assert_eq!(block["baseFeePerGas"], quantity(wei), "{signature}");
        }
    }
    // By hand, as before; what the owner said last counts no more.
    node.rpc("anvil_setNextBlockBaseFeePerGas", json!(["0x7"])).await;
    node.rpc("evm_mine", json!([])).await;
    assert_eq!(node.rpc("eth_gasPrice", json!([])).await, quantity(7));
}
