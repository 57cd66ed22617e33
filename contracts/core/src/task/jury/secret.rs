//! A keeper's secrets: a chain of hashes, walked from its end. The keeper names x(first - 1); the secret of an epoch is the x whose hash is that of
//! the epoch before. So one word commits to the secrets of years, and each that is shown also shows those before it, and none after.

use alloy_primitives::{B256, keccak256};

use super::error::JuryError;
use crate::limits::SECRET_STEPS_MAX;

/// What is known of a chain. All zero: there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The last secret that was shown, or the anchor.
    pub head: B256,
    /// Whose epoch it is.
    pub shown: u32,
    /// The first epoch of the chain; 0 = no chain.
    pub first: u32,
}

impl Chain {
    /// A chain of which nothing was shown.
    #[must_use]
    pub const fn begin(anchor: B256, first: u32) -> Self {
        Self { head: anchor, shown: first.saturating_sub(1), first }
    }

    /// Whether the chain has a secret of the epoch.
    #[must_use]
    pub const fn covers(&self, epoch: u32) -> bool {
        self.first != 0 && self.first <= epoch
    }

    /// The secret of an epoch is shown.
    ///
    /// # Errors
    /// [`JuryError::NoSecret`], [`JuryError::SecretKnown`], [`JuryError::SecretWrong`], [`JuryError::OutOfRange`] for one that is too many steps ahead.
    pub fn show(self, epoch: u32, secret: B256) -> Result<Self, JuryError> {
        if !self.covers(epoch) {
            return Err(JuryError::NoSecret);
        }
        let steps = epoch.saturating_sub(self.shown);
        if steps == 0 {
            return Err(JuryError::SecretKnown);
        }
        if steps > SECRET_STEPS_MAX {
            let (min, max) = (self.shown.saturating_add(1), self.shown.saturating_add(SECRET_STEPS_MAX));
            return Err(JuryError::OutOfRange { field: "epoch", value: epoch.into(), min: min.into(), max: max.into() });
        }
        if back(secret, steps) == self.head {
            Ok(Self { head: secret, shown: epoch, ..self })
        } else {
            Err(JuryError::SecretWrong)
        }
    }

    /// The secret of an epoch, if it was shown, and is not further back than any dispute.
    #[must_use]
    pub fn secret(&self, epoch: u32) -> Option<B256> {
        let steps = self.shown.checked_sub(epoch).filter(|steps| *steps <= SECRET_STEPS_MAX && self.covers(epoch))?;
        Some(back(self.head, steps))
    }
}

/// So many hashes of a secret.
fn back(secret: B256, steps: u32) -> B256 {
    (0..steps).fold(secret, |secret, _| keccak256(secret))
}
