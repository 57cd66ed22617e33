//! `Blobs`: prompts and answers by their digest. What is fetched is always checked against the digest asked for.

use alloy_primitives::{B256, hex};
use async_trait::async_trait;
use cor_errors::{
    Coded, Entry,
    table::{blb, rly},
};

use crate::{Refusal, redacted};

/// Largest blob, bytes. A prompt that fills the default model's context is about 30 KB; a megabyte leaves room for larger
/// models, and the 256 blobs that a keeper has in flight still fit into a small machine.
pub const BLOB_BYTES_MAX: usize = 1 << 20;

const URN_PREFIX: &str = "urn:cor:blob:";

/// The name under which a digest's bytes are found.
#[must_use]
pub fn urn_of(digest: B256) -> String {
    format!("{URN_PREFIX}{}", hex::encode(digest))
}

/// The digest that a name stands for, `None` if it is not one of our names.
#[must_use]
pub fn parse_urn(urn: &str) -> Option<B256> {
    urn.strip_prefix(URN_PREFIX)?.parse().ok()
}

/// Why a blob could not be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Nobody has it.
    #[error("blob {0} is not there")]
    NotFound(B256),
    /// What came does not hash to what was asked for.
    #[error("blob {asked}: the bytes that came hash to {found}")]
    WrongBytes {
        /// Wanted.
        asked: B256,
        /// Got.
        found: B256,
    },
    /// Too large.
    #[error("a blob of {bytes} bytes exceeds the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Storage or network failed.
    #[error("blob store {place}: {reason}")]
    Unavailable {
        /// Folder or URL.
        place: String,
        /// What went wrong.
        reason: String,
    },
    /// The keeper cannot serve it now.
    #[error("keeper {} answered with status {status}: {excerpt}{}", redacted(endpoint), request(refusal.as_deref()))]
    Busy {
        /// URL.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// What it says, cut.
        excerpt: String,
        /// The same as a keeper says it, if a keeper does.
        refusal: Option<Box<Refusal>>,
    },
    /// The keeper refused it.
    #[error("keeper {} refused the blob: {}{}", redacted(endpoint), refusal.message, request(Some(refusal)))]
    Refused {
        /// URL.
        endpoint: String,
        /// The keeper's words.
        refusal: Box<Refusal>,
    },
    /// What answers is no keeper, or not at this path.
    #[error("{} answered with status {status}, and not as a keeper does: {excerpt}", redacted(endpoint))]
    Unexpected {
        /// URL.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// What it says, cut.
        excerpt: String,
    },
}

/// The request's id: whoever runs the keeper finds the rest of it in the log.
fn request(refusal: Option<&Refusal>) -> String {
    let id = refusal.map(|refusal| &*refusal.request_id).filter(|id| !id.is_empty());
    id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

impl BlobError {
    /// What the keeper itself says.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Busy { refusal, .. } => refusal.as_deref(),
            Self::NotFound(_)
            | Self::WrongBytes { .. }
            | Self::TooLarge { .. }
            | Self::Unavailable { .. }
            | Self::Unexpected { .. } => None,
        }
    }
}

impl Coded for BlobError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::NotFound(_) => &blb::BLOB_NOT_FOUND,
            Self::WrongBytes { .. } => &blb::WRONG_BLOB,
            Self::TooLarge { .. } => &blb::BLOB_TOO_LARGE,
            Self::Unavailable { .. } | Self::Busy { .. } => &blb::BLOBS_UNAVAILABLE,
            Self::Refused { .. } => &blb::BLOB_REFUSED,
            Self::Unexpected { .. } => &rly::UNEXPECTED_REPLY,
        }
    }
}

/// Content-addressed bytes.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Keeps bytes; the digest is their keccak256. Keeping the same bytes twice is fine.
    async fn put(&self, bytes: &[u8]) -> Result<B256, BlobError>;
    /// Bytes of a digest, checked.
    async fn get(&self, digest: B256) -> Result<Vec<u8>, BlobError>;
}
