//! Services: they turn a machine's decisions into deeds through ports. Each runs until told to stop.

mod draw;
pub mod drill;
mod follow;
mod job;
pub mod keeper;
mod mark;
pub mod miner;
mod over;
mod refusal;
mod secrets;
mod unanswered;
mod unread;
