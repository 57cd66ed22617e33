//! Finding logs.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, Log, TxHash};
use alloy_rpc_types::{Filter, FilterBlockOption};

use super::{Block, Chain, ChainError};

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

impl Chain {
    /// Logs that match `filter`, oldest first.
    ///
    /// # Errors
    /// [`ChainError::Range`] for a range that is none, [`ChainError::BlockNotFound`], [`ChainError::TooManyLogs`],
    /// [`ChainError::State`] if a forked chain's origin does not answer.
    pub fn logs(&self, filter: &Filter) -> Result<Vec<MinedLog>, ChainError> {
        match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let block = self.block(hash)?;
                if self.fork_block().is_some_and(|fork| block.number() <= fork) {
                    return self.origin_logs(filter, None);
                }
                collect(&[block], filter)
            }
            FilterBlockOption::Range { from_block, to_block } => {
                let (from, to) = self.resolve_range(from_block, to_block)?;
                let mut found = self.origin_logs(filter, Some((from, to)))?;
                let blocks = self.inner.shared.read().ledger.range(from, to);
                found.extend(collect(&blocks, filter)?);
                Ok(found)
            }
        }
    }

    /// Both ends of a range; a missing end is the newest block, as in geth.
    pub(super) fn resolve_range(
        &self,
        from: Option<BlockNumberOrTag>,
        to: Option<BlockNumberOrTag>,
    ) -> Result<(u64, u64), ChainError> {
        let head = self.block_number();
        let number = |tag: BlockNumberOrTag| match self.pinned(tag.into()) {
            BlockId::Number(BlockNumberOrTag::Number(number)) => number,
            BlockId::Number(BlockNumberOrTag::Earliest) => 0,
            _ => head,
        };
        let (from, to) = (from.map_or(head, number), to.map_or(head, number));
        if from > to {
            return Err(ChainError::Range { from, to, head });
        }
        Ok((from, to.min(head)))
    }
}

/// Matching logs of `blocks`, up to [`LOGS_MAX`].
pub(super) fn collect(blocks: &[Arc<Block>], filter: &Filter) -> Result<Vec<MinedLog>, ChainError> {
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
