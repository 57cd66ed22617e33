//! Starting from another chain: its state is read when it is needed, at one block, and remembered.

mod error;

pub use error::ForkError;
