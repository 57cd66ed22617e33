//! A Stylus program from deployment to traces, over JSON-RPC.

use alloy_primitives::{Address, hex};
use alloy_sol_types::{SolCall, sol};
use cor_stylus_vm::prepare::{init_code, prepare, program_code};
use serde_json::{Value, json};

use crate::{
    bytecode::init_code as evm_init_code,
    client::{TestNode, number, quantity, word},
};

sol! {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function codehashVersion(bytes32 codehash) external view returns (uint16 version);
    function setNumber(uint256 number) external;
}

const ARB_WASM: &str = "0x0000000000000000000000000000000000000071";
/// `number()`.
pub(crate) const NUMBER: &str = "0x8381f58a";
/// The sample counter of stylus-sdk.
const COUNTER_WASM: &[u8] = include_bytes!("../../../../test/vectors/stylus/counter.wasm");

pub(crate) fn set_number(value: u64) -> String {
    hex::encode_prefixed(setNumberCall { number: alloy_primitives::U256::from(value) }.abi_encode())
}

pub(crate) async fn deploy(node: &TestNode) -> Value {
    deploy_module(node, COUNTER_WASM).await
}

/// Deploys a module given as text or binary.
async fn deploy_module(node: &TestNode, wasm: &[u8]) -> Value {
    let code = program_code(&prepare(wasm, [0; 32]).unwrap());
    node.deploy(&hex::encode_prefixed(init_code(&code))).await
}

fn activation(program: &Value) -> String {
    let program: Address = program.as_str().unwrap().parse().unwrap();
    hex::encode_prefixed(activateProgramCall { program }.abi_encode())
}

pub(crate) async fn activate(node: &TestNode, program: &Value) {
    let request = json!({ "from": node.account(0), "to": ARB_WASM, "data": activation(program), "value": "0xde0b6b3a7640000" });
    assert_eq!(node.send(request).await["status"], "0x1");
}

/// Deploys and activates a module given as text or binary.
pub(crate) async fn program(node: &TestNode, wasm: &[u8]) -> Value {
    let program = deploy_module(node, wasm).await;
    activate(node, &program).await;
    program
}

#[tokio::test]
async fn deployed_activated_called_reverted_and_traced() {
    let node = TestNode::start().await;
    let program = deploy(&node).await;
    let call = json!({ "from": node.account(0), "to": program, "data": set_number(5), "gas": quantity(2_000_000) });
    // A program that was not activated burns everything.
    let receipt = node.send(call.clone()).await;
    assert_eq!((&receipt["status"], &receipt["gasUsed"]), (&json!("0x0"), &quantity(2_000_000)));
    activate(&node, &program).await;
    let snapshot = node.rpc("evm_snapshot", json!([])).await;
    assert_eq!(number(&node.send(call.clone()).await["gasUsed"]), 94_603);
    assert_eq!(node.rpc("eth_call", json!([{ "to": program, "data": NUMBER }])).await, word(5));
    let second = json!({ "from": node.account(0), "to": program, "data": set_number(7) });
    let receipt = node.send(second.clone()).await;
    assert_eq!(number(&receipt["gasUsed"]), 60_403);
    let trace = node.rpc("debug_traceTransaction", json!([receipt["transactionHash"], { "tracer": "callTracer" }])).await;
    assert_eq!((&trace["to"], &trace["gasUsed"], &trace["input"]), (&program, &receipt["gasUsed"], &json!(set_number(7))));
    node.rpc("evm_revert", json!([snapshot])).await;
    assert_eq!(node.rpc("eth_call", json!([{ "to": program, "data": NUMBER }])).await, word(0));
    assert_eq!(number(&node.send(call).await["gasUsed"]), 94_603);
}

#[tokio::test]
async fn activation_belongs_to_the_state() {
    let node = TestNode::start().await;
    let program = deploy(&node).await;
    let snapshot = node.rpc("evm_snapshot", json!([])).await;
    activate(&node, &program).await;
    assert_eq!(node.rpc("eth_call", json!([{ "to": program, "data": NUMBER }])).await, word(0));
    node.rpc("evm_revert", json!([snapshot])).await;
    assert!(node.client.try_rpc("eth_call", json!([{ "to": program, "data": NUMBER }])).await.is_err());
}

/// Calls what it is given as an activation, with the value, and reverts with what that reverted with.
const ACTIVATOR: &str = "365f5f375f5f365f3460715af13d5f5f3e6017573d5ffd5b00";
/// Its memory can grow, and it does not import the way to pay for that.
const GROWS_UNPAID: &str =
    r#"(module (memory (export "memory") 1) (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;
/// Traps.
const TRAPS: &str =
    r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32) unreachable))"#;

/// The message says what the VM knows; the data is a Nitro node's.
#[tokio::test]
async fn a_refused_activation_says_why() {
    let node = TestNode::start().await;
    let activator = node.deploy(&evm_init_code(ACTIVATOR)).await;
    let damaged = node.deploy(&evm_init_code("eff00000010203")).await;
    let (grows, empty) = (deploy_module(&node, GROWS_UNPAID.as_bytes()).await, r#"(module (memory (export "memory") 1 1))"#);
    for (program, reason) in [
        (grows, "VM-108: missing import vm_hooks.pay_for_memory_grow, and the memory can grow. Import it, as the SDK does."),
        (
            deploy_module(&node, empty.as_bytes()).await,
            "VM-105: no function is exported as user_entrypoint. Mark the contract with #[entrypoint].",
        ),
        (damaged, "VM-206: the program is not a valid brotli stream. Compress it again."),
    ] {
        let message = format!("execution reverted: {reason}");
        for to in [json!(ARB_WASM), activator.clone()] {
            let request =
                json!({ "from": node.account(0), "to": to, "data": activation(&program), "value": "0xde0b6b3a7640000" });
            let expected = json!({ "code": 3, "message": message, "data": "0x" });
            for method in ["eth_call", "eth_estimateGas", "eth_sendTransaction"] {
                let error = node.client.try_rpc(method, json!([request])).await.unwrap_err();
                assert_eq!(error, expected, "{method} to {to}");
            }
            assert_eq!(node.rpc("eth_createAccessList", json!([request])).await["error"], message);
            let blocks = node.rpc("eth_simulateV1", json!([{ "blockStateCalls": [{ "calls": [request] }] }])).await;
            assert_eq!(blocks[0]["calls"][0]["error"]["message"], message);
            let trace = node.rpc("debug_traceCall", json!([request, "latest", { "tracer": "callTracer" }])).await;
            assert_eq!((&trace["error"], &trace["revertReason"]), (&json!("execution reverted"), &json!(reason)));
        }
    }
}

#[tokio::test]
async fn a_program_that_cannot_run_or_stops_says_why() {
    let node = TestNode::start().await;
    let traps = deploy_module(&node, TRAPS.as_bytes()).await;
    let error = node.client.try_rpc("eth_call", json!([{ "to": traps }])).await.unwrap_err();
    let at: Address = traps.as_str().unwrap().parse().unwrap();
    let message = format!(
        "invalid opcode: EVM-120: the program is not activated ({at}). \
         Call activateProgram of ArbWasm (0x0000000000000000000000000000000000000071) with 0.001 ether; what is left comes back."
    );
    assert_eq!(error, json!({ "code": -32000, "message": message }));
    activate(&node, &traps).await;
    let error = node.client.try_rpc("eth_call", json!([{ "to": traps }])).await.unwrap_err();
    let message = format!(
        "execution reverted: EVM-123: the program stopped: wasm trap: wasm `unreachable` instruction executed ({at}). \
         Trace the call with debug_traceCall and the stylusTracer, or look for the panic in the program."
    );
    assert_eq!(error, json!({ "code": 3, "message": message, "data": "0x" }));
}

/// What `cargo stylus check` asks: the code is nowhere but in the request.
#[tokio::test]
async fn a_program_can_be_checked_without_being_deployed() {
    let node = TestNode::start().await;
    let code = program_code(&prepare(COUNTER_WASM, [0; 32]).unwrap());
    let hash = alloy_primitives::keccak256(&code);
    let version = hex::encode_prefixed(codehashVersionCall { codehash: hash }.abi_encode());
    let error = node.client.try_rpc("eth_call", json!([{ "to": ARB_WASM, "data": version }])).await.unwrap_err();
    let message = "execution reverted: ProgramNotActivated: call activateProgram of ArbWasm (0x71) first";
    assert_eq!(error, json!({ "code": 3, "message": message, "data": "0x6f809c4e" }));
    let (from, at) = ("0x00000000000000000000000000000000000000f1", "0x00000000000000000000000000000000000000f2");
    let request = json!({ "from": from, "to": ARB_WASM, "data": activation(&json!(at)), "value": "0xde0b6b3a7640000" });
    let overrides = json!({ from: { "balance": format!("0x{}", "f".repeat(64)) }, at: { "code": hex::encode_prefixed(&code) } });
    let answer = node.rpc("eth_call", json!([request, "latest", overrides])).await;
    let answer = activateProgramCall::abi_decode_returns(&hex::decode(answer.as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(answer.version, 2);
    assert!(!answer.dataFee.is_zero());
}

/// A program reads slots without any instruction an inspector could see.
#[tokio::test]
async fn access_lists_hold_the_slots_of_programs() {
    let node = TestNode::start().await;
    let program = deploy(&node).await;
    activate(&node, &program).await;
    let request = json!({ "from": node.account(0), "to": program, "data": set_number(5) });
    let answer = node.rpc("eth_createAccessList", json!([request])).await;
    // The program's own host calls say which slots it uses.
    let calls = node.rpc("debug_traceCall", json!([request, "latest", { "tracer": "stylusTracer" }])).await;
    let is_slot = |call: &&Value| matches!(call["name"].as_str(), Some("storage_load_bytes32" | "storage_cache_bytes32"));
    let mut slots: Vec<String> =
        calls.as_array().unwrap().iter().filter(is_slot).map(|call| call["args"].as_str().unwrap()[..66].to_owned()).collect();
    slots.sort_unstable();
    slots.dedup();
    assert!(slots.contains(&word(0)), "the number is in the first slot: {slots:?}");
    assert_eq!(answer["accessList"], json!([{ "address": program, "storageKeys": slots }]));
}
