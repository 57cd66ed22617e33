//! What goes wrong has the code and the text that wallets expect.

use cor_anvil::NodeConfig;
use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, INVALID, LOGGER, REVERTER, init_code},
    client::{TestNode, quantity, word},
};

/// Sends every row's request and compares the whole error.
async fn check(node: &TestNode, rows: Vec<(&str, Value, i64, String)>) {
    for (method, params, code, message) in rows {
        let error = node.client.try_rpc(method, params.clone()).await.expect_err(&message);
        assert_eq!(error, json!({ "code": code, "message": message }), "{method} {params}");
    }
}

#[tokio::test]
async fn requests_that_cannot_be_understood() {
    let node = TestNode::start().await;
    let (known, hash) = (node.account(0), word(1));
    let rows = [
        ("eth_nothing", json!([]), -32601, "Method not found"),
        ("", json!([]), -32601, "Method not found"),
        ("eth_getBalance", json!([]), -32602, "missing value for required argument 0"),
        (
            "eth_getBalance",
            json!([null]),
            -32602,
            "invalid argument 0: invalid type: null, expected 20 bytes, represented as a hex string of length 40, an array of u8, or raw bytes at line 1 column 4",
        ),
        ("eth_getBalance", json!(["0x12"]), -32602, "invalid argument 0: invalid string length at line 1 column 6"),
        ("eth_getBalance", json!([known, "0x0", 1]), -32602, "too many arguments, want at most 2"),
        ("eth_getBalance", json!({ "address": known }), -32602, "non-array args"),
        ("eth_getBlockByHash", json!(["0x01", false]), -32602, "invalid argument 0: invalid string length at line 1 column 6"),
        (
            "evm_increaseTime",
            json!(["soon"]),
            -32602,
            "invalid argument 0: \"soon\": invalid digit found in string at line 1 column 6",
        ),
        ("evm_increaseTime", json!([-1]), -32602, "invalid argument 0: -1 is negative at line 1 column 2"),
        (
            "eth_getStorageAt",
            json!([known, "zz"]),
            -32602,
            "invalid argument 1: data did not match any variant of untagged enum JsonStorageKey",
        ),
        ("eth_sendRawTransaction", json!(["0x02c0"]), -32602, "failed to decode signed transaction: input too short"),
        ("eth_sendRawTransaction", json!(["0x7ec0"]), -32602, "failed to decode signed transaction: unexpected tx type"),
        (
            "eth_call",
            json!([{ "to": known, "data": "0x01", "input": "0x02" }]),
            -32602,
            "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data",
        ),
        (
            "eth_call",
            json!([{ "to": known, "gasPrice": "0x1", "maxFeePerGas": "0x1" }]),
            -32602,
            "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified",
        ),
        ("eth_feeHistory", json!(["0x1", "latest", [50, 10]]), -32602, "invalid reward percentile: they must grow from 0 to 100"),
        ("eth_feeHistory", json!(["0x1", "latest", vec![1; 101]]), -32602, "over the query limit 100 of percentiles"),
        (
            "anvil_mine",
            json!([100_001]),
            -32602,
            "CHAIN-126: too many blocks to mine: 100001, the limit is 100000. Ask for less at a time.",
        ),
        (
            "eth_getProof",
            json!([known, vec![hash; 1_025]]),
            -32602,
            "CHAIN-126: too many slots to prove: 1025, the limit is 1024. Ask for less at a time.",
        ),
        (
            "eth_newFilter",
            json!([{ "blockHash": word(1) }]),
            -32602,
            "CHAIN-127: a filter on a block hash cannot be installed; eth_getLogs takes one. \
             Leave that part out, or ask as the message says.",
        ),
    ];
    check(&node, rows.map(|(method, params, code, message)| (method, params, code, message.to_owned())).into()).await;
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["newest", false])),
        ("eth_getBalance", json!(["zz"])),
        ("eth_sendRawTransaction", json!(["0xzz"])),
    ] {
        let error = node.client.try_rpc(method, params).await.expect_err(method);
        assert_eq!(error["code"], -32602, "{error}");
        assert!(error["message"].as_str().unwrap().starts_with("invalid argument 0: "), "{error}");
    }
}

#[tokio::test]
async fn what_is_not_there() {
    let node = TestNode::with(|config| NodeConfig { states_kept: 2, ..config }).await;
    node.rpc("anvil_mine", json!([5])).await;
    let (known, hash) = (node.account(0), word(1));
    let beyond = "BlockOutOfRangeError: block height is 5 but requested was 99";
    let pruned = "CHAIN-109: state of block 1 is not available: states are kept from block 4 on. \
                  Start the node with a larger --max-persisted-states.";
    let no_signer = "CHAIN-111: unknown account 0x00000000000000000000000000000000000057Aa: its key is not here. \
                     Impersonate the account with anvil_impersonateAccount.";
    let stranger = "0x00000000000000000000000000000000000057aa";
    let rows = [
        ("eth_getBalance", json!([known, "0x63"]), -32602, beyond.to_owned()),
        ("eth_call", json!([{ "to": known }, "0x63"]), -32602, beyond.to_owned()),
        ("eth_getBalance", json!([known, { "blockHash": word(1) }]), -32001, "block not found".to_owned()),
        ("debug_traceBlockByNumber", json!(["0x63"]), -32001, "block not found".to_owned()),
        ("debug_traceTransaction", json!([hash]), -32001, format!("transaction not found: {hash}")),
        ("eth_getBalance", json!([known, "0x1"]), -32000, pruned.to_owned()),
        ("eth_call", json!([{ "to": known }, "0x1"]), -32000, pruned.to_owned()),
        ("eth_getFilterChanges", json!(["0x63"]), -32000, "filter not found".to_owned()),
        ("eth_getFilterLogs", json!(["0x63"]), -32000, "filter not found".to_owned()),
        ("eth_getLogs", json!([{ "blockHash": word(1) }]), -32001, "block not found".to_owned()),
        (
            "eth_getLogs",
            json!([{ "fromBlock": "0x5", "toBlock": "0x1" }]),
            -32602,
            "invalid block range: from 5 to 1, head 5".to_owned(),
        ),
        ("eth_sign", json!([stranger, "0x12"]), -32602, no_signer.to_owned()),
        ("eth_sendTransaction", json!([{ "from": stranger, "to": known, "gas": "0x5208" }]), -32602, no_signer.to_owned()),
        (
            "evm_setNextBlockTimestamp",
            json!(["0x1"]),
            -32602,
            format!("Timestamp error: 1 is lower than previous block's timestamp {}", node.node.chain().latest().timestamp()),
        ),
        (
            "anvil_rollback",
            json!([99]),
            -32000,
            "CHAIN-120: cannot go back 99 blocks from block 5: the oldest block with a state is 4. Ask for a smaller depth."
                .to_owned(),
        ),
    ];
    check(&node, rows.into()).await;
    assert_eq!(node.rpc("evm_revert", json!(["0x63"])).await, false);
    assert_eq!(node.rpc("eth_uninstallFilter", json!(["0x63"])).await, false);
}

#[tokio::test]
async fn transactions_that_are_refused() {
    let node = TestNode::start().await;
    node.send(json!({ "from": node.account(0), "to": node.account(1), "maxFeePerGas": "0x5f5e100" })).await;
    let from = node.account(0);
    let sender = node.node.accounts()[0].address;
    let with = |fields: Value| {
        let mut request = json!({ "from": from, "to": node.account(1), "gas": "0x5208", "nonce": "0x1" });
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!([request])
    };
    let have = node.node.chain().state(None).unwrap().info(sender).unwrap().unwrap().balance;
    let funds = format!(
        "insufficient funds for gas * price + value: address {sender} have {have} want 5192296858534827628534696329220095"
    );
    let rows = [
        (json!({ "nonce": "0x0", "value": "0x1" }), -32003, "nonce too low: next nonce 1, tx nonce 0".to_owned()),
        (json!({ "nonce": "0xffffffffffffffff" }), -32003, format!("nonce has max value: address {sender}")),
        (
            json!({ "value": "0xffffffffffffffffffffffffffff", "maxFeePerGas": "0x5f5e100" }),
            -32003,
            funds.replace(
                "5192296858534827628534696329220095",
                &format!("{}", 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_u128 + 21_000 * 100_000_000),
            ),
        ),
        (json!({ "gas": "0x5207" }), -32000, "intrinsic gas too low: gas 20999, minimum needed 21000".to_owned()),
        (
            json!({ "gas": "0x5000000000000" }),
            -32000,
            "exceeds block gas limit: gas 1407374883553280, block gas limit 1125899906842624".to_owned(),
        ),
        (
            json!({ "maxFeePerGas": "0x1" }),
            -32003,
            format!("max fee per gas less than block base fee: address {sender}, maxFeePerGas: 1, baseFee: 100000000"),
        ),
        (
            json!({ "maxFeePerGas": "0x77359400", "maxPriorityFeePerGas": "0x77359401" }),
            -32003,
            "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: 2000000001, maxFeePerGas: 2000000000"
                .to_owned(),
        ),
        (json!({ "chainId": "0x1" }), -32003, "invalid chain id for signer: have 1 want 412346".to_owned()),
        (json!({ "type": "0x3" }), -32003, "transaction type not supported: 3".to_owned()),
        (json!({ "type": "0x7e" }), -32003, "transaction type not supported: 126".to_owned()),
        (
            json!({ "data": format!("0x{}", "01".repeat(131_072)), "gas": "0x989680" }),
            -32003,
            "oversized data: transaction size 131186, limit 131072".to_owned(),
        ),
    ];
    check(&node, rows.into_iter().map(|(fields, code, message)| ("eth_sendTransaction", with(fields), code, message)).collect())
        .await;
    let signed = node.rpc("eth_signTransaction", with(json!({}))).await;
    node.rpc("eth_sendRawTransaction", json!([signed["raw"]])).await;
    check(&node, vec![("eth_sendRawTransaction", json!([signed["raw"]]), -32003, "already known".to_owned())]).await;
    let chain = node.node.chain();
    assert_eq!(
        (chain.pool().unwrap().pending.len(), chain.pool().unwrap().queued.len()),
        (0, 0),
        "nothing that was refused is kept"
    );
}

#[tokio::test]
async fn as_many_as_the_node_keeps() {
    let node = TestNode::start().await;
    for _ in 0..cor_anvil::chain::FILTERS_MAX {
        node.node.chain().new_block_filter().unwrap();
    }
    let most = cor_anvil::chain::FILTERS_MAX;
    let message = format!("CHAIN-114: too many filters: {most} are installed. Uninstall filters that are not used.");
    let rows =
        ["eth_newBlockFilter", "eth_newPendingTransactionFilter"].map(|method| (method, json!([]), -32005, message.clone()));
    check(&node, rows.into()).await;
    check(&node, vec![("eth_newFilter", json!([{}]), -32005, message.clone())]).await;
}

#[tokio::test]
async fn more_logs_than_an_answer_holds() {
    let node = TestNode::start().await;
    let logger = node.deploy(&init_code(LOGGER)).await;
    // Three blocks of these are over the limit; one transaction could not make as many.
    const LOGS: u64 = 34_000;
    for _ in 0..3 {
        let request = json!({ "from": node.account(0), "to": logger, "data": word(LOGS), "gas": quantity(31_900_000) });
        assert_eq!(node.send(request).await["status"], "0x1");
    }
    assert_eq!(cor_anvil::chain::LOGS_MAX, 100_000);
    let message = "query returned more than 100000 results; narrow the range, for example to blocks 0-3".to_owned();
    check(&node, vec![("eth_getLogs", json!([{ "fromBlock": "0x0", "address": logger }]), -32005, message)]).await;
    let two = node.rpc("eth_getLogs", json!([{ "fromBlock": "0x2", "toBlock": "0x3" }])).await;
    assert_eq!(two.as_array().unwrap().len() as u64, 2 * LOGS);
}

#[tokio::test]
async fn calls_that_fail_say_why_and_carry_the_data() {
    let node = TestNode::start().await;
    let reverter = node.deploy(&init_code(REVERTER)).await;
    let invalid = node.deploy(&init_code(INVALID)).await;
    let reason = "0x08c379a0\
        0000000000000000000000000000000000000000000000000000000000000020\
        0000000000000000000000000000000000000000000000000000000000000008\
        6e6f206d6f6e6579000000000000000000000000000000000000000000000000";
    let cases = [
        (json!({ "to": reverter }), 3, "execution reverted", json!("0x")),
        (json!({ "to": reverter, "data": "0x6f809c4f" }), 3, "execution reverted: custom error 0x6f809c4f", json!("0x6f809c4f")),
        (json!({ "to": reverter, "data": reason }), 3, "execution reverted: no money", json!(reason)),
        (json!({ "to": invalid }), -32000, "invalid opcode: INVALID", Value::Null),
        (
            json!({ "from": "0x00000000000000000000000000000000000057aa", "to": invalid, "value": "0x1" }),
            -32003,
            "insufficient funds for gas * price + value: address 0x00000000000000000000000000000000000057Aa have 0 want 1",
            Value::Null,
        ),
        (
            json!({ "to": invalid, "gasPrice": "0x1" }),
            -32003,
            "max fee per gas less than block base fee: address 0x0000000000000000000000000000000000000000, maxFeePerGas: 1, baseFee: 100000000",
            Value::Null,
        ),
    ];
    for method in ["eth_call", "eth_estimateGas"] {
        for (request, code, message, data) in &cases {
            let error = node.client.try_rpc(method, json!([request])).await.expect_err(message);
            assert_eq!((&error["code"], &error["message"]), (&json!(code), &json!(message)), "{method} {request}");
            assert_eq!(error.get("data").unwrap_or(&Value::Null), data, "{method} {request}");
        }
    }
}

#[tokio::test]
async fn gas_that_is_never_enough() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    let request = json!({ "from": node.account(0), "to": counter, "data": word(1), "gas": "0x6000" });
    let error = node.client.try_rpc("eth_estimateGas", json!([request])).await.unwrap_err();
    assert_eq!((&error["code"], &error["message"]), (&json!(-32000), &json!("gas required exceeds allowance (24576)")));
    let error = node.client.try_rpc("eth_call", json!([request])).await.unwrap_err();
    assert_eq!((&error["code"], &error["message"]), (&json!(-32000), &json!("out of gas")));
    let receipt = node.send(request).await;
    assert_eq!((&receipt["status"], &receipt["gasUsed"]), (&json!("0x0"), &quantity(0x6000)));
}

#[tokio::test]
async fn bodies_that_are_no_requests() {
    let node = TestNode::start().await;
    let code = |answer: &str| serde_json::from_str::<Value>(answer).unwrap()["error"]["code"].clone();
    let (parse, invalid) =
        (json!({ "code": -32700, "message": "Parse error" }), json!({ "code": -32600, "message": "Invalid request" }));
    let bodies = [
        ("{", &parse, Value::Null),
        ("{}", &parse, Value::Null),
        ("\"x\"", &parse, Value::Null),
        ("null", &parse, Value::Null),
        ("", &parse, Value::Null),
        ("[]", &invalid, Value::Null),
        (r#"{"jsonrpc":"2.0","id":1}"#, &invalid, json!(1)),
        (r#"{"jsonrpc":"1.0","id":2,"method":"eth_chainId"}"#, &invalid, json!(2)),
        (r#"{"id":3,"method":"eth_chainId"}"#, &invalid, json!(3)),
        (r#"{"jsonrpc":"2.0","id":4,"method":5}"#, &invalid, json!(4)),
    ];
    for (body, error, id) in bodies {
        let (_, answer) = node.client.post(body, "").await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": id, "error": error }), "{body}");
    }
    let mixed = r#"[{"jsonrpc":"2.0","id":1,"method":"net_listening"},1,{}]"#;
    let (_, answer) = node.client.post(mixed, "").await;
    let refused = json!({ "jsonrpc": "2.0", "id": null, "error": invalid });
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer, json!([{ "jsonrpc": "2.0", "id": 1, "result": true }, refused, refused]));
    let batch = |count: usize| json!(vec![json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" }); count]).to_string();
    let (_, answer) = node.client.post(&batch(1000), "").await;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&answer).unwrap().len(), 1000);
    let (_, answer) = node.client.post(&batch(1001), "").await;
    assert_eq!(code(&answer), json!(-32010), "{answer}");
    // A body over the limit is refused by its announced length, before it is read.
    let length = format!("Content-Length: {}\r\n", 128 * 1024 * 1024 + 1);
    let (head, _) = node.client.head_only(&length).await;
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
}

#[tokio::test]
async fn parameters_may_be_missing_or_null() {
    let node = TestNode::start().await;
    for params in ["", ",\"params\":null", ",\"params\":[]", ",\"params\":[null]"] {
        for method in ["eth_gasPrice", "eth_chainId", "evm_mine", "eth_accounts"] {
            let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"{method}\"{params}}}");
            let (_, answer) = node.client.post(&body, "").await;
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert!(answer.get("result").is_some_and(|result| !result.is_null()), "{body}: {answer}");
        }
    }
}

#[tokio::test]
async fn browsers_may_call() {
    let node = TestNode::start().await;
    let (head, _) = node.client.http("OPTIONS", "", "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.to_lowercase().contains("access-control-allow-origin: *"), "{head}");
    let (head, _) =
        node.client.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\"}", "Origin: http://localhost:3000\r\n").await;
    assert!(head.to_lowercase().contains("access-control-allow-origin: *"), "{head}");
}
