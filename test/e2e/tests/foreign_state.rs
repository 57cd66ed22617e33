//! States that npm's anvil wrote, and states it reads: by `anvil_dumpState`, `anvil_loadState` and `--load-state`; and forks of it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
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

async fn ours() -> (NodeHandle, DynProvider) {
    let node = Node::spawn(NodeConfig::test()).await.expect("a node");
    let client = client(&node.http_endpoint()).await;
    (node, client)
}

/// A transfer, a contract, a slot, a nonce, a balance, and empty blocks.
async fn live(client: &DynProvider) {
    let accounts: Vec<Address> = client.get_accounts().await.expect("accounts");
    rpc(client, "eth_sendTransaction", json!([{ "from": accounts[0], "to": accounts[1], "value": "0x5" }])).await;
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

async fn called(client: &DynProvider) -> Value {
    rpc(client, "eth_call", json!([{ "to": CONTRACT }, "latest"])).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anvil_reads_our_state_and_we_read_anvils() {
    let anvil = Anvil::start();
    let theirs = client(&anvil.url).await;
    for (from_us, to_us) in [(true, false), (false, true)] {
        let (_node, own) = ours().await;
        let (source, target) = if from_us { (&own, &theirs) } else { (&theirs, &own) };
        live(source).await;
        let dump = rpc(source, "anvil_dumpState", json!([])).await;
        assert_eq!(rpc(target, "anvil_loadState", json!([dump])).await, json!(true));
        assert_eq!(seen(target).await, seen(source).await, "to us: {to_us}");
        assert_eq!(called(target).await, json!(B256::with_last_byte(7)));
        let number = source.get_block_number().await.expect("a number");
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
    let own = client(&node.http_endpoint()).await;
    assert_eq!(own.get_chain_id().await.expect("an id"), 31_337);
    assert_eq!(own.get_block_number().await.expect("a number"), 4);
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
