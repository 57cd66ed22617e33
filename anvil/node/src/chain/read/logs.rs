//! Finding logs, here and at the origin of a forked chain.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_rpc_types::{Filter, FilterBlockOption};

use super::Reader;
use crate::chain::{
    blocks::{MinedLog, collect_logs},
    error::ChainError,
};

impl Reader {
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
                collect_logs(&[block], filter)
            }
            FilterBlockOption::Range { from_block, to_block } => {
                let (from, to) = self.resolve_range(from_block, to_block)?;
                let mut found = self.origin_logs(filter, Some((from, to)))?;
                let blocks = self.store.look().ledger.range(from, to);
                found.extend(collect_logs(&blocks, filter)?);
                Ok(found)
            }
        }
    }

    /// Both ends of a range; a missing end is the newest block, as in geth.
    fn resolve_range(&self, from: Option<BlockNumberOrTag>, to: Option<BlockNumberOrTag>) -> Result<(u64, u64), ChainError> {
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
