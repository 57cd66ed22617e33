//! From calldata to a function, and from what it returns to ABI bytes: the same functions that the SDK exports the interface of.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use cor_contract_shared::{
    abi::{Answer, Decode, Decoder, Octets},
    routes,
};
use stylus_sdk::{
    abi::{Bytes, Router},
    stylus_core::{ConstructorGuard, ValueDenier},
    ArbResult,
};

use crate::{sessions::Order, steps::Told, store::Rates, Lane};

impl Router<Lane> for Lane {
    type Storage = Self;

    fn route(contract: &mut Self, selector: u32, input: &[u8]) -> Option<ArbResult> {
        if let Err(refusal) = contract.deny_value("") {
            return Some(Err(refusal));
        }
        routes!(Lane, contract, selector, input, {
            "submit" [u64, B256, u64, u64, B256, String, B256] => submit(u64, B256, Order);
            "complete" [Address, u64, Bytes, Bytes, Address, Bytes] => complete(Told, Octets, Address, Octets);
            "start" [Address, u64, Bytes, Bytes, Address, Bytes] => start(Told, Octets, Address, Octets);
            "finish" [Address, u64, Bytes, Bytes] => finish(Told, Octets);
            "reveal" [Address, u64, Bytes, Bytes] => reveal(Told, Octets);
            "precommit" [Address, u64, Bytes, u8, B256, Bytes] => precommit(Told, u8, B256, Octets);
            "report" [Address, u64, Bytes, u8, B256, B256, Bytes] => report(Told, u8, B256, B256, Octets);
            "reportSecond" [Address, u64, Bytes, Address, u8, B256, Bytes] => report_second(Told, Address, u8, B256, Octets);
            "close" [Address, u64, Bytes] => close(Told);
            "createSession" => create_session(B256, B256);
            "createAndSubmit" [B256, B256, u64, u64, B256, String, B256] => create_and_submit(B256, B256, Order);
            "closeSession" => close_session(u64, B256);
            "pinTariff" => pin_tariff(B256);
            "credited" => credited(Address, Address, U256);
            "release" => release(u64);
            "payEarnings" => pay_earnings(Address);
            "passTreasury" => pass_treasury();
            "setKeeper" => set_keeper(Address, bool);
            "setConfig" [u64, u64, u16, bool] => set_config(Rates);
            "slashAgain" => slash_again(B256, Address, u8);
            "taskOf" => task_of(Address, u64);
            "extsload" => extsload(Vec<B256>);
        });
        None
    }

    fn constructor(contract: &mut Self, input: &[u8]) -> Option<ArbResult> {
        let mut construct = || {
            contract.deny_value("")?;
            contract.check_constructor_slot()?;
            let mut calldata = Decoder::new(input);
            let mut address = || Address::decode(&mut calldata).ok_or_else(Vec::new);
            let (governor, vault, table, staking) = (address()?, address()?, address()?, address()?);
            Lane::constructor(contract, governor, vault, table, staking).into_answer()
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
