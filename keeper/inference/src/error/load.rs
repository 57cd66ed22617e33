//! Why a verified model file cannot be run.

use std::{io, path::PathBuf};

use cor_keeper::ports::ErrorClass;

/// Why a verified model file cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("INF-120 cannot read model file {}: {source}; check its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The content is not GGUF, or not whole.
    #[error("INF-121 model file {} is not a usable GGUF file: {source}; delete it to have it fetched again", path.display())]
    BadGguf {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: Box<candle_core::Error>,
    },
    /// The engine runs another family of models.
    #[error("INF-122 model file {} has the architecture `{found}`, the embedded engine runs `{supported}`; serve it by an OpenAI-compatible server instead", path.display())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// `general.architecture` of the file.
        found: String,
        /// What the engine runs.
        supported: &'static str,
    },
    /// The tokenizer in the file is of another kind.
    #[error("INF-123 model file {} has a tokenizer that the embedded engine does not know: {reason}; serve it by an OpenAI-compatible server instead", path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What is missing or different.
        reason: String,
    },
    /// The system gave no thread for the engine.
    #[error("INF-124 cannot start the engine's threads: {reason}; raise the limit of processes, or configure fewer threads")]
    Threads {
        /// What the system said.
        reason: String,
    },
    /// A thread of this program panicked.
    #[error("INF-125 loading the model was aborted: {source}; please report this")]
    Aborted {
        /// What the runtime said.
        #[from]
        source: tokio::task::JoinError,
    },
}

impl LoadError {
    /// Who has to act.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Read { .. } | Self::Threads { .. } => ErrorClass::Caller,
            Self::BadGguf { .. } | Self::Architecture { .. } | Self::Tokenizer { .. } => ErrorClass::Peer,
            Self::Aborted { .. } => ErrorClass::Bug,
        }
    }
}
