//! How programs end badly, and at which reading of the meter; that the meter is never off by one.

mod support;

use cor_stylus_vm::{Outcome, RunRequest, StylusParams};
use support::chain::FixedChain;
use support::{PLENTY, Program, load, request, run, vm};

/// Check of a basic block.
const BLOCK: u64 = 2450;
/// Ink of one gas.
const GAS: u64 = 10_000;

/// A program with a page, a table of three entries of which the last is empty, and this body.
fn program(body: &str) -> Program {
    load(format!(
        r#"(module
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (memory (export "memory") 1 1)
            (table 3 funcref)
            (elem (i32.const 0) $none $one)
            (func $none)
            (func $one (param i32))
            (func $again call $again)
            (func (export "user_entrypoint") (param i32) (result i32)
                {body}))"#
    ))
}

/// A trap ends a program where it is: what its basic block costs is paid, the gas left is kept, what was
/// written as its result is gone.
#[test]
fn traps() {
    for (body, ink) in [
        ("unreachable", BLOCK + 1 + 1),
        ("i32.const 1 i32.const 0 i32.div_u", BLOCK + 2 + 1120 + 1),
        ("i32.const 1 i32.const 0 i32.rem_s", BLOCK + 2 + 1120 + 1),
        ("i64.const 1 i64.const 0 i64.div_s drop i32.const 0", BLOCK + 2 + 1270 + 9 + 1 + 1),
        ("i32.const 0x80000000 i32.const -1 i32.div_s", BLOCK + 2 + 1120 + 1),
        ("i64.const 0x8000000000000000 i64.const -1 i64.div_s drop i32.const 0", BLOCK + 2 + 1270 + 9 + 1 + 1),
        ("i32.const 65533 i32.load", BLOCK + 1 + 670 + 1),
        ("i32.const -1 i32.load8_u offset=4294967295", BLOCK + 1 + 670 + 1),
        ("i32.const 65529 i64.load drop i32.const 0", BLOCK + 1 + 680 + 9 + 1 + 1),
        ("i32.const 65536 i32.const 0 i32.store8 i32.const 0", BLOCK + 2 + 825 + 1 + 1),
        // Bytes are paid before it is known whether they exist.
        ("i32.const 65535 i32.const 0 i32.const 2 memory.fill i32.const 0", BLOCK + 3 + 950 + 200 + 1 + 1),
        ("i32.const 65537 i32.const 0 i32.const 0 memory.fill i32.const 0", BLOCK + 3 + 950 + 1 + 1),
        ("i32.const 0 i32.const 65000 i32.const 1000 memory.copy i32.const 0", BLOCK + 3 + 950 + 100_000 + 1 + 1),
        // Another signature than the entry's, an empty entry, no entry.
        ("i32.const 1 call_indirect i32.const 0", BLOCK + 1 + 13_610),
        ("i32.const 1 call_indirect (result i32)", BLOCK + 1 + 13_610),
        ("i32.const 2 call_indirect i32.const 0", BLOCK + 1 + 13_610),
        ("i32.const 3 call_indirect i32.const 0", BLOCK + 1 + 13_610),
        ("i32.const -1 call_indirect i32.const 0", BLOCK + 1 + 13_610),
        ("i32.const 0 i32.const 4 call $write_result unreachable", (BLOCK + 2 + 3800) + (8400 + 2 * 16_381) + (BLOCK + 1 + 1)),
    ] {
        let (result, _) = run(&program(body), &[], PLENTY);
        assert_eq!(result.outcome, Outcome::Failure, "{body}");
        assert_eq!(PLENTY - result.ink_left, ink, "{body}: {:?}", result.reason);
        assert!(result.output.is_empty(), "{body}");
    }
}

/// What looks like a trap and is none.
#[test]
fn edges_that_do_not_trap() {
    for body in [
        "i32.const 0x80000000 i32.const -1 i32.rem_s",
        "i32.const 65532 i32.load",
        "i32.const 65536 i32.const 0 i32.const 0 memory.fill i32.const 0",
        "i32.const 65536 i32.const 65536 i32.const 0 memory.copy i32.const 0",
        "i32.const 1 memory.grow i32.const 1 i32.add",
        "i32.const 7 i32.const 1 call_indirect (param i32) i32.const 0",
    ] {
        let (result, _) = run(&program(body), &[], PLENTY);
        assert_eq!(result.outcome, Outcome::Success, "{body}: {:?}", result.reason);
    }
}

/// Endless recursion: each level takes a frame of six words and pays its first block.
#[test]
fn recursion_ends_at_the_depth_limit() {
    let program = program("call $again i32.const 0");
    for max_depth in [22_000u64, 22_001, 22_006, 600, 262_144] {
        let request = RunRequest { max_depth: max_depth as u32, ..request(&[], PLENTY) };
        let mut chain = FixedChain::new(1, StylusParams::arbos51().page_model(), false);
        let result = vm().run(&program.module, request, &mut chain).expect("a run");
        assert_eq!((result.outcome, result.stack_left), (Outcome::OutOfStack, 0), "{max_depth}");
        // A frame is entered if more than its words are left; the one that is not has not paid.
        let frames = (max_depth - 1) / 6;
        assert_eq!(PLENTY - result.ink_left, frames * (BLOCK + 3800), "{max_depth}");
    }
}

/// For every ink from nothing to more than enough: out of ink below the need, the exact rest above it.
#[test]
fn ink_runs_out_at_no_other_point() {
    for (body, need) in [
        ("i32.const 0", BLOCK + 2),
        // Three rounds of a loop that stores, then a call.
        (
            "(local $i i32)
             loop $next
                local.get $i local.get $i i32.store8
                local.get $i i32.const 1 i32.add local.tee $i
                i32.const 3 i32.lt_u
                br_if $next
             end
             call $none
             i32.const 0",
            (BLOCK + 1)
                + 3 * (BLOCK + 75 + 75 + 825 + 75 + 1 + 70 + 75 + 1 + 170 + 765)
                + (BLOCK + 1)
                + (BLOCK + 3800)
                + (BLOCK + 1)
                + (BLOCK + 1 + 1),
        ),
        // Bytes are paid one by one at the end of the block's price.
        ("i32.const 0 i32.const 7 i32.const 20 memory.fill i32.const 0", BLOCK + 3 + 950 + 20 * 100 + 1 + 1),
    ] {
        let program = program(body);
        for ink in 0..need {
            let (result, _) = run(&program, &[], ink);
            assert_eq!((result.outcome, result.ink_left), (Outcome::OutOfInk, 0), "{body} with {ink}");
            assert!(result.output.is_empty());
        }
        for rest in [0, 1, GAS, u64::MAX - need] {
            let (result, _) = run(&program, &[], need + rest);
            assert_eq!((result.outcome, result.ink_left), (Outcome::Success, rest), "{body} with {need} and {rest}");
        }
    }
}

/// A bulk size is unsigned, and more than all the ink there can be is not wrapped around.
#[test]
fn bulk_sizes_do_not_wrap_the_meter() {
    let body = "i32.const 0 i32.const 0 i32.const -1 memory.fill i32.const 0";
    let block = BLOCK + 3 + 950 + 1 + 1;
    let bytes = 100 * u64::from(u32::MAX);
    for (ink, outcome, ink_left) in [
        (block + bytes - 1, Outcome::OutOfInk, 0),
        (block + bytes, Outcome::Failure, 0),
        (u64::MAX, Outcome::Failure, u64::MAX - block - bytes),
    ] {
        let (result, _) = run(&program(body), &[], ink);
        assert_eq!((result.outcome, result.ink_left), (outcome, ink_left), "{ink}");
    }
}

/// Ink and gas at other prices: host calls in ink cost the same, gas costs its price.
#[test]
fn gas_is_turned_into_ink_at_the_price_of_the_run() {
    let program = load(
        r#"(module
            (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
            (import "vm_hooks" "tx_ink_price" (func $price (result i32)))
            (import "vm_hooks" "evm_gas_left" (func $gas (result i64)))
            (import "vm_hooks" "evm_ink_left" (func $ink (result i64)))
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                (call $load (i32.const 32) (i32.const 64))
                (i32.store (i32.const 0) (call $price))
                (i64.store (i32.const 4) (call $gas))
                (i64.store (i32.const 12) (call $ink))
                (call $write_result (i32.const 0) (i32.const 20))
                (i32.const 0)))"#,
    );
    // A load asks the chain, which is 59673 ink in whole gas.
    for (ink_price, api_gas) in [(1u64, 59_673), (7, 8524), (10_000, 5), (59_673, 1), (60_000, 0), (0xff_ffff, 0)] {
        let request = RunRequest { ink_price: ink_price as u32, ..request(&[], PLENTY) };
        let mut chain = FixedChain::new(1, StylusParams::arbos51().page_model(), false);
        let result = vm().run(&program.module, request, &mut chain).expect("a run");
        assert_eq!(result.outcome, Outcome::Success, "{ink_price}: {:?}", result.reason);
        let load = (BLOCK + 2 + 3800) + 18_480 + (2100 + api_gas) * ink_price;
        let at_gas = PLENTY - load - (BLOCK + 1 + 3800 + 8400) - (825 + BLOCK + 1 + 3800 + 8400);
        let at_ink = at_gas - (950 + BLOCK + 1 + 3800 + 8400);
        let seen = [&(ink_price as u32).to_le_bytes()[..], &(at_gas / ink_price).to_le_bytes(), &at_ink.to_le_bytes()];
        assert_eq!(result.output, seen.concat(), "{ink_price}");
        assert_eq!(result.ink_left, at_ink - (950 + BLOCK + 2 + 3800) - (8400 + 2 * 16_381) - (BLOCK + 2), "{ink_price}");
    }
}

/// Nothing of one run is seen by another: neither memory nor globals nor tables.
#[test]
fn every_run_starts_from_the_module() {
    let program = load(
        r#"(module
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (import "vm_hooks" "read_args" (func $read_args (param i32)))
            (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "initial!")
            (global $seen (mut i32) (i32.const 1))
            (func (export "user_entrypoint") (param $n i32) (result i32)
                (i32.store (i32.const 0) (global.get $seen))
                (i32.store (i32.const 4) (memory.grow (i32.const 1)))
                (call $write_result (i32.const 0) (i32.const 70000))
                (global.set $seen (i32.const 99))
                (memory.fill (i32.const 0) (i32.const 255) (i32.const 131072))
                (i32.const 0)))"#,
    );
    let mut expected = vec![0; 70_000];
    expected[..16].copy_from_slice(b"\x01\0\0\0\x01\0\0\0initial!");
    for _ in 0..3 {
        let (result, _) = run(&program, &[], PLENTY);
        assert_eq!(result.outcome, Outcome::Success, "{:?}", result.reason);
        assert_eq!(result.output, expected);
    }
}

/// A result can be as long as the memory, and no longer.
#[test]
fn results_end_with_the_memory() {
    for (ptr, len, outcome) in [
        (0, 65_536, Outcome::Success),
        (65_536, 0, Outcome::Success),
        (1, 65_536, Outcome::Failure),
        (0, 65_537, Outcome::Failure),
        (65_537, 0, Outcome::Failure),
        (-1, 1, Outcome::Failure),
        (-1, 0, Outcome::Failure),
        (0, -1, Outcome::Failure),
        (-1, -1, Outcome::Failure),
    ] {
        // Reading 4 GiB costs 472 billion ink before it is refused.
        let body = format!("i32.const {ptr} i32.const {len} call $write_result i32.const 0");
        let (result, _) = run(&program(&body), &[], 10 * PLENTY);
        assert_eq!(result.outcome, outcome, "{len} bytes at {ptr}");
        let bytes = u64::from(len as u32);
        let call = (BLOCK + 2 + 3800) + 8400 + 2 * (16_381 + 55 * bytes.saturating_sub(32));
        let used = call + if outcome == Outcome::Success { BLOCK + 2 } else { 0 };
        assert_eq!(10 * PLENTY - result.ink_left, used, "{len} bytes at {ptr}");
        assert_eq!(result.output.len() as u64, if outcome == Outcome::Success { bytes } else { 0 });
    }
}
