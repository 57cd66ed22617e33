//! `Signer`: signs what a miner says.

use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use cor_errors::{Coded, Entry, table::sig};

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
#[error("signing failed: {0}")]
pub struct SignerError(pub String);

impl Coded for SignerError {
    fn entry(&self) -> &'static Entry {
        &sig::SIGNING_FAILED
    }
}

/// One key.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The key's address.
    fn address(&self) -> Address;
    /// Signs a 32-byte digest: r, s, v with v 27 or 28 and low s.
    async fn sign_digest(&self, digest: B256) -> Result<[u8; 65], SignerError>;
}
