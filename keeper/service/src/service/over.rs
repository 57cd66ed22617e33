//! Records that are not needed any more, kept for a while: after a reorganisation their task may be open again, and then another crew or another commitment
//! would be an offence.

use cor_ports::{Journal, JournalError};

use crate::machine::pause::Pause;

/// Journal prefix of what is over: then comes the key of the record, and since when is the value.
const PREFIX: &str = "over/";
/// Seconds for which a record is kept that is over: as long as a task can last. Were it less, a reorganisation of one block would open a task again whose answer is forgotten, and a second
/// commitment to it is an offence. An answer has some KB.
const KEPT_SECS: u64 = cor_core::limits::LANE_LIFE_MAX_SECS as u64;
/// Seconds between two looks for records that are over for long enough.
const SWEEP_SECS: u64 = 60;

/// The record of this key is not needed any more.
///
/// # Errors
/// Those of the journal.
pub(super) async fn note(journal: &dyn Journal, key: &str, now_secs: u64) -> Result<(), JournalError> {
    journal.put(&format!("{PREFIX}{key}"), &now_secs.to_be_bytes()).await
}

/// The record of this key is needed again.
///
/// # Errors
/// Those of the journal.
pub(super) async fn revive(journal: &dyn Journal, key: &str) -> Result<(), JournalError> {
    journal.remove(&format!("{PREFIX}{key}")).await
}

/// Removes what is over for long enough.
#[derive(Debug, Default)]
pub(super) struct Sweeper {
    pause: Pause,
}

impl Sweeper {
    /// Looks at what is over, now and then.
    ///
    /// # Errors
    /// Those of the journal.
    pub(super) async fn sweep(&mut self, journal: &dyn Journal, now_secs: u64) -> Result<(), JournalError> {
        if !self.pause.is_over(now_secs) {
            return Ok(());
        }
        self.pause = Pause::new(now_secs, SWEEP_SECS);
        for (over, since) in journal.list(PREFIX).await? {
            let since = since.as_slice().try_into().map_or(0, u64::from_be_bytes);
            if now_secs < since.saturating_add(KEPT_SECS) {
                continue;
            }
            if let Some(key) = over.strip_prefix(PREFIX) {
                journal.remove(key).await?;
            }
            journal.remove(&over).await?;
        }
        Ok(())
    }
}
