//! A chain that began as another: which blocks are the origin's, and what it says of them.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::U64;
use alloy_rpc_types::{Filter, FilterBlockOption, Log};
use serde_json::{Value, json};

use super::Reader;
use crate::{
    chain::{
        blocks::{Block, MinedLog},
        error::ChainError,
    },
    fork::{Fork, ForkError},
    state::State,
};

impl Reader {
    /// Where the chain came from, if it did not start here.
    pub(crate) fn fork(&self) -> Option<Arc<Fork>> {
        self.store.look().fork.clone()
    }

    /// Number of the block the chain was forked at; `None` if it was not.
    pub fn fork_block(&self) -> Option<u64> {
        self.fork().map(|fork| fork.number())
    }

    /// Writes what was read of the forked chain to the cache folder, if there is one.
    pub(crate) fn save_fork(&self) {
        if let Some(fork) = self.fork() {
            fork.save();
        }
    }

    /// Whether a block is the origin's: up to the fork block, or unknown here. The fork block itself is, for its transactions.
    pub(crate) fn is_of_origin(&self, fork: &Fork, id: BlockId) -> bool {
        match id {
            BlockId::Hash(hash) => {
                self.own_block(id).is_none_or(|block| block.number() == fork.number()) || hash.block_hash == fork.block().hash
            }
            BlockId::Number(BlockNumberOrTag::Number(number)) => number <= fork.number(),
            BlockId::Number(BlockNumberOrTag::Earliest) => true,
            BlockId::Number(BlockNumberOrTag::Pending) => false,
            BlockId::Number(_) => self.block_number() == fork.number(),
        }
    }

    /// A block of the origin, without transactions.
    pub(crate) fn origin_block(&self, id: BlockId) -> Result<Option<Arc<Block>>, ChainError> {
        let Some(fork) = self.fork() else { return Ok(None) };
        let found = match id {
            BlockId::Hash(hash) => fork.block_by_hash(hash.block_hash)?,
            BlockId::Number(BlockNumberOrTag::Number(number)) if number <= fork.number() => Some(fork.block_by_number(number)?),
            BlockId::Number(BlockNumberOrTag::Earliest) => Some(fork.block_by_number(0)?),
            BlockId::Number(_) => None,
        };
        Ok(found.map(|block| Arc::new(Block::from(block))))
    }

    /// The state after block `number`, here or at the origin.
    pub(crate) fn state_after(&self, number: u64) -> Result<State, ChainError> {
        let shared = self.store.look();
        match &shared.fork {
            Some(fork) if number < fork.number() => Ok(State::forked(fork.state_at(number))),
            _ => shared.ledger.state(number),
        }
    }

    /// The part of the logs `filter` asks for that lies up to the fork block.
    pub(crate) fn origin_logs(&self, filter: &Filter, range: Option<(u64, u64)>) -> Result<Vec<MinedLog>, ChainError> {
        let Some(fork) = self.fork() else { return Ok(Vec::new()) };
        let mut filter = filter.clone();
        if let Some((from, to)) = range {
            if from > fork.number() {
                return Ok(Vec::new());
            }
            let (from, to) = (from.into(), to.min(fork.number()).into());
            filter.block_option = FilterBlockOption::Range { from_block: Some(from), to_block: Some(to) };
        }
        let form = |error: serde_json::Error| ForkError::Form { method: "eth_getLogs".to_owned(), reason: error.to_string() };
        let found: Vec<Log> =
            serde_json::from_value(fork.ask("eth_getLogs", json!([filter]))?).map_err(|error| ChainError::from(form(error)))?;
        Ok(found
            .into_iter()
            .filter(|log| log.block_number.is_some_and(|number| number <= fork.number()))
            .map(MinedLog::from)
            .collect())
    }

    /// The origin's answer to a request about a block or a transaction; `null` if that is later than the fork. Blocks the thread.
    pub(crate) fn ask_origin(&self, method: &'static str, params: Value) -> Result<Value, ChainError> {
        let Some(fork) = self.fork() else { return Ok(Value::Null) };
        let answer = fork.ask(method, params)?;
        let place = ["number", "blockNumber"].iter().find_map(|field| answer.get(field));
        let later = place
            .and_then(|number| serde_json::from_value::<U64>(number.clone()).ok())
            .is_some_and(|number| number.to::<u64>() > fork.number());
        // A transaction that waits in the origin's pool is not one of this chain.
        let waits = place.is_some_and(Value::is_null);
        Ok(if later || waits { Value::Null } else { answer })
    }
}
