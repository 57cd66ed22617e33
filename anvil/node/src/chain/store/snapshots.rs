//! Snapshots: the whole chain at one point, kept by sharing what did not change since.

use std::{collections::BTreeMap, sync::Arc};

use super::{pool::Pool, time::ChainTime};
use crate::{
    chain::{
        blocks::{Block, Rules},
        error::ChainError,
    },
    state::State,
};

/// Snapshots that exist at the same time. Each keeps the nodes of its state alive; test suites that take one per test and never
/// revert still fit.
pub const SNAPSHOTS_MAX: usize = 65_536;

/// All snapshots by id.
#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    taken: BTreeMap<u64, Snapshot>,
    last_id: u64,
}

/// The chain at one point.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) head: Arc<Block>,
    pub(crate) state: State,
    pub(crate) pool: Pool,
    pub(crate) rules: Rules,
    pub(crate) time: ChainTime,
}

impl Snapshots {
    /// Takes one in under a new id; ids only grow.
    ///
    /// # Errors
    /// [`ChainError::TooManySnapshots`].
    pub(crate) fn keep(&mut self, snapshot: Snapshot) -> Result<u64, ChainError> {
        if self.taken.len() >= SNAPSHOTS_MAX {
            return Err(ChainError::TooManySnapshots(SNAPSHOTS_MAX));
        }
        let id = self.last_id;
        self.last_id += 1;
        self.taken.insert(id, snapshot);
        Ok(id)
    }

    /// Takes one out, and drops those that were taken later. `None`, and nothing is dropped, if it does not exist.
    pub(crate) fn use_up(&mut self, id: u64) -> Option<Snapshot> {
        let snapshot = self.taken.remove(&id)?;
        drop(self.taken.split_off(&id));
        Some(snapshot)
    }

    /// Those that exist, oldest first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u64> {
        self.taken.keys().copied()
    }
}
