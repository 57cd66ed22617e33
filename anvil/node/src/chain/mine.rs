//! Making blocks.

use std::sync::Arc;

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, TxHash};
use parking_lot::MutexGuard;
use tokio::sync::watch;

use super::{Block, Chain, ChainError, ChainEvent, Tx, build, build::Built, time::PreparedTime};
use crate::{Activity, config::Mining};

/// Blocks one request may mine: enough for a day of two-second blocks, few enough to answer within seconds.
pub const MINE_MAX: u64 = 100_000;

impl Chain {
    /// Mines one block with what the pool holds.
    ///
    /// # Errors
    /// [`ChainError`] if the execution itself failed; the chain is then as it was.
    pub fn mine(&self) -> Result<Arc<Block>, ChainError> {
        self.on_writer(|chain| {
            let writer = chain.write();
            chain.mine_pool(&writer)
        })
    }

    /// Mines `count` blocks, `interval_secs` apart if given.
    ///
    /// # Errors
    /// [`ChainError::Invalid`] if `count` is over [`MINE_MAX`].
    pub fn mine_many(&self, count: u64, interval_secs: Option<u64>) -> Result<(), ChainError> {
        if count > MINE_MAX {
            return Err(ChainError::Invalid(format!("cannot mine {count} blocks in one request; the limit is {MINE_MAX}")));
        }
        self.on_writer(move |chain| {
            let writer = chain.write();
            for index in 0..count {
                if let (Some(interval), true) = (interval_secs, index > 0) {
                    let mut shared = chain.inner.shared.write();
                    let next = shared.ledger.head_block().timestamp().saturating_add(interval);
                    shared.time.set_next(next);
                }
                chain.mine_pool(&writer)?;
            }
            Ok(())
        })
    }

    /// When blocks are made.
    pub fn mining(&self) -> Mining {
        *self.inner.mining.borrow()
    }

    /// Tells of changes of when blocks are made.
    pub(crate) fn mining_changes(&self) -> watch::Receiver<Mining> {
        self.inner.mining.subscribe()
    }

    /// Changes when blocks are made. What waits in the pool is mined at once if automine is switched on.
    ///
    /// # Errors
    /// As [`mine`](Self::mine).
    pub fn set_mining(&self, mining: Mining) -> Result<(), ChainError> {
        self.on_writer(move |chain| {
            let writer = chain.write();
            chain.inner.mining.send_replace(mining);
            let waiting = chain.inner.shared.read().pool.len() > 0;
            if waiting && matches!(mining, Mining::Auto | Mining::Mixed(_)) {
                chain.mine_pool(&writer)?;
            }
            Ok(())
        })
    }

    pub(super) fn mine_pool(&self, writer: &MutexGuard<'_, ()>) -> Result<Arc<Block>, ChainError> {
        let ready = {
            let shared = self.inner.shared.read();
            shared.pool.ready(&shared.ledger.head().state, self.config().order)?
        };
        self.mine_txs(writer, &ready)
    }

    /// Mines what of `sender` is ready, because `hash` came in.
    ///
    /// # Errors
    /// Why `hash` turned out to be invalid; no block is made for its sake then.
    pub(super) fn mine_ready_of(&self, writer: &MutexGuard<'_, ()>, sender: Address, hash: TxHash) -> Result<(), ChainError> {
        let ready = {
            let shared = self.inner.shared.read();
            shared.pool.ready_of(sender, &shared.ledger.head().state)?
        };
        if ready.is_empty() {
            return Ok(());
        }
        let (mut built, time) = match self.build_on_head(&ready) {
            Ok(built) => built,
            Err(error) => {
                // The sender hears of it and sends it again.
                self.inner.shared.write().pool.remove(&hash);
                return Err(error);
            }
        };
        let refused =
            built.invalid.iter().position(|(invalid, _)| *invalid == hash).map(|index| built.invalid.swap_remove(index));
        if let Some((hash, _)) = &refused {
            self.inner.shared.write().pool.remove(hash);
        }
        if !built.block.transactions.is_empty() {
            self.commit(writer, built, time);
        }
        match refused {
            Some((_, error)) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// Builds a block with `txs` and commits it.
    pub(super) fn mine_txs(&self, writer: &MutexGuard<'_, ()>, txs: &[Arc<Tx>]) -> Result<Arc<Block>, ChainError> {
        let (built, time) = self.build_on_head(txs)?;
        Ok(self.commit(writer, built, time))
    }

    /// What the next block would be with `txs`. Nothing is used up, not even its timestamp.
    pub(super) fn build_on_head(&self, txs: &[Arc<Tx>]) -> Result<(Built, PreparedTime), ChainError> {
        let (head, rules, time) = {
            let shared = self.inner.shared.read();
            let head = shared.ledger.head();
            let time = shared.time.prepare(head.block.timestamp());
            (head, shared.rules.clone(), time)
        };
        let parent = (&*head.block, head.state);
        Ok((build::build(&self.inner.executor, &rules, parent, &*self.inner, (time.timestamp, txs))?, time))
    }

    fn commit(&self, _writer: &MutexGuard<'_, ()>, built: Built, time: PreparedTime) -> Arc<Block> {
        let block = Arc::new(built.block);
        {
            let mut shared = self.inner.shared.write();
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
        self.inner.watchers.tell(Activity::Mined(block.clone()));
        // Nobody listening is fine.
        let _ = self.inner.events.send(ChainEvent::Block(block.clone()));
        block
    }
}
