//! Changing accounts by hand and acting for them.

use std::time::Duration;

use cor_anvil::{Mining, NodeConfig};
use serde_json::json;

use crate::{
    bytecode::{COUNTER, PROXY, init_code},
    client::{TestNode, quantity, word},
};

const STRANGER: &str = "0x00000000000000000000000000000000000057aa";

#[tokio::test]
async fn balance_nonce_code_and_storage_can_be_set() {
    let node = TestNode::start().await;
    node.rpc("anvil_setBalance", json!([STRANGER, "0x64"])).await;
    node.rpc("anvil_addBalance", json!([STRANGER, "0x1"])).await;
    node.rpc("hardhat_setNonce", json!([STRANGER, "0x7"])).await;
    node.rpc("anvil_setCode", json!([STRANGER, format!("0x{COUNTER}")])).await;
    assert_eq!(node.rpc("anvil_setStorageAt", json!([STRANGER, "0x0", word(42)])).await, json!(true));
    assert_eq!(node.rpc("eth_getBalance", json!([STRANGER])).await, quantity(101));
    assert_eq!(node.rpc("eth_getTransactionCount", json!([STRANGER])).await, quantity(7));
    assert_eq!(node.rpc("eth_call", json!([{ "to": STRANGER }])).await, word(42));
    // The next block builds on it.
    let receipt = node.send(json!({ "from": node.account(0), "to": STRANGER, "data": word(43) })).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(node.rpc("eth_getStorageAt", json!([STRANGER, "0x0"])).await, word(43));
    node.rpc("anvil_setCode", json!([STRANGER, "0x"])).await;
    assert_eq!(node.rpc("eth_getCode", json!([STRANGER])).await, "0x");
}

#[tokio::test]
async fn a_stranger_can_be_impersonated_even_a_contract() {
    let node = TestNode::start().await;
    let contract = node.deploy(&init_code(COUNTER)).await;
    for sender in [json!(STRANGER), contract] {
        node.rpc("anvil_setBalance", json!([sender, "0xde0b6b3a7640000"])).await;
        let request = json!({ "from": sender, "to": node.account(1), "value": "0x1" });
        let error = node.client.try_rpc("eth_sendTransaction", json!([request])).await.unwrap_err();
        assert_eq!(error["code"], -32602, "{error}");
        node.rpc("anvil_impersonateAccount", json!([sender])).await;
        let receipt = node.send(request.clone()).await;
        assert_eq!((&receipt["status"], &receipt["from"]), (&json!("0x1"), &sender));
        let tx = node.rpc("eth_getTransactionByHash", json!([receipt["transactionHash"]])).await;
        assert_eq!((&tx["from"], &tx["hash"]), (&sender, &receipt["transactionHash"]));
        node.rpc("anvil_stopImpersonatingAccount", json!([sender])).await;
        assert!(node.client.try_rpc("eth_sendTransaction", json!([request])).await.is_err());
    }
}

#[tokio::test]
async fn equal_transactions_of_two_impersonated_senders_are_two_transactions() {
    let node = TestNode::start().await;
    node.rpc("anvil_autoImpersonateAccount", json!([true])).await;
    let mut hashes = Vec::new();
    for sender in ["0x0000000000000000000000000000000000000c01", "0x0000000000000000000000000000000000000c02"] {
        node.rpc("anvil_setBalance", json!([sender, "0xde0b6b3a7640000"])).await;
        hashes.push(node.rpc("eth_sendTransaction", json!([{ "from": sender, "to": STRANGER }])).await);
    }
    assert_ne!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn unsigned_transactions_need_no_key() {
    let node = TestNode::start().await;
    node.rpc("anvil_setBalance", json!([STRANGER, "0xde0b6b3a7640000"])).await;
    let hash = node.rpc("eth_sendUnsignedTransaction", json!([{ "from": STRANGER, "to": node.account(1) }])).await;
    assert_eq!(node.rpc("eth_getTransactionReceipt", json!([hash])).await["from"], STRANGER);
}

#[tokio::test]
async fn contracts_call_each_other() {
    let node = TestNode::start().await;
    let (counter, proxy) = (node.deploy(&init_code(COUNTER)).await, node.deploy(&init_code(PROXY)).await);
    let target = format!("0x{:0>64}", &counter.as_str().unwrap()[2..]);
    let receipt = node.send(json!({ "from": node.account(0), "to": proxy, "data": format!("{target}{}", &word(9)[2..]) })).await;
    assert_eq!(receipt["logs"][0]["address"], counter);
    assert_eq!(node.rpc("eth_call", json!([{ "to": proxy, "data": target }])).await, word(9));
}

#[tokio::test]
async fn messages_are_signed_with_the_accounts_key() {
    let node = TestNode::start().await;
    let a = node.rpc("personal_sign", json!(["0x68656c6c6f", node.account(0)])).await;
    let b = node.rpc("eth_sign", json!([node.account(0), "0x68656c6c6f"])).await;
    assert_eq!(a, b);
    let signature: alloy_primitives::Signature = a.as_str().unwrap().parse().unwrap();
    assert_eq!(signature.recover_address_from_msg(b"hello").unwrap(), node.node.accounts()[0].address);
    let error = node.client.try_rpc("eth_sign", json!([STRANGER, "0x00"])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn a_signed_transaction_is_taken_from_anyone() {
    let node = TestNode::start().await;
    let signed = node.rpc("eth_signTransaction", json!([{ "from": node.account(0), "to": STRANGER, "value": "0x3" }])).await;
    assert_eq!(node.rpc("eth_getBalance", json!([STRANGER])).await, quantity(0));
    let receipt = node.rpc("eth_sendRawTransactionSync", json!([signed["raw"]])).await;
    assert_eq!((&receipt["status"], &receipt["transactionHash"]), (&json!("0x1"), &signed["tx"]["hash"]));
    assert_eq!(node.rpc("eth_getBalance", json!([STRANGER])).await, quantity(3));
    let raw = node.rpc("eth_getRawTransactionByHash", json!([signed["tx"]["hash"]])).await;
    assert_eq!(raw, signed["raw"]);
}

/// EIP-7966: the error has code 4 and the hash, for the transaction was accepted and may still be mined.
#[tokio::test]
async fn a_transaction_that_is_not_mined_in_time_is_told_with_its_hash() {
    let node = TestNode::with(|config| NodeConfig { mining: Mining::Manual, ..config }).await;
    let request = json!({ "from": node.account(0), "to": STRANGER, "gas": "0x5208" });
    let signed = node.rpc("eth_signTransaction", json!([request])).await;
    let cases = [
        ("eth_sendRawTransactionSync", json!([signed["raw"], 300]), 300),
        ("eth_sendTransactionSync", json!([request, "0x12c"]), 300),
        ("eth_sendTransactionSync", json!([request]), 2_000),
    ];
    for (method, params, millis) in cases {
        let waiting = node.client.try_rpc(method, params);
        tokio::pin!(waiting);
        let error = loop {
            tokio::select! {
                answer = &mut waiting => break answer.unwrap_err(),
                () = tokio::task::yield_now() => node.clock.advance(Duration::from_millis(100)),
            }
        };
        let hash = &error["data"];
        assert_eq!(error["code"], 4, "{error}");
        let message =
            format!("CHAIN-124: the transaction {} was accepted, but not mined within {millis} ms. ", hash.as_str().unwrap());
        assert!(error["message"].as_str().unwrap().starts_with(&message), "{error}");
        node.rpc("evm_mine", json!([])).await;
        assert_eq!(node.rpc("eth_getTransactionReceipt", json!([hash])).await["status"], "0x1", "{method}");
    }
}
