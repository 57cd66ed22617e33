//! Our chain and Foundry's Anvil, given the same transactions: the same receipts, answers and accounts, to the last byte.
//!
//! What differs because ours is an Arbitrum chain is configured away in [`pair`] or listed, with its reason, in [`differences`].

mod differences;
mod flags;
mod generated;
mod pair;
mod precompiles;
mod program;
mod random;
mod transactions;
