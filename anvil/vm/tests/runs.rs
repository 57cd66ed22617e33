//! What holds for every run: outcomes, isolation, determinism, nesting, tracing, caches.

mod support;

use std::{fs, thread};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use cor_stylus_vm::{
    ApiError, ApiResult, CallRequest, CallResult, Charged, CompiledModule, CreateRequest, CreateResult, EvmApi, Outcome,
    PrepareError, StylusParams, Vm, VmConfig, VmError,
};
use support::chain::{FixedChain, TracedCall};
use support::{PLENTY, load, request, run, vm};

/// A program with one page, the usual imports, and this body.
fn program(body: &str) -> String {
    format!(
        r#"(module
            (import "vm_hooks" "read_args" (func $read_args (param i32)))
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (import "vm_hooks" "exit_early" (func $exit_early (param i32)))
            (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
            (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
            (import "vm_hooks" "call_contract"
                (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
            (memory (export "memory") 1 1)
            (data (i32.const 0) "secret")
            (func $recurse call $recurse)
            (func (export "user_entrypoint") (param $len i32) (result i32) {body}))"#
    )
}

#[test]
fn outcomes() {
    for (body, outcome, output) in [
        ("i32.const 0", Outcome::Success, ""),
        ("i32.const 7", Outcome::Revert, ""),
        ("i32.const 0 i32.const 6 call $write_result i32.const 0", Outcome::Success, "secret"),
        ("i32.const 0 i32.const 6 call $write_result i32.const 1", Outcome::Revert, "secret"),
        ("i32.const 0 i32.const 6 call $write_result unreachable", Outcome::Failure, ""),
        ("i32.const 0 call $exit_early i32.const 1", Outcome::Success, ""),
        ("i32.const 2 call $exit_early i32.const 0", Outcome::Revert, ""),
        ("i32.const 1 i32.const 0 i32.div_u", Outcome::Failure, ""),
        ("loop br 0 end i32.const 0", Outcome::OutOfInk, ""),
        ("call $recurse i32.const 0", Outcome::OutOfStack, ""),
    ] {
        let (result, _) = run(&load(program(body)), &[], PLENTY);
        assert_eq!(result.outcome, outcome, "{body}");
        assert_eq!(result.output[..], *output.as_bytes(), "{body}");
        assert_eq!(result.ink_left == 0, outcome == Outcome::OutOfInk, "{body}");
        assert_eq!(result.stack_left == 0, outcome == Outcome::OutOfStack, "{body}");
    }
}

#[test]
fn nothing_outside_of_the_memory_can_be_reached() {
    for (body, inside) in [
        ("i32.const 65532 i32.load drop i32.const 0", true),
        ("i32.const 65533 i32.load drop i32.const 0", false),
        ("i32.const -1 i32.load8_u drop i32.const 0", false),
        ("i32.const 65535 i32.load8_u offset=4294967295 drop i32.const 0", false),
        ("i32.const 65536 i32.const 1 i32.store8 i32.const 0", false),
        ("i32.const 65535 i32.const 0 i32.const 2 memory.fill i32.const 0", false),
        ("i32.const 0 i32.const 65535 i32.const 2 memory.copy i32.const 0", false),
        // The host reads and writes for the program.
        ("i32.const 65504 i32.const 32 call $write_result i32.const 0", true),
        ("i32.const 65505 i32.const 32 call $write_result i32.const 0", false),
        ("i32.const -1 i32.const -1 call $write_result i32.const 0", false),
        ("i32.const 65533 call $read_args i32.const 0", true),
        ("i32.const 65534 call $read_args i32.const 0", false),
        ("i32.const 65505 i32.const 0 call $load i32.const 0", false),
        ("i32.const 0 i32.const 65505 call $load i32.const 0", false),
    ] {
        // Reading 4 GiB for a result costs more ink than the other rows need.
        let (result, _) = run(&load(program(body)), b"abc", 10 * PLENTY);
        let outcome = if inside { Outcome::Success } else { Outcome::Failure };
        assert_eq!(result.outcome, outcome, "{body}: {:?}", result.reason);
    }
}

#[test]
fn the_same_run_twice_is_the_same() {
    let program = load(program(
        "i32.const 0 call $read_args
         i32.const 0 i32.const 64 call $load
         i32.const 0 i32.const 32 call $cache
         i32.const 0 i32.const 96 call $write_result
         local.get $len",
    ));
    let twice = [(); 2].map(|()| {
        let mut chain = FixedChain::new(1, StylusParams::arbos51().page_model(), false);
        chain.trace = Some(Vec::new());
        let result = vm().run(&program.module, request(&[0xff; 32], PLENTY), &mut chain);
        (result.expect("a run"), chain.trace, chain.pages)
    });
    assert_eq!(twice[0], twice[1]);
    assert_eq!(twice[0].0.outcome, Outcome::Revert);
}

#[test]
fn what_is_not_flushed_is_lost() {
    let program = load(program("i32.const 0 i32.const 0 call $cache i32.const 0"));
    let (result, chain) = run(&program, &[], PLENTY);
    assert_eq!(result.outcome, Outcome::Success);
    assert!(chain.changed_storage().is_empty());
}

/// A chain on which every call runs the same program again, until `depth` is used up.
struct Nested<'a> {
    module: &'a CompiledModule,
    depth: u32,
    inner: FixedChain,
}

impl EvmApi for Nested<'_> {
    fn call(&mut self, call: CallRequest<'_>) -> ApiResult<CallResult> {
        if self.depth == 0 {
            return Ok(CallResult { success: true, data: Bytes::new(), gas: 0 });
        }
        let mut child = Nested { depth: self.depth - 1, ..Nested::new(self.module) };
        let result = vm().run(self.module, request(&[], call.gas_left * 10_000), &mut child);
        let result = result.map_err(|error| ApiError::Broken(error.into()))?;
        let success = result.outcome == Outcome::Success;
        let gas = call.gas_left - result.ink_left / 10_000;
        Ok(CallResult { success, data: result.output, gas })
    }

    fn sload(&mut self, key: B256) -> ApiResult<Charged<B256>> {
        self.inner.sload(key)
    }
    fn sstore(&mut self, _: B256, _: B256) -> ApiResult<u64> {
        Err(ApiError::Broken("the disk is full".into()))
    }
    fn tload(&mut self, key: B256) -> ApiResult<B256> {
        self.inner.tload(key)
    }
    fn tstore(&mut self, key: B256, value: B256) -> ApiResult<()> {
        self.inner.tstore(key, value)
    }
    fn create(&mut self, create: CreateRequest<'_>) -> ApiResult<CreateResult> {
        self.inner.create(create)
    }
    fn log(&mut self, topics: Vec<B256>, data: Bytes) -> ApiResult<()> {
        self.inner.log(topics, data)
    }
    fn balance(&mut self, address: Address) -> ApiResult<Charged<U256>> {
        self.inner.balance(address)
    }
    fn code_hash(&mut self, address: Address) -> ApiResult<Charged<B256>> {
        self.inner.code_hash(address)
    }
    fn code(&mut self, address: Address) -> ApiResult<Charged<Bytes>> {
        self.inner.code(address)
    }
    fn add_pages(&mut self, pages: u16) -> ApiResult<u64> {
        self.inner.add_pages(pages)
    }
}

impl<'a> Nested<'a> {
    fn new(module: &'a CompiledModule) -> Self {
        Self { module, depth: 0, inner: FixedChain::default() }
    }
}

#[test]
fn runs_nest_deeply_on_a_small_thread() {
    // Each level adds one to the first byte of what the level below has answered.
    let program = load(
        r#"(module
            (import "vm_hooks" "call_contract"
                (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
            (import "vm_hooks" "read_return_data" (func $data (param i32 i32 i32) (result i32)))
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) (local $status i32)
                (local.set $status (call $call
                    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32)
                    (i64.const -1) (i32.const 128)))
                (drop (call $data (i32.const 64) (i32.const 0) (i32.const 4)))
                (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1)))
                (call $write_result (i32.const 64) (i32.const 4))
                (local.get $status)))"#,
    );
    let small = thread::Builder::new().stack_size(256 << 10);
    let result = thread::scope(|scope| {
        let deep = || {
            let mut chain = Nested { depth: 1000, ..Nested::new(&program.module) };
            vm().run(&program.module, request(&[], PLENTY), &mut chain)
        };
        small.spawn_scoped(scope, deep).expect("a thread").join().expect("no panic")
    });
    let result = result.expect("a run");
    assert_eq!((result.outcome, &result.output[..]), (Outcome::Success, &1001u32.to_le_bytes()[..]));
}

#[test]
fn a_broken_chain_is_an_error_of_the_run() {
    let program = load(
        r#"(module
            (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
            (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
            (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                (call $cache (i32.const 0) (i32.const 0)) (call $flush (i32.const 0))
                (i32.const 0)))"#,
    );
    let mut chain = Nested::new(&program.module);
    let result = vm().run(&program.module, request(&[], PLENTY), &mut chain);
    let Err(VmError::Chain(source)) = result else { panic!("{result:?}") };
    assert_eq!(source.to_string(), "the disk is full");
}

/// A frame that is charged few words but is large in native code: many values that stay alive over a
/// call, none of them a local.
#[test]
fn large_native_frames_end_as_out_of_stack() {
    let values = 4000;
    let sum = |op: &str| -> String {
        let term = |n| format!("local.get 0 i32.const {n} i32.mul {op} ");
        (1..=values).map(term).collect()
    };
    let text = format!(
        r#"(module
            (memory (export "memory") 1 1)
            (func $f (param i32) (result i32)
                i32.const 0 i32.const 0 {} i32.store
                local.get 0 i32.const 1 i32.add call $f {})
            (func (export "user_entrypoint") (param i32) (result i32)
                local.get 0 call $f drop i32.const 0))"#,
        sum("i32.add"),
        sum("i32.sub"),
    );
    let (result, _) = run(&load(text), &[], u64::MAX >> 1);
    assert_eq!((result.outcome, result.stack_left), (Outcome::OutOfStack, 0));
    assert_eq!(result.reason.as_deref(), Some("wasm trap: call stack exhausted"));
}

#[test]
fn tracers_see_what_was_passed_and_paid() {
    let program = load(program(
        "i32.const 8 call $read_args
         i32.const 32 i32.const 64 call $load
         i32.const 8 i32.const 3 call $write_result
         i32.const 9 call $exit_early
         i32.const 0",
    ));
    let mut chain = FixedChain::new(1, StylusParams::arbos51().page_model(), false);
    chain.trace = Some(Vec::new());
    vm().run(&program.module, request(b"abc", PLENTY), &mut chain).expect("a run");
    let call = |name, ink, args: &[u8], outs: &[u8]| TracedCall { name, ink, args: args.to_vec(), outs: outs.to_vec() };
    assert_eq!(
        chain.trace.unwrap_or_default(),
        [
            call("user_entrypoint", 0, &3u32.to_be_bytes(), &[]),
            call("read_args", 13_440, &[], b"abc"),
            call("storage_load_bytes32", 18_480 + 21_050_000, &[0; 32], &[0; 32]),
            call("write_result", 8400 + 2 * 16_381, b"abc", &[]),
            call("exit_early", 0, &9u32.to_be_bytes(), &[]),
        ]
    );
}

#[test]
fn debug_chains_have_a_console() {
    let wasm = wat::parse_str(
        r#"(module
            (import "console" "log_txt" (func $text (param i32 i32)))
            (import "console" "tee_i64" (func $tee (param i64) (result i64)))
            (import "debug" "null_host" (func $null))
            (memory (export "memory") 1 1)
            (data (i32.const 0) "hello")
            (func (export "user_entrypoint") (param i32) (result i32)
                (call $text (i32.const 0) (i32.const 5))
                (call $null)
                (i32.wrap_i64 (call $tee (i64.const 0)))))"#,
    )
    .expect("a module");
    let (hash, params) = (keccak256(&wasm), StylusParams::arbos51());
    assert!(vm().activate(hash, &wasm, &params).is_err());

    let debug = Vm::new(VmConfig { debug: true, ..VmConfig::default() }).expect("an engine");
    debug.activate(hash, &wasm, &params).expect("a program");
    let module = debug.module(hash, || Ok(wasm)).expect("activated");
    let mut chain = FixedChain::default();
    let result = debug.run(&module, request(&[], PLENTY), &mut chain).expect("a run");
    assert_eq!((result.outcome, chain.console), (Outcome::Success, vec!["hello".into(), "0".into()]));
}

#[test]
fn compiled_programs_are_kept_on_disk_and_damaged_files_ignored() {
    let folder = tempfile::tempdir().expect("a folder");
    let wasm = wat::parse_str(program("i32.const 3")).expect("a module");
    let hash = keccak256(b"deployed code");
    let gone = || Err(PrepareError::NotProgram);
    let fresh = || {
        let cache_dir = Some(folder.path().to_owned());
        Vm::new(VmConfig { cache_dir, ..VmConfig::default() }).expect("an engine")
    };
    let status = |vm: &Vm, module: &CompiledModule| {
        let mut chain = FixedChain::default();
        vm.run(module, request(&[], PLENTY), &mut chain).expect("a run").outcome
    };

    assert!(fresh().module(hash, gone).is_err());
    fresh().activate(hash, &wasm, &StylusParams::arbos51()).expect("a program");
    let second = fresh();
    let module = second.module(hash, gone).expect("it is on disk");
    assert_eq!(status(&second, &module), Outcome::Revert);

    let file = fs::read_dir(folder.path()).expect("a folder").next().expect("a file");
    let path = file.expect("an entry").path();
    let whole = fs::read(&path).expect("readable");
    for damaged in [&whole[..10], &whole[..whole.len() - 1], &[], &[&[0], &whole[1..]].concat()] {
        fs::write(&path, damaged).expect("writable");
        assert!(fresh().module(hash, gone).is_err());
    }
    let last = fresh();
    let module = last.module(hash, || Ok(wasm)).expect("compiled anew");
    assert_eq!(status(&last, &module), Outcome::Revert);
    assert_eq!(fs::read(&path).expect("readable").len(), whole.len());
}
