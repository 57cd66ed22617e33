//! What binds a miner: the assignment that it signs as a whole, and the commitment to an answer.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, b256, keccak256};

use crate::task::eip712::{signing_digest, word};

/// keccak256 of `Precommit(bytes32 assignment,bytes32 commitment)`.
pub const PRECOMMIT_TYPEHASH: B256 = b256!("dd413ac0a5e54ea3470a074e7f01f2cc2ee20efc28a2c08cd012053790ad67d4");
/// keccak256 of `Assign(bytes32 assignment)`.
pub const ASSIGN_TYPEHASH: B256 = b256!("85a4a1c23b68c1cb2b1a63d76c6ae861788c8f9ffcef2a888249d423f716cd43");
/// keccak256 of `Commit(bytes32 assignment,bytes32 commitment,bytes32 resultDigest,bytes32 salt)`.
pub const COMMIT_TYPEHASH: B256 = b256!("fed6cf08172483d7def8c7b7ec47b4537acf726cfd1886bea47f93c831244989");
/// keccak256("Cortensor.Commitment.v2"): no other message of the network hashes to a commitment.
pub const COMMITMENT_DOMAIN: B256 = b256!("148926d506bec24115ec5fc6e9c7f87f9fd422b85115db22ec14eb0a06f7fddb");
/// keccak256("Cortensor Lane"): the name in the lane's EIP-712 domain.
pub const LANE_NAME_HASH: B256 = b256!("436b59167e44a9048d24bc042f95e63bab12c2b756eb9d11a142b9053446ca6f");
/// What a task's number is hashed with, so that its words are nobody else's.
const TASK_PREFIX: u8 = 0x06;

/// The number of a task: keccak256(0x06 ‖ payer ‖ sequence). The payer chooses the sequence, and uses none twice.
#[must_use]
pub fn task_id(payer: Address, sequence: u64) -> B256 {
    keccak256([&[TASK_PREFIX], payer.as_slice(), &sequence.to_be_bytes()].concat())
}

/// All that an assignment is: keccak256(task ‖ keccak256(opening) ‖ keeper 20 ‖ n × miner 20). Who signs it has seen prompt, terms, prices, penalties, the
/// block of the submission, who serves, and everybody it works with; the same task after a reorganisation, with anything of it changed, is another assignment.
#[must_use]
pub fn assignment(task: B256, opening_hash: B256, keeper: Address, miners: &[Address]) -> B256 {
    let mut bytes: Vec<u8> = Vec::new();
    bytes.extend_from_slice(task.as_slice());
    bytes.extend_from_slice(opening_hash.as_slice());
    bytes.extend_from_slice(keeper.as_slice());
    for miner in miners {
        bytes.extend_from_slice(miner.as_slice());
    }
    keccak256(bytes)
}

/// Where a penalty is kept that is owed: keccak256(task ‖ node 20 ‖ reason 1).
#[must_use]
pub fn owed_key(task: B256, node: Address, reason: u8) -> B256 {
    keccak256([task.as_slice(), node.as_slice(), &[reason]].concat())
}

/// What a miner signs to take its seat and to bind itself. The signer tells the seat. It signs one of an assignment: a second one with another commitment costs it stake.
#[must_use]
pub fn precommit_digest(domain: B256, assignment: B256, commitment: B256) -> B256 {
    signing_digest(domain, keccak256([PRECOMMIT_TYPEHASH.0, assignment.0, commitment.0].as_flattened()))
}

/// What a keeper signs, so that a miner can bring the assignment itself.
#[must_use]
pub fn assign_digest(domain: B256, assignment: B256) -> B256 {
    signing_digest(domain, keccak256([ASSIGN_TYPEHASH.0, assignment.0].as_flattened()))
}

/// What a miner signs when it reveals to a keeper: evidence of a wrong reveal. A right one proves itself. It names the commitment that it is of: what
/// it says of another is no evidence of a lie.
#[must_use]
pub fn commit_digest(domain: B256, assignment: B256, commitment: B256, result_digest: B256, salt: B256) -> B256 {
    let words = [COMMIT_TYPEHASH.0, assignment.0, commitment.0, result_digest.0, salt.0];
    signing_digest(domain, keccak256(words.as_flattened()))
}

/// Whom and what a commitment is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The lane's contract.
    pub lane: Address,
    /// See [`assignment`].
    pub assignment: B256,
    /// The miner's index in it.
    pub replica: u8,
    /// The miner.
    pub miner: Address,
}

impl Binding {
    /// keccak256(abi.encode(DOMAIN, chainId, lane, assignment, replica, miner, resultDigest, salt)).
    ///
    /// `salt` must have at least 128 random bits, be used once, and not be derived from what a reorganisation repeats.
    #[must_use]
    pub fn commitment(&self, result_digest: B256, salt: B256) -> B256 {
        let words = [
            COMMITMENT_DOMAIN.0,
            word(self.chain_id),
            self.lane.into_word().0,
            self.assignment.0,
            word(u64::from(self.replica)),
            self.miner.into_word().0,
            result_digest.0,
            salt.0,
        ];
        keccak256(words.as_flattened())
    }
}
