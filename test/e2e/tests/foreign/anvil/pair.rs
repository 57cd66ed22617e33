//! Both chains, started alike, and every question asked of both.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use alloy::{
    consensus::TxEnvelope,
    eips::eip2718::Encodable2718,
    primitives::{Address, B256, Bytes, hex},
    providers::{DynProvider, Provider},
    signers::local::PrivateKeySigner,
    transports::RpcError,
};
use cor_adapters::chain::connect;
use cor_anvil::{ManualClock, Node, NodeConfig, NodeHandle};
use cor_kit::paths;
use serde_json::{Value, json};

pub(crate) const CHAIN_ID: u64 = 412_346;
/// Timestamp of both genesis blocks.
pub(crate) const GENESIS_SECS: u64 = 1_700_000_000;
/// Between blocks. `NUMBER` answers the parent chain's block, which grows every twelve seconds: so it is the block's own number.
pub(crate) const BLOCK_SECS: u64 = 12;
pub(crate) const BLOCK_GAS_LIMIT: u64 = 30_000_000;
/// Beneficiary of both; nobody tips.
pub(crate) const COINBASE: Address = Address::repeat_byte(0xcb);

/// What a chain answered: a result, or the error.
pub(crate) type Answer = Result<Value, Refusal>;

/// An error of JSON-RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    /// What a call reverted with.
    pub(crate) revert: Option<Bytes>,
}

/// Our chain and theirs.
pub(crate) struct Pair {
    node: NodeHandle,
    ours: DynProvider,
    anvil: Child,
    theirs: DynProvider,
    timestamp: u64,
}

impl Pair {
    /// Both chains, mining when told to.
    pub(crate) async fn start() -> Self {
        let config = NodeConfig {
            chain_id: Some(CHAIN_ID),
            block_gas_limit: Some(BLOCK_GAS_LIMIT),
            coinbase: COINBASE,
            mining: cor_anvil::Mining::Manual,
            ..NodeConfig::test().clock(ManualClock::at_secs(GENESIS_SECS))
        };
        let node = Node::spawn(config).await.expect("the chain starts");
        let (anvil, endpoint) = tokio::task::spawn_blocking(start_anvil).await.expect("Anvil starts");
        let ours = connect(&node.http_endpoint().expect("it listens"), None).await.expect("the chain answers");
        let theirs = connect(&endpoint, None).await.expect("Anvil answers");
        let pair = Self { node, ours, anvil, theirs, timestamp: GENESIS_SECS };
        pair.same("anvil_setCoinbase", json!([COINBASE])).await;
        pair
    }

    /// Keys of the funded accounts.
    pub(crate) fn keys(&self) -> Vec<PrivateKeySigner> {
        let keys = self.node.accounts().iter().map(|account| PrivateKeySigner::from_bytes(&account.private_key));
        keys.map(|key| key.expect("a valid key")).collect()
    }

    /// What both answer.
    pub(crate) async fn both(&self, method: &'static str, params: Value) -> (Answer, Answer) {
        tokio::join!(ask(&self.ours, method, params.clone()), ask(&self.theirs, method, params.clone()))
    }

    /// The result of both, which must be one.
    pub(crate) async fn same(&self, method: &'static str, params: Value) -> Value {
        let (ours, theirs) = self.both(method, params.clone()).await;
        assert_eq!(ours, theirs, "{method} {params}");
        ours.unwrap_or_else(|error| panic!("{method} {params}: {error:?}"))
    }

    /// Sends a transaction to both; whether both took it.
    pub(crate) async fn send(&self, tx: &TxEnvelope) -> bool {
        let raw = hex::encode_prefixed(tx.encoded_2718());
        let (ours, theirs) = self.both("eth_sendRawTransaction", json!([raw])).await;
        assert_eq!(ours.is_ok(), theirs.is_ok(), "ours: {ours:?}, Anvil: {theirs:?}, {tx:?}");
        if let (Ok(ours), Ok(theirs)) = (&ours, &theirs) {
            assert_eq!((ours, ours), (theirs, &json!(tx.tx_hash())));
        }
        ours.is_ok()
    }

    /// Mines a block at the next timestamp and price.
    pub(crate) async fn mine(&mut self, base_fee: u64) {
        self.mine_at(self.timestamp + BLOCK_SECS, base_fee).await;
    }

    /// Mines a block at a time and price.
    pub(crate) async fn mine_at(&mut self, timestamp: u64, base_fee: u64) {
        self.timestamp = timestamp;
        self.same("anvil_setNextBlockBaseFeePerGas", json!([format!("{base_fee:#x}")])).await;
        for (method, params) in [("evm_setNextBlockTimestamp", json!([timestamp])), ("evm_mine", json!([]))] {
            let (ours, theirs) = self.both(method, params).await;
            assert!(ours.is_ok() && theirs.is_ok(), "{method}: {ours:?} and {theirs:?}");
        }
    }

    /// The nonce of an account.
    pub(crate) async fn nonce(&self, address: Address) -> u64 {
        quantity(&self.same("eth_getTransactionCount", json!([address, "latest"])).await)
    }

    /// The receipt both give, without what Arbitrum adds.
    pub(crate) async fn receipt(&self, hash: B256) -> Value {
        let (ours, theirs) = self.both("eth_getTransactionReceipt", json!([hash])).await;
        let (ours, theirs) = (ours.expect("an answer"), theirs.expect("an answer"));
        let (ours, theirs) = (comparable_receipt(ours), comparable_receipt(theirs));
        assert_eq!(ours, theirs, "receipt of {hash}");
        ours
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // Only what this test started, by its id; it may have ended by itself.
        let _ = self.anvil.kill();
        let _ = self.anvil.wait();
    }
}

/// Starts Anvil and reads from its output where it listens.
fn start_anvil() -> (Child, String) {
    let program = paths::repository("test/foreign/node_modules/.bin/anvil");
    assert!(program.exists(), "{} is not there: `cargo xtask test` installs it", program.display());
    let mut command = Command::new(program);
    command
        .args(["--port", "0", "--hardfork", "osaka", "--no-mining", "--order", "fifo", "--disable-min-priority-fee"])
        .args(["--chain-id", &CHAIN_ID.to_string(), "--timestamp", &GENESIS_SECS.to_string()])
        .args(["--gas-limit", &BLOCK_GAS_LIMIT.to_string(), "--base-fee", &cor_anvil::DEFAULT_BASE_FEE_WEI.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("Anvil starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let address = lines.find_map(|line| line.expect("text").strip_prefix("Listening on ").map(str::to_owned));
    // It logs every request; someone has to read that.
    std::thread::spawn(move || lines.for_each(drop));
    (child, format!("http://{}", address.expect("an address")))
}

async fn ask(chain: &DynProvider, method: &'static str, params: Value) -> Answer {
    match chain.raw_request::<Value, Value>(method.into(), params).await {
        Ok(result) => Ok(result),
        Err(RpcError::ErrorResp(error)) => Err(Refusal { revert: error.as_revert_data(), message: error.message.into_owned() }),
        Err(other) => panic!("{method}: {other}"),
    }
}

/// The number in a JSON quantity.
pub(crate) fn quantity(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("no quantity: {value}"));
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("a number")
}

/// Hashes of blocks differ, since headers do; Nitro's additions, and Anvil's blob prices and time, have no counterpart.
fn comparable_receipt(mut receipt: Value) -> Value {
    if let Some(fields) = receipt.as_object_mut() {
        for name in
            ["blockHash", "gasUsedForL1", "l1BlockNumber", "blobGasPrice", "blobGasUsed", "revertReason", "blockTimestamp"]
        {
            fields.remove(name);
        }
    }
    for log in receipt["logs"].as_array_mut().into_iter().flatten() {
        log.as_object_mut().expect("a log").remove("blockHash");
    }
    receipt
}
