//! The codec against alloy's encoder and decoder, which share none of its code.

use alloc::string::ToString;
use alloc::vec;

use alloy_sol_types::{SolType, SolValue, sol, sol_data};
use cor_core::money::pricing;
use proptest::prelude::*;
use stylus_sdk::abi::Bytes;

use super::*;
use crate::abi::{Quote, QuoteInputs, Row};

sol! {
    struct Inputs {
        uint64 modelIdentifier;
        uint16 executionDepth;
        uint16 toolDepth;
        uint32 maxTokens;
        uint8 sla;
        uint8 validatorDepth;
        uint8 replicas;
        uint8 consensusRule;
        uint16 quorumBps;
        uint8 priority;
        uint8 stakeTier;
        uint8 volumeTier;
    }

    struct Price {
        uint64 version;
        uint128 perReplica;
        uint128 miners;
        uint128 validators;
        uint128 network;
        uint128 gas;
        uint128 rebate;
        uint128 total;
        uint64 validUntil;
    }
}

type Words = sol_data::Array<sol_data::FixedBytes<32>>;
type Chunks = sol_data::Array<sol_data::Bytes>;
/// As the arguments of functions: numbers, words, text, and lists of each.
type Arguments = (sol_data::Uint<64>, sol_data::Address, sol_data::Bool, sol_data::String, Words, Chunks, sol_data::Bytes);
/// As the fields of answers and events.
type Fields = (
    sol_data::Uint<8>,
    sol_data::Uint<32>,
    sol_data::Uint<128>,
    sol_data::String,
    sol_data::Array<sol_data::Address>,
    sol_data::Array<sol_data::Uint<64>>,
);

type Read = (u64, Address, bool, String, Vec<B256>, Vec<Vec<u8>>, Vec<u8>);

fn read(bytes: &[u8]) -> Option<Read> {
    let mut from = Decoder::new(bytes);
    Some((
        u64::decode(&mut from)?,
        Address::decode(&mut from)?,
        bool::decode(&mut from)?,
        String::decode(&mut from)?,
        Vec::decode(&mut from)?,
        Vec::<Bytes>::decode(&mut from)?.into_iter().map(|chunk| chunk.to_vec()).collect(),
        Bytes::decode(&mut from)?.to_vec(),
    ))
}

fn read_by_alloy(bytes: &[u8]) -> Option<Read> {
    let (number, address, flag, text, words, chunks, bytes) = Arguments::abi_decode_params_validate(bytes).ok()?;
    Some((number, address, flag, text, words, chunks.into_iter().map(|chunk| chunk.to_vec()).collect(), bytes.to_vec()))
}

fn inputs() -> impl Strategy<Value = QuoteInputs> {
    let numbers = (any::<u64>(), any::<u16>(), any::<u16>(), any::<u32>(), any::<u16>());
    (numbers, any::<[u8; 7]>()).prop_map(|((model_identifier, execution_depth, tool_depth, max_tokens, quorum_bps), rest)| {
        let [sla, validator_depth, replicas, consensus_rule, priority, stake_tier, volume_tier] = rest;
        let inputs = pricing::QuoteInputs {
            execution_depth,
            tool_depth,
            max_tokens,
            sla,
            validator_depth,
            replicas,
            consensus_rule,
            quorum_bps,
            priority,
            stake_tier,
            volume_tier,
        };
        QuoteInputs { model_identifier, inputs }
    })
}

fn of_solidity(inputs: &QuoteInputs) -> Inputs {
    let QuoteInputs { model_identifier, inputs } = *inputs;
    Inputs {
        modelIdentifier: model_identifier,
        executionDepth: inputs.execution_depth,
        toolDepth: inputs.tool_depth,
        maxTokens: inputs.max_tokens,
        sla: inputs.sla,
        validatorDepth: inputs.validator_depth,
        replicas: inputs.replicas,
        consensusRule: inputs.consensus_rule,
        quorumBps: inputs.quorum_bps,
        priority: inputs.priority,
        stakeTier: inputs.stake_tier,
        volumeTier: inputs.volume_tier,
    }
}

fn arguments() -> impl Strategy<Value = Vec<u8>> {
    let texts = (".{0,40}", prop::collection::vec(any::<u8>(), 0..70));
    let lists =
        (prop::collection::vec(any::<[u8; 32]>(), 0..4), prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..4));
    (any::<(u64, [u8; 20], bool)>(), texts, lists).prop_map(|((number, address, flag), (text, bytes), (words, chunks))| {
        let words: Vec<_> = words.into_iter().map(B256::new).collect();
        Arguments::abi_encode_params(&(number, Address::from(address), flag, text, words, chunks, bytes))
    })
}

/// An empty list, an empty text and nothing at all.
#[test]
fn empty_fields() {
    assert_eq!(encoded!(), Vec::<u8>::new());
    let none: &[Address] = &[];
    let bytes = encoded!(1_u8, 2_u32, 3_u128, *"", *none, *vec![0_u64; 0]);
    assert_eq!(bytes, Fields::abi_encode_params(&(1_u8, 2_u32, 3_u128, "", vec![Address::ZERO; 0], vec![0_u64; 0])));
    assert_eq!(().into_answer(), Ok(Vec::new()));
}

/// A length that the bytes do not hold, and an offset beyond them, are refused before anything is reserved for them.
#[test]
fn lengths_beyond_the_bytes_are_refused() {
    for length in [2_u128, u128::from(u32::MAX), u128::from(u64::MAX), u128::MAX] {
        let list = encoded!(32_u64, length, 7_u64);
        assert_eq!(Vec::<u64>::decode(&mut Decoder::new(&list)), None, "{length}");
        assert!(Bytes::decode(&mut Decoder::new(&encoded!(32_u64, length.max(33), 7_u64))).is_none(), "{length}");
        assert!(Bytes::decode(&mut Decoder::new(&encoded!(length.max(97), 0_u64, 7_u64))).is_none(), "{length}");
    }
}

proptest! {
    #[test]
    fn what_alloy_encodes_is_read(bytes in arguments()) {
        let ours = read(&bytes);
        prop_assert!(ours.is_some());
        prop_assert_eq!(ours, read_by_alloy(&bytes));
    }

    /// Bytes cut or changed anywhere: what both readers take, they take for the same.
    #[test]
    fn what_is_damaged_is_refused_or_read_alike(bytes in arguments(), at in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<bool>()) {
        let at = at.index(bytes.len());
        let mut damaged = bytes;
        if cut {
            damaged.truncate(at);
        } else {
            damaged[at] = value;
        }
        if let (Some(ours), Some(theirs)) = (read(&damaged), read_by_alloy(&damaged)) {
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn what_is_written_is_alloys(
        numbers in any::<(u8, u32, u128)>(), text in ".{0,70}",
        addresses in prop::collection::vec(any::<[u8; 20]>(), 0..4), list in prop::collection::vec(any::<u64>(), 0..4),
    ) {
        let (small, middle, large) = numbers;
        let addresses: Vec<_> = addresses.into_iter().map(Address::from).collect();
        let ours = encoded!(small, middle, large, *text, *addresses, *list);
        prop_assert_eq!(ours, Fields::abi_encode_params(&(small, middle, large, text.to_string(), addresses, list)));
    }

    /// One list of fields makes the bytes of a struct that is written out.
    #[test]
    fn rows_are_laid_out_as_structs(inputs in inputs()) {
        let bytes = Row::<QuoteInputs, 12>::abi_encode(&Row(inputs));
        prop_assert_eq!(&bytes, &of_solidity(&inputs).abi_encode());
        let Ok(Row(back)) = Row::<QuoteInputs, 12>::abi_decode_validate(&bytes) else {
            return Err(TestCaseError::fail("what was written is not read"));
        };
        prop_assert_eq!((back.model_identifier, back.inputs), (inputs.model_identifier, inputs.inputs));
    }

    /// A row takes exactly the words that such a struct takes.
    #[test]
    fn rows_are_refused_as_structs(words in any::<[[u8; 16]; 9]>(), wide in 0_usize..9, shift in 0_u32..=128, length in 0_usize..=9 * 32) {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| [[0; 16], *word].concat()).collect();
        // The version and the time have 64 bits; shifts bring most of them into range.
        for at in [0, 8] {
            let number = u128::from_be_bytes(words[at]).unbounded_shr(shift.max(if wide == at { 0 } else { 64 }));
            bytes[at * 32 + 16..at * 32 + 32].copy_from_slice(&number.to_be_bytes());
        }
        bytes.truncate(if wide == 4 { length } else { 9 * 32 });
        let ours = Row::<Quote, 9>::abi_decode_validate(&bytes).ok();
        let alloys = <Price as SolValue>::abi_decode_validate(&bytes).ok();
        let ours = ours.map(|Row(Quote { version, price, valid_until })| {
            let pricing::PriceLines { per_replica, miners, validators, network, gas, rebate, total } = price;
            (version, [per_replica, miners, validators, network, gas, rebate, total], valid_until)
        });
        let alloys = alloys.map(|price| {
            let Price { version, perReplica, miners, validators, network, gas, rebate, total, validUntil } = price;
            (version, [perReplica, miners, validators, network, gas, rebate, total], validUntil)
        });
        prop_assert_eq!(ours, alloys);
    }
}
