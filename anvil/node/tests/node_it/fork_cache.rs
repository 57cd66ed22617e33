//! What a fork knows when its origin is gone.

use std::{fs, path::PathBuf};

use cor_anvil::{Node, NodeConfig};
use cor_errors::Coded as _;
use serde_json::json;

use crate::{
    client::{TestNode, quantity, word},
    fork::{fork_of, origin, value},
};

/// No key of the node: nothing of it was read when the fork began.
const STRANGER: &str = "0x00000000000000000000000000000000000000aa";

#[tokio::test]
async fn what_was_read_stays_and_the_rest_is_an_error() {
    let (origin, counter) = origin().await;
    let config = fork_of(&origin);
    let fork = TestNode::with(|node| node.fork(config)).await;
    let set = |value| json!({ "from": fork.account(0), "to": counter, "data": word(value), "gas": "0x186a0" });
    assert_eq!(fork.send(set(6)).await["status"], "0x1");
    assert_eq!(fork.rpc("eth_call", json!([{ "to": counter }, "0x2"])).await, word(5));
    origin.node.stop().await.unwrap();
    assert_eq!(fork.send(set(7)).await["status"], "0x1");
    assert_eq!(value(&fork, &counter).await, word(7));
    assert_eq!(fork.rpc("eth_call", json!([{ "to": counter }, "0x2"])).await, word(5));
    let balance = json!([STRANGER]);
    for (method, params) in [
        ("eth_getBalance", balance.clone()),
        ("eth_getStorageAt", json!([counter, "0x9"])),
        ("eth_call", json!([{ "to": STRANGER }])),
        ("eth_getTransactionReceipt", json!([word(1)])),
        ("eth_getLogs", json!([{ "fromBlock": "0x0" }])),
        ("anvil_setBalance", json!([STRANGER, "0x1"])),
        ("eth_sendTransaction", json!([{ "from": fork.account(0), "to": STRANGER, "value": "0x1", "gas": "0x186a0" }])),
    ] {
        let error = fork.client.try_rpc(method, params).await.err().unwrap_or_else(|| panic!("{method} was answered"));
        assert_eq!(error["code"], -32002, "{method}: {error}");
        assert!(error["message"].as_str().unwrap().starts_with("FORK-001"), "{method}: {error}");
    }
    assert_eq!(fork.rpc("eth_blockNumber", json!([])).await, quantity(4), "a block that cannot be executed is none");
    assert_eq!(fork.rpc("txpool_status", json!([])).await["pending"], quantity(0));
    let transfer = json!({ "from": fork.account(0), "to": fork.account(1), "value": "0x1", "gas": "0x186a0" });
    assert_eq!(fork.send(transfer).await["status"], "0x1", "the nonce was not used up");
}

#[tokio::test]
async fn a_second_start_needs_no_origin() {
    let folder = tempfile::tempdir().unwrap();
    let (origin, counter) = origin().await;
    let old = origin.rpc("eth_getBlockByNumber", json!(["0x1", true])).await;
    let first = fork_of(&origin).cache_dir(folder.path());
    let again = cor_anvil::ForkConfig { chain_id: Some(412_346), ..first.clone().block_number(2) };
    let fork = TestNode::with(|node| node.fork(first)).await;
    assert_eq!(value(&fork, &counter).await, word(5));
    assert_eq!(fork.rpc("eth_getBlockByNumber", json!(["0x1", true])).await, old);
    fork.node.stop().await.unwrap();
    origin.node.stop().await.unwrap();

    // Whoever leaves out what makes the origin unnecessary is told what that is.
    for incomplete in [
        cor_anvil::ForkConfig { chain_id: None, retries: 0, ..again.clone() },
        cor_anvil::ForkConfig { block_number: None, retries: 0, ..again.clone() },
        cor_anvil::ForkConfig { chain_id: None, block_number: None, retries: 0, ..again.clone() },
    ] {
        let error = Node::spawn(NodeConfig::test().fork(incomplete)).await.err().unwrap();
        assert_eq!(error.code(), "FORK-009");
        let said = "the endpoint did not answer, but a block was kept at an earlier start: \
                    --fork-chain-id 412346 --fork-block-number 2 starts without it (127.0.0.1:";
        assert!(error.to_string().contains(said) && error.to_string().contains("refused"), "{error}");
    }
    let other = cor_anvil::ForkConfig { chain_id: None, retries: 0, ..again.clone().block_number(3) };
    let error = Node::spawn(NodeConfig::test().fork(other)).await.err().unwrap().to_string();
    assert!(!error.contains("--fork-chain-id"), "nothing is kept of block 3: {error}");

    let fork = TestNode::with(|node| node.fork(again.clone())).await;
    assert_eq!(fork.rpc("eth_blockNumber", json!([])).await, quantity(2));
    assert_eq!(value(&fork, &counter).await, word(5));
    assert_eq!(fork.rpc("eth_getBlockByNumber", json!(["0x1", true])).await, old);
    let error = fork.client.try_rpc("eth_getBalance", json!([STRANGER])).await.unwrap_err();
    assert_eq!(error["code"], -32002);
    fork.node.stop().await.unwrap();

    // Damaged, it is of no use, and without the origin there is no chain.
    let file = cache_file(&folder);
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, &bytes).unwrap();
    let error = Node::spawn(NodeConfig::test().fork(again)).await.err().unwrap();
    assert!(error.code() == "FORK-001" && error.to_string().contains("attempts"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), bytes, "it is left as it was");
}

#[tokio::test]
async fn a_cache_of_another_chain_or_a_damaged_one_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (first, counter) = origin().await;
    let config = fork_of(&first).cache_dir(folder.path());
    let fork = TestNode::with(|node| node.fork(config)).await;
    assert_eq!(value(&fork, &counter).await, word(5));
    fork.node.stop().await.unwrap();
    let kept = fs::read(cache_file(&folder)).unwrap();

    // The same id and number, but the counter holds something else.
    let second = TestNode::start().await;
    second.deploy(&crate::bytecode::init_code(crate::bytecode::COUNTER)).await;
    second.send(json!({ "from": second.account(0), "to": counter, "data": word(8) })).await;
    let config = fork_of(&second).cache_dir(folder.path());
    let fork = TestNode::with(|node| node.fork(config)).await;
    assert_eq!(value(&fork, &counter).await, word(8));
    fork.node.stop().await.unwrap();
    assert_ne!(fs::read(cache_file(&folder)).unwrap(), kept);

    fs::write(cache_file(&folder), &kept[..kept.len() / 2]).unwrap();
    let config = fork_of(&first).cache_dir(folder.path());
    let fork = TestNode::with(|node| node.fork(config)).await;
    assert_eq!(value(&fork, &counter).await, word(5));
}

fn cache_file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("412346").join("2").join("fork.json")
}
