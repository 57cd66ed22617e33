//! `debug_trace*`.

use cor_anvil::NodeConfig;
use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, PROXY, REVERTER, init_code},
    client::{TestNode, quantity, word},
    stylus,
};

/// Program: logs its calldata, without topics, and ends.
const LOG: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (call $read_args (i32.const 0))
    (call $log (i32.const 0) (local.get $n) (i32.const 0))
    (i32.const 0)))"#;

/// Calls itself with all the gas it has, until that is too little or the stack of calls is full.
const RECURSIVE: &str = "5f5f5f5f5f305af100";

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
async fn accounts_before_and_after_are_shown() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let at = counter.as_str().unwrap();
    let receipt = node.send(json!({ "from": node.account(0), "to": counter, "data": word(9) })).await;
    let options = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let diff = node.rpc("debug_traceTransaction", json!([receipt["transactionHash"], options])).await;
    assert_eq!(diff["post"][at], json!({ "storage": { word(0): word(9) } }));
    assert_eq!(diff["pre"][at]["storage"], Value::Null, "the slot was empty: {diff}");
    let sender = node.account(0).as_str().unwrap().to_lowercase();
    assert_eq!((&diff["pre"][&sender]["nonce"], &diff["post"][&sender]["nonce"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn several_tracers_at_once() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let receipt = node.send(json!({ "from": node.account(0), "to": counter, "data": word(9) })).await;
    let hash = &receipt["transactionHash"];
    let config = json!({ "callTracer": { "withLog": true }, "4byteTracer": null, "prestateTracer": { "diffMode": true } });
    let mux = node.rpc("debug_traceTransaction", json!([hash, { "tracer": "muxTracer", "tracerConfig": config }])).await;
    for (name, config) in config.as_object().unwrap() {
        let alone = node.rpc("debug_traceTransaction", json!([hash, { "tracer": name, "tracerConfig": config }])).await;
        assert_eq!(mux[name], alone, "{name}");
    }
    assert_eq!(mux["callTracer"]["logs"][0]["data"], word(9));
    let flat = node.rpc("debug_traceTransaction", json!([hash, { "tracer": "flatCallTracer" }])).await;
    assert_eq!((&flat[0]["action"]["to"], &flat[0]["transactionHash"], &flat[0]["type"]), (&counter, hash, &json!("call")));
    assert_eq!(node.rpc("debug_traceTransaction", json!([hash, { "tracer": "noopTracer" }])).await, json!({}));
}

#[tokio::test]
async fn contracts_and_programs_are_in_one_tree() {
    let node = TestNode::start().await;
    let (program, proxy) = (stylus::program(&node, LOG.as_bytes()).await, node.deploy(&init_code(PROXY)).await);
    let data = format!("0x{:0>64}{}", &program.as_str().unwrap()[2..], &word(9)[2..]);
    let receipt = node.send(json!({ "from": node.account(0), "to": proxy, "data": data })).await;
    assert_eq!((&receipt["logs"][0]["address"], &receipt["logs"][0]["data"]), (&program, &json!(word(9))));
    let trace = async |options: Value| node.rpc("debug_traceTransaction", json!([receipt["transactionHash"], options])).await;
    let calls = trace(json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } })).await;
    assert_eq!((&calls["to"], &calls["calls"][0]["to"]), (&proxy, &program));
    assert_eq!((&calls["calls"][0]["logs"][0]["address"], &calls["calls"][0]["logs"][0]["data"]), (&program, &json!(word(9))));
    let steps = trace(json!({})).await;
    let ops: Vec<_> = steps["structLogs"].as_array().unwrap().iter().map(|step| (&step["op"], &step["depth"])).collect();
    // The program has no opcodes; the contract goes on after its call.
    assert!(ops.contains(&(&json!("CALL"), &json!(1))) && ops.iter().all(|(_, depth)| *depth == &json!(1)), "{ops:?}");
    assert_eq!(ops.last(), Some(&(&json!("RETURN"), &json!(1))));
    let flat = trace(json!({ "tracer": "flatCallTracer" })).await;
    assert_eq!((&flat[1]["action"]["to"], &flat[1]["traceAddress"]), (&program, &json!([0])));
}

#[tokio::test]
async fn host_calls_are_shown_to_cargo_stylus() {
    let node = TestNode::start().await;
    let (program, proxy) = (stylus::program(&node, LOG.as_bytes()).await, node.deploy(&init_code(PROXY)).await);
    let receipt = node.send(json!({ "from": node.account(0), "to": program, "data": "0xabcd" })).await;
    let hash = &receipt["transactionHash"];
    let native = node.rpc("debug_traceTransaction", json!([hash, { "tracer": "stylusTracer" }])).await;
    let shown = |call: &Value| (call["name"].clone(), call["args"].clone(), call["outs"].clone());
    let expected = [
        ("user_entrypoint", "0x00000002", "0x"),
        ("read_args", "0x", "0xabcd"),
        ("emit_log", "0x00000000abcd", "0x"),
        ("user_returned", "0x", "0x00000000"),
    ];
    let expected = expected.map(|(name, args, outs)| (json!(name), json!(args), json!(outs)));
    assert_eq!(native.as_array().unwrap().iter().map(shown).collect::<Vec<_>>(), expected);
    let keys: Vec<_> = native[1].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["args", "endInk", "name", "outs", "startInk"]);
    assert_eq!(native[1]["startInk"].as_u64().unwrap() - native[1]["endInk"].as_u64().unwrap(), 8400 + 5040);
    // As `cargo stylus simulate`: a call, here through a contract.
    let data = format!("0x{:0>64}abcd", &program.as_str().unwrap()[2..]);
    let called =
        node.rpc("debug_traceCall", json!([{ "to": proxy, "data": data }, "latest", { "tracer": "stylusTracer" }])).await;
    assert_eq!((&called[0]["name"], &called[0]["address"]), (&json!("evm_call_contract"), &program));
    assert_eq!(called[0]["steps"].as_array().unwrap().iter().map(shown).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn the_deepest_tree_of_calls_is_answered() {
    // 63/64 of the gas is passed on a thousand times, and the last call still has enough to make one more.
    let gas = 1 << 45;
    let node = TestNode::with(|config| NodeConfig { call_gas_cap: gas, ..config }).await;
    let recursive = node.deploy(&init_code(RECURSIVE)).await;
    let request = json!({ "to": recursive, "gas": quantity(gas) });
    for (tracer, key) in [("callTracer", "calls"), ("stylusTracer", "steps")] {
        let params = json!([request, "latest", { "tracer": tracer }]);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "debug_traceCall", "params": params });
        let (_, answer) = node.client.post(&body.to_string(), "").await;
        // Too deep for a parser that guards its stack: counted as text.
        assert!(answer.starts_with("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"), "{}", &answer[..200.min(answer.len())]);
        // 1024 calls below the first, and the one that is too deep.
        assert_eq!(answer.matches(&format!("\"{key}\":[")).count(), 1025, "{tracer}");
    }
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
