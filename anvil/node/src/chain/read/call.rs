//! Calls that leave no trace (`eth_call`, `eth_createAccessList`).

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{B256, Bytes, TxKind, U256};
use alloy_rpc_types::{AccessList, AccessListItem, AccessListResult, TransactionRequest};
use revm::{
    context::TxEnv,
    precompile::{PrecompileSpecId, Precompiles},
    state::EvmState,
};
use revm_inspectors::access_list::AccessListInspector;

use super::{
    Reader,
    view::{CallOptions, call_env, output},
};
use crate::{arbos::ARBOS_STATE, chain::error::ChainError, state::StateDb};

impl Reader {
    /// Executes a call and returns its output. Wants the stack of a thread for calls.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] with the revert data; [`ChainError::Halted`]; [`ChainError`] if it cannot be executed.
    pub(crate) fn call_here(&self, request: &TransactionRequest, options: CallOptions) -> Result<Bytes, ChainError> {
        let view = self.view(options, BlockNumberOrTag::Latest)?;
        let tx = call_env(request, &view, self.config().call_gas_cap)?;
        output(self.simulate(&view, tx)?)
    }

    /// The accounts and slots a call touches, and the gas it uses when they are declared (`eth_createAccessList`); beside it why the call
    /// failed, which whoever answers puts into words.
    pub(crate) fn access_list_here(
        &self,
        request: &TransactionRequest,
        options: CallOptions,
    ) -> Result<(AccessListResult, Option<ChainError>), ChainError> {
        let view = self.view(options, BlockNumberOrTag::Pending)?;
        let mut tx = call_env(request, &view, self.config().call_gas_cap)?;
        let mut inspector = AccessListInspector::new(request.access_list.clone().unwrap_or_default());
        let config = view.rules.exec.for_simulation();
        let db = StateDb { state: &view.state, hashes: &*self.store };
        let outcome = self.store.executor.transact_inspected(db, &view.context, &config, tx.clone(), &mut inspector)?;
        let access_list = without_free_accounts(with_slots(inspector.into_access_list(), &outcome.state), &tx);
        tx.access_list = access_list.clone();
        tx.tx_type = tx.tx_type.max(1);
        let execution = self.simulate(&view, tx)?;
        let gas_used = U256::from(execution.result.tx_gas_used());
        Ok((AccessListResult { access_list, gas_used, error: None }, output(execution).err()))
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
