//! The smallest gas limit with which a transaction succeeds, as geth searches for it (`eth/gasestimator`).

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{TxKind, U256};
use alloy_rpc_types::TransactionRequest;
use revm::context::{
    TxEnv,
    result::{ExecutionResult, HaltReason, InvalidTransaction},
};

use super::{
    Reader,
    view::{CallOptions, View, call_env, output},
};
use crate::{
    chain::error::{ChainError, TxError},
    evm::{ExecError, Execution},
};

/// Gas of a plain transfer.
const TRANSFER_GAS: u64 = 21_000;
/// Gas a call with value gives to its target.
const CALL_STIPEND: u64 = 2_300;
/// The search ends when the bounds are this close, in parts of a thousand of the upper one. geth's and Nitro's figure: closer
/// costs more executions than the gas is worth.
const ERROR_PER_MILLE: u64 = 15;

impl Reader {
    /// The gas limit to send a transaction with. Wants the stack of a thread for calls.
    ///
    /// # Errors
    /// As [`call_here`](Self::call_here), and [`ChainError::GasAllowance`] if no gas limit is enough.
    pub(crate) fn estimate_gas_here(&self, request: &TransactionRequest, options: CallOptions) -> Result<u64, ChainError> {
        // The transaction will be in the next block, so that is the block to ask.
        let view = self.view(options, BlockNumberOrTag::Pending)?;
        let tx = call_env(request, &view, self.config().call_gas_cap)?;
        let highest = affordable(&tx, &view)?.min(tx.gas_limit);
        if is_plain_transfer(&tx, &view)? && highest >= TRANSFER_GAS {
            return Ok(TRANSFER_GAS);
        }
        self.search(&view, &tx, highest)
    }

    fn search(&self, view: &View, tx: &TxEnv, highest: u64) -> Result<u64, ChainError> {
        let first = match self.attempt(view, tx, highest)? {
            Some(Execution { result, .. }) if result.is_success() => result,
            // Whatever the limit, it fails: say why, unless gas was what it lacked.
            Some(Execution { result: ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. }, .. }) | None => {
                return Err(ChainError::GasAllowance(highest));
            }
            Some(execution) => return output(execution).map(|_| highest),
        };
        let spent = first.gas().total_gas_spent();
        // With less than it used it must fail; it may still need more than it used, for stipends and the 63/64 rule.
        let (mut low, mut high) = (first.tx_gas_used().saturating_sub(1), highest);
        let optimistic = (spent.saturating_add(CALL_STIPEND)).saturating_mul(64) / 63;
        if optimistic < high {
            if self.succeeds(view, tx, optimistic)? {
                high = optimistic;
            } else {
                low = optimistic;
            }
        }
        while low.saturating_add(1) < high && (high - low).saturating_mul(1000) / high >= ERROR_PER_MILLE {
            // Most transactions need little: keep the first guesses near the lower bound.
            let middle = (low + (high - low) / 2).min(low.saturating_mul(2));
            if self.succeeds(view, tx, middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(high)
    }

    fn succeeds(&self, view: &View, tx: &TxEnv, gas_limit: u64) -> Result<bool, ChainError> {
        Ok(self.attempt(view, tx, gas_limit)?.is_some_and(|execution| execution.result.is_success()))
    }

    /// One execution; `None` if the limit does not even cover the intrinsic gas.
    fn attempt(&self, view: &View, tx: &TxEnv, gas_limit: u64) -> Result<Option<Execution>, ChainError> {
        match self.simulate(view, TxEnv { gas_limit, ..tx.clone() }) {
            Ok(execution) => Ok(Some(execution)),
            Err(ChainError::Exec(ExecError::Invalid(
                InvalidTransaction::CallGasCostMoreThanGasLimit { .. } | InvalidTransaction::GasFloorMoreThanGasLimit { .. },
            ))) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Gas the sender can pay for after the value, at the price offered; without a price there is no limit.
fn affordable(tx: &TxEnv, view: &View) -> Result<u64, ChainError> {
    if tx.gas_price == 0 {
        return Ok(u64::MAX);
    }
    let have = view.state.balance(tx.caller)?;
    let left = have.checked_sub(tx.value).ok_or(TxError::InsufficientFunds { sender: tx.caller, have, want: tx.value })?;
    Ok((left / U256::from(tx.gas_price)).saturating_to())
}

fn is_plain_transfer(tx: &TxEnv, view: &View) -> Result<bool, ChainError> {
    let TxKind::Call(to) = tx.kind else {
        return Ok(false);
    };
    Ok(tx.data.is_empty()
        && tx.access_list.is_empty()
        && tx.authorization_list.is_empty()
        && !is_ethereum_precompile(to)
        && view.state.account(to)?.code.is_empty())
}

/// Precompiles have no code, but cost more than a transfer.
fn is_ethereum_precompile(address: alloy_primitives::Address) -> bool {
    let number = U256::from_be_slice(address.as_slice());
    number <= U256::from(0x1ff)
}
