//! Watching a node.

use cor_anvil::{Activity, chain::ChainError, evm::ProgramFailure};
use serde_json::json;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use crate::{
    bytecode::{INVALID, LOGGER, PROXY, REVERTER, init_code},
    client::{TestNode, word},
    stylus::program,
};

/// What happened so far, in short.
fn seen(activity: &mut Receiver<Activity>) -> Vec<String> {
    let next = || match activity.try_recv() {
        Ok(Activity::Called(method)) => Some(method.to_owned()),
        Ok(Activity::Mined(block)) => Some(format!("block {} with {}", block.number(), block.transactions.len())),
        Err(TryRecvError::Empty) => None,
        Err(error) => panic!("{error}"),
    };
    std::iter::from_fn(next).collect()
}

#[tokio::test]
async fn methods_and_blocks_are_told_in_their_order() {
    let node = TestNode::start().await;
    let mut activity = node.node.chain().activity();
    node.send(json!({ "from": node.account(0), "to": node.account(1), "value": "0x1" })).await;
    node.rpc("evm_mine", json!([])).await;
    node.client.try_rpc("eth_nothing", json!([])).await.unwrap_err();
    let expected = ["eth_sendTransaction", "block 1 with 1", "eth_getTransactionReceipt", "evm_mine", "block 2 with 0"];
    assert_eq!(seen(&mut activity), expected);
}

#[tokio::test]
async fn a_receipt_says_why_its_transaction_failed() {
    let node = TestNode::start().await;
    let traps =
        r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32) unreachable))"#;
    let (traps, reverter, invalid) =
        (program(&node, traps.as_bytes()).await, node.deploy(&init_code(REVERTER)).await, node.deploy(&init_code(INVALID)).await);
    for (to, message) in [
        (node.account(1), None),
        (reverter, Some("execution reverted")),
        (invalid, Some("invalid opcode: INVALID")),
        (traps.clone(), Some("execution reverted")),
    ] {
        node.send(json!({ "from": node.account(0), "to": to, "gas": "0x186a0" })).await;
        let block = node.node.chain().latest();
        let error = block.receipts[0].error();
        assert_eq!(error.as_ref().map(ToString::to_string).as_deref(), message);
        let reason = error.as_ref().and_then(ChainError::reason);
        assert_eq!(reason.is_some(), to == traps, "{error:?}");
        if let Some(reason) = reason {
            let ProgramFailure::Stopped { address, .. } = reason else { panic!("{reason:?}") };
            assert_eq!(json!(address), traps);
            let text = format!("the program stopped: wasm trap: wasm `unreachable` instruction executed ({address})");
            assert_eq!(reason.to_string(), text);
        }
    }
}

#[tokio::test]
async fn calls_are_shown_as_trees() {
    let node = TestNode::start().await;
    let (proxy, logger) = (node.deploy(&init_code(PROXY)).await, node.deploy(&init_code(LOGGER)).await);
    let data = format!("0x{:0>64}{:064x}", &logger.as_str().unwrap()[2..], 1);
    node.send(json!({ "from": node.account(0), "to": proxy, "data": data })).await;
    let chain = node.node.chain();
    let trees = chain.call_trees(&chain.latest(), false).unwrap();
    let [tree] = &trees[..] else { panic!("one transaction: {trees:?}") };
    let lower = tree.to_lowercase();
    let place = |part: &str| lower.find(part).unwrap_or_else(|| panic!("no {part} in {tree}"));
    assert!(place(proxy.as_str().unwrap()) < place(logger.as_str().unwrap()));
    // The calldata holds the same word, further up.
    let topic = lower.rfind(&word(1)[2..]).unwrap();
    assert!(place(logger.as_str().unwrap()) < topic, "the log is below its contract: {tree}");
    assert!(!tree.contains('\x1b') && chain.call_trees(&chain.latest(), true).unwrap()[0].contains('\x1b'));
}
