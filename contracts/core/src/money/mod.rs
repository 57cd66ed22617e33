//! Money: what a task costs, who holds what, and how a charge is split.

pub mod ledger;
pub mod pricing;
pub mod settlement;

#[cfg(test)]
mod tests;
