//! State and block overrides of `eth_call`, `eth_estimateGas` and `debug_traceCall`.

use alloy_primitives::{Address, U256};
use alloy_rpc_types::{
    BlockOverrides,
    state::{AccountOverride, StateOverride},
};

use crate::{chain::error::ChainError, evm::BlockContext, state::State};

/// Applies `overrides` to `state`.
pub(super) fn apply_state(state: &mut State, overrides: StateOverride) -> Result<(), ChainError> {
    for (address, account) in overrides {
        apply_account(state, address, account)?;
    }
    Ok(())
}

fn apply_account(state: &mut State, address: Address, account: AccountOverride) -> Result<(), ChainError> {
    if account.state.is_some() && account.state_diff.is_some() {
        return Err(ChainError::Invalid(format!("account {address} has both 'state' and 'stateDiff'")));
    }
    if account.move_precompile_to.is_some() {
        return Err(ChainError::Unsupported("movePrecompileToAddress is not supported"));
    }
    if let Some(nonce) = account.nonce {
        state.set_nonce(address, nonce)?;
    }
    if let Some(balance) = account.balance {
        state.set_balance(address, balance)?;
    }
    if let Some(code) = account.code {
        state.set_code(address, code)?;
    }
    if account.state.is_some() {
        state.clear_storage(address)?;
    }
    for (slot, value) in account.state.or(account.state_diff).into_iter().flatten() {
        state.set_storage(address, slot.into(), value.into())?;
    }
    Ok(())
}

/// Applies `overrides` to `context`. As in Nitro, `number` is that of this chain's block; contracts see the parent chain's, so
/// the same number is shown to them.
pub(super) fn apply_block(context: &mut BlockContext, overrides: BlockOverrides) {
    let narrow = |value: U256| value.saturating_to::<u64>();
    if let Some(number) = overrides.number {
        context.number = narrow(number);
        context.l1_block_number = narrow(number);
    }
    if let Some(time) = overrides.time {
        context.timestamp = time;
    }
    if let Some(gas_limit) = overrides.gas_limit {
        context.gas_limit = gas_limit;
    }
    if let Some(coinbase) = overrides.coinbase {
        context.beneficiary = coinbase;
    }
    if let Some(random) = overrides.random {
        context.prevrandao = random;
    }
    if let Some(base_fee) = overrides.base_fee {
        context.base_fee = narrow(base_fee);
    }
}
