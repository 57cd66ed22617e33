//! No input stops the process: mutated modules, generated programs, damaged and oversized streams.

mod support;

use std::sync::LazyLock;

use alloy_primitives::keccak256;
use cor_stylus_vm::prepare::{DeployedCode, compress, deployed_wasm, prepare};
use cor_stylus_vm::{PrepareError, StylusParams, activate};
use proptest::prelude::*;
use support::chain::FixedChain;
use support::{request, vm};

const COUNTER: &[u8] = include_bytes!("../../../test/vectors/stylus/counter.wasm");

/// Ink that ends any loop within milliseconds.
const LITTLE: u64 = 20_000_000;

/// A program with most kinds of sections and operators.
static SMALL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat::parse_str(
        r#"(module
            (import "vm_hooks" "read_args" (func $read_args (param i32)))
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
            (import "vm_hooks" "native_keccak256" (func $keccak (param i32 i32 i32)))
            (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
            (memory (export "memory") 1 4)
            (table 3 funcref)
            (elem (i32.const 1) $double $fill)
            (global $seed (mut i64) (i64.const 17))
            (data (i32.const 16) "some data")
            (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
            (func $fill (param i32) (result i32)
                (memory.fill (i32.const 256) (local.get 0) (i32.const 64))
                (memory.copy (i32.const 300) (i32.const 16) (i32.const 9))
                (i32.load (i32.const 298)))
            (func (export "user_entrypoint") (param $len i32) (result i32) (local $i i32)
                (call $read_args (i32.const 512))
                (drop (memory.grow (i32.const 1)))
                (loop $next
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (global.set $seed (i64.rotl (global.get $seed) (i64.const 7)))
                    (drop (call_indirect (param i32) (result i32)
                        (local.get $i) (i32.add (i32.and (local.get $i) (i32.const 1)) (i32.const 1))))
                    (br_if $next (i32.lt_u (local.get $i) (local.get $len))))
                (call $keccak (i32.const 256) (i32.const 64) (i32.const 0))
                (call $load (i32.const 0) (i32.const 32))
                (call $write_result (i32.const 0) (i32.const 64))
                (i32.eqz (local.get $len))))"#,
    )
    .expect("a module")
});

/// Replacements of single bytes, by place and value.
fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
}

fn mutated(wasm: &[u8], mutations: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut wasm = wasm.to_vec();
    for (place, value) in mutations {
        let place = place.index(wasm.len());
        wasm[place] = *value;
    }
    wasm
}

/// Statements over one i32 local, with traps, wild addresses, growth and endless loops among them.
fn statements() -> impl Strategy<Value = String> {
    let number = any::<i32>().prop_map(|n| if n % 3 == 0 { n } else { n & 0xffff });
    let operation =
        prop::sample::select(vec!["add", "sub", "mul", "div_s", "div_u", "rem_s", "xor", "shl", "rotr", "lt_u", "ge_s"]);
    let statement = (operation, number).prop_flat_map(|(op, n)| {
        prop::sample::select(vec![
            format!("(local.set 1 (i32.{op} (local.get 1) (i32.const {n})))"),
            format!("(local.set 1 (i32.{op} (i32.const {n}) (local.get 1)))"),
            format!("(i32.store (i32.const {n}) (local.get 1))"),
            format!("(local.set 1 (i32.load16_s (i32.const {n})))"),
            format!("(memory.fill (local.get 1) (i32.const {n}) (i32.const 99))"),
            format!("(memory.copy (i32.const {n}) (local.get 1) (i32.const 99))"),
            format!("(local.set 1 (memory.grow (i32.const {})))", n & 0x3),
            "(local.set 1 (call $main (local.get 1)))".to_owned(),
            "(br_if 0 (local.get 1))".to_owned(),
            "(local.set 1 (memory.size))".to_owned(),
        ])
    });
    let nested = statement.prop_recursive(4, 40, 6, |inner| {
        let kind = prop::sample::select(vec!["block", "loop"]);
        (kind, prop::collection::vec(inner, 0..6)).prop_map(|(kind, inner)| format!("({kind} {})", inner.join(" ")))
    });
    prop::collection::vec(nested, 0..8).prop_map(|statements| statements.join(" "))
}

fn generated(body: &str) -> String {
    format!(
        r#"(module
            (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
            (memory (export "memory") 1)
            (func $main (export "user_entrypoint") (param i32) (result i32) (local i32)
                (block {body}) (local.get 1)))"#
    )
}

/// Activates and, if that is allowed, runs twice: the run may not invent ink, nor differ.
fn try_program(wasm: &[u8], calldata: &[u8]) {
    let hash = keccak256(wasm);
    let params = StylusParams::arbos51();
    let Ok(activation) = vm().activate(hash, wasm, &params) else {
        return;
    };
    let module = vm().module(hash, || Ok(wasm.to_vec())).expect("activated");
    let mut chain = FixedChain::new(activation.footprint, params.page_model(), false);
    let result = vm().run(&module, request(calldata, LITTLE), &mut chain).expect("a run");
    assert!(result.ink_left <= LITTLE, "{result:?}");
    assert!(result.stack_left <= 22_000, "{result:?}");
}

#[test]
fn the_seed_of_the_mutations_is_a_program() {
    let (result, _) = support::run(&support::load(&*SMALL), b"abc", LITTLE * 1000);
    assert_eq!((result.outcome, result.output.len()), (cor_stylus_vm::Outcome::Success, 64));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn mutated_programs(changes in mutations(), calldata in prop::collection::vec(any::<u8>(), 0..40)) {
        try_program(&mutated(&SMALL, &changes), &calldata);
    }

    #[test]
    fn cut_programs(len in any::<prop::sample::Index>()) {
        try_program(&SMALL[..len.index(SMALL.len())], &[]);
    }

    #[test]
    fn generated_programs(body in statements()) {
        try_program(&wat::parse_str(generated(&body)).expect("a module"), &[]);
    }

    #[test]
    fn random_code_of_accounts(kind in 0u8..4, dictionary in 0u8..3, rest in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut code = vec![0xef, 0xf0, kind, dictionary];
        code.extend(&rest);
        let _ = DeployedCode::parse(&code);
        let _ = deployed_wasm(&code, &StylusParams::arbos60(), |_| rest.clone());
        let _ = prepare(&rest, [0; 32]);
    }

    #[test]
    fn damaged_streams(changes in mutations()) {
        static STREAM: LazyLock<Vec<u8>> = LazyLock::new(|| compress(&SMALL));
        let mut code = vec![0xef, 0xf0, 0, 0];
        code.extend(mutated(&STREAM, &changes));
        if let Ok(wasm) = deployed_wasm(&code, &StylusParams::arbos51(), |_| Vec::<u8>::new()) {
            let _ = activate(&wasm, &StylusParams::arbos51(), false);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() })]

    #[test]
    fn mutated_contracts(changes in mutations()) {
        // Compiling so many of this size would take long; activation alone reads every byte.
        let _ = activate(&mutated(COUNTER, &changes), &StylusParams::arbos51(), false);
    }
}

#[test]
fn a_small_stream_cannot_fill_the_memory() {
    let bomb = compress(&vec![0; 32 << 20]);
    assert!(bomb.len() < 1000, "{} bytes", bomb.len());
    let mut code = vec![0xef, 0xf0, 0, 0];
    code.extend(bomb);
    let error = deployed_wasm(&code, &StylusParams::arbos51(), |_| Vec::<u8>::new());
    assert_eq!(error, Err(PrepareError::TooLarge { size: None, limit: 128 * 1024 }));
}
