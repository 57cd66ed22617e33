//! Jury: who must serve a task, and a keeper's bond for it. Specified by `sol/IJury.sol`; the rules are `cor_core::task::jury`.
//!
//! ```text
//!  rosters    who can be drawn, and who does not answer        store      how all of it lies in storage
//!  keepers    proposals, bonds and secrets                     abi        events and errors
//!  disputes   whom a keeper brought, and whom it had to
//!  dispatch   from calldata to a function and back
//!  interface  the same functions with the SDK's attributes, for the exported ABI
//! ```

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

mod abi;
mod dispatch;
mod disputes;
#[cfg(feature = "export-abi")]
mod interface;
mod keepers;
mod rosters;
mod store;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall as _;
use cor_contract_shared::{abi::LanePeer, encoded, log, nonzero, only, Modules, Ownable, Revert};
use cor_core::govern::module::is_delay;
use cor_core::limits::{MODULE_DELAY_MAX_SECS, MODULE_DELAY_MIN_SECS};
use cor_core::task::jury::{evidence, length_at, Times};
use cor_core::task::lane::LaneConfig;
use cor_core::task::TermsError;
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap, StorageU256, StorageU64},
};

use abi::{error, refuse_terms, GuardianSet, LaneSet};
#[cfg(feature = "export-abi")]
pub use interface::print_from_args;
use store::{KeeperRecord, Roster, SummonsRecord, TimesRecord};

/// Rosters, keepers with their bonds, summonses, and the peers, which never change.
#[storage]
#[entrypoint]
pub struct Jury {
    ownable: Ownable,
    /// Of which delay and opening count here.
    setup: Modules,
    token: StorageAddress,
    node_pool: StorageAddress,
    treasury: StorageAddress,
    lane: StorageAddress,
    guardian: StorageAddress,
    bond: StorageU256,
    times: TimesRecord,
    // What the lane was told, a `LaneConfig`.
    config: StorageB256,
    rosters: StorageMap<u64, Roster>,
    keepers: StorageMap<Address, KeeperRecord>,
    /// By `evidence::summons_key`.
    summons: StorageMap<B256, SummonsRecord>,
    /// When a node said that it is there for a task; by `evidence::presence_key`.
    presences: StorageMap<B256, StorageU64>,
    /// Hashes of blocks.
    notes: StorageMap<u64, StorageB256>,
}

/// What the contract is constructed with.
#[derive(Clone, Copy)]
pub(crate) struct Built {
    owner: Address,
    token: Address,
    node_pool: Address,
    treasury: Address,
    bond: U256,
    times: Times,
    delay_secs: u64,
}

impl Jury {
    /// Sets everything that never changes, and the first owner.
    ///
    /// # Errors
    /// * `ZeroAddress`, `ZeroAmount` for what is zero; `InputOutOfRange` for times under which a lie could outlive its bond, and for a delay that is not 3 to 30 days.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    pub(crate) fn constructor(&mut self, built: Built) -> Result<(), Revert> {
        let Built { owner, token, node_pool, treasury, bond, times, delay_secs } = built;
        self.token.set(nonzero(token)?);
        self.node_pool.set(nonzero(node_pool)?);
        self.treasury.set(nonzero(treasury)?);
        if bond.is_zero() {
            return Err(error!(ZeroAmount));
        }
        self.bond.set(bond);
        times.check().map_err(refuse_terms)?;
        self.times.set(times);
        if !is_delay(delay_secs) {
            let (min, max) = (MODULE_DELAY_MIN_SECS, MODULE_DELAY_MAX_SECS);
            return Err(refuse_terms(TermsError::OutOfRange { field: "delaySecs", value: delay_secs, min, max }));
        }
        self.setup.init(delay_secs);
        self.ownable.init(owner)
    }

    /// Names the lane; owner only.
    /// Arguments, errors, events: `IJury.setLane`.
    pub(crate) fn set_lane(&mut self, lane: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let named = self.lane.get();
        if !named.is_zero() {
            return Err(error!(LaneNamed, named));
        }
        self.lane.set(nonzero(lane)?);
        log!(self, LaneSet[lane]);
        Ok(())
    }

    /// Ends the setting up; owner only.
    /// Arguments, errors, events: `IJury.open`.
    pub(crate) fn open(&mut self) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.named_lane()?;
        self.setup.open()
    }

    /// Sets what later tasks of the lane go by; owner only.
    /// Arguments, errors, events: `IJury.setLaneConfig`.
    pub(crate) fn set_lane_config(&mut self, no_reveal: u64, bad_reveal: u64, no_result_gas_cap_bps: u16) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.configure(LaneConfig { no_reveal, bad_reveal, no_result_gas_cap_bps, paused: self.config().paused })
    }

    /// Pauses or unpauses new tasks of the lane; the owner, and the guardian to pause.
    /// Arguments, errors, events: `IJury.setLanePaused`.
    pub(crate) fn set_lane_paused(&mut self, paused: bool) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        if !paused || caller != self.guardian.get() {
            only(caller, self.ownable.owner())?;
        }
        self.configure(LaneConfig { paused, ..self.config() })
    }

    /// Sets who may pause beside the owner; owner only.
    /// Arguments, errors, events: `IJury.setGuardian`.
    pub(crate) fn set_guardian(&mut self, account: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.guardian.set(account);
        log!(self, GuardianSet[account]);
        Ok(())
    }

    /// What the contract was constructed with.
    /// Arguments, errors, events: `IJury.parameters`.
    #[allow(clippy::type_complexity)]
    pub(crate) fn parameters(&self) -> ((B256, (u32, u32)), ((u32, u32), (u32, (u64, bool)))) {
        let Times { epoch_secs, reveal_secs, answer_secs, dispute_secs, absence_epochs } = self.times.get();
        let last = (absence_epochs, (self.setup.delay_secs(), self.setup.is_open()));
        ((self.bond.get().into(), (epoch_secs, reveal_secs)), ((answer_secs, dispute_secs), last))
    }

    /// The contracts and wallets that this one knows.
    /// Arguments, errors, events: `IJury.peers`.
    pub(crate) fn peers(&self) -> ((Address, Address), (Address, (Address, Address))) {
        ((self.token.get(), self.node_pool.get()), (self.treasury.get(), (self.lane.get(), self.guardian.get())))
    }

    /// What the lane was told last.
    /// Arguments, errors, events: `IJury.laneConfig`.
    pub(crate) fn lane_config(&self) -> ((u64, u64), (u16, bool)) {
        let LaneConfig { no_reveal, bad_reveal, no_result_gas_cap_bps, paused } = self.config();
        ((no_reveal, bad_reveal), (no_result_gas_cap_bps, paused))
    }

    /// A keeper.
    /// Arguments, errors, events: `IJury.keeperOf`.
    #[allow(clippy::type_complexity)]
    pub(crate) fn keeper_of(&self, keeper: Address) -> ((u8, (u64, u64)), ((u32, u32), B256)) {
        let keeper = self.keepers.getter(keeper).get();
        let chain = keeper.current;
        ((keeper.standing.number(), (keeper.enrols_at, keeper.free_at)), ((chain.first, chain.shown), chain.head))
    }

    /// Until when a keeper shows a secret that was called for.
    /// Arguments, errors, events: `IJury.calledUntil`.
    pub(crate) fn called_until(&self, keeper: Address, epoch: u32) -> u64 {
        self.keepers.getter(keeper).called_until(epoch)
    }

    /// How many slots a roster had in an epoch.
    /// Arguments, errors, events: `IJury.lengthOf`.
    pub(crate) fn length_of(&self, model: u64, epoch: u32) -> u32 {
        length_at(&*self.rosters.getter(model), epoch)
    }

    /// A slot of a roster.
    /// Arguments, errors, events: `IJury.slotOf`.
    pub(crate) fn slot_of(&self, model: u64, slot: u32) -> ((Address, Address), (u32, u32)) {
        let (slot, operator) = self.rosters.getter(model).slot_and_operator(slot);
        ((slot.node, operator), (slot.from, slot.until))
    }

    /// A node in a roster.
    /// Arguments, errors, events: `IJury.entryOf`.
    pub(crate) fn entry_of(&self, node: Address, model: u64) -> (bool, (u32, u32)) {
        let (entry, is_in) = self.rosters.getter(model).entry_of(node);
        (is_in, (entry.slot.unwrap_or_default(), entry.barred_until))
    }

    /// A summons.
    /// Arguments, errors, events: `IJury.summonsOf`.
    pub(crate) fn summons_of(&self, task: B256, keeper: Address, node: Address) -> (u64, (u64, bool)) {
        let summons = self.summons.getter(evidence::summons_key(task, keeper, node)).get();
        (summons.answer_by, (self.present_at(task, node), summons.absent))
    }

    /// Present owner.
    /// Arguments, errors, events: `IJury.owner`.
    pub(crate) fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    /// Arguments, errors, events: `IJury.transferOwnership`.
    pub(crate) fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts an offered ownership.
    /// Arguments, errors, events: `IJury.acceptOwnership`.
    pub(crate) fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}

impl Jury {
    fn config(&self) -> LaneConfig {
        LaneConfig::unpack(self.config.get())
    }

    /// The lane takes all at once, and shows nothing: so it is kept here too.
    #[inline(never)]
    fn configure(&mut self, config: LaneConfig) -> Result<(), Revert> {
        self.named_lane()?;
        config.check().map_err(refuse_terms)?;
        self.config.set(config.pack());
        let LaneConfig { no_reveal, bad_reveal, no_result_gas_cap_bps, paused } = config;
        self.call_lane(LanePeer::setConfigCall::SELECTOR, encoded!(no_reveal, bad_reveal, no_result_gas_cap_bps, paused))
    }

    /// A call of nobody would succeed.
    fn named_lane(&self) -> Result<(), Revert> {
        if self.lane.get().is_zero() {
            Err(error!(LaneUnnamed))
        } else {
            Ok(())
        }
    }

    /// The time, and how it is counted here.
    pub(crate) fn clock(&self) -> (u64, Times) {
        (self.vm().block_timestamp(), self.times.get())
    }
}
