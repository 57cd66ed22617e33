//! The rules of money against wider integers, and against what they promise.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ledger;
mod math;
mod pricing;
mod publishing;
mod settlement;
mod versions;
