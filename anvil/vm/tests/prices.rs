//! Exact prices. Each row is a small program and its ink, computed by hand from the price table: the
//! numbers below are literals on purpose, not the constants of the crate.

mod support;

use cor_stylus_vm::Outcome;
use support::{PLENTY, load, run};

/// Check of a basic block.
const BLOCK: u64 = 2450;
/// Last block of a program that returns a constant: check, `i32.const`, `end`.
const LAST: u64 = BLOCK + 1 + 1;
/// Ink of one gas.
const GAS: u64 = 10_000;

/// Ink used by `body`, which must leave the stack empty, in a program that returns 0.
fn ink_of(body: &str, calldata: &[u8]) -> u64 {
    let program = load(format!(
        r#"(module
            (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
            (memory (export "memory") 2)
            (table funcref (elem $one))
            (global $g (mut i32) (i32.const 0))
            (func $zero)
            (func $one (param i32))
            (func (export "user_entrypoint") (param i32) (result i32)
                {body}
                i32.const 0))"#
    ));
    let (result, _) = run(&program, calldata, PLENTY);
    assert_eq!(result.outcome, Outcome::Success, "{body}: {:?}", result.reason);
    assert_eq!(result.stack_left, 22_000, "{body}");
    PLENTY - result.ink_left
}

/// Programs of one basic block: what the operators beside the final `i32.const` and `end` cost.
#[test]
fn straight_line_operators() {
    for (body, ink) in [
        ("", 0),
        ("nop", 1),
        ("i32.const 7 drop", 1 + 9),
        ("i64.const 7 drop", 1 + 9),
        ("local.get 0 drop", 75 + 9),
        ("i32.const 1 local.set 0", 1 + 210),
        ("i32.const 1 local.tee 0 drop", 1 + 75 + 9),
        ("global.get $g drop", 225 + 9),
        ("i32.const 1 global.set $g", 1 + 575),
        ("i32.const 1 i32.const 2 i32.const 3 select drop", 3 + 1250 + 9),
        ("i32.const 0 i32.load drop", 1 + 670 + 9),
        ("i32.const 0 i32.load8_s drop", 1 + 670 + 9),
        ("i32.const 0 i32.load16_u drop", 1 + 670 + 9),
        ("i32.const 0 i64.load drop", 1 + 680 + 9),
        ("i32.const 0 i64.load32_s drop", 1 + 680 + 9),
        ("i32.const 0 i32.const 0 i32.store", 2 + 825),
        ("i32.const 0 i32.const 0 i32.store8", 2 + 825),
        ("i32.const 0 i64.const 0 i64.store", 2 + 950),
        ("i32.const 0 i64.const 0 i64.store16", 2 + 950),
        ("memory.size drop", 3000 + 9),
        ("i32.const 1 i32.eqz drop", 1 + 170 + 9),
        ("i32.const 1 i32.const 2 i32.lt_u drop", 2 + 170 + 9),
        ("i64.const 1 i64.eqz drop", 1 + 225 + 9),
        ("i64.const 1 i64.const 2 i64.ge_s drop", 2 + 225 + 9),
        ("i32.const 1 i32.clz drop", 1 + 210 + 9),
        ("i64.const 1 i64.ctz drop", 1 + 210 + 9),
        ("i32.const 1 i32.popcnt drop", 1 + 2650 + 9),
        ("i64.const 1 i64.popcnt drop", 1 + 6000 + 9),
        ("i32.const 1 i32.const 2 i32.add drop", 2 + 70 + 9),
        ("i32.const 1 i32.const 2 i32.rotl drop", 2 + 70 + 9),
        ("i64.const 1 i64.const 2 i64.xor drop", 2 + 100 + 9),
        ("i64.const 1 i64.const 2 i64.shr_s drop", 2 + 100 + 9),
        ("i32.const 1 i32.const 2 i32.mul drop", 2 + 160 + 9),
        ("i64.const 1 i64.const 2 i64.mul drop", 2 + 160 + 9),
        ("i32.const 1 i32.const 2 i32.div_s drop", 2 + 1120 + 9),
        ("i64.const 1 i64.const 2 i64.rem_u drop", 2 + 1270 + 9),
        ("i64.const 1 i32.wrap_i64 drop", 1 + 100 + 9),
        ("i32.const 1 i64.extend_i32_s drop", 1 + 100 + 9),
        ("i32.const 1 i32.extend8_s drop", 1 + 100 + 9),
        ("i64.const 1 i64.extend32_s drop", 1 + 100 + 9),
        ("i32.const 0 i32.const 5 i32.const 10 memory.fill", 3 + 950 + 10 * 100),
        ("i32.const 0 i32.const 5 i32.const 33 memory.copy", 3 + 950 + 33 * 100),
        ("i32.const 0 memory.grow drop", 1 + 8050 + 9 + 8400),
        ("i32.const 1 memory.grow drop", 1 + 8050 + 9 + 1000 * GAS),
    ] {
        assert_eq!(ink_of(body, &[]), LAST + ink, "{body}");
    }
}

/// Programs with branches: the blocks that run, one by one.
#[test]
fn basic_blocks() {
    for (body, ink) in [
        // `block` does not end a block, its `end` does.
        ("block end", (BLOCK + 1 + 1) + LAST),
        ("loop end", (BLOCK + 1) + (BLOCK + 1) + LAST),
        ("i32.const 1 if nop end", (BLOCK + 1 + 765) + (BLOCK + 1 + 1) + LAST),
        ("i32.const 0 if nop end", (BLOCK + 1 + 765) + LAST),
        // The taken arm ends with `else`, the other one with `end`.
        ("i32.const 1 if nop else end", (BLOCK + 1 + 765) + (BLOCK + 1 + 1) + LAST),
        ("i32.const 0 if nop else nop nop end", (BLOCK + 1 + 765) + (BLOCK + 2 + 1) + LAST),
        ("block br 0 end", (BLOCK + 1 + 765) + LAST),
        ("block i32.const 1 br_if 0 end", (BLOCK + 1 + 1 + 765) + LAST),
        ("block i32.const 0 br_if 0 end", (BLOCK + 1 + 1 + 765) + (BLOCK + 1) + LAST),
        ("block i32.const 1 br_table 0 0 0 end", (BLOCK + 1 + 1 + 2400 + 2 * 325) + LAST),
        ("call $zero", (BLOCK + 3800) + (BLOCK + 1) + LAST),
        ("i32.const 5 i32.const 0 call_indirect (param i32)", (BLOCK + 1 + 1 + 13_610 + 650) + (BLOCK + 1) + LAST),
        ("i32.const 0 return", BLOCK + 1 + 1),
    ] {
        assert_eq!(ink_of(body, &[]), ink, "{body}");
    }
}

/// Reading 32 bytes or fewer out of the program's memory.
const READ: u64 = 16_381;
/// A question to the chain.
const QUESTION: u64 = 59_673;

/// Import, constant arguments (`L` marks an i64), result, ink with what the fixed chain asks.
const HOST_CALLS: &[(&str, &str, &str, u64)] = &[
    ("read_args", "0", "", 13_440),
    ("write_result", "0 32", "", 8400 + 2 * READ),
    ("write_result", "0 33", "", 8400 + 2 * (READ + 55)),
    ("storage_load_bytes32", "0 32", "", 18_480 + (2100 + 5) * GAS),
    ("storage_cache_bytes32", "0 32", "", 18_480),
    ("storage_flush_cache", "0", "", 8400 + QUESTION),
    ("transient_load_bytes32", "0 32", "", 18_480 + QUESTION + 100 * GAS),
    ("transient_store_bytes32", "0 32", "", 18_480 + QUESTION + 100 * GAS),
    ("call_contract", "0 0 0 0 L9 64", "i32", 83_193 + 2 * READ + 2600 * GAS),
    ("delegate_call_contract", "0 0 32 L9 64", "i32", 83_193 + 2 * READ + 2600 * GAS),
    ("static_call_contract", "0 0 34 L9 64", "i32", 83_193 + 2 * (READ + 110) + 2600 * GAS),
    ("create1", "0 0 0 64 96", "", 83_193 + 2 * READ + 32_000 * GAS),
    ("create2", "0 32 0 0 64 96", "", 88_233 + 2 * READ + (32_006 + 200 * 32) * GAS),
    ("read_return_data", "0 0 99", "i32", 68_073 + 5040),
    ("return_data_size", "", "i32", 8400),
    ("emit_log", "0 0 0", "", 68_073 + READ + 375 * GAS),
    ("emit_log", "0 42 1", "", 68_073 + READ + 10 * 55 + (2 * 375 + 10 * 8) * GAS),
    ("account_balance", "0 32", "", 78_153 + 2600 * GAS),
    ("account_codehash", "0 32", "", 78_153 + 2600 * GAS),
    ("account_code", "0 0 99 32", "i32", 68_073 + 3300 * GAS + 5040),
    ("account_code_size", "0", "i32", 68_073 + 3300 * GAS),
    ("block_basefee", "0", "", 13_440),
    ("block_coinbase", "0", "", 13_440),
    ("contract_address", "0", "", 13_440),
    ("msg_sender", "0", "", 13_440),
    ("msg_value", "0", "", 13_440),
    ("tx_gas_price", "0", "", 13_440),
    ("tx_origin", "0", "", 13_440),
    ("block_gas_limit", "", "i64", 8400),
    ("block_number", "", "i64", 8400),
    ("block_timestamp", "", "i64", 8400),
    ("chainid", "", "i64", 8400),
    ("evm_gas_left", "", "i64", 8400),
    ("evm_ink_left", "", "i64", 8400),
    ("msg_reentrant", "", "i32", 8400),
    ("tx_ink_price", "", "i32", 8400),
    ("math_div", "0 32", "", 43_520),
    ("math_mod", "0 32", "", 43_520),
    ("math_pow", "0 32", "", 23_520 + 3000 + 17_500),
    ("math_add_mod", "0 32 64", "", 49_560),
    ("math_mul_mod", "0 32 64", "", 52_660),
    ("native_keccak256", "0 64 0", "", 121_800),
    ("native_keccak256", "0 65 0", "", 121_800 + 21_000),
    ("pay_for_memory_grow", "0", "", 8400),
    ("pay_for_memory_grow", "1", "", 0),
    ("pay_for_memory_grow", "2", "", 1000 * GAS),
];

/// A program that makes one host call with constant arguments: its own operators and the host call.
#[test]
fn host_calls() {
    for &(name, args, result, ink) in HOST_CALLS {
        let args: Vec<&str> = args.split_whitespace().collect();
        let (mut params, mut pushes) = (String::new(), String::new());
        for arg in &args {
            let (ty, value) = arg.strip_prefix('L').map_or(("i32", *arg), |value| ("i64", value));
            params.push_str(&format!(" {ty}"));
            pushes.push_str(&format!(" {ty}.const {value}"));
        }
        let (results, drop) = if result.is_empty() { ("", "") } else { (result, "drop") };
        let program = load(format!(
            r#"(module
                (import "vm_hooks" "{name}" (func $hook (param{params}) (result {results})))
                (memory (export "memory") 1 1)
                (func (export "user_entrypoint") (param i32) (result i32)
                    {pushes} call $hook {drop} i32.const 0))"#
        ));
        let (outcome, _) = run(&program, &[], PLENTY);
        assert_eq!(outcome.outcome, Outcome::Success, "{name}: {:?}", outcome.reason);
        let own = (BLOCK + args.len() as u64 + 3800) + LAST + if drop.is_empty() { 0 } else { 9 };
        assert_eq!(PLENTY - outcome.ink_left, own + ink, "{name}");
    }
}

#[test]
fn surcharges_of_the_storage_cache() {
    // 33 loads of one slot: the first asks the chain, the 33rd costs 2 gas more.
    let loads = |n: usize| {
        let program = load(format!(
            r#"(module
                (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
                (memory (export "memory") 1 1)
                (func (export "user_entrypoint") (param i32) (result i32) {} i32.const 0))"#,
            "i32.const 0 i32.const 32 call $load ".repeat(n)
        ));
        PLENTY - run(&program, &[], PLENTY).0.ink_left
    };
    let one = BLOCK + 1 + 1 + 3800 + 18_480;
    assert_eq!(loads(32), 32 * one + 2105 * GAS + LAST);
    assert_eq!(loads(33), 33 * one + (2105 + 2) * GAS + LAST);
    assert_eq!(loads(129), 129 * one + (2105 + 96 * 2 + 10) * GAS + LAST);
}

#[test]
fn a_flush_pays_for_dirty_slots_only() {
    let program = load(
        r#"(module
            (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
            (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
            (memory (export "memory") 1 1)
            (data (i32.const 63) "\07")
            (func (export "user_entrypoint") (param i32) (result i32)
                i32.const 0 i32.const 32 call $cache
                i32.const 0 call $flush
                i32.const 0 call $flush
                i32.const 0))"#,
    );
    let (result, chain) = run(&program, &[], PLENTY);
    let cache = BLOCK + 1 + 1 + 3800 + 18_480;
    let flush = BLOCK + 1 + 3800 + 68_073;
    assert_eq!(PLENTY - result.ink_left, cache + 2 * flush + (2100 + 20_000) * GAS + LAST);
    assert_eq!(chain.changed_storage().len(), 1);
}

#[test]
fn what_can_never_be_paid_runs_out_of_ink() {
    let program = load(
        r#"(module (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                f32.const 1 drop i32.const 0))"#,
    );
    for ink in [0, PLENTY, u64::MAX - 1] {
        let (result, _) = run(&program, &[], ink);
        assert_eq!((result.outcome, result.ink_left), (Outcome::OutOfInk, 0));
    }
}
