//! Memory pages: counted over the whole call tree of a transaction. And programs that are loaded
//! already.

use alloy_sol_types::{SolCall, sol};
use cor_anvil::evm::ArbOsVersion;
use revm::primitives::{Address, U256, keccak256};

use crate::chain::{COUNTER_WASM, Chain, GAS_LIMIT, calldata, output_of, set_number, stylus_code};
use crate::programs::{CALLER, GROW};

sol! {
    interface Cache {
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheProgram(address program) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
        function addWasmCacheManager(address manager) external;
    }
}

const CACHE: Address = Address::with_last_byte(0x72);
const OWNER: Address = Address::with_last_byte(0x70);
/// Ink of one gas.
const INK: u64 = 10_000;

/// Ink of each growth, outermost first.
fn growth(chain: &mut Chain, grow: Address, pages: &[u8]) -> Vec<u64> {
    let mut data = Vec::new();
    for (depth, count) in pages.iter().enumerate() {
        if depth > 0 {
            data.extend(grow);
        }
        data.push(*count);
    }
    let result = chain.call(grow, data);
    let answer = output_of(&result);
    answer.chunks(8).map(|ink| u64::from_le_bytes(ink.try_into().unwrap())).collect()
}

#[test]
fn pages_are_shared_by_the_call_tree() {
    let mut chain = Chain::new();
    let grow = chain.program(GROW);
    let none = growth(&mut chain, grow, &[0])[0];
    // The program starts with the two free pages, so that every further one costs a thousand gas.
    // The exponential part is 1 for up to 5 pages.
    let one = growth(&mut chain, grow, &[1])[0];
    let ten = growth(&mut chain, grow, &[10])[0];
    assert_eq!((ten - one) / INK, 9_000 + 5 - 1, "12 pages: E(12) - E(3)");
    assert!(one > none);
    // Inner frames start from what the outer ones have open ...
    let tree = growth(&mut chain, grow, &[10, 1]);
    assert_eq!(tree[0], ten);
    assert_eq!(tree[1], one + INK, "14 open pages and one more: E(15) - E(14) is 7 - 6");
    // ... and a transaction starts from nothing.
    assert_eq!(growth(&mut chain, grow, &[10])[0], ten);
}

#[test]
fn a_frame_that_ends_closes_its_pages_but_not_the_highest_mark() {
    let mut chain = Chain::new();
    let grow = chain.program(GROW);
    let caller = chain.program(CALLER);
    // One page of the caller, two of the callee: one is paid. Alone the callee's two are free.
    let alone = chain.call(grow, [0]).tx_gas_used();
    let below = chain.call(caller, [grow.as_slice(), &[0]].concat());
    assert!(below.is_success());
    assert!(below.tx_gas_used() > alone + 1_000);
}

#[test]
fn no_transaction_has_more_than_128_pages() {
    let mut chain = Chain::new();
    let grow = chain.program(GROW);
    let result = chain.call(grow, [127]);
    assert!(result.is_halt());
    assert_eq!(result.tx_gas_used(), GAS_LIMIT);
    let result = chain.call(grow, [100]);
    assert!(result.is_success(), "{result:?}");
}

#[test]
fn a_cached_program_starts_cheaper() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    let codehash = keccak256(stylus_code(COUNTER_WASM));
    let is_cached = |chain: &mut Chain| {
        let data = Cache::codehashIsCachedCall { codehash }.abi_encode();
        U256::from_be_slice(output_of(&chain.call(CACHE, data))) == U256::from(1)
    };
    assert!(!is_cached(&mut chain));
    let before = chain.call(counter, calldata("number()", &[])).tx_gas_used();
    // The sender is the chain's owner, who may cache as well.
    let cached = chain.call(CACHE, Cache::cacheProgramCall { program: counter }.abi_encode());
    assert!(cached.is_success(), "{cached:?}");
    let topic = keccak256("UpdateProgramCache(address,bytes32,bool)");
    assert_eq!(cached.logs()[0].data.topics()[0], topic);
    assert!(is_cached(&mut chain));
    let after = chain.call(counter, calldata("number()", &[])).tx_gas_used();
    assert_eq!(before - after, 12_306, "the init part of 13910");

    let again = chain.call(CACHE, Cache::cacheProgramCall { program: counter }.abi_encode());
    assert!(again.is_success() && again.logs().is_empty());
    let evicted = chain.call(CACHE, Cache::evictCodehashCall { codehash }.abi_encode());
    assert!(evicted.is_success() && !is_cached(&mut chain));
    assert_eq!(chain.call(counter, calldata("number()", &[])).tx_gas_used(), before);
}

#[test]
fn only_managers_and_owners_cache() {
    let mut chain = Chain::new();
    let counter = chain.program(COUNTER_WASM);
    let manager = chain.program(CALLER);
    let cache = Cache::cacheProgramCall { program: counter }.abi_encode();
    let as_manager = [CACHE.as_slice(), &cache].concat();
    assert!(!chain.call(manager, as_manager.clone()).is_success());
    let added = chain.call(OWNER, Cache::addWasmCacheManagerCall { manager }.abi_encode());
    assert!(added.is_success(), "{added:?}");
    let all = chain.call(CACHE, Cache::allCacheManagersCall {}.abi_encode());
    assert_eq!(Cache::allCacheManagersCall::abi_decode_returns(output_of(&all)).unwrap(), [manager]);
    assert!(chain.call(manager, as_manager).is_success());
    let plain = chain.deploy(&[0]);
    let refused = chain.call(CACHE, Cache::cacheProgramCall { program: plain }.abi_encode());
    assert!(!refused.is_success() && !refused.output().unwrap().is_empty(), "typed: needs upgrade");
}

#[test]
fn a_program_used_before_in_the_block_starts_cheaper_from_arbos_60() {
    for (arbos, saved) in [(ArbOsVersion::V40, 0), (ArbOsVersion::V51, 0), (ArbOsVersion::V60, 12_306)] {
        let mut chain = Chain::at(arbos);
        let counter = chain.program(COUNTER_WASM);
        chain.call(counter, set_number(1));
        chain.pass(1);
        let mut gas = || chain.call(counter, calldata("number()", &[])).tx_gas_used();
        let first = gas();
        assert_eq!(first - gas(), saved, "{arbos}");
        chain.pass(1);
        assert_eq!(chain.call(counter, calldata("number()", &[])).tx_gas_used(), first, "{arbos}");
    }
}
