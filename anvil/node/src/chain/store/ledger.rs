//! What happened so far: blocks, where transactions are, and the states of recent blocks.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use alloy_primitives::{B256, TxHash};

use crate::{
    chain::{blocks::Block, error::ChainError},
    config::NodeConfig,
    state::State,
};

/// Blocks and recent states, newest last. There is always a head with a state.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Consecutive blocks that are kept.
    blocks: VecDeque<Arc<Block>>,
    by_hash: HashMap<B256, u64>,
    transactions: HashMap<TxHash, (u64, usize)>,
    /// States after the newest blocks; the last belongs to the head.
    states: VecDeque<State>,
    states_kept: usize,
    blocks_kept: usize,
    genesis: Arc<Block>,
}

/// How much of the past a ledger keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    states: usize,
    /// All of them if `None`.
    blocks: Option<usize>,
}

impl Kept {
    /// As the node was told.
    pub(crate) fn of(config: &NodeConfig) -> Self {
        Self { states: config.states_kept, blocks: config.blocks_kept }
    }
}

/// The head as one consistent pair.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) block: Arc<Block>,
    pub(crate) state: State,
}

impl Ledger {
    /// A chain that consists of `genesis`. At least one state and one block are kept.
    pub(crate) fn new(genesis: Block, state: State, kept: Kept) -> Self {
        let genesis = Arc::new(genesis);
        let mut ledger = Self {
            blocks: VecDeque::new(),
            by_hash: HashMap::new(),
            transactions: HashMap::new(),
            states: VecDeque::new(),
            states_kept: kept.states.max(1),
            blocks_kept: kept.blocks.unwrap_or(usize::MAX).max(1),
            genesis: genesis.clone(),
        };
        ledger.push(genesis, state);
        ledger
    }

    /// A chain of consecutive `blocks`, with the states after the newest of them, the last being the head's. The first block stands
    /// for the genesis. `None` without a block or a state.
    pub(crate) fn restore(blocks: Vec<Arc<Block>>, states: Vec<State>, kept: Kept) -> Option<Self> {
        let head = states.last()?.clone();
        let mut blocks = blocks.into_iter();
        let first = blocks.next()?;
        let mut ledger = Self::new(Block::clone(&first), head.clone(), kept);
        for block in blocks {
            ledger.push(block, head.clone());
        }
        // What was pushed is the head's; older blocks have another state or none.
        let known = states.len().min(ledger.states.len());
        ledger.states = states.into_iter().rev().take(known).rev().collect();
        Some(ledger)
    }

    pub(crate) fn genesis(&self) -> &Arc<Block> {
        &self.genesis
    }

    pub(crate) fn head(&self) -> Head {
        Head { block: self.head_block().clone(), state: self.head_state().clone() }
    }

    pub(crate) fn head_block(&self) -> &Arc<Block> {
        self.blocks.back().unwrap_or(&self.genesis)
    }

    pub(crate) fn head_number(&self) -> u64 {
        self.head_block().number()
    }

    fn head_state(&self) -> &State {
        // `new` pushes one and nothing removes the last.
        self.states.back().unwrap_or_else(|| unreachable!("a ledger has a head state"))
    }

    /// The head's state, to be changed by hand. The header's root stays that of the block as mined.
    pub(crate) fn head_state_mut(&mut self) -> &mut State {
        self.states.back_mut().unwrap_or_else(|| unreachable!("a ledger has a head state"))
    }

    /// Number of the oldest block that is kept.
    pub(crate) fn oldest(&self) -> u64 {
        self.blocks.front().map_or(0, |block| block.number())
    }

    pub(crate) fn block(&self, number: u64) -> Option<&Arc<Block>> {
        let index = number.checked_sub(self.oldest())?;
        self.blocks.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn number_of(&self, hash: B256) -> Option<u64> {
        self.by_hash.get(&hash).copied()
    }

    /// Where a mined transaction is.
    pub(crate) fn transaction(&self, hash: TxHash) -> Option<(Arc<Block>, usize)> {
        let (number, index) = *self.transactions.get(&hash)?;
        Some((self.block(number)?.clone(), index))
    }

    pub(crate) fn oldest_state(&self) -> u64 {
        self.head_number().saturating_add(1).saturating_sub(self.states.len() as u64)
    }

    /// The state after block `number`.
    pub(crate) fn state(&self, number: u64) -> Result<State, ChainError> {
        if number > self.head_number() {
            return Err(ChainError::BlockNotFound);
        }
        let oldest = self.oldest_state();
        let index = number.checked_sub(oldest).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.states.get(index)).cloned().ok_or(ChainError::StateGone { number, oldest })
    }

    /// Appends a block and the state it left.
    pub(crate) fn push(&mut self, block: Arc<Block>, state: State) {
        let number = block.number();
        self.by_hash.insert(block.hash, number);
        for (index, hash) in block.tx_hashes().enumerate() {
            self.transactions.insert(hash, (number, index));
        }
        self.blocks.push_back(block);
        self.states.push_back(state);
        while self.states.len() > self.states_kept {
            self.states.pop_front();
        }
        while self.blocks.len() > self.blocks_kept {
            if let Some(old) = self.blocks.pop_front() {
                self.forget(&old);
            }
        }
    }

    /// Goes back to block `number` with `state`; the removed blocks, newest first.
    pub(crate) fn rewind(&mut self, head: &Arc<Block>, state: State) -> Vec<Arc<Block>> {
        let mut removed = Vec::new();
        while self.head_number() > head.number()
            && let Some(block) = self.blocks.pop_back()
        {
            self.forget(&block);
            self.states.pop_back();
            removed.push(block);
        }
        if self.blocks.is_empty() {
            self.states.clear();
            self.push(head.clone(), state);
        } else if self.states.is_empty() {
            self.states.push_back(state);
        } else {
            *self.head_state_mut() = state;
        }
        removed
    }

    fn forget(&mut self, block: &Block) {
        self.by_hash.remove(&block.hash);
        for hash in block.tx_hashes() {
            self.transactions.remove(&hash);
        }
    }

    /// Kept blocks from `from` to `to`, both included.
    pub(crate) fn range(&self, from: u64, to: u64) -> Vec<Arc<Block>> {
        let oldest = self.oldest();
        let skip = usize::try_from(from.saturating_sub(oldest)).unwrap_or(usize::MAX);
        self.blocks.iter().skip(skip).take_while(|block| block.number() <= to).cloned().collect()
    }
}
