//! Services: they turn a machine's decisions into deeds through ports. Each runs until told to stop.

pub mod drill;
mod follow;
mod in_hand;
mod job;
pub mod keeper;
mod mark;
pub mod miner;
mod refusal;
