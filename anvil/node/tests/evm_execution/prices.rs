//! Gas of activating and of calling programs, computed by hand from what the modules consist of.
//!
//! Every number below is counted in the text of the module, or is a price of the published list.

use alloy_sol_types::SolCall;
use cor_anvil::evm::ArbOsVersion;
use cor_stylus_vm::prepare::prepare;
use revm::{
    context::{TxEnv, transaction::AccessListItem},
    primitives::{Address, B256, Bytes, TxKind, U256, keccak256},
};

use crate::chain::{ARB_WASM, Chain, PROXY, Wasm, hex_code, output_of, stylus_code, via};
use crate::programs::CALLER;

/// Ink of one gas.
const INK: u64 = 10_000;
/// Check of a basic block, ink.
const BLOCK: u64 = 2450;
/// Gas of a transaction that does nothing.
const TX: u64 = 21_000;

/// What the figures of a program are made of.
struct Module {
    text: &'static str,
    wasm_bytes: u64,
    functions: u64,
    /// Parameters and results of the functions.
    type_words: u64,
    /// With the four of the metering.
    globals: u64,
    data_bytes: u64,
    /// Bytes the segments have in the binary, data and elements.
    segment_bytes: [u64; 2],
    pages: u64,
    /// After instrumentation.
    operators: u64,
}

/// Each function after instrumentation has its own operators, 12 for each basic block, 12 to take its frame,
/// and 5 to give it back at its end.
const fn operators(own: u64, blocks: u64) -> u64 {
    own + 12 * blocks + 12 + 5
}

/// Does nothing.
const IDLE: Module = Module {
    text: r#"(module
      (memory (export "memory") 1 1)
      (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
    // Header 8, types 8, functions 4, memory 6, exports 30, code 8, the hash of the project 47.
    wasm_bytes: 111,
    functions: 1,
    type_words: 2,
    globals: 4,
    data_bytes: 0,
    segment_bytes: [0, 0],
    pages: 1,
    operators: operators(2, 1),
};

/// Does something of everything: answers the word at key 0, fills eight bytes, grows by a page.
const BUSY: Module = Module {
    text: r#"(module
      (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
      (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
      (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
      (memory (export "memory") 3)
      (table funcref (elem $add))
      (global $g i32 (i32.const -5))
      (data (i32.const 100) "hello")
      (func $add (param i32) (result i32) local.get 0 global.get $g i32.add)
      (func (export "user_entrypoint") (param i32) (result i32)
        i32.const 0 i32.const 32 call $load
        i32.const 0 i32.const 1 i32.const 8 memory.fill
        i32.const 1 memory.grow drop
        i32.const 32 i32.const 32 call $write_result
        i32.const 5 i32.const 0 call_indirect (param i32) (result i32)))"#,
    // Header 8, types 17, imports 90, functions 5, table 7, memory 5, globals 8, exports 30, elements 11,
    // code 47, data 14, the hash of the project 47.
    wasm_bytes: 289,
    functions: 2,
    type_words: 4,
    globals: 5,
    data_bytes: 5,
    // Kind, place with `end`, length, bytes; kind, table, place with `end`, kind, count, entry.
    segment_bytes: [1 + 4 + 1 + 5, 1 + 1 + 3 + 1 + 1 + 1],
    pages: 3,
    // The fill has 17 operators for its bytes, the growth four for its payment.
    operators: operators(4, 1) + operators(17, 4) + 17 + 4,
};

impl Module {
    fn cached_cost(&self) -> u64 {
        13_420 * self.functions / 100_000
            + 89 * self.type_words / 100_000
            + 122 * self.wasm_bytes / 100_000
            + 1628 * self.globals / 1000
            + 75_244 * self.segment_bytes.iter().sum::<u64>() / 100_000
            + 5 * self.pages
    }

    fn init_cost(&self) -> u64 {
        8252 * self.functions / 1000 + 1059 * self.type_words / 1000 + 1286 * self.wasm_bytes / 10_000
    }

    fn asm_estimate(&self) -> u64 {
        512_000 + 996_829 * self.functions / 1000 + 11_416 * self.type_words / 1000 + 62_628 * self.wasm_bytes / 10_000
    }

    /// A microsecond is 28 gas.
    fn module_gas(&self) -> u64 {
        28 * (31_733 * self.wasm_bytes / 100_000)
            + 28 * (17_263 * self.functions / 100_000)
            + 28 * (17_376 * self.data_bytes / 100_000)
            + 28 * (17_376 * self.segment_bytes[1] / 100_000)
            + 28 * (2217 * self.pages)
            + 28 * (535 * self.operators / 1000)
    }

    /// Gas of a start: the least, and the program's own part.
    fn cached_start(&self) -> u64 {
        11 * 32 + self.cached_cost()
    }

    fn cold_start(&self) -> u64 {
        69 * 128 + self.init_cost() + self.cached_start()
    }
}

/// Gas that ink is: it is paid in whole gas.
fn gas_of(ink: u64) -> u64 {
    ink.div_ceil(INK)
}

/// Gas of running [`BUSY`], whose slot costs this much gas.
fn busy_run(slot: u64) -> u64 {
    let load = BLOCK + 2 + 3800 + 18_480 + (slot + 5) * INK;
    let fill = 3 + 950 + 8 * 100;
    // A fourth page; the exponential part is 1 until the fifth.
    let grow = 1 + 8050 + 9 + 1000 * INK;
    let answer = BLOCK + fill + grow + 2 + 3800 + 8400 + 2 * 16_381;
    let status = BLOCK + 2 + 13_610 + 650;
    let add = BLOCK + 75 + 225 + 70 + 1;
    gas_of(load + answer + status + add + BLOCK + 1)
}

#[test]
fn the_modules_are_as_counted() {
    for module in [IDLE, BUSY] {
        assert_eq!(prepare(module.text.as_bytes(), [0; 32]).unwrap().len() as u64, module.wasm_bytes);
    }
    // The sums once more, as numbers.
    assert_eq!((IDLE.init_cost(), IDLE.cached_cost(), IDLE.asm_estimate()), (8 + 2 + 14, 6 + 5, 512_000 + 996 + 22 + 695));
    assert_eq!((IDLE.operators, IDLE.module_gas()), (31, 28 * (35 + 2217 + 16)));
    assert_eq!(
        (BUSY.init_cost(), BUSY.cached_cost(), BUSY.asm_estimate()),
        (16 + 4 + 37, 8 + 14 + 15, 512_000 + 1993 + 45 + 1809)
    );
    assert_eq!((BUSY.operators, BUSY.module_gas()), (136, 28 * (91 + 1 + 3 * 2217 + 72)));
}

#[test]
fn activation() {
    // Nobody else activates: the demand is the program itself. e to the power of 2.4 % is 1.0242.
    for (module, demand_bips, price_bips) in [(IDLE, 240, 10_242), (BUSY, 241, 10_243)] {
        let mut chain = Chain::new();
        let program = chain.deploy(&stylus_code(module.text));
        let result = chain.activate(program);
        let answer = Wasm::activateProgramCall::abi_decode_returns(output_of(&result)).unwrap();

        // Selector, twelve zeros, the address.
        let intrinsic = TX + 4 * 16 + 12 * 4 + calldata_gas(program.as_slice());
        // Words read and written by ArbOS: state, parameters, entry; module hash, pricer, entry, fee account.
        let reads = 800 + 100 + 800 + 5 * 800 + 800;
        let writes = 20_000 + 2 * 20_000 + 20_000;
        // One word of arguments, two of results, a log of two topics and four words.
        let words = 3 + 6 + (375 * 3 + 8 * 128);
        assert_eq!(result.tx_gas_used(), intrinsic + reads + writes + words + 1_659_168 + module.module_gas());

        assert_eq!(10_000 * module.asm_estimate() / 21_360_419, demand_bips);
        let fee = 82_928_201 * price_bips / 10_000 * module.asm_estimate();
        assert_eq!(answer.dataFee, U256::from(fee));

        let init = chain.call(ARB_WASM, Wasm::programInitGasCall { program }.abi_encode());
        let init = Wasm::programInitGasCall::abi_decode_returns(output_of(&init)).unwrap();
        assert_eq!((init.gas, init.gasWhenCached), (module.cold_start(), module.cached_start()));
    }
}

/// Where the cache managers' precompile is.
const CACHE: Address = Address::with_last_byte(0x72);

/// Puts the program's code into the cache of ArbWasmCache.
fn cache(chain: &mut Chain, program: Address) {
    let data = [&keccak256("cacheProgram(address)")[..4], program.into_word().as_slice()].concat();
    let result = chain.call(CACHE, data);
    assert!(result.is_success(), "{result:?}");
}

#[test]
fn calls_of_a_program_that_does_nothing() {
    let run = gas_of(BLOCK + 1 + 1);
    assert_eq!((run, IDLE.cold_start(), IDLE.cached_start()), (1, 8832 + 24 + 352 + 11, 352 + 11));
    for (arbos, first, second) in [
        (ArbOsVersion::V40, IDLE.cold_start(), IDLE.cold_start()),
        (ArbOsVersion::V51, IDLE.cold_start(), IDLE.cold_start()),
        // From here on a program used before in the block is loaded.
        (ArbOsVersion::V60, IDLE.cold_start(), IDLE.cached_start()),
    ] {
        let mut chain = Chain::at(arbos);
        let program = chain.program(IDLE.text);
        chain.pass(1);
        for start in [first, second, second] {
            assert_eq!(chain.call(program, []).tx_gas_used(), TX + start + run, "{arbos}");
        }
        cache(&mut chain, program);
        chain.pass(1);
        for _ in 0..2 {
            assert_eq!(chain.call(program, []).tx_gas_used(), TX + IDLE.cached_start() + run, "{arbos}, cached");
        }
        // Calldata is paid by the transaction, and nothing reads it.
        let with_data = TX + 4 + 2 * 16 + IDLE.cached_start() + run;
        assert_eq!(chain.call(program, [0, 1, 2]).tx_gas_used(), with_data, "{arbos}");
    }
}

#[test]
fn calls_of_a_program_that_does_something() {
    let mut chain = Chain::new();
    let program = chain.program(BUSY.text);
    // Two pages are free, a third is there from the start.
    let page = 1000;
    let cold = TX + BUSY.cold_start() + page + busy_run(2100);
    let result = chain.call(program, []);
    assert_eq!(output_of(&result)[..], [0; 32]);
    assert_eq!(result.tx_gas_used(), cold);
    assert_eq!(chain.call(program, []).tx_gas_used(), cold, "the next transaction starts anew");

    // The slot is warm if the transaction lists it: 2400 for the account, 1900 for the key.
    let item = AccessListItem { address: program, storage_keys: vec![B256::ZERO] };
    let listed =
        TxEnv { tx_type: 1, access_list: vec![item].into(), ..chain.tx(TxKind::Call(program), Bytes::new(), U256::ZERO) };
    assert_eq!(chain.execute(listed).tx_gas_used(), TX + 2400 + 1900 + BUSY.cold_start() + page + busy_run(100));

    cache(&mut chain, program);
    assert_eq!(chain.call(program, []).tx_gas_used(), TX + BUSY.cached_start() + page + busy_run(2100));
}

/// The least gas a call needs is what it uses, and with one less everything is burnt.
#[test]
fn one_gas_less_is_too_little() {
    let mut chain = Chain::new();
    let program = chain.program(BUSY.text);
    // The slot's load wants 2110 gas and a question's 5, and takes 2105.
    let need = TX + BUSY.cold_start() + 1000 + busy_run(2100);
    for (gas_limit, success) in [(need, true), (need - 1, false), (TX + BUSY.cold_start() + 1000, false), (TX, false)] {
        let mut tx = chain.tx(TxKind::Call(program), Bytes::new(), U256::ZERO);
        tx.gas_limit = gas_limit;
        let result = chain.execute(tx);
        assert_eq!(result.is_success(), success, "{gas_limit}");
        assert_eq!(result.tx_gas_used(), gas_limit, "{gas_limit}");
    }
}

/// Gas of calldata.
fn calldata_gas(data: &[u8]) -> u64 {
    data.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum()
}

/// [`CALLER`] with an address as its calldata, but for the call itself, which is in gas.
const CALLER_INK: u64 = (BLOCK + 1 + 3800 + 8400 + 5040)
    + (BLOCK + 1 + 1 + (75 + 1 + 70) + 1 + 1 + 1 + 3800 + 83_193 + 2 * 16_381)
    + (BLOCK + 210 + 1 + 1 + 1 + 670 + 3800 + 68_073 + 5040)
    + (BLOCK + 9 + 1 + 1 + 670 + 3800 + 8400 + 2 * 16_381)
    + (BLOCK + 75 + 1);

#[test]
fn a_program_that_calls_a_program() {
    let mut chain = Chain::new();
    let (caller, idle, busy) = (chain.program(CALLER), chain.program(IDLE.text), chain.program(BUSY.text));
    let wasm = prepare(CALLER.as_bytes(), [0; 32]).unwrap().len() as u64;
    // One function of two words, four globals, a page.
    let start = 8832 + 8 + 2 + 1286 * wasm / 10_000 + 352 + 122 * wasm / 100_000 + 6 + 5;
    let call = |callee: u64, pages: u64| start + gas_of(CALLER_INK) + 2600 + callee + pages;

    // A page of the caller's and one of the callee's are free.
    let once = call(IDLE.cold_start() + 1, 0);
    assert_eq!(chain.call(caller, idle.to_vec()).tx_gas_used(), TX + calldata_gas(idle.as_slice()) + once);

    // Four pages at the start of the callee, a fifth when it grows; the answer has 32 bytes.
    let busy_call = call(BUSY.cold_start() + busy_run(2100), 2 * 1000);
    let result = chain.call(caller, busy.to_vec());
    assert_eq!(output_of(&result).len(), 32);
    assert_eq!(result.tx_gas_used(), TX + calldata_gas(busy.as_slice()) + busy_call);

    // Through another one like itself: its account is warm, its code no cheaper to start; two pages are
    // open when the third is.
    let data = [caller, idle].concat();
    let outer = start + gas_of(CALLER_INK) + 100;
    assert_eq!(chain.call(caller, data.clone()).tx_gas_used(), TX + calldata_gas(&data) + outer + once + 1000);

    // A contract in front of it: eighteen instructions of three gas, four of two, a jump and where it lands.
    let proxy = chain.deploy(&hex_code(PROXY));
    let data = via(idle, &[]);
    let evm = 18 * 3 + 4 * 2 + 10 + 1 + 2600;
    assert_eq!(chain.call(proxy, data.clone()).tx_gas_used(), TX + calldata_gas(&data) + evm + IDLE.cold_start() + 1);
}

/// Answers as many bytes as the number in its calldata says.
const ANSWER: &str = r#"(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (memory (export "memory") 2 2)
  (func (export "user_entrypoint") (param i32) (result i32)
    i32.const 0 call $read_args
    i32.const 0 i32.const 0 i32.load call $write_result
    i32.const 0))"#;

#[test]
fn a_long_answer_costs_what_the_memory_of_the_evm_would() {
    let mut chain = Chain::new();
    let program = chain.program(ANSWER);
    // Three gas a word and the square of the words over 512, for the whole frame.
    for (bytes, intrinsic, frame) in [
        (131_072u32, TX + 3 * 4 + 16, 3 * 4096 + 4096 * 4096 / 512),
        (131_041, TX + 4 + 3 * 16, 3 * 4096 + 4096 * 4096 / 512),
        (131_040, TX + 4 + 3 * 16, 3 * 4095 + 4095 * 4095 / 512),
    ] {
        let result = chain.call(program, bytes.to_le_bytes());
        assert_eq!(output_of(&result).len(), bytes as usize);
        assert_eq!(result.tx_gas_used(), intrinsic + frame, "{bytes} bytes");
    }
    // A short one is paid as the program pays it; one longer than the memory ends without an answer.
    let short = chain.call(program, 32u32.to_le_bytes());
    let ink = (BLOCK + 1 + 3800 + 13_440) + (BLOCK + 2 + 670 + 3800 + 8400 + 2 * 16_381) + (BLOCK + 2);
    let wasm = prepare(ANSWER.as_bytes(), [0; 32]).unwrap().len() as u64;
    let cached = 122 * wasm / 100_000 + 1628 * 4 / 1000 + 5 * 2;
    let start = 8832 + 8 + 2 + 1286 * wasm / 10_000 + 352 + cached;
    assert_eq!(short.tx_gas_used(), TX + 3 * 4 + 16 + start + gas_of(ink));
    let none = chain.call(program, 131_073u32.to_le_bytes());
    assert!(!none.is_success() && !none.is_halt());
    assert_eq!(none.output(), Some(&Bytes::new()));
}
