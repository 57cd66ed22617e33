//! Creates by programs, and what code may be deployed.

use alloy_sol_types::SolCall;
use cor_anvil::evm::ArbOsVersion;
use cor_stylus_vm::prepare::{compress, fragment_codes, init_code, prepare, root_code};
use revm::{
    context::result::HaltReason,
    primitives::{Address, B256, Bytes, U256, keccak256},
};

use crate::calls::{Probe, Seen, seen};
use crate::chain::{ARB_WASM, COUNTER_WASM, Chain, ETHER, GAS_LIMIT, Wasm, calldata, halt_of, hex_code, output_of, set_number};
use crate::programs::PROBE;

/// Ink of one gas.
const INK: u64 = 10_000;

fn create(chain: &mut Chain, probe: Address, kind: u8, init: &[u8]) -> Seen {
    let ask = Probe::new(kind, Address::ZERO).data(init);
    let result = chain.call(probe, ask.encode());
    seen(output_of(&result))
}

#[test]
fn a_program_creates_contracts_and_programs() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    let code = hex_code("6001 6002");
    for kind in [Probe::CREATE, Probe::CREATE2] {
        let created = create(&mut chain, probe, kind, &init_code(&code));
        assert_ne!(created.created, Address::ZERO);
        let info = revm::Database::basic(&mut chain.db, created.created).unwrap().unwrap();
        assert_eq!(info.code_hash, keccak256(&code));
        assert_eq!(created.data, Bytes::new());
    }
    let init = init_code(&code);
    let expected = probe.create2(B256::ZERO, keccak256(&init));
    let again = create(&mut chain, probe, Probe::CREATE2, &init);
    assert_eq!(again.created, Address::ZERO, "{expected} is taken");
    // A contract made by a program may be a program itself.
    let wasm = prepare(COUNTER_WASM, [0; 32]).unwrap();
    let program = cor_stylus_vm::prepare::program_code(&wasm);
    let counter = create(&mut chain, probe, Probe::CREATE, &init_code(&program)).created;
    assert!(chain.activate(counter).is_success());
    assert!(chain.call(counter, set_number(4)).is_success());
}

#[test]
fn init_code_is_not_charged_by_the_word_and_hashing_is() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    // Stops at once, so that nothing is deployed.
    let init = |words: usize| vec![0; 32 * words];
    let mut ink = |kind, words| create(&mut chain, probe, kind, &init(words)).ink;
    // Reading the bytes costs 55 ink each, twice.
    let read = 2 * 55 * 32;
    let one = ink(Probe::CREATE, 1);
    assert_eq!(ink(Probe::CREATE, 11) - one, 10 * read);
    let one = ink(Probe::CREATE2, 1);
    assert_eq!(ink(Probe::CREATE2, 11) - one, 10 * read + 10 * 6 * INK);
}

#[test]
fn a_failing_create_answers_address_zero() {
    let mut chain = Chain::new();
    let probe = chain.program(PROBE);
    // revert with the word 42
    let reverting = create(&mut chain, probe, Probe::CREATE, &hex_code("602a 6000 52 6020 6000 fd"));
    assert_eq!(reverting.created, Address::ZERO);
    assert_eq!(U256::from_be_slice(&reverting.data), U256::from(42), "data comes back from a revert");
    assert!(reverting.ink < 50_000 * INK);
    // invalid, and code that may not be deployed: all gas but a 64th, no data
    for init in [vec![0xfe], init_code(&[0xef, 0x01])] {
        let failing = create(&mut chain, probe, Probe::CREATE, &init);
        assert_eq!((failing.created, failing.data.len()), (Address::ZERO, 0));
        assert!(failing.ink > GAS_LIMIT * 9 / 10 * INK);
    }
    // An endowment the program does not have.
    let ask = Probe::new(Probe::CREATE, Address::ZERO).data([0]).value(1);
    let poor = seen(output_of(&chain.call(probe, ask.encode())));
    assert_eq!(poor.created, Address::ZERO);
    assert!(poor.ink < 50_000 * INK);
}

#[test]
fn only_stylus_prefixes_may_begin_with_ef() {
    for (code, from_51, from_60) in [
        (vec![0xef], false, false),
        (vec![0xef, 0x00, 0x01], false, false),
        (vec![0xef, 0x01, 0x00, 0x02], false, false),
        (vec![0xef, 0xf0, 0x00, 0x00, 0x01], true, true),
        (vec![0xef, 0xf0, 0x01, 0x01], false, true),
        (vec![0xef, 0xf0, 0x02, 0x00, 0, 0, 0, 1], false, true),
        (vec![0xef, 0xf0, 0x03], false, false),
    ] {
        for (arbos, allowed) in [(ArbOsVersion::V51, from_51), (ArbOsVersion::V60, from_60)] {
            let mut chain = Chain::at(arbos);
            let result = chain.create(init_code(&code));
            assert_eq!(result.is_success(), allowed, "{code:02x?} on {arbos}");
            if !allowed {
                assert_eq!(*halt_of(&result), HaltReason::CreateContractStartingWithEF);
                assert_eq!(result.tx_gas_used(), GAS_LIMIT);
            }
        }
    }
}

#[test]
fn code_has_a_size_limit() {
    let mut chain = Chain::new();
    let program = |bytes: usize| [&[0xef, 0xf0, 0x00, 0x00][..], &vec![1; bytes - 4]].concat();
    assert!(chain.create(init_code(&program(24_576))).is_success());
    let result = chain.create(init_code(&program(24_577)));
    assert_eq!(*halt_of(&result), HaltReason::CreateContractSizeLimit);
    chain.config.code_size_limit = 24_577;
    assert!(chain.create(init_code(&program(24_577))).is_success());
}

#[test]
fn programs_in_fragments() {
    let mut chain = Chain::at(ArbOsVersion::V60);
    let answer = chain.call(Address::with_last_byte(0x6b), calldata("getMaxStylusContractFragments()", &[]));
    assert_eq!(U256::from_be_slice(output_of(&answer)), U256::from(2));

    let wasm = prepare(COUNTER_WASM, [0; 32]).unwrap();
    let halves = compress(&wasm).len().div_ceil(2) + 3;
    let fragments: Vec<_> = fragment_codes(&wasm, halves).iter().map(|code| chain.deploy(code)).collect();
    assert_eq!(fragments.len(), 2);
    let len = u32::try_from(wasm.len()).unwrap();
    let root = chain.deploy(&root_code(len, &fragments));
    assert_eq!(*halt_of(&chain.call(root, set_number(1))), HaltReason::NotActivated);
    assert!(chain.activate(root).is_success());
    assert!(chain.call(root, set_number(8)).is_success());
    assert_eq!(chain.storage(root, 0), U256::from(8));
    // A fragment by itself is no program.
    let result = chain.call(fragments[0], set_number(1));
    assert!(result.is_halt());

    // The root names accounts: one that names others is another module.
    let swapped = chain.deploy(&root_code(len, &[fragments[1], fragments[0]]));
    let data = Wasm::activateProgramCall { program: swapped }.abi_encode();
    assert!(!chain.send(ARB_WASM, data, ETHER).is_success(), "the parts are in the wrong order");
    let three = chain.deploy(&root_code(len, &[fragments[0], fragments[1], fragments[0]]));
    assert!(!chain.activate(three).is_success());
}
