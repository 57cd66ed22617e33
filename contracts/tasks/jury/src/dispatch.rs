//! From calldata to a function, and from what it returns to ABI bytes: the same functions that the SDK exports the interface of.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use cor_contract_shared::{
    abi::{Answer, Decode, Decoder, Octets},
    routes,
};
use cor_core::task::jury::Times;
use stylus_sdk::{
    abi::{Bytes, Router},
    stylus_core::{ConstructorGuard, ValueDenier},
    ArbResult,
};

use crate::{rosters::Told, Built, Jury};

impl Decode for Built {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            owner: Decode::decode(from)?,
            token: Decode::decode(from)?,
            node_pool: Decode::decode(from)?,
            treasury: Decode::decode(from)?,
            bond: Decode::decode(from)?,
            times: Times {
                epoch_secs: Decode::decode(from)?,
                reveal_secs: Decode::decode(from)?,
                answer_secs: Decode::decode(from)?,
                dispute_secs: Decode::decode(from)?,
                absence_epochs: Decode::decode(from)?,
            },
            delay_secs: Decode::decode(from)?,
        })
    }
}

impl Router<Jury> for Jury {
    type Storage = Self;

    fn route(contract: &mut Self, selector: u32, input: &[u8]) -> Option<ArbResult> {
        if let Err(refusal) = contract.deny_value("") {
            return Some(Err(refusal));
        }
        routes!(Jury, contract, selector, input, {
            "enter" => enter(Address, u64);
            "leave" => leave(Address, u64);
            "strike" => strike(Address, u64);
            "summon" [Address, u64, Bytes, u32] => summon(Told, u32);
            "present" [B256, Address, Bytes] => present(B256, Address, Octets);
            "dismiss" [Address, u64, Bytes, Address] => dismiss(Told, Address);
            "reveal" => reveal(Address, u32, B256);
            "note" => note(u64);
            "challenge" [Address, u64, Bytes, Address, Bytes] => challenge(Told, Address, Octets);
            "propose" => propose(Address);
            "enrol" => enrol(B256, u32);
            "renew" => renew(B256, u32);
            "resign" => resign();
            "discharge" => discharge(Address);
            "withdraw" => withdraw(Address);
            "setLane" => set_lane(Address);
            "open" => open();
            "setLaneConfig" => set_lane_config(u64, u64, u16);
            "setLanePaused" => set_lane_paused(bool);
            "setGuardian" => set_guardian(Address);
            "parameters" => parameters();
            "peers" => peers();
            "laneConfig" => lane_config();
            "keeperOf" => keeper_of(Address);
            "calledUntil" => called_until(Address, u32);
            "lengthOf" => length_of(u64, u32);
            "slotOf" => slot_of(u64, u32);
            "entryOf" => entry_of(Address, u64);
            "summonsOf" => summons_of(B256, Address, Address);
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
            let built = Built::decode(&mut Decoder::new(input)).ok_or_else(Vec::new)?;
            Jury::constructor(contract, built).into_answer()
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
