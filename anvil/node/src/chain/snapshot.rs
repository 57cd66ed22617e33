//! Snapshots: the whole chain at one point, kept by sharing what did not change since.

use std::{collections::BTreeMap, sync::Arc};

use super::{Block, Chain, ChainError, ChainEvent, State, build::Rules, pool::Pool, time::ChainTime};

/// Snapshots that exist at the same time. Each keeps the nodes of its state alive; test suites that take one per test and never
/// revert still fit.
pub const SNAPSHOTS_MAX: usize = 65_536;

/// All snapshots by id.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    taken: BTreeMap<u64, Snapshot>,
    last_id: u64,
}

#[derive(Debug)]
struct Snapshot {
    head: Arc<Block>,
    state: State,
    pool: Pool,
    rules: Rules,
    time: ChainTime,
}

impl Chain {
    /// Keeps the present chain under a new id; ids only grow.
    ///
    /// # Errors
    /// [`ChainError::TooManySnapshots`].
    pub fn snapshot(&self) -> Result<u64, ChainError> {
        let _writer = self.write();
        let mut shared = self.inner.shared.write();
        if shared.snapshots.taken.len() >= SNAPSHOTS_MAX {
            return Err(ChainError::TooManySnapshots(SNAPSHOTS_MAX));
        }
        let head = shared.ledger.head();
        let (pool, rules, time) = (shared.pool.clone(), shared.rules.clone(), shared.time.clone());
        let snapshots = &mut shared.snapshots;
        let id = snapshots.last_id;
        snapshots.last_id += 1;
        snapshots.taken.insert(id, Snapshot { head: head.block, state: head.state, pool, rules, time });
        Ok(id)
    }

    /// Goes back to a snapshot: blocks, state, pool, time offset and chain settings. The snapshot and later ones are used up.
    /// Whether it existed.
    pub fn revert(&self, id: u64) -> bool {
        let _writer = self.write();
        let removed = {
            let mut shared = self.inner.shared.write();
            let mut used_up = shared.snapshots.taken.split_off(&id);
            let Some(snapshot) = used_up.remove(&id) else {
                shared.snapshots.taken.append(&mut used_up);
                return false;
            };
            shared.pool = snapshot.pool;
            shared.rules = snapshot.rules;
            shared.time = snapshot.time;
            shared.ledger.rewind(&snapshot.head, snapshot.state)
        };
        self.announce_removed(removed);
        true
    }

    /// Ids of the snapshots that exist.
    pub fn snapshots(&self) -> Vec<u64> {
        self.inner.shared.read().snapshots.taken.keys().copied().collect()
    }

    pub(super) fn announce_removed(&self, removed: Vec<Arc<Block>>) {
        if let Some(lowest) = removed.last() {
            self.inner.filters.lock().rewind(lowest.number());
        }
        for block in removed {
            // Nobody listening is fine.
            let _ = self.inner.events.send(ChainEvent::Removed(block));
        }
    }
}
