//! A wallet by ethers 6, unchanged: over HTTP and WebSocket, from a transfer to a decoded error.

use alloy::primitives::{Address, U256, address};
use cor_kit::{COR, TestNet, foreign::script};
use cor_sol::cor::ICor;
use serde_json::{Value, json};

/// Where `wallet.mjs` sends 5 and 6 units: the address of the key `keccak256("token receiver")`.
const RECEIVER: Address = address!("0xF3AB14959F7A872E57DF5F87EB0f1691FAEAa311");

/// What the script saw of the token is also what the contract says.
async fn assert_transfers(net: &TestNet) {
    let token = ICor::new(net.at.cor, &net.provider);
    let held = token.balanceOf(net.address(2)).call().await.expect("balanceOf");
    assert_eq!(held, U256::from(COR) - U256::from(5 + 6 + 8), "what the wallet sent is gone");
    assert_eq!(token.balanceOf(RECEIVER).call().await.expect("balanceOf"), U256::from(11));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ethers_finds_everything_a_wallet_needs() {
    let net = TestNet::start(4).await;
    net.mint(net.address(2), U256::from(COR)).await;
    let [key, other] = [2, 3].map(|index| net.key(index).to_bytes().to_string());
    let input = json!({
        "rpc": net.rpc(), "ws": net.node.ws_endpoint(), "chainId": net.at.chain_id, "token": net.at.cor.to_checksum(None),
        "key": key, "other": other,
    });
    let seen = script("wallet.mjs", "ethers", &input).await;

    assert_eq!(seen["transfers"]["chainId"], net.at.chain_id.to_string());
    let sent = |kind: u8| {
        json!({
            "type": kind, "status": 1, "balance": "1500000000000000000", "confirmed": 1, "listed": true, "paid": true,
            "sender": net.address(2).to_checksum(None),
        })
    };
    assert_eq!(seen["transfers"]["types"], json!([sent(0), sent(1), sent(2)]));
    assert_eq!(seen["creation"]["value"], "42");
    assert_eq!(seen["creation"]["code"], "0x602a60005260206000f3");
    assert_eq!(seen["creation"]["predicted"], true);
    assert_eq!(seen["delegation"]["type"], 4);
    assert_eq!(seen["delegation"]["code"], seen["delegation"]["expected"]);
    assert_eq!(seen["delegation"]["answer"], "42");
    let logs = json!({ "filtered": "5", "ranged": ["5", "6"], "anyOf": 2, "byHash": 1, "parsed": ["Transfer"], "balance": "11" });
    assert_eq!(seen["logs"], logs);
    assert_eq!(seen["typedData"], json!({ "allowance": "7", "used": "1", "replayed": "CALL_EXCEPTION" }));
    assert_errors(&net, &seen["errors"]);
    assert_eq!(seen["unlocked"], json!({ "status": 1, "balance": "3", "signed": true }));
    assert_eq!(seen["batch"], 3);
    assert_eq!(seen["subscriptions"], json!({ "value": "8", "head": true, "pending": true }));
    assert_eq!(seen["state"], json!({ "proof": true, "genesis": "10000000000000000000000", "overridden": "42" }));
    assert_transfers(&net).await;
}

/// ethers tells one failure from another, and takes the values out of a custom error.
fn assert_errors(net: &TestNet, seen: &Value) {
    let held = U256::from(COR) - U256::from(11);
    let values = json!([net.address(2).to_checksum(None), held.to_string(), (held + U256::ONE).to_string()]);
    let expected = json!({
        "balance": held.to_string(), "call": { "code": "CALL_EXCEPTION", "name": "ERC20InsufficientBalance", "args": values },
        "estimate": "ERC20InsufficientBalance", "mined": { "code": "CALL_EXCEPTION", "status": 0 }, "funds": "INSUFFICIENT_FUNDS",
        "nonce": "NONCE_EXPIRED", "unknown": -32601, "missing": null,
    });
    assert_eq!(*seen, expected);
}
