//! Executing again, watched (`debug_trace*`).

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{TxHash, U256};
use alloy_rpc_types::{
    TransactionRequest,
    trace::{
        common::TraceResult,
        geth::{GethDebugTracingCallOptions, GethDebugTracingOptions, GethTrace},
    },
};
use cor_errors::Report;
use revm::{
    context::{BlockEnv, TxEnv, result::ResultAndState},
    state::EvmState,
};
use revm_inspectors::tracing::{DebugInspectorError, TransactionContext};

use super::{
    Reader,
    tracer::Tracer,
    view::{CallOptions, call_env},
};
use crate::{
    chain::{
        blocks::{Block, tx_env},
        error::ChainError,
    },
    evm::{BlockContext, ExecConfig, StylusTracer},
    state::{State, StateDb},
};

/// A transaction in the place it was, or would be, executed in.
struct Scene<'a> {
    state: &'a State,
    context: &'a BlockContext,
    config: ExecConfig,
    place: Option<TransactionContext>,
}

impl Reader {
    /// Traces a mined transaction: the block's earlier ones are executed again first.
    pub(crate) fn trace_tx_here(&self, hash: TxHash, options: GethDebugTracingOptions) -> Result<GethTrace, ChainError> {
        let (block, index) = self.mined(hash).ok_or(ChainError::TxNotFound(hash))?;
        let (rules, mut state) = self.before(&block)?;
        let context = rules.context_of(&block);
        for tx in block.transactions.iter().take(index) {
            self.replay(&rules, &context, &mut state, tx)?;
        }
        let (tx, _) = block.transaction(index).ok_or(ChainError::TxNotFound(hash))?;
        let scene = Scene { state: &state, context: &context, config: rules.exec_of_mined(), place: Some(place(&block, index)) };
        Ok(self.trace(scene, tx_env(tx), options)?.0)
    }

    /// Traces every transaction of a block.
    pub(crate) fn trace_block_here(
        &self,
        id: BlockId,
        options: GethDebugTracingOptions,
    ) -> Result<Vec<TraceResult<GethTrace, String>>, ChainError> {
        let block = self.block(id)?;
        let (rules, mut state) = self.before(&block)?;
        let context = rules.context_of(&block);
        let mut traces = Vec::with_capacity(block.transactions.len());
        for (index, tx) in block.transactions.iter().enumerate() {
            let scene =
                Scene { state: &state, context: &context, config: rules.exec_of_mined(), place: Some(place(&block, index)) };
            let (result, changes) = self.trace(scene, tx_env(tx), options.clone())?;
            traces.push(TraceResult::Success { result, tx_hash: Some(*tx.tx_hash()) });
            state.commit(changes);
        }
        Ok(traces)
    }

    /// Traces a call.
    pub(crate) fn trace_call_here(
        &self,
        request: &TransactionRequest,
        block: Option<BlockId>,
        options: GethDebugTracingCallOptions,
    ) -> Result<GethTrace, ChainError> {
        let overrides = CallOptions { block, state: options.state_overrides, block_overrides: options.block_overrides };
        let view = self.view(overrides, BlockNumberOrTag::Latest)?;
        let tx = call_env(request, &view, self.config().call_gas_cap)?;
        let scene = Scene { state: &view.state, context: &view.context, config: view.rules.exec.for_simulation(), place: None };
        Ok(self.trace(scene, tx, options.tracing_options)?.0)
    }

    /// The trace, and what the transaction changed.
    fn trace(&self, scene: Scene<'_>, tx: TxEnv, options: GethDebugTracingOptions) -> Result<(GethTrace, EvmState), ChainError> {
        let mut db = StateDb { state: scene.state, hashes: &*self.store };
        let executor = &self.store.executor;
        match Tracer::new(options)? {
            Tracer::Geth(mut inspector) => {
                let execution = executor.transact_inspected(db, scene.context, &scene.config, tx.clone(), &mut *inspector)?;
                let (failure, outcome) = (execution.failure.clone(), ResultAndState::from(execution));
                let (number, basefee) = (U256::from(scene.context.number), scene.context.base_fee);
                let block = BlockEnv { number, basefee, ..BlockEnv::default() };
                let mut trace =
                    inspector.get_result(scene.place, &tx, &block, &outcome, &mut db).map_err(|error| match error {
                        DebugInspectorError::Database(error) => ChainError::State(error),
                        error => tracer_error(&error),
                    })?;
                // Where geth puts a reason that a contract gives.
                if let (GethTrace::CallTracer(frame), Some(failure)) = (&mut trace, failure) {
                    frame.revert_reason.get_or_insert_with(|| format!("{:#}", Report::new(&failure)));
                }
                Ok((trace, outcome.state))
            }
            Tracer::Stylus => {
                let mut inspector = StylusTracer::default();
                let outcome = executor.transact_inspected(db, scene.context, &scene.config, tx, &mut inspector)?;
                let trace = inspector.into_trace()?;
                let trace = serde_json::to_value(trace).map_err(ChainError::Unserialisable)?;
                Ok((GethTrace::JS(trace), outcome.state))
            }
        }
    }
}

fn tracer_error(error: &impl ToString) -> ChainError {
    ChainError::Tracer(error.to_string())
}

fn place(block: &Block, index: usize) -> TransactionContext {
    TransactionContext {
        block_hash: Some(block.hash),
        tx_hash: block.transactions.get(index).map(|tx| *tx.tx_hash()),
        tx_index: Some(index),
    }
}
