//! A task's receipt, from the chain alone.
//!
//! - `read`: asks a node for the task, its logs, and the blocks and transactions that they came with.
//! - `fold`: makes the receipt of what was read; recomputes the commitments. No IO.
//! - `describe`: events in words.
//! - `names`: numbers of the contracts by name.

mod describe;
mod fold;
mod names;
mod read;
#[cfg(test)]
mod tests;

pub use names::{phase, status};
pub use read::read;
