//! Errors as JSON-RPC sends them: codes and data as Anvil's and geth's.

use alloy_primitives::Bytes;
use cor_errors::Report;
use jsonrpsee::types::{
    ErrorObjectOwned,
    error::{INTERNAL_ERROR_CODE, INVALID_PARAMS_CODE},
};

use crate::{
    ForkError,
    chain::{ChainError, TxError},
    evm::ExecError,
};

/// A call reverted; the data is in the error (geth).
const EXECUTION_ERROR: i32 = 3;
/// Anything the client can do something about (EIP-1474 "invalid input").
const SERVER_ERROR: i32 = -32000;
/// Something asked for does not exist (EIP-1474).
const RESOURCE_NOT_FOUND: i32 = -32001;
/// The chain that was forked cannot be asked (EIP-1474).
const RESOURCE_UNAVAILABLE: i32 = -32002;
/// A transaction was refused (EIP-1474).
const TRANSACTION_REJECTED: i32 = -32003;
/// A limit of the node (EIP-1474).
const LIMIT_EXCEEDED: i32 = -32005;

/// The code for `error`.
fn code(error: &ChainError) -> i32 {
    match error {
        ChainError::Reverted { .. } => EXECUTION_ERROR,
        ChainError::Tx(TxError::IntrinsicGas { .. } | TxError::GasLimit { .. }) => SERVER_ERROR,
        ChainError::Tx(_) | ChainError::Exec(ExecError::Invalid(_) | ExecError::BlobTransaction) => TRANSACTION_REJECTED,
        ChainError::Halted { .. }
        | ChainError::GasAllowance(_)
        | ChainError::StateGone { .. }
        | ChainError::FilterNotFound
        | ChainError::ReorgDepth { .. } => SERVER_ERROR,
        ChainError::BlockNotFound | ChainError::TxNotFound(_) => RESOURCE_NOT_FOUND,
        ChainError::Undecodable(_)
        | ChainError::Invalid(_)
        | ChainError::NoSigner(_)
        | ChainError::Timestamp { .. }
        | ChainError::Range { .. }
        | ChainError::BlockOutOfRange { .. }
        | ChainError::Dump(_)
        | ChainError::Tracer(_)
        | ChainError::TraceTooLong(_) => INVALID_PARAMS_CODE,
        ChainError::TooManyFilters(_) | ChainError::TooManyLogs { .. } | ChainError::TooManySnapshots(_) => LIMIT_EXCEEDED,
        ChainError::State(error) => match error.cause() {
            // The origin's own code; one that is none of JSON-RPC's would be cut off.
            ForkError::Answer { code, .. } => i32::try_from(*code).unwrap_or(RESOURCE_UNAVAILABLE),
            ForkError::Url { .. } | ForkError::NoBlock(_) => INVALID_PARAMS_CODE,
            _ => RESOURCE_UNAVAILABLE,
        },
        ChainError::Exec(_) | ChainError::Panicked => INTERNAL_ERROR_CODE,
    }
}

/// What clients know the words of is geth's and Anvil's, byte for byte; what only this node says carries its code and the next step.
fn message(error: &ChainError) -> String {
    match error {
        ChainError::Exec(_) | ChainError::State(_) | ChainError::Dump(_) | ChainError::TraceTooLong(_) => {
            format!("{:#}", Report::new(error))
        }
        known => known.to_string(),
    }
}

/// The error as it goes over the wire.
pub(super) fn to_rpc(error: &ChainError) -> ErrorObjectOwned {
    let data: Option<&Bytes> = error.revert_data();
    ErrorObjectOwned::owned(code(error), message(error), data)
}
