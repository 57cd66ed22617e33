//! Tests of what talks to a node, against one whose answers a test decides.

mod account;
mod outbox;
mod task;

use std::sync::Arc;

use alloy::{
    primitives::{Address, B256},
    providers::DynProvider,
    rpc::types::Log,
    signers::local::PrivateKeySigner,
    sol_types::SolEvent,
};
use cor_errors::Coded as _;
use cor_wire::deployment::Deployment;
use serde_json::{Value, json};

use super::*;
use crate::{journal::SqliteJournal, tests::serve};

/// A network in which every contract has an address of its own.
pub(super) const fn deployment() -> Deployment {
    Deployment {
        chain_id: 7,
        runtime: Address::repeat_byte(1),
        cor: Address::repeat_byte(2),
        staking: Address::repeat_byte(3),
        session_payment_table: Address::repeat_byte(4),
        vault: Address::repeat_byte(5),
        node_pool: Address::repeat_byte(6),
        lane: Address::repeat_byte(7),
        lens: Address::repeat_byte(8),
        jury: Address::repeat_byte(9),
        from_block: 5,
    }
}

/// A log at block and index.
pub(crate) fn log(address: Address, (block, index): (u64, u64), event: &impl SolEvent) -> Log {
    Log {
        inner: alloy::primitives::Log { address, data: event.encode_log_data() },
        block_number: Some(block),
        block_hash: Some(B256::left_padding_from(&block.to_be_bytes())),
        log_index: Some(index),
        ..Log::default()
    }
}

/// A node that answers method and parameters.
pub(crate) async fn node(answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static) -> DynProvider {
    let endpoint = serve(move |request| {
        let asked: Value = serde_json::from_str(&request.body).unwrap();
        let result = match asked["method"].as_str().unwrap() {
            "eth_chainId" => json!("0x7"),
            method => answer(method, &asked["params"]),
        };
        (200, json!({"jsonrpc": "2.0", "id": asked["id"], "result": result}).to_string())
    });
    connect(&endpoint.await, Some(deployment().chain_id)).await.unwrap()
}

/// The port, at such a node.
pub(super) async fn chain(answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static) -> RpcChain {
    let provider = node(answer).await;
    let folder = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(&folder.path().join("journal")).await.unwrap();
    let account = Account::new("node", provider.clone(), deployment().chain_id, PrivateKeySigner::random());
    let outbox = Outbox::new(account, Arc::new(journal));
    RpcChain { endpoint: "node".to_owned(), provider, deployment: deployment(), outbox, times: OnceCell::new() }
}

#[tokio::test]
async fn the_key_in_a_url_is_in_no_text() {
    let error = connect("http://user:secret@127.0.0.1:1/v2/secret?key=secret", None).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code(), "CHN-002");
    assert!(text.contains("http://127.0.0.1:1/…") && text.contains("refused") && !text.contains("secret"), "{text}");
    let text = connect("http://user:secret@h:port/secret", None).await.unwrap_err().to_string();
    assert!(text.contains("not a URL") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn messages_are_bound_to_the_lane_and_logs_begin_with_the_network() {
    let chain = chain(|method, _| panic!("{method} is not needed")).await;
    assert_eq!(chain.domain(), LaneDomain { chain_id: 7, lane: deployment().lane });
    assert_eq!(chain.first_block(), 5);
}
