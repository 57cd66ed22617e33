//! The identity of every error of the workspace, in one table.
//!
//! An [`Entry`] says once what an error is: its code, its name, its Solidity selector if a contract reverts with it, and how it is to be
//! treated. An error value anywhere (a rule, a revert, a port, the edge, the command line) is [`Coded`]: it names its entry, and its
//! `Display` is the sentence with the numbers of this one case, without the code. Only what faces a person or the network puts code,
//! sentence and next step together, by [`Report`]. Nothing reads a code out of a text.
//!
//! The crate has no dependencies, so that everything, the contracts and the dev chain included, can stand on it.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod entry;
mod report;
pub mod table;

pub use entry::{Class, Coded, Entry, Exit};
pub use report::Report;
