//! Bodies of the keeper's HTTP: offers to miners, their messages, uploaded blobs, errors.

use alloy_primitives::{Address, B256, Bytes};
use serde::{Deserialize, Serialize};

/// A message a miner signed, as it is posted to a keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageBody {
    /// Task it belongs to.
    pub task: B256,
    /// The assignment that it is signed for.
    pub assignment: B256,
    /// Who signed.
    pub miner: Address,
    /// Contents.
    pub message: MessageContents,
    /// 65 bytes: r, s, v.
    pub signature: Bytes,
}

/// Contents of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum MessageContents {
    /// Takes its seat and binds itself to an answer.
    Precommit {
        /// Bound, salted hash of the answer.
        commitment: B256,
    },
    /// Reveals it.
    Commit {
        /// What it is bound to.
        commitment: B256,
        /// keccak256 of the canonical answer bytes.
        result_digest: B256,
        /// Salt of the commitment.
        salt: B256,
    },
}

/// What a keeper offers to a miner now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffersBody {
    /// A task each.
    pub offers: Vec<OfferBody>,
}

/// A task that waits for its miners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferBody {
    /// The task.
    pub task: B256,
    /// Who serves it.
    pub keeper: Address,
    /// By replica.
    pub miners: Vec<Address>,
    /// The keeper's signature of Assign, 65 bytes: r, s, v.
    pub assign: Bytes,
    /// By replica, what the keeper has of its miner; null if nothing.
    pub bound: Vec<Option<BoundBody>>,
}

/// What a miner is bound by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundBody {
    /// Its commitment.
    pub commitment: B256,
    /// Its signature of Precommit, 65 bytes: r, s, v.
    pub signature: Bytes,
}

/// An error as every HTTP surface of the keeper answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorContents,
}

/// Code and sentence of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorContents {
    /// Stable code, `AREA-NNN`.
    pub code: String,
    /// What happened, with the numbers of the request where there are any.
    pub message: String,
    /// What to do next.
    pub next: String,
    /// The request's id, as the server's log has it.
    pub request_id: String,
}

/// Answer to an uploaded blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobBody {
    /// keccak256 of the bytes.
    pub digest: B256,
    /// Name to put on chain.
    pub urn: String,
}
