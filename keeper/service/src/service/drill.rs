//! Drills: miners that misbehave on purpose, so that an operator can see what the network does about it.

use alloy_primitives::{B256, keccak256};

use crate::machine::miner::MinerTask;
use cor_ports::domain::{LaneMessage, TaskRecord};

/// How a miner misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drill {
    /// Binds itself to and reveals another answer than the model's.
    WrongAnswer,
    /// Binds itself and never reveals.
    NeverReveal,
    /// Signs a reveal of something else than it is bound to.
    RevealOther,
    /// Waits for another miner's commitment, and binds itself to that; then reveals that miner's answer with a salt of its own.
    CopyCommitment,
    /// Says nothing at all.
    Silent,
}

impl Drill {
    /// The answer that this miner gives instead of the model's.
    #[must_use]
    pub fn answer(self, honest: Vec<u8>) -> Vec<u8> {
        if self == Self::WrongAnswer { [b"The opposite of: ".as_slice(), &honest].concat() } else { honest }
    }

    /// What this miner says instead of the honest message; `None` to stay silent for now.
    #[must_use]
    pub fn twist(self, message: LaneMessage, record: &TaskRecord, known: &MinerTask) -> Option<LaneMessage> {
        match (self, message) {
            (Self::Silent, _) | (Self::NeverReveal, LaneMessage::Commit { .. }) => None,
            (Self::RevealOther, LaneMessage::Commit { commitment, result_digest, salt }) => {
                Some(LaneMessage::Commit { commitment, result_digest: keccak256(result_digest), salt })
            }
            (Self::CopyCommitment, LaneMessage::Precommit { .. }) => {
                let shown = || known.serving.iter().flat_map(|serving| &serving.bound).flatten().map(|bound| bound.commitment);
                let told = || record.history.told.iter().filter_map(|told| told.commitment);
                // It signs but one, as everybody.
                let commitment = known.signed.or_else(|| shown().chain(told()).next())?;
                Some(LaneMessage::Precommit { commitment })
            }
            (Self::CopyCommitment, LaneMessage::Commit { result_digest, salt, .. }) => {
                let commitment = known.signed?;
                Some(LaneMessage::Commit { commitment, result_digest: shown_digest(record).unwrap_or(result_digest), salt })
            }
            (_, honest) => Some(honest),
        }
    }

    /// Whether this miner sends no transaction at all.
    #[must_use]
    pub const fn is_still(self) -> bool {
        matches!(self, Self::Silent)
    }
}

/// What another miner showed; where nobody did, honest models answer alike.
fn shown_digest(record: &TaskRecord) -> Option<B256> {
    record.history.told.iter().find_map(|told| told.digest)
}
