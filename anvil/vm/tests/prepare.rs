//! From a module to deployed code and back.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use cor_stylus_vm::prepare::{
    DeployedCode, Dictionary, INIT_CODE_PRELUDE_BYTES, compress, decompress, deployed_wasm, fragment_codes, init_code,
    is_deployable, is_program, prepare, program_code, root_code,
};
use cor_stylus_vm::{PrepareError, StylusParams};

/// Bytes that do not compress, so that a program has several fragments.
fn noise(len: usize) -> Vec<u8> {
    let step = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 24) as u8)
    };
    std::iter::repeat_n((), len).scan(7u32, |state, ()| step(state)).collect()
}

fn no_fragment(_: Address) -> Vec<u8> {
    Vec::new()
}

#[test]
fn canonical_form() {
    // The table index of this call_indirect is an over-long zero, as compilers emit it.
    let canonical = prepare(br#"(module (table 1 funcref) (func i32.const 0 call_indirect) (@custom "junk" "x"))"#, [7; 32])
        .expect("a module");
    let zero = canonical.iter().rposition(|byte| *byte == 0x11).expect("call_indirect");
    assert_eq!(canonical[zero..][..4], [0x11, 0, 0, 0x0b]);
    let mut overlong = canonical.clone();
    overlong.splice(zero + 2..zero + 3, [0x80, 0x80, 0x00]);
    // The lengths of the function body and of the code section grow by two.
    overlong[zero - 4] += 2;
    overlong[zero - 6] += 2;
    assert_eq!(prepare(&overlong, [7; 32]).expect("a module"), canonical);

    let section = [&[0, 45, 12][..], b"project_hash", &[7; 32]].concat();
    assert!(canonical.ends_with(&section));
    assert!(!canonical.windows(4).any(|window| window == b"junk"));
    assert!(matches!(prepare(b"(module", [0; 32]), Err(PrepareError::NotWasm { .. })));
    // Not read as text, whose parser would show the bytes and what it had expected there.
    let bytes = prepare(b"hello", [0; 32]).expect_err("no module").to_string();
    assert!(bytes.contains("begins with the bytes 0061736d"), "{bytes}");
}

#[test]
fn programs() {
    let params = StylusParams::arbos51();
    let wasm = noise(1000);
    let code = program_code(&wasm);
    assert_eq!(code[..4], [0xef, 0xf0, 0, 0]);
    assert_eq!(deployed_wasm(&code, &params, no_fragment), Ok(wasm));
    assert!(is_program(&code) && is_deployable(&code, &params));

    for (code, error) in [
        (vec![], PrepareError::NotProgram),
        (vec![0xef, 0xf0], PrepareError::NotProgram),
        (vec![0xef, 0, 0, 0], PrepareError::NotProgram),
        (vec![0xef, 0xf0, 3, 0], PrepareError::NotProgram),
        (vec![0xef, 0xf0, 1, 0], PrepareError::NotProgram),
        (vec![0xef, 0xf0, 0], PrepareError::Truncated { len: 3 }),
        (vec![0xef, 0xf0, 0, 0], PrepareError::Brotli),
        (vec![0xef, 0xf0, 0, 1, 6], PrepareError::UnsupportedDictionary),
        (vec![0xef, 0xf0, 0, 2, 6], PrepareError::UnknownDictionary { id: 2 }),
        (code[..code.len() - 1].to_vec(), PrepareError::Brotli),
    ] {
        assert_eq!(deployed_wasm(&code, &params, no_fragment), Err(error), "{code:?}");
    }
}

#[test]
fn size_limits() {
    let stream = compress(&noise(1000));
    let limit = |limit| decompress(Dictionary::Empty, &stream, limit).map(|wasm| wasm.len());
    assert_eq!(limit(1000), Ok(1000));
    assert_eq!(limit(999), Err(PrepareError::TooLarge { size: None, limit: 999 }));
    let unsupported = decompress(Dictionary::Stylus, &stream, 1000);
    assert_eq!(unsupported, Err(PrepareError::UnsupportedDictionary));
}

#[test]
fn fragments() {
    let params = StylusParams::arbos60();
    let wasm = noise(30_000);
    let codes = fragment_codes(&wasm, 24_576);
    assert_eq!(codes.iter().map(|code| code.len() <= 24_576).collect::<Vec<_>>(), [true, true]);
    let accounts: BTreeMap<Address, Vec<u8>> = (1..).map(Address::repeat_byte).zip(codes).collect();
    let addresses: Vec<Address> = accounts.keys().copied().collect();
    let look = |address| accounts.get(&address).cloned().unwrap_or_default();

    let root = root_code(30_000, &addresses);
    let parsed = DeployedCode::parse(&root);
    let (dictionary, fragments) = (Dictionary::Empty, addresses.clone());
    assert_eq!(parsed, Ok(DeployedCode::Root { dictionary, wasm_len: 30_000, fragments }));
    assert_eq!(deployed_wasm(&root, &params, look), Ok(wasm));
    assert!(is_program(&root) && !is_program(&accounts[&addresses[0]]));
    for code in accounts.values().chain([&root]) {
        assert!(is_deployable(code, &params) && !is_deployable(code, &StylusParams::arbos51()));
    }

    let missing = Address::repeat_byte(9);
    for (root, error) in [
        (root_code(29_999, &addresses), PrepareError::TooLarge { size: None, limit: 29_999 }),
        (root_code(128 * 1024 + 1, &addresses), PrepareError::TooLarge { size: Some(131_073), limit: 128 * 1024 }),
        (root_code(30_000, &[]), PrepareError::FragmentCount { count: 0, limit: 2 }),
        (root_code(30_000, &[missing; 3]), PrepareError::FragmentCount { count: 3, limit: 2 }),
        (root_code(30_000, &[addresses[0], missing]), PrepareError::NotFragment { index: 1 }),
        (root_code(30_000, &addresses[..1]), PrepareError::Brotli),
        (root[..root.len() - 1].to_vec(), PrepareError::Truncated { len: root.len() - 1 }),
        (root[..7].to_vec(), PrepareError::Truncated { len: 7 }),
    ] {
        assert_eq!(deployed_wasm(&root, &params, look), Err(error));
    }
    let old = deployed_wasm(&root, &StylusParams::arbos51(), look);
    assert_eq!(old, Err(PrepareError::FragmentCount { count: 2, limit: 0 }));
}

#[test]
fn init_codes() {
    let init = init_code(&[1; 0x1234]);
    let (prelude, code) = init.split_at(INIT_CODE_PRELUDE_BYTES);
    assert_eq!(code, [1; 0x1234]);
    let expected = format!("7f{:064x}80602b6000396000f300", 0x1234);
    assert_eq!(hex::encode(prelude), expected);
}
