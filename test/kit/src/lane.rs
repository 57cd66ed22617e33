//! Sessions, tasks and signed messages in a line each.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    signers::{SignerSync, local::PrivateKeySigner},
};
use cor_core::task::commitment::Binding;
use cor_core::task::eip712;
use cor_ports::ChainError;
use cor_sol::session_queue::ISessionQueue::{self, SessionParams, TaskView};

use crate::{TestNet, digest, event};

/// Seconds of each phase in tests.
pub const PHASE_SECS: u32 = 60;

/// Terms of a session with model 1 and a majority rule.
#[must_use]
pub fn terms(replicas: u8) -> SessionParams {
    SessionParams {
        modelIdentifier: 1,
        executionDepth: 1,
        toolDepth: 0,
        sla: 0,
        validatorDepth: 0,
        redundant: replicas,
        consensusRule: u8::from(replicas > 1),
        quorumBps: cor_core::limits::QUORUM_MIN_BPS,
        priority: 0,
        assignSecs: PHASE_SECS,
        ackSecs: PHASE_SECS,
        precommitSecs: PHASE_SECS,
        commitSecs: PHASE_SECS,
        metadata: B256::ZERO,
    }
}

/// A submission of the prompt "prompt".
#[must_use]
pub fn submission(session_id: u64) -> ISessionQueue::submitCall {
    ISessionQueue::submitCall {
        sessionId: session_id,
        promptDigest: digest("prompt"),
        promptUrn: "urn:cor:blob:test".to_owned(),
        answerKind: 0,
        maxTokens: 16,
        maxCharge: u128::MAX,
        clientReference: B256::ZERO,
    }
}

impl TestNet {
    /// Opens a session by account `index`.
    pub async fn open_session(&self, index: usize, params: SessionParams) -> u64 {
        let mined = self.ok(index, self.at.session_queue, ISessionQueue::createCall { params }).await;
        event::<ISessionQueue::SessionCreated>(&mined).sessionId
    }

    /// Submits a task by account `index`.
    pub async fn submit(&self, index: usize, session_id: u64) -> u64 {
        let mined = self.ok(index, self.at.session_queue, submission(session_id)).await;
        event::<ISessionQueue::TaskQueued>(&mined).taskId
    }

    /// Assigns miners by the keeper.
    ///
    /// # Errors
    /// What the contract refuses.
    pub async fn assign(&self, task_id: u64, miners: &[Address]) -> Result<(), ChainError> {
        self.send(1, self.at.session_queue, ISessionQueue::assignTaskCall { taskId: task_id, miners: miners.to_vec() })
            .await
            .map(drop)
    }

    /// The task as the contract has it.
    ///
    /// # Panics
    /// If the task is not there.
    pub async fn task(&self, task_id: u64) -> TaskView {
        ISessionQueue::new(self.at.session_queue, &self.provider).getTask(task_id).call().await.expect("the task is there")
    }

    /// The commitment of a replica to an answer, computed natively.
    #[must_use]
    pub fn commitment(&self, task_id: u64, task: &TaskView, replica: usize, result_digest: B256, salt: B256) -> B256 {
        let part = &task.replicas[replica];
        let binding = Binding {
            chain_id: self.at.chain_id,
            queue: self.at.session_queue,
            task_id,
            replica: u8::try_from(replica).expect("at most seven replicas"),
            miner: part.miner,
            registration_epoch: part.registrationEpoch,
        };
        binding.commitment(result_digest, salt)
    }

    /// A miner's signature of a lane message.
    ///
    /// # Panics
    /// Never, for a valid key.
    #[must_use]
    pub fn sign(&self, key: &PrivateKeySigner, task_id: u64, message: eip712::Message) -> Bytes {
        let domain = eip712::session_queue_domain(self.at.chain_id, self.at.session_queue);
        let signature = key.sign_hash_sync(&message.digest(domain, task_id, key.address())).expect("a key signs");
        Bytes::copy_from_slice(&signature.as_bytes())
    }

    /// Carries a task from assignment to its end by the miners' own transactions: miner `miners[i]` answers `answers[i]`.
    pub async fn carry(&self, task_id: u64, miners: &[usize], answers: &[&str]) {
        let queue = self.at.session_queue;
        let addresses: Vec<_> = miners.iter().map(|&index| self.address(index)).collect();
        self.assign(task_id, &addresses).await.expect("the miners are eligible");
        for &miner in miners {
            self.ok(miner, queue, ISessionQueue::ackCall { taskId: task_id }).await;
        }
        let task = self.task(task_id).await;
        for (replica, &miner) in miners.iter().enumerate() {
            let commitment = self.commitment(task_id, &task, replica, digest(answers[replica]), salt(miner));
            self.ok(miner, queue, ISessionQueue::precommitCall { taskId: task_id, commitment }).await;
        }
        for (replica, &miner) in miners.iter().enumerate() {
            self.ok(
                miner,
                queue,
                ISessionQueue::commitCall { taskId: task_id, resultDigest: digest(answers[replica]), salt: salt(miner) },
            )
            .await;
        }
        self.ok(1, queue, ISessionQueue::endCall { taskId: task_id }).await;
    }
}

/// The salt that account `index` uses in tests.
#[must_use]
pub fn salt(index: usize) -> B256 {
    B256::from(U256::from(0x5a17 + index))
}
