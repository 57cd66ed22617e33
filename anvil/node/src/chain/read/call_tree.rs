//! The calls of a block's transactions as text, a tree for each, for people.

use colorchoice::ColorChoice;
use revm_inspectors::tracing::{TraceWriter, TracingInspector, TracingInspectorConfig};

use super::Reader;
use crate::{
    chain::{
        blocks::{Block, tx_env},
        error::ChainError,
    },
    state::StateDb,
};

impl Reader {
    /// What each transaction of a block called, created and logged: they are executed again. `colored` is for terminals.
    ///
    /// # Errors
    /// [`ChainError::StateGone`] if the state before the block is no longer kept.
    pub(crate) fn call_trees_here(&self, block: &Block, colored: bool) -> Result<Vec<String>, ChainError> {
        let (rules, mut state) = self.before(block)?;
        let (context, config) = (rules.context_of(block), rules.exec_of_mined());
        let colors = if colored { ColorChoice::Always } else { ColorChoice::Never };
        let mut trees = Vec::with_capacity(block.transactions.len());
        for tx in &block.transactions {
            let mut inspector = TracingInspector::new(TracingInspectorConfig::default_parity().set_record_logs(true));
            let db = StateDb { state: &state, hashes: &*self.store };
            let execution = self.store.executor.transact_inspected(db, &context, &config, tx_env(tx), &mut inspector)?;
            let mut writer = TraceWriter::new(Vec::new()).use_colors(colors);
            writer.write_arena(inspector.traces()).map_err(|error| ChainError::Tracer(error.to_string()))?;
            trees.push(String::from_utf8_lossy(&writer.into_writer()).into_owned());
            state.commit(execution.state);
        }
        Ok(trees)
    }
}
