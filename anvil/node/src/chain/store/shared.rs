//! All that a chain is at one moment.

use std::{collections::HashSet, sync::Arc};

use alloy_primitives::Address;

use super::{
    ledger::Ledger,
    pool::Pool,
    snapshots::{Snapshot, Snapshots},
    time::ChainTime,
};
use crate::{
    chain::{
        blocks::{Block, Rules},
        error::ChainError,
    },
    fork::Fork,
};

/// What a reader can see.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) ledger: Ledger,
    /// Where the chain came from, if it did not start here.
    pub(crate) fork: Option<Arc<Fork>>,
    pub(crate) pool: Pool,
    pub(crate) rules: Rules,
    pub(crate) time: ChainTime,
    pub(crate) impersonation: Impersonation,
    pub(crate) snapshots: Snapshots,
}

impl Shared {
    /// Keeps what is here now under a new id; ids only grow.
    ///
    /// # Errors
    /// [`ChainError::TooManySnapshots`].
    pub(crate) fn snapshot(&mut self) -> Result<u64, ChainError> {
        let head = self.ledger.head();
        let (pool, rules, time) = (self.pool.clone(), self.rules.clone(), self.time.clone());
        self.snapshots.keep(Snapshot { head: head.block, state: head.state, pool, rules, time })
    }

    /// Goes back to a snapshot, which is used up with the later ones; the removed blocks, newest first. `None` if there is none.
    pub(crate) fn revert(&mut self, id: u64) -> Option<Vec<Arc<Block>>> {
        let snapshot = self.snapshots.use_up(id)?;
        self.pool = snapshot.pool;
        self.rules = snapshot.rules;
        self.time = snapshot.time;
        Some(self.ledger.rewind(&snapshot.head, snapshot.state))
    }
}

/// For whom the node sends transactions without a key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Impersonation {
    pub(crate) accounts: HashSet<Address>,
    pub(crate) everyone: bool,
}

impl Impersonation {
    /// For no account in particular; `everyone` for all of them.
    pub(crate) fn new(everyone: bool) -> Self {
        Self { accounts: HashSet::new(), everyone }
    }

    pub(crate) fn covers(&self, address: Address) -> bool {
        self.everyone || self.accounts.contains(&address)
    }
}
