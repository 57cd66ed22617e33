//! The chain in a file.

use std::fs;

use cor_anvil::{Node, NodeConfig, NodeError, chain::DumpError};
use cor_errors::Coded as _;
use serde_json::json;

use crate::{
    bytecode::{COUNTER, init_code},
    client::{TestNode, quantity, word},
};

#[tokio::test]
async fn a_chain_goes_on_where_it_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let node = TestNode::with(|config| config.state(&path)).await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    node.rpc("anvil_autoImpersonateAccount", json!([true])).await;
    node.rpc("anvil_setBalance", json!([counter, "0xde0b6b3a7640000"])).await;
    let impersonated = node.send(json!({ "from": counter, "to": node.account(0) })).await;
    let receipt = node.send(json!({ "from": node.account(0), "to": counter, "data": word(5) })).await;
    node.rpc("anvil_setStorageAt", json!([counter, "0x1", word(6)])).await;
    node.rpc("evm_increaseTime", json!([500])).await;
    node.node.stop().await.unwrap();

    let node = TestNode::with(|config| config.state(&path)).await;
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(3));
    assert_eq!(node.rpc("eth_call", json!([{ "to": counter }])).await, word(5));
    assert_eq!(node.rpc("eth_getStorageAt", json!([counter, "0x1"])).await, word(6));
    for before in [receipt, impersonated] {
        assert_eq!(node.rpc("eth_getTransactionReceipt", json!([before["transactionHash"]])).await, before);
    }
    assert_eq!(node.rpc("eth_getLogs", json!([{ "fromBlock": "0x0" }])).await.as_array().unwrap().len(), 1);
    let next = node.send(json!({ "from": node.account(0), "to": counter, "data": word(7) })).await;
    assert_eq!(next["blockNumber"], quantity(4));
    assert_eq!(node.node.chain().latest().timestamp(), crate::client::START + 500);
}

#[tokio::test]
async fn a_dump_can_be_loaded_over_the_wire() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let dump = node.rpc("anvil_dumpState", json!([])).await;
    let other = TestNode::start().await;
    assert_eq!(other.rpc("anvil_loadState", json!([dump])).await, json!(true));
    let blocks = |node| async move { TestNode::rpc(node, "eth_getBlockByNumber", json!(["0x1", true])).await };
    assert_eq!(blocks(&other).await, blocks(&node).await, "the way over Anvil's form loses nothing");
    assert_eq!(other.rpc("eth_getCode", json!([counter])).await, json!(format!("0x{COUNTER}")));
    let error = other.client.try_rpc("anvil_loadState", json!(["0x1234"])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
    assert!(error["message"].as_str().unwrap().starts_with("DUMP-002"), "{error}");
    assert_eq!(other.rpc("eth_blockNumber", json!([])).await, quantity(1));
}

/// Nothing, gzipped.
const EMPTY_GZIP: [u8; 20] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

async fn packed() -> Vec<u8> {
    let node = TestNode::start().await;
    node.node.chain().dump_for_anvil().unwrap().to_bytes().unwrap()
}

async fn saved() -> Vec<u8> {
    let node = TestNode::start().await;
    node.deploy(&init_code(COUNTER)).await;
    node.node.chain().dump().to_bytes().unwrap()
}

/// The dump with `content` changed and its length and hash made to fit: only its meaning is wrong.
fn forged(dump: &[u8], change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let text = std::str::from_utf8(dump).unwrap();
    let (first, content) = text.split_once('\n').unwrap();
    let mut content: serde_json::Value = serde_json::from_str(content).unwrap();
    change(&mut content);
    let content = content.to_string();
    let mut preamble: serde_json::Value = serde_json::from_str(first).unwrap();
    preamble["bytes"] = json!(content.len());
    preamble["keccak256"] = json!(alloy_primitives::keccak256(&content));
    format!("{preamble}\n{content}").into_bytes()
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_the_reason_and_left_alone() {
    let good = saved().await;
    let with = |from: &str, to: &str| String::from_utf8(good.clone()).unwrap().replacen(from, to, 1).into_bytes();
    let flipped = {
        let mut bytes = good.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    };
    let packed = packed().await;
    let cases: [(&str, Vec<u8>); 14] = [
        ("DUMP-011", packed[..packed.len() / 2].to_vec()),
        ("DUMP-011", [&packed[..packed.len() - 8], &[0; 8]].concat()),
        ("DUMP-006", EMPTY_GZIP.to_vec()),
        ("DUMP-002", Vec::new()),
        ("DUMP-002", b"{\"accounts\":{}}".to_vec()),
        ("DUMP-002", with("anvil-stylus-state", "another-format")),
        ("DUMP-003", with("\"version\":1", "\"version\":2")),
        ("DUMP-004", good[..good.len() - 1].to_vec()),
        ("DUMP-004", [good.as_slice(), b" "].concat()),
        ("DUMP-005", flipped),
        ("DUMP-006", forged(&good, |content| content["extra"] = json!(1))),
        ("DUMP-007", forged(&good, |content| content["chainId"] = json!(1))),
        ("DUMP-008", forged(&good, |content| content["stateRoot"] = json!(word(1)))),
        ("DUMP-008", forged(&good, |content| content["blocks"][1]["header"]["parentHash"] = json!(word(1)))),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    for (code, bytes) in cases {
        fs::write(&path, &bytes).unwrap();
        let error = Node::spawn(NodeConfig::test().state(&path)).await.err().unwrap_or_else(|| panic!("{code} was accepted"));
        assert!(matches!(error, NodeError::StateFile { .. }));
        assert!(error.code() == code && error.to_string().contains("left as it was"), "{error} instead of {code}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_file_to_load_must_exist_and_a_state_file_may_be_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let error = Node::spawn(NodeConfig { load_state: Some(path.clone()), ..NodeConfig::test() }).await.err().unwrap();
    assert!(matches!(error, NodeError::StateFile { source: DumpError::Read(_), .. }), "{error}");
    Node::spawn(NodeConfig::test().state(&path)).await.unwrap().stop().await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn a_state_that_could_not_be_saved_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").join("state");
    let is_folder = folder.path().to_owned();
    for path in [missing, is_folder] {
        for config in [NodeConfig::test().state(&path), NodeConfig { dump_state: Some(path.clone()), ..NodeConfig::test() }] {
            let error = Node::spawn(config).await.err().unwrap_or_else(|| panic!("{} was accepted", path.display()));
            assert!(matches!(&error, NodeError::StatePath { path: named, .. } if *named == path), "{error}");
            assert_eq!((error.code(), error.entry().next.contains("--state or --dump-state")), ("NODE-011", true), "{error}");
        }
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "trying leaves nothing behind");
}

#[tokio::test]
async fn a_state_is_saved_although_its_folder_was_removed() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let node = Node::spawn(NodeConfig::test().state(inner.join("state"))).await.unwrap();
    fs::remove_dir(&inner).unwrap();
    node.stop().await.unwrap();
    assert!(inner.join("state").exists());
    // A file stands where the folder was: this cannot be mended.
    let node = Node::spawn(NodeConfig::test().state(inner.join("state"))).await.unwrap();
    fs::remove_dir_all(&inner).unwrap();
    fs::write(&inner, "").unwrap();
    let error = node.stop().await.unwrap_err();
    assert!(matches!(error, NodeError::SaveState { .. }), "{error}");
}
