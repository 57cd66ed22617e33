//! Cor as compiled, on the dev chain: ERC-20, EIP-2612, EIP-3009, signing contracts, and OpenZeppelin's token beside it. Signatures are made
//! by alloy's signers over alloy's own typed-data hashes.

mod differential;
mod oracle;
mod roles;
mod rules;
mod wallets;

use alloy::{
    primitives::{Address, B256, Bytes, Signature, U256, uint},
    signers::{SignerSync, local::PrivateKeySigner},
    sol,
    sol_types::{Eip712Domain, SolStruct, eip712_domain},
};
use cor_kit::TestNet;
use cor_sol::cor::ICor;

/// Order of secp256k1.
const ORDER: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);

sol! {
    struct Permit { address owner; address spender; uint256 value; uint256 nonce; uint256 deadline; }
    struct TransferWithAuthorization { address from; address to; uint256 value; uint256 validAfter; uint256 validBefore; bytes32 nonce; }
    struct ReceiveWithAuthorization { address from; address to; uint256 value; uint256 validAfter; uint256 validBefore; bytes32 nonce; }
    struct CancelAuthorization { address authorizer; bytes32 nonce; }
}

fn units(amount: u64) -> U256 {
    U256::from(amount)
}

fn domain(net: &TestNet, chain_id: u64) -> Eip712Domain {
    eip712_domain! { name: "Cortensor", version: "1", chain_id: chain_id, verifying_contract: net.at.cor, }
}

/// A signature by its parts.
fn sign(net: &TestNet, key: &PrivateKeySigner, message: &impl SolStruct) -> Signature {
    key.sign_hash_sync(&message.eip712_signing_hash(&domain(net, net.at.chain_id))).unwrap()
}

fn parts(signature: &Signature) -> (u8, B256, B256) {
    (27 + u8::from(signature.v()), signature.r().into(), signature.s().into())
}

fn packed(signature: &Signature) -> Bytes {
    signature.as_bytes().to_vec().into()
}

/// The other signature that recovers to the same key, with `s` in the upper half.
fn mirrored(signature: &Signature) -> (u8, B256, B256) {
    let (v, r, s) = parts(signature);
    (55 - v, r, (ORDER - U256::from_be_bytes(s.0)).into())
}

fn transfer_by_parts(message: &TransferWithAuthorization, (v, r, s): (u8, B256, B256)) -> ICor::transferWithAuthorization_0Call {
    let TransferWithAuthorization { from, to, value, validAfter, validBefore, nonce } = message.clone();
    ICor::transferWithAuthorization_0Call { from, to, value, validAfter, validBefore, nonce, v, r, s }
}

fn transfer_packed(message: &TransferWithAuthorization, signature: Bytes) -> ICor::transferWithAuthorization_1Call {
    let TransferWithAuthorization { from, to, value, validAfter, validBefore, nonce } = message.clone();
    ICor::transferWithAuthorization_1Call { from, to, value, validAfter, validBefore, nonce, signature }
}

fn receive_by_parts(message: &ReceiveWithAuthorization, (v, r, s): (u8, B256, B256)) -> ICor::receiveWithAuthorization_0Call {
    let ReceiveWithAuthorization { from, to, value, validAfter, validBefore, nonce } = message.clone();
    ICor::receiveWithAuthorization_0Call { from, to, value, validAfter, validBefore, nonce, v, r, s }
}

/// An authorization that is valid now.
fn authorization(from: Address, to: Address, value: u64, nonce: u8) -> TransferWithAuthorization {
    let nonce = B256::repeat_byte(nonce);
    TransferWithAuthorization { from, to, value: units(value), validAfter: U256::ZERO, validBefore: U256::MAX, nonce }
}
