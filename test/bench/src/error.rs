//! What ends a run.

use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

use crate::part::Part;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("BENCH-001: {} did not start: {source}; next: build it, or install it with `npm ci` in test/foreign", path.display())]
    Start { path: PathBuf, source: io::Error },
    #[error("BENCH-002: {name} did not answer within {within:?}; next: start it by hand and read what it says")]
    Silent { name: &'static str, within: Duration },
    #[error("BENCH-003: the connection failed: {0}; next: see whether the node still runs")]
    Connection(#[source] io::Error),
    #[error("BENCH-004: {method} was not answered with JSON: {source}")]
    NoJson { method: &'static str, source: serde_json::Error },
    #[error("BENCH-005: {method} was refused: {error}")]
    Refused { method: &'static str, error: String },
    #[error(
        "BENCH-006: {name} took {got} of {sent} transactions within {within:?}; next: measure when the machine does less else"
    )]
    Lost { name: &'static str, sent: u64, got: u64, within: Duration },
    #[error("BENCH-007: {what} came out as {got}, not as {expected}: what was measured is not the same")]
    Different { what: String, got: String, expected: String },
    #[error("BENCH-008: cannot read {}: {source}; next: `cargo xtask bench chain` builds it", path.display())]
    Program { path: PathBuf, source: io::Error },
    #[error("BENCH-009: {0}")]
    Chain(String),
    #[error("BENCH-010: {part:?} was not done within {within:?}; next: measure when the machine does less else, or with --quick")]
    Late { part: Part, within: Duration },
    #[error("BENCH-011: {name} ended with {status} before it answered; next: start it by hand and read what it says")]
    Ended { name: &'static str, status: ExitStatus },
    #[error("BENCH-012: stopped before it was done; what was started has been ended")]
    Stopped,
    #[error("BENCH-013: no folder or file for what is kept meanwhile: {0}; next: make room in the folder for temporary files")]
    Scratch(#[source] io::Error),
}

impl From<cor_anvil::chain::ChainError> for BenchError {
    fn from(error: cor_anvil::chain::ChainError) -> Self {
        Self::Chain(error.to_string())
    }
}

impl From<cor_anvil::NodeError> for BenchError {
    fn from(error: cor_anvil::NodeError) -> Self {
        Self::Chain(error.to_string())
    }
}
