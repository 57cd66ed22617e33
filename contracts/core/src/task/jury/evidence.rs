//! What shows whom a keeper brought, and that a node is there.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, b256, keccak256};

use crate::task::eip712::signing_digest;
use crate::task::lane::{LaneTerms, history::OPENING_BYTES};

/// keccak256("Cortensor Jury"): the name in the jury's EIP-712 domain.
pub const JURY_NAME_HASH: B256 = b256!("fe67e4c698e2eaf05f4847cee51777ca4b36adab644cd6f0f78ca0711e69ca9d");
/// keccak256 of `Present(bytes32 task)`.
pub const PRESENT_TYPEHASH: B256 = b256!("5ebc9cfb1b72490ef5bda58a5240367999db8a8b348b7d23174344e4d3ae4fe7");

/// What the draw depends on of what a task was submitted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The model, whose roster is drawn from.
    pub model: u64,
    /// How many miners.
    pub replicas: u8,
    /// The block that holds the submission.
    pub block: u64,
    /// Its time.
    pub time: u64,
}

impl Order {
    /// Reads it out of the bytes of an [`Opening`](crate::task::lane::history::Opening), as that would: the rest of it would be a fiftieth of the contract's code.
    /// `None` for bytes of another length. Whether they are a task's own is told by its seal or its mark.
    #[must_use]
    pub fn read(opening: &[u8]) -> Option<Self> {
        let (_, rest) = opening.split_first_chunk::<24>().filter(|_| opening.len() == OPENING_BYTES)?;
        let (terms, rest) = rest.split_first_chunk::<32>()?;
        let (_, rest) = rest.split_first_chunk::<48>()?;
        let (block, rest) = rest.split_first_chunk()?;
        let (time, _) = rest.split_first_chunk()?;
        let LaneTerms { model, replicas, .. } = LaneTerms::unpack(B256::new(*terms));
        Some(Self { model, replicas, block: short(*block), time: short(*time) })
    }
}

/// A number of five bytes.
const fn short([a, b, c, d, e]: [u8; 5]) -> u64 {
    u64::from_be_bytes([0, 0, 0, a, b, c, d, e])
}

/// When the phase of a task ends, out of the lane's first word of it, as [`LaneState`](crate::task::lane::LaneState) would have it.
#[must_use]
pub const fn deadline(state: B256) -> u64 {
    let [_, _, _, a, b, c, d, e, ..] = state.0;
    short([a, b, c, d, e])
}

/// The miners of a crew as the lane logs it at the end: n × (miner 20 ‖ commitment 32). `None` for another length.
#[must_use]
pub fn miners(crew: &[u8], count: u8) -> Option<Vec<Address>> {
    let (seats, rest) = crew.as_chunks::<52>();
    let miner = |seat: &[u8; 52]| seat.first_chunk().map(|miner| Address::new(*miner));
    if rest.is_empty() && seats.len() == usize::from(count) { seats.iter().map(miner).collect() } else { None }
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
