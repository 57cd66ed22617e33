//! The slot that a token keeps a balance or an allowance in, found by trying.

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_rpc_types::TransactionRequest;
use alloy_sol_types::{SolCall, sol};

use super::{
    Reader,
    view::{CallOptions, View, call_env, output},
};
use crate::chain::error::ChainError;

sol! {
    function balanceOf(address owner) external view returns (uint256);
    function allowance(address owner, address spender) external view returns (uint256);
}

/// Slots that are tried. A getter that reads more of them is none of the usual kind.
const SLOTS_MAX: usize = 256;
/// A value no slot holds by accident; below 2^96, so that tokens which pack other things into the word show it too.
const MARK: U256 = U256::from_limbs([0x6d61_726b_6d61_726b, 0x6d61_726b, 0, 0]);

impl Reader {
    /// The slot that holds the balance of `owner` in the token at `token`.
    ///
    /// # Errors
    /// [`ChainError::Invalid`] if no slot does: it is not an ERC-20 token, or it computes its balances.
    pub(crate) fn balance_slot(&self, token: Address, owner: Address) -> Result<U256, ChainError> {
        self.slot_behind(token, &balanceOfCall { owner }.abi_encode().into())
    }

    /// The slot that holds how much `spender` may take from `owner`.
    ///
    /// # Errors
    /// As [`balance_slot`](Self::balance_slot).
    pub(crate) fn allowance_slot(&self, token: Address, owner: Address, spender: Address) -> Result<U256, ChainError> {
        self.slot_behind(token, &allowanceCall { owner, spender }.abi_encode().into())
    }

    /// The slot whose value the getter answers.
    fn slot_behind(&self, token: Address, getter: &Bytes) -> Result<U256, ChainError> {
        let view = self.view(CallOptions::default(), BlockNumberOrTag::Latest)?;
        let request =
            TransactionRequest { to: Some(TxKind::Call(token)), input: getter.clone().into(), ..TransactionRequest::default() };
        let tx = call_env(&request, &view, self.config().call_gas_cap)?;
        let outcome = self.simulate(&view, tx.clone())?;
        let mut touched: Vec<U256> =
            outcome.state.get(&token).map(|account| account.storage.keys().copied().collect()).unwrap_or_default();
        touched.sort_unstable();
        for slot in touched.into_iter().take(SLOTS_MAX) {
            let mut state = view.state.clone();
            state.set_storage(token, slot, MARK)?;
            let marked = View { state, context: view.context.clone(), rules: view.rules.clone() };
            let answer = output(self.simulate(&marked, tx.clone())?);
            if answer.is_ok_and(|answer| answer.as_ref() == B256::from(MARK).as_slice()) {
                return Ok(slot);
            }
        }
        Err(ChainError::Invalid(format!(
            "no storage slot of {token} is what its getter answers; set the slot with anvil_setStorageAt"
        )))
    }
}
