//! The contract that answers the hashes of earlier blocks (EIP-2935 as Arbitrum has it), run on slots that the tests set.

use cor_anvil::{arbos::HISTORY_STORAGE, evm::ArbOsVersion};
use revm::{
    Database,
    context::TxEnv,
    context::result::ExecutionResult,
    primitives::{Address, B256, TxKind, U256, address, b256, keccak256},
};

use crate::calls::{Probe, seen};
use crate::chain::{Chain, DELEGATE_PROXY, PROXY, hex_code, output_of, via};
use crate::programs::PROBE;

/// Blocks it remembers.
const BLOCKS: u64 = 393_168;
/// In whose name Nitro calls it.
const SYSTEM: Address = address!("fffffffffffffffffffffffffffffffffffffffe");
/// keccak-256 of `HistoryStorageCodeArbitrum`, from Arbitrum's geth.
const CODE_HASH: B256 = b256!("ceef1f6ad6c0cb7eb8fb15678abf11da3ce0d3a7c7106aa900c5930e556a43ff");

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

/// Sets the hash of block `number` to that of its digits.
fn remember(chain: &mut Chain, number: u64) -> B256 {
    let hash = keccak256(number.to_string());
    chain.db.insert_account_storage(HISTORY_STORAGE, U256::from(number % BLOCKS), hash.into()).unwrap();
    hash
}

/// Whether it is the contract that refuses: a revert without data.
fn is_refused(result: &ExecutionResult) -> bool {
    matches!(result, ExecutionResult::Revert { output, .. } if output.is_empty())
}

#[test]
fn every_release_begins_with_arbitrums_contract() {
    for arbos in ArbOsVersion::ALL {
        let info = Chain::at(arbos).db.basic(HISTORY_STORAGE).unwrap().unwrap();
        assert_eq!((info.nonce, info.code_hash), (1, CODE_HASH), "{arbos}");
        assert_eq!(keccak256(info.code.unwrap().original_byte_slice()), CODE_HASH);
    }
}

/// What the node does at the start of a block without running the contract.
#[test]
fn the_systems_call_sets_the_slot_of_the_parent() {
    for number in [1, 2, BLOCKS, BLOCKS + 1, 5 * BLOCKS, u64::MAX] {
        let mut chain = Chain::new();
        chain.block.number = number;
        chain.config = chain.config.for_simulation();
        let hash = keccak256("parent");
        let tx = TxEnv { caller: SYSTEM, gas_price: 0, ..chain.tx(TxKind::Call(HISTORY_STORAGE), hash.0.into(), U256::ZERO) };
        let done = chain.simulate(tx).unwrap();
        assert!(output_of(&done.result).is_empty());
        let slots: Vec<_> =
            done.state[&HISTORY_STORAGE].storage.iter().map(|(slot, value)| (*slot, value.present_value)).collect();
        assert_eq!(slots, [(U256::from((number - 1) % BLOCKS), hash.into())], "block {number}");
    }
}

#[test]
fn it_answers_about_as_many_blocks_as_it_has_slots() {
    let mut chain = Chain::new();
    let now = 7 * BLOCKS + 100;
    chain.block.number = now;
    for number in [now - 1, now - 2, now - BLOCKS + 1, now - BLOCKS] {
        let hash = remember(&mut chain, number);
        assert_eq!(output_of(&chain.call(HISTORY_STORAGE, word(number))).as_ref(), hash.as_slice(), "{number}");
    }
    for number in [now, now + 1, u64::MAX, now - BLOCKS - 1, 0] {
        assert!(is_refused(&chain.call(HISTORY_STORAGE, word(number))), "{number}");
    }
    assert!(is_refused(&chain.call(HISTORY_STORAGE, U256::MAX.to_be_bytes::<32>())));
    // On the first block, the block before it has the highest number there is.
    chain.block.number = 0;
    assert_eq!(output_of(&chain.call(HISTORY_STORAGE, word(0))).as_ref(), B256::ZERO.as_slice());
    assert!(is_refused(&chain.call(HISTORY_STORAGE, word(1))));
    // On a young chain the first block is not too old.
    chain.block.number = 3;
    let first = remember(&mut chain, 0);
    assert_eq!(output_of(&chain.call(HISTORY_STORAGE, word(0))).as_ref(), first.as_slice());
}

#[test]
fn it_takes_one_word_and_nobody_else_may_set() {
    let mut chain = Chain::new();
    chain.block.number = 9;
    let hash = remember(&mut chain, 8);
    let padded = [&word(8)[..], &[0]].concat();
    for data in [&[][..], &word(8)[1..], &padded] {
        assert!(is_refused(&chain.call(HISTORY_STORAGE, data.to_vec())), "{} bytes", data.len());
    }
    // A hash is no number of a block; whoever sends one changes nothing.
    assert!(is_refused(&chain.call(HISTORY_STORAGE, keccak256("mine").0)));
    assert_eq!(chain.storage(HISTORY_STORAGE, 8), U256::from_be_bytes(hash.0));
}

/// The parent chain's number, which `NUMBER` answers, is not asked.
#[test]
fn contracts_and_programs_read_it_within_a_transaction() {
    let mut chain = Chain::new();
    chain.block.number = 1_000;
    assert_ne!(chain.block.number, chain.block.l1_block_number);
    let hash = remember(&mut chain, 999);
    let (proxy, probe) = (chain.deploy(&hex_code(PROXY)), chain.program(PROBE));
    assert_eq!(output_of(&chain.call(proxy, via(HISTORY_STORAGE, &word(999)))).as_ref(), hash.as_slice());
    assert!(is_refused(&chain.call(proxy, via(HISTORY_STORAGE, &word(1_000)))));
    for kind in [Probe::STATIC, Probe::CALL] {
        let read = |number| Probe::new(kind, HISTORY_STORAGE).data(word(number)).encode();
        let known = seen(output_of(&chain.call(probe, read(999))));
        assert_eq!((known.status, known.data.as_ref()), (0, hash.as_slice()), "kind {kind}");
        let unknown = seen(output_of(&chain.call(probe, read(1_000))));
        assert_eq!((unknown.status, unknown.data.len()), (2, 0), "kind {kind}");
    }
    // By delegate call, it is the caller's slots that are read.
    let delegate = chain.deploy(&hex_code(DELEGATE_PROXY));
    assert_eq!(output_of(&chain.call(delegate, via(HISTORY_STORAGE, &word(999)))).as_ref(), B256::ZERO.as_slice());
}
