//! `Journal`: small durable records by key. A record is on disk when `put` returns.

use async_trait::async_trait;
use cor_errors::{Coded, Entry, table::jrn};

/// Why the journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The database failed.
    #[error("journal {place}: {reason}")]
    Failed {
        /// File.
        place: String,
        /// What went wrong.
        reason: String,
    },
    /// Another process has it open.
    #[error("journal {place} is open in another process")]
    InUse {
        /// File.
        place: String,
    },
    /// The file was written by a newer version.
    #[error("journal {place} has format {found}, this program knows {known}")]
    Newer {
        /// File.
        place: String,
        /// Its format.
        found: i64,
        /// Ours.
        known: i64,
    },
}

impl Coded for JournalError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Failed { .. } => &jrn::JOURNAL_FAILED,
            Self::InUse { .. } => &jrn::JOURNAL_IN_USE,
            Self::Newer { .. } => &jrn::JOURNAL_NEWER,
        }
    }
}

/// Durable records, ordered by key.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Writes a record; an existing one is replaced.
    async fn put(&self, key: &str, value: &[u8]) -> Result<(), JournalError>;
    /// Reads a record.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, JournalError>;
    /// Removes a record; removing what is not there is fine.
    async fn remove(&self, key: &str) -> Result<(), JournalError>;
    /// Records whose key starts with `prefix`, in key order.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, JournalError>;
}
