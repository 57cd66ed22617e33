//! SessionQueue: sessions, tasks, and the on-chain lane of commit-reveal. Specified by `sol/ISessionQueue.sol`; the rules are
//! `cor_core::task`, `cor_core::task::commitment` and `cor_core::task::eip712`.
//!
//! ```text
//!  dispatch    from calldata to a function, and from its result to ABI bytes
//!  sessions    create, deactivate, submit             tasks     assign, close, end, and what is seen of a task
//!  messages    what miners say                        admin     what owner and guardian set
//!  lane        the steps of the task machine, with what they store and emit
//!  peers       what is asked of other contracts       store     how all of it lies in storage
//!  abi         structs, events, errors                interface the same functions with the SDK's attributes, for the exported ABI
//! ```

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

mod abi;
mod admin;
mod dispatch;
#[cfg(feature = "export-abi")]
mod interface;
mod lane;
mod messages;
mod peers;
mod sessions;
mod store;
mod tasks;

use alloc::vec::Vec;

use alloy_primitives::Address;
use cor_contract_shared::Ownable;
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU128, StorageU16},
};

#[cfg(feature = "export-abi")]
pub use interface::print_from_args;
use store::{Desk, KeeperRecord, SessionRecord, TaskRecord};

/// Sessions and tasks by number from 1, keepers, and the peers.
#[storage]
#[entrypoint]
pub struct SessionQueue {
    ownable: Ownable,
    desk: Desk,
    node_pool: StorageAddress,
    keeper_count: StorageU16,
    staking: StorageAddress,
    table: StorageAddress,
    guardian: StorageAddress,
    no_reveal_penalty: StorageU128,
    bad_reveal_penalty: StorageU128,
    sessions: StorageMap<u64, SessionRecord>,
    tasks: StorageMap<u64, TaskRecord>,
    keepers: StorageMap<Address, KeeperRecord>,
    keeper_at: StorageMap<u16, StorageAddress>,
}
