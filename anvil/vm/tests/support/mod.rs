//! What the tests of this crate and the vector runner share.
#![allow(dead_code, reason = "every program that includes this uses a part of it")]

pub(crate) mod chain;
pub(crate) mod vectors;

use std::sync::{Arc, LazyLock};

use alloy_primitives::keccak256;
use cor_stylus_vm::{CompiledModule, RunRequest, RunResult, StylusParams, Vm, VmConfig};

use chain::{FixedChain, env};

/// Enough ink for anything a test does.
pub(crate) const PLENTY: u64 = 100_000_000_000;

/// A program under test.
pub(crate) struct Program {
    pub(crate) module: Arc<CompiledModule>,
    pub(crate) footprint: u16,
}

/// The VM of a test program.
pub(crate) fn vm() -> &'static Vm {
    static VM: LazyLock<Vm> = LazyLock::new(|| Vm::new(VmConfig::default()).expect("an engine"));
    &VM
}

/// Activates a program given as text or binary.
pub(crate) fn load(source: impl AsRef<[u8]>) -> Program {
    let wasm = wat::parse_bytes(source.as_ref()).expect("a module").into_owned();
    let code_hash = keccak256(&wasm);
    let params = StylusParams::arbos51();
    let activation = vm().activate(code_hash, &wasm, &params).expect("a program");
    let module = vm().module(code_hash, || Ok(wasm)).expect("activated");
    Program { module, footprint: activation.footprint }
}

/// A request on the fixed chain with the usual parameters.
pub(crate) fn request(calldata: &[u8], ink: u64) -> RunRequest {
    RunRequest { env: env(false), calldata: calldata.to_vec().into(), ink, ink_price: 10_000, max_depth: 22_000 }
}

/// Runs a program on a fresh fixed chain.
pub(crate) fn run(program: &Program, calldata: &[u8], ink: u64) -> (RunResult, FixedChain) {
    let model = StylusParams::arbos51().page_model();
    let mut chain = FixedChain::new(program.footprint, model, false);
    let result = vm().run(&program.module, request(calldata, ink), &mut chain);
    (result.expect("the fixed chain does not break"), chain)
}
