//! The chain: one writer, many readers, everything in memory.
//!
//! [`Chain`] is the handle; clones act on the same chain. It is a [`Reader`], which can only look, and hands out a [`Writer`], which
//! can change and is one at a time. What is seen is one value behind a lock that is held only to look or to swap; execution happens
//! on cloned states outside of it. A writer holds its right from reading what a change builds on to committing it, so that a block
//! is built on the state it is committed to.
//!
//! ```text
//!   mod, send, sequencer   the handle: which thread does what, and what waits
//!   write    Writer: pool, blocks, re-organisations, loading, changes by hand
//!   read     Reader: queries, calls, estimates, logs, proofs, traces, simulations
//!   dump     the whole chain as a file, in its own form and in Anvil's
//!   store    what is held: ledger, pool, time, snapshots, filters; the lock and the token
//!   blocks   values and pure functions: block, transaction, receipt, logs; building a block
//!   error    what can go wrong
//!   workers  the threads that execute
//! ```
//!
//! Each line uses those below it and none above; `cargo xtask tidy` holds it to that.

mod blocks;
mod dump;
mod error;
mod read;
mod send;
mod sequencer;
mod store;
mod workers;
mod write;

use std::{ops::Deref, sync::Arc};

use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types::TransactionRequest;

pub(crate) use self::{
    blocks::matching_logs,
    read::{Made, Simulated, SimulatedCall, TraceTypes},
    workers::Threads,
};
pub use self::{
    blocks::{Block, Failure, LOGS_MAX, MinedLog, Receipt, TX_BYTES_MAX, Tx},
    dump::{AnvilDump, AnyDump, StateDump},
    error::{ChainError, DumpError, TxError},
    read::{
        AccountProof, CallOptions, FilterChanges, PoolContent, Reader, SIMULATED_BLOCKS_MAX, TRACE_FILTER_BLOCKS_MAX, TxLocation,
    },
    store::{Activity, ChainEvent, FILTERS_MAX, Genesis, POOL_MAX, SNAPSHOTS_MAX},
    write::{MINE_MAX, Writer},
};
use self::{
    store::{Store, begin},
    workers::Workers,
};
pub use crate::state::{State, StateError};
use crate::{
    accounts::Wallet,
    config::{Mining, NodeConfig},
    evm::Executor,
    fork::ForkConfig,
};

/// A development chain. Cheap to clone; clones act on the same chain.
///
/// What is here executes on a thread made for it and waits; a change that executes nothing is made through
/// [`writer`](Self::writer).
#[derive(Clone)]
pub struct Chain {
    reader: Reader,
}

impl Deref for Chain {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Chain {
    /// A new chain with its genesis block.
    ///
    /// # Errors
    /// [`StateError`] if the chain to fork does not answer.
    pub(crate) fn new(config: NodeConfig, wallet: Wallet, executor: Executor, threads: Threads) -> Result<Self, StateError> {
        let shared = begin(&config, &wallet, Genesis::default(), config.fork.clone())?;
        let store = Store::new(config, wallet, (executor, threads), shared);
        Ok(Self { reader: Reader::new(Arc::new(store)) })
    }

    /// Waits for the right to change the chain, and keeps others from it until the writer is dropped.
    pub fn writer(&self) -> Writer<'_> {
        Writer::new(&self.reader)
    }

    /// Executes a call and returns its output.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] with the revert data; [`ChainError::Halted`]; [`ChainError`] if it cannot be executed.
    pub fn call(&self, request: TransactionRequest, options: CallOptions) -> Result<Bytes, ChainError> {
        self.on_reader(move |chain| chain.call_here(&request, options))
    }

    /// What each transaction of a block called, created and logged: they are executed again. `colored` is for terminals.
    ///
    /// # Errors
    /// [`ChainError::StateGone`] if the state before the block is no longer kept.
    pub fn call_trees(&self, block: &Block, colored: bool) -> Result<Vec<String>, ChainError> {
        let block = block.clone();
        self.on_reader(move |chain| chain.call_trees_here(&block, colored))
    }

    /// The gas limit to send a transaction with.
    ///
    /// # Errors
    /// As [`call`](Self::call), and [`ChainError::GasAllowance`] if no gas limit is enough.
    pub fn estimate_gas(&self, request: TransactionRequest, options: CallOptions) -> Result<u64, ChainError> {
        self.on_reader(move |chain| chain.estimate_gas_here(&request, options))
    }

    /// Mines one block with what the pool holds.
    ///
    /// # Errors
    /// [`ChainError`] if the execution itself failed; the chain is then as it was.
    pub fn mine(&self) -> Result<Arc<Block>, ChainError> {
        self.on_writer(|chain| chain.writer().mine())
    }

    /// Mines `count` blocks, `interval_secs` apart if given.
    ///
    /// # Errors
    /// [`ChainError::LimitExceeded`] if `count` is over [`MINE_MAX`].
    pub fn mine_many(&self, count: u64, interval_secs: Option<u64>) -> Result<(), ChainError> {
        if count > MINE_MAX {
            return Err(ChainError::LimitExceeded { what: "blocks to mine", count, max: MINE_MAX });
        }
        self.on_writer(move |chain| chain.writer().mine_many(count, interval_secs))
    }

    /// Changes when blocks are made. What waits in the pool is mined at once if automine is switched on.
    ///
    /// # Errors
    /// As [`mine`](Self::mine).
    pub fn set_mining(&self, mining: Mining) -> Result<(), ChainError> {
        self.on_writer(move |chain| chain.writer().set_mining(mining))
    }

    /// Replaces the newest `depth` blocks by as many others, with other hashes. `txs` names, for each transaction, the new block it
    /// goes into, counted from 0; the removed blocks' own transactions are dropped, as on a real re-organisation that left them out.
    ///
    /// # Errors
    /// As [`Writer::rollback`]; [`ChainError::Invalid`] for an index outside the new blocks.
    pub fn reorg(&self, depth: u64, txs: Vec<(Tx, u64)>) -> Result<(), ChainError> {
        if let Some((_, index)) = txs.iter().find(|(_, index)| *index >= depth) {
            return Err(ChainError::Invalid(format!("block {index} is outside of the {depth} new blocks")));
        }
        self.on_writer(move |chain| chain.writer().reorg(depth, &txs))
    }

    /// Starts again from the first block of a chain of its own, even if it was forked. Accounts, settings and snapshots are as at
    /// the start.
    ///
    /// # Errors
    /// None but those of a machine that is out of memory.
    pub fn reset(&self, from: Genesis) -> Result<(), ChainError> {
        self.save_fork();
        self.writer().restart(from, None)
    }

    /// Starts again as a fork: of `url`, or of the present origin if there is none given; at block `number`, or at the newest.
    ///
    /// # Errors
    /// [`ChainError::Contradiction`] without a URL on a chain that was not forked; [`ChainError::State`] if the chain cannot be forked. The
    /// chain is then as it was.
    pub fn reset_to_fork(&self, url: Option<String>, number: Option<u64>) -> Result<(), ChainError> {
        let present = self.fork().map(|fork| fork.config().clone()).or_else(|| self.config().fork.clone());
        let config = match (url, present) {
            // Another chain has another id, and its endpoint must not get the headers of this one, which may be secrets.
            (Some(url), Some(present)) if url != present.url => {
                ForkConfig { url, block_number: number, chain_id: None, headers: Vec::new(), ..present }
            }
            (_, Some(present)) => ForkConfig { block_number: number, ..present },
            (Some(url), None) => ForkConfig { block_number: number, ..ForkConfig::new(url) },
            (None, None) => {
                let reason = "this chain is not a fork: name the endpoint to fork from as jsonRpcUrl";
                return Err(ChainError::Contradiction(reason));
            }
        };
        self.save_fork();
        self.on_writer(move |chain| chain.writer().restart(Genesis::default(), Some(config)))
    }

    /// Sets a balance of the token at `token`.
    ///
    /// # Errors
    /// [`ChainError::Invalid`] if no slot is the balance: it is not an ERC-20 token, or it computes its balances.
    pub fn set_erc20_balance(&self, owner: Address, token: Address, amount: U256) -> Result<(), ChainError> {
        let slot = self.on_reader(move |chain| chain.balance_slot(token, owner))?;
        self.writer().set_storage(token, slot, amount.into())
    }

    /// Sets how much of the token at `token` `spender` may take from `owner`.
    ///
    /// # Errors
    /// As [`set_erc20_balance`](Self::set_erc20_balance).
    pub fn set_erc20_allowance(&self, owner: Address, spender: Address, token: Address, amount: U256) -> Result<(), ChainError> {
        let slot = self.on_reader(move |chain| chain.allowance_slot(token, owner, spender))?;
        self.writer().set_storage(token, slot, amount.into())
    }

    /// Runs a call on a thread made for it, and waits.
    fn on_reader<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        self.on(&self.threads().readers, work)
    }

    /// Runs something that makes blocks on the thread for that, and waits.
    fn on_writer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        self.on(&self.threads().writer, work)
    }

    /// As [`on_reader`](Self::on_reader) without blocking the caller's thread; for servers.
    pub(crate) async fn read_async<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        let chain = self.clone();
        self.threads().readers.run(move || work(&chain)).await.unwrap_or(Err(ChainError::Panicked))
    }

    /// As [`on_writer`](Self::on_writer) without blocking the caller's thread; for servers.
    pub(crate) async fn write_async<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        let chain = self.clone();
        self.threads().writer.run(move || work(&chain)).await.unwrap_or(Err(ChainError::Panicked))
    }

    fn on<T: Send + 'static>(
        &self,
        workers: &Workers,
        work: impl FnOnce(&Self) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        let chain = self.clone();
        workers.call(move || work(&chain)).unwrap_or(Err(ChainError::Panicked))
    }

    fn threads(&self) -> &Threads {
        &self.reader.store().threads
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn readers_look_while_a_writer_is_at_work_and_writers_take_turns() {
        let (executor, threads) = (Executor::new().unwrap(), Threads::start().unwrap());
        let chain = Chain::new(NodeConfig::test(), Wallet::default(), executor, threads).unwrap();
        let writer = chain.writer();
        let other = chain.clone();
        let raised = thread::spawn(move || {
            let writer = other.writer();
            writer.set_base_fee(other.base_fee() + 1);
        });
        for fee in [5, 10] {
            writer.set_base_fee(fee);
            assert_eq!(chain.base_fee(), fee);
        }
        drop(writer);
        raised.join().unwrap();
        assert_eq!(chain.base_fee(), 11);
    }
}
