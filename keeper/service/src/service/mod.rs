//! Services: they turn a machine's decisions into deeds through ports. Each runs until told to stop.

pub mod drill;
pub mod keeper;
pub mod miner;
