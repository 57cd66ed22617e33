//! What a command ends with if it does not succeed.

use std::path::PathBuf;

use cor_adapters::deploy::DeployError;
use cor_anvil::NodeError;
use cor_edge::ServeError;
use cor_inference::{InferenceError, ModelError};
use cor_ports::{BlobError, ChainError, JournalError, RelayError};

/// Exit code: the chain, the network or a peer refused.
const REFUSED: u8 = 1;
/// Exit code: wrong usage.
const USAGE: u8 = 2;
/// Exit code: configuration, keys or files.
const CONFIGURATION: u8 = 3;
/// Exit code: a task ended without a result.
const NO_RESULT: u8 = 4;

/// Any failure of a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Deploy(#[from] DeployError),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Inference(#[from] InferenceError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("CLI-001 configuration: {0}")]
    Settings(Box<figment::Error>),
    #[error("CLI-002 {place}: not a private key of 32 bytes in hex; set COR_KEY, or --key-file to a file that holds one")]
    Key { place: String },
    #[error("CLI-003 no private key: set COR_KEY, or --key-file to a file that holds one")]
    NoKey,
    #[error(
        "CLI-004 {path}: {reason}; `cor deploy` writes this file; `cor dev` prints where it writes its own: name that with --network or COR_NETWORK"
    )]
    Network { path: PathBuf, reason: String },
    #[error("CLI-005 {what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error("CLI-006 {address} is taken: another program listens there; stop it, or choose another port with {flag}")]
    PortInUse { address: String, flag: &'static str },
    #[error(
        "CLI-007 {node} is not registered and has {stake} of {required} wei of stake; run `cor stake node` with its key first"
    )]
    NotStaked { node: alloy::primitives::Address, stake: alloy::primitives::U256, required: alloy::primitives::U256 },
    #[error("CLI-008 task {task_id} ended as {status}; `cor explain {task_id}` tells why")]
    NoResult { task_id: u64, status: String },
    #[error("CLI-009 {value:?} is not an amount of COR: give a number with at most 18 decimals, e.g. 12.5")]
    Amount { value: String },
    #[error("CLI-010 child process {name} ended with {status}; its log is {log}{tail}")]
    Child { name: String, status: String, log: PathBuf, tail: String },
    #[error("CLI-011 {what} did not happen within {waited_secs} s; look at the logs in {logs}")]
    Timeout { what: String, waited_secs: u64, logs: PathBuf },
    #[error("CLI-012 the balances do not add up: the supply is {supply} wei, what was found is {found} wei")]
    NotConserved { supply: alloy::primitives::U256, found: alloy::primitives::U256 },
    #[error("CLI-013 the task should have ended as {expected} and ended as {found}; look at its receipt above")]
    DrillFailed { expected: String, found: String },
    #[error("CLI-014 the prompt on standard input cannot be read: {0}; it must be text in UTF-8")]
    Prompt(#[source] std::io::Error),
    #[error("CLI-015 {found} at {url}; name the model to use with --openai-model {example}")]
    ModelChoice { url: String, found: String, example: String },
}

impl CliError {
    /// The process's exit code.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Amount { .. } => USAGE,
            Self::Settings(_)
            | Self::Key { .. }
            | Self::NoKey
            | Self::Network { .. }
            | Self::Io { .. }
            | Self::PortInUse { .. }
            | Self::Prompt(_)
            | Self::ModelChoice { .. }
            | Self::Node(_)
            | Self::Model(_)
            | Self::Inference(InferenceError::Model(_) | InferenceError::Load(_) | InferenceError::Threads(_))
            | Self::Deploy(DeployError::Code(_))
            | Self::Journal(_) => CONFIGURATION,
            Self::NoResult { .. } => NO_RESULT,
            _ => REFUSED,
        }
    }

    /// An IO error with what was being done.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl From<figment::Error> for CliError {
    fn from(error: figment::Error) -> Self {
        Self::Settings(Box::new(error))
    }
}
