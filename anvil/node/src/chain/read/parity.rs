//! Executing again, watched, in the flat form of `trace_*` (OpenEthereum's, as Anvil and Erigon answer it).

use std::collections::HashSet as StdHashSet;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{TxHash, map::HashSet};
use alloy_rpc_types::{
    TransactionInfo, TransactionRequest,
    trace::{
        filter::TraceFilter,
        parity::{LocalizedTransactionTrace, TraceResults, TraceResultsWithTransactionHash, TraceType},
    },
};
use revm::context::{TxEnv, result::ResultAndState};
use revm_inspectors::tracing::{TracingInspector, TracingInspectorConfig, parity::ParityTraceBuilder};

use super::{
    Reader,
    view::{CallOptions, call_env},
};
use crate::{
    chain::{
        blocks::{Block, tx_env},
        error::ChainError,
    },
    evm::{BlockContext, ExecConfig},
    state::{State, StateDb},
};

/// Blocks one `trace_filter` may look through, as in Anvil: each of their transactions is executed again.
pub const TRACE_FILTER_BLOCKS_MAX: u64 = 300;

/// What to show of a transaction that is replayed.
pub(crate) type TraceTypes = StdHashSet<TraceType>;

impl Reader {
    /// The frames of a mined transaction; none if there is no such transaction.
    pub(crate) fn flat_tx_here(&self, hash: TxHash) -> Result<Vec<LocalizedTransactionTrace>, ChainError> {
        let Some((block, index)) = self.mined(hash) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        self.replay_watched(&block, index..index + 1, TracingInspectorConfig::default_parity(), |at, builder, _, _| {
            found = builder.into_localized_transaction_traces(info(&block, at));
            Ok(())
        })?;
        Ok(found)
    }

    /// The frames of a block's transactions; none if there is no such block.
    pub(crate) fn flat_block_here(&self, id: BlockId) -> Result<Vec<LocalizedTransactionTrace>, ChainError> {
        match self.block(id) {
            Ok(block) => self.flat_block(&block),
            Err(ChainError::BlockNotFound) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn flat_block(&self, block: &Block) -> Result<Vec<LocalizedTransactionTrace>, ChainError> {
        let mut found = Vec::new();
        let all = 0..block.transactions.len();
        self.replay_watched(block, all, TracingInspectorConfig::default_parity(), |at, builder, _, _| {
            found.extend(builder.into_localized_transaction_traces_iter(info(block, at)));
            Ok(())
        })?;
        Ok(found)
    }

    /// The frames in a range of blocks that are from and to certain addresses.
    ///
    /// # Errors
    /// [`ChainError::Range`]; [`ChainError::LimitExceeded`] for more than [`TRACE_FILTER_BLOCKS_MAX`] blocks.
    pub(crate) fn flat_filter_here(&self, filter: &TraceFilter) -> Result<Vec<LocalizedTransactionTrace>, ChainError> {
        let head = self.block_number();
        let (from, to) = (filter.from_block.unwrap_or(head), filter.to_block.unwrap_or(head));
        if from > to {
            return Err(ChainError::Range { from, to, head });
        }
        if to - from >= TRACE_FILTER_BLOCKS_MAX {
            return Err(ChainError::LimitExceeded {
                what: "blocks to search for traces",
                count: (to - from).saturating_add(1),
                max: TRACE_FILTER_BLOCKS_MAX,
            });
        }
        let wanted = filter.count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
        let mut skip = usize::try_from(filter.after.unwrap_or(0)).unwrap_or(usize::MAX);
        let blocks = self.store.look().ledger.range(from, to);
        let (matcher, mut found) = (filter.matcher(), Vec::new());
        for block in blocks {
            let mut matching: Vec<_> =
                self.flat_block(&block)?.into_iter().filter(|frame| matcher.matches(&frame.trace)).collect();
            let skipped = skip.min(matching.len());
            skip -= skipped;
            found.extend(matching.drain(skipped..).take(wanted - found.len()));
            if found.len() == wanted {
                break;
            }
        }
        Ok(found)
    }

    /// What a mined transaction did, in the ways of `types`.
    pub(crate) fn replay_tx_here(&self, hash: TxHash, types: &TraceTypes) -> Result<TraceResults, ChainError> {
        let (block, index) = self.mined(hash).ok_or(ChainError::TxNotFound(hash))?;
        let mut found = self.replay_block_part(&block, index..index + 1, types)?;
        found.pop().map(|result| result.full_trace).ok_or(ChainError::TxNotFound(hash))
    }

    /// What a block's transactions did, in the ways of `types`.
    pub(crate) fn replay_block_here(
        &self,
        id: BlockId,
        types: &TraceTypes,
    ) -> Result<Vec<TraceResultsWithTransactionHash>, ChainError> {
        let block = self.block(id)?;
        self.replay_block_part(&block, 0..block.transactions.len(), types)
    }

    fn replay_block_part(
        &self,
        block: &Block,
        part: std::ops::Range<usize>,
        types: &TraceTypes,
    ) -> Result<Vec<TraceResultsWithTransactionHash>, ChainError> {
        let types: HashSet<TraceType> = types.iter().copied().collect();
        let mut found = Vec::new();
        self.replay_watched(block, part, TracingInspectorConfig::from_parity_config(&types), |at, builder, outcome, db| {
            let full_trace = builder.into_trace_results_with_state(outcome, &types, db)?;
            let transaction_hash = block.transactions.get(at).map(|tx| *tx.tx_hash()).unwrap_or_default();
            found.push(TraceResultsWithTransactionHash { full_trace, transaction_hash });
            Ok(())
        })?;
        Ok(found)
    }

    /// What a call would do, in the ways of `types`.
    pub(crate) fn replay_call_here(
        &self,
        request: &TransactionRequest,
        types: &TraceTypes,
        block: Option<BlockId>,
    ) -> Result<TraceResults, ChainError> {
        let view = self.view(CallOptions { block, ..CallOptions::default() }, BlockNumberOrTag::Latest)?;
        let tx = call_env(request, &view, self.config().call_gas_cap)?;
        self.replay_alone(&view.state, &view.context, &view.rules.exec.for_simulation(), tx, types)
    }

    /// What a signed transaction would do on the newest state, in the ways of `types`.
    pub(crate) fn replay_raw_here(&self, raw: &[u8], types: &TraceTypes) -> Result<TraceResults, ChainError> {
        let tx = self.decode_raw(raw)?;
        let view = self.view(CallOptions::default(), BlockNumberOrTag::Latest)?;
        self.replay_alone(&view.state, &view.context, &view.rules.exec_of_mined(), tx_env(&tx), types)
    }

    fn replay_alone(
        &self,
        state: &State,
        context: &BlockContext,
        config: &ExecConfig,
        tx: TxEnv,
        types: &TraceTypes,
    ) -> Result<TraceResults, ChainError> {
        let types: HashSet<TraceType> = types.iter().copied().collect();
        let db = StateDb { state, hashes: &*self.store };
        let (builder, outcome) = self.watch(db, context, config, tx, TracingInspectorConfig::from_parity_config(&types))?;
        Ok(builder.into_trace_results_with_state(&outcome, &types, db)?)
    }

    /// Executes a block's transactions up to the end of `part` again, and shows those of `part` with the state before them.
    fn replay_watched(
        &self,
        block: &Block,
        part: std::ops::Range<usize>,
        watching: TracingInspectorConfig,
        mut show: impl FnMut(usize, ParityTraceBuilder, &ResultAndState, StateDb<'_>) -> Result<(), ChainError>,
    ) -> Result<(), ChainError> {
        if part.is_empty() {
            return Ok(());
        }
        let (rules, mut state) = self.before(block)?;
        let (context, config) = (rules.context_of(block), rules.exec_of_mined());
        for (index, tx) in block.transactions.iter().enumerate().take(part.end) {
            if !part.contains(&index) {
                self.replay(&rules, &context, &mut state, tx)?;
                continue;
            }
            let db = StateDb { state: &state, hashes: &*self.store };
            let (builder, outcome) = self.watch(db, &context, &config, tx_env(tx), watching)?;
            show(index, builder, &outcome, db)?;
            state.commit(outcome.state);
        }
        Ok(())
    }

    fn watch(
        &self,
        db: StateDb<'_>,
        context: &BlockContext,
        config: &ExecConfig,
        tx: TxEnv,
        watching: TracingInspectorConfig,
    ) -> Result<(ParityTraceBuilder, ResultAndState), ChainError> {
        let (gas_limit, caller) = (tx.gas_limit, tx.caller);
        let mut inspector = TracingInspector::new(watching);
        let outcome = self.store.executor.transact_inspected(db, context, config, tx, &mut inspector)?.into();
        inspector.set_transaction_gas_limit(gas_limit);
        inspector.set_transaction_caller(caller);
        Ok((inspector.into_parity_builder(), outcome))
    }
}

fn info(block: &Block, index: usize) -> TransactionInfo {
    TransactionInfo {
        hash: block.transactions.get(index).map(|tx| *tx.tx_hash()),
        index: Some(index as u64),
        block_hash: Some(block.hash),
        block_number: Some(block.number()),
        ..TransactionInfo::default()
    }
}
