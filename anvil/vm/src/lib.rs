//! The Stylus virtual machine: activation, metering, host calls. No EVM types.
//!
//! A program is WebAssembly. [`Vm::activate`] checks it, instruments it (every basic block pays its
//! ink, every function its stack depth, every growth its pages) and says what it costs to load and
//! keep. [`Vm::run`] executes the instrumented program natively; the chain it runs on is an
//! [`EvmApi`].
//!
//! ```text
//!  prepare     wasm <-> what is deployed (canonical form, brotli, prefixes, fragments, init code)
//!  parse       wasm -> sections, limits, imports, refusals
//!  instrument  five passes: start, meter, dynamic, depth, heap
//!  activation  the figures stored with a program and the gas of activating it
//!  price       ink of operators and host calls         pages    gas of memory pages
//!  params      the chain's Stylus parameters           host     the vm_hooks calls over EvmApi
//!  engine      compiled modules, runs
//! ```
//!
//! What is exact: ink, stack depth, output, outcome, activation figures are those of the reference
//! implementation (golden vectors in `test/vectors/stylus`). What is absent: WAVM module hashes and
//! the proprietary Stylus brotli dictionary.

mod api;

pub use api::{
    ApiError, ApiResult, CallKind, CallRequest, CallResult, Charged, CreateRequest, CreateResult,
    Env, EvmApi, HostCall, Outcome, RunRequest, RunResult,
};
