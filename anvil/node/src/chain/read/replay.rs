//! Executing mined transactions again, for whoever watches.

use super::Reader;
use crate::{
    chain::{
        blocks::{Block, Rules, Tx, start_block, tx_env},
        error::ChainError,
    },
    evm::BlockContext,
    state::{State, StateDb},
};

impl Reader {
    /// The rules of a block, and the state its first transaction was executed on.
    pub(super) fn before(&self, block: &Block) -> Result<(Rules, State), ChainError> {
        let parent = block.number().checked_sub(1).ok_or_else(|| ChainError::Invalid("genesis is not traceable".to_owned()))?;
        let mut state = self.state_after(parent)?;
        start_block(&mut state, parent, block.header.parent_hash)?;
        Ok((self.store.look().rules.clone(), state))
    }

    /// Executes a mined transaction again.
    pub(super) fn replay(&self, rules: &Rules, context: &BlockContext, state: &mut State, tx: &Tx) -> Result<(), ChainError> {
        let db = StateDb { state, hashes: &*self.store };
        let outcome = self.store.executor.transact(db, context, &rules.exec_of_mined(), tx_env(tx))?;
        state.commit(outcome.state);
        Ok(())
    }
}
