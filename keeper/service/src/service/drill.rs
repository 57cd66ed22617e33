//! Drills: miners that misbehave on purpose, so that an operator can see what the network does about it.

use alloy_primitives::{B256, keccak256};

use crate::machine::miner::Sealed;
use cor_ports::domain::{LaneMessage, TaskRecord};

/// How a miner misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drill {
    /// Commits to and reveals another answer than the model's.
    WrongAnswer,
    /// Commits and never reveals.
    NeverReveal,
    /// Reveals something else than it committed to.
    RevealOther,
    /// Waits for another miner's commitment and reveal, and repeats them as its own.
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
    pub fn twist(self, message: LaneMessage, record: &TaskRecord, own: Option<&Sealed>) -> Option<LaneMessage> {
        match (self, message) {
            (Self::Silent, _) | (Self::NeverReveal, LaneMessage::Commit { .. }) => None,
            (Self::RevealOther, LaneMessage::Commit { salt, .. }) => {
                let result_digest = keccak256(own.map_or(B256::ZERO, |sealed| sealed.result_digest));
                Some(LaneMessage::Commit { result_digest, salt })
            }
            (Self::CopyCommitment, LaneMessage::Precommit { .. }) => {
                let commitment = record.replicas.iter().find_map(|replica| replica.commitment)?;
                Some(LaneMessage::Precommit { commitment })
            }
            (Self::CopyCommitment, LaneMessage::Commit { salt, .. }) => {
                let result_digest = record.replicas.iter().find_map(|replica| replica.result_digest)?;
                Some(LaneMessage::Commit { result_digest, salt })
            }
            (_, honest) => Some(honest),
        }
    }
}
