//! Services: they turn a machine's decisions into deeds through ports. Each runs until told to stop.

pub mod drill;
mod follow;
pub mod keeper;
pub mod miner;
