//! Every instruction: whether a program may hold it, what it costs, what it computes.
//!
//! Prices are the published ones, in literals on purpose, not the constants of the crate.

mod support;

use cor_stylus_vm::{ActivationError as E, Outcome, StylusParams, activate};
use proptest::prelude::*;
use support::{PLENTY, load, request, run, vm};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, MemorySection, MemoryType, Module, RefType, TableSection, TableType, TypeSection, ValType,
};

use Price::{Ender, Never, Plain, Refused};
use support::chain::FixedChain;

/// Check of a basic block.
const BLOCK: u64 = 2450;
/// Last block of a program that returns a constant: check, `i32.const`, `end`.
const LAST: u64 = BLOCK + 1 + 1;
/// Ink of one gas.
const GAS: u64 = 10_000;

/// What the price list says of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Price {
    /// Its ink.
    Plain(u64),
    /// Its ink; a basic block ends with it.
    Ender(u64),
    /// Allowed, and no ink is enough.
    Never,
    /// No program with it is activated.
    Refused,
}

/// Instructions of one kind: opcodes from, to; what follows each of them; what they cost.
type Kind = (u8, u8, &'static [u8], Price, &'static str);

/// The instructions of one byte, in the order of the binary format.
const KINDS: &[Kind] = &[
    (0x00, 0x00, &[], Plain(1), "unreachable"),
    (0x01, 0x01, &[], Plain(1), "nop"),
    // The `end` of the block ends the basic block.
    (0x02, 0x02, &[0x40, 0x0b], Ender(1 + 1), "block"),
    (0x03, 0x03, &[0x40, 0x0b], Ender(1), "loop"),
    (0x04, 0x04, &[0x40, 0x0b], Ender(765), "if"),
    (0x06, 0x0a, &[], Refused, "try, catch, throw, rethrow, throw_ref"),
    (0x0c, 0x0c, &[0], Ender(765), "br"),
    (0x0d, 0x0d, &[0], Ender(765), "br_if"),
    (0x0e, 0x0e, &[0, 0], Ender(2400), "br_table"),
    (0x0f, 0x0f, &[], Ender(1), "return"),
    (0x10, 0x10, &[0], Ender(3800), "call"),
    (0x11, 0x11, &[0, 0], Ender(13_610 + 650), "call_indirect with one parameter"),
    (0x12, 0x15, &[0, 0], Refused, "return_call, return_call_indirect, call_ref, return_call_ref"),
    (0x16, 0x19, &[0], Refused, "no opcodes, delegate, catch_all"),
    (0x1a, 0x1a, &[], Plain(9), "drop"),
    (0x1b, 0x1b, &[], Plain(1250), "select"),
    (0x1c, 0x1c, &[1, 0x7f], Refused, "select with a type"),
    (0x1d, 0x1f, &[0], Refused, "no opcodes, try_table"),
    (0x20, 0x20, &[0], Plain(75), "local.get"),
    (0x21, 0x21, &[0], Plain(210), "local.set"),
    (0x22, 0x22, &[0], Plain(75), "local.tee"),
    (0x23, 0x23, &[0], Plain(225), "global.get"),
    (0x24, 0x24, &[0], Plain(575), "global.set"),
    (0x25, 0x26, &[0], Refused, "table.get, table.set"),
    (0x27, 0x27, &[0], Refused, "no opcode"),
    (0x28, 0x28, &[0, 0], Plain(670), "i32.load"),
    (0x29, 0x29, &[0, 0], Plain(680), "i64.load"),
    (0x2a, 0x2b, &[0, 0], Never, "f32.load, f64.load"),
    (0x2c, 0x2f, &[0, 0], Plain(670), "i32.load8, i32.load16"),
    (0x30, 0x35, &[0, 0], Plain(680), "i64.load8, i64.load16, i64.load32"),
    (0x36, 0x36, &[0, 0], Plain(825), "i32.store"),
    (0x37, 0x37, &[0, 0], Plain(950), "i64.store"),
    (0x38, 0x39, &[0, 0], Never, "f32.store, f64.store"),
    (0x3a, 0x3b, &[0, 0], Plain(825), "i32.store8, i32.store16"),
    (0x3c, 0x3e, &[0, 0], Plain(950), "i64.store8, i64.store16, i64.store32"),
    (0x3f, 0x3f, &[0], Plain(3000), "memory.size"),
    (0x40, 0x40, &[0], Plain(8050), "memory.grow"),
    (0x41, 0x42, &[0], Plain(1), "i32.const, i64.const"),
    (0x43, 0x43, &[0; 4], Never, "f32.const"),
    (0x44, 0x44, &[0; 8], Never, "f64.const"),
    (0x45, 0x4f, &[], Plain(170), "i32 comparisons"),
    (0x50, 0x5a, &[], Plain(225), "i64 comparisons"),
    (0x5b, 0x66, &[], Refused, "float comparisons"),
    (0x67, 0x68, &[], Plain(210), "i32.clz, i32.ctz"),
    (0x69, 0x69, &[], Plain(2650), "i32.popcnt"),
    (0x6a, 0x6b, &[], Plain(70), "i32.add, i32.sub"),
    (0x6c, 0x6c, &[], Plain(160), "i32.mul"),
    (0x6d, 0x70, &[], Plain(1120), "i32 division"),
    (0x71, 0x78, &[], Plain(70), "i32 bits, shifts, rotations"),
    (0x79, 0x7a, &[], Plain(210), "i64.clz, i64.ctz"),
    (0x7b, 0x7b, &[], Plain(6000), "i64.popcnt"),
    (0x7c, 0x7d, &[], Plain(100), "i64.add, i64.sub"),
    (0x7e, 0x7e, &[], Plain(160), "i64.mul"),
    (0x7f, 0x82, &[], Plain(1270), "i64 division"),
    (0x83, 0x8a, &[], Plain(100), "i64 bits, shifts, rotations"),
    (0x8b, 0xa6, &[], Refused, "float arithmetic"),
    (0xa7, 0xa7, &[], Plain(100), "i32.wrap_i64"),
    (0xa8, 0xab, &[], Refused, "i32.trunc"),
    (0xac, 0xad, &[], Plain(100), "i64.extend_i32"),
    (0xae, 0xbb, &[], Refused, "i64.trunc, float conversions"),
    (0xbc, 0xbf, &[], Never, "reinterpretations"),
    (0xc0, 0xc4, &[], Plain(100), "sign extensions"),
    (0xc5, 0xfa, &[], Refused, "no opcodes, references"),
    (0xff, 0xff, &[], Refused, "no opcode"),
];

/// Instructions behind a prefix byte that programs may have.
const PREFIXED: &[(&[u8], Price, &str)] =
    &[(&[0xfc, 10, 0, 0], Plain(950), "memory.copy"), (&[0xfc, 11, 0], Plain(950), "memory.fill")];

/// A module of one function with these instructions, a memory, a table, a global.
fn module(body: &[u8]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut tables = TableSection::new();
    tables.table(TableType { element_type: RefType::FUNCREF, table64: false, minimum: 1, maximum: None, shared: false });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
    let mut exports = ExportSection::new();
    exports.export("user_entrypoint", ExportKind::Func, 0).export("memory", ExportKind::Memory, 0);
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![0].into()));
    let mut function = Function::new([]);
    function.raw(body.iter().copied());
    let mut code = CodeSection::new();
    code.function(&function);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&tables).section(&memories).section(&globals);
    module.section(&exports).section(&elements).section(&code);
    module.finish()
}

/// An instruction in dead code, where its operands can be anything: `unreachable`, the instruction,
/// `unreachable`, `end`.
fn dead(instruction: &[u8]) -> Vec<u8> {
    module(&[&[0x00], instruction, &[0x00, 0x0b]].concat())
}

fn refusal(wasm: &[u8]) -> Option<E> {
    activate(wasm, &StylusParams::arbos51(), false).err()
}

/// A basic block is paid before it runs, so that dead code shows the price of any instruction: the program
/// traps after paying for its first block.
#[test]
fn each_instruction_alone() {
    let single = KINDS.iter().flat_map(|(first, last, rest, price, name)| {
        (*first..=*last).map(move |opcode| ([&[opcode], *rest].concat(), *price, *name))
    });
    let prefixed = PREFIXED.iter().map(|(bytes, price, name)| (bytes.to_vec(), *price, *name));
    for (bytes, price, name) in single.chain(prefixed) {
        let wasm = dead(&bytes);
        let ink = match price {
            Refused => {
                assert!(refusal(&wasm).is_some(), "{name} {bytes:02x?}");
                continue;
            }
            // The second `unreachable` and the `end` belong to the block.
            Plain(ink) => Some(ink + 1 + 1),
            Ender(ink) => Some(ink),
            Never => None,
        };
        let (result, _) = run(&load(&wasm), &[], PLENTY);
        let expected = match ink {
            Some(ink) => (Outcome::Failure, PLENTY - BLOCK - 1 - ink),
            None => (Outcome::OutOfInk, 0),
        };
        assert_eq!((result.outcome, result.ink_left), expected, "{name} {bytes:02x?}");
    }
}

/// What may follow an opcode. Zeros do for every instruction that exists; vectors have 16 bytes.
const IMMEDIATES: &[&[u8]] =
    &[&[], &[0], &[0, 0], &[0, 0, 0], &[0; 4], &[0; 8], &[0; 16], &[0x40, 0x0b], &[0x40, 0, 0x0b], &[0x70], &[1, 0x7f]];

#[test]
fn no_other_instruction_is_accepted() {
    let accepts = |opcode: &[u8]| {
        let mut bodies = IMMEDIATES.iter().map(|rest| dead(&[opcode, *rest].concat()));
        bodies.any(|wasm| refusal(&wasm).is_none())
    };
    let mut listed: Vec<u8> = KINDS.iter().flat_map(|(first, last, ..)| *first..=*last).collect();
    // `else` and `end` stand in no dead code of their own; prefixes are looked at below.
    listed.extend([0x05, 0x0b, 0xfb, 0xfc, 0xfd, 0xfe]);
    listed.sort_unstable();
    assert_eq!(listed, (0..=255).collect::<Vec<u8>>(), "the list has every byte once");
    for (first, last, _, price, name) in KINDS {
        for opcode in *first..=*last {
            assert_eq!(accepts(&[opcode]), *price != Refused, "{name} {opcode:02x}");
        }
    }
    for prefix in 0xfb..=0xfe {
        for sub in 0..=0x120u16 {
            let leb = if sub < 0x80 { vec![sub as u8] } else { vec![sub as u8 | 0x80, (sub >> 7) as u8] };
            let opcode = [&[prefix][..], &leb].concat();
            let listed = PREFIXED.iter().any(|(bytes, ..)| bytes[..2] == opcode);
            assert_eq!(accepts(&opcode), listed, "{opcode:02x?}");
        }
    }
}

#[test]
fn floats_are_valid_and_have_no_price() {
    // Comparisons, arithmetic, conversions; the saturating ones stand behind a prefix.
    let single = [0x5b..=0x66, 0x8b..=0xa6, 0xa8..=0xab, 0xae..=0xbb].into_iter().flatten().map(|opcode: u8| vec![opcode]);
    let saturating = (0..8).map(|sub| vec![0xfc, sub]);
    for opcode in single.chain(saturating) {
        let refused = refusal(&dead(&opcode));
        assert!(matches!(refused, Some(E::Operator { .. })), "{opcode:02x?}: {refused:?}");
    }
    for (what, opcode) in [("a reference", vec![0xd0, 0x70]), ("a vector", vec![0xfd, 0x4d]), ("an atomic", vec![0xfe, 3, 0])] {
        let refused = refusal(&dead(&opcode));
        assert!(matches!(refused, Some(E::Invalid { .. })), "{what}: {refused:?}");
    }
}

/// Ink used by `body`, which must leave the stack empty, in a program that returns 0.
fn ink_of(body: &str) -> u64 {
    let program = load(format!(
        r#"(module
            (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
            (memory (export "memory") 2)
            (table funcref (elem $none $one $three))
            (global $g (mut i32) (i32.const 0))
            (func $none)
            (func $one (param i32))
            (func $three (param i32 i64 i32) (local i64 i64))
            (func (export "user_entrypoint") (param i32) (result i32)
                {body}
                i32.const 0))"#
    ));
    let (result, _) = run(&program, &[], PLENTY);
    assert_eq!(result.outcome, Outcome::Success, "{body}: {:?}", result.reason);
    assert_eq!(result.stack_left, 22_000, "{body}");
    PLENTY - result.ink_left
}

/// Programs of one basic block: what the operators beside the final `i32.const` and `end` cost.
#[test]
fn straight_lines() {
    for (body, ink) in [
        ("", 0),
        ("nop nop nop", 3),
        ("i32.const 7 drop", 1 + 9),
        ("local.get 0 drop", 75 + 9),
        ("i32.const 1 local.set 0", 1 + 210),
        ("i32.const 1 local.tee 0 drop", 1 + 75 + 9),
        ("i32.const 1 global.set $g global.get $g drop", 1 + 575 + 225 + 9),
        ("i32.const 1 i32.const 2 i32.const 3 select drop", 3 + 1250 + 9),
        ("i32.const 0 i32.load drop", 1 + 670 + 9),
        ("i32.const 0 i64.load32_s drop", 1 + 680 + 9),
        ("i32.const 0 i64.const 0 i64.store16", 2 + 950),
        ("memory.size drop", 3000 + 9),
        ("i64.const 1 i64.const 2 i64.ge_s drop", 2 + 225 + 9),
        ("i32.const 1 i32.const 2 i32.rotl drop", 2 + 70 + 9),
        ("i64.const 1 i64.const 2 i64.mul drop", 2 + 160 + 9),
        ("i64.const 1 i32.wrap_i64 i64.extend_i32_s i64.popcnt drop", 1 + 100 + 100 + 6000 + 9),
    ] {
        assert_eq!(ink_of(body), LAST + ink, "{body}");
    }
}

/// What depends on a size: 100 ink for each byte filled or copied, growth as the page price says.
#[test]
fn sizes() {
    for (body, ink) in [
        ("i32.const 0 i32.const 5 i32.const 0 memory.fill", 3 + 950),
        ("i32.const 0 i32.const 5 i32.const 10 memory.fill", 3 + 950 + 10 * 100),
        ("i32.const 0 i32.const 5 i32.const 131072 memory.fill", 3 + 950 + 131_072 * 100),
        ("i32.const 131072 i32.const 0 i32.const 0 memory.copy", 3 + 950),
        ("i32.const 0 i32.const 5 i32.const 33 memory.copy", 3 + 950 + 33 * 100),
        // The host call is paid where nothing is grown, else the pages.
        ("i32.const 0 memory.grow drop", 1 + 8050 + 9 + 8400),
        ("i32.const 1 memory.grow drop", 1 + 8050 + 9 + 1000 * GAS),
        ("i32.const 15 memory.grow drop", 1 + 8050 + 9 + (15_000 + 9 - 1) * GAS),
        // The counters move even if the growth then fails.
        ("i32.const 0x10001 memory.grow drop", 1 + 8050 + 9 + 1000 * GAS),
    ] {
        assert_eq!(ink_of(body), LAST + ink, "{body}");
    }
}

/// Programs with branches and calls: the blocks that run, one by one.
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
        ("block i32.const 1 br_table 0 end", (BLOCK + 1 + 1 + 2400) + LAST),
        ("block i32.const 1 br_table 0 0 0 end", (BLOCK + 1 + 1 + 2400 + 2 * 325) + LAST),
        ("block i32.const 1 br_table 0 0 0 0 0 0 0 0 0 0 0 end", (BLOCK + 1 + 1 + 2400 + 10 * 325) + LAST),
        ("call $none", (BLOCK + 3800) + (BLOCK + 1) + LAST),
        // Parameters and locals cost depth, not ink.
        ("i32.const 0 i64.const 0 i32.const 0 call $three", (BLOCK + 3 + 3800) + (BLOCK + 1) + LAST),
        ("i32.const 0 call_indirect", (BLOCK + 1 + 13_610) + (BLOCK + 1) + LAST),
        ("i32.const 5 i32.const 1 call_indirect (param i32)", (BLOCK + 1 + 1 + 13_610 + 650) + (BLOCK + 1) + LAST),
        (
            "i32.const 0 i64.const 0 i32.const 0 i32.const 2 call_indirect (param i32 i64 i32)",
            (BLOCK + 4 + 13_610 + 3 * 650) + (BLOCK + 1) + LAST,
        ),
        ("i32.const 0 return", BLOCK + 1 + 1),
        // Three times around: once to the loop, thrice its block.
        (
            "i32.const 3 local.set 0
             loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end",
            (BLOCK + 1 + 210 + 1) + 3 * (BLOCK + 75 + 1 + 70 + 75 + 765) + (BLOCK + 1) + LAST,
        ),
    ] {
        assert_eq!(ink_of(body), ink, "{body}");
    }
}

/// Words of depth: operands with those of the metering, declared locals, four.
#[test]
fn frames() {
    // Two operands of the metering are on the stack at the start of every basic block.
    for (body, words) in [
        ("i32.const 0", 2 + 4),
        ("(local i32 i64 i32) i32.const 0", 2 + 3 + 4),
        ("i32.const 1 i32.const 2 i32.const 3 drop drop drop i32.const 0", 3 + 4),
        ("i32.const 1 i32.const 2 block end drop drop i32.const 0", 2 + 2 + 4),
        // A block's result counts from its start.
        ("block (result i32) i32.const 0 end", 1 + 2 + 4),
        ("i32.const 1 if (result i32) i32.const 0 else i32.const 0 end", 1 + 2 + 4),
        // Each frame on the way: the callee's two operands, its locals, four.
        ("call $none i32.const 0", (2 + 4) + (2 + 4)),
        ("call $locals i32.const 0", (2 + 4) + (2 + 5 + 4)),
        ("i32.const 0 i32.const 0 i32.const 0 call $params i32.const 0", (3 + 4) + (2 + 4)),
        // A result is pushed before the parameters are popped.
        ("i32.const 0 i32.const 0 i32.const 0 call $result", (4 + 4) + (2 + 4)),
        // The index is counted as one of the operands.
        ("i32.const 0 i32.const 0 i32.const 0 i32.const 0 call_indirect (param i32 i32 i32) i32.const 0", (4 + 4) + (2 + 4)),
    ] {
        let program = load(format!(
            r#"(module
                (memory (export "memory") 0 0)
                (table funcref (elem $params))
                (func $none)
                (func $locals (local i32 i32 i32 i64 i64))
                (func $params (param i32 i32 i32))
                (func $result (param i32 i32 i32) (result i32) i32.const 0)
                (func (export "user_entrypoint") (param i32) (result i32) {body}))"#
        ));
        // A frame needs a word more than it takes.
        for (max_depth, outcome, stack_left) in
            [(words, Outcome::OutOfStack, 0), (words + 1, Outcome::Success, words + 1), (0, Outcome::OutOfStack, 0)]
        {
            let request = cor_stylus_vm::RunRequest { max_depth, ..request(&[], PLENTY) };
            let mut chain = FixedChain::new(0, StylusParams::arbos51().page_model(), false);
            let result = vm().run(&program.module, request, &mut chain).expect("a run");
            assert_eq!((result.outcome, result.stack_left), (outcome, stack_left), "{body} in {max_depth} words");
        }
    }
}

/// An instruction of two operands, and what it is in Rust.
type Binary = (&'static str, fn(i32, i32) -> i32);
/// An expression of one operand, and what it is in Rust.
type Unary = (&'static str, fn(i64) -> i64);

/// Instructions of two operands.
const I32: &[Binary] = &[
    ("add", i32::wrapping_add),
    ("sub", i32::wrapping_sub),
    ("mul", i32::wrapping_mul),
    ("and", |a, b| a & b),
    ("or", |a, b| a | b),
    ("xor", |a, b| a ^ b),
    ("shl", |a, b| a.wrapping_shl(b as u32)),
    ("shr_s", |a, b| a.wrapping_shr(b as u32)),
    ("shr_u", |a, b| (a as u32).wrapping_shr(b as u32) as i32),
    ("rotl", |a, b| a.rotate_left(b as u32 % 32)),
    ("rotr", |a, b| a.rotate_right(b as u32 % 32)),
    ("eq", |a, b| i32::from(a == b)),
    ("ne", |a, b| i32::from(a != b)),
    ("lt_s", |a, b| i32::from(a < b)),
    ("lt_u", |a, b| i32::from((a as u32) < b as u32)),
    ("gt_s", |a, b| i32::from(a > b)),
    ("gt_u", |a, b| i32::from(a as u32 > b as u32)),
    ("le_s", |a, b| i32::from(a <= b)),
    ("le_u", |a, b| i32::from(a as u32 <= b as u32)),
    ("ge_s", |a, b| i32::from(a >= b)),
    ("ge_u", |a, b| i32::from(a as u32 >= b as u32)),
    ("div_s", |a, b| a / divisor(b)),
    ("div_u", |a, b| (a as u32 / divisor(b) as u32) as i32),
    ("rem_s", |a, b| a % divisor(b)),
    ("rem_u", |a, b| (a as u32 % divisor(b) as u32) as i32),
];

/// What divides: never zero, never -1.
fn divisor(b: i32) -> i32 {
    (b & i32::MAX) | 1
}

/// Instructions of one operand.
const I64: &[Unary] = &[
    ("(i64.clz (local.get $a))", |a| a.leading_zeros().into()),
    ("(i64.ctz (local.get $a))", |a| a.trailing_zeros().into()),
    ("(i64.popcnt (local.get $a))", |a| a.count_ones().into()),
    ("(i64.extend8_s (local.get $a))", |a| (a as i8).into()),
    ("(i64.extend16_s (local.get $a))", |a| (a as i16).into()),
    ("(i64.extend32_s (local.get $a))", |a| (a as i32).into()),
    ("(i64.extend_i32_s (i32.wrap_i64 (local.get $a)))", |a| (a as i32).into()),
    ("(i64.extend_i32_u (i32.wrap_i64 (local.get $a)))", |a| (a as u32).into()),
    ("(i64.extend_i32_u (i32.clz (i32.wrap_i64 (local.get $a))))", |a| (a as i32).leading_zeros().into()),
    ("(i64.extend_i32_u (i32.ctz (i32.wrap_i64 (local.get $a))))", |a| (a as i32).trailing_zeros().into()),
    ("(i64.extend_i32_u (i32.popcnt (i32.wrap_i64 (local.get $a))))", |a| (a as i32).count_ones().into()),
    ("(i64.extend_i32_s (i32.extend8_s (i32.wrap_i64 (local.get $a))))", |a| (a as i8).into()),
    ("(i64.extend_i32_s (i32.extend16_s (i32.wrap_i64 (local.get $a))))", |a| (a as i16).into()),
    ("(i64.mul (local.get $a) (i64.const -3))", |a| a.wrapping_mul(-3)),
    ("(i64.rotl (local.get $a) (i64.const 77))", |a| a.rotate_left(13)),
    ("(i64.shr_u (local.get $a) (i64.const 68))", |a| (a as u64 >> 4) as i64),
    ("(i64.shr_s (local.get $a) (i64.const 68))", |a| a >> 4),
    ("(i64.div_s (local.get $a) (i64.const -7))", |a| a / -7),
    ("(i64.div_u (local.get $a) (i64.const -7))", |a| (a as u64 / -7i64 as u64) as i64),
    ("(i64.rem_s (local.get $a) (i64.const -1))", |_| 0),
    ("(i64.rem_u (local.get $a) (i64.const 1000))", |a| (a as u64 % 1000) as i64),
    ("(i64.load8_s (i32.const 3))", |a| a.to_le_bytes()[3] as i8 as i64),
    ("(i64.load8_u (i32.const 3))", |a| a.to_le_bytes()[3].into()),
    ("(i64.load16_u (i32.const 6))", |a| (a as u64 >> 48) as i64),
    ("(i64.load32_s offset=4 (i32.const 0))", |a| a >> 32),
];

/// Stores what every instruction above makes of the calldata: two i32, or one i64.
fn calculator() -> String {
    let mut body = String::new();
    for (index, (name, _)) in I32.iter().enumerate() {
        let b = if name.starts_with("div") || name.starts_with("rem") {
            "(i32.or (i32.and (local.get $y) (i32.const 0x7fffffff)) (i32.const 1))"
        } else {
            "(local.get $y)"
        };
        body += &format!("(i32.store (i32.const {}) (i32.{name} (local.get $x) {b}))\n", 1000 + 4 * index);
    }
    for (index, (text, _)) in I64.iter().enumerate() {
        body += &format!("(i64.store (i32.const {}) {text})\n", 2000 + 8 * index);
    }
    format!(
        r#"(module
            (import "vm_hooks" "read_args" (func $read_args (param i32)))
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) (local $x i32) (local $y i32) (local $a i64)
                (call $read_args (i32.const 0))
                (local.set $x (i32.load (i32.const 0)))
                (local.set $y (i32.load (i32.const 4)))
                (local.set $a (i64.load (i32.const 0)))
                {body}
                (call $write_result (i32.const 1000) (i32.const {}))
                (i32.const 0)))"#,
        1000 + 8 * I64.len()
    )
}

/// Numbers, with those at the edges among them.
fn numbers() -> impl Strategy<Value = i32> {
    prop_oneof![any::<i32>(), -2..3i32, Just(i32::MIN), Just(i32::MAX), 30..34i32]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn instrumented_arithmetic_is_arithmetic(x in numbers(), y in numbers()) {
        static PROGRAM: std::sync::LazyLock<support::Program> = std::sync::LazyLock::new(|| load(calculator()));
        let calldata = [x.to_le_bytes(), y.to_le_bytes()].concat();
        let (result, _) = run(&PROGRAM, &calldata, PLENTY);
        prop_assert_eq!(result.outcome, Outcome::Success);
        for (index, (name, model)) in I32.iter().enumerate() {
            let found = &result.output[4 * index..][..4];
            prop_assert_eq!(found, &model(x, y).to_le_bytes()[..], "i32.{} of {} and {}", name, x, y);
        }
        let a = i64::from_le_bytes(calldata.try_into().expect("eight bytes"));
        for (index, (text, model)) in I64.iter().enumerate() {
            let found = &result.output[1000 + 8 * index..][..8];
            prop_assert_eq!(found, &model(a).to_le_bytes()[..], "{} of {}", text, a);
        }
    }
}
