//! Why a transaction could not be executed at all. A reverted or halted transaction is a result, not
//! an error.

use std::error::Error;

use cor_errors::{Coded, Entry, table::evm};
use cor_stylus_vm::VmError;
use revm::context::result::{EVMError, InvalidHeader, InvalidTransaction};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// The transaction breaks a rule and cannot be part of a block.
    #[error("the transaction is invalid: {0}")]
    Invalid(#[source] InvalidTransaction),
    /// The block context lacks a field its rules ask for.
    #[error("the block context is invalid: {0}")]
    Header(#[source] InvalidHeader),
    /// The database failed; the transaction may be tried again.
    #[error("reading the state failed: {0}")]
    Database(#[source] Box<dyn Error + Send + Sync>),
    /// The Stylus VM could not be built or failed by itself.
    #[error("the Stylus VM failed: {0}")]
    Vm(#[source] VmError),
    /// Arbitrum has no transactions with blobs.
    #[error("transactions with blobs are not supported")]
    BlobTransaction,
    /// A failure inside the executor that has no better name.
    #[error("the executor failed: {0}")]
    Internal(String),
}

impl Coded for ExecError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Invalid(_) => &evm::INVALID_TRANSACTION,
            Self::Header(_) => &evm::INVALID_HEADER,
            Self::Database(_) => &evm::STATE_UNREADABLE,
            Self::Vm(source) => source.entry(),
            Self::BlobTransaction => &evm::BLOB_TRANSACTION,
            Self::Internal(_) => &evm::EXECUTOR_FAILED,
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<EVMError<E>> for ExecError {
    fn from(error: EVMError<E>) -> Self {
        match error {
            EVMError::Transaction(invalid) => Self::Invalid(invalid),
            EVMError::Header(invalid) => Self::Header(invalid),
            EVMError::Database(error) => Self::Database(Box::new(error)),
            EVMError::Custom(message) => Self::Internal(message),
            EVMError::CustomAny(error) => Self::Internal(error.to_string()),
        }
    }
}
