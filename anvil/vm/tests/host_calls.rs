//! Every host call: what it does and what it costs.
//!
//! A row is a program of host calls with constant arguments on the fixed chain. Beside each call stand
//! its charges in the order they are taken, as in the published price list: the numbers are literals on
//! purpose, not the constants of the crate. From them follow by hand
//!
//! - the ink the program uses, to the unit;
//! - the least ink it ends well with (a charge may ask for more than it takes), and that one unit less,
//!   or less than any charge on the way asks for, ends it as the list says.

mod support;

use std::collections::BTreeSet;

use alloy_primitives::{B256, Bytes, U256, keccak256};
use cor_stylus_vm::{Outcome, RunRequest, RunResult, StylusParams, Vm, VmConfig};
use support::chain::{FixedChain, env, word};
use support::{Program, load, vm};

use Step::{Callee, Gas, GasOrFailure, Has, Ink};

/// Names and signatures of the host calls.
const SIGNATURES: &[(&str, &str, &str)] = &[
    ("account_balance", "i32 i32", ""),
    ("account_code", "i32 i32 i32 i32", "i32"),
    ("account_code_size", "i32", "i32"),
    ("account_codehash", "i32 i32", ""),
    ("block_basefee", "i32", ""),
    ("block_coinbase", "i32", ""),
    ("block_gas_limit", "", "i64"),
    ("block_number", "", "i64"),
    ("block_timestamp", "", "i64"),
    ("call_contract", "i32 i32 i32 i32 i64 i32", "i32"),
    ("chainid", "", "i64"),
    ("contract_address", "i32", ""),
    ("create1", "i32 i32 i32 i32 i32", ""),
    ("create2", "i32 i32 i32 i32 i32 i32", ""),
    ("delegate_call_contract", "i32 i32 i32 i64 i32", "i32"),
    ("emit_log", "i32 i32 i32", ""),
    ("evm_gas_left", "", "i64"),
    ("evm_ink_left", "", "i64"),
    ("exit_early", "i32", ""),
    ("math_add_mod", "i32 i32 i32", ""),
    ("math_div", "i32 i32", ""),
    ("math_mod", "i32 i32", ""),
    ("math_mul_mod", "i32 i32 i32", ""),
    ("math_pow", "i32 i32", ""),
    ("msg_reentrant", "", "i32"),
    ("msg_sender", "i32", ""),
    ("msg_value", "i32", ""),
    ("native_keccak256", "i32 i32 i32", ""),
    ("pay_for_memory_grow", "i32", ""),
    ("read_args", "i32", ""),
    ("read_return_data", "i32 i32 i32", "i32"),
    ("return_data_size", "", "i32"),
    ("static_call_contract", "i32 i32 i32 i64 i32", "i32"),
    ("storage_cache_bytes32", "i32 i32", ""),
    ("storage_flush_cache", "i32", ""),
    ("storage_load_bytes32", "i32 i32", ""),
    ("transient_load_bytes32", "i32 i32", ""),
    ("transient_store_bytes32", "i32 i32", ""),
    ("tx_gas_price", "i32", ""),
    ("tx_ink_price", "", "i32"),
    ("tx_origin", "i32", ""),
    ("write_result", "i32 i32", ""),
];

/// Ink of a run: 100 million gas.
const START: u64 = 1_000_000_000_000;
/// Ink of one gas.
const GAS: u64 = 10_000;
/// Check of a basic block.
const BLOCK: u64 = 2450;
/// Reading 32 bytes or fewer out of the program's memory; 55 for each further byte.
const READ: u64 = 16_381;
/// The greatest word.
const MAX: [u8; 32] = [0xff; 32];

/// One charge.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Takes ink.
    Ink(u64),
    /// Takes gas.
    Gas(u64),
    /// Wants this much gas to be there and takes nothing.
    Has(u64),
    /// Takes gas, and makes the program fail if there is less.
    GasOrFailure(u64),
    /// Gas of a callee, which is given no more than 63/64 of what is left: less ink changes what happens.
    Callee(u64),
}

impl Step {
    fn ink(self) -> u64 {
        match self {
            Ink(ink) => ink,
            Gas(gas) | GasOrFailure(gas) | Callee(gas) => gas * GAS,
            Has(_) => 0,
        }
    }

    /// Ink that must be there.
    fn asks(self) -> u64 {
        if let Has(gas) = self { gas * GAS } else { self.ink() }
    }
}

/// A host call of a row.
struct Call {
    hook: &'static str,
    args: Vec<&'static str>,
    /// Where the result is stored; it is dropped otherwise.
    dest: Option<&'static str>,
    steps: Vec<Step>,
}

/// A program and what is known of it.
struct Row {
    /// The host call this is about.
    hook: &'static str,
    when: &'static str,
    memory: Vec<(u32, Vec<u8>)>,
    calldata: Vec<u8>,
    is_static: bool,
    reentrant: bool,
    calls: Vec<Call>,
    /// What the program answers: from where, and what must be there.
    answer: (u32, Vec<u8>),
    logs: Vec<(Vec<B256>, Bytes)>,
    storage: Vec<(B256, B256)>,
    /// How the last call ends the program; it returns 0 otherwise.
    ends: Option<Outcome>,
}

fn row(hook: &'static str, when: &'static str) -> Row {
    Row {
        hook,
        when,
        memory: Vec::new(),
        calldata: Vec::new(),
        is_static: false,
        reentrant: false,
        calls: Vec::new(),
        answer: (0, Vec::new()),
        logs: Vec::new(),
        storage: Vec::new(),
        ends: None,
    }
}

/// What a row is given.
impl Row {
    /// Bytes in memory at the start.
    fn at(mut self, place: u32, bytes: impl AsRef<[u8]>) -> Self {
        self.memory.push((place, bytes.as_ref().to_vec()));
        self
    }

    fn calldata(mut self, bytes: &[u8]) -> Self {
        self.calldata = bytes.to_vec();
        self
    }

    fn in_static_context(mut self) -> Self {
        self.is_static = true;
        self
    }

    fn reentered(mut self) -> Self {
        self.reentrant = true;
        self
    }

    /// A call, `name argument… [-> place of the result]`, and its charges.
    fn call(mut self, text: &'static str, steps: &[Step]) -> Self {
        let (call, dest) = text.split_once(" -> ").map_or((text, None), |(call, dest)| (call, Some(dest)));
        let mut words = call.split_whitespace();
        let hook = words.next().expect("a name");
        self.calls.push(Call { hook, args: words.collect(), dest, steps: steps.to_vec() });
        self
    }

    /// As [`call`](Self::call), several times.
    fn calls(self, times: usize, text: &'static str, steps: &[Step]) -> Self {
        (0..times).fold(self, |row, _| row.call(text, steps))
    }
}

/// What is expected of a row.
impl Row {
    fn gives(mut self, place: u32, bytes: impl AsRef<[u8]>) -> Self {
        self.answer = (place, bytes.as_ref().to_vec());
        self
    }

    fn logs(mut self, topics: &[B256], data: &[u8]) -> Self {
        self.logs.push((topics.to_vec(), Bytes::copy_from_slice(data)));
        self
    }

    fn stores(mut self, key: u64, value: u64) -> Self {
        self.storage.push((word(key), word(value)));
        self
    }

    fn ends(mut self, outcome: Outcome) -> Self {
        self.ends = Some(outcome);
        self
    }

    fn fails(self) -> Self {
        self.ends(Outcome::Failure)
    }
}

/// The text of a row, and what all of it costs.
impl Row {
    fn text(&self) -> String {
        let used: BTreeSet<_> = self.calls.iter().map(|call| call.hook).chain(["write_result"]).collect();
        let mut text = String::from("(module\n");
        for hook in used {
            let &(_, params, results) = signature(hook);
            text += &format!("(import \"vm_hooks\" \"{hook}\" (func ${hook} (param {params}) (result {results})))\n");
        }
        text += "(memory (export \"memory\") 1 1)\n";
        for (place, bytes) in &self.memory {
            let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
            text += &format!("(data (i32.const {place}) \"{bytes}\")\n");
        }
        text += "(func (export \"user_entrypoint\") (param i32) (result i32)\n";
        self.calls.iter().for_each(|call| text += &call.text());
        if self.ends.is_none() {
            text += &format!("i32.const {} i32.const {} call $write_result\n", self.answer.0, self.answer.1.len());
        }
        text + "i32.const 0))"
    }

    /// Every charge of the whole program.
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        // What is done with a result belongs to the next basic block.
        let mut before = 0;
        for call in &self.calls {
            let dest = u64::from(call.dest.is_some());
            steps.push(Ink(before + BLOCK + dest + call.args.len() as u64 + 3800));
            steps.extend(&call.steps);
            before = call.result_ink();
        }
        if self.ends.is_none() {
            let further = (self.answer.1.len() as u64).saturating_sub(32);
            steps.extend([Ink(before + BLOCK + 1 + 1 + 3800), Ink(8400 + 2 * (READ + 55 * further)), Ink(BLOCK + 1 + 1)]);
        }
        steps
    }

    fn program(&self) -> Program {
        load(self.text())
    }

    fn run(&self, program: &Program, ink: u64, traced: bool) -> (RunResult, FixedChain) {
        let mut chain = FixedChain::new(program.footprint, StylusParams::arbos51().page_model(), self.is_static);
        chain.trace = traced.then(Vec::new);
        let env = env(self.reentrant);
        let request = RunRequest { env, calldata: self.calldata.clone().into(), ink, ink_price: 10_000, max_depth: 22_000 };
        let result = vm().run(&program.module, request, &mut chain).expect("the fixed chain does not break");
        (result, chain)
    }

    fn name(&self) -> String {
        format!("{}, {}", self.hook, self.when)
    }
}

impl Call {
    fn text(&self) -> String {
        let &(_, params, result) = signature(self.hook);
        assert_eq!(params.split_whitespace().count(), self.args.len(), "arguments of {}", self.hook);
        let dest = self.dest.map(|dest| format!("i32.const {dest} ")).unwrap_or_default();
        let pushes: String = params.split_whitespace().zip(&self.args).map(|(ty, arg)| format!("{ty}.const {arg} ")).collect();
        let after = match (result, self.dest) {
            ("", _) => String::new(),
            (_, None) => "drop".to_owned(),
            (ty, Some(_)) => format!("{ty}.store"),
        };
        format!("{dest}{pushes}call ${} {after}\n", self.hook)
    }

    fn result_ink(&self) -> u64 {
        match (signature(self.hook).2, self.dest) {
            ("", _) => 0,
            (_, None) => 9,
            ("i32", _) => 825,
            _ => 950,
        }
    }
}

fn signature(hook: &str) -> &'static (&'static str, &'static str, &'static str) {
    SIGNATURES.iter().find(|(name, ..)| *name == hook).unwrap_or_else(|| panic!("{hook} has no signature"))
}

/// The least ink that `steps` ask for.
fn least(steps: &[Step]) -> u64 {
    steps.iter().rev().fold(0, |rest, step| (step.ink() + rest).max(step.asks()))
}

/// A word.
fn w(n: u64) -> [u8; 32] {
    word(n).0
}

/// An address of the fixed chain, which looks at the first byte.
fn a(first: u8) -> [u8; 20] {
    let mut address = [7; 20];
    address[0] = first;
    address
}

/// Length of return data and status of a call, as the programs below put them side by side.
fn ended(len: u32, status: u32) -> Vec<u8> {
    [len.to_le_bytes(), status.to_le_bytes()].concat()
}

/// Input and output.
fn input_and_output() -> Vec<Row> {
    let long: Vec<u8> = (0..1000u32).map(|n| n as u8).collect();
    vec![
        row("read_args", "none").call("read_args 0", &[Ink(8400), Ink(5040)]).at(0, "x").gives(0, "x"),
        row("read_args", "32 bytes").calldata(&[7; 32]).call("read_args 9", &[Ink(8400), Ink(5040)]).gives(9, [7; 32]),
        row("read_args", "33 bytes").calldata(&[7; 33]).call("read_args 9", &[Ink(8400), Ink(5040 + 30)]).gives(9, [7; 33]),
        row("read_args", "1000 bytes").calldata(&long).call("read_args 0", &[Ink(8400), Ink(5040 + 30 * 968)]).gives(0, &long),
        row("read_args", "past the end").calldata(&[7; 33]).call("read_args 65504", &[Ink(8400), Ink(5070)]).fails(),
        row("write_result", "none").call("write_result 0 0", &[Ink(8400 + 2 * READ)]),
        row("write_result", "33 bytes, and then others")
            .at(5, "abc")
            .call("write_result 0 33", &[Ink(8400 + 2 * (READ + 55))])
            .gives(5, "abc"),
        row("write_result", "all of the memory")
            .call("write_result 0 65536", &[Ink(8400 + 2 * (READ + 55 * 65_504))])
            .gives(0, [0; 32]),
        row("write_result", "past the end").call("write_result 1 65536", &[Ink(8400 + 2 * (READ + 55 * 65_504))]).fails(),
        row("exit_early", "well")
            .at(0, "done")
            .call("write_result 0 4", &[Ink(8400 + 2 * READ)])
            .call("exit_early 0", &[Ink(0)])
            .gives(0, "done")
            .ends(Outcome::Success),
        row("exit_early", "badly")
            .at(0, "sorry")
            .call("write_result 0 5", &[Ink(8400 + 2 * READ)])
            .call("exit_early 7", &[Ink(0)])
            .gives(0, "sorry")
            .ends(Outcome::Revert),
    ]
}

/// Storage: key 1 holds 42, others nothing.
fn storage() -> Vec<Row> {
    const LOAD: [Step; 3] = [Ink(18_480), Has(2100 + 10 + 5), Gas(2100 + 5)];
    const LOAD_AGAIN: [Step; 2] = [Ink(18_480), Has(2115)];
    const CACHE: [Step; 2] = [Ink(18_480), Has(2300 + 10)];
    let flush = |gas| [Ink(68_073), Has(2300), Gas(gas)];
    let keys = || row("storage_load_bytes32", "").at(0, w(1)).at(32, w(2 << 20)).at(64, w(5));
    let named = |hook, when| Row { hook, when, ..keys() };
    let late = |gas| [Ink(18_480), Has(2115), Gas(gas)];
    vec![
        named("storage_load_bytes32", "cold").call("storage_load_bytes32 0 96", &LOAD).gives(96, w(42)),
        named("storage_load_bytes32", "never written").call("storage_load_bytes32 32 96", &LOAD).at(96, MAX).gives(96, w(0)),
        named("storage_load_bytes32", "a second time")
            .call("storage_load_bytes32 0 96", &LOAD)
            .call("storage_load_bytes32 0 128", &LOAD_AGAIN)
            .gives(128, w(42)),
        named("storage_load_bytes32", "warm, the cache cleared")
            .call("storage_load_bytes32 0 96", &LOAD)
            .call("storage_flush_cache 1", &flush(0))
            .call("storage_load_bytes32 0 128", &late(100 + 5))
            .gives(128, w(42)),
        named("storage_load_bytes32", "the 33rd costs more")
            .call("storage_load_bytes32 0 96", &LOAD)
            .calls(31, "storage_load_bytes32 0 96", &LOAD_AGAIN)
            .call("storage_load_bytes32 0 128", &late(2))
            .gives(128, w(42)),
        named("storage_load_bytes32", "the 129th costs most, a miss like a hit")
            .call("storage_load_bytes32 0 96", &LOAD)
            .calls(31, "storage_load_bytes32 0 96", &LOAD_AGAIN)
            .calls(96, "storage_load_bytes32 0 96", &late(2))
            .call("storage_load_bytes32 0 128", &late(10))
            .call("storage_load_bytes32 32 96", &late(10 + 2105))
            .gives(128, w(42)),
        named("storage_load_bytes32", "key past the end").call("storage_load_bytes32 65505 0", &LOAD[..2]).fails(),
        named("storage_load_bytes32", "value past the end").call("storage_load_bytes32 0 65505", &LOAD).fails(),
        named("storage_cache_bytes32", "lost unless flushed").call("storage_cache_bytes32 0 64", &CACHE),
        named("storage_cache_bytes32", "seen by the next load")
            .call("storage_cache_bytes32 0 64", &CACHE)
            .call("storage_load_bytes32 0 96", &LOAD_AGAIN)
            .gives(96, w(5)),
        named("storage_cache_bytes32", "the 9th costs more, the 65th most")
            .calls(8, "storage_cache_bytes32 0 64", &CACHE)
            .calls(56, "storage_cache_bytes32 0 64", &[CACHE[0], CACHE[1], Gas(7)])
            .call("storage_cache_bytes32 0 64", &[CACHE[0], CACHE[1], Gas(10)]),
        named("storage_cache_bytes32", "value past the end").call("storage_cache_bytes32 0 65505", &CACHE).fails(),
        named("storage_flush_cache", "nothing to write").call("storage_flush_cache 0", &flush(0)),
        named("storage_flush_cache", "a new slot, once")
            .call("storage_cache_bytes32 32 64", &CACHE)
            .call("storage_flush_cache 0", &flush(2100 + 20_000))
            .call("storage_flush_cache 0", &flush(0))
            .stores(2 << 20, 5),
        named("storage_flush_cache", "a changed slot, cold")
            .call("storage_cache_bytes32 0 64", &CACHE)
            .call("storage_flush_cache 0", &flush(2100 + 2900))
            .stores(1, 5),
        named("storage_flush_cache", "a changed slot, loaded before")
            .call("storage_load_bytes32 0 96", &LOAD)
            .call("storage_cache_bytes32 0 64", &CACHE)
            .call("storage_flush_cache 0", &flush(2900))
            .stores(1, 5),
        named("storage_flush_cache", "what it was, unknown to the program")
            .at(96, w(42))
            .call("storage_cache_bytes32 0 96", &CACHE)
            .call("storage_flush_cache 0", &flush(2100 + 100)),
        named("storage_flush_cache", "what it was, known to the program")
            .call("storage_load_bytes32 0 96", &LOAD)
            .call("storage_cache_bytes32 0 96", &CACHE)
            .call("storage_flush_cache 0", &flush(0)),
        named("storage_flush_cache", "changed twice")
            .call("storage_cache_bytes32 0 64", &CACHE)
            .call("storage_flush_cache 0", &flush(2100 + 2900))
            .call("storage_cache_bytes32 0 32", &CACHE)
            .call("storage_flush_cache 0", &flush(100))
            .stores(1, 2 << 20),
        named("storage_flush_cache", "two slots, and the cache cleared")
            .call("storage_cache_bytes32 0 64", &CACHE)
            .call("storage_cache_bytes32 32 64", &CACHE)
            .call("storage_flush_cache 7", &flush(2100 + 2900 + 2100 + 20_000))
            .call("storage_load_bytes32 0 96", &late(100 + 5))
            .gives(96, w(5))
            .stores(1, 5)
            .stores(2 << 20, 5),
        named("storage_flush_cache", "nothing to write, static").in_static_context().call("storage_flush_cache 0", &flush(0)),
        named("storage_flush_cache", "static")
            .in_static_context()
            .call("storage_cache_bytes32 0 64", &CACHE)
            .call("storage_flush_cache 0", &flush(0)[..2])
            .fails(),
        named("transient_load_bytes32", "nothing there")
            .at(96, MAX)
            .call("transient_load_bytes32 0 96", &[Ink(78_153), Gas(100)])
            .gives(96, w(0)),
        named("transient_load_bytes32", "past the end").call("transient_load_bytes32 0 65505", &[Ink(78_153), Gas(100)]).fails(),
        named("transient_store_bytes32", "seen by the next load, not by storage")
            .call("transient_store_bytes32 0 64", &[Ink(78_153), Gas(100)])
            .call("transient_load_bytes32 0 96", &[Ink(78_153), Gas(100)])
            .call("storage_load_bytes32 0 128", &LOAD)
            .gives(96, [w(5), w(42)].concat()),
        named("transient_store_bytes32", "static")
            .in_static_context()
            .call("transient_store_bytes32 0 64", &[Ink(78_153), Gas(100)])
            .fails(),
    ]
}

/// Calls. Callees of the fixed chain: 1 echoes, 2 reverts with 100 bytes, 3 burns what it is given, 4
/// tells what it was asked, 5 answers 1000 bytes, others nothing.
fn calls() -> Vec<Row> {
    let base = Ink(83_193 + 2 * READ);
    let to = |when, callee: u8| row("call_contract", when).at(0, a(callee)).at(996, [0xee; 8]);
    let delegate = |when, callee: u8| Row { hook: "delegate_call_contract", ..to(when, callee) };
    let fixed = |when, callee: u8| Row { hook: "static_call_contract", ..to(when, callee) };
    vec![
        to("nobody, cold", 9).call("call_contract 0 0 0 64 9 996 -> 1000", &[base, Gas(2600)]).gives(996, ended(0, 0)),
        to("nobody, warm", 9)
            .call("call_contract 0 0 0 64 9 996", &[base, Gas(2600)])
            .call("call_contract 0 0 0 64 9 996 -> 1000", &[base, Gas(100)])
            .gives(996, ended(0, 0)),
        to("with 32 bytes", 1)
            .call("call_contract 0 0 32 64 9999 996 -> 1000", &[base, Gas(2600), Callee(200 + 3 * 32)])
            .gives(996, ended(32, 0)),
        to("with 96 bytes", 1)
            .call("call_contract 0 0 96 64 9999 996 -> 1000", &[Ink(83_193 + 2 * (READ + 64 * 55)), Gas(2600), Callee(488)])
            .gives(996, ended(96, 0)),
        to("a revert", 2)
            .call("call_contract 0 0 0 64 9999 996 -> 1000", &[base, Gas(2600), Callee(50)])
            .gives(996, ended(100, 2)),
        to("a failure takes what was given", 3)
            .call("call_contract 0 0 0 64 5000 996 -> 1000", &[base, Gas(2600), Callee(5000)])
            .gives(996, ended(0, 2)),
        to("too little for the callee", 1)
            .call("call_contract 0 0 0 64 199 996 -> 1000", &[base, Gas(2600), Callee(199)])
            .gives(996, ended(0, 2)),
        to("with value", 9)
            .at(64, w(3))
            .call("call_contract 0 0 0 64 9 996 -> 1000", &[base, Gas(2600 + 9000)])
            .gives(996, ended(0, 0)),
        to("with value, static", 9)
            .in_static_context()
            .at(64, w(3))
            .call("call_contract 0 0 0 64 9 996 -> 1000", &[base])
            .gives(996, ended(0, 2)),
        to("what the callee is told", 4)
            .at(64, w(3))
            .call("call_contract 0 0 0 64 9 996", &[base, Gas(2600 + 9000)])
            .call("read_return_data 128 0 53", &[Ink(68_073), Ink(5040 + 30 * 21)])
            .gives(128, [&[0][..], &a(4), &w(3)].concat()),
        to("data past the end", 9).call("call_contract 0 65505 32 64 9 996", &[base]).fails(),
        // With too little gas it is the call that fails, not the program: it goes on to the wrong place.
        to("length of the answer past the end", 9).call("call_contract 0 0 0 64 9 65533", &[base, GasOrFailure(2600)]).fails(),
        delegate("nobody", 9).call("delegate_call_contract 0 0 0 9 996 -> 1000", &[base, Gas(2600)]).gives(996, ended(0, 0)),
        delegate("with 64 bytes", 1)
            .call("delegate_call_contract 0 0 64 999 996 -> 1000", &[Ink(83_193 + 2 * (READ + 32 * 55)), Gas(2600), Callee(392)])
            .gives(996, ended(64, 0)),
        delegate("what the callee is told", 4)
            .call("delegate_call_contract 0 0 0 9 996", &[base, Gas(2600)])
            .call("read_return_data 128 0 53", &[Ink(68_073), Ink(5040 + 30 * 21)])
            .gives(128, [&[1][..], &a(4), &w(0)].concat()),
        fixed("nobody", 9).call("static_call_contract 0 0 0 9 996 -> 1000", &[base, Gas(2600)]).gives(996, ended(0, 0)),
        fixed("with 33 bytes, a revert", 2)
            .call("static_call_contract 0 0 33 999 996 -> 1000", &[Ink(83_193 + 2 * (READ + 55)), Gas(2600), Callee(50)])
            .gives(996, ended(100, 2)),
        fixed("what the callee is told", 4)
            .call("static_call_contract 0 0 0 9 996", &[base, Gas(2600)])
            .call("read_return_data 128 0 53", &[Ink(68_073), Ink(5040 + 30 * 21)])
            .gives(128, [&[2][..], &a(4), &w(0)].concat()),
        fixed("nobody, static", 9)
            .in_static_context()
            .call("static_call_contract 0 0 0 9 996 -> 1000", &[base, Gas(2600)])
            .gives(996, ended(0, 0)),
        row("return_data_size", "before any call")
            .at(1000, [0xee; 4])
            .call("return_data_size -> 1000", &[Ink(8400)])
            .gives(1000, 0u32.to_le_bytes()),
        row("return_data_size", "after a call, and after a call without an answer")
            .at(0, a(5))
            .at(32, a(9))
            .call("call_contract 0 0 0 64 9999 996", &[base, Gas(2600), Callee(1000)])
            .call("return_data_size -> 1000", &[Ink(8400)])
            .call("call_contract 32 0 0 64 9 996", &[base, Gas(2600)])
            .call("return_data_size -> 1004", &[Ink(8400)])
            .gives(1000, ended(1000, 0)),
        row("read_return_data", "before any call")
            .at(1000, [0xee; 4])
            .call("read_return_data 0 0 99 -> 1000", &[Ink(68_073), Ink(5040)])
            .gives(1000, 0u32.to_le_bytes()),
        row("read_return_data", "a part, more than there is, nothing, out of range")
            .at(0, a(1))
            .at(200, [9; 40])
            .call("call_contract 0 200 40 64 9999 996", &[Ink(83_193 + 2 * (READ + 8 * 55)), Gas(2600), Callee(320)])
            .call("read_return_data 300 0 40 -> 400", &[Ink(68_073), Ink(5040 + 30 * 8)])
            .call("read_return_data 340 10 99 -> 404", &[Ink(68_073), Ink(5040)])
            .call("read_return_data 65536 40 1 -> 408", &[Ink(68_073), Ink(5040)])
            .call("read_return_data -1 -1 -1 -> 412", &[Ink(68_073), Ink(5040)])
            .gives(300, [&[9; 70][..], &[0; 30], &40u32.to_le_bytes(), &30u32.to_le_bytes(), &[0; 8]].concat()),
        row("read_return_data", "to a place past the end")
            .at(0, a(2))
            .call("call_contract 0 0 0 64 9999 996", &[base, Gas(2600), Callee(50)])
            .call("read_return_data 65437 0 100", &[Ink(68_073), Ink(5040 + 30 * 68)])
            .fails(),
    ]
}

/// Creates: the fixed chain asks 200 gas for each byte of init code, `fd` reverts for 100 gas.
fn creates() -> Vec<Row> {
    let base = |len: u64| Ink(83_193 + 2 * (READ + 55 * len.saturating_sub(32)));
    let base2 = |len: u64| Ink(88_233 + 2 * (READ + 55 * len.saturating_sub(32)));
    let made = |bytes: [u8; 4], len: u64| [&bytes[..], &len.to_be_bytes()].concat();
    let at = |hook, when| row(hook, when).at(0, w(6)).at(32, w(4)).at(200, [0xee; 24]);
    let failed = |len: u32| [&[0; 20][..], &len.to_le_bytes()].concat();
    vec![
        at("create1", "no code")
            .call("create1 64 0 0 200 220", &[base(0), GasOrFailure(32_000)])
            .gives(200, made([0xce, 1, 6, 0], 0)),
        at("create1", "64 bytes")
            .call("create1 64 64 0 200 220", &[base(64), GasOrFailure(32_000), Callee(200 * 64)])
            .gives(200, made([0xce, 1, 6, 0], 64)),
        at("create1", "a revert")
            .at(64, b"\xfdwhy")
            .call("create1 64 4 0 200 220", &[base(4), GasOrFailure(32_000), Callee(100)])
            .gives(200, failed(3)),
        at("create1", "return data of a revert")
            .at(64, b"\xfdwhy")
            .call("create1 64 4 0 200 220", &[base(4), GasOrFailure(32_000), Callee(100)])
            .call("read_return_data 300 0 9", &[Ink(68_073), Ink(5040)])
            .gives(300, "why"),
        at("create1", "static").in_static_context().call("create1 64 0 0 200 220", &[base(0)]).fails(),
        at("create1", "code past the end").call("create1 65505 32 0 200 220", &[base(32)]).fails(),
        at("create2", "no code")
            .call("create2 64 0 0 32 200 220", &[base2(0), GasOrFailure(32_000)])
            .gives(200, made([0xce, 2, 6, 4], 0)),
        at("create2", "33 bytes, hashed by the word")
            .call("create2 64 33 0 32 200 220", &[base2(33), GasOrFailure(32_000 + 6 * 2), Callee(200 * 33)])
            .gives(200, made([0xce, 2, 6, 4], 33)),
        at("create2", "a revert")
            .at(64, b"\xfd")
            .call("create2 64 1 0 32 200 220", &[base2(1), GasOrFailure(32_000 + 6), Callee(100)])
            .gives(200, failed(0)),
        at("create2", "static").in_static_context().call("create2 64 0 0 32 200 220", &[base2(0)]).fails(),
    ]
}

/// Logs: 375 gas for the log and each topic, 8 for a byte of data.
fn logs() -> Vec<Row> {
    let topics: Vec<B256> = (1..5).map(B256::repeat_byte).collect();
    let data = |n: usize| [&topics[..n].concat()[..], b"some data"].concat();
    let log = |when, n: usize| row("emit_log", when).at(0, data(n)).logs(&topics[..n], b"some data");
    vec![
        row("emit_log", "empty").logs(&[], b"").call("emit_log 0 0 0", &[Ink(68_073), Ink(READ), Gas(375)]),
        log("no topic", 0).call("emit_log 0 9 0", &[Ink(68_073), Ink(READ), Gas(375 + 8 * 9)]),
        log("one topic", 1).call("emit_log 0 41 1", &[Ink(68_073), Ink(READ + 9 * 55), Gas(2 * 375 + 8 * 9)]),
        log("two topics", 2).call("emit_log 0 73 2", &[Ink(68_073), Ink(READ + 41 * 55), Gas(3 * 375 + 8 * 9)]),
        log("three topics", 3).call("emit_log 0 105 3", &[Ink(68_073), Ink(READ + 73 * 55), Gas(4 * 375 + 8 * 9)]),
        log("four topics", 4).call("emit_log 0 137 4", &[Ink(68_073), Ink(READ + 105 * 55), Gas(5 * 375 + 8 * 9)]),
        row("emit_log", "4096 bytes")
            .logs(&[], &[0; 4096])
            .call("emit_log 0 4096 0", &[Ink(68_073), Ink(READ + 4064 * 55), Gas(375 + 8 * 4096)]),
        row("emit_log", "five topics").call("emit_log 0 160 5", &[Ink(68_073)]).fails(),
        row("emit_log", "a topic cut short").call("emit_log 0 31 1", &[Ink(68_073)]).fails(),
        row("emit_log", "past the end").call("emit_log 65530 9 0", &[Ink(68_073), Ink(READ), Gas(375 + 8 * 9)]).fails(),
        row("emit_log", "static").in_static_context().call("emit_log 0 0 0", &[Ink(68_073), Ink(READ), Gas(375)]).fails(),
    ]
}

/// Other accounts: aa has a balance and 100 bytes of code, bb all the ether, dd 1000 bytes, 99 nothing.
fn accounts() -> Vec<Row> {
    let seen = |hook, when, account: u8| row(hook, when).at(0, a(account)).at(96, MAX);
    let code: Vec<u8> = (0..100u32).map(|i| (3 * i + 1) as u8).collect();
    let whole = Ink(5040 + 30 * 68);
    let size = [Ink(68_073), Has(2600), Gas(2600 + 700)];
    vec![
        seen("account_balance", "cold, then warm", 0xaa)
            .call("account_balance 0 96", &[Ink(78_153), Has(2600), Gas(2600)])
            .call("account_balance 0 128", &[Ink(78_153), Has(2600), Gas(100)])
            .gives(96, [w(123_456_789_012_345_678), w(123_456_789_012_345_678)].concat()),
        seen("account_balance", "all there can be", 0xbb)
            .call("account_balance 0 128", &[Ink(78_153), Has(2600), Gas(2600)])
            .gives(128, MAX),
        seen("account_balance", "nobody", 0x99)
            .call("account_balance 0 96", &[Ink(78_153), Has(2600), Gas(2600)])
            .gives(96, w(0)),
        seen("account_balance", "address past the end", 0).call("account_balance 65517 0", &[Ink(78_153), Has(2600)]).fails(),
        seen("account_codehash", "cold, then warm", 0xdd)
            .call("account_codehash 0 128", &[Ink(78_153), Has(2600), Gas(2600)])
            .call("account_codehash 0 96", &[Ink(78_153), Has(2600), Gas(100)])
            .gives(96, [0xd1; 64]),
        seen("account_codehash", "nobody", 0x99)
            .call("account_codehash 0 96", &[Ink(78_153), Has(2600), Gas(2600)])
            .gives(96, w(0)),
        seen("account_code", "all of it", 0xaa)
            .call("account_code 0 0 100 128 -> 124", &[Ink(68_073), Has(2600), Gas(3300), whole])
            .gives(124, [&100u32.to_le_bytes()[..], &code].concat()),
        seen("account_code", "a part costs as much", 0xaa)
            .call("account_code 0 98 100 128 -> 124", &[Ink(68_073), Has(2600), Gas(3300), whole])
            .gives(124, [&[2, 0, 0, 0], &code[98..]].concat()),
        seen("account_code", "beyond its end, and again at once", 0xaa)
            .call("account_code 0 101 100 128 -> 124", &[Ink(68_073), Has(2600), Gas(3300), whole])
            .call("account_code 0 0 0 128 -> 120", &[Ink(68_073), Has(2600), whole])
            .gives(120, [0; 8]),
        seen("account_code", "nobody, who is not remembered", 0x99)
            .call("account_code 0 0 9 128 -> 124", &[Ink(68_073), Has(2600), Gas(3300), Ink(5040)])
            .call("account_code 0 0 9 128 -> 124", &[Ink(68_073), Has(2600), Gas(800), Ink(5040)])
            .gives(124, [0; 4]),
        seen("account_code", "to a place past the end", 0xaa)
            .call("account_code 0 0 100 65437", &[Ink(68_073), Has(2600), Gas(3300), whole])
            .fails(),
        seen("account_code_size", "cold", 0xdd).call("account_code_size 0 -> 96", &size).gives(96, 1000u32.to_le_bytes()),
        seen("account_code_size", "of the account whose code was read last", 0xaa)
            .call("account_code 0 0 0 128", &[Ink(68_073), Has(2600), Gas(3300), whole])
            .call("account_code_size 0 -> 96", &[Ink(68_073), Has(2600)])
            .gives(96, 100u32.to_le_bytes()),
        seen("account_code_size", "one account is remembered, not two", 0xaa)
            .at(32, a(0xbb))
            .call("account_code_size 0", &size)
            .call("account_code_size 32 -> 96", &size)
            .call("account_code_size 0 -> 100", &[Ink(68_073), Has(2600), Gas(100 + 700)])
            .gives(96, [1, 0, 0, 0, 100, 0, 0, 0]),
        seen("account_code_size", "nobody", 0x99).call("account_code_size 0 -> 96", &size).gives(96, [0; 4]),
    ]
}

/// Constants of the run.
fn constants() -> Vec<Row> {
    let put = [Ink(13_440)];
    let give = [Ink(8400)];
    // Block with the place of the result and the call, then the host call.
    let after = START - (BLOCK + 1 + 3800) - 8400;
    vec![
        row("block_basefee", "a word").call("block_basefee 0", &put).gives(0, w(100_000_000)),
        row("block_coinbase", "an address").call("block_coinbase 0", &put).gives(0, [0x44; 20]),
        row("contract_address", "an address").call("contract_address 0", &put).gives(0, [0x11; 20]),
        row("contract_address", "past the end").call("contract_address 65517", &put).fails(),
        row("msg_sender", "an address").call("msg_sender 0", &put).gives(0, [0x22; 20]),
        row("msg_value", "a word").call("msg_value 0", &put).gives(0, w(1_000_000_000_000_000_001)),
        row("msg_value", "past the end").call("msg_value 65505", &put).fails(),
        row("tx_gas_price", "a word").call("tx_gas_price 0", &put).gives(0, w(100_000_007)),
        row("tx_origin", "an address").call("tx_origin 0", &put).gives(0, [0x33; 20]),
        row("block_gas_limit", "").call("block_gas_limit -> 0", &give).gives(0, (1u64 << 50).to_le_bytes()),
        row("block_number", "").call("block_number -> 0", &give).gives(0, 21_000_123u64.to_le_bytes()),
        row("block_timestamp", "").call("block_timestamp -> 0", &give).gives(0, 1_760_000_000u64.to_le_bytes()),
        row("chainid", "").call("chainid -> 0", &give).gives(0, 412_346u64.to_le_bytes()),
        row("evm_ink_left", "after its own price").call("evm_ink_left -> 0", &give).gives(0, after.to_le_bytes()),
        row("evm_gas_left", "rounded down").call("evm_gas_left -> 0", &give).gives(0, 99_999_998u64.to_le_bytes()),
        row("msg_reentrant", "no").at(0, MAX).call("msg_reentrant -> 0", &give).gives(0, [0; 4]),
        row("msg_reentrant", "yes").reentered().call("msg_reentrant -> 0", &give).gives(0, [1, 0, 0, 0]),
        row("tx_ink_price", "").call("tx_ink_price -> 0", &give).gives(0, 10_000u32.to_le_bytes()),
    ]
}

/// Arithmetic and hashing.
fn mathematics() -> Vec<Row> {
    let of = |hook, when, words: &[[u8; 32]]| row(hook, when).at(0, words.concat());
    let big = |n: u32| (U256::from(1) << n).to_be_bytes::<32>();
    let long: Vec<u8> = (0..1000u32).map(|n| n as u8).collect();
    let hash = |when, len: usize| row("native_keccak256", when).at(0, &long[..len]).gives(2000, keccak256(&long[..len]));
    vec![
        of("math_div", "rounds down", &[w(7), w(2)]).call("math_div 0 32", &[Ink(43_520)]).gives(0, w(3)),
        of("math_div", "by zero", &[w(7), w(0)]).call("math_div 0 32", &[Ink(43_520)]).gives(0, w(0)),
        of("math_div", "of all bits", &[MAX, big(255)]).call("math_div 0 32", &[Ink(43_520)]).gives(0, w(1)),
        of("math_div", "past the end", &[]).call("math_div 0 65505", &[Ink(43_520)]).fails(),
        of("math_mod", "", &[w(7), w(4)]).call("math_mod 0 32", &[Ink(43_520)]).gives(0, w(3)),
        of("math_mod", "by zero", &[MAX, w(0)]).call("math_mod 0 32", &[Ink(43_520)]).gives(0, w(0)),
        of("math_pow", "to the 0th", &[w(0), w(0)]).call("math_pow 0 32", &[Ink(23_520), Ink(3000 + 17_500)]).gives(0, w(1)),
        of("math_pow", "one byte", &[w(3), w(5)]).call("math_pow 0 32", &[Ink(23_520), Ink(3000 + 17_500 * 2)]).gives(0, w(243)),
        of("math_pow", "one byte, the greatest", &[w(2), w(255)])
            .call("math_pow 0 32", &[Ink(23_520), Ink(3000 + 17_500 * 2)])
            .gives(0, big(255)),
        of("math_pow", "two bytes, wrapping", &[w(2), w(256)])
            .call("math_pow 0 32", &[Ink(23_520), Ink(3000 + 17_500 * 3)])
            .gives(0, w(0)),
        of("math_pow", "32 bytes", &[MAX, MAX]).call("math_pow 0 32", &[Ink(23_520), Ink(3000 + 17_500 * 33)]).gives(0, MAX),
        // 2^256 is 2 modulo 7: each operand is 1.
        of("math_add_mod", "does not wrap", &[MAX, MAX, w(7)]).call("math_add_mod 0 32 64", &[Ink(49_560)]).gives(0, w(2)),
        of("math_add_mod", "by zero", &[w(1), w(2), w(0)]).call("math_add_mod 0 32 64", &[Ink(49_560)]).gives(0, w(0)),
        // 2^256 is 4 modulo 12: each operand is 3.
        of("math_mul_mod", "does not wrap", &[MAX, MAX, w(12)]).call("math_mul_mod 0 32 64", &[Ink(52_660)]).gives(0, w(9)),
        of("math_mul_mod", "by zero", &[w(1), w(2), w(0)]).call("math_mul_mod 0 32 64", &[Ink(52_660)]).gives(0, w(0)),
        of("math_mul_mod", "past the end", &[]).call("math_mul_mod 0 32 -32", &[Ink(52_660)]).fails(),
        hash("nothing", 0).call("native_keccak256 0 0 2000", &[Ink(121_800)]),
        hash("two words", 64).call("native_keccak256 0 64 2000", &[Ink(121_800)]),
        hash("a byte more", 65).call("native_keccak256 0 65 2000", &[Ink(121_800 + 21_000)]),
        hash("three words", 96).call("native_keccak256 0 96 2000", &[Ink(121_800 + 21_000)]),
        hash("1000 bytes", 1000).call("native_keccak256 0 1000 2000", &[Ink(121_800 + 21_000 * 30)]),
        row("native_keccak256", "past the end").call("native_keccak256 65505 32 0", &[Ink(121_800)]).fails(),
        row("native_keccak256", "to a place past the end").call("native_keccak256 0 0 65505", &[Ink(121_800)]).fails(),
    ]
}

/// Paying for pages, the program's one page being open: two are free, a further one costs 1000 gas and
/// the growth of 31874000^(pages/128).
fn pages() -> Vec<Row> {
    vec![
        row("pay_for_memory_grow", "none").call("pay_for_memory_grow 0", &[Ink(8400)]),
        row("pay_for_memory_grow", "a free one").call("pay_for_memory_grow 1", &[Gas(0)]),
        row("pay_for_memory_grow", "to 3 pages").call("pay_for_memory_grow 2", &[Gas(1000)]),
        row("pay_for_memory_grow", "to 17 pages").call("pay_for_memory_grow 16", &[Gas(15_000 + 9 - 1)]),
        row("pay_for_memory_grow", "to 17 and to 18 pages")
            .call("pay_for_memory_grow 16", &[Gas(15_008)])
            .call("pay_for_memory_grow 1", &[Gas(1000 + 11 - 9)]),
        row("pay_for_memory_grow", "to 63 pages").call("pay_for_memory_grow 62", &[Gas(61_000 + 4932 - 1)]),
        row("pay_for_memory_grow", "to 128 pages").call("pay_for_memory_grow 127", &[Gas(126_000 + 31_873_999 - 1)]),
        row("pay_for_memory_grow", "its low 16 bits count: none").call("pay_for_memory_grow 0x10000", &[Ink(8400)]),
        row("pay_for_memory_grow", "its low 16 bits count: two").call("pay_for_memory_grow 0x70002", &[Gas(1000)]),
    ]
}

fn table() -> Vec<Row> {
    let parts = [input_and_output, storage, calls, creates, logs, accounts, constants, mathematics, pages];
    parts.into_iter().flat_map(|part| part()).collect()
}

/// Names and signatures as the VM declares them: `vm_hooks: name(argument: type, …) -> type;`.
fn declared(module: &str) -> Vec<(String, String, String)> {
    const HOOKS: &str = include_str!("../src/hooks.rs");
    let wasm_types = |list: &str| {
        let types = list.split(|c: char| c.is_whitespace() || ",()".contains(c)).filter_map(|word| match word {
            "u32" => Some("i32"),
            "u64" => Some("i64"),
            "f32" | "f64" => Some(if word == "f32" { "f32" } else { "f64" }),
            _ => None,
        });
        types.collect::<Vec<_>>().join(" ")
    };
    let declarations = HOOKS.split(';').filter_map(|text| {
        let (_, declaration) = text.rsplit_once(&format!(" {module}: "))?;
        let (name, rest) = declaration.split_once('(')?;
        let (params, result) = rest.split_once("->")?;
        Some((name.to_owned(), wasm_types(params), wasm_types(result)))
    });
    declarations.collect()
}

#[test]
fn every_host_call_has_a_program() {
    let mut declared = declared("vm_hooks");
    declared.sort();
    let listed: Vec<_> = SIGNATURES.iter().map(|(n, p, r)| (n.to_string(), p.to_string(), r.to_string())).collect();
    assert_eq!(listed, declared);
    let tested: BTreeSet<_> = table().iter().map(|row| row.hook).collect();
    assert_eq!(tested.into_iter().collect::<Vec<_>>(), SIGNATURES.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
    for row in table() {
        assert!(row.calls.iter().any(|call| call.hook == row.hook), "{} does not call it", row.name());
    }
}

#[test]
fn what_they_do_and_what_they_cost() {
    for row in table() {
        let (program, name) = (row.program(), row.name());
        let used: u64 = row.steps().iter().map(|step| step.ink()).sum();
        let (result, chain) = row.run(&program, START, false);
        let outcome = row.ends.unwrap_or(Outcome::Success);
        assert_eq!(result.outcome, outcome, "{name}: {:?}", result.reason);
        assert_eq!(START - result.ink_left, used, "ink of {name}");
        match outcome {
            Outcome::Failure => assert!(result.output.is_empty() && result.reason.is_some(), "{name}"),
            _ => assert_eq!(result.output, row.answer.1, "{name}"),
        }
        assert_eq!(chain.logs, row.logs, "{name}");
        assert_eq!(chain.changed_storage().into_iter().collect::<Vec<_>>(), row.storage, "{name}");

        // Looking on changes nothing, and shows which call cost what.
        let (seen, chain) = row.run(&program, START, true);
        assert_eq!(seen, result, "{name}");
        let trace = chain.trace.unwrap_or_default();
        let traced = trace.iter().filter(|call| !call.name.starts_with("user_")).map(|call| (call.name, call.ink));
        let mut expected: Vec<_> =
            row.calls.iter().map(|call| (call.hook, call.steps.iter().map(|step| step.ink()).sum())).collect();
        match row.ends {
            None => expected.push(("write_result", 8400 + 2 * (READ + 55 * (row.answer.1.len() as u64).saturating_sub(32)))),
            Some(Outcome::Failure) => drop(expected.pop()),
            Some(_) => {}
        }
        assert_eq!(traced.collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn at_every_charge_the_last_unit_of_ink_decides() {
    for row in table() {
        let (steps, name) = (row.steps(), row.name());
        if steps.iter().any(|step| matches!(step, Callee(_))) {
            continue;
        }
        let program = row.program();
        let (used, least) = (steps.iter().map(|step| step.ink()).sum::<u64>(), least(&steps));
        for (ink, ink_left) in [(least, least - used), (least + 1, least + 1 - used)] {
            let (result, _) = row.run(&program, ink, false);
            assert_eq!((result.outcome, result.ink_left), (row.ends.unwrap_or(Outcome::Success), ink_left), "{name} with {ink}");
        }
        let mut spent = 0;
        for (index, step) in steps.iter().enumerate() {
            if step.asks() > 0 {
                let (result, _) = row.run(&program, spent + step.asks() - 1, false);
                let refused = matches!(step, GasOrFailure(_));
                let outcome = if refused { Outcome::Failure } else { Outcome::OutOfInk };
                assert_eq!(result.outcome, outcome, "{name}: charge {index}, {step:?}");
                assert!(refused || result.ink_left == 0, "{name}: charge {index}, {step:?}");
            }
            spent += step.ink();
        }
    }
}

#[test]
fn no_ink_pays_for_129_pages() {
    let row = row("pay_for_memory_grow", "to 129 pages").call("pay_for_memory_grow 128", &[]);
    let program = row.program();
    for ink in [START, u64::MAX - 1] {
        let (result, _) = row.run(&program, ink, false);
        assert_eq!((result.outcome, result.ink_left), (Outcome::OutOfInk, 0));
    }
}

/// The callee of the fixed chain with address 4 answers with the gas left and the gas that was asked for.
#[test]
fn a_call_asks_for_no_more_gas_than_is_left() {
    for (text, gas) in [
        ("call_contract 0 0 0 64 12345 996", Some(12_345)),
        ("call_contract 0 0 0 64 0 996", Some(0)),
        ("call_contract 0 0 0 64 -1 996", None),
        ("delegate_call_contract 0 0 0 -1 996", None),
        ("static_call_contract 0 0 0 -1 996", None),
    ] {
        let row =
            row("call_contract", "").at(0, a(4)).call(text, &[]).call("read_return_data 128 53 16", &[]).gives(128, [0; 16]);
        let (result, _) = row.run(&row.program(), START, false);
        let args = text.split_whitespace().count() as u64 - 1;
        let left = (START - (BLOCK + args + 3800) - (83_193 + 2 * READ)) / GAS;
        let expected = [left, gas.unwrap_or(left)].map(u64::to_be_bytes).concat();
        assert_eq!(result.output, expected, "{text}");
    }
}

/// Init code that begins with `fe` burns all it is given: what is left but a 64th of it, rounded down.
#[test]
fn a_failing_create_takes_all_but_a_64th() {
    let row = row("create1", "").at(64, [0xfe]).at(200, [0xee; 24]).call("create1 64 1 0 200 220", &[]).gives(200, [0; 24]);
    let (result, _) = row.run(&row.program(), START, false);
    assert_eq!(result.output[..], [0; 24]);
    let before = START - (BLOCK + 5 + 3800) - (83_193 + 2 * READ);
    let after_base = before / GAS - 32_000;
    let given = after_base - after_base / 64;
    let rest = (BLOCK + 2 + 3800) + (8400 + 2 * READ) + (BLOCK + 2);
    assert_eq!(result.ink_left, before - (32_000 + given) * GAS - rest);
}

/// Imports of debug chains: statement, what the console shows.
const DEBUG_CALLS: &[(&str, &str, Option<&str>)] = &[
    ("log_txt", "i32.const 0 i32.const 5", Some("hello")),
    ("log_i32", "i32.const 7", Some("7")),
    ("log_i64", "i64.const 8", Some("8")),
    ("log_f32", "f32.const 1.5", Some("1.5")),
    ("log_f64", "f64.const 2.5", Some("2.5")),
    ("tee_i32", "i32.const 7", Some("7")),
    ("tee_i64", "i64.const 8", Some("8")),
    ("tee_f32", "f32.const 1.5", Some("1.5")),
    ("tee_f64", "f64.const 2.5", Some("2.5")),
    ("null_host", "", None),
    ("start_benchmark", "", None),
    ("end_benchmark", "", None),
];

#[test]
fn imports_of_debug_chains_cost_nothing() {
    let declared: Vec<_> = [declared("console"), declared("debug")].concat();
    let names: Vec<_> = declared.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, DEBUG_CALLS.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
    let debug = Vm::new(VmConfig { debug: true, ..VmConfig::default() }).expect("an engine");
    for ((name, params, result), (_, args, line)) in declared.iter().zip(DEBUG_CALLS) {
        let module = if line.is_some() { "console" } else { "debug" };
        let drop = if result.is_empty() { "" } else { "drop" };
        let wasm = wat::parse_str(format!(
            r#"(module
                (import "{module}" "{name}" (func $hook (param {params}) (result {result})))
                (memory (export "memory") 1 1)
                (data (i32.const 0) "hello")
                (func (export "user_entrypoint") (param i32) (result i32) {args} call $hook {drop} i32.const 0))"#
        ));
        let (wasm, params) = (wasm.expect("a module"), StylusParams::arbos51());
        let hash = keccak256(&wasm);
        assert!(vm().activate(hash, &wasm, &params).is_err(), "{name} is for debug chains only");
        debug.activate(hash, &wasm, &params).expect("a program");
        let module = debug.module(hash, || Ok(wasm)).expect("activated");
        let mut chain = FixedChain::new(1, params.page_model(), false);
        let request = RunRequest { env: env(false), calldata: Bytes::new(), ink: START, ink_price: 10_000, max_depth: 22_000 };
        let result = debug.run(&module, request, &mut chain).expect("a run");
        // Float constants can never be paid.
        let outcome = if args.starts_with('f') { Outcome::OutOfInk } else { Outcome::Success };
        assert_eq!(result.outcome, outcome, "{name}");
        if outcome == Outcome::Success {
            let arguments = args.split_whitespace().count() as u64 / 2;
            let own = (BLOCK + arguments + 3800) + if drop.is_empty() { 0 } else { 9 } + (BLOCK + 2);
            assert_eq!(START - result.ink_left, own, "{name}");
            assert_eq!(chain.console, line.iter().map(|line| line.to_string()).collect::<Vec<_>>(), "{name}");
        }
    }
}
