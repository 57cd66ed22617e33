//! A chain that starts from another one.

use std::time::Duration;

use cor_anvil::{ForkConfig, Node, NodeConfig, NodeError};
use cor_errors::Coded as _;
use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, init_code},
    client::{TestNode, number, quantity, word},
    stylus::{NUMBER, activate, deploy, set_number},
};

/// How to fork `origin`: without waiting when it does not answer.
pub(crate) fn fork_of(origin: &TestNode) -> ForkConfig {
    ForkConfig { retries: 0, retry_backoff: Duration::ZERO, ..ForkConfig::new(origin.url()) }
}

async fn forked(origin: &TestNode) -> TestNode {
    let fork = fork_of(origin);
    TestNode::with(|config| config.fork(fork)).await
}

/// An origin whose counter holds 5, and the counter.
pub(crate) async fn origin() -> (TestNode, Value) {
    let origin = TestNode::start().await;
    let counter = origin.deploy(&init_code(COUNTER)).await;
    set(&origin, &counter, 5).await;
    (origin, counter)
}

async fn set(node: &TestNode, counter: &Value, value: u64) -> Value {
    node.send(json!({ "from": node.account(0), "to": counter, "data": word(value) })).await
}

pub(crate) async fn value(node: &TestNode, counter: &Value) -> Value {
    node.rpc("eth_call", json!([{ "to": counter }])).await
}

#[tokio::test]
async fn a_fork_begins_as_the_origin_and_changes_alone() {
    let (origin, counter) = origin().await;
    origin.rpc("anvil_setBalance", json!([counter, "0x7"])).await;
    let fork = forked(&origin).await;
    assert_eq!(fork.rpc("eth_chainId", json!([])).await, quantity(412_346));
    assert_eq!(fork.rpc("eth_blockNumber", json!([])).await, quantity(2));
    for (method, params) in [
        ("eth_getCode", json!([counter])),
        ("eth_getBalance", json!([counter])),
        ("eth_getTransactionCount", json!([origin.account(0)])),
        ("eth_getStorageAt", json!([counter, "0x0"])),
        ("eth_getBlockByNumber", json!(["latest", true])),
        ("eth_getBlockByNumber", json!(["0x1", true])),
        ("eth_getBlockByNumber", json!(["earliest", false])),
        ("eth_getBlockReceipts", json!(["0x2"])),
    ] {
        assert_eq!(fork.rpc(method, params.clone()).await, origin.rpc(method, params).await, "{method}");
    }
    assert_eq!(value(&fork, &counter).await, word(5));
    let receipt = set(&fork, &counter, 6).await;
    assert_eq!(receipt["blockNumber"], quantity(3));
    assert_eq!((value(&fork, &counter).await, value(&origin, &counter).await), (json!(word(6)), json!(word(5))));
    let block = fork.rpc("eth_getBlockByNumber", json!(["0x3", false])).await;
    let parent = origin.rpc("eth_getBlockByNumber", json!(["0x2", false])).await;
    assert_eq!(block["parentHash"], parent["hash"]);
    fork.rpc("anvil_setStorageAt", json!([counter, "0x0", word(0)])).await;
    assert_eq!(value(&fork, &counter).await, word(0), "a slot that was cleared stays clear");
}

#[tokio::test]
async fn the_fork_block_is_pinned() {
    let (origin, counter) = origin().await;
    let fork = forked(&origin).await;
    let later = set(&origin, &counter, 9).await;
    let (hash, block) = (&later["transactionHash"], &later["blockHash"]);
    assert_eq!(value(&fork, &counter).await, word(5));
    for (method, params) in [
        ("eth_getTransactionByHash", json!([hash])),
        ("eth_getTransactionReceipt", json!([hash])),
        ("eth_getBlockByHash", json!([block, false])),
        ("eth_getBlockByNumber", json!([later["blockNumber"], false])),
    ] {
        assert_eq!(fork.rpc(method, params).await, Value::Null, "{method}");
    }
    let newest = fork.rpc("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(newest["number"], quantity(2));

    let config = fork_of(&origin).block_number(1);
    let older = TestNode::with(|node| node.fork(config)).await;
    assert_eq!(older.rpc("eth_blockNumber", json!([])).await, quantity(1));
    assert_eq!(value(&older, &counter).await, word(0));
}

#[tokio::test]
async fn blocks_before_the_fork_can_be_called_on() {
    let (origin, counter) = origin().await;
    set(&origin, &counter, 8).await;
    let fork = forked(&origin).await;
    set(&fork, &counter, 9).await;
    for (block, expected) in [("0x1", 0), ("0x2", 5), ("0x3", 8), ("0x4", 9)] {
        assert_eq!(fork.rpc("eth_call", json!([{ "to": counter }, block])).await, word(expected), "{block}");
        assert_eq!(fork.rpc("eth_getStorageAt", json!([counter, "0x0", block])).await, word(expected), "{block}");
    }
    assert_eq!(fork.rpc("eth_getCode", json!([counter, "earliest"])).await, "0x");
    let history = fork.rpc("eth_feeHistory", json!(["0x3", "latest", []])).await;
    assert_eq!((&history["oldestBlock"], history["gasUsedRatio"].as_array().map(Vec::len)), (&quantity(2), Some(3)));
    let proof = json!([counter, [], "0x1"]);
    assert_eq!(fork.rpc("eth_getProof", proof.clone()).await, origin.rpc("eth_getProof", proof).await);
    let error = fork.client.try_rpc("eth_getProof", json!([counter, [], "latest"])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn logs_and_receipts_span_the_fork() {
    let (origin, counter) = origin().await;
    let fork = forked(&origin).await;
    set(&origin, &counter, 7).await;
    let own = set(&fork, &counter, 6).await;
    let data = |logs: &Value| logs.as_array().unwrap().iter().map(|log| log["data"].clone()).collect::<Vec<_>>();
    let logs = fork.rpc("eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": "latest", "address": counter }])).await;
    assert_eq!(data(&logs), [word(5), word(6)]);
    assert_eq!(logs[1]["transactionHash"], own["transactionHash"]);
    let before = fork.rpc("eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": "0x2" }])).await;
    assert_eq!(before, origin.rpc("eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": "0x2" }])).await);
    assert_eq!(data(&fork.rpc("eth_getLogs", json!([{ "fromBlock": "0x3" }])).await), [word(6)]);
    let by_hash = |hash: &Value| json!([{ "blockHash": hash }]);
    assert_eq!(data(&fork.rpc("eth_getLogs", by_hash(&logs[0]["blockHash"])).await), [word(5)]);
    assert_eq!(data(&fork.rpc("eth_getLogs", by_hash(&own["blockHash"])).await), [word(6)]);
    let old = logs[0]["transactionHash"].clone();
    for method in ["eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_getRawTransactionByHash"] {
        assert_eq!(fork.rpc(method, json!([old])).await, origin.rpc(method, json!([old])).await, "{method}");
    }
    let traced = json!([old, { "tracer": "callTracer" }]);
    assert_eq!(fork.rpc("debug_traceTransaction", traced.clone()).await, origin.rpc("debug_traceTransaction", traced).await);
}

#[tokio::test]
async fn a_program_activated_at_the_origin_runs_on_the_fork_for_the_same_gas() {
    let origin = TestNode::start().await;
    let program = deploy(&origin).await;
    activate(&origin, &program).await;
    let fork = forked(&origin).await;
    let call = |node: &TestNode| json!({ "from": node.account(0), "to": program, "data": set_number(5) });
    let (there, here) = (origin.send(call(&origin)).await, fork.send(call(&fork)).await);
    assert_eq!((&here["status"], &here["gasUsed"]), (&json!("0x1"), &there["gasUsed"]));
    assert!(number(&here["gasUsed"]) > 21_000);
    for node in [&origin, &fork] {
        assert_eq!(node.rpc("eth_call", json!([{ "to": program, "data": NUMBER }])).await, word(5));
    }
    let own = deploy(&fork).await;
    assert_eq!(fork.send(json!({ "from": fork.account(0), "to": own, "data": set_number(6) })).await["status"], "0x1");
}

#[tokio::test]
async fn snapshots_and_rollbacks_of_a_fork() {
    let (origin, counter) = origin().await;
    let fork = forked(&origin).await;
    let snapshot = fork.rpc("evm_snapshot", json!([])).await;
    set(&fork, &counter, 6).await;
    set(&fork, &counter, 7).await;
    fork.rpc("anvil_rollback", json!([1])).await;
    assert_eq!(value(&fork, &counter).await, word(6));
    assert_eq!(fork.rpc("evm_revert", json!([snapshot])).await, json!(true));
    assert_eq!(value(&fork, &counter).await, word(5));
    assert_eq!(fork.rpc("eth_blockNumber", json!([])).await, quantity(2));
    let error = fork.client.try_rpc("anvil_rollback", json!([1])).await.unwrap_err();
    assert_eq!(error["code"], -32000);
}

#[tokio::test]
async fn a_reset_forks_again_or_ends_the_fork() {
    let (origin, counter) = origin().await;
    let fork = forked(&origin).await;
    set(&fork, &counter, 6).await;
    set(&origin, &counter, 7).await;
    fork.rpc("anvil_reset", json!([{ "forking": {} }])).await;
    assert_eq!((fork.rpc("eth_blockNumber", json!([])).await, value(&fork, &counter).await), (quantity(3), json!(word(7))));
    fork.rpc("anvil_reset", json!([{ "forking": { "blockNumber": 2 } }])).await;
    assert_eq!(value(&fork, &counter).await, word(5));
    let info = fork.rpc("anvil_nodeInfo", json!([])).await;
    assert_eq!(info["forkConfig"]["forkBlockNumber"], 2);
    assert_eq!(info["forkConfig"]["forkUrl"], origin.url());
    let metadata = fork.rpc("anvil_metadata", json!([])).await;
    let block = origin.rpc("eth_getBlockByNumber", json!(["0x2", false])).await;
    let expected = json!({ "chainId": 412_346, "forkBlockNumber": 2, "forkBlockHash": block["hash"] });
    assert_eq!(metadata["forkedNetwork"], expected);
    let error = fork.client.try_rpc("anvil_reset", json!([{ "forking": { "blockNumber": 99 } }])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
    assert!(error["message"].as_str().unwrap().starts_with("FORK-004"), "{error}");
    assert_eq!(value(&fork, &counter).await, word(5), "a reset that fails changes nothing");
    fork.rpc("anvil_reset", json!([])).await;
    assert_eq!(fork.rpc("eth_blockNumber", json!([])).await, quantity(0));
    assert_eq!(fork.rpc("anvil_nodeInfo", json!([])).await["forkConfig"], json!({}));

    fork.rpc("anvil_reset", json!([{ "forking": { "jsonRpcUrl": origin.url(), "blockNumber": 2 } }])).await;
    assert_eq!(value(&fork, &counter).await, word(5));
}

#[tokio::test]
async fn settings_come_from_the_origin_unless_they_are_given() {
    let origin = TestNode::with(|config| NodeConfig {
        base_fee_wei: Some(7),
        block_gas_limit: Some(40_000_000),
        arbos: "40".parse().unwrap(),
        ..config.chain_id(99)
    })
    .await;
    origin.rpc("evm_mine", json!([])).await;
    let plain = forked(&origin).await;
    assert_eq!(plain.rpc("eth_chainId", json!([])).await, quantity(99));
    assert_eq!(plain.rpc("eth_gasPrice", json!([])).await, quantity(7));
    let info = plain.rpc("anvil_nodeInfo", json!([])).await;
    assert_eq!((&info["hardFork"], &info["environment"]["gasLimit"]), (&json!("arbos40"), &quantity(40_000_000)));
    let fork = fork_of(&origin);
    let other = TestNode::with(|config| NodeConfig {
        base_fee_wei: Some(8),
        block_gas_limit: Some(50_000_000),
        balance_ether: 3,
        ..config.fork(fork).chain_id(100)
    })
    .await;
    assert_eq!(other.rpc("eth_chainId", json!([])).await, quantity(100));
    assert_eq!(other.rpc("eth_gasPrice", json!([])).await, quantity(8));
    assert_eq!(other.rpc("eth_getBalance", json!([other.account(0)])).await, json!("0x29a2241af62c0000"));
    other.rpc("evm_mine", json!([])).await;
    assert_eq!(other.rpc("eth_getBlockByNumber", json!(["latest", false])).await["gasLimit"], quantity(50_000_000));
}

#[tokio::test]
async fn what_cannot_be_forked_says_why() {
    let (origin, _) = origin().await;
    let gone = {
        let node = TestNode::start().await;
        let fork = fork_of(&node);
        node.node.stop().await.unwrap();
        fork
    };
    let header = |text: &str| ForkConfig { headers: vec![text.parse().unwrap()], ..fork_of(&origin) };
    let cases = [
        ("FORK-001", "attempts", gone),
        ("FORK-004", "no block", fork_of(&origin).block_number(99)),
        ("FORK-005", "relative URL without a base", ForkConfig::new("not a url")),
        ("FORK-008", "\"two words\"", header("two words: x")),
        (
            "FORK-008",
            "\"x\"",
            header(
                "x: two
lines",
            ),
        ),
    ];
    for (code, says, fork) in cases {
        let error = Node::spawn(NodeConfig::test().fork(fork)).await.err().unwrap_or_else(|| panic!("{code} was forked"));
        assert!(matches!(error, NodeError::Fork(_)) && error.code() == code, "{error} instead of {code}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_fork_goes_on_where_it_was_stopped() {
    let (origin, counter) = origin().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let at_two = fork_of(&origin).block_number(2);
    let fork = TestNode::with(|node| node.fork(at_two.clone()).state(&path)).await;
    let receipt = set(&fork, &counter, 6).await;
    fork.rpc("anvil_setStorageAt", json!([counter, "0x0", word(0)])).await;
    // An account of the origin of which nothing is left, and one of which one thing is changed.
    fork.rpc("anvil_setCode", json!([counter, "0x"])).await;
    fork.rpc("anvil_setNonce", json!([fork.account(2), "0x7"])).await;
    let before = seen(&fork, &counter).await;
    fork.node.stop().await.unwrap();

    let again = TestNode::with(|node| node.fork(at_two.clone()).state(&path)).await;
    assert_eq!(seen(&again, &counter).await, before);
    assert_eq!(again.rpc("eth_getTransactionReceipt", json!([receipt["transactionHash"]])).await, receipt);
    let next = set(&again, &counter, 8).await;
    let block = again.rpc("eth_getBlockByNumber", json!([next["blockNumber"], false])).await;
    assert_eq!((&block["number"], &block["parentHash"]), (&quantity(4), &receipt["blockHash"]));

    // Over the wire in Anvil's form, to a chain that was forked at the same block and knows nothing.
    let dump = json!([again.rpc("anvil_dumpState", json!([])).await]);
    let other = TestNode::with(|node| node.fork(at_two)).await;
    assert_eq!(other.rpc("anvil_loadState", dump.clone()).await, json!(true));
    assert_eq!(seen(&other, &counter).await, seen(&again, &counter).await);

    let older = TestNode::with(|node| node.fork(fork_of(&origin).block_number(1))).await;
    let own = json!([origin.rpc("anvil_dumpState", json!([])).await]);
    let foreign = json!([state_of_anvil()]);
    let cases = [
        (&origin, &dump, "DUMP-012", "--fork-block-number 2"),
        (&older, &dump, "DUMP-012", "--fork-block-number 2"),
        (&older, &own, "DUMP-010", "without --fork-url"),
        (&older, &foreign, "DUMP-010", "without --fork-url"),
    ];
    for (node, dump, code, next_step) in cases {
        let before = node.rpc("eth_getBlockByNumber", json!(["latest", true])).await;
        let error = node.client.try_rpc("anvil_loadState", dump.clone()).await.unwrap_err();
        let message = error["message"].as_str().unwrap();
        assert!(error["code"] == -32602 && message.starts_with(code) && message.contains(next_step), "{error}");
        assert_eq!(node.rpc("eth_getBlockByNumber", json!(["latest", true])).await, before);
    }
}

/// What must be the same after a dump was loaded.
async fn seen(node: &TestNode, counter: &Value) -> Vec<Value> {
    let mut seen = vec![
        node.rpc("eth_getBlockByNumber", json!(["latest", true])).await,
        node.rpc("eth_getStorageAt", json!([counter, "0x0"])).await,
        node.rpc("eth_getLogs", json!([{ "fromBlock": "0x0" }])).await,
    ];
    let precompile = json!("0x0000000000000000000000000000000000000064");
    for address in [counter.clone(), node.account(0), node.account(2), precompile] {
        for method in ["eth_getBalance", "eth_getTransactionCount", "eth_getCode"] {
            seen.push(node.rpc(method, json!([address, "latest"])).await);
        }
    }
    seen
}

/// The least that Anvil writes.
fn state_of_anvil() -> String {
    let state = json!({ "block": { "number": "0x5", "timestamp": "0x6b026f45" }, "accounts": {} });
    alloy_primitives::hex::encode_prefixed(state.to_string())
}

/// The origin refuses, and the client of the fork hears its words.
#[tokio::test]
async fn an_error_of_the_origin_is_passed_on() {
    let origin = TestNode::with(|config| NodeConfig { states_kept: 1, ..config }).await;
    origin.rpc("anvil_mine", json!([3])).await;
    let fork = forked(&origin).await;
    let error = fork.client.try_rpc("eth_getBalance", json!([origin.account(0), "0x1"])).await.unwrap_err();
    assert_eq!(error["code"], -32000);
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("FORK-002") && message.contains("state of block 1 is not available"), "{message}");
}

/// An endpoint that notes the head of one request, and answers nothing.
async fn heads(listener: tokio::net::TcpListener) -> String {
    use tokio::io::AsyncReadExt;
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn headers_go_to_the_endpoint_and_nowhere_else() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = tokio::spawn(heads(listener));
    let headers = vec!["Authorization: Bearer 1:2".parse().unwrap(), "x-two:2".parse().unwrap()];
    let config = ForkConfig { headers, retries: 0, ..ForkConfig::new(url) };
    assert!(!format!("{config:?}").contains("Bearer"));
    let error = Node::spawn(NodeConfig::test().fork(config)).await.err().unwrap();
    assert!(!error.to_string().contains("Bearer"), "{error}");
    let head = seen.await.unwrap();
    assert!(head.contains("authorization: Bearer 1:2\r\n") && head.contains("x-two: 2\r\n"), "{head}");
    assert!("no colon".parse::<cor_anvil::ForkHeader>().is_err());
}
