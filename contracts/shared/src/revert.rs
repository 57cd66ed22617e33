//! Revert data, and the errors that several contracts have in common.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolError, sol};

sol! {
    /// `caller` does not hold the role this function wants: ask `required` to call.
    #[derive(Debug)]
    error Unauthorized(address caller, address required);
    /// The zero address is not a valid argument.
    #[derive(Debug)]
    error ZeroAddress();
    /// `field`, an ASCII name, must be `min` to `max`.
    #[derive(Debug)]
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
}

/// What a call reverts with: an ABI-encoded Solidity error, or a peer's revert data as it came.
#[derive(Debug)]
pub struct Revert(Vec<u8>);

impl Revert {
    /// Passes on what a peer reverted with.
    pub const fn raw(data: Vec<u8>) -> Self {
        Self(data)
    }

    /// Whether there is no data, so that a caller may put its own error in its place.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Encodes any error declared with `sol!`, so that `?` and `.into()` suffice.
impl<E: SolError> From<E> for Revert {
    #[inline]
    fn from(error: E) -> Self {
        Self(error.abi_encode())
    }
}

impl From<Revert> for Vec<u8> {
    #[inline]
    fn from(revert: Revert) -> Self {
        revert.0
    }
}

/// The exported interface lists functions; errors are specified in the Solidity interfaces.
#[cfg(feature = "export-abi")]
impl stylus_sdk::abi::export::internal::InnerTypes for Revert {}

/// Refuses every `caller` but `required`. A peer that is not wired yet is the zero address, which calls nothing.
///
/// # Errors
/// [`Unauthorized`].
pub fn only(caller: Address, required: Address) -> Result<(), Revert> {
    if caller == required {
        return Ok(());
    }
    Err(Unauthorized { caller, required }.into())
}

/// Refuses the zero address.
///
/// # Errors
/// [`ZeroAddress`].
pub fn nonzero(address: Address) -> Result<Address, Revert> {
    if address.is_zero() {
        return Err(ZeroAddress {}.into());
    }
    Ok(address)
}

/// The error of a value out of its range: [`InputOutOfRange`]. `field` is its name in the interface, of which 32 bytes are kept.
#[inline(never)]
pub fn out_of_range(field: &str, value: u64, min: u64, max: u64) -> Revert {
    let [value, min, max] = [value, min, max].map(U256::from);
    InputOutOfRange { field: B256::right_padding_from(field.as_bytes()), value, min, max }.into()
}
