//! `debug_trace*`.

use serde_json::json;

use crate::{
    bytecode::{COUNTER, PROXY, REVERTER, init_code},
    client::{TestNode, quantity, word},
};

#[tokio::test]
async fn calls_within_calls_are_shown() {
    let node = TestNode::start().await;
    let (counter, proxy) = (node.deploy(&init_code(COUNTER)).await, node.deploy(&init_code(PROXY)).await);
    let target = format!("0x{:0>64}", &counter.as_str().unwrap()[2..]);
    let data = format!("{target}{}", &word(9)[2..]);
    let receipt = node.send(json!({ "from": node.account(0), "to": proxy, "data": data })).await;
    let options = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
    let trace = node.rpc("debug_traceTransaction", json!([receipt["transactionHash"], options])).await;
    assert_eq!((&trace["type"], &trace["to"], &trace["gasUsed"]), (&json!("CALL"), &proxy, &receipt["gasUsed"]));
    let inner = &trace["calls"][0];
    assert_eq!((&inner["from"], &inner["to"], &inner["input"]), (&proxy, &counter, &json!(word(9))));
    assert_eq!(inner["logs"][0]["data"], word(9));
    let called =
        node.rpc("debug_traceCall", json!([{ "from": node.account(0), "to": proxy, "data": target }, "latest", options])).await;
    assert_eq!((&called["output"], &called["calls"][0]["output"]), (&json!(word(9)), &json!(word(9))));
    let overridden = json!({ "tracer": "callTracer", "stateOverrides": { counter.as_str().unwrap(): { "stateDiff": { word(0): word(10) } } } });
    let called = node.rpc("debug_traceCall", json!([{ "to": proxy, "data": target }, "latest", overridden])).await;
    assert_eq!(called["output"], word(10));
}

#[tokio::test]
async fn opcodes_and_accounts_are_shown() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let receipt = node.send(json!({ "from": node.account(0), "to": counter, "data": word(9) })).await;
    let hash = &receipt["transactionHash"];
    let trace = node.rpc("debug_traceTransaction", json!([hash])).await;
    let ops: Vec<_> = trace["structLogs"].as_array().unwrap().iter().map(|step| step["op"].as_str().unwrap()).collect();
    assert_eq!(ops[..3], ["CALLDATASIZE", "PUSH1", "JUMPI"]);
    assert!(ops.contains(&"SSTORE") && ops.ends_with(&["LOG1", "STOP"]), "{ops:?}");
    let before = node.rpc("debug_traceTransaction", json!([hash, { "tracer": "prestateTracer" }])).await;
    assert_eq!(before[counter.as_str().unwrap()]["code"], json!(format!("0x{COUNTER}")));
    let selectors = node.rpc("debug_traceTransaction", json!([hash, { "tracer": "4byteTracer" }])).await;
    assert_eq!(selectors, json!({ "0x00000000-28": 1 }));
}

#[tokio::test]
async fn a_transaction_is_traced_on_the_state_it_had() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    node.rpc("evm_setAutomine", json!([false])).await;
    let mut hashes = Vec::new();
    for value in 1..=3 {
        let request =
            json!([{ "from": node.account(0), "to": counter, "data": word(value), "nonce": quantity(value), "gas": "0x186a0" }]);
        hashes.push(node.rpc("eth_sendTransaction", request).await);
    }
    node.rpc("evm_mine", json!([])).await;
    let block = node.rpc("eth_getBlockByNumber", json!(["latest", false])).await;
    let options = json!({ "tracer": "callTracer" });
    let by_number = node.rpc("debug_traceBlockByNumber", json!([block["number"], options])).await;
    assert_eq!(node.rpc("debug_traceBlockByHash", json!([block["hash"], options])).await, by_number);
    for (index, hash) in hashes.iter().enumerate() {
        let receipt = node.rpc("eth_getTransactionReceipt", json!([hash])).await;
        let trace = node.rpc("debug_traceTransaction", json!([hash, options])).await;
        // The first SSTORE of a slot costs more than those after it: an exact replay shows the same gas.
        assert_eq!(trace["gasUsed"], receipt["gasUsed"]);
        assert_eq!(by_number[index], json!({ "txHash": hash, "result": trace }));
    }
}

#[tokio::test]
async fn a_revert_is_shown_with_its_reason() {
    let node = TestNode::start().await;
    let reverter = node.deploy(&init_code(REVERTER)).await;
    let receipt = node.send(json!({ "from": node.account(0), "to": reverter, "data": "0x6f809c4e", "gas": "0x186a0" })).await;
    let trace = node.rpc("debug_traceTransaction", json!([receipt["transactionHash"], { "tracer": "callTracer" }])).await;
    assert_eq!((&trace["error"], &trace["output"]), (&json!("execution reverted"), &json!("0x6f809c4e")));
}

#[tokio::test]
async fn what_cannot_be_traced_says_so() {
    let node = TestNode::start().await;
    let receipt = node.send(json!({ "from": node.account(0), "to": node.account(1) })).await;
    let hash = &receipt["transactionHash"];
    let cases = [
        ("debug_traceTransaction", json!([word(1)]), -32001),
        ("debug_traceTransaction", json!([hash, { "tracer": "{ result: function() {} }" }]), -32602),
        ("debug_traceTransaction", json!([hash, { "tracer": "callTracer", "tracerConfig": 7 }]), -32602),
        ("debug_traceBlockByNumber", json!(["0x0"]), -32602),
        ("debug_traceBlockByNumber", json!(["0x63"]), -32001),
    ];
    for (method, params, code) in cases {
        let error = node.client.try_rpc(method, params.clone()).await.expect_err(method);
        assert_eq!(error["code"], code, "{method} {params}: {error}");
    }
}
