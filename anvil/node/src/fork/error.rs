//! Why the chain that was forked gave no answer.

use std::{error::Error, io};

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
    /// The URL is not that of an endpoint.
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
    /// The endpoint did not answer, but the cache knows enough to start without it.
    #[error("FORK-009: the endpoint did not answer, but a block was kept at an earlier start: to start without it give {} ({source})", flags(.kept))]
    Kept {
        /// Why the endpoint did not answer.
        source: Box<Self>,
        /// Chain id and block of each fork that is kept and fits the request.
        kept: Vec<(u64, u64)>,
    },
    /// A header for the endpoint that HTTP does not allow. Its value may be a secret, and is not shown.
    #[error("FORK-008: {name:?} is no header of HTTP: {reason}; give one like \"Authorization: Bearer 123\"")]
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
