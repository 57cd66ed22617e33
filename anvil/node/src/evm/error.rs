//! Why a transaction could not be executed at all. A reverted or halted transaction is a result, not
//! an error.

use std::error::Error;

use revm::context::result::{EVMError, InvalidHeader, InvalidTransaction};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// The transaction breaks a rule and cannot be part of a block.
    #[error("EVM-101: the transaction is invalid: {0}")]
    Invalid(#[source] InvalidTransaction),
    /// The block context lacks a field its rules ask for.
    #[error("EVM-102: the block context is invalid: {0}")]
    Header(#[source] InvalidHeader),
    /// The database failed; the transaction may be tried again.
    #[error("EVM-103: reading the state failed: {0}")]
    Database(#[source] Box<dyn Error + Send + Sync>),
    /// The Stylus machine could not be built or failed by itself.
    #[error("EVM-104: the Stylus machine failed: {0}")]
    Machine(#[source] Box<dyn Error + Send + Sync>),
    /// Arbitrum has no transactions with blobs.
    #[error("EVM-105: transactions with blobs are not supported: send the data as calldata")]
    BlobTransaction,
    /// A failure inside the executor that has no better name.
    #[error("EVM-106: the executor failed: {0}")]
    Internal(String),
}

impl<E: Error + Send + Sync + 'static> From<EVMError<E>> for ExecError {
    fn from(error: EVMError<E>) -> Self {
        match error {
            EVMError::Transaction(invalid) => Self::Invalid(invalid),
            EVMError::Header(invalid) => Self::Header(invalid),
            EVMError::Database(error) => Self::Database(Box::new(error)),
            EVMError::Custom(message) => Self::Internal(message),
            EVMError::CustomAny(error) => Self::Machine(Box::new(error)),
        }
    }
}
