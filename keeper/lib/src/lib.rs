//! Keeper and miner: what they talk about, what they need, what they decide, what they do.
//!
//! - [`domain`]: tasks, miners, messages as plain values.
//! - [`lane`]: the on-chain lane's hashes and the choice of miners, by the formulas of `cor_core`.
//! - [`ports`]: traits for what the services need of the outside; adapters implement them.
//! - [`machine`]: decisions without IO.
//! - [`service`]: deeds, through ports.

pub mod domain;
pub mod lane;
pub mod machine;
pub mod ports;
pub mod service;
