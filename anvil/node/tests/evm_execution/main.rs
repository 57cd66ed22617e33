//! Transactions on an in-memory state: EVM contracts and Stylus programs in one call tree, with the
//! gas a Nitro node charges.
//!
//! Where gas is asserted, the figure is either one measured on a node or the sum of the reference's
//! prices written out in the test.

mod activation;
mod calls;
mod chain;
mod counter;
mod creates;
mod edges;
mod fees;
mod history;
mod owner;
mod pages;
mod precompiles;
mod prices;
mod programs;
mod random_transactions;
mod scripts;
mod stylus_tracer;
mod tracing;
