//! Merkle proofs, checked with the reference implementation of the trie.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use serde_json::{Value, json};

use crate::{
    bytecode::{COUNTER, init_code},
    client::{TestNode, word},
};

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// Checks an answer of `eth_getProof` against a block's state root.
fn verify(answer: &Value, state_root: &Value, exists: bool) {
    let account = TrieAccount {
        nonce: read::<U256>(&answer["nonce"]).to(),
        balance: read(&answer["balance"]),
        storage_root: read(&answer["storageHash"]),
        code_hash: read(&answer["codeHash"]),
    };
    let path = Nibbles::unpack(keccak256(read::<Address>(&answer["address"])));
    let nodes: Vec<Bytes> = read(&answer["accountProof"]);
    verify_proof(read::<B256>(state_root), path, exists.then(|| alloy_rlp::encode(account)), &nodes).unwrap();
    for slot in answer["storageProof"].as_array().unwrap() {
        let (key, value, nodes): (B256, U256, Vec<Bytes>) = (read(&slot["key"]), read(&slot["value"]), read(&slot["proof"]));
        let leaf = (!value.is_zero()).then(|| alloy_rlp::encode(value));
        verify_proof(account.storage_root, Nibbles::unpack(keccak256(key)), leaf, &nodes).unwrap();
    }
}

#[tokio::test]
async fn proofs_lead_to_the_state_root_of_their_block() {
    let node = TestNode::start().await;
    let counter = node.deploy(&init_code(COUNTER)).await;
    node.send(json!({ "from": node.account(0), "to": counter, "data": word(77) })).await;
    node.send(json!({ "from": node.account(0), "to": counter, "data": word(78) })).await;
    for (number, value) in [("0x1", "0x0"), ("0x2", "0x4d"), ("latest", "0x4e")] {
        let root = node.rpc("eth_getBlockByNumber", json!([number, false])).await["stateRoot"].clone();
        let answer = node.rpc("eth_getProof", json!([counter, ["0x0", word(5)], number])).await;
        assert_eq!(answer["storageProof"][0]["value"], value);
        verify(&answer, &root, true);
        verify(&node.rpc("eth_getProof", json!([node.account(0), [], number])).await, &root, true);
        let nobody = node.rpc("eth_getProof", json!(["0x00000000000000000000000000000000000000ee", ["0x1"], number])).await;
        verify(&nobody, &root, false);
    }
}
