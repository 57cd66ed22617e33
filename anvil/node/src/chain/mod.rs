//! The chain: one writer, many readers, everything in memory.
//!
//! [`Chain`] is a handle; clones act on the same chain. What readers see is one [`Shared`] value behind a lock that is held only
//! to look or to swap; execution happens on cloned states outside of it. Whoever changes anything first takes the writer's token,
//! so that a block is built on the state it is committed to.

mod anvil_dump;
mod anvil_history;
mod block;
mod build;
mod call;
mod call_tree;
mod cheats;
mod db;
mod dump;
mod erc20;
mod error;
mod estimate;
mod events;
mod filters;
mod forked;
mod genesis;
mod ledger;
mod logs;
mod mine;
mod overrides;
mod parity;
mod pool;
mod proof;
mod query;
mod reorg;
mod send;
mod sequencer;
mod simulate;
mod snapshot;
mod state;
mod submit;
mod time;
mod trace;
mod tracer;
mod trie;
mod tx;
mod workers;

use std::{collections::HashSet, sync::Arc};

use alloy_primitives::{Address, B256};
use parking_lot::{Mutex, MutexGuard, RwLock};
use tokio::sync::{broadcast, watch};

pub use self::{
    anvil_dump::{AnvilDump, AnyDump},
    block::{Block, Failure, Receipt},
    call::CallOptions,
    dump::{DumpError, StateDump},
    error::{ChainError, TxError},
    events::ChainEvent,
    filters::{FILTERS_MAX, FilterChanges},
    genesis::Genesis,
    logs::{LOGS_MAX, MinedLog},
    mine::MINE_MAX,
    parity::TRACE_FILTER_BLOCKS_MAX,
    pool::POOL_MAX,
    proof::AccountProof,
    query::{PoolContent, TxLocation},
    simulate::SIMULATED_BLOCKS_MAX,
    snapshot::SNAPSHOTS_MAX,
    state::{State, StateError},
    tx::{TX_BYTES_MAX, Tx},
};
use self::{
    build::Rules,
    db::BlockHashes,
    filters::Filters,
    ledger::{Head, Ledger},
    pool::Pool,
    snapshot::Snapshots,
    time::ChainTime,
    workers::Workers,
};
pub(crate) use self::{
    logs::matching_logs,
    parity::TraceTypes,
    simulate::{Simulated, SimulatedCall},
    state::{Account, Origin},
};
use crate::{
    NodeError,
    accounts::Wallet,
    activity::{Activity, Watchers},
    config::{Mining, NodeConfig},
    evm::Executor,
    fork::Fork,
};

/// Events a slow subscriber may be behind before it loses some. A block is one event; a client that is a thousand blocks
/// behind is better off asking for logs.
const EVENTS_KEPT: usize = 1_024;

/// A development chain. Cheap to clone; clones act on the same chain.
#[derive(Clone)]
pub struct Chain {
    inner: Arc<Inner>,
}

struct Inner {
    config: NodeConfig,
    wallet: Wallet,
    executor: Executor,
    readers: Workers,
    writer_thread: Workers,
    /// Held by whoever changes the chain, from reading what the change builds on to committing it.
    writer: Mutex<()>,
    shared: RwLock<Shared>,
    filters: Mutex<Filters>,
    events: broadcast::Sender<ChainEvent>,
    watchers: Watchers,
    mining: watch::Sender<Mining>,
}

/// What a reader can see.
struct Shared {
    ledger: Ledger,
    /// Where the chain came from, if it did not start here.
    fork: Option<Arc<Fork>>,
    pool: Pool,
    rules: Rules,
    time: ChainTime,
    impersonation: Impersonation,
    snapshots: Snapshots,
}

/// For whom the node sends transactions without a key.
#[derive(Debug, Clone, Default)]
struct Impersonation {
    accounts: HashSet<Address>,
    everyone: bool,
}

impl Impersonation {
    fn covers(&self, address: Address) -> bool {
        self.everyone || self.accounts.contains(&address)
    }
}

impl Chain {
    /// A new chain with its genesis block.
    ///
    /// # Errors
    /// [`NodeError`] if a setting is out of range, a thread cannot be started, or the executor cannot run here.
    pub(crate) fn new(config: NodeConfig) -> Result<Self, NodeError> {
        let wallet =
            Wallet::from_mnemonic(&config.mnemonic, &config.derivation_path, config.accounts)?.with_keys(&config.extra_keys)?;
        let shared = genesis::shared(&config, &wallet, Genesis::default(), config.fork.clone()).map_err(NodeError::Fork)?;
        let inner = Inner {
            executor: Executor::with_cache(config.program_cache.as_deref()).map_err(NodeError::Executor)?,
            readers: Workers::readers().map_err(NodeError::Thread)?,
            writer_thread: Workers::writer().map_err(NodeError::Thread)?,
            writer: Mutex::new(()),
            shared: RwLock::new(shared),
            filters: Mutex::new(Filters::default()),
            events: broadcast::Sender::new(EVENTS_KEPT),
            watchers: Watchers::default(),
            mining: watch::Sender::new(config.mining),
            config,
            wallet,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Settings the chain was started with.
    pub fn config(&self) -> &NodeConfig {
        &self.inner.config
    }

    /// The node's own accounts.
    pub fn wallet(&self) -> &Wallet {
        &self.inner.wallet
    }

    /// Events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.inner.events.subscribe()
    }

    /// What the node does from now on, its blocks and the methods that are called, in order.
    pub fn activity(&self) -> broadcast::Receiver<Activity> {
        self.inner.watchers.watch()
    }

    pub(crate) fn watchers(&self) -> &Watchers {
        &self.inner.watchers
    }

    fn head(&self) -> Head {
        self.inner.shared.read().ledger.head()
    }

    /// Takes the writer's token. Everything read under it stays true until it is given back.
    fn write(&self) -> MutexGuard<'_, ()> {
        self.inner.writer.lock()
    }

    /// Runs a call on a thread made for it, and waits.
    fn on_reader<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        let chain = self.clone();
        self.inner.readers.call(move || work(&chain)).unwrap_or(Err(ChainError::Panicked))
    }

    /// Runs something that makes blocks on the thread for that, and waits.
    fn on_writer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        let chain = self.clone();
        self.inner.writer_thread.call(move || work(&chain)).unwrap_or(Err(ChainError::Panicked))
    }

    /// As [`on_reader`](Self::on_reader) without blocking the caller's thread; for servers.
    pub(crate) async fn read_async<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        let chain = self.clone();
        self.inner.readers.run(move || work(&chain)).await.unwrap_or(Err(ChainError::Panicked))
    }

    /// As [`on_writer`](Self::on_writer) without blocking the caller's thread; for servers.
    pub(crate) async fn write_async<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        let chain = self.clone();
        self.inner.writer_thread.run(move || work(&chain)).await.unwrap_or(Err(ChainError::Panicked))
    }
}

impl BlockHashes for Inner {
    fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        let fork = {
            let shared = self.shared.read();
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
