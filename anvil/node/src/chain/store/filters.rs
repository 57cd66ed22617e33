//! Filters that clients poll (`eth_newFilter` and its siblings).

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use alloy_primitives::TxHash;
use alloy_rpc_types::Filter;

use crate::chain::error::ChainError;

/// Filters one node keeps. Each costs little, but clients forget to uninstall them.
pub const FILTERS_MAX: usize = 10_000;
/// A filter nobody asked for this long is forgotten; geth's default.
const FILTER_IDLE: Duration = Duration::from_secs(5 * 60);
/// Hashes a filter of pending transactions holds for its client; beyond that the oldest are lost.
const PENDING_HASHES_MAX: usize = 10_000;

/// All installed filters.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    installed: HashMap<u64, Installed>,
    last_id: u64,
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    /// Clock time of the last request.
    last_asked: Duration,
}

/// What a client waits for, and how far it has been told.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Logs of blocks from `next_block` on.
    Logs { filter: Box<Filter>, next_block: u64 },
    /// Hashes of blocks from `next_block` on.
    Blocks { next_block: u64 },
    /// Hashes of transactions that entered the pool.
    Pending { hashes: VecDeque<TxHash> },
}

impl Filters {
    /// Takes one in under a new id. Those nobody asked for any more are forgotten first.
    ///
    /// # Errors
    /// [`ChainError::TooManyFilters`].
    pub(crate) fn install(&mut self, kind: Kind, now: Duration) -> Result<u64, ChainError> {
        self.installed.retain(|_, filter| now.saturating_sub(filter.last_asked) < FILTER_IDLE);
        if self.installed.len() >= FILTERS_MAX {
            return Err(ChainError::TooManyFilters(FILTERS_MAX));
        }
        self.last_id += 1;
        self.installed.insert(self.last_id, Installed { kind, last_asked: now });
        Ok(self.last_id)
    }

    /// The filter, to be asked at clock time `now`.
    ///
    /// # Errors
    /// [`ChainError::FilterNotFound`].
    pub(crate) fn ask(&mut self, id: u64, now: Duration) -> Result<&mut Kind, ChainError> {
        let fresh = self.installed.get(&id).is_some_and(|filter| now.saturating_sub(filter.last_asked) < FILTER_IDLE);
        if !fresh {
            self.installed.remove(&id);
        }
        let filter = self.installed.get_mut(&id).ok_or(ChainError::FilterNotFound)?;
        filter.last_asked = now;
        Ok(&mut filter.kind)
    }

    /// Forgets one; whether it was there.
    pub(crate) fn uninstall(&mut self, id: u64) -> bool {
        self.installed.remove(&id).is_some()
    }

    /// Tells filters of pending transactions of one that entered the pool.
    pub(crate) fn note_pending(&mut self, hash: TxHash) {
        for filter in self.installed.values_mut() {
            if let Kind::Pending { hashes } = &mut filter.kind {
                if hashes.len() == PENDING_HASHES_MAX {
                    hashes.pop_front();
                }
                hashes.push_back(hash);
            }
        }
    }

    /// After blocks from `number` on were removed, filters report the blocks that take their place.
    pub(crate) fn rewind(&mut self, number: u64) {
        for filter in self.installed.values_mut() {
            if let Kind::Logs { next_block, .. } | Kind::Blocks { next_block } = &mut filter.kind {
                *next_block = (*next_block).min(number);
            }
        }
    }
}
