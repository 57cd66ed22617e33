//! Filters that clients poll: what a client was told already is kept for it, and is no part of the chain.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use alloy_primitives::B256;
use alloy_rpc_types::{Filter, FilterBlockOption};

use super::Reader;
use crate::chain::{
    blocks::{Block, MinedLog, collect_logs},
    error::ChainError,
    store::Kind,
};

/// What happened since a filter was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterChanges {
    /// New logs, oldest first.
    Logs(Vec<MinedLog>),
    /// Hashes of new blocks or pending transactions, oldest first.
    Hashes(Vec<B256>),
}

impl Reader {
    fn clock_now(&self) -> Duration {
        self.config().clock.now()
    }

    /// Installs a filter for logs of blocks to come.
    ///
    /// # Errors
    /// [`ChainError::TooManyFilters`]; [`ChainError::Unsupported`] for a filter on one block's hash.
    pub fn new_log_filter(&self, filter: Filter) -> Result<u64, ChainError> {
        if matches!(filter.block_option, FilterBlockOption::AtBlockHash(_)) {
            return Err(ChainError::Unsupported("a filter on a block hash cannot be installed; eth_getLogs takes one"));
        }
        let next_block = self.block_number().saturating_add(1);
        self.store.filters().install(Kind::Logs { filter: Box::new(filter), next_block }, self.clock_now())
    }

    /// Installs a filter for hashes of blocks to come.
    ///
    /// # Errors
    /// [`ChainError::TooManyFilters`].
    pub fn new_block_filter(&self) -> Result<u64, ChainError> {
        let next_block = self.block_number().saturating_add(1);
        self.store.filters().install(Kind::Blocks { next_block }, self.clock_now())
    }

    /// Installs a filter for hashes of transactions that enter the pool.
    ///
    /// # Errors
    /// [`ChainError::TooManyFilters`].
    pub fn new_pending_filter(&self) -> Result<u64, ChainError> {
        self.store.filters().install(Kind::Pending { hashes: VecDeque::new() }, self.clock_now())
    }

    /// Forgets a filter; whether it was there.
    pub fn uninstall_filter(&self, id: u64) -> bool {
        self.store.filters().uninstall(id)
    }

    /// What happened since the filter was last asked.
    ///
    /// # Errors
    /// [`ChainError::FilterNotFound`].
    pub fn filter_changes(&self, id: u64) -> Result<FilterChanges, ChainError> {
        let now = self.clock_now();
        let mut filters = self.store.filters();
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
                Ok(FilterChanges::Logs(collect_logs(&blocks, filter)?))
            }
        }
    }

    /// All logs that match a log filter, as `eth_getLogs` would find them.
    ///
    /// # Errors
    /// [`ChainError::FilterNotFound`], also for a filter of another kind; [`ChainError::TooManyLogs`].
    pub fn filter_logs(&self, id: u64) -> Result<Vec<MinedLog>, ChainError> {
        let filter = match self.store.filters().ask(id, self.clock_now())? {
            Kind::Logs { filter, .. } => filter.clone(),
            Kind::Blocks { .. } | Kind::Pending { .. } => return Err(ChainError::FilterNotFound),
        };
        self.logs(&filter)
    }

    /// Blocks from `next_block` to the head, and moves `next_block` past them.
    fn blocks_from(&self, next_block: &mut u64) -> Vec<Arc<Block>> {
        let shared = self.store.look();
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
