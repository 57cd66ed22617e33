//! Blocks, transactions, receipts and logs, and how a block is built: values and pure functions.

pub(in crate::chain) mod block;
pub(in crate::chain) mod build;
pub(in crate::chain) mod logs;
pub(in crate::chain) mod tx;
