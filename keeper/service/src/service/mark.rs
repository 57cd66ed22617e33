//! Marks in the journal: a task number below which nothing is left to do. They only save reading; from a lost one the service reads
//! more, never less.

use cor_ports::{Journal, JournalError};
use tracing::warn;

/// The number of the first task.
const FIRST_TASK: u64 = 1;

/// Reads a mark; the first task if there is none, or none that can be read.
///
/// # Errors
/// Those of the journal.
pub(super) async fn read(journal: &dyn Journal, key: &str) -> Result<u64, JournalError> {
    let Some(bytes) = journal.get(key).await? else { return Ok(FIRST_TASK) };
    let number = bytes.as_slice().try_into().map(u64::from_be_bytes);
    Ok(number.unwrap_or_else(|_| {
        warn!(key, bytes = bytes.len(), "a mark in the journal is damaged; reading all tasks");
        FIRST_TASK
    }))
}

/// Writes a mark.
///
/// # Errors
/// Those of the journal.
pub(super) async fn write(journal: &dyn Journal, key: &str, task_id: u64) -> Result<(), JournalError> {
    journal.put(key, &task_id.to_be_bytes()).await
}
