//! EIP-712 types of what holders sign.

use alloy_primitives::{fixed_bytes, keccak256, FixedBytes, B256};
use cor_core::task::eip712::signing_digest;
use stylus_sdk::keccak_const::Keccak256;

/// EIP-5267: which fields the domain has, a bit each from the lowest: name, version, chain, contract, and no salt.
pub(crate) const DOMAIN_FIELDS: FixedBytes<1> = fixed_bytes!("0f");

/// EIP-2612.
pub(crate) const PERMIT: B256 = type_hash("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

/// EIP-3009.
pub(crate) const TRANSFER: B256 = type_hash(
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)",
);

/// EIP-3009.
pub(crate) const RECEIVE: B256 = type_hash(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)",
);

/// EIP-3009.
pub(crate) const CANCEL: B256 = type_hash("CancelAuthorization(address authorizer,bytes32 nonce)");

const fn type_hash(text: &str) -> B256 {
    B256::new(Keccak256::new().update(text.as_bytes()).finalize())
}

/// What is signed: a structure's words, its type hash first, under a domain.
pub(crate) fn digest(domain: B256, words: &[[u8; 32]]) -> B256 {
    signing_digest(domain, keccak256(words.as_flattened()))
}
