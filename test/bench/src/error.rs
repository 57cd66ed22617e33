//! What ends a run.

use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

use cor_errors::{Coded, Entry, table::bench};

use crate::part::Part;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("{} did not start: {source}", path.display())]
    Start { path: PathBuf, source: io::Error },
    #[error("{name} did not answer within {within:?}")]
    Silent { name: &'static str, within: Duration },
    #[error("the connection failed: {0}")]
    Connection(#[source] io::Error),
    #[error("{method} was not answered with JSON: {source}")]
    NoJson { method: &'static str, source: serde_json::Error },
    #[error("{method} was refused: {error}")]
    Refused { method: &'static str, error: String },
    #[error("{name} took {got} of {sent} transactions within {within:?}")]
    Lost { name: &'static str, sent: u64, got: u64, within: Duration },
    #[error("{what} came out as {got}, not as {expected}: what was measured is not the same")]
    Different { what: String, got: String, expected: String },
    #[error("cannot read {}: {source}", path.display())]
    Program { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Chain(String),
    #[error(transparent)]
    Request(#[from] cor_anvil::chain::ChainError),
    #[error(transparent)]
    Node(#[from] cor_anvil::NodeError),
    #[error("{part:?} was not done within {within:?}")]
    Late { part: Part, within: Duration },
    #[error("{name} ended with {status} before it answered")]
    Ended { name: &'static str, status: ExitStatus },
    #[error("stopped before it was done")]
    Stopped,
    #[error("no folder or file for what is kept meanwhile: {0}")]
    Scratch(#[source] io::Error),
}

impl Coded for BenchError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Start { .. } => &bench::BENCH_START,
            Self::Silent { .. } => &bench::BENCH_SILENT,
            Self::Connection(_) => &bench::BENCH_CONNECTION,
            Self::NoJson { .. } => &bench::BENCH_NO_JSON,
            Self::Refused { .. } => &bench::BENCH_REFUSED,
            Self::Lost { .. } => &bench::BENCH_LOST,
            Self::Different { .. } => &bench::BENCH_DIFFERENT,
            Self::Program { .. } => &bench::BENCH_PROGRAM,
            Self::Chain(_) => &bench::BENCH_CHAIN,
            Self::Request(error) => error.entry(),
            Self::Node(error) => error.entry(),
            Self::Late { .. } => &bench::BENCH_LATE,
            Self::Ended { .. } => &bench::BENCH_ENDED,
            Self::Stopped => &bench::BENCH_STOPPED,
            Self::Scratch(_) => &bench::BENCH_SCRATCH,
        }
    }
}
