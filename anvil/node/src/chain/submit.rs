//! Transactions coming in.

use std::sync::Arc;

use alloy_consensus::{Transaction as _, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, TxHash};

use super::{
    Chain, ChainError, ChainEvent, Shared, Tx, TxError,
    tx::{TxRules, check_form, check_sender},
};
use crate::config::Mining;

impl Chain {
    /// Decodes a raw transaction and finds its sender.
    ///
    /// # Errors
    /// [`ChainError::Invalid`] if the bytes are no transaction, [`TxError::InvalidSignature`] if nobody signed it.
    pub fn decode_raw(&self, raw: &[u8]) -> Result<Tx, ChainError> {
        let mut rest = raw;
        let tx = TxEnvelope::decode_2718(&mut rest).map_err(|error| ChainError::Undecodable(error.to_string()))?;
        if !rest.is_empty() {
            return Err(ChainError::Undecodable(format!("{} bytes after the transaction", rest.len())));
        }
        let sender = tx.recover_signer().map_err(|_| TxError::InvalidSignature)?;
        Ok(Tx::new_unchecked(tx, sender))
    }

    /// Takes a transaction in; with automine, a block with it exists when this returns.
    ///
    /// # Errors
    /// [`ChainError::Tx`] if the transaction is not acceptable.
    pub fn submit(&self, tx: Tx) -> Result<TxHash, ChainError> {
        self.on_writer(move |chain| chain.submit_here(tx, false))
    }

    /// As [`submit`](Self::submit), on the present thread. `impersonated` transactions may come from contracts.
    pub(crate) fn submit_here(&self, tx: Tx, impersonated: bool) -> Result<TxHash, ChainError> {
        let (hash, sender) = (*tx.tx_hash(), tx.signer());
        let writer = self.write();
        // Asks the origin of a forked chain before readers are locked out.
        self.head().state.account(sender)?;
        admit(&mut self.inner.shared.write(), tx, impersonated, self.config().nitro_sequencer)?;
        self.announce_pending(hash);
        if matches!(self.mining(), Mining::Auto | Mining::Mixed(_)) {
            self.mine_ready_of(&writer, sender, hash)?;
        }
        Ok(hash)
    }

    fn announce_pending(&self, hash: TxHash) {
        self.inner.filters.lock().note_pending(hash);
        // Nobody listening is fine.
        let _ = self.inner.events.send(ChainEvent::Pending(hash));
    }

    /// The next nonce of `address`, counting what waits in the pool if `pending`.
    pub(crate) fn pending_nonce(&self, address: Address) -> Result<u64, ChainError> {
        let shared = self.inner.shared.read();
        let state = shared.ledger.head().state;
        Ok(shared.pool.next_nonce(address, state.nonce(address)?))
    }
}

fn admit(shared: &mut Shared, tx: Tx, impersonated: bool, sequencer: bool) -> Result<(), ChainError> {
    let rules = TxRules {
        exec: shared.rules.exec,
        base_fee: shared.rules.base_fee,
        block_gas_limit: shared.rules.block_gas_limit,
        impersonated,
    };
    if shared.pool.get(tx.tx_hash()).is_some() || shared.ledger.transaction(*tx.tx_hash()).is_some() {
        return Err(TxError::AlreadyKnown.into());
    }
    check_form(&tx, &rules)?;
    let state = shared.ledger.head().state;
    check_sender(&tx, &state, &rules)?;
    if sequencer {
        let (got, next) = (tx.nonce(), state.nonce(tx.signer())?);
        if got > next {
            return Err(TxError::NonceTooHigh { sender: tx.signer(), next, got }.into());
        }
    }
    Ok(shared.pool.insert(Arc::new(tx))?)
}
