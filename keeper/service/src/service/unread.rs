//! Tasks that could not be read: they are tried again each round, and the others do not wait for them.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use cor_errors::Coded as _;
use cor_ports::ChainError;
use tracing::warn;

/// Most tasks that are left aside. Smaller: a node that lost a few logs stops the service. Larger: one that answers nothing is asked in vain for as many in each round.
const UNREAD_MAX: usize = 8;

/// By task, the first block of those whose logs told of it: the mark stays there.
#[derive(Debug, Default)]
pub(super) struct Unread(BTreeMap<B256, u64>);

impl Unread {
    /// Those to be tried again.
    pub(super) fn tasks(&self) -> impl Iterator<Item = B256> + '_ {
        self.0.keys().copied()
    }

    /// A task could not be read that logs from the block `from` on told of. It is left aside if there is room.
    ///
    /// # Errors
    /// What it failed with, if there is none: then it is not a task's fault.
    pub(super) fn note(&mut self, task: B256, from: u64, error: ChainError) -> Result<(), ChainError> {
        if self.0.contains_key(&task) {
            return Ok(());
        }
        if self.0.len() >= UNREAD_MAX {
            return Err(error);
        }
        warn!(%task, code = error.code(), %error, next = error.entry().next, "a task cannot be read; it is tried again, and others are looked after");
        self.0.insert(task, from);
        Ok(())
    }

    /// A task was read, or there is no such one.
    pub(super) fn remove(&mut self, task: B256) {
        self.0.remove(&task);
    }

    /// The first block that is still needed, with what else is.
    pub(super) fn oldest_with(&self, oldest: Option<u64>) -> Option<u64> {
        self.0.values().copied().chain(oldest).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(number: u8) -> B256 {
        B256::with_last_byte(number)
    }

    fn lost() -> ChainError {
        ChainError::NotReproduced { call: "eth_getLogs".to_owned() }
    }

    #[test]
    fn a_few_are_left_aside_and_keep_the_mark_where_they_were_told_of() {
        let mut unread = Unread::default();
        assert_eq!((unread.oldest_with(None), unread.oldest_with(Some(70))), (None, Some(70)));
        for number in 0..8 {
            unread.note(task(number), 50 + u64::from(number), lost()).unwrap();
        }
        unread.note(task(0), 90, lost()).unwrap();
        unread.note(task(8), 40, lost()).unwrap_err();
        assert_eq!((unread.oldest_with(None), unread.oldest_with(Some(7)), unread.tasks().count()), (Some(50), Some(7), 8));
        unread.remove(task(0));
        assert_eq!(unread.oldest_with(Some(70)), Some(51));
        unread.note(task(8), 40, lost()).unwrap();
        assert_eq!(unread.oldest_with(None), Some(40));
    }
}
