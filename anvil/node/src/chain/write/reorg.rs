//! Going back and taking another way: rollback, re-organisation, snapshots, reset.

use std::sync::Arc;

use alloy_primitives::{B256, keccak256};

use super::Writer;
use crate::{
    chain::{
        blocks::{Block, Tx},
        error::ChainError,
        store::{Genesis, begin},
    },
    fork::ForkConfig,
};

impl Writer<'_> {
    /// Removes the newest `depth` blocks. Their transactions are gone.
    ///
    /// # Errors
    /// [`ChainError::ReorgDepth`] if there are not so many, or their state is no longer kept.
    pub fn rollback(&self, depth: u64) -> Result<(), ChainError> {
        self.remove_blocks(depth).map(drop)
    }

    /// Replaces the newest `depth` blocks by as many others, with other hashes. `txs` names, for each transaction, the new block it
    /// goes into, counted from 0; the removed blocks' own transactions are dropped, as on a real re-organisation that left them out.
    ///
    /// # Errors
    /// As [`rollback`](Self::rollback).
    pub(crate) fn reorg(&self, depth: u64, txs: &[(Tx, u64)]) -> Result<(), ChainError> {
        let removed = self.remove_blocks(depth)?;
        // Same parents and transactions would give the same hashes again.
        self.token.change().rules.salt = removed.first().map(|block| keccak256(block.hash)).unwrap_or_default();
        let mut mined = Ok(());
        for index in 0..depth {
            let block_txs: Vec<_> = txs.iter().filter(|(_, at)| *at == index).map(|(tx, _)| Arc::new(tx.clone())).collect();
            mined = self.mine_txs(&block_txs).map(drop);
            if mined.is_err() {
                break;
            }
        }
        self.token.change().rules.salt = B256::ZERO;
        mined
    }

    /// Keeps the present chain under a new id; ids only grow.
    ///
    /// # Errors
    /// [`ChainError::TooManySnapshots`].
    pub fn snapshot(&self) -> Result<u64, ChainError> {
        self.token.change().snapshot()
    }

    /// Goes back to a snapshot: blocks, state, pool, time offset and chain settings. The snapshot and later ones are used up.
    /// Whether it existed.
    pub fn revert(&self, id: u64) -> bool {
        let removed = self.token.change().revert(id);
        let existed = removed.is_some();
        self.token.announce_removed(removed.unwrap_or_default());
        existed
    }

    /// Starts again from the first block: of a chain of its own, or as `fork`. Accounts, settings and snapshots are as at the start.
    ///
    /// # Errors
    /// [`ChainError::State`] if the chain cannot be forked; it is then as it was.
    pub(crate) fn restart(&self, from: Genesis, fork: Option<ForkConfig>) -> Result<(), ChainError> {
        let fresh = begin(self.reader.config(), self.reader.wallet(), from, fork)?;
        let removed = {
            let mut shared = self.token.change();
            let old = std::mem::replace(&mut *shared, fresh);
            old.ledger.range(old.ledger.genesis().number().saturating_add(1), u64::MAX)
        };
        self.token.announce_removed(removed.into_iter().rev().collect());
        Ok(())
    }

    fn remove_blocks(&self, depth: u64) -> Result<Vec<Arc<Block>>, ChainError> {
        let removed = {
            let mut shared = self.token.change();
            let ledger = &mut shared.ledger;
            let (head, oldest) = (ledger.head_number(), ledger.oldest_state());
            let refused = ChainError::ReorgDepth { depth, head, oldest };
            let Some(target) = head.checked_sub(depth).filter(|target| *target >= oldest) else {
                return Err(refused);
            };
            let Some(block) = ledger.block(target).cloned() else {
                return Err(refused);
            };
            let state = ledger.state(target)?;
            ledger.rewind(&block, state)
        };
        self.token.announce_removed(removed.clone());
        Ok(removed)
    }
}
