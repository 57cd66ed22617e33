//! The Stylus virtual machine (VM): activation, metering, host calls. No EVM types.
//!
//! A program is WebAssembly. [`Vm::activate`] checks it, instruments it (every basic block pays its
//! ink, every function its stack depth, every growth its pages) and says what it costs to load and
//! keep. [`Vm::run`] executes the instrumented program natively; the chain it runs on is an
//! [`EvmApi`].
//!
//! ```text
//!  prepare     wasm <-> what is deployed (canonical form, brotli, prefixes, fragments, init code)
//!  parse       wasm -> sections; refuses what cannot run     limits  counts
//!  instrument  five passes: start, meter, dynamic, depth, heap
//!  activation  the figures stored with a program and the gas of activating it
//!  price       ink of operators and host calls               pages   gas of memory pages
//!  params      the chain's Stylus parameters, gas of calling a program
//!  hooks       the list of host calls                        host    what they do, over EvmApi
//!  engine      compiled modules, runs                        cache   where modules are kept
//!  coverage    which basic blocks were entered
//! ```
//!
//! A call of a program by a chain:
//!
//! 1. charge [`StylusParams::start_gas`] and [`OpenPages::add`] for the footprint;
//! 2. [`Vm::module`] by the code's hash, [`Vm::run`] with the gas left as ink;
//! 3. close the footprint's pages, turn the ink left into gas.
//!
//! What is exact: ink, stack depth, output, outcome and activation figures are those of the reference
//! implementation (golden vectors in `test/vectors/stylus`). What differs: a program whose native
//! frames are far larger than the depth it is charged for is out of stack earlier; a data count
//! section is always refused. What is absent: WAVM module hashes and the Stylus brotli dictionary,
//! which is not free.

mod activation;
mod api;
mod cache;
mod coverage;
mod engine;
mod error;
mod hooks;
mod host;
mod instrument;
mod limits;
mod pages;
mod params;
mod parse;
pub mod prepare;
mod price;

pub use activation::{Activation, activate};
pub use api::{
    ApiError, ApiResult, CallKind, CallRequest, CallResult, Charged, CreateRequest, CreateResult, Env, EvmApi, HostCall, Outcome,
    RunRequest, RunResult,
};
pub use engine::{CompiledModule, Vm, VmConfig, on_deep_stack};
pub use error::{ActivationError, PrepareError, VmError};
pub use pages::{OpenPages, PAGES_MAX, PageModel};
pub use params::{ProgramCosts, StylusParams};
