//! A private key in memory.

use alloy::{
    primitives::{Address, B256},
    signers::{SignerSync, local::PrivateKeySigner},
};
use async_trait::async_trait;
use cor_ports::{Signer, SignerError};

/// Signs with a key that this process holds.
#[derive(Clone)]
pub struct LocalSigner(PrivateKeySigner);

impl LocalSigner {
    /// A signer of this key.
    #[must_use]
    pub const fn new(key: PrivateKeySigner) -> Self {
        Self(key)
    }
}

#[async_trait]
impl Signer for LocalSigner {
    fn address(&self) -> Address {
        self.0.address()
    }

    async fn sign_digest(&self, digest: B256) -> Result<[u8; 65], SignerError> {
        let signature = self.0.sign_hash_sync(&digest).map_err(|error| SignerError(error.to_string()))?;
        Ok(signature.as_bytes())
    }
}
