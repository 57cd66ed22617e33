//! The keeper's machine. For each open task it returns at most one call, decided from the task as it stands on chain, the messages
//! at hand and the time. A call that took effect shows in the next look at the chain; one that did not is decided again. Nothing is
//! remembered that a restart could lose: miners repeat their messages until the chain shows them.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use cor_errors::{Coded, Entry, table::kpr};

use cor_ports::domain::{
    LaneCall, LaneDomain, LaneMessage, MessageKind, NodeRecord, Phase, ReplicaRecord, SessionTerms, SignedMessage, TaskOrigin,
    TaskRecord, kind_of,
};
use cor_ports::lane;

/// How the keeper times its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperPolicy {
    /// Seconds before a phase's deadline at which the messages at hand are sent although some are missing. Too small: honest miners
    /// miss the deadline with a slow chain. Too large: the batch splits and costs more gas. It must exceed the miners' own margin.
    pub relay_margin_secs: u64,
    /// Seconds to wait after a call that failed. Too small hammers the RPC, too large wastes the phase.
    pub retry_secs: u64,
    /// Most open tasks looked after at a time; further ones wait in the queue of the chain.
    pub open_tasks_max: usize,
}

impl Default for KeeperPolicy {
    fn default() -> Self {
        Self { relay_margin_secs: 4, retry_secs: 1, open_tasks_max: 1_024 }
    }
}

/// A message the keeper does not take, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageRefusal {
    /// The task is not open here.
    #[error("task {task_id} is not open")]
    UnknownTask {
        /// Task.
        task_id: u64,
    },
    /// The miner has no part in the task.
    #[error("{miner} is not assigned to task {task_id}")]
    NotAssigned {
        /// Task.
        task_id: u64,
        /// Who.
        miner: Address,
    },
    /// The signature is another's: wrong key, chain, contract or contents.
    #[error("the signature is by {signer}, not by {miner}, for chain id {chain_id} and queue {queue}")]
    WrongSigner {
        /// Recovered, zero if none.
        signer: Address,
        /// Claimed.
        miner: Address,
        /// What it must be signed for.
        chain_id: u64,
        /// What it must be signed for.
        queue: Address,
    },
    /// The task is past that phase or the message has taken effect.
    #[error("task {task_id} is in phase {phase:?} and does not wait for {kind:?} of this miner")]
    NotAwaited {
        /// Task.
        task_id: u64,
        /// Where it is.
        phase: Phase,
        /// What was sent.
        kind: MessageKind,
    },
}

impl Coded for MessageRefusal {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::UnknownTask { .. } => &kpr::TASK_NOT_OPEN,
            Self::NotAssigned { .. } => &kpr::MINER_NOT_ASSIGNED,
            Self::WrongSigner { .. } => &kpr::WRONG_MESSAGE_SIGNER,
            Self::NotAwaited { .. } => &kpr::MESSAGE_NOT_AWAITED,
        }
    }
}

/// A task that is not over.
#[derive(Debug, Clone)]
struct OpenTask {
    record: TaskRecord,
    terms: SessionTerms,
    origin: TaskOrigin,
    inbox: BTreeMap<Address, SignedMessage>,
    quiet_until_secs: u64,
}

/// All open tasks.
#[derive(Debug)]
pub struct KeeperMachine {
    policy: KeeperPolicy,
    domain: LaneDomain,
    open: BTreeMap<u64, OpenTask>,
}

impl KeeperMachine {
    /// An empty machine.
    #[must_use]
    pub const fn new(policy: KeeperPolicy, domain: LaneDomain) -> Self {
        Self { policy, domain, open: BTreeMap::new() }
    }

    /// Takes in a task as the chain has it now. An ended task is forgotten.
    pub fn observe(&mut self, record: TaskRecord, terms: SessionTerms, origin: TaskOrigin) {
        if record.phase == Phase::Ended {
            self.open.remove(&record.id);
            return;
        }
        if let Some(known) = self.open.get_mut(&record.id) {
            if known.record.phase != record.phase {
                known.inbox.clear();
            }
            known.record = record;
        } else if self.open.len() < self.policy.open_tasks_max {
            let task = OpenTask { record, terms, origin, inbox: BTreeMap::new(), quiet_until_secs: 0 };
            self.open.insert(task.record.id, task);
        }
    }

    /// Whether the task is looked after.
    #[must_use]
    pub fn knows(&self, task_id: u64) -> bool {
        self.open.contains_key(&task_id)
    }

    /// Terms and origin of a task that is looked after; they never change.
    #[must_use]
    pub fn fixed_parts(&self, task_id: u64) -> Option<(SessionTerms, TaskOrigin)> {
        self.open.get(&task_id).map(|task| (task.terms.clone(), task.origin.clone()))
    }

    /// Open tasks by number.
    pub fn open_tasks(&self) -> impl Iterator<Item = u64> + '_ {
        self.open.keys().copied()
    }

    /// Takes in a miner's message, if the task waits for it and the signature is the miner's.
    pub fn receive(&mut self, message: SignedMessage) -> Result<(), MessageRefusal> {
        let SignedMessage { task_id, miner, .. } = message;
        let domain = self.domain;
        let task = self.open.get_mut(&task_id).ok_or(MessageRefusal::UnknownTask { task_id })?;
        let (_, replica) = task.record.replica_of(miner).ok_or(MessageRefusal::NotAssigned { task_id, miner })?;
        let kind = kind_of(&message.message);
        if MessageKind::of_phase(task.record.phase) != Some(kind) || !replica.owes(kind) {
            return Err(MessageRefusal::NotAwaited { task_id, phase: task.record.phase, kind });
        }
        let signer = lane::recover(&domain, &message).unwrap_or(Address::ZERO);
        if signer != miner {
            return Err(MessageRefusal::WrongSigner { signer, miner, chain_id: domain.chain_id, queue: domain.queue });
        }
        task.inbox.insert(miner, message);
        Ok(())
    }

    /// A call for this task failed or had no effect yet: leave it alone for a moment.
    pub fn hold(&mut self, task_id: u64, now_secs: u64) {
        if let Some(task) = self.open.get_mut(&task_id) {
            task.quiet_until_secs = now_secs.saturating_add(self.policy.retry_secs);
        }
    }

    /// Whether any task waits for miners to be chosen, so that the list of nodes is worth reading.
    #[must_use]
    pub fn wants_nodes(&self, now_secs: u64) -> bool {
        self.open.values().any(|task| {
            task.record.phase == Phase::Queued && now_secs < task.record.deadline_secs && task.quiet_until_secs <= now_secs
        })
    }

    /// What to do now: at most one call for each task, in order of task number.
    #[must_use]
    pub fn decide(&self, now_secs: u64, nodes: &[NodeRecord]) -> Vec<(u64, LaneCall)> {
        let ready = self.open.iter().filter(|(_, task)| task.quiet_until_secs <= now_secs);
        ready.filter_map(|(&id, task)| Some((id, self.decide_task(id, task, now_secs, nodes)?))).collect()
    }

    fn decide_task(&self, id: u64, task: &OpenTask, now_secs: u64, nodes: &[NodeRecord]) -> Option<LaneCall> {
        let over = now_secs >= task.record.deadline_secs;
        match task.record.phase {
            Phase::Queued if over => Some(LaneCall::End(id)),
            Phase::Queued => {
                let miners = lane::choose_miners(&self.domain, id, &task.terms, &task.origin, nodes)?;
                Some(LaneCall::Assign { task_id: id, miners })
            }
            Phase::Ack if over => Some(LaneCall::EndAck(id)),
            Phase::Precommit if over => Some(LaneCall::EndPrecommit(id)),
            // Nobody is left who could commit: waiting for the deadline would only keep the payer's money.
            Phase::Precommit if !task.record.replicas.iter().any(|replica| replica.owes(MessageKind::Precommit)) => {
                Some(LaneCall::End(id))
            }
            Phase::Ack => self.relay(task, MessageKind::Ack, now_secs),
            Phase::Precommit => self.relay(task, MessageKind::Precommit, now_secs),
            Phase::Commit => self.decide_commit(id, task, now_secs, over),
            Phase::None | Phase::Ended => None,
        }
    }

    fn decide_commit(&self, id: u64, task: &OpenTask, now_secs: u64, over: bool) -> Option<LaneCall> {
        if over || !task.record.replicas.iter().any(|replica| replica.owes(MessageKind::Commit)) {
            return Some(LaneCall::End(id));
        }
        let bad = task.inbox.values().find(|message| self.is_bad_reveal(task, message));
        match bad {
            Some(message) => Some(LaneCall::ReportBadReveal(message.clone())),
            None => self.relay(task, MessageKind::Commit, now_secs),
        }
    }

    fn is_bad_reveal(&self, task: &OpenTask, message: &SignedMessage) -> bool {
        let LaneMessage::Commit { result_digest, salt } = message.message else { return false };
        let Some((index, replica)) = task.record.replica_of(message.miner) else { return false };
        replica.owes(MessageKind::Commit)
            && lane::commitment(&self.domain, task.record.id, index, replica, result_digest, salt) != replica.commitment
    }

    fn relay(&self, task: &OpenTask, kind: MessageKind, now_secs: u64) -> Option<LaneCall> {
        let owed = |replica: &&ReplicaRecord| replica.owes(kind);
        let messages: Vec<_> =
            task.record.replicas.iter().filter(owed).filter_map(|replica| task.inbox.get(&replica.miner).cloned()).collect();
        let complete = messages.len() == task.record.replicas.iter().filter(owed).count();
        let late = now_secs.saturating_add(self.policy.relay_margin_secs) >= task.record.deadline_secs;
        (!messages.is_empty() && (complete || late)).then(|| LaneCall::Relay { task_id: task.record.id, messages })
    }
}
