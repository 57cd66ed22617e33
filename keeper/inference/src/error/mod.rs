//! What can keep a backend from opening, and who has to act on it.

mod load;

use cor_errors::{Coded, Entry};

pub use self::load::LoadError;
use crate::{ModelError, OpenError, ThreadsError};

/// Why no backend could be opened.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The model file could not be had.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model file is there but the engine cannot run it.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The engine's threads are fixed at another number.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// The server cannot be used.
    #[error(transparent)]
    OpenAi(#[from] OpenError),
}

impl InferenceError {
    fn inner(&self) -> &dyn Coded {
        match self {
            Self::Model(error) => error,
            Self::Load(error) => error,
            Self::Threads(error) => error,
            Self::OpenAi(error) => error,
        }
    }
}

impl Coded for InferenceError {
    fn entry(&self) -> &'static Entry {
        self.inner().entry()
    }
}
