//! The rules: pricing, consensus, the lane, the jury, stake and nodes, as pure integer functions.
//!
//! Nothing here reads a clock, does IO, uses floats or knows a contract's storage: plain values and `now` go in, the new state and what
//! must be done come out; a roster of the jury alone, which is too large for a value, is read and written through a trait. The contracts
//! call these functions to act; the keeper and the tests call them to predict. Compiled for WASM and natively, they are the same rules.
//! Errors are typed values with the numbers that explain them, and with the row of `cor-errors` that the contract error has which they
//! become. Bounds are in [`limits`], and nowhere else.
//!
//! A folder's `mod.rs` has docs and re-exports only; the tests of `x.rs` are in `x/tests.rs`, or in `x/tests/` where there are several.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::indexing_slicing))]

extern crate alloc;

pub mod govern;
pub mod limits;
pub mod math;
pub mod money;
pub mod node;
pub mod task;
