//! ERC-20 transfers that either happened or revert, by allowances, permits (EIP-2612) and authorizations (EIP-3009).

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use stylus_sdk::{
    prelude::AccountAccess,
    stylus_core::{host::HostAccess, storage::TopLevelStorage},
};

use crate::{
    call::{call_raw, view, view_raw},
    revert::Revert,
    signature::Signature,
};

sol! {
    /// The token's transfer failed.
    #[derive(Debug)]
    error TransferFailed(address token);

    function transfer(address to, uint256 value) external returns (bool ok);
    function transferFrom(address from, address to, uint256 value) external returns (bool ok);
    function approve(address spender, uint256 value) external returns (bool ok);
    function balanceOf(address account) external view returns (uint256 value);
    function allowance(address owner, address spender) external view returns (uint256 value);
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature) external;
}

/// An allowance as its owner signed it (EIP-2612).
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    /// Whose tokens.
    pub owner: Address,
    /// Who may take them.
    pub spender: Address,
    /// How many.
    pub value: U256,
    /// Last time it is valid, seconds since 1970.
    pub deadline: U256,
    /// By the owner's key.
    pub signature: Signature,
}

/// A transfer to the contract as its sender signed it (EIP-3009).
#[derive(Clone, Copy, Debug)]
pub struct Authorization {
    /// Whose tokens.
    pub from: Address,
    /// How many.
    pub value: U256,
    /// Valid after this time, exclusive, seconds since 1970.
    pub valid_after: U256,
    /// Valid before this time, exclusive.
    pub valid_before: U256,
    /// Once for each signer.
    pub nonce: B256,
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

/// Refuses an allowance of which something is left: `spender` was to take all of it, and could take the rest whenever it likes.
///
/// # Errors
/// [`TransferFailed`], also if the token does not say.
pub fn must_be_spent(contract: &(impl TopLevelStorage + HostAccess), token: Address, spender: Address) -> Result<(), Revert> {
    let owner = contract.vm().contract_address();
    match view(contract, token, &allowanceCall { owner, spender }) {
        Ok(left) if left.is_zero() => Ok(()),
        _ => Err(TransferFailed { token }.into()),
    }
}

/// Whether there is a token at an address, as far as that can be seen: it tells how many the contract has, in one word.
pub fn answers_one_word(contract: &(impl TopLevelStorage + HostAccess), token: Address) -> bool {
    let account = contract.vm().contract_address();
    let answer = view_raw(contract, token, &balanceOfCall { account }.abi_encode());
    answer.is_ok_and(|word| word.len() == U256::BYTES)
}

/// Uses a permit. One that is refused is no fault if the allowance covers it: anybody may have used it first.
///
/// # Errors
/// What the permit was refused with.
pub fn permit(contract: &mut (impl TopLevelStorage + HostAccess), token: Address, permit: Permit) -> Result<(), Revert> {
    let Permit { owner, spender, value, deadline, signature: Signature { v, r, s } } = permit;
    let message = permitCall { owner, spender, value, deadline, v, r, s };
    let Err(refusal) = call_raw(contract, token, &message.abi_encode()) else { return Ok(()) };
    match view(contract, token, &allowanceCall { owner, spender }) {
        Ok(allowed) if allowed >= value => Ok(()),
        _ => Err(refusal),
    }
}

/// Takes tokens to `contract`, which is at `to`, by their holder's signature. A token without the function must revert: it has no answer to look at.
///
/// # Errors
/// The token's revert data.
pub fn receive_with_authorization(
    contract: &mut (impl TopLevelStorage + HostAccess),
    token: Address,
    to: Address,
    authorization: Authorization,
    signature: Bytes,
) -> Result<(), Revert> {
    let Authorization { from, value, valid_after, valid_before, nonce } = authorization;
    let message =
        receiveWithAuthorizationCall { from, to, value, validAfter: valid_after, validBefore: valid_before, nonce, signature };
    call_raw(contract, token, &message.abi_encode()).map(drop)
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
