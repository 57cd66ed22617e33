//! What miners say: ack, precommit, commit, each by the miner or by its signature, and reveals that do not hold.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256};
use cor_contract_shared::Revert;
use cor_core::limits::REPLICA_SLOTS;
use cor_core::task::eip712::{session_queue_domain, Message};
use stylus_sdk::{abi::Bytes, prelude::*};

use crate::{abi::same_length, SessionQueue};

impl SessionQueue {
    /// The caller takes its replica.
    /// Arguments, errors, events: `ISessionQueue.ack`.
    pub(crate) fn ack(&mut self, task_id: u64) -> Result<(), Revert> {
        self.say(task_id, Message::Ack)
    }

    /// The same by signatures.
    /// Arguments, errors, events: `ISessionQueue.ackBySig`.
    pub(crate) fn ack_by_sig(&mut self, task_id: u64, miners: Vec<Address>, signatures: Vec<Bytes>) -> Result<(), Revert> {
        let messages = vec![Message::Ack; miners.len()];
        self.relay(task_id, &miners, &messages, &signatures)
    }

    /// The caller commits itself to an answer.
    /// Arguments, errors, events: `ISessionQueue.precommit`.
    pub(crate) fn precommit(&mut self, task_id: u64, commitment: B256) -> Result<(), Revert> {
        self.say(task_id, Message::Precommit { commitment })
    }

    /// The same by signatures.
    /// Arguments, errors, events: `ISessionQueue.precommitBySig`.
    pub(crate) fn precommit_by_sig(
        &mut self,
        task_id: u64,
        miners: Vec<Address>,
        commitments: Vec<B256>,
        signatures: Vec<Bytes>,
    ) -> Result<(), Revert> {
        let messages: Vec<_> = commitments.into_iter().map(|commitment| Message::Precommit { commitment }).collect();
        self.relay(task_id, &miners, &messages, &signatures)
    }

    /// The caller reveals what it committed to.
    /// Arguments, errors, events: `ISessionQueue.commit`.
    pub(crate) fn commit(&mut self, task_id: u64, result_digest: B256, salt: B256) -> Result<(), Revert> {
        self.say(task_id, Message::Commit { result_digest, salt })
    }

    /// The same by signatures.
    /// Arguments, errors, events: `ISessionQueue.commitBySig`.
    pub(crate) fn commit_by_sig(
        &mut self,
        task_id: u64,
        miners: Vec<Address>,
        result_digests: Vec<B256>,
        salts: Vec<B256>,
        signatures: Vec<Bytes>,
    ) -> Result<(), Revert> {
        same_length(result_digests.len(), salts.len(), REPLICA_SLOTS)?;
        let pairs = result_digests.into_iter().zip(salts);
        let messages: Vec<_> = pairs.map(|(result_digest, salt)| Message::Commit { result_digest, salt }).collect();
        self.relay(task_id, &miners, &messages, &signatures)
    }

    /// Shows a signed reveal that does not open its commitment.
    /// Arguments, errors, events: `ISessionQueue.reportBadReveal`.
    pub(crate) fn report_bad_reveal(
        &mut self,
        task_id: u64,
        miner: Address,
        result_digest: B256,
        salt: B256,
        signature: Bytes,
    ) -> Result<(), Revert> {
        self.report(task_id, miner, result_digest, salt, &signature)
    }

    /// EIP-712 domain separator.
    /// Arguments, errors, events: `ISessionQueue.DOMAIN_SEPARATOR`.
    pub(crate) fn domain_separator(&self) -> B256 {
        session_queue_domain(self.vm().chain_id(), self.vm().contract_address())
    }
}
