//! Making blocks. It executes on the present thread, which has to be the one for that: its stack is deep.

use std::sync::Arc;

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, TxHash};

use super::Writer;
use crate::{
    chain::{
        blocks::{Block, Built, Tx},
        error::ChainError,
        store::PreparedTime,
    },
    config::Mining,
};

/// Blocks one request may mine: enough for a day of two-second blocks, few enough to answer within seconds.
pub const MINE_MAX: u64 = 100_000;

impl Writer<'_> {
    /// Mines one block with what the pool holds.
    ///
    /// # Errors
    /// [`ChainError`] if the execution itself failed; the chain is then as it was.
    pub(crate) fn mine(&self) -> Result<Arc<Block>, ChainError> {
        self.mine_txs(&self.reader.ready()?)
    }

    /// Mines `count` blocks, `interval_secs` apart if given.
    ///
    /// # Errors
    /// As [`mine`](Self::mine).
    pub(crate) fn mine_many(&self, count: u64, interval_secs: Option<u64>) -> Result<(), ChainError> {
        for index in 0..count {
            if let (Some(interval), true) = (interval_secs, index > 0) {
                let mut shared = self.token.change();
                let next = shared.ledger.head_block().timestamp().saturating_add(interval);
                shared.time.set_next(next);
            }
            self.mine()?;
        }
        Ok(())
    }

    /// Changes when blocks are made. What waits in the pool is mined at once if automine is switched on.
    ///
    /// # Errors
    /// As [`mine`](Self::mine).
    pub(crate) fn set_mining(&self, mining: Mining) -> Result<(), ChainError> {
        self.token.set_mining(mining);
        let waiting = self.reader.store().look().pool.len() > 0;
        if waiting && matches!(mining, Mining::Auto | Mining::Mixed(_)) {
            self.mine()?;
        }
        Ok(())
    }

    /// Mines what of `sender` is ready, because `hash` came in.
    ///
    /// # Errors
    /// Why `hash` turned out to be invalid; no block is made for its sake then.
    pub(super) fn mine_ready_of(&self, sender: Address, hash: TxHash) -> Result<(), ChainError> {
        let ready = {
            let shared = self.reader.store().look();
            shared.pool.ready_of(sender, &shared.ledger.head().state)?
        };
        if ready.is_empty() {
            return Ok(());
        }
        let (mut built, time) = match self.reader.build_on_head(&ready) {
            Ok(built) => built,
            Err(error) => {
                // The sender hears of it and sends it again.
                self.token.change().pool.remove(&hash);
                return Err(error);
            }
        };
        let refused =
            built.invalid.iter().position(|(invalid, _)| *invalid == hash).map(|index| built.invalid.swap_remove(index));
        if let Some((hash, _)) = &refused {
            self.token.change().pool.remove(hash);
        }
        if !built.block.transactions.is_empty() {
            self.commit(built, time);
        }
        match refused {
            Some((_, error)) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// Builds a block with `txs` and commits it.
    pub(super) fn mine_txs(&self, txs: &[Arc<Tx>]) -> Result<Arc<Block>, ChainError> {
        let (built, time) = self.reader.build_on_head(txs)?;
        Ok(self.commit(built, time))
    }

    fn commit(&self, built: Built, time: PreparedTime) -> Arc<Block> {
        let block = Arc::new(built.block);
        {
            let mut shared = self.token.change();
            for (hash, error) in &built.invalid {
                tracing::warn!(%hash, %error, "dropped a transaction that became invalid");
                shared.pool.remove(hash);
            }
            for tx in &block.transactions {
                shared.pool.prune(tx.signer(), tx.nonce().saturating_add(1));
            }
            if let Some(base_fee) = built.base_fee {
                shared.rules.base_fee = base_fee;
            }
            shared.ledger.push(block.clone(), built.state);
            shared.time.commit(time);
        }
        self.token.announce(block.clone());
        block
    }
}
