//! The hashes of earlier blocks in the state (EIP-2935 as Arbitrum has it): set by every block, whatever becomes of the chain.

use alloy_eips::eip2935::HISTORY_STORAGE_CODE;
use alloy_primitives::{B256, hex, keccak256};
use cor_anvil::{GenesisFile, NodeConfig};
use serde_json::{Value, json};

use crate::{
    bytecode::init_code,
    client::{TestNode, quantity, word},
    fork::fork_of,
    stylus::program,
};

const HISTORY: &str = "0x0000f90827f1c53a10cb7a02335b175320002935";
/// Blocks it remembers.
const BLOCKS: u64 = 393_168;
/// keccak-256 of Arbitrum's code.
const CODE_HASH: &str = "0xceef1f6ad6c0cb7eb8fb15678abf11da3ce0d3a7c7106aa900c5930e556a43ff";
const ZERO: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";

/// Asks for the block in its calldata by a static call; keeps the answer in slot 0 and whether it is one in slot 1, and returns it.
const READER: &str = concat!(
    "365f5f37",                                                 // calldatacopy(0, 0, size)
    "60205f365f730000f90827f1c53a10cb7a02335b1753200029355afa", // staticcall(gas, history, 0, size, 0, 32)
    "600155",                                                   // sstore(1, whether it succeeded)
    "5f515f55",                                                 // sstore(0, answer)
    "60205ff3",                                                 // return(0, 32)
);

/// The same as a program: logs the answer instead of keeping it, and ends as the call did.
const READER_PROGRAM: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 100) "\00\00\f9\08\27\f1\c5\3a\10\cb\7a\02\33\5b\17\53\20\00\29\35")
  (func (export "user_entrypoint") (param $n i32) (result i32) (local $status i32)
    (call $read_args (i32.const 0))
    (local.set $status (call $static (i32.const 100) (i32.const 0) (local.get $n) (i64.const -1) (i32.const 120)))
    (drop (call $return_data (i32.const 200) (i32.const 0) (i32.load (i32.const 120))))
    (call $log (i32.const 200) (i32.load (i32.const 120)) (i32.const 0))
    (call $write_result (i32.const 200) (i32.load (i32.const 120)))
    (local.get $status)))"#;

/// What the contract answers about block `number`, with `rest` of the parameters of `eth_call`; `null` if it refuses.
async fn asked_with(node: &TestNode, number: u64, rest: &[Value]) -> Value {
    let params = [&[json!({ "to": HISTORY, "data": word(number) })][..], rest].concat();
    match node.client.try_rpc("eth_call", json!(params)).await {
        Ok(hash) => hash,
        Err(error) => {
            assert_eq!(error, json!({ "code": 3, "message": "execution reverted", "data": "0x" }));
            Value::Null
        }
    }
}

async fn asked(node: &TestNode, number: u64) -> Value {
    asked_with(node, number, &[json!("latest")]).await
}

/// The hash the node says.
async fn hash(node: &TestNode, number: u64) -> Value {
    node.rpc("eth_getBlockByNumber", json!([quantity(number), false])).await["hash"].clone()
}

async fn mine(node: &TestNode, blocks: u64) {
    node.rpc("anvil_mine", json!([blocks])).await;
}

/// A block with a transaction.
async fn transfer(node: &TestNode) -> Value {
    node.send(json!({ "from": node.account(0), "to": node.account(1), "value": "0x1" })).await
}

/// From block `first` on, the contract says what the node says, and nothing about the newest block and the one after it.
async fn check_from(node: &TestNode, first: u64) {
    let head = node.node.chain().block_number();
    for number in first..head {
        assert_eq!(asked(node, number).await, hash(node, number).await, "block {number} of {head}");
    }
    for number in [head, head + 1] {
        assert_eq!(asked(node, number).await, Value::Null, "block {number} of {head}");
    }
}

async fn code_hash(node: &TestNode) -> String {
    let code = node.rpc("eth_getCode", json!([HISTORY])).await;
    keccak256(hex::decode(code.as_str().unwrap()).unwrap()).to_string()
}

/// Takes the contract away, as on a chain from before Arbitrum had it.
async fn remove_contract(node: &TestNode) {
    node.rpc("anvil_setCode", json!([HISTORY, "0x"])).await;
    node.rpc("anvil_setNonce", json!([HISTORY, "0x0"])).await;
}

/// Puts Ethereum's contract in its place, with a slot that would be the hash of block 1.
async fn put_ethereums(node: &TestNode) {
    node.rpc("anvil_setCode", json!([HISTORY, HISTORY_STORAGE_CODE])).await;
    node.rpc("anvil_setStorageAt", json!([HISTORY, "0x1", word(0xbad)])).await;
}

#[tokio::test]
async fn every_earlier_block_has_the_hash_that_the_node_says() {
    for arbos in ["40", "51", "60"] {
        let node = TestNode::with(|config| NodeConfig { arbos: arbos.parse().unwrap(), ..config }).await;
        assert_eq!(code_hash(&node).await, CODE_HASH, "{arbos}");
        assert_eq!(node.rpc("eth_getTransactionCount", json!([HISTORY])).await, quantity(1));
        mine(&node, 1).await;
        check_from(&node, 0).await;
        transfer(&node).await;
        mine(&node, 3).await;
        transfer(&node).await;
        check_from(&node, 0).await;
        assert_eq!(asked(&node, u64::MAX).await, Value::Null);
    }
}

#[tokio::test]
async fn a_call_is_in_the_block_that_it_names() {
    let node = TestNode::start().await;
    mine(&node, 5).await;
    for at in 0..=5 {
        for number in 0..=5 {
            let expected = match (number, at) {
                // There the contract takes 1 from 0, and finds an empty slot.
                (0, 0) => json!(ZERO),
                _ if number < at => hash(&node, number).await,
                _ => Value::Null,
            };
            assert_eq!(asked_with(&node, number, &[quantity(at)]).await, expected, "block {number} at {at}");
        }
    }
    // The pending block has a parent: the newest one. So too with transactions in it.
    for _ in 0..2 {
        assert_eq!(asked_with(&node, 5, &[json!("pending")]).await, hash(&node, 5).await);
        assert_eq!(asked_with(&node, 6, &[json!("pending")]).await, Value::Null);
        let slot = node.rpc("eth_getStorageAt", json!([HISTORY, "0x5", "pending"])).await;
        assert_eq!(slot, hash(&node, 5).await);
        node.rpc("evm_setAutomine", json!([false])).await;
        node.rpc("eth_sendTransaction", json!([{ "from": node.account(0), "to": node.account(1) }])).await;
    }
    assert_eq!(node.rpc("eth_getStorageAt", json!([HISTORY, "0x5", "latest"])).await, ZERO, "nothing of that is kept");
}

/// Far into the ring and around its end; and the number of the block set for a call instead of 393,168 blocks mined.
#[tokio::test]
async fn the_ring_goes_round_and_what_it_lost_is_refused() {
    let first = 3 * BLOCKS - 2;
    let node = TestNode::with(|config| NodeConfig { genesis_number: first, ..config }).await;
    mine(&node, 5).await;
    check_from(&node, first).await;
    for number in first..first + 5 {
        let slot = node.rpc("eth_getStorageAt", json!([HISTORY, quantity(number % BLOCKS)])).await;
        assert_eq!(slot, hash(&node, number).await, "{number}");
    }
    assert_eq!(asked(&node, first - 1).await, ZERO, "not too old, but there was no such block");
    let at = |number| [json!("latest"), json!({}), json!({ "number": quantity(number) })];
    for (block, number, is_known) in [
        (first + BLOCKS, first, true),
        (first + BLOCKS, first - 1, false),
        (first + BLOCKS + 1, first, false),
        (first + BLOCKS + 1, first + 1, true),
    ] {
        let expected = if is_known { hash(&node, number).await } else { Value::Null };
        assert_eq!(asked_with(&node, number, &at(block)).await, expected, "block {number} at {block}");
    }
}

#[tokio::test]
async fn contracts_and_programs_read_it_in_transactions_and_replays_read_the_same() {
    let node = TestNode::start().await;
    let (contract, program) = (node.deploy(&init_code(READER)).await, program(&node, READER_PROGRAM.as_bytes()).await);
    let parent = node.node.chain().block_number();
    let read = |to: &Value, number: u64| json!({ "from": node.account(0), "to": to, "data": word(number) });
    // The gas is estimated in the block that comes, or else the call would fail there.
    let receipt = node.send(read(&contract, parent)).await;
    let expected = hash(&node, parent).await;
    for (slot, value) in [("0x0", expected.clone()), ("0x1", json!(word(1)))] {
        assert_eq!(node.rpc("eth_getStorageAt", json!([contract, slot])).await, value);
    }
    let logged = node.send(read(&program, parent + 1)).await;
    assert_eq!((&logged["status"], &logged["logs"][0]["data"]), (&json!("0x1"), &hash(&node, parent + 1).await));
    // The block of the transaction has no hash yet.
    let request = json!([{ "from": node.account(0), "to": program, "data": word(parent + 3) }]);
    assert!(node.client.try_rpc("eth_sendTransaction", request).await.is_err());
    node.send(read(&contract, parent + 4)).await;
    assert_eq!(node.rpc("eth_getStorageAt", json!([contract, "0x1"])).await, word(0));

    let hash = &receipt["transactionHash"];
    let traced = node.rpc("debug_traceTransaction", json!([hash, { "tracer": "callTracer" }])).await;
    assert_eq!((&traced["output"], &traced["gasUsed"]), (&expected, &receipt["gasUsed"]));
    let block = node.rpc("debug_traceBlockByNumber", json!([receipt["blockNumber"], { "tracer": "callTracer" }])).await;
    assert_eq!(block[0]["result"]["output"], expected);
    assert_eq!(node.rpc("trace_replayTransaction", json!([hash, ["trace"]])).await["output"], expected);
    let chain = node.node.chain().clone();
    let trees = tokio::task::spawn_blocking(move || chain.call_trees(&chain.block(parent + 1).unwrap(), false).unwrap());
    let tree = trees.await.unwrap().concat();
    assert!(tree.contains(&expected.as_str().unwrap()[2..]), "{tree}");
}

#[tokio::test]
async fn snapshots_rollbacks_reorganisations_and_resets_take_it_along() {
    let node = TestNode::start().await;
    mine(&node, 3).await;
    let snapshot = node.rpc("evm_snapshot", json!([])).await;
    mine(&node, 3).await;
    let before = asked(&node, 5).await;
    assert_eq!(node.rpc("evm_revert", json!([snapshot])).await, json!(true));
    check_from(&node, 0).await;
    transfer(&node).await;
    mine(&node, 4).await;
    check_from(&node, 0).await;
    assert_ne!(asked(&node, 5).await, before, "another block");

    let before = asked(&node, 6).await;
    node.rpc("anvil_reorg", json!([3, []])).await;
    mine(&node, 1).await;
    check_from(&node, 0).await;
    assert_ne!(asked(&node, 6).await, before, "another block");

    node.rpc("anvil_rollback", json!([2])).await;
    check_from(&node, 0).await;
    mine(&node, 2).await;
    check_from(&node, 0).await;

    node.rpc("anvil_reset", json!([])).await;
    mine(&node, 2).await;
    check_from(&node, 0).await;
    assert_eq!(node.rpc("eth_getStorageAt", json!([HISTORY, "0x2"])).await, ZERO);
}

#[tokio::test]
async fn a_dump_takes_it_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let node = TestNode::with(|config| NodeConfig { blocks_kept: Some(2), ..config.state(&path) }).await;
    mine(&node, 2).await;
    transfer(&node).await;
    let (first, second) = (asked(&node, 0).await, hash(&node, 2).await);
    mine(&node, 3).await;
    node.node.stop().await.unwrap();
    let node = TestNode::with(|config| config.state(&path)).await;
    mine(&node, 2).await;
    // The blocks themselves are not kept.
    assert_eq!((asked(&node, 0).await, asked(&node, 2).await), (first, second));
    check_from(&node, 5).await;

    // Over the wire, to a chain that has gone further.
    let dump = node.rpc("anvil_dumpState", json!([])).await;
    let other = TestNode::start().await;
    mine(&other, 12).await;
    assert_eq!(other.rpc("anvil_loadState", json!([dump])).await, json!(true));
    check_from(&other, 5).await;
    assert_eq!(other.rpc("eth_getStorageAt", json!([HISTORY, quantity(10)])).await, ZERO);
    mine(&other, 2).await;
    check_from(&other, 5).await;
}

/// A chain that was saved before it had the contract has it from then on, with the hashes of the blocks it was saved with.
#[tokio::test]
async fn a_dump_without_the_contract_gets_it() {
    let node = TestNode::start().await;
    remove_contract(&node).await;
    mine(&node, 4).await;
    assert_eq!(node.rpc("eth_call", json!([{ "to": HISTORY, "data": word(0) }])).await, "0x");
    let dump = node.rpc("anvil_dumpState", json!([])).await;
    let other = TestNode::start().await;
    assert_eq!(other.rpc("anvil_loadState", json!([dump])).await, json!(true));
    assert_eq!(code_hash(&other).await, CODE_HASH);
    check_from(&other, 0).await;
    mine(&other, 2).await;
    check_from(&other, 0).await;
}

/// Anvil has Ethereum's contract, if any; its blocks are known here, and so are their hashes.
#[tokio::test]
async fn a_state_of_anvil_gets_the_contract_with_its_blocks() {
    let node = TestNode::start().await;
    mine(&node, 2).await;
    put_ethereums(&node).await;
    node.rpc("anvil_setBalance", json!([HISTORY, "0x7"])).await;
    transfer(&node).await;
    mine(&node, 2).await;
    let mut dump = serde_json::to_value(node.node.chain().dump_for_anvil().unwrap()).unwrap();
    assert!(dump.as_object_mut().unwrap().remove("stylus_state").is_some(), "what Anvil skips");
    let other = TestNode::start().await;
    mine(&other, 9).await;
    assert_eq!(other.rpc("anvil_loadState", json!([hex::encode_prefixed(dump.to_string())])).await, json!(true));
    assert_eq!(code_hash(&other).await, CODE_HASH);
    assert_eq!(other.rpc("eth_getBalance", json!([HISTORY])).await, quantity(7));
    assert_eq!(hash(&other, 3).await, hash(&node, 3).await);
    check_from(&other, 0).await;
    assert_eq!(other.rpc("eth_getStorageAt", json!([HISTORY, "0x7"])).await, ZERO, "of the blocks that were here before");
    mine(&other, 1).await;
    check_from(&other, 0).await;
}

#[tokio::test]
async fn a_fork_goes_on_with_the_origins() {
    let origin = TestNode::start().await;
    mine(&origin, 2).await;
    transfer(&origin).await;
    mine(&origin, 1).await;
    let fork = TestNode::with(|config| config.fork(fork_of(&origin))).await;
    check_from(&fork, 0).await;
    mine(&origin, 3).await;
    mine(&fork, 1).await;
    transfer(&fork).await;
    check_from(&fork, 0).await;
    assert_eq!(asked_with(&fork, 1, &[quantity(3)]).await, hash(&origin, 1).await, "a block before the fork");
    assert_eq!(asked_with(&fork, 3, &[quantity(3)]).await, Value::Null);

    let dump = fork.rpc("anvil_dumpState", json!([])).await;
    let other = TestNode::with(|config| config.fork(fork_of(&origin).block_number(4))).await;
    mine(&other, 4).await;
    assert_eq!(other.rpc("anvil_loadState", json!([dump])).await, json!(true));
    check_from(&other, 0).await;

    // Blocks are made without the origin, and a hash that it alone has is an error then, not zero.
    let third = TestNode::with(|config| config.fork(fork_of(&origin).block_number(4))).await;
    mine(&third, 1).await;
    origin.node.stop().await.unwrap();
    mine(&third, 2).await;
    let last = third.rpc("eth_getStorageAt", json!([HISTORY, "0x6"])).await;
    assert_eq!(last, hash(&third, 6).await);
    let error = third.client.try_rpc("eth_getStorageAt", json!([HISTORY, "0x1"])).await.unwrap_err();
    assert!(error["message"].as_str().unwrap().starts_with("FORK-001"), "{error}");
}

/// The origin has no contract, as below ArbOS 40, or Ethereum's, whose slots are in another order. The history begins with the fork, as
/// it does with Nitro's upgrade to 40.
#[tokio::test]
async fn a_fork_of_a_chain_without_the_contract_begins_it() {
    // keccak of 31 zero bytes but for its last byte: where ArbOS keeps its release.
    let mut version = keccak256([0; 31]).0;
    version[31] = 0;
    for (release, is_ethereums) in [(32, false), (51, false), (0, true), (51, true)] {
        let origin = TestNode::start().await;
        remove_contract(&origin).await;
        if is_ethereums {
            put_ethereums(&origin).await;
        }
        let arbos = "0xa4b05fffffffffffffffffffffffffffffffffff";
        let slot = B256::from(version);
        assert_eq!(origin.rpc("eth_getStorageAt", json!([arbos, slot])).await, word(51));
        origin.rpc("anvil_setStorageAt", json!([arbos, slot, word(release)])).await;
        mine(&origin, 3).await;
        let fork = TestNode::with(|config| config.fork(fork_of(&origin))).await;
        assert_eq!(code_hash(&fork).await, CODE_HASH, "{release}");
        assert_eq!(fork.rpc("eth_getTransactionCount", json!([HISTORY])).await, quantity(1));
        mine(&fork, 2).await;
        check_from(&fork, 3).await;
        for number in 0..3 {
            assert_eq!(asked(&fork, number).await, ZERO, "block {number} of a chain at {release}");
        }
    }
}

#[tokio::test]
async fn a_genesis_file_of_ethereum_leaves_arbitrums_contract() {
    let account = json!({ "balance": "0x5", "nonce": "0x1", "code": HISTORY_STORAGE_CODE, "storage": { word(0): word(9) } });
    let file = json!({ "alloc": { HISTORY: account } }).to_string();
    let init = Some(std::sync::Arc::new(GenesisFile::parse(file.as_bytes()).unwrap()));
    let node = TestNode::with(|config| NodeConfig { init, ..config }).await;
    assert_eq!(code_hash(&node).await, CODE_HASH);
    assert_eq!(node.rpc("eth_getBalance", json!([HISTORY])).await, quantity(5));
    assert_eq!(node.rpc("eth_getStorageAt", json!([HISTORY, "0x0"])).await, ZERO);
    mine(&node, 2).await;
    check_from(&node, 0).await;
}

#[tokio::test]
async fn overrides_and_code_set_by_hand_go_before_it() {
    let node = TestNode::start().await;
    mine(&node, 4).await;
    let read = |overrides: Value| [json!("latest"), json!({ HISTORY: overrides })];
    assert_eq!(asked_with(&node, 2, &read(json!({ "stateDiff": { word(2): word(7) } }))).await, word(7));
    assert_eq!(asked_with(&node, 3, &read(json!({ "state": { word(2): word(7) } }))).await, ZERO);
    // Returns its calldata.
    let echo = "0x365f5f37365ff3";
    assert_eq!(asked_with(&node, 77, &read(json!({ "code": echo }))).await, word(77));
    check_from(&node, 0).await;

    node.rpc("anvil_setCode", json!([HISTORY, echo])).await;
    mine(&node, 2).await;
    assert_eq!(asked(&node, 77).await, word(77));
    for slot in ["0x4", "0x5"] {
        assert_eq!(node.rpc("eth_getStorageAt", json!([HISTORY, slot])).await, ZERO, "another contract's slots are its own");
    }
    let dump = node.rpc("anvil_dumpState", json!([])).await;
    let other = TestNode::start().await;
    other.rpc("anvil_loadState", json!([dump])).await;
    assert_eq!(asked(&other, 77).await, word(77), "a dump loses nothing");
}

#[tokio::test]
async fn imagined_blocks_remember_imagined_blocks() {
    let node = TestNode::start().await;
    mine(&node, 3).await;
    let read = |number: u64| json!({ "to": HISTORY, "data": word(number) });
    let echo = json!({ HISTORY: { "code": "0x365f5f37365ff3" } });
    let blocks = json!([
        { "calls": [read(3), read(4), read(1)] },
        { "blockOverrides": { "number": "0x7" }, "calls": [read(4), read(5), read(6), read(7)] },
        { "stateOverrides": echo, "calls": [read(7)] },
    ]);
    let answer = node.rpc("eth_simulateV1", json!([{ "blockStateCalls": blocks }])).await;
    let numbers: Vec<_> = answer.as_array().unwrap().iter().map(|block| block["number"].clone()).collect();
    assert_eq!(numbers, [4, 5, 6, 7, 8].map(quantity));
    let said = |block: usize| {
        let calls = answer[block]["calls"].as_array().unwrap();
        calls.iter().map(|call| call["returnData"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(said(0), [hash(&node, 3).await, json!("0x"), hash(&node, 1).await]);
    assert_eq!(said(3), [&answer[0]["hash"], &answer[1]["hash"], &answer[2]["hash"], &json!("0x")].map(Value::clone));
    assert_eq!(said(4), [json!(word(7))]);
    check_from(&node, 0).await;
}
