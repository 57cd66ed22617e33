//! Machines without IO: they look at what the chain and the miners said and return what to do. All state they need is on chain or
//! is sent again by its author, so recovery after a crash is nothing but looking again.

pub mod keeper;
pub mod miner;
