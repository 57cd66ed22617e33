//! Marks in the journal: a block below which every task that a service needs to care about has ended. They only save reading; from a lost one the service
//! reads more, never less.

use cor_ports::{Journal, JournalError};
use tracing::warn;

/// Reads a mark; `None` if there is none, or none that can be read.
///
/// # Errors
/// Those of the journal.
pub(super) async fn read(journal: &dyn Journal, key: &str) -> Result<Option<u64>, JournalError> {
    let Some(bytes) = journal.get(key).await? else { return Ok(None) };
    let mark = bytes.as_slice().try_into().map(u64::from_be_bytes).ok();
    if mark.is_none() {
        warn!(key, bytes = bytes.len(), "a mark in the journal is damaged; reading all blocks");
    }
    Ok(mark)
}

/// Writes a mark.
///
/// # Errors
/// Those of the journal.
pub(super) async fn write(journal: &dyn Journal, key: &str, block: u64) -> Result<(), JournalError> {
    journal.put(key, &block.to_be_bytes()).await
}
