//! What a command ends with if it does not succeed.

use std::path::PathBuf;

use alloy::primitives::B256;
use cor_adapters::deploy::DeployError;
use cor_anvil::NodeError;
use cor_core::task::TermsError;
use cor_edge::ServeError;
use cor_errors::{
    Coded, Entry,
    table::{cli, pool},
};
use cor_inference::{InferenceError, ModelError};
use cor_ports::{BlobError, ChainError, JournalError, RelayError, redacted};

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
    #[error("configuration: {0}")]
    Settings(Box<figment::Error>),
    #[error("{place}: not a private key of 32 bytes in hex")]
    Key { place: String },
    #[error("no private key")]
    NoKey,
    #[error("{path}: {reason}")]
    Network { path: PathBuf, reason: String },
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error("{address} is taken: another program listens there; {flag} sets the port")]
    PortInUse { address: String, flag: &'static str },
    #[error("{node} is not registered and has {} of {} of stake", crate::output::cor(*stake), crate::output::cor(*required))]
    NotStaked { node: alloy::primitives::Address, stake: alloy::primitives::U256, required: alloy::primitives::U256 },
    #[error("operator {operator} has not consented to node {node}")]
    NoConsent { operator: alloy::primitives::Address, node: alloy::primitives::Address },
    #[error(transparent)]
    Terms(#[from] TermsError),
    #[error("task {task} ended as {status}: {money}")]
    NoResult { task: B256, status: String, money: String },
    #[error("task {task} ended as {status}: {money}; its answer cannot be had: {source}")]
    AnswerUnread { task: B256, status: String, money: String, source: BlobError },
    #[error("task {task} ended as {status}; what it came to could not be read: {source}")]
    ReceiptUnread { task: B256, status: String, source: ChainError },
    #[error("task {task} is in phase {phase}, which was over at {deadline}; it was charged {charged}")]
    TaskOverdue { task: B256, phase: String, deadline: String, charged: String },
    #[error("the chain has no task {task}")]
    NoTask { task: B256 },
    #[error("the chain has no session {session}")]
    NoSession { session: u64 },
    #[error(
        "the folder {folder} is not empty, {found} is in it: a run begins a new chain, which journals of an earlier one must not meet"
    )]
    FolderNotEmpty { folder: PathBuf, found: String },
    #[error("the prompt is empty")]
    EmptyPrompt,
    #[error("session {session} belongs to {owner}, and the key that is used is that of {account}")]
    OthersSession { session: u64, owner: alloy::primitives::Address, account: alloy::primitives::Address },
    #[error("stopped; task {task} goes on")]
    Stopped { task: B256 },
    #[error("stopped while task {task} was submitted: it may be on the chain, or not")]
    StoppedSubmitting { task: B256 },
    #[error("{source}; task {task} may be on the chain, or not")]
    SubmissionUnclear { task: B256, source: ChainError },
    #[error("{call} is done; how task {task} stands then could not be read: {source}")]
    CloseUnread { call: &'static str, task: B256, source: Box<CliError> },
    #[error("{source}; task {task} is on the chain and goes on")]
    TaskGoesOn { task: B256, source: Box<CliError> },
    #[error("{amount} left the lane, and could not be moved from the vault to the wallet: {source}")]
    LeftInVault { amount: String, source: ChainError },
    #[error("the result cannot be printed: {source}; it is {result}")]
    Unprinted { result: String, source: std::io::Error },
    #[error("{value:?} is not an address: {reason}")]
    Address { value: String, reason: &'static str },
    #[error("{:?} is not a usable URL: {reason}", redacted(value))]
    Url { value: String, reason: String },
    #[error("{value:?} is not an amount of COR")]
    Amount { value: String },
    #[error("{value:?} is no whole number of grains of 0.000000001 COR, or more of them than 64 bits hold")]
    NotWholeGrains { value: String },
    #[error("{value:?} is not the id of a task: it has not 32 bytes in hex")]
    Task { value: String },
    #[error("child process {name} ended with {status}; its log is {log}{tail}")]
    Child { name: String, status: String, log: PathBuf, tail: String },
    #[error("{what} did not happen within {waited_secs} s; the logs are in {logs}")]
    Timeout { what: String, waited_secs: u64, logs: PathBuf },
    #[error("the balances do not add up: the supply is {supply} wei, what was found is {found} wei")]
    NotConserved { supply: alloy::primitives::U256, found: alloy::primitives::U256 },
    #[error("the task should have ended as {expected} and ended as {found}")]
    DrillFailed { expected: String, found: String },
    #[error("the prompt on standard input cannot be read: {0}")]
    Prompt(#[source] std::io::Error),
    #[error("{found} at {}; --openai-model {example} names one", redacted(url))]
    ModelChoice { url: String, found: String, example: String },
    #[error("{argument}: {message}")]
    Argument { argument: String, message: String, entry: &'static Entry },
    /// In the parser's words.
    #[error("{0}")]
    Usage(String),
}

impl Coded for CliError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Chain(error) => error.entry(),
            Self::Deploy(error) => error.entry(),
            Self::Node(error) => error.entry(),
            Self::Inference(error) => error.entry(),
            Self::Model(error) => error.entry(),
            Self::Blob(error) => error.entry(),
            Self::Relay(error) => error.entry(),
            Self::Journal(error) => error.entry(),
            Self::Serve(error) => error.entry(),
            Self::Settings(_) => &cli::SETTINGS,
            Self::Key { .. } => &cli::INVALID_KEY,
            Self::NoKey => &cli::NO_KEY,
            Self::Network { .. } => &cli::NETWORK_FILE,
            Self::Io { .. } => &cli::FILE_IO,
            Self::PortInUse { .. } => &cli::PORT_TAKEN,
            Self::NotStaked { .. } => &cli::NODE_NOT_STAKED,
            Self::NoConsent { .. } => &pool::CONSENT_MISSING,
            Self::NoResult { .. } => &cli::TASK_WITHOUT_RESULT,
            Self::AnswerUnread { source: BlobError::NotFound(_), .. } => &cli::ANSWER_NOT_KEPT,
            Self::AnswerUnread { source, .. } => source.entry(),
            Self::TaskOverdue { .. } => &cli::TASK_OVERDUE,
            Self::FolderNotEmpty { .. } => &cli::FOLDER_NOT_EMPTY,
            Self::EmptyPrompt => &cli::EMPTY_PROMPT,
            Self::OthersSession { .. } => &cli::OTHERS_SESSION,
            Self::Stopped { .. } => &cli::STOPPED_WAITING,
            Self::StoppedSubmitting { .. } => &cli::STOPPED_SUBMITTING,
            Self::TaskGoesOn { source, .. } | Self::CloseUnread { source, .. } => source.entry(),
            Self::SubmissionUnclear { source, .. } | Self::ReceiptUnread { source, .. } => source.entry(),
            Self::LeftInVault { .. } => &cli::LEFT_IN_VAULT,
            Self::Terms(error) => error.entry(),
            Self::NoTask { .. } => &cli::NO_TASK,
            Self::NoSession { .. } => &cli::NO_SESSION,
            Self::Unprinted { .. } => &cli::UNPRINTED,
            Self::Address { .. } => &cli::INVALID_ADDRESS,
            Self::Url { .. } => &cli::INVALID_URL,
            Self::Amount { .. } => &cli::INVALID_AMOUNT,
            Self::NotWholeGrains { .. } => &cli::NOT_WHOLE_GRAINS,
            Self::Task { .. } => &cli::INVALID_TASK,
            Self::Child { .. } => &cli::CHILD_ENDED,
            Self::Timeout { .. } => &cli::CHILD_TIMEOUT,
            Self::NotConserved { .. } => &cli::NOT_CONSERVED,
            Self::DrillFailed { .. } => &cli::DRILL_FAILED,
            Self::Prompt(_) => &cli::PROMPT_UNREADABLE,
            Self::ModelChoice { .. } => &cli::MODEL_CHOICE,
            Self::Argument { entry, .. } => entry,
            Self::Usage(_) => &cli::WRONG_USAGE,
        }
    }
}

impl CliError {
    /// The process's exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        self.entry().exit.number()
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
