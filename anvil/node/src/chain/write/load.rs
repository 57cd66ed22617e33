//! Putting a dumped chain in the place of this one.

use super::Writer;
use crate::chain::{
    dump::{AnvilDump, AnyDump, StateDump},
    error::DumpError,
    store::Kept,
};

impl Writer<'_> {
    /// Replaces the chain by a dumped one. On an error nothing has changed.
    ///
    /// # Errors
    /// [`DumpError::ChainId`], [`DumpError::Inconsistent`], [`DumpError::Forked`], [`DumpError::OtherFork`], [`DumpError::State`].
    pub fn load(&self, dump: &StateDump) -> Result<(), DumpError> {
        let kept = Kept::of(self.reader.config());
        let ledger = dump.ledger(self.reader.chain_id(), self.reader.fork().as_ref(), kept)?;
        dump.replace(&mut self.token.change(), ledger);
        Ok(())
    }

    /// Loads a state in any form. On an error nothing has changed.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_any(&self, dump: &AnyDump) -> Result<(), DumpError> {
        match dump {
            AnyDump::Own(own) => self.load(own),
            AnyDump::Anvil(dump) => self.load_of_anvil(dump),
        }
    }

    /// Puts Anvil's accounts over the present ones and goes on from its newest block. What was here before is forgotten.
    fn load_of_anvil(&self, dump: &AnvilDump) -> Result<(), DumpError> {
        if self.reader.fork().is_some() {
            return Err(DumpError::Forked);
        }
        let (base, rules) = {
            let shared = self.reader.store().look();
            (shared.ledger.head().state, shared.rules.clone())
        };
        let ledger = dump.ledger(&base, &rules, Kept::of(self.reader.config()))?;
        dump.replace(&mut self.token.change(), ledger)
    }
}
