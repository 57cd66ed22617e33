//! What a reorganisation took out of the chain is brought again if it is asked for again, and not otherwise; nothing stands still for it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use alloy::{
    consensus::{Transaction as _, TxEnvelope},
    eips::eip2718::Decodable2718 as _,
    primitives::{Address, B256, Bytes},
    signers::local::PrivateKeySigner,
};
use cor_ports::{ChainError, Journal};
use serde_json::{Value, json};

use crate::chain::{account::Account, connect, outbox::Outbox};
use crate::{journal::SqliteJournal, tests::serve};

/// A node with one account, which takes no transaction but the next.
#[derive(Default)]
struct Node {
    is_down: bool,
    /// It mines nothing: what it is sent it has, or loses.
    keeps: Option<bool>,
    pool: BTreeMap<B256, TxEnvelope>,
    /// What was called, in order.
    inputs: Vec<Bytes>,
    nonce: u64,
    mined: BTreeMap<B256, u64>,
}

impl Node {
    fn answer(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        Ok(match method {
            "eth_chainId" => json!("0x7"),
            "eth_getTransactionCount" => json!(format!("{:#x}", self.nonce)),
            "eth_getBalance" => json!("0xde0b6b3a7640000"),
            "eth_estimateGas" => json!("0x186a0"),
            "eth_gasPrice" => json!("0x1"),
            "eth_getTransactionByHash" => {
                let hash: B256 = serde_json::from_value(params[0].clone()).unwrap();
                let pooled = self.pool.remove(&hash);
                let answer = pooled.as_ref().map_or(Value::Null, shown);
                // Mined right after it was asked for.
                pooled.iter().for_each(|envelope| self.mine(envelope));
                answer
            }
            "eth_getTransactionReceipt" => {
                let hash: B256 = serde_json::from_value(params[0].clone()).unwrap();
                let found = self.mined.get(&hash).map_or(Value::Null, |block| receipt(hash, *block));
                if self.is_down && self.keeps.is_some() {
                    return Err("the node is down".to_owned());
                }
                found
            }
            "eth_sendRawTransaction" if self.is_down => return Err("the node is down".to_owned()),
            "eth_sendRawTransaction" => {
                let raw: Bytes = serde_json::from_value(params[0].clone()).unwrap();
                let envelope = TxEnvelope::decode_2718(&mut &raw[..]).unwrap();
                if envelope.nonce() != self.nonce {
                    return Err(format!("nonce too high: next {}, tx {}", self.nonce, envelope.nonce()));
                }
                let hash = json!(envelope.tx_hash());
                match self.keeps {
                    None => self.mine(&envelope),
                    Some(true) => drop(self.pool.insert(*envelope.tx_hash(), envelope)),
                    Some(false) => {}
                }
                self.is_down = self.keeps.is_some();
                hash
            }
            other => panic!("{other}"),
        })
    }

    fn mine(&mut self, envelope: &TxEnvelope) {
        self.nonce += 1;
        self.mined.insert(*envelope.tx_hash(), self.nonce);
        self.inputs.push(envelope.input().clone());
    }
}

/// A transaction that is not mined, as a node shows it.
fn shown(envelope: &TxEnvelope) -> Value {
    let mut shown = serde_json::to_value(envelope).unwrap();
    let more = json!({ "hash": envelope.tx_hash(), "from": Address::ZERO, "blockHash": null, "blockNumber": null, "transactionIndex": null });
    shown.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shown
}

fn receipt(transaction: B256, block: u64) -> Value {
    json!({
        "transactionHash": transaction, "transactionIndex": "0x0", "blockHash": B256::repeat_byte(1), "blockNumber": format!("{block:#x}"), "from": Address::ZERO,
        "to": Address::ZERO, "cumulativeGasUsed": "0x9", "gasUsed": "0x9", "effectiveGasPrice": "0x1", "contractAddress": null, "logs": [],
        "logsBloom": format!("0x{}", "00".repeat(256)), "status": "0x1", "type": "0x2"
    })
}

/// A node, and an outbox over it whose journal lies in the folder.
struct World {
    node: Arc<Mutex<Node>>,
    endpoint: String,
    key: PrivateKeySigner,
    journal: Arc<dyn Journal>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let node: Arc<Mutex<Node>> = Arc::default();
        let inner = Arc::clone(&node);
        let endpoint = serve(move |request| {
            let asked: Value = serde_json::from_str(&request.body).unwrap();
            let answer = inner.lock().unwrap().answer(asked["method"].as_str().unwrap(), &asked["params"]);
            let (field, value) = match answer {
                Ok(result) => ("result", result),
                Err(message) => ("error", json!({ "code": -32_000, "message": message })),
            };
            (200, json!({ "jsonrpc": "2.0", "id": asked["id"], field: value }).to_string())
        });
        let folder = tempfile::tempdir().unwrap();
        let journal = Arc::new(SqliteJournal::open(&folder.path().join("journal")).await.unwrap());
        Self { node, endpoint: endpoint.await, key: PrivateKeySigner::random(), journal, _folder: folder }
    }

    /// As at the start of a program.
    async fn outbox(&self) -> Outbox {
        let provider = connect(&self.endpoint, Some(7)).await.unwrap();
        Outbox::new(Account::new("node", provider, 7, self.key.clone()), Arc::clone(&self.journal))
    }

    fn roll_back(&self) {
        *self.node.lock().unwrap() = Node::default();
    }

    fn inputs(&self) -> Vec<String> {
        let node = self.node.lock().unwrap();
        node.inputs.iter().map(|input| String::from_utf8(input.to_vec()).unwrap()).collect()
    }

    fn mined(&self) -> (u64, usize) {
        let node = self.node.lock().unwrap();
        (node.nonce, node.mined.len())
    }
}

async fn send(outbox: &Outbox, key: &str) -> Result<u64, ChainError> {
    outbox.send(key, Address::ZERO, Bytes::copy_from_slice(key.as_bytes()), "reveal").await.map(|sent| sent.block_number)
}

/// What the keeper or miner calls, as what it decided.
async fn call(outbox: &Outbox, key: &str, input: &'static str) -> Result<u64, ChainError> {
    outbox.send(key, Address::ZERO, Bytes::from_static(input.as_bytes()), "call").await.map(|sent| sent.block_number)
}

#[tokio::test]
async fn what_was_taken_out_comes_back_when_it_is_asked_for_again() {
    let world = World::new().await;
    let outbox = world.outbox().await;
    for (key, block) in [("task/1/complete", 1), ("jury/reveal/17", 2), ("jury/reveal/18", 3)] {
        assert_eq!(send(&outbox, key).await.unwrap(), block);
    }
    world.roll_back();
    for (key, block) in [("jury/reveal/17", 1), ("task/1/complete", 2), ("jury/reveal/19", 3), ("jury/reveal/18", 4)] {
        assert_eq!(send(&outbox, key).await.unwrap(), block, "{key}");
    }
    assert_eq!(world.mined(), (4, 4), "each once");
    for (key, block) in [("task/1/complete", 2), ("jury/reveal/17", 1)] {
        assert_eq!(send(&outbox, key).await.unwrap(), block, "{key}");
    }
    assert_eq!(world.mined(), (4, 4), "and never twice");
}

/// A crew is drawn by the hash of a block, so one of a block that was replaced is another than is drawn, and costs its keeper the bond. It was brought all the same: for the new one, or
/// before whatever came next, or after a restart.
#[tokio::test]
async fn a_crew_of_a_chain_that_was_replaced_is_not_brought() {
    for (case, is_mined, restarts) in
        [("mined", true, false), ("in flight", false, false), ("before a restart", true, true), ("in flight, then", false, true)]
    {
        let world = World::new().await;
        let mut outbox = world.outbox().await;
        if is_mined {
            call(&outbox, "task/1/start", "the crew of before").await.unwrap();
            call(&outbox, "jury/reveal/16", "16").await.unwrap();
        } else {
            world.node.lock().unwrap().keeps = Some(false);
            call(&outbox, "task/1/start", "the crew of before").await.unwrap_err();
        }
        world.roll_back();
        if restarts {
            outbox = world.outbox().await;
        }
        let nobodys = call(&outbox, "jury/reveal/16", "16").await.unwrap();
        assert_eq!((nobodys, world.inputs()), (1, vec!["16".to_owned()]), "{case}: nobody asked for it");
        world.roll_back();
        assert_eq!(call(&outbox, "task/1/start", "the crew of now").await.unwrap(), 1, "{case}");
        assert_eq!(call(&outbox, "jury/reveal/16", "16").await.unwrap(), 2, "{case}");
        assert_eq!(world.inputs(), ["the crew of now", "16"], "{case}");
    }
}

/// What the node has it may mine whatever is done, so it is waited for; what it lost is sent again if it is asked for.
#[tokio::test]
async fn what_is_in_flight_at_a_restart_is_waited_for_or_asked_for_again() {
    for keeps in [true, false] {
        let world = World::new().await;
        world.node.lock().unwrap().keeps = Some(keeps);
        call(&world.outbox().await, "task/1/start", "the crew").await.unwrap_err();
        (world.node.lock().unwrap().keeps, world.node.lock().unwrap().is_down) = (None, false);
        let outbox = world.outbox().await;
        assert_eq!(call(&outbox, "jury/reveal/16", "16").await.unwrap(), if keeps { 2 } else { 1 });
        assert_eq!(call(&outbox, "task/1/start", "the crew").await.unwrap(), if keeps { 1 } else { 2 });
        assert_eq!(world.mined(), (2, 2), "each once");
    }
}

/// One is on its way when the one before it is taken out: nothing could be sent any more, after a restart neither.
#[tokio::test]
async fn nothing_stands_still_for_one_that_was_on_its_way() {
    for restarts in [false, true] {
        let world = World::new().await;
        let mut outbox = world.outbox().await;
        send(&outbox, "task/1/complete").await.unwrap();
        world.node.lock().unwrap().is_down = true;
        send(&outbox, "task/2/complete").await.unwrap_err();
        world.roll_back();
        if restarts {
            outbox = world.outbox().await;
        }
        for (key, block) in [("jury/reveal/17", 1), ("task/2/complete", 2), ("task/1/complete", 3)] {
            assert_eq!(send(&outbox, key).await.unwrap(), block, "{key}");
        }
        assert_eq!(world.mined(), (3, 3), "each once");
    }
}

/// A node that lags behind transactions of another program knows none of ours: nothing that was mined is forgotten for that, or it would be paid for again.
#[tokio::test]
async fn a_node_that_lags_makes_nothing_be_forgotten() {
    let world = World::new().await;
    world.node.lock().unwrap().nonce = 5;
    let outbox = world.outbox().await;
    for (key, block) in [("task/1/complete", 6), ("task/2/complete", 7)] {
        assert_eq!(send(&outbox, key).await.unwrap(), block);
    }
    let known = std::mem::replace(&mut *world.node.lock().unwrap(), Node { nonce: 3, is_down: true, ..Node::default() });
    send(&world.outbox().await, "jury/reveal/17").await.unwrap_err();
    *world.node.lock().unwrap() = known;
    let outbox = world.outbox().await;
    assert_eq!(send(&outbox, "task/1/complete").await.unwrap(), 6);
    assert_eq!(send(&outbox, "task/2/complete").await.unwrap(), 7);
}

/// Of the one before it nothing is known here: what cannot be brought is signed anew.
#[tokio::test]
async fn a_gap_that_nobody_fills_holds_up_nothing() {
    let world = World::new().await;
    let outbox = world.outbox().await;
    world.node.lock().unwrap().nonce = 5;
    world.node.lock().unwrap().is_down = true;
    send(&outbox, "task/1/complete").await.unwrap_err();
    world.roll_back();
    assert_eq!(send(&outbox, "jury/reveal/17").await.unwrap(), 1);
    assert_eq!(send(&outbox, "task/1/complete").await.unwrap(), 2);
    assert_eq!(world.mined(), (2, 2));
}
