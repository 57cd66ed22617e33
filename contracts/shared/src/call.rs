//! Calls to other contracts: typed on the outside, raw ABI bytes inside, a peer's revert data passed on as it came.
//!
//! An address without code answers every call with nothing. A function that returns a value is then refused here, with empty
//! revert data; one that returns nothing cannot be told apart from success, so peers are set by the owner only.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_sdk::{
    call::{self, RawCall},
    stylus_core::{
        calls::{Call, errors::Error},
        host::HostAccess,
        storage::TopLevelStorage,
    },
};

use crate::revert::Revert;

/// Calls `to`. Takes the whole contract by `&mut`, so that nothing of its storage is borrowed meanwhile; what was stored before
/// is visible to whomever `to` asks.
///
/// # Errors
/// The peer's revert data; empty if its answer does not decode.
pub fn call<C: SolCall>(
    contract: &mut (impl TopLevelStorage + HostAccess),
    to: Address,
    message: &C,
) -> Result<C::Return, Revert> {
    decode::<C>(call_raw(contract, to, &message.abi_encode())?)
}

/// Calls `to` without letting it change anything.
///
/// # Errors
/// As [`call`].
pub fn view<C: SolCall>(contract: &(impl TopLevelStorage + HostAccess), to: Address, message: &C) -> Result<C::Return, Revert> {
    decode::<C>(view_raw(contract, to, &message.abi_encode())?)
}

/// Calls `to` with ABI bytes and returns its answer's bytes, as [`call`].
///
/// # Errors
/// The peer's revert data.
pub fn call_raw(contract: &mut (impl TopLevelStorage + HostAccess), to: Address, data: &[u8]) -> Result<Vec<u8>, Revert> {
    let context = Call::new_mutating(contract);
    call::call(contract.vm(), context, to, data).map_err(revert)
}

/// Calls `to` with ABI bytes without letting it change anything, and returns its answer's bytes.
///
/// # Errors
/// The peer's revert data.
pub fn view_raw(contract: &(impl TopLevelStorage + HostAccess), to: Address, data: &[u8]) -> Result<Vec<u8>, Revert> {
    call::static_call(contract.vm(), Call::new(), to, data).map_err(revert)
}

/// Tells `to` something in ABI bytes, with at most `gas`, and goes on whatever it does: whether it fails, burns what it is given, or answers much, since no more
/// than a word of its answer is read. `None` if it failed.
pub fn tell_raw(contract: &mut (impl TopLevelStorage + HostAccess), to: Address, data: &[u8], gas: u64) -> Option<Vec<u8>> {
    let call = RawCall::new(contract.vm()).gas(gas).clear_storage_cache().limit_return_data(0, 32);
    // SAFETY: `contract` is borrowed mutably and whole, so nothing of its storage is held across the call; what it had stored is written before,
    // and read anew after.
    unsafe { call.call(to, data) }.ok()
}

/// Tells `to` something, as [`tell_raw`]. Whether it succeeded.
pub fn notify<C: SolCall>(contract: &mut (impl TopLevelStorage + HostAccess), to: Address, message: &C, gas: u64) -> bool {
    tell_raw(contract, to, &message.abi_encode(), gas).is_some()
}

fn decode<C: SolCall>(answer: Vec<u8>) -> Result<C::Return, Revert> {
    C::abi_decode_returns_validate(&answer).map_err(|_| Revert::raw(Vec::new()))
}

fn revert(error: Error) -> Revert {
    match error {
        Error::Revert(data) => Revert::raw(data),
        Error::AbiDecodingFailed(_) => Revert::raw(Vec::new()),
    }
}
