//! Keeper and miner: what they decide, and what they do.
//!
//! - [`machine`]: decisions without IO.
//! - [`service`]: deeds, through the ports of `cor_ports`.

pub mod machine;
pub mod service;
