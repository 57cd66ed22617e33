//! A chain that began as another: which blocks are the origin's, and what it says of them.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U64};
use alloy_rpc_types::{Filter, FilterBlockOption, Log};
use serde_json::{Value, json};

use super::{Block, Chain, ChainError, MinedLog, State};
use crate::fork::{Fork, ForkConfig, ForkError, OriginBlock};

impl Chain {
    /// Where the chain came from, if it did not start here.
    pub(crate) fn fork(&self) -> Option<Arc<Fork>> {
        self.inner.shared.read().fork.clone()
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

    /// Starts again as a fork: of `url`, or of the present origin if there is none given; at block `number`, or at the newest.
    ///
    /// # Errors
    /// [`ChainError::Invalid`] without a URL on a chain that was not forked; [`ChainError::State`] if the chain cannot be forked. The
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
                return Err(ChainError::Invalid(reason.to_owned()));
            }
        };
        self.save_fork();
        self.on_writer(move |chain| chain.restart(super::Genesis::default(), Some(config)))
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
    pub(super) fn origin_block(&self, id: BlockId) -> Result<Option<Arc<Block>>, ChainError> {
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
    pub(super) fn state_after(&self, number: u64) -> Result<State, ChainError> {
        let shared = self.inner.shared.read();
        match &shared.fork {
            Some(fork) if number < fork.number() => Ok(State::forked(fork.state_at(number))),
            _ => shared.ledger.state(number),
        }
    }

    /// The part of the logs `filter` asks for that lies up to the fork block.
    pub(super) fn origin_logs(&self, filter: &Filter, range: Option<(u64, u64)>) -> Result<Vec<MinedLog>, ChainError> {
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
        Ok(found.into_iter().filter(|log| log.block_number.is_some_and(|number| number <= fork.number())).map(mined).collect())
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

impl From<ForkError> for ChainError {
    fn from(error: ForkError) -> Self {
        Self::State(error.into())
    }
}

impl From<OriginBlock> for Block {
    fn from(block: OriginBlock) -> Self {
        let OriginBlock { header, hash, l1_number } = block;
        Self { header, hash, l1_number, transactions: Vec::new(), receipts: Vec::new() }
    }
}

/// A log as the origin answers it.
fn mined(log: Log) -> MinedLog {
    MinedLog {
        block_hash: log.block_hash.unwrap_or(B256::ZERO),
        block_number: log.block_number.unwrap_or_default(),
        block_timestamp: log.block_timestamp,
        tx_hash: log.transaction_hash.unwrap_or_default(),
        tx_index: log.transaction_index.unwrap_or_default(),
        log_index: log.log_index.unwrap_or_default(),
        removed: false,
        log: log.inner,
    }
}
