//! The formula against an ABI encoder, and the attacks that it is there for.

use super::*;
use crate::task::answer::{Verdict, result_digest};
use alloy_primitives::{address, hex};
use alloy_sol_types::sol_data;
use proptest::prelude::*;

const BINDING: Binding = Binding {
    chain_id: 42_161,
    queue: address!("00000000000000000000000000000000000c0de1"),
    task_id: 7,
    replica: 2,
    miner: address!("00000000000000000000000000000000000a11ce"),
    registration_epoch: 9,
};

fn salt(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

#[test]
fn domain_is_the_hash_of_its_name() {
    assert_eq!(COMMITMENT_DOMAIN, keccak256("Cortensor.Commitment.v1"));
}

/// A value computed once outside this code base, so that a change of the formula cannot go unseen.
#[test]
fn known_value() {
    assert_eq!(
        BINDING.commitment(result_digest(b"VALID"), salt(0x5a)),
        B256::new(hex!("354bf98bfe37c84a5bc42ad9b9e5e6c8527f2f72278612aa03ce4fc68874a931"))
    );
}

/// A miner that repeats another's commitment has bound itself to nothing it can open.
#[test]
fn a_copied_commitment_cannot_be_opened() {
    let (digest, secret) = (result_digest(b"VALID"), salt(1));
    let copied = BINDING.commitment(digest, secret);
    let copier = Binding { miner: address!("0000000000000000000000000000000000000bad"), ..BINDING };
    for replica in 0..7 {
        assert_ne!(Binding { replica, ..copier }.commitment(digest, secret), copied, "replica {replica}");
    }
    assert_ne!(Binding { replica: 0, ..BINDING }.commitment(digest, secret), copied, "nor by the miner in another seat");
}

/// Who sees a commitment to one of seven words cannot find the word without the salt.
#[test]
fn guessing_the_answer_needs_the_salt() {
    let secret = keccak256("a salt nobody else knows");
    let seen = BINDING.commitment(result_digest(Verdict::Retry.label().as_bytes()), secret);
    let guesses = Verdict::ALL.map(|verdict| result_digest(verdict.label().as_bytes()));
    for digest in guesses {
        for guessed_salt in [B256::ZERO, digest, BINDING.miner.into_word(), seen] {
            assert_ne!(BINDING.commitment(digest, guessed_salt), seen);
        }
    }
    assert!(guesses.iter().any(|digest| BINDING.commitment(*digest, secret) == seen), "with the salt it opens");
}

/// A commitment dies with the registration it was made under, and counts on one chain, queue and task only.
#[test]
fn a_commitment_does_not_outlive_what_it_is_bound_to() {
    let (digest, secret) = (result_digest(b"VALID"), salt(1));
    let made = BINDING.commitment(digest, secret);
    let elsewhere = [
        Binding { registration_epoch: 10, ..BINDING },
        Binding { chain_id: 421_614, ..BINDING },
        Binding { queue: Address::ZERO, ..BINDING },
        Binding { task_id: 8, ..BINDING },
    ];
    for binding in elsewhere {
        assert_ne!(binding.commitment(digest, secret), made, "{binding:?}");
    }
}

fn bindings() -> impl Strategy<Value = Binding> {
    (any::<u64>(), any::<[u8; 20]>(), any::<u64>(), any::<u8>(), any::<[u8; 20]>(), any::<u64>()).prop_map(
        |(chain_id, queue, task_id, replica, miner, registration_epoch)| Binding {
            chain_id,
            queue: queue.into(),
            task_id,
            replica,
            miner: miner.into(),
            registration_epoch,
        },
    )
}

proptest! {
    /// The nine words written by hand are what an ABI encoder writes.
    #[test]
    fn equals_the_abi_encoding(binding in bindings(), digest in any::<[u8; 32]>(), salt in any::<[u8; 32]>()) {
        type Words = (
            sol_data::FixedBytes<32>, sol_data::Uint<256>, sol_data::Address, sol_data::Uint<256>, sol_data::Uint<256>,
            sol_data::Address, sol_data::Uint<256>, sol_data::FixedBytes<32>, sol_data::FixedBytes<32>,
        );
        let encoded = <Words as alloy_sol_types::SolType>::abi_encode(&(
            COMMITMENT_DOMAIN, U256::from(binding.chain_id), binding.queue, U256::from(binding.task_id), U256::from(binding.replica),
            binding.miner, U256::from(binding.registration_epoch), B256::from(digest), B256::from(salt),
        ));
        prop_assert_eq!(binding.commitment(digest.into(), salt.into()), keccak256(encoded));
    }

    #[test]
    fn another_digest_or_salt_does_not_open(binding in bindings(), a in any::<([u8; 32], [u8; 32])>(), b in any::<([u8; 32], [u8; 32])>()) {
        prop_assume!(a != b);
        prop_assert_ne!(binding.commitment(a.0.into(), a.1.into()), binding.commitment(b.0.into(), b.1.into()));
    }
}
