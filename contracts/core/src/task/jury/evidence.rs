//! What shows whom a keeper brought, and that a node is there.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, b256, keccak256};

use crate::task::eip712::signing_digest;
use crate::task::lane::{crew_mark, messages::assignment};

/// keccak256("Cortensor Jury"): the name in the jury's EIP-712 domain.
pub const JURY_NAME_HASH: B256 = b256!("fe67e4c698e2eaf05f4847cee51777ca4b36adab644cd6f0f78ca0711e69ca9d");
/// keccak256 of `Present(bytes32 task)`.
pub const PRESENT_TYPEHASH: B256 = b256!("5ebc9cfb1b72490ef5bda58a5240367999db8a8b348b7d23174344e4d3ae4fe7");

/// What the lane keeps of an assignment once its task ended.
#[must_use]
pub fn mark(task: B256, opening_hash: B256, keeper: Address, miners: &[Address]) -> Address {
    crew_mark(assignment(task, opening_hash, keeper, miners))
}

/// The miners out of n × 20 bytes. `None` for another length.
#[must_use]
pub fn miners(bytes: &[u8], count: u8) -> Option<Vec<Address>> {
    let (miners, rest) = bytes.as_chunks::<20>();
    (rest.is_empty() && miners.len() == usize::from(count)).then(|| miners.iter().map(|bytes| Address::new(*bytes)).collect())
}

/// What a node signs to say that it is there.
#[must_use]
pub fn present_digest(domain: B256, task: B256) -> B256 {
    signing_digest(domain, keccak256([PRESENT_TYPEHASH.0, task.0].as_flattened()))
}

/// Where a keeper's summons of a node to a task is kept.
#[must_use]
pub fn summons_key(task: B256, keeper: Address, node: Address) -> B256 {
    keccak256([task.as_slice(), keeper.as_slice(), node.as_slice()].concat())
}

/// Where it is kept that a node is there for a task.
#[must_use]
pub fn presence_key(task: B256, node: Address) -> B256 {
    keccak256([task.as_slice(), node.as_slice()].concat())
}
