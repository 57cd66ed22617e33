//! What the chain holds, and the two ways to it: anyone may look, and who has the token may change.

mod activity;
mod events;
mod filters;
mod genesis;
mod ledger;
mod pool;
mod shared;
mod snapshots;
mod time;

use std::sync::Arc;

use alloy_primitives::{B256, TxHash};
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::{broadcast, watch};

use self::filters::Filters;
pub use self::{
    activity::Activity, events::ChainEvent, filters::FILTERS_MAX, genesis::Genesis, pool::POOL_MAX, snapshots::SNAPSHOTS_MAX,
};
pub(crate) use self::{
    activity::Watchers,
    filters::Kind,
    genesis::begin,
    ledger::{Head, Kept, Ledger},
    shared::Shared,
    snapshots::Snapshots,
    time::PreparedTime,
};
use super::{blocks::Block, workers::Threads};
use crate::{
    accounts::Wallet,
    config::{Mining, NodeConfig},
    evm::Executor,
    state::{BlockHashes, StateError},
};

/// Events a slow subscriber may be behind before it loses some. A block is one event; a client that is a thousand blocks
/// behind is better off asking for logs.
const EVENTS_KEPT: usize = 1_024;

/// What all handles of one chain share.
pub(crate) struct Store {
    pub(crate) config: NodeConfig,
    pub(crate) wallet: Wallet,
    pub(crate) executor: Executor,
    pub(crate) threads: Threads,
    /// Locked only to look or to swap; execution happens on clones outside of it.
    shared: RwLock<Shared>,
    writer: Mutex<()>,
    filters: Mutex<Filters>,
    events: broadcast::Sender<ChainEvent>,
    watchers: Watchers,
    mining: watch::Sender<Mining>,
}

/// The right to change the chain, held from reading what the change builds on to committing it: what was read under it stays true.
#[must_use = "the right is given back when this is dropped"]
pub(crate) struct Token<'a> {
    store: &'a Store,
    _held: MutexGuard<'a, ()>,
}

impl Store {
    /// A chain that is `shared` now.
    pub(crate) fn new(config: NodeConfig, wallet: Wallet, (executor, threads): (Executor, Threads), shared: Shared) -> Self {
        Self {
            shared: RwLock::new(shared),
            writer: Mutex::new(()),
            filters: Mutex::new(Filters::default()),
            events: broadcast::Sender::new(EVENTS_KEPT),
            watchers: Watchers::default(),
            mining: watch::Sender::new(config.mining),
            config,
            wallet,
            executor,
            threads,
        }
    }

    /// What the chain is now. Whoever changes it waits as long as this is held.
    pub(crate) fn look(&self) -> RwLockReadGuard<'_, Shared> {
        self.shared.read()
    }

    /// Waits for the right to change the chain.
    pub(crate) fn token(&self) -> Token<'_> {
        Token { store: self, _held: self.writer.lock() }
    }

    /// What clients poll. Locked before [`look`](Self::look), never after it.
    pub(crate) fn filters(&self) -> MutexGuard<'_, Filters> {
        self.filters.lock()
    }

    /// Events from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }

    /// Who watches what the node does.
    pub(crate) fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// When blocks are made.
    pub(crate) fn mining(&self) -> Mining {
        *self.mining.borrow()
    }

    /// Tells of changes of when blocks are made.
    pub(crate) fn mining_changes(&self) -> watch::Receiver<Mining> {
        self.mining.subscribe()
    }
}

impl Token<'_> {
    /// What the chain is, to be changed. Whoever looks waits as long as this is held.
    pub(crate) fn change(&self) -> RwLockWriteGuard<'_, Shared> {
        self.store.shared.write()
    }

    /// Changes when blocks are made.
    pub(crate) fn set_mining(&self, mining: Mining) {
        self.store.mining.send_replace(mining);
    }

    /// Tells of a new block.
    pub(crate) fn announce(&self, block: Arc<Block>) {
        self.store.watchers.tell(Activity::Mined(block.clone()));
        self.tell(ChainEvent::Block(block));
    }

    /// Tells of a transaction that entered the pool.
    pub(crate) fn announce_pending(&self, hash: TxHash) {
        self.store.filters().note_pending(hash);
        self.tell(ChainEvent::Pending(hash));
    }

    /// Tells of blocks that are no longer part of the chain, newest first.
    pub(crate) fn announce_removed(&self, removed: Vec<Arc<Block>>) {
        if let Some(lowest) = removed.last() {
            self.store.filters().rewind(lowest.number());
        }
        removed.into_iter().for_each(|block| self.tell(ChainEvent::Removed(block)));
    }

    fn tell(&self, event: ChainEvent) {
        // Nobody listening is fine.
        let _ = self.store.events.send(event);
    }
}

impl BlockHashes for Store {
    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        let fork = {
            let shared = self.look();
            if let Some(block) = shared.ledger.block(number) {
                return Ok(block.hash);
            }
            shared.fork.clone()
        };
        match fork {
            Some(fork) if number < fork.number() => Ok(fork.block_by_number(number)?.hash),
            _ => Ok(B256::ZERO),
        }
    }
}
