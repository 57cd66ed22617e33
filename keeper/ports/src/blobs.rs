//! `Blobs`: prompts and answers by their digest. What is fetched is always checked against the digest asked for.

use alloy_primitives::{B256, hex};
use async_trait::async_trait;
use cor_errors::{Coded, Entry, table::blb};

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
}

impl Coded for BlobError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::NotFound(_) => &blb::BLOB_NOT_FOUND,
            Self::WrongBytes { .. } => &blb::WRONG_BLOB,
            Self::TooLarge { .. } => &blb::BLOB_TOO_LARGE,
            Self::Unavailable { .. } => &blb::BLOBS_UNAVAILABLE,
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
