//! EIP-712: the domain and the digest of what is signed, as contract, miner, keeper and tests compute them.
//!
//! The domain is made anew from the chain's id in every call, so a signature of one chain is worth nothing on a fork of it.

use alloy_primitives::{Address, B256, U256, b256, keccak256};

/// keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)").
pub const DOMAIN_TYPEHASH: B256 = b256!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
/// keccak256("1"): the version in every domain here.
pub const VERSION_1_HASH: B256 = b256!("c89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc6");

/// The domain separator of a contract whose version is "1": keccak256(abi.encode(DOMAIN_TYPEHASH, name, version, chain, contract)).
#[must_use]
pub fn domain_separator(name_hash: B256, chain_id: u64, contract: Address) -> B256 {
    let words = [DOMAIN_TYPEHASH.0, name_hash.0, VERSION_1_HASH.0, word(chain_id), contract.into_word().0];
    keccak256(words.as_flattened())
}

/// What is signed: keccak256(0x19 0x01 ‖ domain separator ‖ struct hash).
#[must_use]
pub fn signing_digest(domain: B256, struct_hash: B256) -> B256 {
    let mut preimage = [0_u8; 66];
    let (prefix, hashes) = preimage.split_at_mut(2);
    prefix.copy_from_slice(&[0x19, 0x01]);
    let (left, right) = hashes.split_at_mut(32);
    left.copy_from_slice(domain.as_slice());
    right.copy_from_slice(struct_hash.as_slice());
    keccak256(preimage)
}

/// An integer as an ABI word.
pub(crate) const fn word(value: u64) -> [u8; 32] {
    U256::from_limbs([value, 0, 0, 0]).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, hex};
    use alloy_sol_types::{SolStruct, eip712_domain, sol};
    use proptest::prelude::*;

    sol! {
        struct Note { uint64 number; bytes32 contents; }
    }

    #[test]
    fn hashes_are_those_of_their_texts() {
        let table: [(B256, &str); 2] = [
            (DOMAIN_TYPEHASH, "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            (VERSION_1_HASH, "1"),
        ];
        for (hash, text) in table {
            assert_eq!(hash, keccak256(text), "{text}");
        }
    }

    /// Values computed once outside this code base.
    #[test]
    fn known_values() {
        let domain = domain_separator(keccak256("Cortensor Lane"), 42_161, address!("00000000000000000000000000000000000c0de1"));
        assert_eq!(domain, B256::new(hex!("ebf1745885fdc4703d20a658dbc75edf1ed05ede3f282c5c18ba7ac6fd4422d6")));
        let digest = signing_digest(domain, keccak256("a struct"));
        assert_eq!(digest, B256::new(hex!("4e6b0b91d8bf6da0269463d8743e574f0f0115484e9078759d92cc8fd3497d2d")));
    }

    proptest! {
        /// Equal to what a wallet computes from the types.
        #[test]
        fn equals_a_wallets_digest(
            chain_id in any::<u64>(), contract in any::<[u8; 20]>(), number in any::<u64>(), contents in any::<[u8; 32]>(),
        ) {
            let (contract, contents) = (Address::from(contract), B256::from(contents));
            let domain = domain_separator(keccak256("A name"), chain_id, contract);
            let wallet = eip712_domain! { name: "A name", version: "1", chain_id: chain_id, verifying_contract: contract, };
            prop_assert_eq!(domain, wallet.separator());
            let note = keccak256([keccak256("Note(uint64 number,bytes32 contents)").0, word(number), contents.0].as_flattened());
            prop_assert_eq!(signing_digest(domain, note), Note { number, contents }.eip712_signing_hash(&wallet));
        }
    }
}
