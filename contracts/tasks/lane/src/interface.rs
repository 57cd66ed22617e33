//! The functions of the interface with the SDK's attributes, from which it exports the ABI. Calls do not come this way: the SDK's routing
//! is larger than a program may be, see [`crate::dispatch`].

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, FixedBytes, B256, U256};
use cor_contract_shared::{abi::Octets, Revert};
use cor_core::task::lane::LaneConfig;
use stylus_sdk::{abi::Bytes, prelude::*};

use crate::{sessions::Order, steps::Told, store::Rates};

fn octets(bytes: Bytes) -> Octets {
    Octets(bytes.to_vec())
}

/// The contract under its own name, which the exported interface has.
#[storage]
pub struct Lane {
    contract: crate::Lane,
}

// The argument lists are those of the interface.
#[allow(clippy::too_many_arguments)]
#[public]
impl Lane {
    /// Sets the peers.
    #[constructor]
    pub fn constructor(&mut self, governor: Address, vault: Address, table: Address, staking: Address) -> Result<(), Revert> {
        self.contract.constructor(governor, vault, table, staking)
    }

    /// Submits a task of the caller, and charges it.
    pub fn submit(
        &mut self,
        session: u64,
        terms: B256,
        sequence: u64,
        max_charge: u64,
        prompt_digest: B256,
        prompt_urn: String,
        client_reference: B256,
    ) -> Result<B256, Revert> {
        self.contract.submit(
            session,
            terms,
            Order { sequence, max_charge, prompt_digest, prompt_urn: Octets(prompt_urn.into_bytes()), client_reference },
        )
    }

    /// Ends a task that every miner answered and revealed.
    pub fn complete(
        &mut self,
        payer: Address,
        sequence: u64,
        opening: Bytes,
        answers: Bytes,
        keeper: Address,
        assign: Bytes,
    ) -> Result<(), Revert> {
        self.contract.complete(Told { payer, sequence, history: octets(opening) }, octets(answers), keeper, octets(assign))
    }

    /// Puts assignment and commitments on chain.
    pub fn start(
        &mut self,
        payer: Address,
        sequence: u64,
        opening: Bytes,
        miners: Bytes,
        keeper: Address,
        assign: Bytes,
    ) -> Result<(), Revert> {
        self.contract.start(Told { payer, sequence, history: octets(opening) }, octets(miners), keeper, octets(assign))
    }

    /// Shows answers, and ends the task with what was shown.
    pub fn finish(&mut self, payer: Address, sequence: u64, history: Bytes, reveals: Bytes) -> Result<(), Revert> {
        self.contract.finish(Told { payer, sequence, history: octets(history) }, octets(reveals))
    }

    /// Shows answers.
    pub fn reveal(&mut self, payer: Address, sequence: u64, history: Bytes, reveals: Bytes) -> Result<(), Revert> {
        self.contract.reveal(Told { payer, sequence, history: octets(history) }, octets(reveals))
    }

    /// Binds a miner that was left out of the start.
    pub fn precommit(
        &mut self,
        payer: Address,
        sequence: u64,
        history: Bytes,
        replica: u8,
        commitment: B256,
        signature: Bytes,
    ) -> Result<(), Revert> {
        self.contract.precommit(Told { payer, sequence, history: octets(history) }, replica, commitment, octets(signature))
    }

    /// Reports a reveal that its miner signed, and that does not open its commitment.
    pub fn report(
        &mut self,
        payer: Address,
        sequence: u64,
        history: Bytes,
        replica: u8,
        result_digest: B256,
        salt: B256,
        signature: Bytes,
    ) -> Result<(), Revert> {
        self.contract.report(Told { payer, sequence, history: octets(history) }, replica, result_digest, salt, octets(signature))
    }

    /// Reports a second commitment that a miner signed of the assignment of a task that ended.
    #[allow(clippy::too_many_arguments)]
    pub fn report_second(
        &mut self,
        payer: Address,
        sequence: u64,
        history: Bytes,
        keeper: Address,
        replica: u8,
        commitment: B256,
        signature: Bytes,
    ) -> Result<(), Revert> {
        let told = Told { payer, sequence, history: octets(history) };
        self.contract.report_second(told, keeper, replica, commitment, octets(signature))
    }

    /// Closes a phase whose deadline has passed.
    pub fn close(&mut self, payer: Address, sequence: u64, history: Bytes) -> Result<(), Revert> {
        self.contract.close(Told { payer, sequence, history: octets(history) })
    }

    /// Creates a session of the caller.
    pub fn create_session(&mut self, terms: B256, metadata: B256) -> Result<u64, Revert> {
        self.contract.create_session(terms, metadata)
    }

    /// Creates a session and submits its first task.
    pub fn create_and_submit(
        &mut self,
        terms: B256,
        metadata: B256,
        sequence: u64,
        max_charge: u64,
        prompt_digest: B256,
        prompt_urn: String,
        client_reference: B256,
    ) -> Result<(u64, B256), Revert> {
        self.contract.create_and_submit(
            terms,
            metadata,
            Order { sequence, max_charge, prompt_digest, prompt_urn: Octets(prompt_urn.into_bytes()), client_reference },
        )
    }

    /// Ends a session of the caller.
    pub fn close_session(&mut self, session: u64, terms: B256) -> Result<(), Revert> {
        self.contract.close_session(session, terms)
    }

    /// Reads the prices of terms from the table, unless those known are valid.
    pub fn pin_tariff(&mut self, terms: B256) -> Result<B256, Revert> {
        self.contract.pin_tariff(terms)
    }

    /// Takes note of money for an account; vault only.
    pub fn credited(&mut self, account: Address, from: Address, amount: U256) -> Result<FixedBytes<4>, Revert> {
        self.contract.credited(account, from, amount).map(|word| FixedBytes::from_slice(&word[..4]))
    }

    /// Takes the caller's money back to the vault.
    pub fn release(&mut self, amount: u64) -> Result<(), Revert> {
        self.contract.release(amount)
    }

    /// Pays what a miner earned to where its earnings belong; anyone.
    pub fn pay_earnings(&mut self, miner: Address) -> Result<u64, Revert> {
        self.contract.pay_earnings(miner)
    }

    /// Passes the treasury's part on; anyone.
    pub fn pass_treasury(&mut self) -> Result<u64, Revert> {
        self.contract.pass_treasury()
    }

    /// Names or dismisses a keeper.
    pub fn set_keeper(&mut self, keeper: Address, enabled: bool) -> Result<(), Revert> {
        self.contract.set_keeper(keeper, enabled)
    }

    /// Sets what later tasks go by, and whether new sessions and tasks are paused.
    pub fn set_config(
        &mut self,
        no_reveal: u64,
        bad_reveal: u64,
        no_result_gas_cap_bps: u16,
        paused: bool,
    ) -> Result<(), Revert> {
        self.contract.set_config(Rates(LaneConfig { no_reveal, bad_reveal, no_result_gas_cap_bps, paused }))
    }

    /// Has Staking asked again for what is owed of a penalty; anyone.
    pub fn slash_again(&mut self, task: B256, node: Address, reason: u8) -> Result<u64, Revert> {
        self.contract.slash_again(task, node, reason)
    }

    /// A task's two words.
    pub fn task_of(&self, payer: Address, sequence: u64) -> (B256, B256) {
        self.contract.task_of(payer, sequence)
    }

    /// Words of the storage.
    pub fn extsload(&self, slots: Vec<B256>) -> Vec<B256> {
        self.contract.extsload(slots)
    }
}
