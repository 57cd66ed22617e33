//! Starting and stopping.

use std::{net::TcpListener, time::Duration};

use cor_anvil::{ManualClock, Mining, Node, NodeConfig, NodeError};
use serde_json::json;

use crate::client::{START, TestNode, number, quantity};

#[tokio::test]
async fn a_new_chain_has_the_standard_accounts_and_settings() {
    let node = TestNode::start().await;
    assert_eq!(node.rpc("eth_chainId", json!([])).await, quantity(412_346));
    assert_eq!(node.rpc("net_version", json!([])).await, json!("412346"));
    assert_eq!(node.rpc("eth_gasPrice", json!([])).await, quantity(100_000_000));
    assert_eq!(node.rpc("eth_maxPriorityFeePerGas", json!([])).await, quantity(0));
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(0));
    let accounts = node.rpc("eth_accounts", json!([])).await;
    assert_eq!(accounts.as_array().unwrap().len(), 10);
    assert_eq!(accounts[0], json!("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"));
    let balance = node.rpc("eth_getBalance", json!([accounts[9], "latest"])).await;
    assert_eq!(balance, json!("0x21e19e0c9bab2400000"));
    let genesis = node.rpc("eth_getBlockByNumber", json!(["0x0", false])).await;
    assert_eq!(genesis["timestamp"], quantity(START));
    assert_eq!(genesis["gasLimit"], quantity(1 << 50));
    assert_eq!(genesis["miner"], json!("0xa4b000000000000000000073657175656e636572"));
    assert_eq!(genesis["difficulty"], quantity(1));
    assert_eq!(genesis["l1BlockNumber"], quantity(0));
    node.node.stop().await.unwrap();
}

#[tokio::test]
async fn two_chains_with_the_same_clock_are_the_same() {
    let (a, b) = (TestNode::start().await, TestNode::start().await);
    for node in [&a, &b] {
        node.send(json!({ "from": node.account(0), "to": node.account(1), "value": "0x1" })).await;
    }
    let hash = |node| async move { TestNode::rpc(node, "eth_getBlockByNumber", json!(["latest", true])).await };
    assert_eq!(hash(&a).await, hash(&b).await);
}

#[tokio::test]
async fn settings_are_applied() {
    let node =
        TestNode::with(|config| NodeConfig { balance_ether: 1, genesis_number: 100, ..config.chain_id(31_337).accounts(2) })
            .await;
    assert_eq!(node.rpc("eth_chainId", json!([])).await, quantity(31_337));
    assert_eq!(node.node.accounts().len(), 2);
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, quantity(100));
    assert_eq!(node.rpc("eth_getBalance", json!([node.account(1)])).await, json!("0xde0b6b3a7640000"));
    let receipt = node.send(json!({ "from": node.account(0), "to": node.account(1), "value": "0x1" })).await;
    assert_eq!(number(&receipt["blockNumber"]), 101);
}

#[tokio::test]
async fn without_a_socket_the_chain_is_used_directly() {
    let node = Node::spawn(NodeConfig::default().no_socket().clock(ManualClock::at_secs(START))).await.unwrap();
    assert_eq!((node.address(), node.http_endpoint(), node.ws_endpoint()), (None, None, None), "absence is told as such");
    let block = node.chain().mine().unwrap();
    assert_eq!((block.number(), block.timestamp()), (1, START));
    node.stop().await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Node::spawn(NodeConfig::default().port(port)).await.err().unwrap();
    assert!(matches!(error, NodeError::PortInUse { port: named, .. } if named == port), "{error}");
    assert!(error.to_string().contains(&port.to_string()));
}

#[tokio::test]
async fn settings_out_of_range_are_refused() {
    let base = || NodeConfig::default().no_socket();
    let cases = [
        ("--chain-id", base().chain_id(0)),
        ("--max-persisted-states", NodeConfig { states_kept: 0, ..base() }),
        ("--transaction-block-keeper", NodeConfig { blocks_kept: Some(0), ..base() }),
        ("--block-time", base().mining(Mining::Interval(Duration::ZERO))),
        ("--allow-origin", NodeConfig { allow_origin: Some("a\nb".to_owned()), ..NodeConfig::test() }),
    ];
    for (flag, config) in cases {
        let error = Node::spawn(config).await.err().unwrap_or_else(|| panic!("{flag} was accepted"));
        assert!(matches!(error, NodeError::Setting { what, .. } if what == flag), "{flag}: {error}");
    }
    let error = Node::spawn(NodeConfig { mnemonic: "not a phrase".to_owned(), ..base() }).await.err().unwrap();
    assert!(matches!(error, NodeError::Mnemonic(_)), "{error}");
}
