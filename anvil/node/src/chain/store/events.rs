//! What subscribers hear of.

use std::sync::Arc;

use alloy_primitives::TxHash;

use crate::chain::blocks::Block;

/// Something happened to the chain.
#[derive(Debug, Clone)]
pub enum ChainEvent {
    /// A block was appended.
    Block(Arc<Block>),
    /// A block is no longer part of the chain (revert, rollback, re-organisation).
    Removed(Arc<Block>),
    /// A transaction entered the pool.
    Pending(TxHash),
}
