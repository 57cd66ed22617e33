//! `eth_simulateV1`, `eth_fillTransaction`, signing, and tokens set by hand.

use alloy_primitives::{B256, Bytes, Signature, hex, keccak256};
use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, ENVIRONMENT, INVALID, REVERTER, init_code},
    client::{START, TestNode, number, quantity, word},
};

/// A token of one method: `balanceOf(address)` and everything else answer the word at keccak(owner, 0), as Solidity keeps mappings.
const TOKEN: &str = concat!(
    "600435",         // owner
    "5f52",           // mstore(0, owner)
    "5f602052",       // mstore(0x20, 0)
    "60405f20",       // keccak(0, 0x40)
    "545f5260205ff3", // return sload
);

#[tokio::test]
async fn calls_build_on_each_other_and_blocks_too() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let from = node.account(0);
    let write = |value: u64| json!({ "from": from, "to": counter, "data": word(value) });
    let read = json!({ "from": from, "to": counter });
    let blocks = json!([{ "calls": [write(5), read] }, { "calls": [read, write(6), read] }]);
    let answer = node.rpc("eth_simulateV1", json!([{ "blockStateCalls": blocks }, "latest"])).await;
    assert_eq!(
        [&answer[0]["calls"][1], &answer[1]["calls"][0], &answer[1]["calls"][2]].map(|call| call["returnData"].clone()),
        [word(5), word(5), word(6)].map(|word| json!(word))
    );
    assert_eq!((&answer[0]["number"], &answer[1]["number"]), (&json!("0x2"), &json!("0x3")));
    assert_eq!(answer[1]["parentHash"], answer[0]["hash"]);
    assert_eq!(number(&answer[1]["timestamp"]) - number(&answer[0]["timestamp"]), 12);
    let log = &answer[0]["calls"][0]["logs"][0];
    assert_eq!((&log["data"], &log["blockHash"], &log["logIndex"]), (&json!(word(5)), &answer[0]["hash"], &json!("0x0")));
    assert_eq!(log["transactionHash"], answer[0]["transactions"][0]);
    let used: u64 = answer[1]["calls"].as_array().unwrap().iter().map(|call| number(&call["gasUsed"])).sum();
    assert_eq!(number(&answer[1]["gasUsed"]), used);
    assert_eq!(node.rpc("eth_call", json!([read])).await, word(0), "nothing is kept");
    assert_eq!(node.rpc("eth_blockNumber", json!([])).await, "0x1");
}

#[tokio::test]
async fn overrides_gaps_and_transfers() {
    let node = TestNode::start().await;
    let (poor, rich) = ("0x00000000000000000000000000000000000057aa", "0x00000000000000000000000000000000000057bb");
    let at = "0x00000000000000000000000000000000000057cc";
    let calls = json!([{ "from": poor, "to": rich, "value": "0x5" }, { "from": poor, "to": at }]);
    let block = json!({
        "blockOverrides": { "number": "0x5", "time": quantity(START + 1_000), "baseFeePerGas": "0x7" },
        "stateOverrides": { poor: { "balance": "0x64" }, at: { "code": format!("0x{ENVIRONMENT}") } },
        "calls": calls,
    });
    let payload = json!({ "blockStateCalls": [block], "traceTransfers": true, "returnFullTransactions": true });
    let answer = node.rpc("eth_simulateV1", json!([payload])).await;
    let numbers: Vec<_> = answer.as_array().unwrap().iter().map(|block| number(&block["number"])).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5], "empty blocks fill the gap");
    let last = &answer[4];
    assert_eq!((&last["timestamp"], &last["baseFeePerGas"]), (&quantity(START + 1_000), &json!("0x7")));
    assert_eq!((&last["transactions"][0]["from"], &last["transactions"][0]["value"]), (&json!(poor), &json!("0x5")));
    let transfer = &last["calls"][0]["logs"][0];
    assert_eq!(transfer["address"], "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    assert_eq!((&transfer["topics"][1], &transfer["data"]), (&json!(format!("0x{:0>64}", &poor[2..])), &json!(word(5))));
    let seen = last["calls"][1]["returnData"].as_str().unwrap();
    assert_eq!(&seen[66..130], &word(START + 1_000)[2..], "contracts see the imagined time");
}

#[tokio::test]
async fn failures_of_calls_are_results_and_failures_of_blocks_are_errors() {
    let node = TestNode::start().await;
    let (reverter, invalid) = (node.deploy(&init_code(REVERTER)).await, node.deploy(&init_code(INVALID)).await);
    let calls = json!([{ "to": reverter, "data": "0x6f809c4f" }, { "to": invalid, "gas": "0x10000" }]);
    let answer = node.rpc("eth_simulateV1", json!([{ "blockStateCalls": [{ "calls": calls }] }])).await;
    let reverted = &answer[0]["calls"][0];
    let error = json!({ "code": 3, "message": "execution reverted: custom error 0x6f809c4f", "data": "0x6f809c4f" });
    assert_eq!((&reverted["status"], &reverted["error"], &reverted["returnData"]), (&json!("0x0"), &error, &json!("0x")));
    let halted = &answer[0]["calls"][1];
    assert_eq!((&halted["error"]["code"], &halted["gasUsed"]), (&json!(-32015), &json!("0x10000")));

    let from = node.account(0);
    let call = |fields: Value| {
        let mut call = json!({ "from": from, "to": node.account(1) });
        call.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({ "blockStateCalls": [{ "calls": [call] }], "validation": true })
    };
    let cases = [
        (json!({}), -32602, "empty input"),
        (
            json!({ "blockStateCalls": [{ "blockOverrides": { "number": "0x1" } }] }),
            -32602,
            "block numbers must be in order: 1 <= 2",
        ),
        (
            json!({ "blockStateCalls": [{ "blockOverrides": { "time": "0x1" } }] }),
            -32602,
            "block timestamps must be in order: 1 <= 1700000000",
        ),
        (json!({ "blockStateCalls": [{ "blockOverrides": { "number": "0x103" } }] }), -32602, "too many blocks"),
        (json!({ "blockStateCalls": vec![json!({}); 257] }), -32602, "too many blocks"),
        (call(json!({ "nonce": "0x0" })), -32003, "nonce too low: next nonce 2, tx nonce 0"),
        (call(json!({ "nonce": "0x9" })), -32003, &format!("nonce too high: address {}, tx: 9 state: 2", from.as_str().unwrap())),
        (call(json!({ "maxFeePerGas": "0x1" })), -32003, "max fee per gas less than block base fee"),
        (call(json!({ "gas": "0x5000" })), -32000, "intrinsic gas too low: gas 20480, minimum needed 21000"),
        (call(json!({ "value": "0xffffffffffffffffffffffffffffff" })), -32003, "insufficient funds for gas * price + value"),
    ];
    for (payload, code, message) in cases {
        let error = node.client.try_rpc("eth_simulateV1", json!([payload])).await.expect_err(message);
        let (got, text) = (&error["code"], error["message"].as_str().unwrap().to_lowercase());
        assert!(*got == json!(code) && text.starts_with(&message.to_lowercase()), "{error} instead of {code} {message}");
    }
    let valid = node.rpc("eth_simulateV1", json!([call(json!({ "value": "0x1" }))])).await;
    assert_eq!((&valid[0]["calls"][0]["status"], &valid[0]["calls"][0]["gasUsed"]), (&json!("0x1"), &json!("0x5208")));
}

#[tokio::test]
async fn requests_are_filled_in_and_typed_data_is_signed() {
    let node = TestNode::start().await;
    let from = node.account(0);
    let filled = node.rpc("eth_fillTransaction", json!([{ "from": from, "to": node.account(1), "value": "0x1" }])).await;
    let tx = &filled["tx"];
    assert_eq!((&tx["gas"], &tx["nonce"], &tx["chainId"]), (&json!("0x5208"), &json!("0x0"), &quantity(412_346)));
    assert_eq!((&tx["r"], &tx["s"], &tx["blockHash"]), (&json!("0x0"), &json!("0x0"), &Value::Null));
    assert!(filled["raw"].as_str().unwrap().starts_with("0x02"));
    let found = node.rpc("eth_getTransactionBySenderAndNonce", json!([from, "0x0"])).await;
    assert_eq!(found, Value::Null, "it was not sent");
    let receipt = node.send(json!({ "from": from, "to": node.account(1), "value": "0x1" })).await;
    let found = node.rpc("eth_getTransactionBySenderAndNonce", json!([from, "0x0"])).await;
    assert_eq!(found["hash"], receipt["transactionHash"]);
    let raw = node.rpc("eth_getRawTransactionByHash", json!([found["hash"]])).await;
    assert_eq!(node.rpc("eth_getRawTransactionByBlockNumberAndIndex", json!(["0x1", "0x0"])).await, raw);
    assert_eq!(node.rpc("eth_getRawTransactionByBlockHashAndIndex", json!([receipt["blockHash"], "0x0"])).await, raw);

    let data = json!({
        "types": { "EIP712Domain": [{ "name": "name", "type": "string" }], "Note": [{ "name": "text", "type": "string" }] },
        "primaryType": "Note", "domain": { "name": "test" }, "message": { "text": "hello" },
    });
    // EIP-712 by hand: keccak(1901, domain, struct).
    let domain = keccak256([keccak256("EIP712Domain(string name)"), keccak256("test")].concat());
    let note = keccak256([keccak256("Note(string text)"), keccak256("hello")].concat());
    let hash = keccak256([&[0x19, 0x01][..], domain.as_slice(), note.as_slice()].concat());
    for method in ["eth_signTypedData_v4", "eth_signTypedData_v3", "eth_signTypedData"] {
        let signature = node.rpc(method, json!([from, data])).await;
        let signature = Signature::try_from(&hex::decode(signature.as_str().unwrap()).unwrap()[..]).unwrap();
        assert_eq!(json!(signature.recover_address_from_prehash(&hash).unwrap()), from, "{method}");
    }
    let error = node.client.try_rpc("eth_signTypedData_v4", json!([word(1)[..42], data])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn token_balances_are_set_where_the_token_keeps_them() {
    let node = TestNode::start().await;
    let token = node.deploy(&init_code(TOKEN)).await;
    let owner = node.account(3);
    let data = format!("0x70a08231{:0>64}", &owner.as_str().unwrap()[2..]);
    for (method, amount) in [("anvil_setERC20Balance", 77), ("anvil_dealERC20", 78)] {
        node.rpc(method, json!([owner, token, quantity(amount)])).await;
        assert_eq!(node.rpc("eth_call", json!([{ "to": token, "data": data }])).await, word(amount));
    }
    // This token answers allowances from the same slot.
    node.rpc("anvil_setERC20Allowance", json!([owner, node.account(4), token, "0x9"])).await;
    assert_eq!(node.rpc("eth_call", json!([{ "to": token, "data": data }])).await, word(9));
    let error = node.client.try_rpc("anvil_setERC20Balance", json!([owner, node.account(1), "0x1"])).await.unwrap_err();
    assert_eq!(error["code"], -32602);
}

#[tokio::test]
async fn accounts_blocks_and_code_in_raw_form() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    node.send(json!({ "from": node.account(0), "to": counter, "data": word(9) })).await;
    let code = format!("0x{COUNTER}");
    let hash = keccak256(hex::decode(COUNTER).unwrap());
    let account = node.rpc("eth_getAccount", json!([counter, "latest"])).await;
    assert_eq!((&account["codeHash"], &account["nonce"], &account["balance"]), (&json!(hash), &json!("0x1"), &json!("0x0")));
    let proof = node.rpc("eth_getProof", json!([counter, [], "latest"])).await;
    assert_eq!(account["storageRoot"], proof["storageHash"]);
    let info = node.rpc("eth_getAccountInfo", json!([counter, "latest"])).await;
    assert_eq!(info, json!({ "balance": "0x0", "nonce": "0x1", "code": code }));
    let values = node.rpc("eth_getStorageValues", json!([{ counter.as_str().unwrap(): [word(0), word(1)] }, "latest"])).await;
    assert_eq!(values[counter.as_str().unwrap()], json!([word(9), word(0)]));
    let many = json!([{ counter.as_str().unwrap(): vec![word(0); 1_025] }]);
    assert_eq!(node.client.try_rpc("eth_getStorageValues", many).await.unwrap_err()["message"], "too many slots (max 1024)");
    assert_eq!(node.rpc("debug_codeByHash", json!([hash])).await, json!(code));
    assert_eq!(node.rpc("debug_codeByHash", json!([word(1)])).await, "0x");
    // What is hashed is the raw header; the receipts are those the header commits to.
    let block = node.rpc("eth_getBlockByNumber", json!(["latest", false])).await;
    let raw = |answer: &Value| -> Bytes { answer.as_str().unwrap().parse().unwrap() };
    let header = raw(&node.rpc("debug_getRawHeader", json!(["latest"])).await);
    assert_eq!(json!(keccak256(&header)), block["hash"]);
    let whole = raw(&node.rpc("debug_getRawBlock", json!(["latest"])).await);
    assert!(whole.windows(header.len()).any(|part| part == header.as_ref()), "the block starts with its header");
    let receipts = node.rpc("debug_getRawReceipts", json!(["latest"])).await;
    assert_eq!(receipts.as_array().unwrap().len(), 1);
    assert_ne!(B256::ZERO, keccak256(raw(&receipts[0])));
    assert_eq!(node.rpc("anvil_getGenesisTime", json!([])).await, json!(START));
    let mined = node.rpc("evm_mine_detailed", json!([{ "blocks": 2 }])).await;
    assert_eq!(mined.as_array().unwrap().iter().map(|block| number(&block["number"])).collect::<Vec<_>>(), [3, 4]);
}
