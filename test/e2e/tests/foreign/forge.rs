//! Foundry's forge from npm, unchanged: Solidity and Stylus call each other on our chain, and tests run on a fork of it.

use std::process::Command;

use alloy::{
    primitives::{Address, B256, Bytes, U256, hex, keccak256},
    sol,
};
use cor_anvil::{
    Node, NodeConfig,
    arbos::{ArbOsVersion, CACHE_MANAGER, CREATE2_FACTORY},
};
use cor_kit::foreign::{client, script, success};
use serde_json::{Value, json};

use crate::place::Place;

sol! {
    #[sol(rpc)]
    interface Counting {
        function count() external view returns (uint256);
        function last() external view returns (address);
        function number() external view returns (uint256);
    }
}

/// forge in its project, against `place`, with what it writes in `scratch`.
fn forge(place: &Place, scratch: &tempfile::TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(client("node_modules/.bin/forge"));
    command.args(args).current_dir(client("forge")).env("FOUNDRY_OUT", scratch.path().join("out"));
    command.env("FOUNDRY_CACHE_PATH", scratch.path().join("cache")).env("FOUNDRY_BROADCAST", scratch.path().join("broadcast"));
    command.env("ETH_RPC_URL", place.rpc());
    command
}

/// Runs `Talk.s.sol`; returns what it created, by name, after checking every receipt.
async fn talk(place: &Place, scratch: &tempfile::TempDir, callee: Address, caller: Address) -> [Address; 2] {
    let (rpc, key) = (place.rpc(), hex::encode_prefixed(place.node.accounts()[0].private_key));
    let flags = ["--broadcast", "--skip-simulation", "--slow", "--rpc-url", &rpc, "--private-key", &key];
    let mut command = forge(place, scratch, &[&["script", "script/Talk.s.sol"], &flags[..]].concat());
    command.env("CALLEE", callee.to_string()).env("CALLER", caller.to_string());
    success(command).await;
    let run = scratch.path().join(format!("broadcast/Talk.s.sol/{}/run-latest.json", cor_anvil::DEFAULT_CHAIN_ID));
    let run: Value = serde_json::from_slice(&std::fs::read(run).expect("a record of the run")).expect("JSON");
    let receipts = run["receipts"].as_array().expect("receipts");
    assert_eq!(receipts.len(), 7, "{run}");
    assert!(receipts.iter().all(|receipt| receipt["status"] == "0x1"), "{run}");
    ["Wrapper", "Box"].map(|name| {
        let transactions = run["transactions"].as_array().expect("transactions");
        let created = transactions.iter().find(|tx| tx["transactionType"] == "CREATE" && tx["contractName"] == name);
        created.expect("it is created")["contractAddress"].as_str().expect("an address").parse().expect("an address")
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forge_scripts_and_forge_tests_reach_stylus() {
    let place = Place::start(ArbOsVersion::V51).await;
    let scratch = tempfile::tempdir().expect("a folder");
    let (callee, caller) = (place.deploy("callee").await, place.deploy("caller").await);
    let [wrapper, boxed] = talk(&place, &scratch, callee, caller).await;

    let count = async |at| Counting::new(at, &place.provider).count().call().await.expect("a count");
    assert_eq!(count(callee).await, U256::from(2), "Solidity called the program, once by itself and once for another program");
    assert_eq!(count(wrapper).await, U256::from(1), "the program's code counted in Solidity's storage");
    let last = Counting::new(wrapper, &place.provider).last().call().await.expect("an address");
    assert_eq!(last, place.account(0), "for Solidity's caller");
    let number = Counting::new(boxed, &place.provider).number().call().await.expect("a number");
    assert_eq!(number, U256::from(42), "a program called Solidity");

    let mut command = forge(&place, &scratch, &["test", "--fork-url", &place.rpc(), "--json"]);
    for (name, address) in
        [("CALLEE", callee), ("CALLER", caller), ("WRAPPER", wrapper), ("BOX", boxed), ("PAYER", place.account(1))]
    {
        command.env(name, address.to_string());
    }
    let report: Value = serde_json::from_str(&success(command).await).expect("JSON");
    let results = report["test/Fork.t.sol:ForkTest"]["test_results"].as_object().expect("results");
    assert_eq!(results.len(), 5, "{report}");
    assert!(results.values().all(|result| result["status"] == "Success"), "{report}");
    assert_eq!(count(callee).await, U256::from(3), "a test sent a transaction");
}

/// What `--nitro-devnode` has at genesis is what npm's solc makes of the source, where the factory would put it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cache_manager_of_the_preset_is_its_source() {
    let input = json!({ "source": "forge/src/CacheManager.sol", "contract": "CacheManager" });
    let compiled = script("compile.mjs", "solc", &input).await;
    let code = |name: &str| compiled[name].as_str().expect("code").parse::<Bytes>().expect("hex");
    let node = Node::spawn(NodeConfig { port: None, ..NodeConfig::nitro_devnode() }).await.expect("the chain starts");
    assert_eq!(node.chain().code(CACHE_MANAGER).expect("code"), code("runtime"), "compile it again into cache_manager.hex");
    assert_eq!(CREATE2_FACTORY.create2(B256::ZERO, keccak256(code("creation"))), CACHE_MANAGER);
}
