//! Words and bytes, against layouts that are written out here once more.

use alloy_primitives::{Address, B256, FixedBytes, U256, keccak256};
use alloy_sol_types::{SolStruct as _, SolValue as _, eip712_domain, sol};
use proptest::prelude::*;

use super::scene::{KEEPER, PAYER, Scene, opening};
use crate::task::Status;
use crate::task::eip712::domain_separator;
use crate::task::lane::history::{History, OPENING_BYTES, Opening};
use crate::task::lane::messages::{
    ASSIGN_TYPEHASH, Binding, COMMIT_TYPEHASH, COMMITMENT_DOMAIN, LANE_NAME_HASH, PRECOMMIT_TYPEHASH, assign_digest, assignment,
    commit_digest, precommit_digest, task_id,
};
use crate::task::lane::{LanePhase, LaneState, LaneTerms, Seat, Tariff, grains, grains_up};

sol! {
    struct Precommit { bytes32 assignment; bytes32 commitment; }
    struct Assign { bytes32 assignment; }
    struct Commit { bytes32 assignment; bytes32 commitment; bytes32 resultDigest; bytes32 salt; }
}

/// A byte that is packed as one.
fn byte(value: u8) -> FixedBytes<1> {
    FixedBytes::new([value])
}

#[test]
fn hashes_are_those_of_their_texts() {
    for (hash, text) in [
        (PRECOMMIT_TYPEHASH, "Precommit(bytes32 assignment,bytes32 commitment)"),
        (ASSIGN_TYPEHASH, "Assign(bytes32 assignment)"),
        (COMMIT_TYPEHASH, "Commit(bytes32 assignment,bytes32 commitment,bytes32 resultDigest,bytes32 salt)"),
        (COMMITMENT_DOMAIN, "Cortensor.Commitment.v2"),
        (LANE_NAME_HASH, "Cortensor Lane"),
    ] {
        assert_eq!(hash, keccak256(text), "{text}");
    }
}

#[test]
fn digests_are_what_a_wallet_signs() {
    let (lane, a, b, c) = (Address::repeat_byte(7), B256::repeat_byte(1), B256::repeat_byte(2), B256::repeat_byte(3));
    let wallet = eip712_domain! { name: "Cortensor Lane", version: "1", chain_id: 42_161, verifying_contract: lane, };
    let domain = domain_separator(LANE_NAME_HASH, 42_161, lane);
    let d = B256::repeat_byte(4);
    let (precommit, assign) = (Precommit { assignment: a, commitment: b }, Assign { assignment: a });
    let commit = Commit { assignment: a, commitment: d, resultDigest: b, salt: c };
    assert_eq!(precommit_digest(domain, a, b), precommit.eip712_signing_hash(&wallet));
    assert_eq!(assign_digest(domain, a), assign.eip712_signing_hash(&wallet));
    assert_eq!(commit_digest(domain, a, d, b, c), commit.eip712_signing_hash(&wallet));
}

/// By an ABI encoder that shares nothing with the formula.
#[test]
fn commitment_assignment_and_task_are_hashed_as_written() {
    let scene = Scene::new(3, 5_001);
    let packed = (byte(6), PAYER, 9_u64).abi_encode_packed();
    assert_eq!(task_id(PAYER, 9), keccak256(packed));

    let opening = scene.history.opening;
    let miners: Vec<u8> = scene.miners.iter().flat_map(|miner| miner.0.0).collect();
    let expected = keccak256([&scene.place.task[..], &keccak256(opening.encode())[..], KEEPER.as_slice(), &miners].concat());
    assert_eq!(assignment(scene.place.task, keccak256(opening.encode()), KEEPER, &scene.miners), expected);

    let (chain_id, lane) = (scene.place.chain_id, scene.place.lane);
    let binding = Binding { chain_id, lane, assignment: expected, replica: 2, miner: scene.miners[2] };
    let (digest, salt) = (B256::repeat_byte(4), B256::repeat_byte(5));
    let words = (COMMITMENT_DOMAIN, chain_id, lane, expected, 2_u64, scene.miners[2], digest, salt);
    assert_eq!(binding.commitment(digest, salt), keccak256(words.abi_encode()));
}

#[test]
fn an_opening_is_laid_out_as_written() {
    let opening = opening(3, 5_001);
    let (terms, prompt) = (opening.terms.pack(), opening.prompt_digest);
    let five = |number: u64| FixedBytes::<5>::from_slice(&number.to_be_bytes()[3..]);
    let (block, time) = (five(77), five(1_800_000_000));
    let written = (1_000_u64, 700_u64, 90_u64, terms, prompt, 40_u64, 50_u64, block, time, 10_000_u16).abi_encode_packed();
    assert_eq!((&opening.encode()[..], written.len()), (&written[..], OPENING_BYTES));
    assert_eq!(History::read(&written).unwrap(), History::begin(opening));
    assert_eq!(History::begin(opening).seal, keccak256(&written));
    assert_eq!(Opening::read(&written), Some(opening));
    assert_eq!(Opening::read(&[&written[..], &[0]].concat()), None);
}

/// Each record by hand: what a client gathers from the log is what the contract hashes.
#[test]
fn records_are_sealed_as_written() {
    let scene = Scene::new(1, 10_000);
    let mut history = scene.history.clone();
    let (one, two) = (B256::repeat_byte(1), B256::repeat_byte(2));
    let mut bytes = history.opening.encode();
    let mut seal = keccak256(&bytes);
    let assigned = (byte(1), scene.miners[0], B256::ZERO).abi_encode_packed();
    let records =
        [assigned, (byte(2), byte(0), one).abi_encode_packed(), (byte(3), byte(0), two).abi_encode_packed(), vec![4, 0]];
    let made = [
        history.assign(&[(scene.miners[0], None)]),
        history.precommit(0, one).unwrap(),
        history.reveal(0, two).unwrap(),
        history.report(0).unwrap(),
    ];
    assert_eq!(made, records);
    for record in records {
        seal = keccak256([seal.as_slice(), &record].concat());
        bytes.extend(record);
    }
    assert_eq!(history.seal, seal);
    assert_eq!(History::read(&bytes), Some(history));
}

#[test]
fn what_is_no_history_is_not_read() {
    let scene = Scene::new(3, 5_001);
    let opening = scene.history.opening.encode();
    let with = |tail: &[u8]| [&opening[..], tail].concat();
    let mut assigned = scene.history.clone();
    let record = assigned.assign(&scene.bound(&[None, None, None]));
    for (case, bytes) in [
        ("nothing", vec![]),
        ("a cut opening", opening[..OPENING_BYTES - 1].to_vec()),
        ("an unknown record", with(&[9])),
        ("a cut assignment", with(&record[..record.len() - 1])),
        ("a reveal before the assignment", with(&[&[3, 0][..], &[7; 32]].concat())),
        ("two assignments", with(&[&record[..], &record].concat())),
        ("a replica that is not there", with(&[&record[..], &[2, 3], &[7; 32]].concat())),
        ("a commitment to zero", with(&[&record[..], &[2, 0], &[0; 32]].concat())),
        ("a cut reveal", with(&[&record[..], &[3, 0], &[7; 31]].concat())),
    ] {
        assert_eq!(History::read(&bytes), None, "{case}");
    }
}

fn seat() -> impl Strategy<Value = Seat> {
    prop_oneof![Just(Seat::Silent), Just(Seat::Committed), (0_u8..7).prop_map(Seat::Follows), Just(Seat::Bad)]
}

#[test]
fn wei_are_grains_only_in_whole() {
    let most = u128::from(u64::MAX) * 1_000_000_000;
    for (wei, expected) in [
        (0, Some(0)),
        (1, None),
        (999_999_999, None),
        (1_000_000_000, Some(1)),
        (1_000_000_001, None),
        (most, Some(u64::MAX)),
        (most + 1_000_000_000, None),
        (u128::MAX, None),
    ] {
        assert_eq!(grains(U256::from(wei).into()), expected, "{wei}");
    }
    assert_eq!((grains(B256::repeat_byte(0xff)), grains_up(B256::repeat_byte(0xff))), (None, None));
    let up = [0, 1, 1_000_000_000, 1_000_000_001, most, most + 1].map(|wei| grains_up(U256::from(wei).into()));
    assert_eq!(up, [Some(0), Some(1), Some(1), Some(2), Some(u64::MAX), None]);
    assert_eq!(grains(B256::from(U256::from(1_000_000_000_u64) << 200)), None);
}

proptest! {
    #[test]
    fn whole_grains_are_told_by_division(wei: u128) {
        let grain = u128::from(crate::task::lane::GRAIN_WEI);
        let whole = wei / grain * grain;
        prop_assert_eq!(grains(U256::from(whole).into()), u64::try_from(wei / grain).ok());
        prop_assert_eq!(grains_up(U256::from(wei).into()), u64::try_from(wei.div_ceil(grain)).ok());
        prop_assert_eq!(grains(U256::from(wei).into()).is_some(), wei % grain == 0 && wei / grain <= u128::from(u64::MAX));
    }

    #[test]
    fn terms_fill_one_word(
        model in any::<u64>(), max_tokens in any::<u32>(), answer_kind in any::<u8>(), replicas in any::<u8>(), quorum_bps in any::<u16>(),
        secs in prop::array::uniform3(0_u32..1 << 24), priced in 0_u64..1 << 56,
    ) {
        let [open_secs, precommit_secs, reveal_secs] = secs;
        let terms = LaneTerms { model, max_tokens, answer_kind, replicas, quorum_bps, open_secs, precommit_secs, reveal_secs, priced };
        let three = |secs: u32| secs.to_be_bytes()[1..].to_vec();
        let bytes = [
            model.to_be_bytes().to_vec(), max_tokens.to_be_bytes().to_vec(), vec![answer_kind, replicas], quorum_bps.to_be_bytes().to_vec(),
            three(open_secs), three(precommit_secs), three(reveal_secs), priced.to_be_bytes()[1..].to_vec(),
        ].concat();
        prop_assert_eq!(terms.pack(), B256::from_slice(&bytes));
        prop_assert_eq!(LaneTerms::unpack(terms.pack()), terms);
    }

    #[test]
    fn a_tariff_fills_one_word(lines in any::<[u64; 3]>(), version in any::<u32>(), valid_until in 1_u32..) {
        let [per_replica, network, gas] = lines;
        let tariff = Tariff { per_replica, network, gas, version, valid_until };
        let bytes = (per_replica, network, gas, version, valid_until).abi_encode_packed();
        prop_assert_eq!(tariff.pack(), B256::from_slice(&bytes));
        prop_assert_eq!(Tariff::unpack(tariff.pack()), Some(tariff));
    }

    #[test]
    fn a_state_fills_one_word(
        phase in 0_usize..5, status in 0_u8..4, replicas in 0_u8..128, last_call: bool, deadline in 0_u64..1 << 40, seats in prop::array::uniform7(seat()),
        keeper in any::<[u8; 20]>(),
    ) {
        let state = LaneState {
            phase: LanePhase::ALL[phase], status: Status::from_number(status), replicas, last_call, deadline, seats, keeper: Address::from(keeper),
        };
        let word = state.pack();
        prop_assert_eq!(LaneState::unpack(word), state);
        prop_assert_eq!((usize::from(word[0]), word[1], word[2]), (phase, status, replicas | u8::from(last_call) << 7));
        prop_assert_eq!(&word[12..], &keeper[..]);
    }
}

#[test]
fn an_empty_word_is_no_tariff_and_no_task() {
    assert_eq!(Tariff::unpack(B256::ZERO), None);
    assert_eq!(LaneState::unpack(B256::ZERO), LaneState::default());
    assert_eq!(LaneState::default().phase, LanePhase::None);
}
