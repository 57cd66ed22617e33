//! A state to execute on and the block to execute in: how a call finds them, and what it is told to the EVM as.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Bytes, TxKind};
use alloy_rpc_types::{BlockOverrides, TransactionRequest, state::StateOverride};
use revm::{context::TxEnv, context_interface::either::Either};

use super::{Reader, overrides};
use crate::{
    chain::{
        blocks::Rules,
        error::{ChainError, TxError},
    },
    evm::{BlockContext, ExecConfig, Execution},
    state::{State, StateDb},
};

/// Where and under which changes a call runs.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// On which block's state; the newest if `None`.
    pub block: Option<BlockId>,
    /// Changes to accounts for this call only.
    pub state: Option<StateOverride>,
    /// Changes to the block for this call only.
    pub block_overrides: Option<BlockOverrides>,
}

impl CallOptions {
    /// On the state of `block`.
    pub fn at(block: impl Into<BlockId>) -> Self {
        Self { block: Some(block.into()), ..Self::default() }
    }
}

/// A state to execute on and the block to execute in.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) state: State,
    pub(super) context: BlockContext,
    pub(super) rules: Rules,
}

impl Reader {
    /// Executes `tx` on a view, without the checks that a call does without. Nothing is kept.
    pub(super) fn simulate(&self, view: &View, tx: TxEnv) -> Result<Execution, ChainError> {
        let config: ExecConfig = view.rules.exec.for_simulation();
        let db = StateDb { state: &view.state, hashes: &*self.store };
        Ok(self.store.executor.transact(db, &view.context, &config, tx)?)
    }

    /// The state and block of `options`, or of `default` if it names none.
    pub(super) fn view(&self, options: CallOptions, default: BlockNumberOrTag) -> Result<View, ChainError> {
        let mut view = self.view_at(options.block.unwrap_or(BlockId::Number(default)))?;
        if let Some(overrides) = options.block_overrides {
            overrides::apply_block(&mut view.context, overrides);
        }
        if let Some(overrides) = options.state {
            overrides::apply_state(&mut view.state, overrides)?;
        }
        Ok(view)
    }

    fn view_at(&self, id: BlockId) -> Result<View, ChainError> {
        if id == BlockId::Number(BlockNumberOrTag::Pending) {
            return self.pending_view();
        }
        let block = self.block_with_state(id)?;
        let state = self.state_after(block.number())?;
        let shared = self.store.look();
        Ok(View { state, context: shared.rules.context_of(&block), rules: shared.rules.clone() })
    }
}

/// The transaction a call pretends to be. Its gas limit is the request's, up to `gas_cap`.
pub(super) fn call_env(request: &TransactionRequest, view: &View, gas_cap: u64) -> Result<TxEnv, ChainError> {
    let input = request.input.unique_input().map_err(|_| {
        ChainError::Contradiction(
            "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data",
        )
    })?;
    let caller = request.from.unwrap_or_default();
    let (max_fee, tip) = (request.max_fee_per_gas, request.max_priority_fee_per_gas);
    if request.gas_price.is_some() && (max_fee.is_some() || tip.is_some()) {
        return Err(ChainError::Contradiction("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"));
    }
    if request.blob_versioned_hashes.is_some() || request.sidecar.is_some() {
        return Err(TxError::Unsupported(3).into());
    }
    let offered = request.gas_price.or(max_fee).unwrap_or_default();
    if let Some(tip) = tip
        && let Some(max_fee) = max_fee
        && tip > max_fee
    {
        return Err(TxError::TipAboveFeeCap { tip, max_fee }.into());
    }
    if offered != 0 && offered < u128::from(view.context.base_fee) {
        return Err(TxError::FeeCapTooLow { sender: caller, max_fee: offered, base_fee: view.context.base_fee }.into());
    }
    let gas_limit = request.gas.unwrap_or(gas_cap).min(gas_cap);
    let value = request.value.unwrap_or_default();
    let (have, want) = (view.state.balance(caller)?, value);
    if have < want {
        return Err(TxError::InsufficientFunds { sender: caller, have, want }.into());
    }
    let authorizations = request.authorization_list.clone().unwrap_or_default();
    let tx_type = match (authorizations.is_empty(), &request.access_list) {
        (false, _) => 4,
        (true, Some(_)) => 1,
        (true, None) => 0,
    };
    Ok(TxEnv {
        tx_type,
        caller,
        gas_limit,
        gas_price: offered,
        kind: request.to.unwrap_or(TxKind::Create),
        value,
        data: input.cloned().unwrap_or_default(),
        nonce: view.state.nonce(caller)?,
        chain_id: Some(view.rules.exec.chain_id),
        access_list: request.access_list.clone().unwrap_or_default(),
        gas_priority_fee: (tx_type == 4).then_some(0),
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: authorizations.into_iter().map(Either::Left).collect(),
    })
}

/// What a call returned, or why it did not.
pub(super) fn output(execution: Execution) -> Result<Bytes, ChainError> {
    match ChainError::of_failed(&execution.result, execution.failure.as_ref()) {
        Some(error) => Err(error),
        None => Ok(execution.result.into_output().unwrap_or_default()),
    }
}
