//! The commitment of a miner to an answer it has not shown yet.
//!
//! Answers can have little entropy (a verdict is one of seven words), so a bare digest could be guessed by trying them all, and
//! any commitment that is not bound to its miner could be copied by another. Hence the salt, and the binding to chain, contract,
//! task, replica, miner and registration.

use alloy_primitives::{Address, B256, U256, b256, keccak256};

/// keccak256("Cortensor.Commitment.v1"): no other message of the network hashes to a commitment.
pub const COMMITMENT_DOMAIN: B256 = b256!("0d42a48d128bb2d095b8bf355d1fa2739b7ac0d1c41cb36e8da8842260baedab");

/// Whom and what a commitment is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The SessionQueue.
    pub queue: Address,
    /// The task.
    pub task_id: u64,
    /// The miner's index in the task.
    pub replica: u8,
    /// The miner.
    pub miner: Address,
    /// The miner's registration in the NodePool: a node that left and came back cannot open what it committed to before.
    pub registration_epoch: u64,
}

impl Binding {
    /// keccak256(abi.encode(DOMAIN, chainId, queue, taskId, replica, miner, registrationEpoch, resultDigest, salt)).
    ///
    /// `salt` must have at least 128 random bits and be used once: it is all that keeps the answer secret until the reveal.
    #[must_use]
    pub fn commitment(&self, result_digest: B256, salt: B256) -> B256 {
        let words = [
            COMMITMENT_DOMAIN.0,
            word(self.chain_id),
            self.queue.into_word().0,
            word(self.task_id),
            word(u64::from(self.replica)),
            self.miner.into_word().0,
            word(self.registration_epoch),
            result_digest.0,
            salt.0,
        ];
        keccak256(words.as_flattened())
    }
}

/// An integer as an ABI word.
pub(crate) const fn word(value: u64) -> [u8; 32] {
    U256::from_limbs([value, 0, 0, 0]).to_be_bytes()
}

#[cfg(test)]
mod tests;
