//! The smallest JSON-RPC client: one request, one connection.

use std::net::SocketAddr;

use cor_anvil::{ManualClock, Node, NodeConfig, NodeHandle};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Clock time at which every test chain starts: 14 November 2023, 22:13:20 UTC.
pub(crate) const START: u64 = 1_700_000_000;

/// A node on a clock that stands still, and a client for it.
pub(crate) struct TestNode {
    pub(crate) node: NodeHandle,
    pub(crate) clock: ManualClock,
    pub(crate) client: Client,
}

impl TestNode {
    /// A node with the default settings.
    pub(crate) async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// A node with changed settings.
    pub(crate) async fn with(change: impl FnOnce(NodeConfig) -> NodeConfig) -> Self {
        let clock = ManualClock::at_secs(START);
        let config = change(NodeConfig::test().clock(clock.clone()));
        let node = Node::spawn(config).await.unwrap();
        let client = Client { address: node.address().unwrap() };
        Self { node, clock, client }
    }

    /// URL for HTTP.
    pub(crate) fn url(&self) -> String {
        self.node.http_endpoint().unwrap()
    }

    /// The address of a development account, as JSON.
    pub(crate) fn account(&self, index: usize) -> Value {
        json!(self.node.accounts()[index].address)
    }

    /// The result of a request that must succeed.
    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        self.client.rpc(method, params).await
    }

    /// Sends a transaction of the node's own account and returns its receipt.
    pub(crate) async fn send(&self, tx: Value) -> Value {
        let hash = self.rpc("eth_sendTransaction", json!([tx])).await;
        self.rpc("eth_getTransactionReceipt", json!([hash])).await
    }

    /// Deploys code given as init code in hex; the contract's address.
    pub(crate) async fn deploy(&self, init_code: &str) -> Value {
        let receipt = self.send(json!({ "from": self.account(0), "data": init_code })).await;
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt["contractAddress"].clone()
    }
}

/// Sends requests to one address.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
}

impl Client {
    /// The result of a request that must succeed.
    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        self.try_rpc(method, params.clone()).await.unwrap_or_else(|error| panic!("{method} {params}: {error}"))
    }

    /// The result, or the error object.
    pub(crate) async fn try_rpc(&self, method: &str, params: Value) -> Result<Value, Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let (_, answer) = self.post(&body, "").await;
        let mut answer: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{method}: {error}: {answer}"));
        match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["result"].take()),
        }
    }

    /// Posts a body as it is: status line with headers, and the body of the answer.
    pub(crate) async fn post(&self, body: &str, extra_headers: &str) -> (String, String) {
        self.http("POST", body, extra_headers).await
    }

    /// Posts a head without a body: status line with headers, and the body of the answer.
    pub(crate) async fn head_only(&self, headers: &str) -> (String, String) {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\r\n",
            self.address
        );
        self.exchange(&head, "").await
    }

    /// Any HTTP request.
    pub(crate) async fn http(&self, verb: &str, body: &str, extra_headers: &str) -> (String, String) {
        let head = format!(
            "{verb} / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{extra_headers}\r\n",
            self.address,
            body.len()
        );
        self.exchange(&head, body).await
    }

    async fn exchange(&self, head: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server may refuse a body before it has read all of it.
        let _ = stream.write_all(body.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        (head.to_owned(), body.to_owned())
    }
}

/// The number in a JSON quantity.
pub(crate) fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("no quantity: {value}"));
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

/// A number as a JSON quantity.
pub(crate) fn quantity(number: u64) -> Value {
    json!(format!("{number:#x}"))
}

/// A number as a 32-byte word in hex.
pub(crate) fn word(number: u64) -> String {
    format!("0x{number:064x}")
}
