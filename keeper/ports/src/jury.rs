//! `Jury`: who must serve a task, as keeper and miner see it; the draw, and a keeper's secrets, by the formulas of `cor_core`.

use alloy_primitives::{Address, B256, keccak256};
use async_trait::async_trait;
use cor_core::limits::SECRET_STEPS_MAX;
pub use cor_core::task::jury::{Chain as ShownChain, Slot, Standing, Times};
use cor_core::task::jury::{JuryError, draw};

use crate::chain::ChainError;
use crate::domain::{SentCall, TaskAt, TaskRecord};
use crate::{Signer, SignerError};

/// Secrets of a keeper's chain: half a year of epochs of a minute, five years of ten minutes.
pub const SECRETS: u32 = 262_144;
/// Secrets from one that is kept to the next. Smaller: more memory. Larger: more hashes for each that is asked for.
const SECRETS_APART: u32 = 512;

/// Where a keeper stands with the jury.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeeperRecord {
    /// Whether it serves.
    pub standing: Standing,
    /// From when on one that is proposed may enrol, seconds since 1970.
    pub enrols_at: u64,
    /// From when on the bond of one that leaves is free, seconds since 1970.
    pub free_at: u64,
    /// What is known of its secrets.
    pub shown: ShownChain,
}

/// A slot of a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RosterSlot {
    /// Who can be drawn by it, and in which epochs.
    pub slot: Slot,
    /// Who ran the node when it came in.
    pub operator: Address,
}

/// A node and a model's roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RosterEntry {
    /// Whether it is in the roster, or will be from the next epoch on, and does not leave.
    pub is_in: bool,
    /// The slot that it has, or had last.
    pub slot: u32,
    /// The first epoch in which it can be in it again.
    pub barred_until: u32,
}

/// A summons of a node to a task by one keeper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summons {
    /// Until when the node may be sure to be heard, seconds since 1970; `None` if that keeper did not summon it.
    pub answer_by: Option<u64>,
    /// Whether it said that it is there for the task, to whichever keeper.
    pub is_present: bool,
    /// Whether that keeper found it absent.
    pub is_absent: bool,
}

/// A transaction for the jury.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JuryCall {
    /// Brings a node into a model's roster from the next epoch on.
    Enter {
        /// Who.
        node: Address,
        /// The model.
        model: u64,
        /// The epoch in which it was decided: each entry is an effect of its own.
        epoch: u32,
    },
    /// Asks on chain for a node that does not answer. By a keeper that serves.
    Summon {
        /// Task.
        task: TaskAt,
        /// Whom.
        node: Address,
        /// Its slot.
        slot: u32,
    },
    /// Says that the calling node is there for a task.
    Present {
        /// Task.
        task: B256,
        /// Who.
        node: Address,
    },
    /// Finds a summoned node absent. By the keeper that summoned it.
    Dismiss {
        /// Task.
        task: TaskAt,
        /// Whom.
        node: Address,
    },
    /// Shows the secret of an epoch that has ended, and with it those before it.
    Reveal {
        /// Whose.
        keeper: Address,
        /// The epoch.
        epoch: u32,
        /// Its secret.
        secret: B256,
    },
}

impl JuryCall {
    /// Names the call's effect, as [`crate::domain::LaneCall::effect_key`] does.
    #[must_use]
    pub fn effect_key(&self) -> String {
        match self {
            Self::Enter { node, model, epoch } => format!("jury/enter/{node}/{model}/{epoch}"),
            Self::Summon { task, node, .. } => format!("task/{}/summon/{node}", task.id),
            Self::Present { task, node } => format!("task/{task}/present/{node}"),
            Self::Dismiss { task, node } => format!("task/{}/dismiss/{node}", task.id),
            Self::Reveal { keeper, epoch, .. } => format!("jury/reveal/{keeper}/{epoch}"),
        }
    }
}

/// The contract, read and written with one key.
#[async_trait]
pub trait Jury: Send + Sync {
    /// Its address.
    fn jury(&self) -> Address;
    /// What it was constructed with. It never changes.
    async fn times(&self) -> Result<Times, ChainError>;
    /// A keeper, as the block of this number tells it; `None`: as the last one does that the node has. For a draw the block is not before the task's submission: a
    /// node that lags may not know of a renewal, and a crew that is drawn by the chain of before costs the bond.
    async fn keeper(&self, keeper: Address, block: Option<u64>) -> Result<KeeperRecord, ChainError>;
    /// How many slots a model's roster had in an epoch, as the block of this number or a later one tells it: a node that lags behind a submission may not know of all who came
    /// into its roster, and a keeper that believed it would bring another crew.
    async fn roster_length(&self, model: u64, epoch: u32, block: u64) -> Result<u32, ChainError>;
    /// A slot of a model's roster, as [`Jury::roster_length`]; `None` if there is none of that number.
    async fn roster_slot(&self, model: u64, slot: u32, block: u64) -> Result<Option<RosterSlot>, ChainError>;
    /// A node and a model's roster.
    async fn roster_entry(&self, node: Address, model: u64) -> Result<RosterEntry, ChainError>;
    /// A node's summons to a task by a keeper.
    async fn summons(&self, task: B256, keeper: Address, node: Address) -> Result<Summons, ChainError>;
    /// Tasks to which a node was summoned by logs of the blocks `from..=to`, each once.
    async fn summoned(&self, node: Address, from: u64, to: u64) -> Result<Vec<B256>, ChainError>;
    /// Epochs whose secret was called for of a keeper by logs of the blocks `from..=to`.
    async fn called_secrets(&self, keeper: Address, from: u64, to: u64) -> Result<Vec<u32>, ChainError>;
    /// The first epochs of all chains of secrets that a keeper ever had, in rising order, each once. `known`: the first epoch of one that it has, as
    /// [`Jury::keeper`] told; logs that lack it are those of a node that lags, and an error. All logs of the network are searched: not for what is asked often.
    async fn chains_begun(&self, keeper: Address, known: u32) -> Result<Vec<u32>, ChainError>;
    /// Sends a call and waits for its receipt. The same effect, by [`JuryCall::effect_key`], is never brought about twice, also over restarts.
    async fn send(&self, call: JuryCall) -> Result<SentCall, ChainError>;
}

/// The epoch by whose roster and secret a task is drawn: that of its submission.
#[must_use]
pub fn epoch_of(record: &TaskRecord, times: &Times) -> u32 {
    times.epoch(record.history.opening.time)
}

/// The crew of a task, with a secret of [`epoch_of`] it and the roster's `length` in that epoch. `drawable`: who can be drawn by a slot in that epoch;
/// nobody if the slot is not active, or its keeper found its node absent from the task.
///
/// # Errors
/// [`JuryError::TooFewFound`].
pub fn crew(
    record: &TaskRecord,
    secret: B256,
    length: u32,
    drawable: impl FnMut(u32) -> Option<draw::Drawable>,
) -> Result<Vec<Address>, JuryError> {
    let seed = draw::seed(secret, record.submission.block_hash, record.id);
    draw::crew(seed, length, record.history.opening.terms.replicas, drawable)
}

/// A keeper's chain of secrets. The last one is derived from its key, so that no file has to be kept for as long as a bond: whoever has the key has the
/// chain, by the first epoch that the jury tells. It is that of one jury: what was shown elsewhere says nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretChain {
    first: u32,
    /// The anchor, and every so many secrets one, by epoch.
    kept: Vec<B256>,
}

impl SecretChain {
    /// The chain that begins in the epoch `first`, from a key that signs the same digest alike each time (RFC 6979).
    ///
    /// # Errors
    /// Those of the key.
    pub async fn of(signer: &dyn Signer, chain_id: u64, jury: Address, first: u32) -> Result<Self, SignerError> {
        let mut bytes = b"Cortensor.JurySecrets.v1".to_vec();
        bytes.extend(chain_id.to_be_bytes());
        bytes.extend(jury.as_slice());
        bytes.extend(first.to_be_bytes());
        let signature = signer.sign_digest(keccak256(bytes)).await?;
        Ok(Self::from_last(keccak256(signature), first))
    }

    /// The chain that begins in the epoch `first` and ends with this secret.
    #[must_use]
    pub fn from_last(last: B256, first: u32) -> Self {
        let mut kept = Vec::new();
        let mut secret = last;
        for steps in (0..=SECRETS).rev() {
            if steps.is_multiple_of(SECRETS_APART) {
                kept.push(secret);
            }
            if steps != 0 {
                secret = keccak256(secret);
            }
        }
        kept.reverse();
        Self { first, kept }
    }

    /// What the secret of the first epoch hashes to: the keeper enrols with it.
    #[must_use]
    pub fn anchor(&self) -> B256 {
        self.kept.first().copied().unwrap_or_default()
    }

    /// The first epoch that has a secret.
    #[must_use]
    pub const fn first(&self) -> u32 {
        self.first
    }

    /// The secret of an epoch; `None` if the chain has none of it.
    #[must_use]
    pub fn secret(&self, epoch: u32) -> Option<B256> {
        let steps = epoch.checked_sub(self.first)?.checked_add(1)?;
        let place = steps.div_ceil(SECRETS_APART);
        let kept = self.kept.get(usize::try_from(place).ok()?)?;
        let back = place.checked_mul(SECRETS_APART)?.checked_sub(steps)?;
        Some((0..back).fold(*kept, |secret, _| keccak256(secret)))
    }

    /// Whether it is the chain that the jury knows: what was shown of that one is of this one too.
    #[must_use]
    pub fn is_known_as(&self, shown: &ShownChain) -> bool {
        let head = if shown.shown.saturating_add(1) == shown.first { Some(self.anchor()) } else { self.secret(shown.shown) };
        shown.first == self.first && head == Some(shown.head)
    }

    /// The secret to show next, and its epoch, so that that of `epoch` is known; `None` if it is, or the chain has none of it. A jury takes it in steps.
    #[must_use]
    pub fn next_to_show(&self, shown: &ShownChain, epoch: u32) -> Option<(u32, B256)> {
        let next = epoch.min(shown.shown.saturating_add(SECRET_STEPS_MAX));
        Some((next, self.secret(next)?)).filter(|_| epoch > shown.shown)
    }
}

impl std::fmt::Debug for SecretChain {
    /// Without secrets: what has them chooses miners.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretChain").field("first", &self.first).field("anchor", &self.anchor()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contract's own rule reads what the keeper makes.
    #[test]
    fn each_secret_hashes_to_the_one_before() {
        let chain = SecretChain::from_last(B256::repeat_byte(7), 100);
        let begun = ShownChain::begin(chain.anchor(), 100);
        assert!(chain.is_known_as(&begun));
        for epoch in [100, 101, 611, 612, 613, 100 + SECRET_STEPS_MAX - 1] {
            let shown = begun.show(epoch, chain.secret(epoch).unwrap()).unwrap();
            assert!(chain.is_known_as(&shown), "epoch {epoch}");
        }
        let last = 100 + SECRETS - 1;
        assert_eq!(chain.secret(last), Some(B256::repeat_byte(7)));
        assert_eq!((chain.secret(last + 1), chain.secret(99)), (None, None));
        let other = SecretChain::from_last(B256::repeat_byte(8), 100);
        assert!(!other.is_known_as(&begun));
        assert!(!SecretChain::from_last(B256::repeat_byte(7), 101).is_known_as(&begun));
    }

    #[test]
    fn what_is_far_ahead_is_shown_in_steps() {
        let chain = SecretChain::from_last(B256::repeat_byte(7), 100);
        let mut shown = ShownChain::begin(chain.anchor(), 100);
        let mut steps = Vec::new();
        while let Some((epoch, secret)) = chain.next_to_show(&shown, 70_000) {
            shown = shown.show(epoch, secret).unwrap();
            steps.push(epoch);
        }
        assert_eq!(steps, [99 + SECRET_STEPS_MAX, 99 + 2 * SECRET_STEPS_MAX, 70_000]);
        assert_eq!(chain.next_to_show(&shown, 69_999), None, "it is known");
    }

    #[test]
    fn a_chain_tells_no_secret_by_its_form() {
        let chain = SecretChain::from_last(B256::repeat_byte(7), 100);
        let told = format!("{chain:?}");
        assert!(told.contains(&chain.anchor().to_string()) && !told.contains(&"07".repeat(32)), "{told}");
    }
}
