//! The functions of the interface with the SDK's attributes, from which it exports the ABI. Calls do not come this way: the SDK's routing
//! is larger than a program may be, see [`crate::dispatch`].

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use cor_contract_shared::{abi::Octets, Revert};
use cor_core::task::jury::Times;
use stylus_sdk::{abi::Bytes, prelude::*};

use crate::{rosters::Told, Built};

fn octets(bytes: Bytes) -> Octets {
    Octets(bytes.to_vec())
}

/// The contract under its own name, which the exported interface has.
#[storage]
pub struct Jury {
    contract: crate::Jury,
}

// The argument lists and results are those of the interface.
#[allow(clippy::too_many_arguments, clippy::type_complexity)]
#[public]
impl Jury {
    /// Sets everything that never changes, and the first owner.
    #[constructor]
    pub fn constructor(
        &mut self,
        owner: Address,
        token: Address,
        node_pool: Address,
        treasury: Address,
        bond: U256,
        epoch_secs: u32,
        reveal_secs: u32,
        answer_secs: u32,
        dispute_secs: u32,
        absence_epochs: u32,
        delay_secs: u64,
    ) -> Result<(), Revert> {
        let times = Times { epoch_secs, reveal_secs, answer_secs, dispute_secs, absence_epochs };
        self.contract.constructor(Built { owner, token, node_pool, treasury, bond, times, delay_secs })
    }

    /// Brings a node into a roster; anyone.
    pub fn enter(&mut self, node: Address, model: u64) -> Result<u32, Revert> {
        self.contract.enter(node, model)
    }

    /// Takes a node out; the node and its operator.
    pub fn leave(&mut self, node: Address, model: u64) -> Result<(), Revert> {
        self.contract.leave(node, model)
    }

    /// Takes a node out that is not fit any more; anyone.
    pub fn strike(&mut self, node: Address, model: u64) -> Result<(), Revert> {
        self.contract.strike(node, model)
    }

    /// Summons a node; keepers that serve.
    pub fn summon(&mut self, payer: Address, sequence: u64, opening: Bytes, slot: u32) -> Result<Address, Revert> {
        self.contract.summon(Told { payer, sequence, opening: octets(opening) }, slot)
    }

    /// Says that a node is there; the node, or anyone with its signature.
    pub fn present(&mut self, task: B256, node: Address, signature: Bytes) -> Result<(), Revert> {
        self.contract.present(task, node, octets(signature))
    }

    /// Finds a node absent; the keeper that summoned it.
    pub fn dismiss(&mut self, payer: Address, sequence: u64, opening: Bytes, node: Address) -> Result<(), Revert> {
        self.contract.dismiss(Told { payer, sequence, opening: octets(opening) }, node)
    }

    /// Shows the secret of an epoch that has ended; anyone.
    pub fn reveal(&mut self, keeper: Address, epoch: u32, secret: B256) -> Result<(), Revert> {
        self.contract.reveal(keeper, epoch, secret)
    }

    /// Keeps the hash of a block; anyone.
    pub fn note(&mut self, number: u64) -> Result<B256, Revert> {
        self.contract.note(number)
    }

    /// Convicts a keeper that brought others than were drawn, or calls for its secret; anyone.
    pub fn challenge(
        &mut self,
        payer: Address,
        sequence: u64,
        opening: Bytes,
        keeper: Address,
        crew: Bytes,
    ) -> Result<(), Revert> {
        self.contract.challenge(Told { payer, sequence, opening: octets(opening) }, keeper, octets(crew))
    }

    /// Proposes a keeper; owner only.
    pub fn propose(&mut self, keeper: Address) -> Result<(), Revert> {
        self.contract.propose(keeper)
    }

    /// Posts the caller's bond, and lets it serve.
    pub fn enrol(&mut self, anchor: B256, first: u32) -> Result<(), Revert> {
        self.contract.enrol(anchor, first)
    }

    /// Goes on with another chain; the keeper.
    pub fn renew(&mut self, anchor: B256, first: u32) -> Result<(), Revert> {
        self.contract.renew(anchor, first)
    }

    /// Stops serving; the keeper.
    pub fn resign(&mut self) -> Result<(), Revert> {
        self.contract.resign()
    }

    /// Stops a keeper; owner only.
    pub fn discharge(&mut self, keeper: Address) -> Result<(), Revert> {
        self.contract.discharge(keeper)
    }

    /// Pays a bond back to its keeper; anyone.
    pub fn withdraw(&mut self, keeper: Address) -> Result<(), Revert> {
        self.contract.withdraw(keeper)
    }

    /// Names the lane; owner only.
    pub fn set_lane(&mut self, lane: Address) -> Result<(), Revert> {
        self.contract.set_lane(lane)
    }

    /// Ends the setting up; owner only.
    pub fn open(&mut self) -> Result<(), Revert> {
        self.contract.open()
    }

    /// Sets what later tasks of the lane go by; owner only.
    pub fn set_lane_config(&mut self, no_reveal: u64, bad_reveal: u64, no_result_gas_cap_bps: u16) -> Result<(), Revert> {
        self.contract.set_lane_config(no_reveal, bad_reveal, no_result_gas_cap_bps)
    }

    /// Pauses or unpauses new tasks of the lane; the owner, and the guardian to pause.
    pub fn set_lane_paused(&mut self, paused: bool) -> Result<(), Revert> {
        self.contract.set_lane_paused(paused)
    }

    /// Sets who may pause beside the owner; owner only.
    pub fn set_guardian(&mut self, account: Address) -> Result<(), Revert> {
        self.contract.set_guardian(account)
    }

    /// What the contract was constructed with.
    pub fn parameters(&self) -> (U256, u32, u32, u32, u32, u32, u64, bool) {
        let ((bond, (epoch, reveal)), ((answer, dispute), (absence, (delay, opened)))) = self.contract.parameters();
        (bond.into(), epoch, reveal, answer, dispute, absence, delay, opened)
    }

    /// The contracts and wallets that this one knows.
    pub fn peers(&self) -> (Address, Address, Address, Address, Address) {
        let ((token, node_pool), (treasury, (lane, guardian))) = self.contract.peers();
        (token, node_pool, treasury, lane, guardian)
    }

    /// What the lane was told last.
    pub fn lane_config(&self) -> (u64, u64, u16, bool) {
        let ((no_reveal, bad_reveal), (cap, paused)) = self.contract.lane_config();
        (no_reveal, bad_reveal, cap, paused)
    }

    /// A keeper.
    pub fn keeper_of(&self, keeper: Address) -> (u8, u64, u64, u32, u32, B256) {
        let ((standing, (enrols_at, free_at)), ((first, shown), head)) = self.contract.keeper_of(keeper);
        (standing, enrols_at, free_at, first, shown, head)
    }

    /// Until when a keeper shows a secret that was called for.
    pub fn called_until(&self, keeper: Address, epoch: u32) -> u64 {
        self.contract.called_until(keeper, epoch)
    }

    /// How many slots a roster had in an epoch.
    pub fn length_of(&self, model: u64, epoch: u32) -> u32 {
        self.contract.length_of(model, epoch)
    }

    /// A slot of a roster.
    pub fn slot_of(&self, model: u64, slot: u32) -> (Address, Address, u32, u32) {
        let ((node, operator), (from, until)) = self.contract.slot_of(model, slot);
        (node, operator, from, until)
    }

    /// A node in a roster.
    pub fn entry_of(&self, node: Address, model: u64) -> (bool, u32, u32) {
        let (inside, (slot, barred_until)) = self.contract.entry_of(node, model);
        (inside, slot, barred_until)
    }

    /// A summons.
    pub fn summons_of(&self, task: B256, keeper: Address, node: Address) -> (u64, u64, bool) {
        let (answer_by, (present_at, absent)) = self.contract.summons_of(task, keeper, node);
        (answer_by, present_at, absent)
    }

    /// Present owner.
    pub fn owner(&self) -> Address {
        self.contract.owner()
    }

    /// Offers ownership.
    pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.contract.transfer_ownership(candidate)
    }

    /// Accepts an offered ownership.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.contract.accept_ownership()
    }
}
