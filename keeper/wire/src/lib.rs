//! Wire types: what is printed, stored and sent. The only crate with serde derives for our own formats; domain types have none.
//!
//! - [`http`]: bodies of the keeper's HTTP: messages, blobs, errors.
//! - [`deployment`]: addresses of a deployed network.
//! - [`outbox`]: signed transactions in a journal.
//! - [`readable`]: how amounts and times are written.
//! - [`receipt`]: what `cor explain` tells of a task.
//! - [`name`]: phases, statuses, outcomes and steps by their names.

pub mod deployment;
pub mod http;
pub mod name;
pub mod outbox;
pub mod readable;
pub mod receipt;
