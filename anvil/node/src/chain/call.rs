//! Calls that leave no trace: `eth_call` and everything that executes on a copy of the state.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, Bytes, TxKind, U256};
use alloy_rpc_types::{AccessList, AccessListItem, AccessListResult, BlockOverrides, TransactionRequest, state::StateOverride};
use revm::{
    context::TxEnv,
    context_interface::either::Either,
    precompile::{PrecompileSpecId, Precompiles},
    state::EvmState,
};
use revm_inspectors::access_list::AccessListInspector;

use super::{Chain, ChainError, State, TxError, build::Rules, db::StateDb, overrides};
use crate::{
    arbos::ARBOS_STATE,
    evm::{BlockContext, ExecConfig, Execution},
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

impl Chain {
    /// Executes a call and returns its output.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] with the revert data; [`ChainError::Halted`]; [`ChainError`] if it cannot be executed.
    pub fn call(&self, request: TransactionRequest, options: CallOptions) -> Result<Bytes, ChainError> {
        self.on_reader(move |chain| chain.call_here(&request, options))
    }

    pub(crate) fn call_here(&self, request: &TransactionRequest, options: CallOptions) -> Result<Bytes, ChainError> {
        let view = self.view(options, BlockNumberOrTag::Latest)?;
        let tx = call_env(request, &view, self.config().call_gas_cap)?;
        output(self.simulate(&view, tx)?)
    }

    /// The accounts and slots a call touches, and the gas it uses when they are declared (`eth_createAccessList`).
    pub(crate) fn access_list_here(
        &self,
        request: &TransactionRequest,
        options: CallOptions,
    ) -> Result<AccessListResult, ChainError> {
        let view = self.view(options, BlockNumberOrTag::Pending)?;
        let mut tx = call_env(request, &view, self.config().call_gas_cap)?;
        let mut inspector = AccessListInspector::new(request.access_list.clone().unwrap_or_default());
        let config = view.rules.exec.for_simulation();
        let db = StateDb { state: &view.state, hashes: &*self.inner };
        let outcome = self.inner.executor.transact_inspected(db, &view.context, &config, tx.clone(), &mut inspector)?;
        let access_list = without_free_accounts(with_slots(inspector.into_access_list(), &outcome.state), &tx);
        tx.access_list = access_list.clone();
        tx.tx_type = tx.tx_type.max(1);
        let execution = self.simulate(&view, tx)?;
        let gas_used = U256::from(execution.result.tx_gas_used());
        let error = output(execution).err().map(|error| error.to_string());
        Ok(AccessListResult { access_list, gas_used, error })
    }

    pub(super) fn simulate(&self, view: &View, tx: TxEnv) -> Result<Execution, ChainError> {
        let config: ExecConfig = view.rules.exec.for_simulation();
        let db = StateDb { state: &view.state, hashes: &*self.inner };
        Ok(self.inner.executor.transact(db, &view.context, &config, tx)?)
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
        let shared = self.inner.shared.read();
        Ok(View { state, context: shared.rules.context_of(&block), rules: shared.rules.clone() })
    }

    /// The next block: on top of what the pool would put into it.
    fn pending_view(&self) -> Result<View, ChainError> {
        let (ready, mut view) = {
            let shared = self.inner.shared.read();
            let head = shared.ledger.head();
            let time = shared.time.prepare(head.block.timestamp());
            let context = shared.rules.context(head.block.number().saturating_add(1), time.timestamp);
            let ready = if shared.pool.len() == 0 { Vec::new() } else { shared.pool.ready(&head.state, self.config().order)? };
            (ready, View { state: head.state, context, rules: shared.rules.clone() })
        };
        if !ready.is_empty() {
            view.state = self.build_on_head(&ready)?.0.state;
        }
        Ok(view)
    }
}

/// The transaction a call pretends to be. Its gas limit is the request's, up to `gas_cap`.
pub(super) fn call_env(request: &TransactionRequest, view: &View, gas_cap: u64) -> Result<TxEnv, ChainError> {
    let input = request.input.unique_input().map_err(|_| {
        ChainError::Invalid(
            "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass transaction call data".to_owned(),
        )
    })?;
    let caller = request.from.unwrap_or_default();
    let (max_fee, tip) = (request.max_fee_per_gas, request.max_priority_fee_per_gas);
    if request.gas_price.is_some() && (max_fee.is_some() || tip.is_some()) {
        return Err(ChainError::Invalid("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified".to_owned()));
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

/// Adds the slots that programs touched: the inspector sees those of EVM instructions alone. The slots of ArbOS are nobody's access.
fn with_slots(mut list: AccessList, touched: &EvmState) -> AccessList {
    let mut accounts: Vec<_> = touched.iter().filter(|(address, _)| **address != ARBOS_STATE).collect();
    accounts.sort_unstable_by_key(|(address, _)| **address);
    for (address, account) in accounts {
        let mut slots: Vec<B256> = account.storage.keys().copied().map(B256::from).collect();
        slots.sort_unstable();
        let known = list.0.iter_mut().find(|item| item.address == *address);
        match known {
            Some(item) => {
                slots.retain(|slot| !item.storage_keys.contains(slot));
                item.storage_keys.append(&mut slots);
            }
            None if slots.is_empty() => {}
            None => list.0.push(AccessListItem { address: *address, storage_keys: slots }),
        }
    }
    list
}

/// Sender, target and precompiles are warm anyway; declaring them without slots would only cost gas.
fn without_free_accounts(list: AccessList, tx: &TxEnv) -> AccessList {
    let precompiles = Precompiles::new(PrecompileSpecId::OSAKA);
    let target = match tx.kind {
        TxKind::Call(to) => to,
        TxKind::Create => tx.caller.create(tx.nonce),
    };
    let free = |address| address == tx.caller || address == target || precompiles.contains(&address);
    AccessList(list.0.into_iter().filter(|item| !item.storage_keys.is_empty() || !free(item.address)).collect())
}
