//! The hashes of earlier blocks in the state, where contracts read them (EIP-2935 as Arbitrum has it).
//!
//! Nitro calls the contract in the name of the system before a block's first transaction, with the parent's hash and for no gas. What the
//! contract does then, which is to set one slot, is done here without running it. A test of the execution runs it.

use std::sync::Arc;

use alloy_primitives::{B256, Bytes};

use super::block::Block;
use crate::{
    arbos::{HISTORY_CODE, HISTORY_CODE_HASH, HISTORY_STORAGE, history_slot},
    state::{State, StateError},
};

/// What comes before the first transaction of the block after block `parent`, which has this `hash`. It is a part of the block's state: of
/// one that is mined, imagined or executed again.
///
/// Where somebody has put other code in the contract's place by hand, nothing is set: its slots are its own.
///
/// # Errors
/// [`StateError`] if a forked chain's origin does not answer.
pub(crate) fn start_block(state: &mut State, parent: u64, hash: B256) -> Result<(), StateError> {
    if has_contract(state)? {
        state.set_storage(HISTORY_STORAGE, history_slot(parent), hash.into())?;
    }
    Ok(())
}

/// Makes the contract that of this chain, in a state that comes from elsewhere, and sets the hashes of all `blocks` but the last: that
/// one's is the next block's to set. Slots of another contract that was there are gone, as they are in another order; of what was there,
/// the balance stays.
///
/// # Errors
/// As [`start_block`].
pub(crate) fn adopt_history(state: &mut State, blocks: &[Arc<Block>]) -> Result<(), StateError> {
    if !has_contract(state)? {
        state.set_code(HISTORY_STORAGE, Bytes::from_static(HISTORY_CODE))?;
        state.set_nonce(HISTORY_STORAGE, 1)?;
        state.clear_storage(HISTORY_STORAGE)?;
    }
    let earlier = blocks.split_last().map_or(&[][..], |(_, earlier)| earlier);
    earlier.iter().try_for_each(|block| start_block(state, block.number(), block.hash))
}

fn has_contract(state: &State) -> Result<bool, StateError> {
    Ok(state.account(HISTORY_STORAGE)?.code_hash == HISTORY_CODE_HASH)
}
