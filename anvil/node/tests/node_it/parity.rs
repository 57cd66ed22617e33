//! `trace_*`.

use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, PROXY, REVERTER, init_code},
    client::{TestNode, quantity, word},
};

/// A node with a counter, a proxy, and one call through the proxy in block 3; the receipt of that call.
async fn scene() -> (TestNode, Value, Value, Value) {
    let node = TestNode::start().await;
    let (counter, proxy) = (node.deploy(&init_code(COUNTER)).await, node.deploy(&init_code(PROXY)).await);
    let data = format!("0x{:0>64}{}", &counter.as_str().unwrap()[2..], &word(9)[2..]);
    let receipt = node.send(json!({ "from": node.account(0), "to": proxy, "data": data })).await;
    (node, counter, proxy, receipt)
}

#[tokio::test]
async fn frames_of_transactions_and_blocks() {
    let (node, counter, proxy, receipt) = scene().await;
    let hash = &receipt["transactionHash"];
    let frames = node.rpc("trace_transaction", json!([hash])).await;
    let shown = |frame: &Value| (frame["action"]["from"].clone(), frame["action"]["to"].clone(), frame["traceAddress"].clone());
    let sender = json!(node.account(0).as_str().unwrap().to_lowercase());
    let expected = [(sender, proxy.clone(), json!([])), (proxy.clone(), counter.clone(), json!([0]))];
    assert_eq!(frames.as_array().unwrap().iter().map(shown).collect::<Vec<_>>(), expected);
    let place = json!([hash, receipt["blockHash"], 3, 0]);
    for frame in frames.as_array().unwrap() {
        let at = [&frame["transactionHash"], &frame["blockHash"], &frame["blockNumber"], &frame["transactionPosition"]];
        assert_eq!(json!(at), place);
    }
    assert_eq!((&frames[0]["subtraces"], &frames[1]["action"]["input"]), (&json!(1), &json!(word(9))));
    assert_eq!(node.rpc("trace_block", json!(["0x3"])).await, frames);
    let created = node.rpc("trace_block", json!(["0x1"])).await;
    assert_eq!((&created[0]["type"], &created[0]["result"]["address"]), (&json!("create"), &counter));
    for (method, params) in
        [("trace_transaction", json!([word(1)])), ("trace_block", json!(["0x0"])), ("trace_block", json!(["0x63"]))]
    {
        assert_eq!(node.rpc(method, params.clone()).await, json!([]), "{method} {params}");
    }
}

#[tokio::test]
async fn frames_are_filtered_by_address_and_bounded() {
    let (node, counter, proxy, _) = scene().await;
    let sender = node.account(0);
    let all = json!({ "fromBlock": "0x0", "toBlock": "0x3" });
    let with = |fields: Value| {
        let mut filter = all.clone();
        filter.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        filter
    };
    let everything = node.rpc("trace_filter", json!([all])).await;
    assert_eq!(everything.as_array().unwrap().len(), 4, "two creations and a call with one below it");
    let cases = [
        (json!({ "fromAddress": [sender] }), json!([everything[0], everything[1], everything[2]])),
        (json!({ "toAddress": [counter] }), json!([everything[0], everything[3]])),
        (json!({ "fromAddress": [proxy], "toAddress": [counter] }), json!([everything[3]])),
        (
            json!({ "fromAddress": [proxy], "toAddress": [proxy], "mode": "union" }),
            json!([everything[1], everything[2], everything[3]]),
        ),
        (json!({ "after": 1, "count": 2 }), json!([everything[1], everything[2]])),
        (json!({ "after": 9 }), json!([])),
        (json!({ "count": 0 }), json!([])),
        (json!({ "fromBlock": "0x3", "toBlock": "0x80" }), json!([everything[2], everything[3]])),
    ];
    for (fields, expected) in cases {
        assert_eq!(node.rpc("trace_filter", json!([with(fields.clone())])).await, expected, "{fields}");
    }
    let error = node.client.try_rpc("trace_filter", json!([{ "fromBlock": "0x0", "toBlock": "0x12c" }])).await.unwrap_err();
    let message = "CHAIN-126: too many blocks to search for traces: 301, the limit is 300. Ask for less at a time.";
    assert_eq!(error, json!({ "code": -32602, "message": message }));
    let error = node.client.try_rpc("trace_filter", json!([{ "fromBlock": "0x2", "toBlock": "0x1" }])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn transactions_are_replayed_with_what_they_changed() {
    let (node, counter, _, receipt) = scene().await;
    let at = counter.as_str().unwrap();
    let types = json!(["trace", "vmTrace", "stateDiff"]);
    let replayed = node.rpc("trace_replayTransaction", json!([receipt["transactionHash"], types])).await;
    assert_eq!(replayed["trace"].as_array().unwrap().len(), 2);
    assert_eq!(replayed["stateDiff"][at]["storage"][word(0)], json!({ "*": { "from": word(0), "to": word(9) } }));
    assert!(replayed["vmTrace"]["ops"].as_array().unwrap().len() > 5);
    let block = node.rpc("trace_replayBlockTransactions", json!(["0x3", types])).await;
    let mut with_hash = replayed.clone();
    with_hash["transactionHash"] = receipt["transactionHash"].clone();
    assert_eq!(block, json!([with_hash]));
    // A call on the newest state: the slot holds 9 now.
    let called = node.rpc("trace_call", json!([{ "to": counter, "data": word(5) }, ["stateDiff"], "latest"])).await;
    assert_eq!(called["stateDiff"][at]["storage"][word(0)], json!({ "*": { "from": word(9), "to": word(5) } }));
    let request = json!({ "from": node.account(0), "to": counter, "data": word(6), "gas": quantity(100_000) });
    let signed = node.rpc("eth_signTransaction", json!([request])).await;
    let raw = node.rpc("trace_rawTransaction", json!([signed["raw"], ["trace", "stateDiff"]])).await;
    assert_eq!(raw["stateDiff"][at]["storage"][word(0)], json!({ "*": { "from": word(9), "to": word(6) } }));
    assert_eq!(node.rpc("eth_call", json!([{ "to": counter }])).await, word(9), "nothing of it was kept");
}

#[tokio::test]
async fn a_revert_is_shown_as_parity_did() {
    let node = TestNode::start().await;
    let reverter = node.deploy(&init_code(REVERTER)).await;
    let receipt = node.send(json!({ "from": node.account(0), "to": reverter, "data": "0x6f809c4e", "gas": "0x186a0" })).await;
    let frames = node.rpc("trace_transaction", json!([receipt["transactionHash"]])).await;
    assert_eq!((&frames[0]["error"], &frames[0]["result"]["output"]), (&json!("Reverted"), &json!("0x6f809c4e")));
}
