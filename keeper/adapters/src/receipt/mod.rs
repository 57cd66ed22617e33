//! A task's receipt, from the chain alone.
//!
//! - `read`: asks a node for the task, its logs, and the blocks and transactions that they came with.
//! - `fold`: makes the receipt of what was read; recomputes the commitments. No IO.
//! - `input`: what a transaction's input shows that no log has: salts, and the answers of a completion.
//! - `describe`: events in words.
//! - `names`: values of the rules by name.

mod describe;
mod fold;
mod input;
mod names;
mod read;
#[cfg(test)]
mod tests;

pub use names::{phase, status};
pub use read::read;
