//! The block that does not exist yet.

use std::sync::Arc;

use super::{Reader, view::View};
use crate::chain::{
    blocks::{Block, Built, Tx, build, start_block},
    error::ChainError,
    store::PreparedTime,
};

impl Reader {
    /// The block that would be mined now, with what the pool holds.
    pub(crate) fn pending_block(&self) -> Result<Block, ChainError> {
        Ok(self.build_on_head(&self.ready()?)?.0.block)
    }

    /// What of the pool the next block can take, in order.
    pub(crate) fn ready(&self) -> Result<Vec<Arc<Tx>>, ChainError> {
        let shared = self.store.look();
        Ok(shared.pool.ready(&shared.ledger.head().state, self.config().order)?)
    }

    /// What the next block would be with `txs`. Nothing is used up, not even its timestamp.
    pub(crate) fn build_on_head(&self, txs: &[Arc<Tx>]) -> Result<(Built, PreparedTime), ChainError> {
        let (head, rules, time) = {
            let shared = self.store.look();
            let head = shared.ledger.head();
            let time = shared.time.prepare(head.block.timestamp());
            (head, shared.rules.clone(), time)
        };
        let parent = (&*head.block, head.state);
        Ok((build(&self.store.executor, &rules, parent, &*self.store, (time.timestamp, txs))?, time))
    }

    /// The next block: on top of what the pool would put into it.
    pub(super) fn pending_view(&self) -> Result<View, ChainError> {
        let (ready, parent, mut view) = {
            let shared = self.store.look();
            let head = shared.ledger.head();
            let time = shared.time.prepare(head.block.timestamp());
            let context = shared.rules.context(head.block.number().saturating_add(1), time.timestamp);
            let ready = if shared.pool.len() == 0 { Vec::new() } else { shared.pool.ready(&head.state, self.config().order)? };
            (ready, head.block, View { state: head.state, context, rules: shared.rules.clone() })
        };
        if ready.is_empty() {
            start_block(&mut view.state, parent.number(), parent.hash)?;
        } else {
            view.state = self.build_on_head(&ready)?.0.state;
        }
        Ok(view)
    }
}
