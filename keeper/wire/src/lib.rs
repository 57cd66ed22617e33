//! Wire types: what is printed, stored and sent. The only crate with serde derives for our own formats; domain types have none.
//!
//! - [`lane`]: messages between miner and keeper over HTTP.
//! - [`deployment`]: addresses of a deployed network.
//! - [`outbox`]: signed transactions in a journal.
//! - [`receipt`]: what `cor explain` tells of a task.
//! - [`readable`]: how amounts and times are written.

pub mod deployment;
pub mod lane;
pub mod outbox;
pub mod readable;
pub mod receipt;
