//! The rules of money against wider integers, and against what they promise.

mod changes;
mod ledger;
mod models;
mod pricing;
mod publishing;
mod vault;
mod versions;
