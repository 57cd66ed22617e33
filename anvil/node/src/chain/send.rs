//! Sending: a transaction is made or checked on a thread for calls, and then takes its turn with those that make blocks.

use alloy_primitives::TxHash;
use alloy_rpc_types::TransactionRequest;

use super::{Chain, blocks::Tx, error::ChainError, read::Made};

impl Chain {
    /// Takes a transaction in; with automine, a block with it exists when this returns.
    ///
    /// # Errors
    /// [`ChainError::Tx`] if the transaction is not acceptable.
    pub fn submit(&self, tx: Tx) -> Result<TxHash, ChainError> {
        self.on_writer(move |chain| chain.writer().submit(Made::signed(tx)))
    }

    /// Fills in what is missing, signs for an account of the node or pretends to for an impersonated one, and submits.
    ///
    /// # Errors
    /// [`ChainError::NoSigner`] for any other account; as [`Chain::estimate_gas`] and [`Chain::submit`].
    pub fn send(&self, request: TransactionRequest) -> Result<TxHash, ChainError> {
        let made = self.on_reader(move |chain| chain.make_here(request))?;
        self.on_writer(move |chain| chain.writer().submit(made))
    }

    /// As [`send`](Self::send) under the nonce rule the node was started with, without blocking the caller's thread.
    pub(crate) async fn send_async(&self, request: TransactionRequest) -> Result<TxHash, ChainError> {
        let made = self.read_async(move |chain| chain.make_here(request)).await?;
        self.sequence(made).await
    }

    /// Submits in the name of any account, impersonated or not (`eth_sendUnsignedTransaction`).
    pub(crate) async fn send_unsigned_async(&self, request: TransactionRequest) -> Result<TxHash, ChainError> {
        let made = self.read_async(move |chain| chain.make_unsigned_here(request)).await?;
        self.sequence(made).await
    }
}
