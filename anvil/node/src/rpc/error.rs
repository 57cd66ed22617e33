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
/// A transaction was accepted and not mined in time; its hash is in the error (EIP-7966).
const NOT_MINED: i32 = 4;
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
        ChainError::NotMinedInTime { .. } => NOT_MINED,
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
        | ChainError::Contradiction(_)
        | ChainError::LimitExceeded { .. }
        | ChainError::Unsupported(_)
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
        ChainError::Exec(_) | ChainError::Unserialisable(_) | ChainError::Panicked => INTERNAL_ERROR_CODE,
    }
}

/// Whose words an error is told in.
enum Words {
    /// Those of geth and Anvil, byte for byte: clients know them. Also sentences of this node that name the field to change, or the
    /// range to ask for: a code and a next step would say that again.
    Geth,
    /// This node's: they come with the code and the next step.
    Own,
}

fn words(error: &ChainError) -> Words {
    match error {
        ChainError::Tx(_)
        | ChainError::Reverted { .. }
        | ChainError::Halted { .. }
        | ChainError::GasAllowance(_)
        | ChainError::BlockNotFound
        | ChainError::BlockOutOfRange { .. }
        | ChainError::TxNotFound(_)
        | ChainError::Undecodable(_)
        | ChainError::Invalid(_)
        | ChainError::Contradiction(_)
        | ChainError::Timestamp { .. }
        | ChainError::FilterNotFound
        | ChainError::TooManyLogs { .. }
        | ChainError::Range { .. } => Words::Geth,
        ChainError::Exec(_)
        | ChainError::State(_)
        | ChainError::NotMinedInTime { .. }
        | ChainError::StateGone { .. }
        | ChainError::LimitExceeded { .. }
        | ChainError::Unsupported(_)
        | ChainError::NoSigner(_)
        | ChainError::TooManyFilters(_)
        | ChainError::TooManySnapshots(_)
        | ChainError::Dump(_)
        | ChainError::Tracer(_)
        | ChainError::TraceTooLong(_)
        | ChainError::ReorgDepth { .. }
        | ChainError::Unserialisable(_)
        | ChainError::Panicked => Words::Own,
    }
}

/// The text of the error: after geth's words the reason that only this node knows.
pub(super) fn message(error: &ChainError) -> String {
    match (words(error), error.reason()) {
        (Words::Own, _) => format!("{:#}", Report::new(error)),
        (Words::Geth, Some(reason)) => format!("{error}: {:#}", Report::new(reason)),
        (Words::Geth, None) => error.to_string(),
    }
}

/// The error as it goes over the wire.
pub(super) fn to_rpc(error: &ChainError) -> ErrorObjectOwned {
    let data = match error {
        ChainError::NotMinedInTime { hash, .. } => Some(Bytes::from(*hash)),
        other => other.revert_data().cloned(),
    };
    ErrorObjectOwned::owned(code(error), message(error), data)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, TxHash};
    use cor_errors::Coded;
    use cor_stylus_vm::{ActivationError, PrepareError};
    use revm::context::result::HaltReason;

    use super::*;
    use crate::{arbos::Inactive, evm::ProgramFailure};

    /// The next step of such a row would not be seen anywhere else.
    #[test]
    fn what_only_this_node_says_carries_its_code_and_the_next_step() {
        let (depth, head, oldest) = (9, 5, 4);
        let rows = [
            ("CHAIN-109", ChainError::StateGone { number: 1, oldest }),
            ("CHAIN-111", ChainError::NoSigner(Address::ZERO)),
            ("CHAIN-114", ChainError::TooManyFilters(1)),
            ("CHAIN-117", ChainError::TooManySnapshots(1)),
            ("CHAIN-119", ChainError::Tracer("no such tracer".to_owned())),
            ("CHAIN-120", ChainError::ReorgDepth { depth, head, oldest }),
            ("CHAIN-121", ChainError::Panicked),
            ("CHAIN-124", ChainError::NotMinedInTime { hash: TxHash::ZERO, waited: std::time::Duration::ZERO }),
            ("CHAIN-126", ChainError::LimitExceeded { what: "slots", count: 2, max: 1 }),
            ("CHAIN-127", ChainError::Unsupported("not here")),
            ("VM-302", ChainError::Exec(ExecError::Vm(cor_stylus_vm::VmError::Instantiate { detail: "no room".to_owned() }))),
        ];
        for (code, error) in rows {
            assert_eq!(to_rpc(&error).message(), format!("{code}: {error}. {}", error.entry().next));
        }
        // Words of geth stay as clients know them.
        assert_eq!(to_rpc(&ChainError::FilterNotFound).message(), "filter not found");
    }

    /// Each reason that the table has a row for comes with its code and its next step, and not one kind of them alone.
    #[test]
    fn a_program_that_was_refused_or_stopped_says_why_and_what_to_do() {
        let inactive = |inactive| ProgramFailure::Inactive { address: Address::ZERO, inactive };
        let reasons = [
            ("VM-105", ProgramFailure::from(ActivationError::MissingEntrypoint)),
            ("VM-206", ProgramFailure::from(PrepareError::Brotli)),
            ("EVM-120", inactive(Inactive::NotActivated)),
            ("EVM-121", inactive(Inactive::NeedsUpgrade { program: 1, chain: 2 })),
            ("EVM-122", inactive(Inactive::Expired { age_secs: 9 })),
            ("EVM-123", ProgramFailure::Stopped { address: Address::ZERO, reason: "wasm trap".to_owned() }),
            ("EVM-124", ProgramFailure::CodeSize { size: 40_087, limit: 24_576 }),
        ];
        for (code, reason) in reasons {
            let told = format!("{code}: {reason}. {}", reason.entry().next);
            let reverted = ChainError::Reverted { data: Bytes::new(), reason: Some(reason.clone()) };
            assert_eq!(to_rpc(&reverted).message(), format!("execution reverted: {told}"));
            let halted = ChainError::Halted { halt: HaltReason::NotActivated, reason: Some(reason) };
            assert_eq!(to_rpc(&halted).message(), format!("invalid opcode: {told}"));
        }
    }

    /// An answer of ours that cannot be written is no fault of whoever asked.
    #[test]
    fn faults_of_the_node_are_internal_errors() {
        let unserialisable = serde_json::to_value(std::collections::HashMap::from([([1_u8], 1)])).unwrap_err();
        for (error, code) in [(ChainError::Unserialisable(unserialisable), "CHAIN-125: "), (ChainError::Panicked, "CHAIN-121: ")]
        {
            let error = to_rpc(&error);
            assert_eq!((error.code(), error.message().get(..code.len())), (INTERNAL_ERROR_CODE, Some(code)), "{error}");
        }
    }
}
