//! ERC-20 transfers that either happened or revert.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, sol};
use stylus_sdk::stylus_core::{host::HostAccess, storage::TopLevelStorage};

use crate::{call::call_raw, revert::Revert};

sol! {
    /// The token's transfer failed.
    #[derive(Debug)]
    error TransferFailed(address token);

    function transfer(address to, uint256 value) external returns (bool ok);
    function transferFrom(address from, address to, uint256 value) external returns (bool ok);
    function approve(address spender, uint256 value) external returns (bool ok);
}

/// Sends the contract's tokens.
///
/// # Errors
/// The token's own revert data, or [`TransferFailed`] if it has none or answers anything but `true`.
pub fn transfer(
    contract: &mut (impl TopLevelStorage + HostAccess),
    token: Address,
    to: Address,
    value: U256,
) -> Result<(), Revert> {
    demand(contract, token, &transferCall { to, value }.abi_encode())
}

/// Sends the tokens of `from`, who must have approved the contract.
///
/// # Errors
/// As [`transfer`].
pub fn transfer_from(
    contract: &mut (impl TopLevelStorage + HostAccess),
    token: Address,
    from: Address,
    to: Address,
    value: U256,
) -> Result<(), Revert> {
    demand(contract, token, &transferFromCall { from, to, value }.abi_encode())
}

/// Lets `spender` take the contract's tokens.
///
/// # Errors
/// As [`transfer`].
pub fn approve(
    contract: &mut (impl TopLevelStorage + HostAccess),
    token: Address,
    spender: Address,
    value: U256,
) -> Result<(), Revert> {
    demand(contract, token, &approveCall { spender, value }.abi_encode())
}

/// A token that is not wired, has no code, or returns nothing does not answer `true`, so it fails here and not silently.
fn demand(contract: &mut (impl TopLevelStorage + HostAccess), token: Address, data: &[u8]) -> Result<(), Revert> {
    let answer = call_raw(contract, token, data)
        .map_err(|revert| if revert.is_empty() { TransferFailed { token }.into() } else { revert })?;
    match U256::try_from_be_slice(&answer) {
        Some(U256::ONE) if answer.len() == U256::BYTES => Ok(()),
        _ => Err(TransferFailed { token }.into()),
    }
}
