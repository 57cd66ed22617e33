//! Programs nobody wrote: valid modules grown from random bytes, with every kind of statement and every
//! host call at wild addresses. Whatever they do, a run ends, is repeatable, and invents no ink.

mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use alloy_primitives::keccak256;
use cor_stylus_vm::{Outcome, RunResult, StylusParams, activate};
use proptest::prelude::*;
use support::chain::FixedChain;
use support::{Program, load, request, vm};

/// Ink of a run: enough for every host call, few enough to end any loop soon.
const INK: u64 = 600_000_000;
/// How long a run may take on a machine that does other things as well; it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Name, parameters and result of a function: `i` for i32, `I` for i64.
type Hook = (&'static str, &'static str, &'static str);

/// Host calls, to be called with any numbers.
const HOOKS: &[Hook] = &[
    ("read_args", "i", ""),
    ("write_result", "ii", ""),
    ("exit_early", "i", ""),
    ("storage_load_bytes32", "ii", ""),
    ("storage_cache_bytes32", "ii", ""),
    ("storage_flush_cache", "i", ""),
    ("transient_load_bytes32", "ii", ""),
    ("transient_store_bytes32", "ii", ""),
    ("call_contract", "iiiiIi", "i"),
    ("delegate_call_contract", "iiiIi", "i"),
    ("static_call_contract", "iiiIi", "i"),
    ("create1", "iiiii", ""),
    ("create2", "iiiiii", ""),
    ("read_return_data", "iii", "i"),
    ("return_data_size", "", "i"),
    ("emit_log", "iii", ""),
    ("account_balance", "ii", ""),
    ("account_code", "iiii", "i"),
    ("account_code_size", "i", "i"),
    ("account_codehash", "ii", ""),
    ("evm_gas_left", "", "I"),
    ("evm_ink_left", "", "I"),
    ("block_basefee", "i", ""),
    ("chainid", "", "I"),
    ("block_number", "", "I"),
    ("math_div", "ii", ""),
    ("math_mod", "ii", ""),
    ("math_pow", "ii", ""),
    ("math_add_mod", "iii", ""),
    ("math_mul_mod", "iii", ""),
    ("msg_reentrant", "", "i"),
    ("msg_value", "i", ""),
    ("native_keccak256", "iii", ""),
    ("pay_for_memory_grow", "i", ""),
];

/// Host calls whose answer depends on the ink that is left.
const SEES_INK: &[&str] =
    &["evm_gas_left", "evm_ink_left", "call_contract", "delegate_call_contract", "static_call_contract", "create1", "create2"];

const BINARY: &[&str] =
    &["add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"];
const COMPARISONS: &[&str] = &["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];

/// Functions a program has.
const FUNCTIONS: &[Hook] = &[("$f0", "i", "i"), ("$f1", "Ii", "I"), ("$f2", "", "")];

/// Grows a module from bytes: each decision takes one, and when there are none left everything is a
/// constant.
struct Grower<'a> {
    bytes: &'a [u8],
    /// Labels one can branch to from here; the innermost is 0.
    labels: usize,
    /// Host calls it may make.
    hooks: Vec<Hook>,
}

impl Grower<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::from(self.byte()) % list.len()]
    }

    /// A number: small, an address, an edge, anything.
    fn number(&mut self) -> i64 {
        let byte = i64::from(self.byte());
        match byte % 5 {
            0 => byte / 5,
            1 => byte * 257,
            2 => 65_536 - i64::from(self.byte()),
            3 => self.pick(&[0, -1, i64::MIN, i64::MAX, i64::from(i32::MIN), 1 << 32, 65_536]),
            _ => i64::from_le_bytes([(); 8].map(|()| self.byte())),
        }
    }

    fn expressions(&mut self, types: &str, depth: u32) -> String {
        types.chars().map(|ty| self.expression(ty, depth) + " ").collect()
    }

    /// An expression of type `i` (i32) or `I` (i64).
    fn expression(&mut self, ty: char, depth: u32) -> String {
        let (t, other) = if ty == 'i' { ("i32", 'I') } else { ("i64", 'i') };
        let number = self.number();
        let constant = if ty == 'i' { format!("(i32.const {})", number as i32) } else { format!("(i64.const {number})") };
        if depth == 0 || self.bytes.is_empty() {
            return constant;
        }
        let depth = depth - 1;
        match self.byte() % 16 {
            0..=2 => constant,
            3..=4 => format!("(local.get ${t})"),
            5 => format!("(local.tee ${t} {})", self.expression(ty, depth)),
            6 => format!("(global.get $g{t})"),
            7..=8 => format!("({t}.{} {})", self.pick(BINARY), self.expressions(&String::from(ty).repeat(2), depth)),
            9 if ty == 'i' => format!("(i64.{} {})", self.pick(COMPARISONS), self.expressions("II", depth)),
            9 => format!("(i64.extend_i32_u (i32.{} {}))", self.pick(COMPARISONS), self.expressions("ii", depth)),
            10 if ty == 'i' => format!("(i32.wrap_i64 {})", self.expression(other, depth)),
            10 => format!("(i64.extend_i32_s {})", self.expression(other, depth)),
            11 => format!("({t}.load offset={} {})", self.byte(), self.expression('i', depth)),
            12 => format!("(select {} {})", self.expressions(&String::from(ty).repeat(2), depth), self.expression('i', depth)),
            13 => {
                let (condition, then, other) =
                    (self.expression('i', depth), self.expression(ty, depth), self.expression(ty, depth));
                format!("(if (result {t}) {condition} (then {then}) (else {other}))")
            }
            14 if ty == 'i' => {
                let pages = i64::from(self.byte() % 4);
                format!("(i32.add (memory.size) (memory.grow (i32.const {pages})))")
            }
            14 => format!(
                "({t}.{} {})",
                self.pick(&["clz", "ctz", "popcnt", "extend8_s", "extend16_s"]),
                self.expression(ty, depth)
            ),
            _ => self.call_for(ty, depth).unwrap_or(constant),
        }
    }

    /// A call with this result, of a function, through the table, or of a host call.
    fn call_for(&mut self, ty: char, depth: u32) -> Option<String> {
        let result = String::from(ty);
        match self.byte() % 3 {
            0 => {
                let (name, params, _) = FUNCTIONS.iter().find(|(.., r)| *r == result)?;
                Some(format!("(call {name} {})", self.expressions(params, depth)))
            }
            1 => {
                let (_, params, result) = FUNCTIONS.iter().find(|(.., r)| *r == result)?;
                let types = format!("{} {}", typed("param", params), typed("result", result));
                let arguments = self.expressions(params, depth);
                Some(format!("(call_indirect {types} {arguments} (i32.const {}))", self.byte() % 6))
            }
            _ => {
                let hooks: Vec<_> = self.hooks.iter().copied().filter(|(.., r)| *r == result).collect();
                if hooks.is_empty() {
                    return None;
                }
                let (name, params, _) = self.pick(&hooks);
                Some(format!("(call ${name} {})", self.expressions(params, depth)))
            }
        }
    }

    fn statements(&mut self, depth: u32) -> String {
        let count = self.byte() % 6;
        (0..count).map(|_| self.statement(depth) + "\n").collect()
    }

    fn statement(&mut self, depth: u32) -> String {
        match self.byte() % 16 {
            0..=1 => {
                let (t, ty) = self.pick(&[("i32", 'i'), ("i64", 'I')]);
                format!("(local.set ${t} {})", self.expression(ty, 3))
            }
            2 => format!("(global.set $gi32 {})", self.expression('i', 3)),
            3 => format!("(i32.store offset={} {})", self.byte(), self.expressions("ii", 3)),
            4 => format!("(i64.store16 {})", self.expressions("iI", 3)),
            5 => format!("(memory.fill {} (i32.const {}))", self.expressions("ii", 2), self.byte()),
            6 => format!("(memory.copy {} (i32.const {}))", self.expressions("ii", 2), self.byte()),
            7 if depth > 0 => self.nested("block", depth),
            8 if depth > 0 => self.nested("loop", depth),
            9 if depth > 0 => {
                self.labels += 1;
                let condition = self.expression('i', 2);
                let text =
                    format!("(if {condition} (then {}) (else {}))", self.statements(depth - 1), self.statements(depth - 1));
                self.labels -= 1;
                text
            }
            10 if self.labels > 0 => {
                format!("(br_if {} {})", usize::from(self.byte()) % self.labels, self.expression('i', 2))
            }
            11 if self.labels > 0 => {
                let label = usize::from(self.byte()) % self.labels;
                format!("(block (br_table {label} 0 {label} {}))", self.expression('i', 2))
            }
            12 => "(call $f2)".to_owned(),
            _ => {
                let hooks: Vec<_> = self.hooks.iter().copied().filter(|(.., result)| result.is_empty()).collect();
                let (name, params, _) = self.pick(&hooks);
                format!("(call ${name} {})", self.expressions(params, 2))
            }
        }
    }

    fn nested(&mut self, kind: &str, depth: u32) -> String {
        self.labels += 1;
        let text = format!("({kind} {})", self.statements(depth - 1));
        self.labels -= 1;
        text
    }

    /// A function whose parameters come first among its locals, and two locals of its own.
    fn function(&mut self, head: &str, result: &str) -> String {
        let body = self.statements(3);
        let last = self.expressions(result, 3);
        format!("(func {head} {} (local $i32 i32) (local $i64 i64)\n{body} {last})\n", typed("result", result))
    }

    fn module(&mut self) -> String {
        let mut text = String::from("(module\n");
        for (name, params, result) in HOOKS {
            let ty = format!("{} {}", typed("param", params), typed("result", result));
            text += &format!("(import \"vm_hooks\" \"{name}\" (func ${name} {ty}))\n");
        }
        text += &format!("(memory (export \"memory\") {})\n", self.byte() % 4);
        text += "(table 5 funcref) (elem (i32.const 1) $f0 $f1 $f2)\n";
        text += "(global $gi32 (mut i32) (i32.const 5)) (global $gi64 i64 (i64.const -5))\n";
        for (name, params, result) in FUNCTIONS {
            text += &self.function(&format!("{name} {}", typed("param", params)), result);
        }
        text + &self.function("(export \"user_entrypoint\") (param i32)", "i") + ")"
    }
}

/// `(param i32 i64)` for `iI`; nothing for nothing.
fn typed(keyword: &str, types: &str) -> String {
    let types: Vec<_> = types.chars().map(|ty| if ty == 'i' { "i32" } else { "i64" }).collect();
    if types.is_empty() { String::new() } else { format!("({keyword} {})", types.join(" ")) }
}

fn grown(bytes: &[u8], hooks: Vec<Hook>) -> String {
    Grower { bytes, labels: 0, hooks }.module()
}

/// Everything a run leaves behind.
fn outcome_of(program: &Program, calldata: &[u8], is_static: bool, ink: u64) -> (RunResult, String) {
    let mut chain = FixedChain::new(program.footprint, StylusParams::arbos51().page_model(), is_static);
    chain.trace = Some(Vec::new());
    let result = vm().run(&program.module, request(calldata, ink), &mut chain).expect("the fixed chain does not break");
    let left = format!("{:?} {:?} {:?} {:?}", chain.logs, chain.changed_storage(), chain.pages, chain.trace);
    if is_static {
        assert!(chain.logs.is_empty() && chain.changed_storage().is_empty(), "a write in a static context");
    }
    (result, left)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_run_ends_and_is_repeatable_and_invents_no_ink(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        calldata in prop::collection::vec(any::<u8>(), 0..80),
        is_static: bool,
    ) {
        let text = grown(&bytes, HOOKS.to_vec());
        let program = load(&text);
        let start = Instant::now();
        let (result, left) = outcome_of(&program, &calldata, is_static, INK);
        prop_assert!(start.elapsed() < PATIENCE, "{text}");
        prop_assert_eq!(&(result.clone(), left), &outcome_of(&program, &calldata, is_static, INK));

        prop_assert!(result.ink_left <= INK && result.stack_left <= 22_000);
        let no_output = matches!(result.outcome, Outcome::Failure | Outcome::OutOfInk | Outcome::OutOfStack);
        prop_assert!(!no_output || result.output.is_empty());
        prop_assert_eq!(result.outcome == Outcome::OutOfStack, result.stack_left == 0);
        prop_assert!(result.outcome != Outcome::OutOfInk || result.ink_left == 0);
    }

    /// With less ink a program does the same or runs out, unless it can see how much there is.
    #[test]
    fn less_ink_does_not_change_what_a_program_does(bytes in prop::collection::vec(any::<u8>(), 0..400), less in 0..INK) {
        let hooks = HOOKS.iter().copied().filter(|(name, ..)| !SEES_INK.contains(name)).collect();
        let text = grown(&bytes, hooks);
        let program = load(&text);
        let (plenty, _) = outcome_of(&program, &[], false, INK);
        let (little, _) = outcome_of(&program, &[], false, less);
        prop_assert!(
            little.outcome == Outcome::OutOfInk || (little.outcome, &little.output) == (plenty.outcome, &plenty.output)
        );
    }

    /// A header and noise: no panic, no endless look at it.
    #[test]
    fn noise_is_refused(version in prop::sample::select(vec![1u8, 1, 1, 2]), sections in prop::collection::vec(
        (0u8..14, prop::collection::vec(any::<u8>(), 0..60)), 0..8)) {
        let mut wasm = vec![0, b'a', b's', b'm', version, 0, 0, 0];
        for (id, content) in sections {
            wasm.extend([id, content.len() as u8]);
            wasm.extend(content);
        }
        // Nothing random exports an entry point and a memory.
        prop_assert!(activate(&wasm, &StylusParams::arbos51(), false).is_err());
        prop_assert!(vm().activate(keccak256(&wasm), &wasm, &StylusParams::arbos51()).is_err());
    }
}

/// The programs above are worth something: all outcomes occur, and most of the host calls are made.
#[test]
fn grown_programs_are_of_all_kinds() {
    let (mut outcomes, mut calls) = (BTreeSet::new(), BTreeSet::new());
    let mut state = 7u32;
    for _ in 0..200 {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let bytes: Vec<u8> = (0..600).map(|_| next()).collect();
        let program = load(grown(&bytes, HOOKS.to_vec()));
        let (result, left) = outcome_of(&program, b"calldata", false, INK);
        outcomes.insert(format!("{:?}", result.outcome));
        calls.extend(HOOKS.iter().map(|(name, ..)| *name).filter(|name| left.contains(&format!("\"{name}\""))));
    }
    assert_eq!(outcomes.len(), 5, "{outcomes:?}");
    assert!(calls.len() > 20, "{calls:?}");
}

/// What 300 grown programs leave behind, with plenty of ink and with too little in four ways, was
/// recorded when the reference's own sequences of operators were written out. A faster way of paying
/// must not change a digit of it.
#[test]
fn grown_programs_leave_behind_what_they_always_did() {
    let mut state = 11u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    let mut seen = Vec::new();
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..500).map(|_| (next() >> 16) as u8).collect();
        let program = load(grown(&bytes, HOOKS.to_vec()));
        let mut record = |ink| {
            let (result, left) = outcome_of(&program, b"calldata", false, ink);
            let RunResult { outcome, output, ink_left, stack_left, .. } = result;
            seen.extend_from_slice(format!("{outcome:?} {output} {ink_left} {stack_left} {left}\n").as_bytes());
            ink - ink_left
        };
        let used = record(INK);
        for _ in 0..4 {
            record(used * u64::from(next() % 1000) / 1000);
        }
    }
    assert_eq!(keccak256(&seen).to_string(), "0xf45e1ac474f2cf9c2a887649c5cae55bcc04d8234a2836497738d9af3496375a");
}
