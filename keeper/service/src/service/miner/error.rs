//! Why a step could not be taken.

use alloy_primitives::B256;
use cor_errors::{Coded, Entry, table::mnr};
use cor_ports::{BackendError, BlobError, ChainError, JournalError, SignerError};

/// Why a step could not be taken. It is tried again while its phase lasts, unless nothing can change by that.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Signer(#[from] SignerError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the prompt of task {0} is not UTF-8 text")]
    PromptNotText(B256),
    #[error("task {task} wants an answer of kind {kind}, which this miner does not serve")]
    KindNotServed { task: B256, kind: u8 },
    #[error("the prompt's name {urn} of task {task} does not carry the digest {digest} of the task")]
    WrongUrn { task: B256, urn: String, digest: B256 },
}

impl StepError {
    /// The keeper's own code, if a keeper gave one.
    pub(super) fn keeper_code(&self) -> Option<&str> {
        match self {
            Self::Blob(error) => error.refusal().map(|said| &*said.code),
            _ => None,
        }
    }

    /// Whether it is the task itself that cannot be served: trying again cannot help.
    pub(super) const fn is_final(&self) -> bool {
        match self {
            Self::Backend(error) => matches!(error, BackendError::ContextExceeded { .. }),
            Self::PromptNotText(_) | Self::KindNotServed { .. } | Self::WrongUrn { .. } => true,
            Self::Chain(_) | Self::Blob(_) | Self::Signer(_) | Self::Journal(_) => false,
        }
    }
}

impl Coded for StepError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Chain(error) => error.entry(),
            Self::Blob(error) => error.entry(),
            Self::Backend(error) => error.entry(),
            Self::Signer(error) => error.entry(),
            Self::Journal(error) => error.entry(),
            Self::PromptNotText(_) => &mnr::PROMPT_NOT_TEXT,
            Self::KindNotServed { .. } => &mnr::ANSWER_KIND_NOT_SERVED,
            Self::WrongUrn { .. } => &mnr::WRONG_PROMPT_NAME,
        }
    }
}
