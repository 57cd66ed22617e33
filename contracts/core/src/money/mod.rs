//! Money: what a task costs, who holds what, and how a charge is split.

pub mod ledger;
pub mod pricing;
pub mod settlement;
pub mod vault;

#[cfg(test)]
mod tests;
