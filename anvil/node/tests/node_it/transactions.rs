//! Transactions from submission to receipt.

use serde_json::json;

use crate::{
    bytecode::{COUNTER, REVERTER, init_code},
    client::{TestNode, number, quantity, word},
};

const BASE_FEE: u64 = 100_000_000;

#[tokio::test]
async fn a_transfer_moves_money_and_pays_the_base_fee_only() {
    let node = TestNode::start().await;
    let to = json!("0x00000000000000000000000000000000000000aa");
    let receipt = node
        .send(json!({ "from": node.account(0), "to": to, "value": "0x5", "maxFeePerGas": quantity(10 * BASE_FEE), "maxPriorityFeePerGas": quantity(BASE_FEE) }))
        .await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["gasUsed"], quantity(21_000));
    assert_eq!(receipt["effectiveGasPrice"], quantity(BASE_FEE));
    assert_eq!(receipt["gasUsedForL1"], quantity(0));
    assert_eq!(receipt["type"], "0x2");
    assert_eq!(node.rpc("eth_getBalance", json!([to, "latest"])).await, quantity(5));
    let left = node.node.chain().balance(node.node.accounts()[0].address).unwrap();
    let start = alloy_primitives::U256::from(10_000u64) * alloy_primitives::U256::from(10u64.pow(18));
    assert_eq!(start - left, alloy_primitives::U256::from(5 + 21_000 * BASE_FEE));
}

#[tokio::test]
async fn every_transaction_type_but_blobs() {
    let node = TestNode::start().await;
    let (from, to) = (node.account(0), node.account(1));
    let price = quantity(BASE_FEE);
    let cases = [
        (json!({ "from": from, "to": to, "gasPrice": price }), "0x0"),
        (
            json!({ "from": from, "to": to, "gasPrice": price, "accessList": [{ "address": to, "storageKeys": [word(1)] }] }),
            "0x1",
        ),
        (json!({ "from": from, "to": to, "maxFeePerGas": price }), "0x2"),
        (json!({ "from": from, "to": to }), "0x2"),
    ];
    for (request, tx_type) in cases {
        let receipt = node.send(request.clone()).await;
        assert_eq!((&receipt["type"], &receipt["status"]), (&json!(tx_type), &json!("0x1")), "{request}");
        let tx = node.rpc("eth_getTransactionByHash", json!([receipt["transactionHash"]])).await;
        assert_eq!(tx["type"], tx_type);
        assert_eq!(tx["blockHash"], receipt["blockHash"]);
    }
    let raw_blob_type = "0x03c0";
    assert!(node.client.try_rpc("eth_sendRawTransaction", json!([raw_blob_type])).await.is_err());
}

#[tokio::test]
async fn a_contract_is_deployed_called_and_changed() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    assert_eq!(node.rpc("eth_getCode", json!([counter, "latest"])).await, json!(format!("0x{COUNTER}")));
    let receipt = node.send(json!({ "from": node.account(2), "to": counter, "data": word(77) })).await;
    assert_eq!(receipt["status"], "0x1");
    let log = &receipt["logs"][0];
    assert_eq!(log["address"], counter);
    assert_eq!(log["topics"], json!([word(1)]));
    assert_eq!(log["data"], word(77));
    assert_eq!(log["logIndex"], "0x0");
    assert_eq!(log["transactionHash"], receipt["transactionHash"]);
    assert_eq!(node.rpc("eth_call", json!([{ "to": counter }])).await, word(77));
    assert_eq!(node.rpc("eth_getStorageAt", json!([counter, "0x0", "latest"])).await, word(77));
}

#[tokio::test]
async fn a_reverted_transaction_has_a_receipt_and_uses_its_nonce() {
    let node = TestNode::start().await;
    let reverter = node.deploy(&init_code(REVERTER)).await;
    let nonce = node.rpc("eth_getTransactionCount", json!([node.account(0), "latest"])).await;
    let receipt = node.send(json!({ "from": node.account(0), "to": reverter, "data": "0x6f809c4e", "gas": "0x186a0" })).await;
    assert_eq!(receipt["status"], "0x0");
    assert_eq!(receipt["logs"], json!([]));
    assert_eq!(receipt["revertReason"], "0x6f809c4e");
    let after = node.rpc("eth_getTransactionCount", json!([node.account(0), "latest"])).await;
    assert_eq!(number(&after), number(&nonce) + 1);
}

#[tokio::test]
async fn estimates_are_enough_and_close() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let cases = [
        json!({ "from": node.account(0), "to": node.account(1), "value": "0x1" }),
        json!({ "from": node.account(0), "to": counter, "data": word(5) }),
        json!({ "from": node.account(0), "data": init_code(COUNTER) }),
        json!({ "from": node.account(0), "to": null, "data": init_code(COUNTER) }),
    ];
    for mut request in cases {
        let estimate = node.rpc("eth_estimateGas", json!([request])).await;
        request["gas"] = estimate.clone();
        let receipt = node.send(request.clone()).await;
        assert_eq!(receipt["status"], "0x1", "{request}");
        let used = number(&receipt["gasUsed"]);
        let limit = number(&estimate);
        assert!(used <= limit && limit <= used + used / 10 + 5_000, "used {used}, estimated {limit}");
    }
}

#[tokio::test]
async fn the_pool_keeps_nonces_ahead_and_mines_them_in_order() {
    let node = TestNode::start().await;
    let (from, to) = (node.account(0), node.account(1));
    let send = |nonce: u64| {
        node.rpc("eth_sendTransaction", json!([{ "from": from, "to": to, "nonce": quantity(nonce), "gas": "0x5208" }]))
    };
    let (second, third) = (send(1).await, send(2).await);
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(0));
    assert_eq!(node.rpc("eth_getTransactionReceipt", json!([second])).await, json!(null));
    assert_eq!(node.rpc("txpool_status", json!([])).await, json!({ "pending": "0x0", "queued": "0x2" }));
    assert_eq!(node.rpc("eth_getTransactionCount", json!([from, "pending"])).await, quantity(0));
    let first = send(0).await;
    for (index, hash) in [first, second, third].into_iter().enumerate() {
        let receipt = node.rpc("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["blockNumber"], quantity(1));
        assert_eq!(receipt["transactionIndex"], quantity(index as u64));
        assert_eq!(number(&receipt["cumulativeGasUsed"]), 21_000 * (index as u64 + 1));
    }
    assert_eq!(node.rpc("txpool_status", json!([])).await, json!({ "pending": "0x0", "queued": "0x0" }));
}

#[tokio::test]
async fn a_replacement_must_pay_a_tenth_more() {
    let node = TestNode::start().await;
    node.rpc("evm_setAutomine", json!([false])).await;
    let (from, to) = (node.account(0), node.account(1));
    let request = |max_fee: u64| json!([{ "from": from, "to": to, "nonce": "0x0", "gas": "0x5208", "maxFeePerGas": quantity(max_fee), "maxPriorityFeePerGas": "0x0" }]);
    let first = node.rpc("eth_sendTransaction", request(2 * BASE_FEE)).await;
    let error = node.client.try_rpc("eth_sendTransaction", request(2 * BASE_FEE + BASE_FEE / 10)).await.unwrap_err();
    assert_eq!(error["message"], "replacement transaction underpriced");
    let second = node.rpc("eth_sendTransaction", request(2 * BASE_FEE + BASE_FEE / 5)).await;
    node.rpc("evm_mine", json!([])).await;
    assert_eq!(node.rpc("eth_getTransactionByHash", json!([first])).await, json!(null));
    assert_eq!(node.rpc("eth_getTransactionReceipt", json!([second])).await["status"], "0x1");
}

#[tokio::test]
async fn transactions_can_be_dropped() {
    let node = TestNode::start().await;
    node.rpc("evm_setAutomine", json!([false])).await;
    let send = |from, nonce: u64| {
        node.rpc(
            "eth_sendTransaction",
            json!([{ "from": from, "to": node.account(9), "nonce": quantity(nonce), "gas": "0x5208" }]),
        )
    };
    let hash = send(node.account(0), 0).await;
    assert_eq!(node.rpc("anvil_dropTransaction", json!([hash])).await, hash);
    assert_eq!(node.rpc("anvil_dropTransaction", json!([hash])).await, json!(null));
    send(node.account(1), 0).await;
    send(node.account(1), 1).await;
    send(node.account(2), 0).await;
    node.rpc("anvil_removePoolTransactions", json!([node.account(1)])).await;
    assert_eq!(node.rpc("txpool_status", json!([])).await["pending"], "0x1");
    node.rpc("anvil_dropAllTransactions", json!([])).await;
    assert_eq!(node.rpc("txpool_status", json!([])).await["pending"], "0x0");
    let content = node.rpc("txpool_content", json!([])).await;
    assert_eq!(content, json!({ "pending": {}, "queued": {} }));
}

#[tokio::test]
async fn calls_can_change_accounts_and_the_block_for_themselves() {
    let node = TestNode::start().await;
    let target = "0x00000000000000000000000000000000000000cc";
    let code = format!("0x{}", crate::bytecode::ENVIRONMENT);
    let state = json!({ target: { "code": code }, node.account(0).as_str().unwrap(): { "balance": "0xffffffffffffffffffffffffffffffffffff" } });
    let block = json!({ "number": "0x10", "time": "0x20", "baseFeePerGas": "0x30" });
    let request = json!({ "from": node.account(0), "to": target, "value": "0xffffffffffffffffffffffffffff" });
    let output = node.rpc("eth_call", json!([request, "latest", state, block])).await;
    let words: Vec<_> =
        output.as_str().unwrap().as_bytes()[2..].chunks(64).map(|chunk| String::from_utf8_lossy(chunk).into_owned()).collect();
    let expected = [0x10, 0x20, 0x30, 412_346, 0].map(|value| word(value)[2..].to_owned());
    assert_eq!(words[..5], expected);
    assert_eq!(node.rpc("eth_getCode", json!([target])).await, "0x");
    let counter = format!("0x{COUNTER}");
    for (form, value) in [("state", word(8)), ("stateDiff", word(9))] {
        let state = json!({ target: { "code": counter, form: { word(0): value } } });
        assert_eq!(node.rpc("eth_call", json!([{ "to": target }, "latest", state])).await, value);
    }
}

#[tokio::test]
async fn an_access_list_is_found() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let answer = node.rpc("eth_createAccessList", json!([{ "from": node.account(0), "to": counter, "data": word(5) }])).await;
    assert_eq!(answer["accessList"], json!([{ "address": counter, "storageKeys": [word(0)] }]));
    assert_eq!(answer.get("error"), None);
    assert!(number(&answer["gasUsed"]) > 21_000);
}

#[tokio::test]
async fn the_environment_of_contracts_is_arbitrums() {
    let node = TestNode::start().await;
    let environment = node.deploy(&init_code(crate::bytecode::ENVIRONMENT)).await;
    node.rpc("evm_increaseTime", json!([120])).await;
    node.rpc("evm_mine", json!([])).await;
    let output = node
        .rpc("eth_call", json!([{ "to": environment, "gasPrice": quantity(5 * BASE_FEE), "from": node.account(0) }, "latest"]))
        .await;
    let words: Vec<u64> = (0..5)
        .map(|index| u64::from_str_radix(&output.as_str().unwrap()[2 + 64 * index + 48..2 + 64 * (index + 1)], 16).unwrap())
        .collect();
    // NUMBER is the parent chain's block, one for twelve seconds; GASPRICE never has a tip.
    assert_eq!(words, [10, crate::client::START + 120, BASE_FEE, 412_346, BASE_FEE]);
    let latest = node.rpc("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(latest["l1BlockNumber"], quantity(10));
}
