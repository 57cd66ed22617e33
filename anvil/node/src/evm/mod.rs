//! Execution of transactions: EVM contracts, Stylus programs and ArbOS precompiles in one call tree.
//!
//! [`Executor::transact`] takes a state (any [`revm::Database`]), a [`BlockContext`], an
//! [`ExecConfig`] and a transaction and answers the result with the state's changes; it commits
//! nothing. ArbOS keeps everything in that state (account [`ARBOS_STATE`](crate::arbos::ARBOS_STATE)),
//! so a snapshot, a revert or an override of the state covers activated programs and parameters as
//! well. Only compiled modules live in the executor, and they are keyed by what was compiled.
//!
//! A chain starts with the accounts of [`genesis_accounts`].

mod error;
mod executor;
mod handler;
mod instructions;
mod machine;
mod nested;
mod program;
mod stylus_api;
mod stylus_tracer;

pub use error::ExecError;
pub use executor::{Execution, Executor};
pub use stylus_tracer::{HostioTrace, StylusTracer, TraceTooLong};

pub use crate::arbos::{
    ArbChain, ArbContext, ArbOsVersion, BlockContext, CODE_SIZE_UNLIMITED, DEFAULT_CODE_SIZE_LIMIT, DEFAULT_MAX_TX_GAS,
    ExecConfig, GenesisAccount, GenesisConfig, HOST_CALL_BYTES_MAX, HOST_CALLS_MAX, HostCallLog, HostCallRecord, ProgramFailure,
    RecentPrograms, genesis_accounts,
};
