//! The lane from the miners' messages to the end of a task.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use cor_contract_shared::{check_signature, log, Revert, Signature, Unauthorized};
use cor_core::limits::REPLICA_SLOTS;
use cor_core::task::commitment::Binding;
use cor_core::task::consensus::leader_of;
use cor_core::task::eip712::Message;
use cor_core::task::{self, Effects, Ending, Offence, Opening, Phase, Status, TaskError, TaskState, Terms, Transition};
use stylus_sdk::{abi::Bytes, prelude::*};

use crate::{
    abi::{
        refuse_step, same_length, BadReveal, InvalidSignature, NotAssigned, PhaseChanged, TaskAcked, TaskCommitted, TaskDecided,
        TaskEnded, TaskPrecommitted, UnknownTask,
    },
    SessionQueue,
};

/// A task while a call works on it.
pub(crate) struct OpenTask {
    pub(crate) id: u64,
    pub(crate) state: TaskState,
    pub(crate) terms: Terms,
    pub(crate) model: u64,
}

/// A step of the task machine that needs no more than the time.
type Step = fn(TaskState, &Terms, u64) -> Result<Transition, TaskError>;

impl SessionQueue {
    /// Loads a task and the terms that it goes by.
    pub(crate) fn open(&self, task_id: u64) -> Result<OpenTask, Revert> {
        let state = self.tasks.getter(task_id).state();
        if state.phase == Phase::None {
            return Err(UnknownTask { taskId: task_id, latest: self.desk.tasks() }.into());
        }
        let params = self.sessions.getter(state.session_id).params();
        Ok(OpenTask { id: task_id, state, terms: params.terms(), model: params.modelIdentifier })
    }

    /// The replica of a miner.
    pub(crate) fn replica_of(&self, task: &OpenTask, miner: Address) -> Result<u8, Revert> {
        let record = self.tasks.getter(task.id);
        let found = (0..task.state.replicas).find(|replica| record.miner(*replica).0 == miner);
        found.ok_or_else(|| NotAssigned { taskId: task.id, account: miner }.into())
    }

    /// What a miner's commitment is bound to.
    pub(crate) fn binding(&self, task_id: u64, replica: u8, miner: Address) -> Binding {
        Binding {
            chain_id: self.vm().chain_id(),
            queue: self.vm().contract_address(),
            task_id,
            replica,
            miner,
            registration_epoch: self.tasks.getter(task_id).miner(replica).1,
        }
    }

    /// The number under which tasks remember a keeper; refuses who is none.
    pub(crate) fn keeper_number(&self, account: Address) -> Result<u16, Revert> {
        let keeper = self.keepers.getter(account);
        if keeper.enabled.get() {
            return Ok(keeper.number.get().to());
        }
        // There can be several keepers, so there is no one address to name.
        Err(Unauthorized { caller: account, required: Address::ZERO }.into())
    }

    /// A message of the caller for itself.
    pub(crate) fn say(&mut self, task_id: u64, message: Message) -> Result<(), Revert> {
        let mut task = self.open(task_id)?;
        let miner = self.vm().msg_sender();
        let replica = self.replica_of(&task, miner)?;
        self.act(&mut task, replica, miner, &message)?;
        self.tasks.setter(task_id).set_state(&task.state);
        Ok(())
    }

    /// Messages by signature. Those that took effect before are passed over unchecked: they change nothing.
    pub(crate) fn relay(
        &mut self,
        task_id: u64,
        miners: &[Address],
        messages: &[Message],
        signatures: &[Bytes],
    ) -> Result<(), Revert> {
        same_length(miners.len(), messages.len(), REPLICA_SLOTS)?;
        same_length(miners.len(), signatures.len(), REPLICA_SLOTS)?;
        let mut task = self.open(task_id)?;
        let domain = self.domain_separator();
        for ((miner, message), signature) in miners.iter().zip(messages).zip(signatures) {
            let replica = self.replica_of(&task, *miner)?;
            if self.took_effect(&task, replica, message) {
                continue;
            }
            self.signed_by(*miner, message.digest(domain, task_id, *miner), signature)?;
            self.act(&mut task, replica, *miner, message)?;
        }
        self.tasks.setter(task_id).set_state(&task.state);
        Ok(())
    }

    fn signed_by(&self, expected: Address, digest: B256, signature: &[u8]) -> Result<(), Revert> {
        check_signature(self.vm(), digest, Signature::from_packed(signature), expected)
            .map_err(|signer| InvalidSignature { signer, expected }.into())
    }

    fn took_effect(&self, task: &OpenTask, replica: u8, message: &Message) -> bool {
        let stage = task.state.stages.get(replica);
        let seal = || self.tasks.getter(task.id).seal(replica);
        match message {
            Message::Ack => stage.has_acked(),
            // After the reveal the digest has taken the commitment's place, and there is nothing left to contradict.
            Message::Precommit { commitment } => stage.has_revealed() || (stage.is_bound() && seal() == *commitment),
            Message::Commit { result_digest, .. } => stage.has_revealed() && seal() == *result_digest,
        }
    }

    /// Takes one message into `task` and tells of it. The caller stores the task afterwards, once for all messages of a batch: here an
    /// event comes before the store of the state that it tells of. Nothing is called in between, and a refusal takes both back.
    fn act(&mut self, task: &mut OpenTask, replica: u8, miner: Address, message: &Message) -> Result<(), Revert> {
        let (id, state, terms) = (task.id, task.state, &task.terms);
        let now = self.vm().block_timestamp();
        let refuse = |error| refuse_step(error, id, miner);
        let transition = match *message {
            Message::Ack => {
                let transition = task::ack(state, terms, replica, now).map_err(refuse)?;
                log!(self, TaskAcked[id, miner]);
                transition
            }
            Message::Precommit { commitment } => {
                let transition = task::precommit(state, terms, replica, commitment, now).map_err(refuse)?;
                self.tasks.setter(id).set_seal(replica, commitment);
                log!(self, TaskPrecommitted[id, miner] commitment);
                transition
            }
            Message::Commit { result_digest, salt } => {
                let reveal = self.reveal(id, replica, miner, result_digest, salt);
                let record = self.tasks.getter(id);
                let leader = leader_of(&result_digest, state.leaders().map(|leader| (leader, record.seal(leader))));
                let transition = task::commit(state, terms, &reveal, leader, now).map_err(refuse)?;
                self.tasks.setter(id).set_seal(replica, result_digest);
                log!(self, TaskCommitted[id, miner] result_digest, salt);
                transition
            }
        };
        task.state = transition.state;
        self.tell(task, &transition.effects);
        Ok(())
    }

    fn reveal(&self, task_id: u64, replica: u8, miner: Address, result_digest: B256, salt: B256) -> Opening {
        Opening {
            replica,
            committed: self.tasks.getter(task_id).seal(replica),
            computed: self.binding(task_id, replica, miner).commitment(result_digest, salt),
        }
    }

    /// Logs what a transition brought with it, but for the end, which [`SessionQueue::settle`] tells.
    fn tell(&self, task: &OpenTask, effects: &Effects) {
        if effects.phase_began {
            log!(self, PhaseChanged[task.id] task.state.phase.number(), task.state.deadline());
        }
        if let Some(decision) = effects.decided {
            let result_digest = self.tasks.getter(task.id).seal(decision.leader);
            log!(self, TaskDecided[task.id] result_digest, decision.votes);
        }
    }

    /// Takes out a miner that signed a reveal which does not open its commitment.
    pub(crate) fn report(
        &mut self,
        task_id: u64,
        miner: Address,
        result_digest: B256,
        salt: B256,
        signature: &[u8],
    ) -> Result<(), Revert> {
        let task = self.open(task_id)?;
        let replica = self.replica_of(&task, miner)?;
        let message = Message::Commit { result_digest, salt };
        self.signed_by(miner, message.digest(self.domain_separator(), task_id, miner), signature)?;
        let reveal = self.reveal(task_id, replica, miner, result_digest, salt);
        let transition = task::report_bad_reveal(task.state, &reveal).map_err(|error| refuse_step(error, task_id, miner))?;
        self.tasks.setter(task_id).set_state(&transition.state);
        log!(self, BadReveal[task_id, miner] result_digest, salt);
        Ok(())
    }

    /// Brings a task on by a step that anyone may take. Returns its status.
    pub(crate) fn close(&mut self, task_id: u64, step: Step) -> Result<u8, Revert> {
        let mut task = self.open(task_id)?;
        let now = self.vm().block_timestamp();
        let transition = step(task.state, &task.terms, now).map_err(|error| refuse_step(error, task_id, Address::ZERO))?;
        task.state = transition.state;
        self.tasks.setter(task_id).set_state(&task.state);
        self.tell(&task, &transition.effects);
        if let Some(ending) = transition.effects.ending {
            self.settle(&task, &ending)?;
        }
        Ok(task.state.status.number())
    }

    /// Tells of the end, then pays or refunds, slashes, and releases the miners. All is stored before: the task cannot end again.
    fn settle(&mut self, task: &OpenTask, ending: &Ending) -> Result<(), Revert> {
        let record = self.tasks.getter(task.id);
        let outcomes = || ending.outcomes().filter(|_| ending.was_assigned());
        let miners: Vec<_> = outcomes().map(|(replica, _)| record.miner(replica).0).collect();
        let result_digest = ending.winner.map_or(B256::ZERO, |winner| record.seal(winner));
        let numbers: Vec<_> = outcomes().map(|(_, outcome)| u64::from(outcome.number())).collect();
        let (session, status) = (task.state.session_id, task.state.status.number());
        log!(self, TaskEnded[session, task.id] status, result_digest, *miners, *numbers);
        let miner = |replica: u8| miners.get(usize::from(replica)).copied().unwrap_or_default();
        let keeper = self.keeper_at.get(task.state.keeper);
        if ending.status == Status::Completed {
            let paid: Vec<_> = ending.paid().map(miner).collect();
            self.charge(task.id, &paid, keeper)?;
        } else {
            self.refund(task.id, keeper)?;
        }
        if !ending.was_assigned() {
            return Ok(());
        }
        let mut suspend = Vec::new();
        for (replica, offence) in ending.slashed() {
            let penalty = match offence {
                Offence::NoReveal => self.no_reveal_penalty.get(),
                Offence::BadReveal => self.bad_reveal_penalty.get(),
            };
            // Without a penalty nothing is done to the node.
            if !penalty.is_zero() {
                self.slash(task.id, miner(replica), offence, penalty.to())?;
                suspend.push(miner(replica));
            }
        }
        self.release(task.id, &miners, &suspend)
    }
}
