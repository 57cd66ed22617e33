//! Going back and taking another way: rollback, re-organisation, reset.

use std::sync::Arc;

use alloy_primitives::{B256, keccak256};

use super::{Block, Chain, ChainError, Genesis, Tx, genesis};
use crate::fork::ForkConfig;

impl Chain {
    /// Removes the newest `depth` blocks. Their transactions are gone.
    ///
    /// # Errors
    /// [`ChainError::ReorgDepth`] if there are not so many, or their state is no longer kept.
    pub fn rollback(&self, depth: u64) -> Result<(), ChainError> {
        let _writer = self.write();
        self.remove_blocks(depth).map(drop)
    }

    /// Replaces the newest `depth` blocks by as many others, with other hashes. `txs` names, for each transaction, the new block it
    /// goes into, counted from 0; the removed blocks' own transactions are dropped, as on a real re-organisation that left them out.
    ///
    /// # Errors
    /// As [`rollback`](Self::rollback); [`ChainError::Invalid`] for an index outside the new blocks.
    pub fn reorg(&self, depth: u64, txs: Vec<(Tx, u64)>) -> Result<(), ChainError> {
        if let Some((_, index)) = txs.iter().find(|(_, index)| *index >= depth) {
            return Err(ChainError::Invalid(format!("block {index} is outside of the {depth} new blocks")));
        }
        self.on_writer(move |chain| {
            let writer = chain.write();
            let removed = chain.remove_blocks(depth)?;
            // Same parents and transactions would give the same hashes again.
            chain.inner.shared.write().rules.salt = removed.first().map(|block| keccak256(block.hash)).unwrap_or_default();
            let mut mined = Ok(());
            for index in 0..depth {
                let block_txs: Vec<_> = txs.iter().filter(|(_, at)| *at == index).map(|(tx, _)| Arc::new(tx.clone())).collect();
                mined = chain.mine_txs(&writer, &block_txs).map(drop);
                if mined.is_err() {
                    break;
                }
            }
            chain.inner.shared.write().rules.salt = B256::ZERO;
            mined
        })
    }

    /// Starts again from the first block of a chain of its own, even if it was forked. Accounts, settings and snapshots are as at
    /// the start.
    ///
    /// # Errors
    /// None but those of a full machine.
    pub fn reset(&self, from: Genesis) -> Result<(), ChainError> {
        self.save_fork();
        self.restart(from, None)
    }

    pub(super) fn restart(&self, from: Genesis, fork: Option<ForkConfig>) -> Result<(), ChainError> {
        let _writer = self.write();
        let fresh = genesis::shared(self.config(), self.wallet(), from, fork)?;
        let removed = {
            let mut shared = self.inner.shared.write();
            let old = std::mem::replace(&mut *shared, fresh);
            old.ledger.range(old.ledger.genesis().number().saturating_add(1), u64::MAX)
        };
        self.announce_removed(removed.into_iter().rev().collect());
        Ok(())
    }

    fn remove_blocks(&self, depth: u64) -> Result<Vec<Arc<Block>>, ChainError> {
        let removed = {
            let mut shared = self.inner.shared.write();
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
        self.announce_removed(removed.clone());
        Ok(removed)
    }
}
