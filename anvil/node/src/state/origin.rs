//! Where accounts come from that a state does not hold itself, and why they may not come.

use std::{error::Error, fmt, io, sync::Arc};

use alloy_primitives::{Address, U256};

use super::Account;

/// Why the chain that was forked gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// The endpoint could not be reached, or broke the connection off, as often as it was tried.
    #[error("FORK-001: {method} failed after {attempts} attempts: {source}; check --fork-url and the network, then try again")]
    Transport {
        /// What was asked.
        method: String,
        /// How often.
        attempts: usize,
        /// The last failure.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The endpoint answered with a JSON-RPC error.
    #[error("FORK-002: {method} was answered with error {code}: {message}")]
    Answer {
        /// What was asked.
        method: String,
        /// JSON-RPC code.
        code: i64,
        /// The endpoint's words.
        message: String,
    },
    /// The answer is not what the method answers.
    #[error("FORK-003: the answer to {method} has an unexpected form: {reason}; is --fork-url an Ethereum JSON-RPC endpoint?")]
    Form {
        /// What was asked.
        method: String,
        /// What is wrong.
        reason: String,
    },
    /// The block does not exist there.
    #[error("FORK-004: the origin has no block {0}; its newest may be older, or it does not keep it")]
    NoBlock(String),
    /// The URL is none.
    #[error("FORK-005: {url:?} is no URL of an endpoint: {reason}; give one like http://127.0.0.1:8545")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The client could not be started.
    #[error("FORK-006: the client of the origin did not start: {0}")]
    Start(#[source] io::Error),
    /// The client has ended: the node is stopping.
    #[error("FORK-007: {0} was not answered: the client of the origin has stopped")]
    Stopped(String),
}

/// Why the state could not be read. The state of a chain that was not forked always can.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct StateError(Arc<ForkError>);

impl StateError {
    /// What the chain that was forked answered, or that it did not.
    pub fn cause(&self) -> &ForkError {
        &self.0
    }
}

impl From<ForkError> for StateError {
    fn from(error: ForkError) -> Self {
        Self(Arc::new(error))
    }
}

impl revm::database_interface::DBErrorMarker for StateError {}

/// Where accounts come from that a state does not hold itself: the chain that was forked, at one block.
pub(crate) trait Origin: fmt::Debug + Send + Sync {
    /// The account as it was there; vacant if there was none. Its storage is not part of it.
    fn account(&self, address: Address) -> Result<Account, StateError>;
    /// The slot as it was there.
    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError>;
}
