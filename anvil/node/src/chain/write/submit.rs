//! Transactions coming in.

use std::sync::Arc;

use alloy_consensus::Transaction as _;
use alloy_primitives::TxHash;

use super::Writer;
use crate::{
    chain::{
        blocks::{TxRules, check_form, check_sender},
        error::{ChainError, TxError},
        read::Made,
        store::Shared,
    },
    config::Mining,
};

impl Writer<'_> {
    /// Takes a transaction in; with automine, a block with it exists when this returns. `impersonated` transactions may come from
    /// contracts.
    ///
    /// # Errors
    /// [`ChainError::Tx`] if the transaction is not acceptable.
    pub(crate) fn submit(&self, made: Made) -> Result<TxHash, ChainError> {
        let (hash, sender) = (*made.tx.tx_hash(), made.tx.signer());
        // Asks the origin of a forked chain before readers are locked out.
        self.reader.head().state.account(sender)?;
        admit(&mut self.token.change(), made, self.reader.config().nitro_sequencer)?;
        self.token.announce_pending(hash);
        if matches!(self.reader.mining(), Mining::Auto | Mining::Mixed(_)) {
            self.mine_ready_of(sender, hash)?;
        }
        Ok(hash)
    }
}

fn admit(shared: &mut Shared, Made { tx, impersonated }: Made, sequencer: bool) -> Result<(), ChainError> {
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
