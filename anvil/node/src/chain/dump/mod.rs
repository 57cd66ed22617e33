//! The whole chain as bytes, in its own form and in that of Anvil.

pub(in crate::chain) mod anvil;
pub(in crate::chain) mod anvil_history;
pub(in crate::chain) mod own;
