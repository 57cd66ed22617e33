//! Wire types: what is stored and sent, and receipts. Serde derives of our formats are here, but for the settings and the results of the
//! command line, which has its own; domain types have none.
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
