//! JSON-RPC over a Unix socket.

use std::{os::unix::fs::PermissionsExt, path::Path};

use cor_anvil::{Node, NodeConfig, NodeError};
use cor_errors::Coded as _;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedWriteHalf},
};

use crate::client::{TestNode, quantity};

struct Client {
    lines: tokio::io::Lines<BufReader<tokio::net::unix::OwnedReadHalf>>,
    write: OwnedWriteHalf,
}

impl Client {
    async fn connect(path: &Path) -> Self {
        let (read, write) = UnixStream::connect(path).await.unwrap().into_split();
        Self { lines: BufReader::new(read).lines(), write }
    }

    async fn send(&mut self, text: &str) {
        self.write.write_all(text.as_bytes()).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next_line().await.unwrap().expect("the server is there")).unwrap()
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }).to_string()).await;
        self.next().await
    }
}

async fn node(folder: &tempfile::TempDir) -> (TestNode, std::path::PathBuf) {
    let path = folder.path().join("chain.ipc");
    let node = TestNode::with(|config| NodeConfig { ipc: Some(path.clone()), ..config }).await;
    assert_eq!(node.node.ipc_endpoint(), Some(path.as_path()));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it is its owner's alone");
    (node, path)
}

#[tokio::test]
async fn it_answers_as_the_port_does() {
    let folder = tempfile::tempdir().unwrap();
    let (node, path) = node(&folder).await;
    let mut client = Client::connect(&path).await;
    assert_eq!(client.ask("eth_chainId", json!([])).await, json!({ "jsonrpc": "2.0", "id": 7, "result": quantity(412_346) }));
    let sent =
        client.ask("eth_sendTransaction", json!([{ "from": node.account(0), "to": node.account(1), "value": "0x1" }])).await;
    let receipt = client.ask("eth_getTransactionReceipt", json!([sent["result"]])).await;
    assert_eq!(receipt["result"], node.rpc("eth_getTransactionReceipt", json!([sent["result"]])).await);
    assert_eq!(receipt["result"]["status"], "0x1");

    // One document after the other, without anything between them; batches; what is wrong.
    let id = |id: u64| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_blockNumber", "params": [] });
    for (text, answers) in [
        (format!("{}{}", id(1), id(2)), 2),
        (json!([id(1), { "id": 2 }, { "jsonrpc": "2.0", "method": "eth_chainId" }, id(3)]).to_string(), 1),
    ] {
        client.send(&text).await;
        let mut found = Vec::new();
        for _ in 0..answers {
            found.push(client.next().await);
        }
        let found: Vec<Value> =
            found.into_iter().flat_map(|answer| answer.as_array().cloned().unwrap_or_else(|| vec![answer])).collect();
        let mut ids: Vec<_> = found.iter().map(|answer| answer["id"].as_u64().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, if answers == 2 { vec![1, 2] } else { vec![1, 2, 3] }, "{found:?}");
        let good = found.iter().filter(|answer| answer["result"] == quantity(1)).count();
        assert_eq!(good, 2, "{found:?}");
    }
    for (text, code) in [
        ("{}", -32700),
        (r#"{"id":1}"#, -32600),
        ("[]", -32600),
        (&json!(vec![id(1); 1_001]).to_string(), -32010),
        ("[1,]", -32700),
    ] {
        client.send(text).await;
        assert_eq!(client.next().await["error"]["code"], code, "{text:.40}");
    }
    assert_eq!(client.ask("eth_nothing", json!([])).await["error"]["code"], -32601);
    // After something that is no document, nobody knows where the next one begins.
    client.send("hello").await;
    assert_eq!(client.next().await["error"]["code"], -32700);
    assert_eq!(client.lines.next_line().await.unwrap(), None);
}

#[tokio::test]
async fn subscriptions_are_the_connections_own() {
    let folder = tempfile::tempdir().unwrap();
    let (node, path) = node(&folder).await;
    let (mut one, mut other) = (Client::connect(&path).await, Client::connect(&path).await);
    let id = one.ask("eth_subscribe", json!(["newHeads"])).await["result"].clone();
    assert!(id.as_str().unwrap().starts_with("0x"), "{id}");
    node.rpc("evm_mine", json!([])).await;
    let message = one.next().await;
    assert_eq!((&message["method"], &message["params"]["subscription"]), (&json!("eth_subscription"), &id));
    assert_eq!(message["params"]["result"]["number"], quantity(1));
    assert_eq!(other.ask("eth_unsubscribe", json!([id])).await["result"], false, "it is not its own");
    assert_eq!(one.ask("eth_unsubscribe", json!([id])).await["result"], true);
    node.rpc("evm_mine", json!([])).await;
    assert_eq!(one.ask("eth_blockNumber", json!([])).await["result"], quantity(2), "and no message before it");
    // A node that stops closes its connections, and takes the socket away.
    one.ask("eth_subscribe", json!(["newHeads"])).await;
    node.node.stop().await.unwrap();
    assert_eq!(one.lines.next_line().await.unwrap(), None);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_client_that_says_no_more_is_answered_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (_node, path) = node(&folder).await;
    let mut client = Client::connect(&path).await;
    client.send(r#"{"jsonrpc":"2.0","id":1,"method":"evm_mine","params":[]}"#).await;
    client.write.shutdown().await.unwrap();
    assert_eq!(client.next().await["result"], "0x0");
    assert_eq!(client.lines.next_line().await.unwrap(), None);
}

#[tokio::test]
async fn what_is_not_abandoned_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("file"), "mine").unwrap();
    let _listener = UnixListener::bind(path("taken")).unwrap();
    for name in ["file", "taken", "missing/socket"] {
        let config = NodeConfig { ipc: Some(path(name)), ..NodeConfig::test() };
        let error = Node::spawn(config).await.err().unwrap_or_else(|| panic!("{name} was taken"));
        assert!(matches!(&error, NodeError::Ipc { path: named, .. } if *named == path(name)), "{error}");
        assert!(error.entry().next.contains("--ipc"), "{error}");
    }
    assert_eq!(std::fs::read_to_string(path("file")).unwrap(), "mine");
    drop(UnixListener::bind(path("abandoned")).unwrap());
    let node = TestNode::with(|config| NodeConfig { ipc: Some(path("abandoned")), ..config }).await;
    let mut client = Client::connect(&path("abandoned")).await;
    assert_eq!(client.ask("eth_blockNumber", json!([])).await["result"], quantity(0));
    node.node.stop().await.unwrap();
}
