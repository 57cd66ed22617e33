//! The contract that answers the hashes of earlier blocks: EIP-2935 as Arbitrum has it from release 40 on, and so in every release here.
//!
//! It differs from Ethereum's in two things: it asks ArbSys for the number of the block, since `NUMBER` is the parent chain's, and it
//! remembers more blocks.

use revm::primitives::{Address, B256, U256, address, b256, hex};

/// Where it is; the same on all chains.
pub const HISTORY_STORAGE: Address = address!("0000F90827F1C53a10cb7A02335B175320002935");

/// Blocks it remembers: what Arbitrum One makes, four a second, while Ethereum makes its 8,191. The code has it as a constant, so that with
/// another number here the hashes would be where the contract does not look.
pub(crate) const HISTORY_BLOCKS: u64 = 393_168;

/// Its code (`HistoryStorageCodeArbitrum` of the parameters of Arbitrum's geth).
pub(crate) const HISTORY_CODE: &[u8] = &hex!(
    "3373fffffffffffffffffffffffffffffffffffffffe1460605760203603605c575f3563a3b1b31d5f5260205f6004601c60645afa15605c575f516001810382"
    "11605c57816205ffd0910311605c576205ffd09006545f5260205ff35b5f5ffd5b5f356205ffd0600163a3b1b31d5f5260205f6004601c60645afa15605c575f"
    "5103065500"
);

/// keccak-256 of its code.
pub(crate) const HISTORY_CODE_HASH: B256 = b256!("ceef1f6ad6c0cb7eb8fb15678abf11da3ce0d3a7c7106aa900c5930e556a43ff");

/// The slot that has the hash of block `number` until a block takes it that is [`HISTORY_BLOCKS`] later.
pub(crate) fn history_slot(number: u64) -> U256 {
    U256::from(number % HISTORY_BLOCKS)
}

#[cfg(test)]
mod tests {
    use revm::primitives::keccak256;

    use super::*;

    #[test]
    fn the_code_is_arbitrums() {
        assert_eq!(keccak256(HISTORY_CODE), HISTORY_CODE_HASH);
    }
}
