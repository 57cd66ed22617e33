//! What a commitment hides, and for whom it opens.

use alloy_primitives::{Address, B256, address, hex, keccak256};
use proptest::prelude::*;

use crate::task::answer::{Verdict, result_digest};
use crate::task::lane::messages::Binding;

fn binding() -> Binding {
    Binding {
        chain_id: 42_161,
        lane: address!("00000000000000000000000000000000000c0de1"),
        assignment: keccak256("an assignment"),
        replica: 2,
        miner: address!("00000000000000000000000000000000000a11ce"),
    }
}

/// A value computed once outside this code base, so that a change of the formula cannot go unseen.
#[test]
fn known_value() {
    assert_eq!(
        binding().commitment(result_digest(b"VALID"), B256::repeat_byte(0x5a)),
        B256::new(hex!("d8b7bdd16c11f9e29e1f1af18eb6ab495ecad1406a4fba9e4d1ce26abf40b42f"))
    );
}

/// A miner that repeats another's commitment has bound itself to nothing it can open.
#[test]
fn a_copied_commitment_cannot_be_opened() {
    let (digest, secret) = (result_digest(b"VALID"), B256::repeat_byte(1));
    let copied = binding().commitment(digest, secret);
    let copier = Binding { miner: address!("0000000000000000000000000000000000000bad"), ..binding() };
    for replica in 0..7 {
        assert_ne!(Binding { replica, ..copier }.commitment(digest, secret), copied, "replica {replica}");
    }
    assert_ne!(Binding { replica: 0, ..binding() }.commitment(digest, secret), copied, "nor by the miner in another seat");
}

/// Who sees a commitment to one of seven words cannot find the word without the salt.
#[test]
fn guessing_the_answer_needs_the_salt() {
    let secret = keccak256("a salt nobody else knows");
    let seen = binding().commitment(result_digest(Verdict::Retry.label().as_bytes()), secret);
    let guesses = Verdict::ALL.map(|verdict| result_digest(verdict.label().as_bytes()));
    for digest in guesses {
        for guessed_salt in [B256::ZERO, digest, binding().miner.into_word(), binding().assignment, seen] {
            assert_ne!(binding().commitment(digest, guessed_salt), seen);
        }
    }
    assert!(guesses.iter().any(|digest| binding().commitment(*digest, secret) == seen), "with the salt it opens");
}

/// A commitment counts on one chain, in one lane, and for one assignment.
#[test]
fn a_commitment_does_not_outlive_what_it_is_bound_to() {
    let (digest, secret) = (result_digest(b"VALID"), B256::repeat_byte(1));
    let made = binding().commitment(digest, secret);
    let elsewhere = [
        Binding { chain_id: 421_614, ..binding() },
        Binding { lane: Address::ZERO, ..binding() },
        Binding { assignment: keccak256("another assignment"), ..binding() },
    ];
    for other in elsewhere {
        assert_ne!(other.commitment(digest, secret), made, "{other:?}");
    }
}

fn bindings() -> impl Strategy<Value = Binding> {
    (any::<u64>(), any::<[u8; 20]>(), any::<[u8; 32]>(), any::<u8>(), any::<[u8; 20]>()).prop_map(
        |(chain_id, lane, assignment, replica, miner)| Binding {
            chain_id,
            lane: lane.into(),
            assignment: assignment.into(),
            replica,
            miner: miner.into(),
        },
    )
}

proptest! {
    #[test]
    fn another_digest_or_salt_does_not_open(binding in bindings(), a in any::<([u8; 32], [u8; 32])>(), b in any::<([u8; 32], [u8; 32])>()) {
        prop_assume!(a != b);
        prop_assert_ne!(binding.commitment(a.0.into(), a.1.into()), binding.commitment(b.0.into(), b.1.into()));
    }
}
