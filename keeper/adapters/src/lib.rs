//! Adapters behind the ports of `cor_ports`. None knows a service.
//!
//! - [`chain`]: the contracts over JSON-RPC, with a durable outbox.
//! - [`deploy`]: puts the contracts on a chain and wires them.
//! - [`receipt`]: reads a task's receipt from the chain.
//! - [`journal`]: durable records in SQLite.
//! - [`blobs`]: content-addressed files.
//! - [`http`]: the miner's and the user's client of a keeper.
//! - [`signer`]: a private key in memory.

pub mod blobs;
pub mod chain;
pub mod deploy;
pub mod http;
pub mod journal;
pub mod receipt;
pub mod signer;

#[cfg(test)]
mod tests;
