//! Which chain to start from, and how to ask it.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use super::ForkError;

/// Attempts after a failed request; Anvil's figure.
const RETRIES: usize = 5;
/// Wait before the first repeated attempt; Anvil's figure.
const RETRY_BACKOFF: Duration = Duration::from_secs(1);
/// Time for one attempt; Anvil's figure.
const TIMEOUT: Duration = Duration::from_secs(45);

/// Which chain to start from, and how to ask it. Its URL may hold a key: no error and no `Debug` shows it. `anvil_nodeInfo` does, as
/// Anvil's.
#[derive(Clone, PartialEq, Eq)]
pub struct ForkConfig {
    /// URL of an Ethereum JSON-RPC endpoint, `http` or `https` (`--fork-url`).
    pub url: String,
    /// Block to start from (`--fork-block-number`); the newest if `None`.
    pub block_number: Option<u64>,
    /// The origin's chain id (`--fork-chain-id`); asked for if `None`. With it, a block number and a cache that knows the block,
    /// the node starts without the origin.
    pub chain_id: Option<u64>,
    /// Attempts after a failed request (`--retries`).
    pub retries: usize,
    /// Wait before the first repeated attempt; it doubles each time, up to a minute (`--fork-retry-backoff`).
    pub retry_backoff: Duration,
    /// Time for one attempt (`--timeout`).
    pub timeout: Duration,
    /// Headers that each request carries, name and value (`--fork-header`).
    pub headers: Vec<ForkHeader>,
    /// Folder where what was read is kept for the next start (`--fork-cache`); nothing is kept if `None`.
    pub cache_dir: Option<PathBuf>,
}

impl fmt::Debug for ForkConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, block_number, chain_id, retries, retry_backoff, timeout, headers, cache_dir } = self;
        f.debug_struct("ForkConfig")
            .field("block_number", block_number)
            .field("chain_id", chain_id)
            .field("retries", retries)
            .field("retry_backoff", retry_backoff)
            .field("timeout", timeout)
            .field("headers", headers)
            .field("cache_dir", cache_dir)
            .finish_non_exhaustive()
    }
}

/// A header of HTTP for the endpoint. Its value may be a secret: nothing shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ForkHeader {
    /// What stands before the colon.
    pub name: String,
    /// What stands after it.
    pub value: String,
}

impl fmt::Debug for ForkHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForkHeader").field("name", &self.name).finish_non_exhaustive()
    }
}

impl FromStr for ForkHeader {
    type Err = ForkError;

    /// Reads `Name: value`.
    fn from_str(text: &str) -> Result<Self, ForkError> {
        let (name, value) = text
            .split_once(':')
            .ok_or_else(|| ForkError::Header { name: String::new(), reason: "there is no colon between name and value" })?;
        Ok(Self { name: name.trim().to_owned(), value: value.trim().to_owned() })
    }
}

impl ForkConfig {
    /// Starts from the newest block of the chain at `url`, with Anvil's retries and timeout, and keeps nothing.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            block_number: None,
            chain_id: None,
            retries: RETRIES,
            retry_backoff: RETRY_BACKOFF,
            timeout: TIMEOUT,
            headers: Vec::new(),
            cache_dir: None,
        }
    }

    /// Starts from block `number`.
    #[must_use]
    pub fn block_number(mut self, number: u64) -> Self {
        self.block_number = Some(number);
        self
    }

    /// Keeps what was read in `folder`.
    #[must_use]
    pub fn cache_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(folder.into());
        self
    }
}
