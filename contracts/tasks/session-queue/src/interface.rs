//! The functions of the interface with the SDK's attributes, from which it exports the ABI. Calls do not come this way: the SDK's routing
//! is larger than a program may be, see [`crate::dispatch`].

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, B256};
use cor_contract_shared::Revert;
use stylus_sdk::{abi::Bytes, prelude::*};

use crate::abi::{SessionParams, SessionView, TaskView};

/// The contract under its own name, which the exported interface has.
#[storage]
pub struct SessionQueue {
    contract: crate::SessionQueue,
}

// The argument lists are those of the interface.
#[allow(clippy::too_many_arguments)]
#[public]
impl SessionQueue {
    /// Sets the first owner.
    #[constructor]
    pub fn constructor(&mut self, owner: Address) -> Result<(), Revert> {
        self.contract.constructor(owner)
    }

    /// Opens a session.
    pub fn create(&mut self, params: SessionParams) -> Result<u64, Revert> {
        self.contract.create(params)
    }

    /// Ends a session.
    pub fn deactivate_session(&mut self, session_id: u64) -> Result<(), Revert> {
        self.contract.deactivate_session(session_id)
    }

    /// Submits a task and reserves its price.
    pub fn submit(
        &mut self,
        session_id: u64,
        prompt_digest: B256,
        prompt_urn: String,
        answer_kind: u8,
        max_tokens: u32,
        max_charge: u128,
        client_reference: B256,
    ) -> Result<u64, Revert> {
        self.contract.submit(session_id, prompt_digest, prompt_urn, answer_kind, max_tokens, max_charge, client_reference)
    }

    /// Assigns the miners of a task.
    pub fn assign_task(&mut self, task_id: u64, miners: Vec<Address>) -> Result<(), Revert> {
        self.contract.assign_task(task_id, miners)
    }

    /// The caller takes its replica.
    pub fn ack(&mut self, task_id: u64) -> Result<(), Revert> {
        self.contract.ack(task_id)
    }

    /// The same by signatures.
    pub fn ack_by_sig(&mut self, task_id: u64, miners: Vec<Address>, signatures: Vec<Bytes>) -> Result<(), Revert> {
        self.contract.ack_by_sig(task_id, miners, signatures)
    }

    /// The caller commits itself to an answer.
    pub fn precommit(&mut self, task_id: u64, commitment: B256) -> Result<(), Revert> {
        self.contract.precommit(task_id, commitment)
    }

    /// The same by signatures.
    pub fn precommit_by_sig(
        &mut self,
        task_id: u64,
        miners: Vec<Address>,
        commitments: Vec<B256>,
        signatures: Vec<Bytes>,
    ) -> Result<(), Revert> {
        self.contract.precommit_by_sig(task_id, miners, commitments, signatures)
    }

    /// The caller reveals what it committed to.
    pub fn commit(&mut self, task_id: u64, result_digest: B256, salt: B256) -> Result<(), Revert> {
        self.contract.commit(task_id, result_digest, salt)
    }

    /// The same by signatures.
    pub fn commit_by_sig(
        &mut self,
        task_id: u64,
        miners: Vec<Address>,
        result_digests: Vec<B256>,
        salts: Vec<B256>,
        signatures: Vec<Bytes>,
    ) -> Result<(), Revert> {
        self.contract.commit_by_sig(task_id, miners, result_digests, salts, signatures)
    }

    /// Shows a signed reveal that does not open its commitment.
    pub fn report_bad_reveal(
        &mut self,
        task_id: u64,
        miner: Address,
        result_digest: B256,
        salt: B256,
        signature: Bytes,
    ) -> Result<(), Revert> {
        self.contract.report_bad_reveal(task_id, miner, result_digest, salt, signature)
    }

    /// Closes the ack phase.
    pub fn end_ack(&mut self, task_id: u64) -> Result<(), Revert> {
        self.contract.end_ack(task_id)
    }

    /// Closes the precommit phase.
    pub fn end_precommit(&mut self, task_id: u64) -> Result<(), Revert> {
        self.contract.end_precommit(task_id)
    }

    /// Ends the task: pays, refunds, releases, slashes.
    pub fn end(&mut self, task_id: u64) -> Result<u8, Revert> {
        self.contract.end(task_id)
    }

    /// Which call brings the task on now.
    pub fn closable(&self, task_id: u64) -> Result<u8, Revert> {
        self.contract.closable(task_id)
    }

    /// A task with its replicas.
    pub fn get_task(&self, task_id: u64) -> Result<TaskView, Revert> {
        self.contract.get_task(task_id)
    }

    /// A session.
    pub fn get_session(&self, session_id: u64) -> Result<SessionView, Revert> {
        self.contract.get_session(session_id)
    }

    /// Number of sessions.
    pub fn session_count(&self) -> u64 {
        self.contract.session_count()
    }

    /// Number of tasks.
    pub fn task_count(&self) -> u64 {
        self.contract.task_count()
    }

    /// The commitment of a miner to an answer.
    pub fn commitment_of(&self, task_id: u64, miner: Address, result_digest: B256, salt: B256) -> Result<B256, Revert> {
        self.contract.commitment_of(task_id, miner, result_digest, salt)
    }

    /// EIP-712 domain separator.
    #[selector(name = "DOMAIN_SEPARATOR")]
    pub fn domain_separator(&self) -> B256 {
        self.contract.domain_separator()
    }

    /// Whether an account may assign tasks.
    pub fn is_keeper(&self, account: Address) -> bool {
        self.contract.is_keeper(account)
    }

    /// Names or removes a keeper.
    pub fn set_keeper(&mut self, keeper: Address, enabled: bool) -> Result<(), Revert> {
        self.contract.set_keeper(keeper, enabled)
    }

    /// Sets the stake penalties.
    pub fn set_penalties(&mut self, no_reveal: u128, bad_reveal: u128) -> Result<(), Revert> {
        self.contract.set_penalties(no_reveal, bad_reveal)
    }

    /// Stake penalties in COR wei.
    pub fn penalties(&self) -> (u128, u128) {
        self.contract.penalties()
    }

    /// Who may pause besides the owner.
    pub fn guardian(&self) -> Address {
        self.contract.guardian()
    }

    /// Sets the guardian.
    pub fn set_guardian(&mut self, account: Address) -> Result<(), Revert> {
        self.contract.set_guardian(account)
    }

    /// Stops or allows create and submit.
    pub fn set_paused(&mut self, paused: bool) -> Result<(), Revert> {
        self.contract.set_paused(paused)
    }

    /// Whether create and submit are stopped.
    pub fn paused(&self) -> bool {
        self.contract.paused()
    }

    /// Sets the peers.
    pub fn wire(&mut self, session_payment: Address, node_pool: Address, staking: Address, table: Address) -> Result<(), Revert> {
        self.contract.wire(session_payment, node_pool, staking, table)
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
