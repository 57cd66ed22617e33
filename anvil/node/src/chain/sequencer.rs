//! The nonce rule of a Nitro sequencer: there is no pool, so a nonce that is ahead is held for a moment and then refused.

use std::time::Duration;

use alloy_consensus::Transaction as _;
use alloy_primitives::TxHash;
use tokio::sync::broadcast::error::RecvError;

use super::{Chain, blocks::Tx, error::ChainError, read::Made, store::ChainEvent};

/// How long Nitro's sequencer holds a transaction whose nonce is ahead (`--node.sequencer.nonce-failure-cache-expiry`).
const NONCE_AHEAD_HOLD: Duration = Duration::from_secs(1);

impl Chain {
    /// Takes a transaction in, whoever made it, under the nonce rule the node was started with. Does not block the thread.
    pub(crate) async fn sequence(&self, made: Made) -> Result<TxHash, ChainError> {
        if self.config().nitro_sequencer {
            self.hold_while_ahead(&made.tx).await?;
        }
        self.write_async(move |chain| chain.writer().submit(made)).await
    }

    /// Waits until the transaction's nonce is the next one, or the time is up; admission decides then.
    async fn hold_while_ahead(&self, tx: &Tx) -> Result<(), ChainError> {
        let clock = self.config().clock.clone();
        let mut events = self.subscribe();
        let mut expired = clock.wait_until(clock.now().saturating_add(NONCE_AHEAD_HOLD));
        let sender = tx.signer();
        while self.read_async(move |chain| chain.nonce(sender)).await? < tx.nonce() {
            tokio::select! {
                () = &mut expired => return Ok(()),
                event = events.recv() => match event {
                    Ok(ChainEvent::Block(_) | ChainEvent::Removed(_) | ChainEvent::Pending(_)) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Ok(()),
                },
            }
        }
        Ok(())
    }
}
