//! From calldata to a function, and from what it returns to ABI bytes.
//!
//! It routes the same functions that the SDK exports the interface of: types are held together by the compiler, names by the tests that
//! call each function of the interface. The SDK's own routing generates a decoder and an encoder for each function, which together are
//! more than a program may be.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256};
use cor_contract_shared::{
    abi::{Answer, Decode, Decoder},
    routes,
};
use stylus_sdk::{
    abi::{Bytes, Router},
    stylus_core::{ConstructorGuard, ValueDenier},
    ArbResult,
};

use crate::{abi::SessionParams, SessionQueue};

impl Router<SessionQueue> for SessionQueue {
    type Storage = Self;

    fn route(contract: &mut Self, selector: u32, input: &[u8]) -> Option<ArbResult> {
        if let Err(refusal) = contract.deny_value("") {
            return Some(Err(refusal));
        }
        routes!(SessionQueue, contract, selector, input, {
            "submit" => submit(u64, B256, String, u8, u32, u128, B256);
            "assignTask" => assign_task(u64, Vec<Address>);
            "ackBySig" => ack_by_sig(u64, Vec<Address>, Vec<Bytes>);
            "precommitBySig" => precommit_by_sig(u64, Vec<Address>, Vec<B256>, Vec<Bytes>);
            "commitBySig" => commit_by_sig(u64, Vec<Address>, Vec<B256>, Vec<B256>, Vec<Bytes>);
            "end" => end(u64);
            "ack" => ack(u64);
            "precommit" => precommit(u64, B256);
            "commit" => commit(u64, B256, B256);
            "endAck" => end_ack(u64);
            "endPrecommit" => end_precommit(u64);
            "reportBadReveal" => report_bad_reveal(u64, Address, B256, B256, Bytes);
            "create" => create(SessionParams);
            "deactivateSession" => deactivate_session(u64);
            "closable" => closable(u64);
            "getTask" => get_task(u64);
            "getSession" => get_session(u64);
            "sessionCount" => session_count();
            "taskCount" => task_count();
            "commitmentOf" => commitment_of(u64, Address, B256, B256);
            "DOMAIN_SEPARATOR" => domain_separator();
            "isKeeper" => is_keeper(Address);
            "setKeeper" => set_keeper(Address, bool);
            "setPenalties" => set_penalties(u128, u128);
            "penalties" => penalties();
            "guardian" => guardian();
            "setGuardian" => set_guardian(Address);
            "setPaused" => set_paused(bool);
            "paused" => paused();
            "wire" => wire(Address, Address, Address, Address);
            "owner" => owner();
            "transferOwnership" => transfer_ownership(Address);
            "acceptOwnership" => accept_ownership();
        });
        None
    }

    fn constructor(contract: &mut Self, input: &[u8]) -> Option<ArbResult> {
        let mut construct = || {
            contract.deny_value("")?;
            contract.check_constructor_slot()?;
            let owner = Address::decode(&mut Decoder::new(input)).ok_or_else(Vec::new)?;
            SessionQueue::constructor(contract, owner).into_answer()
        };
        Some(construct())
    }

    fn receive(_: &mut Self) -> Option<Result<(), Vec<u8>>> {
        None
    }

    fn fallback(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }
}
