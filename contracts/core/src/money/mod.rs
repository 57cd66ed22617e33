//! Money: what a task costs, and who holds what.

pub mod ledger;
pub mod pricing;
pub mod vault;

#[cfg(test)]
mod tests;
