//! Filters that clients poll (`eth_newFilter` and its siblings).

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use alloy_primitives::{B256, TxHash};
use alloy_rpc_types::{Filter, FilterBlockOption};

use super::{Block, Chain, ChainError, MinedLog, logs};

/// Filters one node keeps. Each costs little, but clients forget to uninstall them.
pub const FILTERS_MAX: usize = 10_000;
/// A filter nobody asked for this long is forgotten; geth's default.
const FILTER_IDLE: Duration = Duration::from_secs(5 * 60);
/// Hashes a filter of pending transactions holds for its client; beyond that the oldest are lost.
const PENDING_HASHES_MAX: usize = 10_000;

/// What happened since a filter was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterChanges {
    /// New logs, oldest first.
    Logs(Vec<MinedLog>),
    /// Hashes of new blocks or pending transactions, oldest first.
    Hashes(Vec<B256>),
}

/// All installed filters.
#[derive(Debug, Default)]
pub(super) struct Filters {
    installed: HashMap<u64, Installed>,
    last_id: u64,
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    /// Clock time of the last request.
    last_asked: Duration,
}

#[derive(Debug)]
enum Kind {
    /// Logs of blocks from `next_block` on.
    Logs { filter: Box<Filter>, next_block: u64 },
    /// Hashes of blocks from `next_block` on.
    Blocks { next_block: u64 },
    /// Hashes of transactions that entered the pool.
    Pending { hashes: VecDeque<TxHash> },
}

impl Filters {
    fn install(&mut self, kind: Kind, now: Duration) -> Result<u64, ChainError> {
        self.installed.retain(|_, filter| now.saturating_sub(filter.last_asked) < FILTER_IDLE);
        if self.installed.len() >= FILTERS_MAX {
            return Err(ChainError::TooManyFilters(FILTERS_MAX));
        }
        self.last_id += 1;
        self.installed.insert(self.last_id, Installed { kind, last_asked: now });
        Ok(self.last_id)
    }

    fn ask(&mut self, id: u64, now: Duration) -> Result<&mut Kind, ChainError> {
        let fresh = self.installed.get(&id).is_some_and(|filter| now.saturating_sub(filter.last_asked) < FILTER_IDLE);
        if !fresh {
            self.installed.remove(&id);
        }
        let filter = self.installed.get_mut(&id).ok_or(ChainError::FilterNotFound)?;
        filter.last_asked = now;
        Ok(&mut filter.kind)
    }

    pub(super) fn note_pending(&mut self, hash: TxHash) {
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
    pub(super) fn rewind(&mut self, number: u64) {
        for filter in self.installed.values_mut() {
            if let Kind::Logs { next_block, .. } | Kind::Blocks { next_block } = &mut filter.kind {
                *next_block = (*next_block).min(number);
            }
        }
    }
}

impl Chain {
    fn clock_now(&self) -> Duration {
        self.config().clock.now()
    }

    /// Installs a filter for logs of blocks to come.
    ///
    /// # Errors
    /// [`ChainError::TooManyFilters`]; [`ChainError::Invalid`] for a filter on one block's hash.
    pub fn new_log_filter(&self, filter: Filter) -> Result<u64, ChainError> {
        if matches!(filter.block_option, FilterBlockOption::AtBlockHash(_)) {
            return Err(ChainError::Invalid("cannot install a filter on a block hash; use eth_getLogs".to_owned()));
        }
        let next_block = self.block_number().saturating_add(1);
        self.inner.filters.lock().install(Kind::Logs { filter: Box::new(filter), next_block }, self.clock_now())
    }

    /// Installs a filter for hashes of blocks to come.
    ///
    /// # Errors
    /// [`ChainError::TooManyFilters`].
    pub fn new_block_filter(&self) -> Result<u64, ChainError> {
        let next_block = self.block_number().saturating_add(1);
        self.inner.filters.lock().install(Kind::Blocks { next_block }, self.clock_now())
    }

    /// Installs a filter for hashes of transactions that enter the pool.
    ///
    /// # Errors
    /// [`ChainError::TooManyFilters`].
    pub fn new_pending_filter(&self) -> Result<u64, ChainError> {
        self.inner.filters.lock().install(Kind::Pending { hashes: VecDeque::new() }, self.clock_now())
    }

    /// Forgets a filter; whether it was there.
    pub fn uninstall_filter(&self, id: u64) -> bool {
        self.inner.filters.lock().installed.remove(&id).is_some()
    }

    /// What happened since the filter was last asked.
    ///
    /// # Errors
    /// [`ChainError::FilterNotFound`].
    pub fn filter_changes(&self, id: u64) -> Result<FilterChanges, ChainError> {
        let now = self.clock_now();
        let mut filters = self.inner.filters.lock();
        match filters.ask(id, now)? {
            Kind::Pending { hashes } => Ok(FilterChanges::Hashes(hashes.drain(..).collect())),
            Kind::Blocks { next_block } => {
                let blocks = self.blocks_from(next_block);
                Ok(FilterChanges::Hashes(blocks.iter().map(|block| block.hash).collect()))
            }
            Kind::Logs { filter, next_block } => {
                let mut blocks = self.blocks_from(next_block);
                let (from, to) = bounds(filter);
                blocks.retain(|block| (from..=to).contains(&block.number()));
                Ok(FilterChanges::Logs(logs::collect(&blocks, filter)?))
            }
        }
    }

    /// All logs that match a log filter, as `eth_getLogs` would find them.
    ///
    /// # Errors
    /// [`ChainError::FilterNotFound`], also for a filter of another kind; [`ChainError::TooManyLogs`].
    pub fn filter_logs(&self, id: u64) -> Result<Vec<MinedLog>, ChainError> {
        let filter = match self.inner.filters.lock().ask(id, self.clock_now())? {
            Kind::Logs { filter, .. } => filter.clone(),
            Kind::Blocks { .. } | Kind::Pending { .. } => return Err(ChainError::FilterNotFound),
        };
        self.logs(&filter)
    }

    /// Blocks from `next_block` to the head, and moves `next_block` past them.
    fn blocks_from(&self, next_block: &mut u64) -> Vec<Arc<Block>> {
        let shared = self.inner.shared.read();
        let head = shared.ledger.head_number();
        let blocks = shared.ledger.range(*next_block, head);
        *next_block = head.saturating_add(1);
        blocks
    }
}

/// The block numbers a log filter is about; open ends include every block to come.
fn bounds(filter: &Filter) -> (u64, u64) {
    (filter.get_from_block().unwrap_or(0), filter.get_to_block().unwrap_or(u64::MAX))
}
