//! Requests nobody would send: whatever comes, the node answers in JSON-RPC, lives on, and methods that only read change nothing.

use std::net::SocketAddr;

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::{
    bytecode::{COUNTER, init_code},
    client::{Client, TestNode, word},
    methods::{ANSWERED, BEYOND},
};

/// Requests of each property. Most are answered within a millisecond.
const CASES: u32 = 400;

/// Namespaces and methods that change the chain, or how it goes on.
const WRITES: &[&str] =
    &["anvil_", "evm_", "hardhat_", "tenderly_", "eth_send", "eth_new", "eth_uninstall", "eth_getFilterChanges"];

/// Of those, the ones that make as many blocks as they are told or forget the chain: they only cost time here.
const SLOW: &[&str] = &["mine", "reset", "IntervalMining", "reorg", "Sync", "loadState"];

fn methods(wanted: impl Fn(&str) -> bool) -> Vec<&'static str> {
    ANSWERED.iter().chain(BEYOND).copied().filter(|method| wanted(method)).collect()
}

fn only_reads(method: &str) -> bool {
    !WRITES.iter().any(|prefix| method.starts_with(prefix))
}

/// Values that mean something to some method, and values that mean nothing.
fn any_json() -> impl Strategy<Value = Value> {
    let known = prop::sample::select(vec![
        json!("latest"),
        json!("pending"),
        json!("earliest"),
        json!("0x1"),
        json!("0x0"),
        json!("0xffffffffffffffff"),
        json!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        json!("0x0000000000000000000000000000000000000071"),
        json!(word(0)),
        json!(format!("0x{}", "f".repeat(64))),
        json!(["trace", "vmTrace", "stateDiff"]),
        json!({ "tracer": "callTracer" }),
        json!({ "tracer": "muxTracer", "tracerConfig": { "muxTracer": {} } }),
        json!({ "tracer": "{}" }),
        json!({ "to": "0x0000000000000000000000000000000000000064", "data": "0xa3b1b31d" }),
        json!({ "from": word(0), "to": null, "gas": "0x0" }),
        json!({ "fromBlock": "0x0", "toBlock": "latest", "address": [], "topics": [null, []] }),
        json!({ "blockStateCalls": [{ "calls": [{}] }], "validation": true }),
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "0x[0-9a-f]{0,70}".prop_map(Value::from),
        known.clone(),
        known,
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let fields = prop_oneof![
            Just("to"),
            Just("from"),
            Just("data"),
            Just("input"),
            Just("value"),
            Just("gas"),
            Just("gasPrice"),
            Just("nonce"),
            Just("accessList"),
            Just("type"),
            Just("tracer"),
            Just("tracerConfig"),
            Just("stateOverrides"),
            Just("fromBlock"),
            Just("topics"),
            Just("blockHash"),
            Just("blockStateCalls"),
            Just("stateDiff"),
            Just("code"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((fields.prop_map(str::to_owned), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn request(methods: Vec<&'static str>) -> impl Strategy<Value = Value> {
    (prop::sample::select(methods), prop::collection::vec(any_json(), 0..5), any::<u8>())
        .prop_map(|(method, params, id)| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
}

/// A valid request with a few characters replaced, removed or doubled.
fn mutated() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<char>()), 1..6);
    (request(methods(only_reads)), edits).prop_map(|(request, edits)| {
        let mut text: Vec<char> = request.to_string().chars().collect();
        for (at, kind, new) in edits {
            let at = at.index(text.len().max(1));
            if at >= text.len() {
                break;
            }
            match kind {
                0 => text[at] = new,
                1 => drop(text.remove(at)),
                2 => text.insert(at, text[at]),
                _ => text.truncate(at.max(1)),
            }
        }
        text.into_iter().collect()
    })
}

/// Any body: requests, batches of them, broken ones, JSON that is none, and no JSON at all.
fn any_body() -> impl Strategy<Value = String> {
    let reads = || request(methods(only_reads));
    prop_oneof![
        4 => reads().prop_map(|request| request.to_string()),
        1 => prop::collection::vec(reads(), 0..4).prop_map(|batch| Value::from(batch).to_string()),
        2 => mutated(),
        1 => any_json().prop_map(|value| value.to_string()),
        1 => any::<String>(),
    ]
}

/// Checks that `answer` is what JSON-RPC allows: nothing (for a notification), a response, or a batch of them.
fn check_answer(answer: &str) -> Result<(), TestCaseError> {
    if matches!(answer, "" | "null") {
        return Ok(());
    }
    // Traces of calls may be nested deeper than this parser goes; those are a result and nothing else.
    let Ok(value) = serde_json::from_str::<Value>(answer) else {
        return Err(TestCaseError::fail(format!("no JSON: {answer}")));
    };
    let one = |response: &Value| {
        let error = &response["error"];
        let is_error = error["code"].is_i64() && error["message"].is_string();
        let is_result = response.get("result").is_some();
        response["jsonrpc"] == "2.0" && response.get("id").is_some() && is_error != is_result
    };
    let is_answer = match &value {
        Value::Array(batch) => !batch.is_empty() && batch.iter().all(one),
        value => one(value),
    };
    prop_assert!(is_answer, "no answer of JSON-RPC: {answer}");
    Ok(())
}

/// Sends `CASES` bodies, the same in every run.
fn send_all(runtime: &Runtime, address: SocketAddr, bodies: &impl Strategy<Value = String>) {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config { cases: CASES, failure_persistence: None, ..Config::default() }, rng);
    let client = Client { address };
    let outcome = runner.run(bodies, |body| {
        let (head, answer) = runtime.block_on(client.post(&body, ""));
        // A body that is no text in JSON may be refused by HTTP alone.
        prop_assert!(head.starts_with("HTTP/1.1 200") || head.starts_with("HTTP/1.1 4"), "{head}");
        if head.starts_with("HTTP/1.1 200") { check_answer(&answer) } else { Ok(()) }
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn reading_never_changes_anything() {
    let runtime = Runtime::new().unwrap();
    let node = runtime.block_on(TestNode::start());
    runtime.block_on(node.deploy(&init_code(COUNTER)));
    let chain = node.node.chain().clone();
    let before = (chain.latest().hash, chain.state(None).unwrap().root(), chain.pool().unwrap().pending.len());
    send_all(&runtime, node.client.address, &any_body());
    assert_eq!((chain.latest().hash, chain.state(None).unwrap().root(), chain.pool().unwrap().pending.len()), before);
    assert_eq!(runtime.block_on(node.rpc("eth_blockNumber", json!([]))), "0x1");
}

#[test]
fn nothing_that_is_sent_stops_the_node() {
    let runtime = Runtime::new().unwrap();
    let node = runtime.block_on(TestNode::start());
    let quick = methods(|method| !SLOW.iter().any(|part| method.contains(part)));
    send_all(&runtime, node.client.address, &request(quick).prop_map(|request| request.to_string()));
    // It may know another chain id and another time by now, but it goes on.
    runtime.block_on(node.rpc("evm_mine", json!([])));
    assert!(runtime.block_on(node.rpc("eth_chainId", json!([]))).is_string());
}
