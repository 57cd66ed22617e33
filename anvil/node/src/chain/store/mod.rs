//! What the chain holds.

pub(in crate::chain) mod events;
pub(in crate::chain) mod filters;
pub(in crate::chain) mod genesis;
pub(in crate::chain) mod ledger;
pub(in crate::chain) mod pool;
pub(in crate::chain) mod snapshot;
pub(in crate::chain) mod time;
