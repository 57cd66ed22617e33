//! Starting from another chain: its state is read when it is needed, at one block, and remembered in memory and on disk.
//!
//! Nothing of the origin is copied ahead. A [`State`](crate::state::State) asks for an account or a slot it does not hold; blocks,
//! transactions, receipts and logs up to the fork block are answered by the origin itself. An origin that does not answer is an
//! error of the request that needed it, never a zero.

mod cache;
mod client;
mod config;
mod origin;

pub use config::{ForkConfig, ForkHeader};
pub(crate) use origin::{Fork, OriginBlock};

pub use crate::state::ForkError;
