//! Looking at the chain: [`Reader`], which holds no right to change anything.
//!
//! One file for each subject. The names that end in `_here` execute on the present thread and want the deep stack of a thread for
//! calls; the chain's handle has the same without that ending, which goes to such a thread.

mod call;
mod call_tree;
mod estimate;
mod filters;
mod logs;
mod origin;
mod overrides;
mod parity;
mod pending;
mod prepare;
mod proof;
mod query;
mod replay;
mod simulate;
mod slot;
mod trace;
mod tracer;
mod view;

use std::sync::Arc;

use tokio::sync::{broadcast, watch};

pub use self::{
    filters::FilterChanges,
    parity::TRACE_FILTER_BLOCKS_MAX,
    proof::AccountProof,
    query::{PoolContent, TxLocation},
    simulate::SIMULATED_BLOCKS_MAX,
    view::CallOptions,
};
pub(crate) use self::{
    parity::TraceTypes,
    prepare::Made,
    simulate::{Simulated, SimulatedCall},
};
use super::{
    dump::{AnvilDump, StateDump},
    error::DumpError,
    store::{Activity, ChainEvent, Head, Store, Watchers},
};
use crate::{
    accounts::Wallet,
    config::{Mining, NodeConfig},
};

/// Looks at a chain. Cheap to clone; whoever looks sees what is committed, and what executes does so on a clone of the state.
#[derive(Clone)]
pub struct Reader {
    store: Arc<Store>,
}

impl Reader {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// What is looked at.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Settings the chain was started with.
    pub fn config(&self) -> &NodeConfig {
        &self.store.config
    }

    /// The node's own accounts.
    pub fn wallet(&self) -> &Wallet {
        &self.store.wallet
    }

    /// Events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.store.subscribe()
    }

    /// What the node does from now on, its blocks and the methods that are called, in order.
    pub fn activity(&self) -> broadcast::Receiver<Activity> {
        self.store.watchers().watch()
    }

    pub(crate) fn watchers(&self) -> &Watchers {
        self.store.watchers()
    }

    /// Tells of changes of when blocks are made.
    pub(crate) fn mining_changes(&self) -> watch::Receiver<Mining> {
        self.store.mining_changes()
    }

    /// The newest block and the state after it.
    pub(crate) fn head(&self) -> Head {
        self.store.look().ledger.head()
    }

    /// Everything that makes up the chain, except the pool, snapshots and states of older blocks; of a forked chain, what differs
    /// from the one it began as.
    pub fn dump(&self) -> StateDump {
        StateDump::of(&self.store.look())
    }

    /// The chain in Anvil's form. Of a forked chain, accounts are there that changed or were read.
    ///
    /// # Errors
    /// [`DumpError::Content`]: only on a machine that is out of memory.
    pub fn dump_for_anvil(&self) -> Result<AnvilDump, DumpError> {
        AnvilDump::of(&self.store.look())
    }
}
