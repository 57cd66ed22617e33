//! Logs with their place in the chain, and which of them a filter asks for.

use std::sync::Arc;

use alloy_primitives::{B256, Log, TxHash};
use alloy_rpc_types::Filter;

use super::block::Block;
use crate::chain::error::ChainError;

/// Logs in one answer. A block can hold more than ten thousand; a hundred thousand are about 50 MB of JSON, and a client that
/// wants more should ask in parts.
pub const LOGS_MAX: usize = 100_000;

/// A log with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinedLog {
    /// The log.
    pub log: Log,
    /// Hash of the block.
    pub block_hash: B256,
    /// Number of the block.
    pub block_number: u64,
    /// Timestamp of the block, seconds since 1970; not every forked chain tells it.
    pub block_timestamp: Option<u64>,
    /// Hash of the transaction.
    pub tx_hash: TxHash,
    /// Index of the transaction in the block.
    pub tx_index: u64,
    /// Index of the log in the block.
    pub log_index: u64,
    /// The block is no longer part of the chain.
    pub removed: bool,
}

impl From<alloy_rpc_types::Log> for MinedLog {
    /// A log as another node answers it.
    fn from(log: alloy_rpc_types::Log) -> Self {
        Self {
            block_hash: log.block_hash.unwrap_or(B256::ZERO),
            block_number: log.block_number.unwrap_or_default(),
            block_timestamp: log.block_timestamp,
            tx_hash: log.transaction_hash.unwrap_or_default(),
            tx_index: log.transaction_index.unwrap_or_default(),
            log_index: log.log_index.unwrap_or_default(),
            removed: false,
            log: log.inner,
        }
    }
}

/// All logs of `block` that `wanted` takes, in order.
fn block_logs(block: &Block, removed: bool, wanted: impl Fn(&Log) -> bool) -> Vec<MinedLog> {
    let mut found = Vec::new();
    for ((tx, receipt), tx_index) in block.transactions.iter().zip(&block.receipts).zip(0u64..) {
        let numbered = receipt.logs.iter().zip(receipt.first_log_index..);
        found.extend(numbered.filter(|(log, _)| wanted(log)).map(|(log, log_index)| MinedLog {
            log: log.clone(),
            block_hash: block.hash,
            block_number: block.number(),
            block_timestamp: Some(block.timestamp()),
            tx_hash: *tx.tx_hash(),
            tx_index,
            log_index,
            removed,
        }));
    }
    found
}

/// Logs of `block` that `filter` asks for by address and topics.
pub(crate) fn matching_logs(block: &Block, filter: &Filter, removed: bool) -> Vec<MinedLog> {
    if !filter.matches_bloom(block.header.logs_bloom) {
        return Vec::new();
    }
    block_logs(block, removed, |log| filter.matches(log))
}

/// Matching logs of `blocks`, up to [`LOGS_MAX`].
pub(crate) fn collect_logs(blocks: &[Arc<Block>], filter: &Filter) -> Result<Vec<MinedLog>, ChainError> {
    let mut found = Vec::new();
    for block in blocks {
        let before = found.len();
        found.extend(matching_logs(block, filter, false));
        // One block is always answered in full: no narrower range exists.
        if found.len() > LOGS_MAX && before > 0 {
            let from = blocks.first().map_or(0, |first| first.number());
            return Err(ChainError::TooManyLogs { limit: LOGS_MAX, from, to: block.number().saturating_sub(1) });
        }
    }
    Ok(found)
}
