//! `eth_subscribe` over WebSocket.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    bytecode::{COUNTER, init_code},
    client::{TestNode, quantity, word},
};

/// The smallest WebSocket client: text frames of up to 64 KB.
struct Socket {
    stream: TcpStream,
}

impl Socket {
    async fn connect(node: &TestNode) -> Self {
        let mut stream = TcpStream::connect(node.client.address).await.unwrap();
        let request = format!(
            "GET / HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            node.client.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Self { stream }
    }

    async fn request(&mut self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        // A final text frame, masked with zeros.
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(body.as_bytes());
        self.stream.write_all(&frame).await.unwrap();
        loop {
            let message = self.next().await;
            if message.get("id").is_some() {
                return message;
            }
        }
    }

    async fn next(&mut self) -> Value {
        loop {
            let kind = self.stream.read_u8().await.unwrap() & 0x0f;
            let length = match self.stream.read_u8().await.unwrap() {
                126 => usize::from(self.stream.read_u16().await.unwrap()),
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            self.stream.read_exact(&mut payload).await.unwrap();
            if kind == 1 {
                return serde_json::from_slice(&payload).unwrap();
            }
        }
    }

    /// The next event; its subscription must be `id`.
    async fn event(&mut self, id: &Value) -> Value {
        let mut message = self.next().await;
        assert_eq!((&message["method"], &message["params"]["subscription"]), (&json!("eth_subscription"), id));
        message["params"]["result"].take()
    }
}

#[tokio::test]
async fn heads_logs_and_pending_transactions_are_told() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let mut sockets = Vec::new();
    for params in [
        json!(["newHeads"]),
        json!(["logs", { "address": counter }]),
        json!(["newPendingTransactions"]),
        json!(["newPendingTransactions", true]),
    ] {
        let mut socket = Socket::connect(&node).await;
        let id = socket.request("eth_subscribe", params).await["result"].clone();
        sockets.push((socket, id));
    }
    let receipt = node.send(json!({ "from": node.account(0), "to": counter, "data": word(5) })).await;
    let mut events = Vec::new();
    for (socket, id) in &mut sockets {
        events.push(socket.event(id).await);
    }
    assert_eq!((&events[0]["hash"], &events[0]["number"]), (&receipt["blockHash"], &quantity(2)));
    assert_eq!(events[1], receipt["logs"][0]);
    assert_eq!(events[2], receipt["transactionHash"]);
    assert_eq!(events[3]["hash"], receipt["transactionHash"]);
}

#[tokio::test]
async fn logs_of_removed_blocks_are_taken_back() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let mut socket = Socket::connect(&node).await;
    let id = socket.request("eth_subscribe", json!(["logs"])).await["result"].clone();
    let receipt = node.send(json!({ "from": node.account(0), "to": counter, "data": word(5) })).await;
    assert_eq!(socket.event(&id).await["removed"], json!(false));
    node.rpc("anvil_rollback", json!([1])).await;
    let removed = socket.event(&id).await;
    assert_eq!((&removed["removed"], &removed["transactionHash"]), (&json!(true), &receipt["transactionHash"]));
}

#[tokio::test]
async fn a_subscription_ends_when_asked() {
    let node = TestNode::start().await;
    let mut socket = Socket::connect(&node).await;
    let id = socket.request("eth_subscribe", json!(["newHeads"])).await["result"].clone();
    assert_eq!(socket.request("eth_unsubscribe", json!([id])).await["result"], json!(true));
    assert_eq!(socket.request("eth_unsubscribe", json!([id])).await["result"], json!(false));
    node.rpc("evm_mine", json!([])).await;
    // The next message is the answer, not a head.
    assert_eq!(socket.request("eth_blockNumber", json!([])).await["result"], quantity(1));
}

#[tokio::test]
async fn what_cannot_be_subscribed_to_is_refused() {
    let node = TestNode::start().await;
    let mut socket = Socket::connect(&node).await;
    for params in [json!(["everything"]), json!([]), json!(["logs", true]), json!(["syncing"])] {
        assert_eq!(socket.request("eth_subscribe", params.clone()).await["error"]["code"], json!(-32602), "{params}");
    }
    assert!(node.client.try_rpc("eth_subscribe", json!(["newHeads"])).await.is_err());
}

#[tokio::test]
async fn as_many_subscriptions_as_a_connection_may_have() {
    let node = TestNode::start().await;
    let mut socket = Socket::connect(&node).await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..1_024 {
        let id = socket.request("eth_subscribe", json!(["newHeads"])).await["result"].as_str().map(str::to_owned);
        assert!(id.as_ref().is_some_and(|id| id.starts_with("0x")), "{id:?}");
        assert!(ids.insert(id));
    }
    let error =
        json!({ "code": -32006, "message": "Too many subscriptions on the connection", "data": "Exceeded max limit of 1024" });
    assert_eq!(socket.request("eth_subscribe", json!(["newHeads"])).await["error"], error);
    // Only this connection is full.
    let mut other = Socket::connect(&node).await;
    assert!(other.request("eth_subscribe", json!(["newHeads"])).await["result"].is_string());
}
