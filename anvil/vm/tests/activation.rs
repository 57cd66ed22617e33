//! Every reason for refusing a module, once, beside its accepted neighbour where there is one.

mod support;

use cor_errors::Coded as _;
use cor_stylus_vm::{ActivationError as E, StylusParams, activate};

const MEMORY: &str = r#"(memory (export "memory") 1 1)"#;
const MAIN: &str = r#"(func (export "user_entrypoint") (param i32) (result i32) i32.const 0)"#;

fn refusal(wasm: &[u8]) -> Option<E> {
    activate(wasm, &StylusParams::arbos51(), false).err()
}

fn refusal_of(text: &str) -> Option<E> {
    refusal(&wat::parse_str(text).expect("a module"))
}

#[track_caller]
fn accepted(fields: &str) {
    assert_eq!(refusal_of(&format!("(module {fields})")), None, "{fields}");
}

#[track_caller]
fn refused(fields: &str, is: impl Fn(&E) -> bool) {
    let error = refusal_of(&format!("(module {fields})"));
    assert!(error.as_ref().is_some_and(is), "{fields}: {error:?}");
}

#[test]
fn a_plain_module_is_accepted() {
    accepted(&format!("{MEMORY} {MAIN}"));
}

#[test]
fn bytes_that_are_no_module() {
    for bytes in [&b"\0asm"[..], b"\0asm\x02\0\0\0", b"\0asm\x0d\0\x01\0"] {
        assert!(matches!(refusal(bytes), Some(E::Invalid { .. })), "{bytes:?}");
    }
    for bytes in [&b""[..], b"as", b"hello"] {
        let refused = refusal(bytes).expect("no module");
        assert!(matches!(refused, E::NotWasm { .. }) && refused.entry().code == "VM-201", "{refused:?}");
        assert!(!refused.to_string().contains('\n'), "{refused}");
    }
}

/// The validator's words alone say nothing to somebody who only compiled a program.
#[test]
fn the_proposals_that_a_module_uses_are_named() {
    for (body, names) in [
        ("(func (param externref))", "reference types (or table indices of several bytes)"),
        ("(func (result i32 i32) unreachable)", "multi-value"),
        ("(func (drop (v128.const i64x2 0 0)))", "SIMD"),
        ("(func $f return_call $f)", "tail calls"),
        ("(func $f (result i32 i32) return_call $f)", "multi-value, tail calls"),
    ] {
        let refused = refusal_of(&format!("(module {MEMORY} {MAIN} {body})")).expect("it is refused").to_string();
        assert!(refused.ends_with(&format!(": it uses {names}")), "{body}: {refused}");
    }
}

/// What lld writes into every call through a table, whatever the target features of the program say.
#[test]
fn a_table_index_of_several_bytes_is_explained() {
    let mut wasm = wat::parse_str(format!(
        "(module {MEMORY} {MAIN} (table 1 funcref) (func i32.const 0 i32.const 0 call_indirect (param i32)))"
    ))
    .expect("a module");
    assert_eq!(refusal(&wasm), None);
    let call = wasm.iter().rposition(|byte| *byte == 0x11).expect("call_indirect");
    wasm.splice(call + 2..call + 3, [0x80, 0x80, 0x00]);
    // The lengths of the body, of eight bytes, and of the code section grow by two.
    wasm[call - 6] += 2;
    let section = wasm.iter().rposition(|byte| *byte == 10).expect("the code section");
    wasm[section + 1] += 2;
    let refused = refusal(&wasm).expect("it is refused").to_string();
    assert!(
        refused.contains("zero byte expected")
            && refused.ends_with("it uses reference types (or table indices of several bytes)"),
        "{refused}"
    );
}

#[test]
fn proposals_stylus_does_not_have() {
    for body in [
        "(func (result i32 i32) unreachable)",
        "(func i32.const 0 block (param i32) drop end)",
        "(func (param externref))",
        "(func (drop (v128.const i64x2 0 0)))",
        "(func $f return_call $f)",
        "(func i32.const 0 i32.const 0 i32.const 0 select (result i32) drop)",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
        "(tag)",
    ] {
        refused(&format!("{MEMORY} {MAIN} {body}"), |e| matches!(e, E::Invalid { .. }));
    }
}

#[test]
fn memories_and_tables_stylus_does_not_have() {
    for field in [
        "(memory 1 1)",
        "(table 1 externref)",
        "(table i64 1 funcref)",
        "(table 1 funcref) (table 1 funcref) (func i32.const 0 call_indirect 1)",
        "(global externref (ref.null extern))",
    ] {
        refused(&format!("{MEMORY} {MAIN} {field}"), |e| matches!(e, E::Invalid { .. }));
    }
    for memory in [r#"(memory (export "memory") i64 1 1)"#, r#"(memory (export "memory") 1 1 shared)"#] {
        refused(&format!("{memory} {MAIN}"), |e| matches!(e, E::Invalid { .. }));
    }
    for import in [r#"(import "env" "memory" (memory 1 1))"#, r#"(import "env" "table" (table 1 funcref))"#] {
        refused(&format!("{import} {MAIN}"), |e| matches!(e, E::ImportKind { .. }));
    }
}

#[test]
fn operators_without_a_price() {
    for body in
        ["f32.const 1 f32.const 2 f32.add drop", "i32.const 1 f64.convert_i32_u drop", "f32.const 1 i32.trunc_sat_f32_s drop"]
    {
        let function = format!("(func {body})");
        refused(&format!("{MEMORY} {MAIN} {function}"), |e| matches!(e, E::Operator { .. }));
    }
    accepted(&format!("{MEMORY} {MAIN} (func f32.const 1 i32.reinterpret_f32 drop)"));
}

#[test]
fn data_counts_are_not_supported() {
    let fields = r#"(data $d "x") (func data.drop $d)"#;
    refused(&format!("{MEMORY} {MAIN} {fields}"), |e| matches!(e, E::Section { .. }));
}

#[test]
fn entry_points() {
    refused(MEMORY, |e| *e == E::MissingEntrypoint);
    for ty in ["(param i64) (result i32)", "(result i32)", "(param i32)"] {
        let main = format!(r#"(func (export "user_entrypoint") {ty} unreachable)"#);
        refused(&format!("{MEMORY} {main}"), |e| *e == E::EntrypointType);
    }
    refused(&format!("{MEMORY} {MAIN} (func $s) (start $s)"), |e| *e == E::StartFunction);
}

#[test]
fn memories() {
    let pay = r#"(import "vm_hooks" "pay_for_memory_grow" (func (param i32)))"#;
    refused(MAIN, |e| *e == E::MissingMemory);
    refused(&format!("(memory 1 1) {MAIN}"), |e| *e == E::MissingMemory);
    refused(&format!(r#"(memory (export "memory") 1) {MAIN}"#), |e| *e == E::MissingPayForMemoryGrow);
    accepted(&format!(r#"{pay} (memory (export "memory") 1) {MAIN}"#));
    accepted(&format!(r#"{pay} (memory (export "memory") 128) {MAIN}"#));
    refused(&format!(r#"{pay} (memory (export "memory") 129) {MAIN}"#), |e| matches!(e, E::Limit { count: 129, limit: 128, .. }));
    let wasm = wat::parse_str(format!(r#"(module {pay} (memory (export "memory") 5) {MAIN})"#));
    let params = StylusParams { page_limit: 4, ..StylusParams::arbos51() };
    let error = activate(&wasm.expect("a module"), &params, false).err();
    assert!(matches!(error, Some(E::Limit { count: 5, limit: 4, .. })), "{error:?}");
}

#[test]
fn imports() {
    let with = |import: &str| format!("(import {import}) {MEMORY} {MAIN}");
    accepted(&with(r#""vm_hooks" "chainid" (func (result i64))"#));
    refused(&with(r#""vm_hooks" "chainid" (func (result i32))"#), |e| matches!(e, E::ImportSignature { .. }));
    for import in [
        r#""vm_hooks" "chain_id" (func (result i64))"#,
        r#""env" "chainid" (func (result i64))"#,
        r#""console" "log_i32" (func (param i32))"#,
    ] {
        refused(&with(import), |e| matches!(e, E::UnknownImport { .. }));
    }
    for name in ["stylus", "stylus_ink_left"] {
        refused(&with(&format!(r#""vm_hooks" "{name}" (func)"#)), |e| matches!(e, E::ReservedName { .. }));
    }
    refused(&with(r#""env" "g" (global i32)"#), |e| matches!(e, E::ImportKind { .. }));
}

#[test]
fn names() {
    let hook = r#"(import "vm_hooks" "chainid" (func $hook (result i64)))"#;
    accepted(&format!(r#"{hook} {MEMORY} {MAIN} (func (export "chainid2"))"#));
    for export in ["chainid", "vm_hooks__chainid", "a__b__chainid"] {
        refused(&format!(r#"{hook} {MEMORY} {MAIN} (func (export "{export}"))"#), |e| matches!(e, E::ExportNamedAsImport { .. }));
    }
    accepted(&format!(r#"{MEMORY} {MAIN} (func (export "stylus__x"))"#));
    for export in ["stylus", "stylus_x", "x__stylus"] {
        refused(&format!(r#"{MEMORY} {MAIN} (func (export "{export}"))"#), |e| matches!(e, E::ReservedName { .. }));
    }
}

#[test]
fn segments() {
    let table = "(table 4 funcref)";
    accepted(&format!(r#"{MEMORY} {MAIN} (data (i32.const 65535) "x")"#));
    accepted(&format!("{MEMORY} {MAIN} {table} (elem (i32.const 4) func)"));
    for segment in [
        r#"(data (i32.const 65536) "x")"#,
        r#"(data (i32.const 65537) "")"#,
        r#"(data (i32.const -1) "")"#,
        "(elem (i32.const 4) 0)",
        "(elem (i32.const 5) func)",
    ] {
        refused(&format!("{MEMORY} {MAIN} {table} {segment}"), |e| matches!(e, E::SegmentOutOfBounds { .. }));
    }
}

#[test]
fn limits() {
    let limit = |e: &E, at: u64| matches!(e, E::Limit { count, limit, .. } if (*count, *limit) == (at + 1, at));
    for (at, fields) in [
        (348, (|n| format!("(func (local {}))", "i32 ".repeat(n))) as fn(usize) -> String),
        (128, |n| r#"(data (i32.const 0) "")"#.repeat(n)),
        (128, |n| format!("(table 1 funcref) {}", "(elem (i32.const 0) func)".repeat(n))),
        (4096, |n| format!("(table {n} funcref)")),
        (4096, |n| "(func)".repeat(n - 1)),
        // Four are added.
        (32_768, |n| "(global i32 (i32.const 0))".repeat(n - 4)),
        // Bytes of the segment: its kind, the place, the count, an entry each.
        (4096, |n| format!("(table 4096 funcref) (elem (i32.const 0) func {})", "0 ".repeat(n - 1 - 3 - 2))),
        // Beside them stand `end`, twelve operators of the block, twelve of the frame, and `return` with four.
        (65_536, |n| format!("(func {})", "nop ".repeat(n - 1 - 12 - 12 - 5))),
        (4096, |n| format!("(func {} {})", "i32.const 0 ".repeat(n), "drop ".repeat(n))),
    ] {
        accepted(&format!("{MEMORY} {MAIN} {}", fields(at)));
        refused(&format!("{MEMORY} {MAIN} {}", fields(at + 1)), |e| limit(e, at as u64));
    }
    let imports = |n| r#"(import "vm_hooks" "chainid" (func (result i64)))"#.repeat(n);
    accepted(&format!("{} {MEMORY} {MAIN}", imports(513)));
    refused(&format!("{} {MEMORY} {MAIN}", imports(514)), |e| limit(e, 513));
    let name = |n| format!("${}", "m".repeat(n));
    assert_eq!(refusal_of(&format!("(module {} {MEMORY} {MAIN})", name(512))), None);
    refused(&format!("{} {MEMORY} {MAIN}", name(513)), |e| limit(e, 512));
}

#[test]
fn figures_that_do_not_fit() {
    let function = format!("(func (param {}))", "i32 ".repeat(20));
    refused(&format!("{MEMORY} {MAIN} {}", function.repeat(4000)), |e| matches!(e, E::CostOverflow { what: "init_cost", .. }));
}

#[test]
fn codes_are_unique_and_texts_have_numbers() {
    let error = E::Limit { what: "locals", count: 349, limit: 348 };
    assert_eq!((error.code(), error.to_string().as_str()), ("VM-103", "too many locals: 349, the limit is 348"));
}
