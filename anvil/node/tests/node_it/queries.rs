//! Reading blocks, transactions and old states.

use cor_anvil::NodeConfig;
use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, init_code},
    client::{TestNode, number, quantity, word},
};

#[tokio::test]
async fn a_transaction_is_found_in_every_way() {
    let node = TestNode::start().await;
    let receipt = node.send(json!({ "from": node.account(0), "to": node.account(1), "value": "0x1" })).await;
    let (hash, block) = (&receipt["transactionHash"], &receipt["blockHash"]);
    let tx = node.rpc("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(node.rpc("eth_getTransactionByBlockHashAndIndex", json!([block, "0x0"])).await, tx);
    assert_eq!(node.rpc("eth_getTransactionByBlockNumberAndIndex", json!(["0x1", "0x0"])).await, tx);
    let full = node.rpc("eth_getBlockByHash", json!([block, true])).await;
    assert_eq!(full["transactions"], json!([tx]));
    let hashes = node.rpc("eth_getBlockByNumber", json!(["0x1"])).await;
    assert_eq!(hashes["transactions"], json!([hash]));
    assert_eq!(node.rpc("eth_getBlockReceipts", json!(["0x1"])).await, json!([receipt]));
    assert_eq!(node.rpc("eth_getBlockTransactionCountByNumber", json!(["0x1"])).await, "0x1");
    assert_eq!(node.rpc("eth_getBlockTransactionCountByHash", json!([block])).await, "0x1");
    assert_eq!(node.rpc("eth_getUncleCountByBlockNumber", json!(["0x1"])).await, "0x0");
    for (field, value) in [
        ("from", node.account(0)),
        ("to", node.account(1)),
        ("value", json!("0x1")),
        ("nonce", json!("0x0")),
        ("chainId", quantity(412_346)),
    ] {
        assert_eq!(tx[field], value, "{field}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_null() {
    let node = TestNode::start().await;
    let unknown = word(0xdead);
    let cases = [
        ("eth_getTransactionByHash", json!([unknown])),
        ("eth_getTransactionReceipt", json!([unknown])),
        ("eth_getRawTransactionByHash", json!([unknown])),
        ("eth_getBlockByHash", json!([unknown, false])),
        ("eth_getBlockByNumber", json!(["0x63", false])),
        ("eth_getBlockReceipts", json!(["0x63"])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["0x0", "0x0"])),
        ("eth_getUncleByBlockNumberAndIndex", json!(["0x0", "0x0"])),
    ];
    for (method, params) in cases {
        assert_eq!(node.rpc(method, params).await, Value::Null, "{method}");
    }
    let error = node.client.try_rpc("eth_getBalance", json!([node.account(0), "0x63"])).await.unwrap_err();
    let message = "BlockOutOfRangeError: block height is 0 but requested was 99";
    assert_eq!((&error["code"], &error["message"]), (&json!(-32602), &json!(message)));
}

#[tokio::test]
async fn old_states_can_be_asked_until_they_are_forgotten() {
    let node = TestNode::with(|config| NodeConfig { states_kept: 5, ..config }).await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    for value in 2..=6 {
        node.send(json!({ "from": node.account(0), "to": counter, "data": word(value) })).await;
    }
    for block in 2..=6u64 {
        let at = quantity(block);
        assert_eq!(node.rpc("eth_call", json!([{ "to": counter }, at])).await, word(block));
        assert_eq!(node.rpc("eth_getStorageAt", json!([counter, "0x0", at])).await, word(block));
        let hash = node.rpc("eth_getBlockByNumber", json!([at, false])).await["hash"].clone();
        assert_eq!(node.rpc("eth_call", json!([{ "to": counter }, { "blockHash": hash }])).await, word(block));
        assert_eq!(number(&node.rpc("eth_getTransactionCount", json!([node.account(0), at])).await), block);
    }
    let error = node.client.try_rpc("eth_call", json!([{ "to": counter }, "0x1"])).await.unwrap_err();
    assert_eq!(error["code"], -32000);
    assert!(error["message"].as_str().unwrap().contains("from block 2 on"), "{error}");
}

#[tokio::test]
async fn old_blocks_can_be_forgotten_too() {
    let node = TestNode::with(|config| NodeConfig { blocks_kept: Some(3), ..config }).await;
    let first = node.send(json!({ "from": node.account(0), "to": node.account(1) })).await;
    node.rpc("anvil_mine", json!([5])).await;
    assert_eq!(node.rpc("eth_getTransactionReceipt", json!([first["transactionHash"]])).await, Value::Null);
    assert_eq!(node.rpc("eth_getBlockByNumber", json!(["0x1", false])).await, Value::Null);
    assert_eq!(node.rpc("eth_getBlockByNumber", json!(["0x4", false])).await["number"], "0x4");
    assert_eq!(node.rpc("eth_getBlockByNumber", json!(["earliest", false])).await["number"], "0x0");
}

#[tokio::test]
async fn fees_of_the_past() {
    let node = TestNode::start().await;
    node.send(json!({ "from": node.account(0), "to": node.account(1) })).await;
    node.rpc("anvil_setNextBlockBaseFeePerGas", json!(["0xbebc200"])).await;
    node.rpc("evm_mine", json!([])).await;
    let history = node.rpc("eth_feeHistory", json!(["0xa", "latest", [20.0]])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(history["baseFeePerGas"], json!(["0x5f5e100", "0x5f5e100", "0xbebc200", "0xbebc200"]));
    assert_eq!(history["reward"], json!([["0x0"], ["0x0"], ["0x0"]]));
    assert!(history["gasUsedRatio"][1].as_f64().unwrap() > 0.0);
    let short = node.rpc("eth_feeHistory", json!([1, "0x1", []])).await;
    assert_eq!((&short["oldestBlock"], &short["baseFeePerGas"]), (&json!("0x1"), &json!(["0x5f5e100", "0xbebc200"])));
    let error = node.client.try_rpc("eth_feeHistory", json!(["0x1", "latest", [50, 20]])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn blocks_are_linked_and_their_roots_follow_their_content() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    node.send(json!({ "from": node.account(0), "to": counter, "data": word(1) })).await;
    let chain = node.node.chain();
    for number in 1..=2u64 {
        let (block, parent) = (chain.block(number).unwrap(), chain.block(number - 1).unwrap());
        assert_eq!(block.header.parent_hash, parent.hash);
        assert_eq!(block.header.hash_slow(), block.hash);
        let envelopes: Vec<_> = block.transactions.iter().map(|tx| tx.clone().into_inner()).collect();
        assert_eq!(block.header.transactions_root, alloy_consensus::proofs::calculate_transaction_root(&envelopes));
        assert_ne!(block.header.state_root, parent.header.state_root);
        assert_eq!(block.header.state_root, chain.state(Some(number.into())).unwrap().root());
    }
    assert!(!chain.block(2u64).unwrap().header.logs_bloom.is_zero());
}

#[tokio::test]
async fn the_node_tells_about_itself() {
    let node = TestNode::start().await;
    assert!(node.rpc("web3_clientVersion", json!([])).await.as_str().unwrap().starts_with("anvil/"));
    assert_eq!(node.rpc("web3_sha3", json!(["0x"])).await, "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_eq!(node.rpc("net_listening", json!([])).await, json!(true));
    assert_eq!(node.rpc("eth_syncing", json!([])).await, json!(false));
    let info = node.rpc("anvil_nodeInfo", json!([])).await;
    assert_eq!((&info["currentBlockNumber"], &info["environment"]["chainId"]), (&json!("0x0"), &json!(412_346)));
    assert_eq!(node.rpc("anvil_metadata", json!([])).await["chainId"], json!(412_346));
}
