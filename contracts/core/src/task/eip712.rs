//! EIP-712 digests of the messages that miners sign, as contract, miner, keeper and tests compute them.
//!
//! The domain is made anew from the chain's id in every call, so a signature of one chain is worth nothing on a fork of it.

use alloy_primitives::{Address, B256, b256, keccak256};

use crate::task::commitment::word;

/// keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)").
pub const DOMAIN_TYPEHASH: B256 = b256!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
/// keccak256("Cortensor SessionQueue"): the name in the SessionQueue's domain.
pub const SESSION_QUEUE_NAME_HASH: B256 = b256!("7dc9a30284f13ba9c70aeb322853de2a41aa646bf47f77ff4bd080f412a4a611");
/// keccak256("1"): the version in every domain here.
pub const VERSION_1_HASH: B256 = b256!("c89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc6");
/// keccak256 of the type of [`Message::Ack`].
pub const ACK_TYPEHASH: B256 = b256!("2d5d281b6d7a3086f7aaabca3dfcf3508bf063294319571f45ea6b4c28137441");
/// keccak256 of the type of [`Message::Precommit`].
pub const PRECOMMIT_TYPEHASH: B256 = b256!("d5581c5577b0b1c5d7bd7a9dbc5bf5ae3af7618cc55ba3ca0e95d02686b4ef5a");
/// keccak256 of the type of [`Message::Commit`].
pub const COMMIT_TYPEHASH: B256 = b256!("9deae16394897fc2e1fd532d6822d07d209e5e8ce45501605236891e858dafad");

/// The domain separator of a contract whose version is "1": keccak256(abi.encode(DOMAIN_TYPEHASH, name, version, chain, contract)).
#[must_use]
pub fn domain_separator(name_hash: B256, chain_id: u64, contract: Address) -> B256 {
    let words = [DOMAIN_TYPEHASH.0, name_hash.0, VERSION_1_HASH.0, word(chain_id), contract.into_word().0];
    keccak256(words.as_flattened())
}

/// The domain separator of a SessionQueue.
#[must_use]
pub fn session_queue_domain(chain_id: u64, queue: Address) -> B256 {
    domain_separator(SESSION_QUEUE_NAME_HASH, chain_id, queue)
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

/// A message of a miner in the on-chain lane. Valid for its task only, and each takes effect once: so there is no nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// `Ack(uint64 taskId,address miner)`: the miner takes its replica.
    Ack,
    /// `Precommit(uint64 taskId,address miner,bytes32 commitment)`: the miner binds itself to an answer.
    Precommit {
        /// See [`Binding::commitment`](crate::task::commitment::Binding::commitment).
        commitment: B256,
    },
    /// `Commit(uint64 taskId,address miner,bytes32 resultDigest,bytes32 salt)`: the miner reveals what it had bound itself to.
    Commit {
        /// Digest of the answer.
        result_digest: B256,
        /// The commitment's salt.
        salt: B256,
    },
}

impl Message {
    /// The EIP-712 struct hash of the message.
    #[must_use]
    pub fn struct_hash(&self, task_id: u64, miner: Address) -> B256 {
        let (task, miner) = (word(task_id), miner.into_word().0);
        match self {
            Self::Ack => keccak256([ACK_TYPEHASH.0, task, miner].as_flattened()),
            Self::Precommit { commitment } => keccak256([PRECOMMIT_TYPEHASH.0, task, miner, commitment.0].as_flattened()),
            Self::Commit { result_digest, salt } => {
                keccak256([COMMIT_TYPEHASH.0, task, miner, result_digest.0, salt.0].as_flattened())
            }
        }
    }

    /// The digest that `miner` signs.
    #[must_use]
    pub fn digest(&self, domain: B256, task_id: u64, miner: Address) -> B256 {
        signing_digest(domain, self.struct_hash(task_id, miner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, hex};
    use alloy_sol_types::{SolStruct, eip712_domain, sol};
    use proptest::prelude::*;

    sol! {
        struct Ack { uint64 taskId; address miner; }
        struct Precommit { uint64 taskId; address miner; bytes32 commitment; }
        struct Commit { uint64 taskId; address miner; bytes32 resultDigest; bytes32 salt; }
    }

    #[test]
    fn hashes_are_those_of_their_texts() {
        let table: [(B256, &str); 6] = [
            (DOMAIN_TYPEHASH, "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            (SESSION_QUEUE_NAME_HASH, "Cortensor SessionQueue"),
            (VERSION_1_HASH, "1"),
            (ACK_TYPEHASH, "Ack(uint64 taskId,address miner)"),
            (PRECOMMIT_TYPEHASH, "Precommit(uint64 taskId,address miner,bytes32 commitment)"),
            (COMMIT_TYPEHASH, "Commit(uint64 taskId,address miner,bytes32 resultDigest,bytes32 salt)"),
        ];
        for (hash, text) in table {
            assert_eq!(hash, keccak256(text), "{text}");
        }
    }

    /// Values computed once outside this code base.
    #[test]
    fn known_values() {
        let domain = session_queue_domain(42_161, address!("00000000000000000000000000000000000c0de1"));
        assert_eq!(domain, B256::new(hex!("fe3f5247a5010a94469d85f2daa5c1f3ae894e9745005b49220dd19b6e439cdc")));
        let miner = address!("00000000000000000000000000000000000a11ce");
        let salt = B256::repeat_byte(0x5a);
        let table = [
            (Message::Ack, hex!("efa52151153767e877a4be7d856a71fe2ec8021bbe1d3e282b47ccd5f1415278")),
            (Message::Precommit { commitment: salt }, hex!("e11c08172008433f8db81df8c4acfc51693909b05c79c614ea647ba466b5afca")),
            (
                Message::Commit { result_digest: keccak256("VALID"), salt },
                hex!("58baca8d5e227e8a013a8882219451947f10198ba9775ff4b277b727e2e58079"),
            ),
        ];
        for (message, digest) in table {
            assert_eq!(message.digest(domain, 7, miner), B256::new(digest), "{message:?}");
        }
    }

    proptest! {
        /// Equal to what a wallet computes from the types.
        #[test]
        fn equals_a_wallets_digest(
            chain_id in any::<u64>(), queue in any::<[u8; 20]>(), task in any::<u64>(), miner in any::<[u8; 20]>(),
            a in any::<[u8; 32]>(), b in any::<[u8; 32]>(),
        ) {
            let (queue, miner) = (Address::from(queue), Address::from(miner));
            let (a, b) = (B256::from(a), B256::from(b));
            let domain = session_queue_domain(chain_id, queue);
            let wallet = eip712_domain! {
                name: "Cortensor SessionQueue", version: "1", chain_id: chain_id, verifying_contract: queue,
            };
            prop_assert_eq!(domain, wallet.separator());
            prop_assert_eq!(
                Message::Ack.digest(domain, task, miner),
                Ack { taskId: task, miner }.eip712_signing_hash(&wallet)
            );
            prop_assert_eq!(
                Message::Precommit { commitment: a }.digest(domain, task, miner),
                Precommit { taskId: task, miner, commitment: a }.eip712_signing_hash(&wallet)
            );
            prop_assert_eq!(
                Message::Commit { result_digest: a, salt: b }.digest(domain, task, miner),
                Commit { taskId: task, miner, resultDigest: a, salt: b }.eip712_signing_hash(&wallet)
            );
        }
    }
}
