//! Why a verified model file cannot be run.

use std::{io, path::PathBuf};

use cor_errors::{Coded, Entry, table::inf};

/// Why a verified model file cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read model file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The content is not GGUF, or not whole.
    #[error("model file {} is not a usable GGUF file: {source}", path.display())]
    BadGguf {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: Box<candle_core::Error>,
    },
    /// The engine runs another family of models.
    #[error("model file {} has the architecture `{found}`, the embedded engine runs `{supported}`", path.display())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// `general.architecture` of the file.
        found: String,
        /// What the engine runs.
        supported: &'static str,
    },
    /// The tokenizer in the file is of another kind.
    #[error("model file {} has a tokenizer that the embedded engine does not know: {reason}", path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What is missing or different.
        reason: String,
    },
    /// The system gave no thread for the engine.
    #[error("cannot start the engine's threads: {reason}")]
    Threads {
        /// What the system said.
        reason: String,
    },
    /// A thread of this program panicked.
    #[error("loading the model was aborted: {source}")]
    Aborted {
        /// What the runtime said.
        #[from]
        source: tokio::task::JoinError,
    },
}

impl Coded for LoadError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Read { .. } => &inf::MODEL_READ,
            Self::BadGguf { .. } => &inf::BAD_GGUF,
            Self::Architecture { .. } => &inf::MODEL_ARCHITECTURE,
            Self::Tokenizer { .. } => &inf::MODEL_TOKENIZER,
            Self::Threads { .. } => &inf::ENGINE_THREADS,
            Self::Aborted { .. } => &inf::LOAD_ABORTED,
        }
    }
}
