//! Reading blocks, transactions and accounts.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::Transaction as _;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, TxHash, U256};

use super::{Reader, view::CallOptions};
use crate::{
    chain::{
        blocks::{Block, Tx},
        error::ChainError,
    },
    config::Mining,
    evm::ArbOsVersion,
    state::State,
};

/// Where a transaction is.
#[derive(Debug, Clone)]
pub enum TxLocation {
    /// In a block, at an index.
    Mined(Arc<Block>, usize),
    /// In the pool.
    Pending(Arc<Tx>),
}

/// What waits in the pool, by sender and nonce.
#[derive(Debug, Clone, Default)]
pub struct PoolContent {
    /// Transactions the next block can take.
    pub pending: BTreeMap<Address, BTreeMap<u64, Arc<Tx>>>,
    /// Transactions that wait for one with a lower nonce.
    pub queued: BTreeMap<Address, BTreeMap<u64, Arc<Tx>>>,
}

impl Reader {
    /// Chain id.
    pub fn chain_id(&self) -> u64 {
        self.store.look().rules.exec.chain_id
    }

    /// Release of ArbOS whose rules apply.
    pub fn arbos(&self) -> ArbOsVersion {
        self.store.look().rules.exec.arbos
    }

    /// Wei for a unit of gas.
    pub fn base_fee(&self) -> u64 {
        self.store.look().rules.base_fee
    }

    /// When blocks are made.
    pub fn mining(&self) -> Mining {
        self.store.mining()
    }

    /// Chain time now, seconds since 1970.
    pub fn now(&self) -> u64 {
        self.store.look().time.now_secs()
    }

    /// Seconds chain time is ahead of the clock.
    pub fn time_offset(&self) -> i64 {
        self.store.look().time.offset_secs()
    }

    /// Whether the node sends transactions of `address` without its key.
    pub fn impersonates(&self, address: Address) -> bool {
        self.store.look().impersonation.covers(address)
    }

    /// Ids of the snapshots that exist.
    pub fn snapshots(&self) -> Vec<u64> {
        self.store.look().snapshots.ids().collect()
    }

    /// Number of the newest block.
    pub fn block_number(&self) -> u64 {
        self.store.look().ledger.head_number()
    }

    /// The newest block.
    pub fn latest(&self) -> Arc<Block> {
        self.store.look().ledger.head_block().clone()
    }

    /// A block. `pending` is the newest one: blocks that do not exist yet are only executed on, see
    /// [`pending_block`](Self::pending_block). Which block is `safe` and which is `finalized` is a
    /// [setting](crate::NodeConfig::slots_in_an_epoch).
    ///
    /// Blocks before a fork come without their transactions.
    ///
    /// # Errors
    /// [`ChainError::BlockNotFound`]; [`ChainError::State`] if a forked chain's origin does not answer.
    pub fn block(&self, id: impl Into<BlockId>) -> Result<Arc<Block>, ChainError> {
        let id = self.pinned(id.into());
        match self.own_block(id) {
            Some(block) => Ok(block),
            None => self.origin_block(id)?.ok_or(ChainError::BlockNotFound),
        }
    }

    /// `safe` and `finalized` as the numbers they stand for: one and two epochs behind the newest block, or the first block. Any
    /// other id stays as it is, and so do both where a block is final at once.
    pub(crate) fn pinned(&self, id: BlockId) -> BlockId {
        let epochs: u64 = match id {
            BlockId::Number(BlockNumberOrTag::Safe) => 1,
            BlockId::Number(BlockNumberOrTag::Finalized) => 2,
            _ => return id,
        };
        let slots = self.config().slots_in_an_epoch;
        if slots == 0 {
            return id;
        }
        let shared = self.store.look();
        let first = if shared.fork.is_some() { 0 } else { shared.ledger.genesis().number() };
        shared.ledger.head_number().saturating_sub(slots.saturating_mul(epochs)).max(first).into()
    }

    /// A block that is kept here.
    pub(crate) fn own_block(&self, id: BlockId) -> Option<Arc<Block>> {
        let shared = self.store.look();
        let ledger = &shared.ledger;
        let number = match id {
            BlockId::Hash(hash) => ledger.number_of(hash.block_hash)?,
            BlockId::Number(BlockNumberOrTag::Number(number)) => number,
            BlockId::Number(BlockNumberOrTag::Earliest) if shared.fork.is_some() => return None,
            BlockId::Number(BlockNumberOrTag::Earliest) => return Some(ledger.genesis().clone()),
            BlockId::Number(_) => return Some(ledger.head_block().clone()),
        };
        ledger.block(number).cloned()
    }

    /// A block whose state is asked for: a number that is too high is the client's mistake.
    pub(crate) fn block_with_state(&self, id: BlockId) -> Result<Arc<Block>, ChainError> {
        self.block(id).map_err(|error| match id {
            BlockId::Number(BlockNumberOrTag::Number(requested)) if requested > self.block_number() => {
                ChainError::BlockOutOfRange { requested, head: self.block_number() }
            }
            _ => error,
        })
    }

    /// The state after a block; after the newest one, with changes made by hand since, if `id` is `None`.
    ///
    /// # Errors
    /// [`ChainError::BlockNotFound`], or [`ChainError::StateGone`] if the block is too old.
    pub fn state(&self, id: Option<BlockId>) -> Result<State, ChainError> {
        match id {
            None | Some(BlockId::Number(BlockNumberOrTag::Latest)) => Ok(self.head().state),
            Some(BlockId::Number(BlockNumberOrTag::Pending)) => {
                Ok(self.view(CallOptions::default(), BlockNumberOrTag::Pending)?.state)
            }
            Some(id) => {
                let number = self.block_with_state(id)?.number();
                self.state_after(number)
            }
        }
    }

    /// Balance at the head, wei.
    ///
    /// # Errors
    /// [`ChainError::State`] if a forked chain's origin does not answer; so for the reads that follow.
    pub fn balance(&self, address: Address) -> Result<U256, ChainError> {
        Ok(self.head().state.balance(address)?)
    }

    /// Next nonce at the head, not counting the pool.
    ///
    /// # Errors
    /// As [`balance`](Self::balance).
    pub fn nonce(&self, address: Address) -> Result<u64, ChainError> {
        Ok(self.head().state.nonce(address)?)
    }

    /// Code at the head.
    ///
    /// # Errors
    /// As [`balance`](Self::balance).
    pub fn code(&self, address: Address) -> Result<Bytes, ChainError> {
        Ok(self.head().state.code(address)?)
    }

    /// A storage slot at the head.
    ///
    /// # Errors
    /// As [`balance`](Self::balance).
    pub fn storage(&self, address: Address, slot: U256) -> Result<B256, ChainError> {
        Ok(self.head().state.storage(address, slot)?.into())
    }

    /// Finds a transaction in the blocks or in the pool.
    pub fn transaction(&self, hash: TxHash) -> Option<TxLocation> {
        let shared = self.store.look();
        match shared.ledger.transaction(hash) {
            Some((block, index)) => Some(TxLocation::Mined(block, index)),
            None => shared.pool.get(&hash).cloned().map(TxLocation::Pending),
        }
    }

    /// The block and the index of a mined transaction.
    pub fn mined(&self, hash: TxHash) -> Option<(Arc<Block>, usize)> {
        self.store.look().ledger.transaction(hash)
    }

    /// The transaction of `sender` with `nonce`, in the blocks or in the pool.
    pub fn transaction_of(&self, sender: Address, nonce: u64) -> Option<TxLocation> {
        let shared = self.store.look();
        let is_it = |tx: &Tx| tx.nonce() == nonce && tx.signer() == sender;
        let blocks = shared.ledger.range(0, u64::MAX);
        let mined = blocks.into_iter().rev().find_map(|block| {
            let index = block.transactions.iter().position(is_it)?;
            Some(TxLocation::Mined(block, index))
        });
        let waiting = || shared.pool.hashes_of(sender).iter().filter_map(|hash| shared.pool.get(hash)).find(|tx| is_it(tx));
        mined.or_else(|| waiting().cloned().map(TxLocation::Pending))
    }

    /// Code with this hash, if an account has it after a block.
    ///
    /// # Errors
    /// As [`state`](Self::state).
    pub fn code_by_hash(&self, hash: B256, block: Option<BlockId>) -> Result<Option<Bytes>, ChainError> {
        let state = self.state(block)?;
        let found = state.accounts().find(|(_, account)| account.code_hash == hash);
        Ok(found.map(|(_, account)| account.code.original_bytes()))
    }

    /// The next nonce of `address`, counting what waits in the pool.
    ///
    /// # Errors
    /// As [`balance`](Self::balance).
    pub(crate) fn pending_nonce(&self, address: Address) -> Result<u64, ChainError> {
        let shared = self.store.look();
        let state = shared.ledger.head().state;
        Ok(shared.pool.next_nonce(address, state.nonce(address)?))
    }

    /// What waits in the pool.
    ///
    /// # Errors
    /// As [`balance`](Self::balance).
    pub fn pool(&self) -> Result<PoolContent, ChainError> {
        let shared = self.store.look();
        let (pending, queued) = shared.pool.content(&shared.ledger.head().state)?;
        Ok(PoolContent { pending, queued })
    }
}
