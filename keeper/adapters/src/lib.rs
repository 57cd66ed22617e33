//! Adapters behind the ports of `cor_keeper`.
//!
//! - [`chain`]: the contracts over JSON-RPC, with a durable outbox.
//! - [`deploy`]: puts the contracts on a chain and wires them.
//! - [`receipt`]: reads a task's receipt from the chain.
//! - [`journal`]: durable records in SQLite.
//! - [`blobs`]: content-addressed files.
//! - [`http`]: the keeper's HTTP server and the miner's client of it.
//! - [`signer`]: a private key in memory.

pub mod blobs;
pub mod chain;
pub mod deploy;
pub mod http;
pub mod journal;
pub mod receipt;
pub mod signer;

mod tls;
