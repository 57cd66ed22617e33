//! Where accounts come from that a state does not hold itself, and why they may not come.

use std::{error::Error, fmt, io, sync::Arc};

use alloy_primitives::{Address, U256};
use cor_errors::{Coded, Entry, table::fork};

use super::Account;

/// Why the chain that was forked gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// The endpoint could not be reached, or broke the connection off, as often as it was tried.
    #[error("{origin} did not answer {method} in {attempts} attempts: {source}")]
    Transport {
        /// Host and port; the rest of the URL may hold a key.
        origin: String,
        /// What was asked.
        method: String,
        /// How often.
        attempts: usize,
        /// The last failure.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The endpoint answered with a JSON-RPC error.
    #[error("{method} was answered with error {code}: {message}")]
    Answer {
        /// What was asked.
        method: String,
        /// JSON-RPC code.
        code: i64,
        /// The endpoint's words.
        message: String,
    },
    /// The answer is not what the method answers.
    #[error("the answer to {method} has an unexpected form: {reason}")]
    Form {
        /// What was asked.
        method: String,
        /// What is wrong.
        reason: String,
    },
    /// The block does not exist there.
    #[error("the origin has no block {0}")]
    NoBlock(String),
    /// The URL is not valid. It may hold a key, and is not shown.
    #[error("the URL of the origin is not that of an endpoint: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// The client could not be started.
    #[error("the client of the origin did not start: {0}")]
    Start(#[source] io::Error),
    /// The client has ended: the node is stopping.
    #[error("{0} was not answered: the client of the origin has stopped")]
    Stopped(String),
    /// The endpoint did not answer, but the cache knows enough to start without it.
    #[error("the endpoint did not answer, but a block was kept at an earlier start: {} starts without it ({source})", flags(.kept))]
    Kept {
        /// Why the endpoint did not answer.
        source: Box<Self>,
        /// Chain id and block of each fork that is kept and fits the request.
        kept: Vec<(u64, u64)>,
    },
    /// A header for the endpoint that HTTP does not allow. Its value may be a secret, and is not shown.
    #[error("{name:?} is not a valid HTTP header: {reason}")]
    Header {
        /// What stands before the colon.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
}

/// The flags that start from what is kept.
fn flags(kept: &[(u64, u64)]) -> String {
    let flags: Vec<_> =
        kept.iter().map(|(chain, block)| format!("--fork-chain-id {chain} --fork-block-number {block}")).collect();
    flags.join(" or ")
}

impl Coded for ForkError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Transport { .. } => &fork::ORIGIN_UNREACHABLE,
            Self::Answer { .. } => &fork::ORIGIN_REFUSED,
            Self::Form { .. } => &fork::ORIGIN_FORM,
            Self::NoBlock(_) => &fork::ORIGIN_BLOCK,
            Self::Url { .. } => &fork::ORIGIN_URL,
            Self::Start(_) => &fork::ORIGIN_CLIENT,
            Self::Stopped(_) => &fork::ORIGIN_CLIENT_STOPPED,
            Self::Header { .. } => &fork::ORIGIN_HEADER,
            Self::Kept { .. } => &fork::ORIGIN_KEPT,
        }
    }
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

impl Coded for StateError {
    fn entry(&self) -> &'static Entry {
        self.0.entry()
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
