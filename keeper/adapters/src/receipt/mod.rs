//! A task's receipt, from the chain alone.
//!
//! - `read`: asks a node for the task, its logs, and the blocks and transactions that they came with.
//! - `read_draw`: asks the jury for what the task's draw depends on.
//! - `fold`: makes the receipt of what was read; recomputes the commitments. No IO.
//! - `jury`: the same of the jury's logs.
//! - `draw`: whether the crew is the one that was drawn. No IO.
//! - `input`: what a transaction's input shows that no log has: salts, and the answers of a completion.
//! - `describe`: events in words.
//! - `names`: values of the rules by name.

mod describe;
mod draw;
mod fold;
mod input;
mod jury;
mod names;
mod read;
mod read_draw;
#[cfg(test)]
mod tests;

pub use names::{phase, status};
pub use read::read;
