//! What goes wrong has the code and the text that wallets expect.

use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, INVALID, REVERTER, init_code},
    client::{TestNode, quantity, word},
};

#[tokio::test]
async fn requests_that_cannot_be_understood() {
    let node = TestNode::start().await;
    let cases: [(&str, Value, i64); 12] = [
        ("eth_nothing", json!([]), -32601),
        ("eth_getBalance", json!([]), -32602),
        ("eth_getBalance", json!(["0x12"]), -32602),
        ("eth_getBalance", json!(["zz"]), -32602),
        ("eth_getBalance", json!([node.account(0), "0x0", 1]), -32602),
        ("eth_getBalance", json!({ "address": node.account(0) }), -32602),
        ("eth_getBlockByNumber", json!(["newest", false]), -32602),
        ("eth_getBlockByHash", json!(["0x01", false]), -32602),
        ("eth_sendRawTransaction", json!(["0xzz"]), -32602),
        ("eth_sendRawTransaction", json!(["0x02c0"]), -32602),
        ("evm_increaseTime", json!(["soon"]), -32602),
        ("eth_call", json!([{ "to": node.account(1), "data": "0x01", "input": "0x02" }]), -32602),
    ];
    for (method, params, code) in cases {
        let error = node.client.try_rpc(method, params.clone()).await.expect_err(method);
        assert_eq!(error["code"], code, "{method} {params}: {error}");
    }
}

#[tokio::test]
async fn transactions_that_are_refused() {
    let node = TestNode::start().await;
    node.send(json!({ "from": node.account(0), "to": node.account(1) })).await;
    let from = node.account(0);
    let huge = "0xffffffffffffffffffffffffffff";
    let with = |field: &str, value: Value| {
        let mut request = json!({ "from": from, "to": node.account(1), "gas": "0x5208", "nonce": "0x1" });
        request[field] = value;
        request
    };
    let cases = [
        (with("nonce", json!("0x0")), -32003, "already known"),
        (with("value", json!(huge)), -32003, "insufficient funds for gas * price + value"),
        (with("gas", json!("0x5207")), -32000, "intrinsic gas too low: gas 20999, minimum needed 21000"),
        (with("gas", json!("0x5000000000000")), -32000, "exceeds block gas limit"),
        (with("maxFeePerGas", json!("0x1")), -32003, "max fee per gas less than block base fee"),
        (with("chainId", json!("0x1")), -32003, "invalid chain id for signer: have 1 want 412346"),
        (with("nonce", json!("0xffffffffffffffff")), -32003, "nonce has max value"),
    ];
    for (request, code, message) in cases {
        let error = node.client.try_rpc("eth_sendTransaction", json!([request])).await.expect_err(message);
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().unwrap().starts_with(message), "{error} instead of {message}");
    }
    let signed = node.rpc("eth_signTransaction", json!([with("nonce", json!("0x1"))])).await;
    node.rpc("eth_sendRawTransaction", json!([signed["raw"]])).await;
    let error = node.client.try_rpc("eth_sendRawTransaction", json!([signed["raw"]])).await.unwrap_err();
    assert_eq!(error["message"], "already known");
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
        (json!({ "to": reverter, "data": "0x6f809c4e" }), 3, "execution reverted: custom error 0x6f809c4e", json!("0x6f809c4e")),
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
    for (body, expected) in [("{", -32700), ("{}", -32700), ("[]", -32600), ("\"x\"", -32700), ("", -32700)] {
        let (_, answer) = node.client.post(body, "").await;
        assert_eq!(code(&answer), json!(expected), "{body}: {answer}");
    }
    let batch = |count: usize| json!(vec![json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" }); count]).to_string();
    let (_, answer) = node.client.post(&batch(1000), "").await;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&answer).unwrap().len(), 1000);
    let (_, answer) = node.client.post(&batch(1001), "").await;
    assert_eq!(code(&answer), json!(-32010), "{answer}");
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
