//! Looking at the chain.

pub(in crate::chain) mod call;
pub(in crate::chain) mod erc20;
pub(in crate::chain) mod estimate;
pub(in crate::chain) mod origin;
pub(in crate::chain) mod overrides;
pub(in crate::chain) mod parity;
pub(in crate::chain) mod proof;
pub(in crate::chain) mod query;
pub(in crate::chain) mod simulate;
pub(in crate::chain) mod trace;
pub(in crate::chain) mod tracer;
