//! Transactions that were signed, as they lie in a keeper's or miner's journal.

use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

/// A signed transaction and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboxRecord {
    /// Nonce of the account.
    pub nonce: u64,
    /// Hash.
    pub transaction: B256,
    /// The signed bytes, to be sent again as they are.
    pub raw: Bytes,
    /// Where it was mined, `None` until then.
    pub mined: Option<MinedAt>,
}

/// Where a transaction was mined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinedAt {
    /// Block number.
    pub block_number: u64,
    /// Gas used.
    pub gas_used: u64,
}
