//! Marks in the journal: a task number below which nothing is left to do. They only save reading; from a lost one the service reads
//! more, never less.

use std::collections::BTreeSet;

use cor_ports::{Journal, JournalError};
use tracing::warn;

/// The number of the first task.
const FIRST_TASK: u64 = 1;

/// Reads a mark of a queue of `count` tasks; the first task if there is none, or none that can be read. A mark beyond the tasks is told by a
/// node that lags, or by a chain that was rolled back: nothing is left to read there, and what comes is told by its logs.
///
/// # Errors
/// Those of the journal.
pub(super) async fn read(journal: &dyn Journal, key: &str, count: u64) -> Result<u64, JournalError> {
    let Some(bytes) = journal.get(key).await? else { return Ok(FIRST_TASK) };
    Ok(of(&bytes, count).unwrap_or_else(|| {
        warn!(key, bytes = bytes.len(), "a mark in the journal is damaged; reading all tasks");
        FIRST_TASK
    }))
}

fn of(bytes: &[u8], count: u64) -> Option<u64> {
    let mark = bytes.try_into().map(u64::from_be_bytes).ok()?;
    Some(mark.min(count.saturating_add(1)))
}

/// Writes a mark.
///
/// # Errors
/// Those of the journal.
pub(super) async fn write(journal: &dyn Journal, key: &str, task_id: u64) -> Result<(), JournalError> {
    journal.put(key, &task_id.to_be_bytes()).await
}

/// What a miner has read of the queue, and up to where nothing of it can concern the miner any more.
#[derive(Debug, Default)]
pub(super) struct Surveyed {
    /// The number after the highest task that was read.
    end: u64,
    /// Tasks without miners yet: each may still be given to anyone.
    queued: BTreeSet<u64>,
    /// The mark as last written; `None` after a start, when the journal may have another than the one that was begun at.
    marked: Option<u64>,
}

impl Surveyed {
    /// Begins at a mark: what is below it was read before.
    pub(super) fn start_at(&mut self, mark: u64) {
        *self = Self { end: mark, marked: None, queued: BTreeSet::new() };
    }

    /// A task was read.
    pub(super) fn note(&mut self, task_id: u64, is_queued: bool) {
        self.end = self.end.max(task_id.saturating_add(1));
        if is_queued {
            self.queued.insert(task_id);
        } else {
            self.queued.remove(&task_id);
        }
    }

    /// The mark, if it is another than before. `oldest`: the lowest task in hand.
    pub(super) fn moved_on(&mut self, oldest: Option<u64>) -> Option<u64> {
        let open = oldest.into_iter().chain(self.queued.first().copied());
        let mark = open.fold(self.end, u64::min);
        (Some(mark) != self.marked).then(|| {
            self.marked = Some(mark);
            mark
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Surveyed, of};

    #[test]
    fn a_mark_is_at_most_the_next_task() {
        for (bytes, count, mark) in [
            (&7_u64.to_be_bytes()[..], 9, Some(7)),
            (&10_u64.to_be_bytes(), 9, Some(10)),
            (&11_u64.to_be_bytes(), 9, Some(10)),
            (&[1, 2, 3], 9, None),
        ] {
            assert_eq!(of(bytes, count), mark);
        }
    }

    /// A task that waits for its miners holds the mark back, whatever was submitted after it.
    #[test]
    fn a_queued_task_is_never_below_the_mark() {
        let mut surveyed = Surveyed::default();
        surveyed.start_at(4);
        for (task_id, is_queued, oldest, mark) in [
            (4, true, None, Some(4)),
            (5, false, None, None),
            (6, false, Some(6), None),
            (4, false, Some(6), Some(6)),
            (6, false, None, Some(7)),
            (9, true, None, Some(9)),
            (8, false, None, None),
            (9, false, None, Some(10)),
        ] {
            surveyed.note(task_id, is_queued);
            assert_eq!(surveyed.moved_on(oldest), mark, "task {task_id}");
        }
    }
}
