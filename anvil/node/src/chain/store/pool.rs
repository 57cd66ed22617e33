//! Transactions that wait for a block.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
    sync::Arc,
};

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, TxHash};

use crate::{
    chain::{blocks::Tx, error::TxError},
    config::Order,
    state::{State, StateError},
};

/// Transactions the pool holds: geth's default of executable and queued slots. More would let one client fill the memory.
pub const POOL_MAX: usize = 6_144;

/// Percent a replacement must pay more, as in geth: less would let two wallets outbid each other by one wei for ever.
const REPLACEMENT_BUMP_PERCENT: u128 = 10;

/// A transaction in the pool.
#[derive(Debug, Clone)]
pub(crate) struct PooledTx {
    pub(crate) tx: Arc<Tx>,
    /// Order of arrival.
    arrival: u64,
}

/// Waiting transactions, by sender and nonce.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    senders: HashMap<Address, BTreeMap<u64, PooledTx>>,
    by_hash: HashMap<TxHash, (Address, u64)>,
    arrivals: u64,
}

impl Pool {
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Takes a transaction in, replacing one of the same sender and nonce if it pays enough more.
    pub(crate) fn insert(&mut self, tx: Arc<Tx>) -> Result<(), TxError> {
        let hash = *tx.tx_hash();
        if self.by_hash.contains_key(&hash) {
            return Err(TxError::AlreadyKnown);
        }
        let key = (tx.signer(), tx.nonce());
        let nonces = self.senders.entry(key.0).or_default();
        match nonces.get(&key.1) {
            Some(old) if !outbids(&tx, &old.tx) => return Err(TxError::ReplacementUnderpriced),
            Some(old) => {
                self.by_hash.remove(old.tx.tx_hash());
            }
            None if self.by_hash.len() >= POOL_MAX => {
                if nonces.is_empty() {
                    self.senders.remove(&key.0);
                }
                return Err(TxError::PoolFull(POOL_MAX));
            }
            None => {}
        }
        self.arrivals += 1;
        nonces.insert(key.1, PooledTx { tx, arrival: self.arrivals });
        self.by_hash.insert(hash, key);
        Ok(())
    }

    pub(crate) fn get(&self, hash: &TxHash) -> Option<&Arc<Tx>> {
        let (sender, nonce) = self.by_hash.get(hash)?;
        Some(&self.senders.get(sender)?.get(nonce)?.tx)
    }

    pub(crate) fn remove(&mut self, hash: &TxHash) -> Option<Arc<Tx>> {
        let (sender, nonce) = self.by_hash.remove(hash)?;
        let nonces = self.senders.get_mut(&sender)?;
        let removed = nonces.remove(&nonce);
        if nonces.is_empty() {
            self.senders.remove(&sender);
        }
        removed.map(|pooled| pooled.tx)
    }

    /// Removes everything; the hashes that were there.
    pub(crate) fn clear(&mut self) -> Vec<TxHash> {
        self.senders.clear();
        self.by_hash.drain().map(|(hash, _)| hash).collect()
    }

    /// Removes what can never be mined because the nonce was used.
    pub(crate) fn prune(&mut self, sender: Address, next_nonce: u64) {
        let Some(nonces) = self.senders.get_mut(&sender) else {
            return;
        };
        let keep = nonces.split_off(&next_nonce);
        for stale in std::mem::replace(nonces, keep).into_values() {
            self.by_hash.remove(stale.tx.tx_hash());
        }
        if nonces.is_empty() {
            self.senders.remove(&sender);
        }
    }

    /// The nonce after the waiting transactions that follow `next_nonce` without a gap.
    pub(crate) fn next_nonce(&self, sender: Address, next_nonce: u64) -> u64 {
        let waiting = self.senders.get(&sender).map_or(0, |nonces| {
            nonces.range(next_nonce..).zip(next_nonce..).take_while(|((nonce, _), expected)| **nonce == *expected).count()
        });
        next_nonce.saturating_add(waiting as u64)
    }

    /// Transactions of `sender` that follow `next_nonce` without a gap, lowest nonce first.
    fn run(&self, sender: Address, next_nonce: u64) -> impl Iterator<Item = &PooledTx> {
        let nonces = self.senders.get(&sender).into_iter().flat_map(move |nonces| nonces.range(next_nonce..));
        nonces.zip(next_nonce..).take_while(|((nonce, _), expected)| **nonce == *expected).map(|((_, tx), _)| tx)
    }

    /// Transactions of `sender` that can be mined now.
    pub(crate) fn ready_of(&self, sender: Address, state: &State) -> Result<Vec<Arc<Tx>>, StateError> {
        Ok(self.run(sender, state.nonce(sender)?).map(|pooled| pooled.tx.clone()).collect())
    }

    /// All transactions that can be mined now. Those of one sender keep their nonce order; between senders `order` decides.
    pub(crate) fn ready(&self, state: &State, order: Order) -> Result<Vec<Arc<Tx>>, StateError> {
        let run = |sender: &Address| Ok((*sender, self.run(*sender, state.nonce(*sender)?)));
        let mut runs: HashMap<Address, _> = self.senders.keys().map(run).collect::<Result<_, StateError>>()?;
        let rank = |pooled: &PooledTx| match order {
            Order::Fifo => (0, Reverse(pooled.arrival)),
            Order::Fees => (pooled.tx.max_fee_per_gas(), Reverse(pooled.arrival)),
        };
        // The arrival is unique, so the sender never decides.
        let mut heads = BinaryHeap::new();
        let mut pending: HashMap<u64, Arc<Tx>> = HashMap::new();
        let mut ready = Vec::new();
        for run in runs.values_mut() {
            if let Some(first) = run.next() {
                heads.push(rank(first));
                pending.insert(first.arrival, first.tx.clone());
            }
        }
        while let Some((_, Reverse(arrival))) = heads.pop() {
            let Some(tx) = pending.remove(&arrival) else {
                continue;
            };
            if let Some(next) = runs.get_mut(&tx.signer()).and_then(Iterator::next) {
                heads.push(rank(next));
                pending.insert(next.arrival, next.tx.clone());
            }
            ready.push(tx);
        }
        Ok(ready)
    }

    /// All transactions by sender and nonce: those that can be mined now, and those that wait for others.
    pub(crate) fn content(&self, state: &State) -> Result<(PoolPart, PoolPart), StateError> {
        let (mut pending, mut queued) = (PoolPart::new(), PoolPart::new());
        for (sender, nonces) in &self.senders {
            let next = self.next_nonce(*sender, state.nonce(*sender)?);
            for (nonce, pooled) in nonces {
                let part = if *nonce < next { &mut pending } else { &mut queued };
                part.entry(*sender).or_default().insert(*nonce, pooled.tx.clone());
            }
        }
        Ok((pending, queued))
    }

    /// Hashes of all transactions of `sender`.
    pub(crate) fn hashes_of(&self, sender: Address) -> Vec<TxHash> {
        let nonces = self.senders.get(&sender).into_iter().flat_map(BTreeMap::values);
        nonces.map(|pooled| *pooled.tx.tx_hash()).collect()
    }
}

/// Pool content by sender and nonce.
pub(crate) type PoolPart = BTreeMap<Address, BTreeMap<u64, Arc<Tx>>>;

/// Whether `new` pays enough more than `old`, in both the highest price and the tip.
fn outbids(new: &Tx, old: &Tx) -> bool {
    let enough = |new: u128, old: u128| new >= old.saturating_add(old.saturating_mul(REPLACEMENT_BUMP_PERCENT).div_ceil(100));
    let tip = |tx: &Tx| tx.max_priority_fee_per_gas().unwrap_or_else(|| tx.max_fee_per_gas());
    enough(new.max_fee_per_gas(), old.max_fee_per_gas())
        && enough(tip(new), tip(old))
        && new.max_fee_per_gas() > old.max_fee_per_gas()
}
