//! States that npm's anvil wrote, and states it reads: by `anvil_dumpState`, `anvil_loadState` and `--load-state`; and forks of it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider},
};
use cor_anvil::{ForkConfig, Node, NodeConfig, NodeHandle};
use cor_kit::paths;
use serde_json::{Value, json};

const CONTRACT: Address = Address::repeat_byte(0xcc);
/// Returns slot 1.
const CODE: &str = "0x60015460005260206000f3";

/// log1(0, 0, 7); becomes a contract of one byte.
const LOGS_AND_IS_CREATED: &str = "0x600760006000a160016000f3";
/// log1(0, 0, 7); reverts with a word.
const LOGS_AND_FAILS: &str = "0x600760006000a160206000fd";
/// A transaction that is not mined by then is lost.
const MINED_WITHIN: Duration = Duration::from_secs(20);
const IMPERSONATED: Address = Address::repeat_byte(0x57);
/// Blocks that [`live`] makes after the first.
const BLOCKS: u64 = 7;
/// What a block, a transaction and a receipt say of what happened: the rest differs by what else a chain reports.
const BLOCK: [&str; 10] = [
    "hash",
    "number",
    "parentHash",
    "timestamp",
    "gasUsed",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "baseFeePerGas",
];
const TRANSACTION: [&str; 11] =
    ["hash", "blockHash", "blockNumber", "transactionIndex", "from", "to", "nonce", "value", "input", "gas", "type"];
const RECEIPT: [&str; 12] = [
    "transactionHash",
    "blockHash",
    "blockNumber",
    "transactionIndex",
    "from",
    "to",
    "contractAddress",
    "status",
    "gasUsed",
    "cumulativeGasUsed",
    "logsBloom",
    "type",
];

/// npm's anvil on a free port.
struct Anvil {
    process: Child,
    url: String,
}

impl Anvil {
    fn start() -> Self {
        let program = paths::repository("test/foreign").join("node_modules/.bin/anvil");
        assert!(program.exists(), "{} is not there: `cargo xtask test` installs it", program.display());
        let mut process = Command::new(program).args(["--port", "0"]).stdout(Stdio::piped()).spawn().expect("anvil starts");
        let lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let address = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("Listening on ").map(str::to_owned));
        Self { process, url: format!("http://{}", address.expect("anvil says where it listens")) }
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is over.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn client(url: &str) -> DynProvider {
    cor_adapters::chain::connect(url, None).await.expect("a chain")
}

async fn rpc(client: &DynProvider, method: &'static str, params: Value) -> Value {
    client.raw_request(method.into(), params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
}

/// Sends a transaction and waits until it is mined: Anvil answers before, and would put the next one into the same block.
async fn send(client: &DynProvider, request: Value) {
    let hash = rpc(client, "eth_sendTransaction", json!([request])).await;
    let mined = async { while rpc(client, "eth_getTransactionReceipt", json!([hash])).await.is_null() {} };
    tokio::time::timeout(MINED_WITHIN, mined).await.expect("a transaction is mined");
}

async fn ours() -> (NodeHandle, DynProvider) {
    let node = Node::spawn(NodeConfig::test()).await.expect("a node");
    let client = client(&node.http_endpoint().expect("it listens")).await;
    (node, client)
}

/// A transfer, contracts that are created with a log and that are not, a transaction that nobody signed, a contract, a slot, a
/// nonce, a balance, and empty blocks.
async fn live(client: &DynProvider) {
    let accounts: Vec<Address> = client.get_accounts().await.expect("accounts");
    send(client, json!({ "from": accounts[0], "to": accounts[1], "value": "0x5" })).await;
    for (code, price) in [(LOGS_AND_IS_CREATED, "maxFeePerGas"), (LOGS_AND_FAILS, "gasPrice")] {
        let request = json!({ "from": accounts[0], "data": code, "gas": "0x30000", price: "0x77359400" });
        send(client, request).await;
    }
    rpc(client, "anvil_setBalance", json!([IMPERSONATED, "0xde0b6b3a7640000"])).await;
    rpc(client, "anvil_impersonateAccount", json!([IMPERSONATED])).await;
    send(client, json!({ "from": IMPERSONATED, "to": accounts[1], "value": "0x5" })).await;
    // Anvil lists impersonated accounts with its own.
    rpc(client, "anvil_stopImpersonatingAccount", json!([IMPERSONATED])).await;
    rpc(client, "anvil_setCode", json!([CONTRACT, CODE])).await;
    rpc(client, "anvil_setStorageAt", json!([CONTRACT, "0x1", B256::with_last_byte(7)])).await;
    rpc(client, "anvil_setNonce", json!([CONTRACT, "0x9"])).await;
    rpc(client, "anvil_setBalance", json!([CONTRACT, "0x1234"])).await;
    rpc(client, "anvil_mine", json!(["0x3"])).await;
}

/// Everything that must be the same after a state went over.
async fn seen(client: &DynProvider) -> Vec<(U256, u64, Bytes, U256, U256)> {
    let mut addresses = client.get_accounts().await.expect("accounts");
    addresses.push(CONTRACT);
    let mut seen = Vec::new();
    for address in addresses {
        seen.push((
            client.get_balance(address).await.expect("a balance"),
            client.get_transaction_count(address).await.expect("a nonce"),
            client.get_code_at(address).await.expect("code"),
            client.get_storage_at(address, U256::ZERO).await.expect("a slot"),
            client.get_storage_at(address, U256::ONE).await.expect("a slot"),
        ));
    }
    seen
}

fn fields(names: &[&str], of: &Value) -> Vec<Value> {
    names.iter().map(|name| of[name].clone()).collect()
}

/// Every block with its transactions and receipts, each transaction asked for by its hash as well.
async fn history(client: &DynProvider) -> Vec<Vec<Value>> {
    let mut history = Vec::new();
    for number in 0..=BLOCKS {
        let block = rpc(client, "eth_getBlockByNumber", json!([format!("{number:#x}"), true])).await;
        history.push(fields(&BLOCK, &block));
        for tx in block["transactions"].as_array().expect("transactions") {
            history.push(fields(&TRANSACTION, tx));
            assert_eq!(
                fields(&TRANSACTION, &rpc(client, "eth_getTransactionByHash", json!([tx["hash"]])).await),
                fields(&TRANSACTION, tx)
            );
            let receipt = rpc(client, "eth_getTransactionReceipt", json!([tx["hash"]])).await;
            history.push(fields(&RECEIPT, &receipt));
            for log in receipt["logs"].as_array().expect("logs") {
                history.push(fields(&["address", "topics", "data", "logIndex", "transactionHash", "blockHash"], log));
            }
        }
    }
    let logs = rpc(client, "eth_getLogs", json!([{ "fromBlock": "0x0" }])).await;
    history.push(logs.as_array().expect("logs").iter().map(|log| log["transactionHash"].clone()).collect());
    history
}

async fn called(client: &DynProvider) -> Value {
    rpc(client, "eth_call", json!([{ "to": CONTRACT }, "latest"])).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anvil_reads_our_state_and_we_read_anvils() {
    for (from_us, to_us) in [(true, false), (false, true)] {
        let anvil = Anvil::start();
        let theirs = client(&anvil.url).await;
        let (_node, own) = ours().await;
        let (source, target) = if from_us { (&own, &theirs) } else { (&theirs, &own) };
        live(source).await;
        let dump = rpc(source, "anvil_dumpState", json!([])).await;
        assert_eq!(rpc(target, "anvil_loadState", json!([dump])).await, json!(true));
        assert_eq!(seen(target).await, seen(source).await, "to us: {to_us}");
        assert_eq!(called(target).await, json!(B256::with_last_byte(7)));
        assert_eq!(history(target).await, history(source).await, "to us: {to_us}");
        let number = source.get_block_number().await.expect("a number");
        assert_eq!(number, BLOCKS);
        assert_eq!(target.get_block_number().await.expect("a number"), number);
        rpc(target, "evm_mine", json!([])).await;
        assert_eq!(target.get_block_number().await.expect("a number"), number + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_of_anvil_has_its_state_and_runs_stylus_rules_on_top() {
    let anvil = Anvil::start();
    let theirs = client(&anvil.url).await;
    live(&theirs).await;
    let config = NodeConfig::test().fork(ForkConfig { retries: 0, ..ForkConfig::new(&anvil.url) });
    let node = Node::spawn(config).await.expect("a fork");
    let own = client(&node.http_endpoint().expect("it listens")).await;
    assert_eq!(own.get_chain_id().await.expect("an id"), 31_337);
    assert_eq!(own.get_block_number().await.expect("a number"), BLOCKS);
    assert_eq!(called(&own).await, called(&theirs).await);
    for (method, params) in [
        ("eth_getTransactionCount", json!([CONTRACT, "latest"])),
        ("eth_getBalance", json!([CONTRACT, "latest"])),
        ("eth_getBlockByNumber", json!(["0x1", true])),
        ("eth_getBlockReceipts", json!(["0x1"])),
    ] {
        assert_eq!(rpc(&own, method, params.clone()).await, rpc(&theirs, method, params).await, "{method}");
    }
    // ArbWasm.stylusVersion(): the precompiles are there although the origin has none.
    let version = json!([{ "to": "0x0000000000000000000000000000000000000071", "data": "0xa996e0c2" }, "latest"]);
    assert_ne!(rpc(&own, "eth_call", version).await, json!("0x"));
    rpc(&own, "anvil_setStorageAt", json!([CONTRACT, "0x1", B256::with_last_byte(8)])).await;
    assert_eq!(called(&own).await, json!(B256::with_last_byte(8)));
    assert_eq!(called(&theirs).await, json!(B256::with_last_byte(7)));
}

/// Asked to, Anvil writes the states after older blocks as well: calls on them give what they gave there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_states_of_anvil_can_be_called_on() {
    let anvil = Anvil::start();
    let theirs = client(&anvil.url).await;
    live(&theirs).await;
    rpc(&theirs, "anvil_setStorageAt", json!([CONTRACT, "0x1", B256::with_last_byte(8)])).await;
    rpc(&theirs, "anvil_mine", json!(["0x2"])).await;
    let dump = rpc(&theirs, "anvil_dumpState", json!([true])).await;
    let (_node, own) = ours().await;
    assert_eq!(rpc(&own, "anvil_loadState", json!([dump])).await, json!(true));
    let accounts: Vec<Address> = theirs.get_accounts().await.expect("accounts");
    for number in 0..=BLOCKS + 2 {
        let block = format!("{number:#x}");
        for (method, params) in [
            ("eth_getBalance", json!([accounts[0], block])),
            ("eth_getTransactionCount", json!([accounts[0], block])),
            ("eth_getCode", json!([CONTRACT, block])),
            ("eth_getStorageAt", json!([CONTRACT, "0x1", block])),
            ("eth_call", json!([{ "to": CONTRACT }, block])),
        ] {
            assert_eq!(rpc(&own, method, params.clone()).await, rpc(&theirs, method, params).await, "{method} at {number}");
        }
    }
}

/// Anvil gets what a fork knows: what was changed, and what was read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anvil_reads_the_state_of_a_fork() {
    let origin = Anvil::start();
    let theirs = client(&origin.url).await;
    live(&theirs).await;
    let fork = ForkConfig { retries: 0, ..ForkConfig::new(&origin.url) };
    let node = Node::spawn(NodeConfig::test().fork(fork)).await.expect("a fork");
    let own = client(&node.http_endpoint().expect("it listens")).await;
    // Its code and slot 1 are read; slot 0 is read, and written.
    assert_eq!(called(&own).await, json!(B256::with_last_byte(7)));
    rpc(&own, "anvil_setStorageAt", json!([CONTRACT, "0x0", B256::with_last_byte(5)])).await;
    let dump = rpc(&own, "anvil_dumpState", json!([])).await;
    let fresh = Anvil::start();
    let target = client(&fresh.url).await;
    assert_eq!(rpc(&target, "anvil_loadState", json!([dump])).await, json!(true));
    assert_eq!(seen(&target).await, seen(&own).await);
    assert_eq!(called(&target).await, json!(B256::with_last_byte(7)));
}
