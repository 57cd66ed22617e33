//! Layouts and digests, against an encoder that is not ours.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};

use super::book::address;
use crate::task::eip712::domain_separator;
use crate::task::jury::evidence::{JURY_NAME_HASH, Order, deadline, miners, presence_key, present_digest, summons_key};
use crate::task::lane::history::{History, Opening, Told};
use crate::task::lane::{LaneState, LaneTerms, Price, crew_mark};

sol! {
    struct Present { bytes32 task; }
}

/// What is read of the lane's bytes is what the lane itself would read.
#[test]
fn an_order_is_read_out_of_an_opening() {
    let terms = LaneTerms {
        model: 0x0102_0304_0506_0708,
        max_tokens: 256,
        answer_kind: 1,
        replicas: 5,
        quorum_bps: 5_001,
        open_secs: 600,
        precommit_secs: 60,
        reveal_secs: 90,
        priced: 7,
    };
    let (price, prompt_digest) = (Price { per_replica: 1 << 63, network: 3, gas: u64::MAX }, B256::repeat_byte(0x22));
    let (block, time) = (0x01_0203_0405, 0xff_fefd_fcfb);
    let opening = Opening { price, terms, prompt_digest, no_reveal: 9, bad_reveal: 10, block, time, no_result_gas_cap_bps: 11 };
    let bytes = opening.encode();
    assert_eq!(Opening::read(&bytes), Some(opening));
    assert_eq!(Order::read(&bytes), Some(Order { model: terms.model, replicas: 5, block, time }));
    assert_eq!((Order::read(&bytes[..115]), Order::read(&[bytes, vec![0]].concat())), (None, None));
    let state = LaneState { deadline: time, keeper: address(1), replicas: 7, last_call: true, ..LaneState::default() };
    assert_eq!(deadline(state.pack()), time);
}

#[test]
fn a_mark_is_of_the_assignment_and_the_crew() {
    let (assignment, [first, second]) = (B256::repeat_byte(1), [address(4), address(5)]);
    let seat = |miner: Address, commitment: u8| [&miner[..], &B256::repeat_byte(commitment)[..]].concat();
    let crew = [seat(first, 6), seat(second, 0)].concat();
    assert_eq!(crew_mark(assignment, &crew), Address::from_slice(&keccak256([&assignment[..], &crew[..]].concat())[12..]));
    assert_eq!(miners(&crew, 2), Some(vec![first, second]));
    assert_eq!((miners(&crew, 1), miners(&crew, 3), miners(&crew[..103], 2), miners(&[], 0)), (None, None, None, Some(vec![])));
    let told = |miner, commitment| Told { miner, commitment, ..Told::default() };
    let mut history = History::begin(Opening::read(&[0; 116]).unwrap());
    history.told = vec![told(first, Some(B256::repeat_byte(6))), told(second, None)];
    assert_eq!(history.crew(), crew, "as the lane tells it");
}

#[test]
fn presence_is_signed_as_eip712_says() {
    let (task, jury) = (B256::repeat_byte(7), address(9));
    let domain: Eip712Domain =
        eip712_domain! { name: "Cortensor Jury", version: "1", chain_id: 42_161, verifying_contract: jury, };
    let digest = present_digest(domain_separator(JURY_NAME_HASH, 42_161, jury), task);
    assert_eq!(digest, Present { task }.eip712_signing_hash(&domain));
}

#[test]
fn a_summons_is_of_one_keeper_node_and_task() {
    let key = summons_key(B256::repeat_byte(1), address(2), address(3));
    for other in [
        summons_key(B256::repeat_byte(2), address(2), address(3)),
        summons_key(B256::repeat_byte(1), address(3), address(3)),
        summons_key(B256::repeat_byte(1), address(2), address(2)),
        summons_key(B256::repeat_byte(1), address(3), address(2)),
    ] {
        assert_ne!(key, other);
    }
}

#[test]
fn a_presence_is_of_one_node_and_task() {
    let key = presence_key(B256::repeat_byte(1), address(2));
    assert!(key != presence_key(B256::repeat_byte(1), address(3)) && key != presence_key(B256::repeat_byte(2), address(2)));
}
