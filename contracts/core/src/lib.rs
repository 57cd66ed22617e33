//! The rules: pricing, commitments, task machine, consensus, settlement, as pure integer functions.
//!
//! Nothing here reads a clock, does IO, uses floats or knows of a contract's storage: plain values and `now` go in, the new state and
//! what must be done come out. The contracts call these functions to act, the keeper calls them to predict; compiled for
//! WASM and natively they are the same rules. Errors are numbered values with the numbers that explain them.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::indexing_slicing))]

extern crate alloc;

pub mod math;
pub mod money;
pub mod node;
pub mod task;
