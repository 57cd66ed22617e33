//! Tests and fuzzing of Stylus contracts in one process: no node, no socket, no blocks to wait for.
//!
//! ```
//! use alloy_sol_types::sol;
//! use cor_anvil::harness::TestChain;
//!
//! sol! {
//!     function number() external view returns (uint256);
//!     function increment() external;
//! }
//!
//! # fn example(wasm: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
//! let mut chain = TestChain::new()?;
//! let counter = chain.deploy_file(wasm)?;
//! let start = chain.snapshot();
//! let user = chain.account(0);
//! chain.send(user, counter, &incrementCall {})?;
//! assert_eq!(chain.view(counter, &numberCall {})?.to::<u64>(), 1);
//! assert!(chain.revert(&start));
//! assert_eq!(chain.view(counter, &numberCall {})?.to::<u64>(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! - [`TestChain`]: deploys a WASM file, calls it through typed bindings, goes back to a snapshot.
//! - [`CallError`]: what a call was refused with, decoded into the errors of a contract.
//! - [`Report`]: an error with its code, and by `{:#}` with the next step.
//! - [`Campaign`]: runs a fuzz target for a number of executions or a time, guided by the basic blocks that the programs enter.
//! - [`Seen`]: the same guidance for another fuzzer.
//! - [`on_deep_stack`]: where to put a loop of many calls; [`Campaign`] does it by itself.
//!
//! A [`TestChain`] executes what a [`Chain`](crate::chain::Chain) executes, by the same [`Executor`](crate::evm::Executor) and at the
//! same gas. It leaves out what a test of a contract does not look at: signatures, fees, a pool, sealed blocks and their roots.

mod campaign;
mod chain;
mod error;
mod seen;
mod shrink;
mod world;

pub use campaign::{Campaign, CampaignError, CampaignReport};
pub use chain::{CALL_GAS, Done, START_SECS, Snapshot, TestChain, Transaction};
pub use error::{CallError, HarnessError};
pub use seen::Seen;

pub use cor_errors::Report;
pub use cor_stylus_vm::on_deep_stack;
