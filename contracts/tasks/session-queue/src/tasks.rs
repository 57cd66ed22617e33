//! A task from its miners to its end, and what anyone can see of it.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use cor_contract_shared::{log, Revert};
use cor_core::task::{self, Outcome};
use stylus_sdk::prelude::*;

use crate::{
    abi::{refuse_step, Replica, TaskAssigned, TaskView},
    SessionQueue,
};

impl SessionQueue {
    /// Assigns the miners of a task.
    /// Arguments, errors, events: `ISessionQueue.assignTask`.
    pub(crate) fn assign_task(&mut self, task_id: u64, miners: Vec<Address>) -> Result<(), Revert> {
        let keeper = self.vm().msg_sender();
        let number = self.keeper_number(keeper)?;
        let mut task = self.open(task_id)?;
        let now = self.vm().block_timestamp();
        let transition = task::assign(task.state, &task.terms, number, miners.len(), now);
        task.state = transition.map_err(|error| refuse_step(error, task_id, keeper))?.state;
        // Called before the store, since the registrations to store are its answer. The pool calls nobody who could come back
        // here, and re-entrance is refused.
        let epochs = self.reserve_miners(task_id, task.model, &miners)?;
        let mut record = self.tasks.setter(task_id);
        for (replica, (miner, epoch)) in (0..).zip(miners.iter().zip(&epochs)) {
            record.set_miner(replica, *miner, *epoch);
        }
        record.set_state(&task.state);
        log!(self, TaskAssigned[task.state.session_id, task_id, keeper] *miners, *epochs, task.state.deadline());
        Ok(())
    }

    /// Closes the ack phase.
    /// Arguments, errors, events: `ISessionQueue.endAck`.
    pub(crate) fn end_ack(&mut self, task_id: u64) -> Result<(), Revert> {
        self.close(task_id, task::close_ack).map(|_| ())
    }

    /// Closes the precommit phase.
    /// Arguments, errors, events: `ISessionQueue.endPrecommit`.
    pub(crate) fn end_precommit(&mut self, task_id: u64) -> Result<(), Revert> {
        self.close(task_id, task::close_precommit).map(|_| ())
    }

    /// Ends the task: pays, refunds, releases, slashes.
    /// Arguments, errors, events: `ISessionQueue.end`.
    pub(crate) fn end(&mut self, task_id: u64) -> Result<u8, Revert> {
        self.close(task_id, task::end)
    }

    /// Which call brings the task on now.
    /// Arguments, errors, events: `ISessionQueue.closable`.
    pub(crate) fn closable(&self, task_id: u64) -> Result<u8, Revert> {
        let task = self.open(task_id)?;
        Ok(task::closable(task.state, &task.terms, self.vm().block_timestamp()).number())
    }

    /// A task with its replicas.
    /// Arguments, errors, events: `ISessionQueue.getTask`.
    pub(crate) fn get_task(&self, task_id: u64) -> Result<TaskView, Revert> {
        let state = self.open(task_id)?.state;
        let record = self.tasks.getter(task_id);
        let replicas: Vec<_> = state
            .replica_stages()
            .filter(|_| state.keeper != 0)
            .map(|(replica, stage)| {
                let (miner, registration_epoch) = record.miner(replica);
                let seal = record.seal(replica);
                let (commitment, result_digest) = if stage.has_revealed() { (B256::ZERO, seal) } else { (seal, B256::ZERO) };
                Replica {
                    miner,
                    registrationEpoch: registration_epoch,
                    outcome: stage.outcome().number(),
                    messages: stage.messages(),
                    commitment,
                    resultDigest: result_digest,
                }
            })
            .collect();
        let winner = replicas.iter().find(|replica| replica.outcome == Outcome::Agreed.number());
        Ok(TaskView {
            sessionId: state.session_id,
            payer: self.sessions.getter(state.session_id).owner.get(),
            keeper: self.keeper_at.get(state.keeper),
            phase: state.phase.number(),
            status: state.status.number(),
            answerKind: state.answer_kind.number(),
            maxTokens: state.max_tokens,
            submittedAt: state.submitted_at,
            deadline: state.deadline(),
            endedAt: state.ended_at(),
            resultDigest: winner.map_or(B256::ZERO, |replica| replica.resultDigest),
            replicas,
        })
    }

    /// Number of tasks.
    /// Arguments, errors, events: `ISessionQueue.taskCount`.
    pub(crate) fn task_count(&self) -> u64 {
        self.desk.tasks()
    }

    /// The commitment of a miner to an answer.
    /// Arguments, errors, events: `ISessionQueue.commitmentOf`.
    pub(crate) fn commitment_of(&self, task_id: u64, miner: Address, result_digest: B256, salt: B256) -> Result<B256, Revert> {
        let task = self.open(task_id)?;
        let replica = self.replica_of(&task, miner)?;
        Ok(self.binding(task_id, replica, miner).commitment(result_digest, salt))
    }
}
