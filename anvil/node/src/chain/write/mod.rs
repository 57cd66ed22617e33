//! Changing the chain.

pub(in crate::chain) mod cheats;
pub(in crate::chain) mod mine;
pub(in crate::chain) mod reorg;
pub(in crate::chain) mod submit;
