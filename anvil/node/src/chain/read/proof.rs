//! Merkle proofs of accounts and slots (EIP-1186).

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U256};

use super::Reader;
use crate::chain::error::ChainError;

/// Slots one request may ask proofs for; a proof is a few kilobytes.
const PROOF_SLOTS_MAX: usize = 1_024;

/// An account and slots of it, with the nodes that lead to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProof {
    /// The account.
    pub address: Address,
    /// Wei.
    pub balance: U256,
    /// keccak-256 of the code.
    pub code_hash: B256,
    /// Next nonce.
    pub nonce: u64,
    /// Root of the account's storage trie.
    pub storage_hash: B256,
    /// Nodes from the state root.
    pub account_proof: Vec<Bytes>,
    /// Slot, value, nodes from the storage root.
    pub storage_proof: Vec<(U256, U256, Vec<Bytes>)>,
}

impl Reader {
    /// Proves an account and `slots` of it after a block. The nodes lead to the block's `stateRoot` unless the state was changed by
    /// hand after it.
    ///
    /// # Errors
    /// As [`Reader::state`]; [`ChainError::LimitExceeded`]; [`ChainError::Unsupported`] on a forked chain.
    pub fn proof(&self, address: Address, slots: &[U256], block: Option<BlockId>) -> Result<AccountProof, ChainError> {
        if slots.len() > PROOF_SLOTS_MAX {
            return Err(ChainError::LimitExceeded {
                what: "slots to prove",
                count: slots.len() as u64,
                max: PROOF_SLOTS_MAX as u64,
            });
        }
        let state = self.state(block)?;
        if state.is_forked() {
            return Err(ChainError::Unsupported(
                "a forked chain holds only part of the state and cannot prove it; the chain it was forked from can",
            ));
        }
        let account = state.account(address)?;
        let prove = |slot: &U256| {
            let value = account.storage.get(slot).copied().unwrap_or_default();
            (*slot, value, account.storage.proof(slot))
        };
        Ok(AccountProof {
            address,
            balance: account.balance,
            code_hash: account.code_hash,
            nonce: account.nonce,
            storage_hash: account.storage.root_hash(),
            account_proof: state.proof(address),
            storage_proof: slots.iter().map(prove).collect(),
        })
    }
}
