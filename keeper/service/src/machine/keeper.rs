//! The keeper's machine. For each open task it returns at most one call, decided from the task as it stands on chain, the messages
//! at hand and the time. A call that took effect shows in the next look at the chain; one that did not is decided again. Nothing is
//! remembered that a restart could lose: miners repeat their messages until the chain shows them.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use cor_core::task::{Closing, selection::SelectionError};
use cor_ports::domain::{
    Batch, LaneCall, LaneDomain, MessageKind, NodeList, Phase, Reveal, SessionTerms, Signed, SignedMessage, TaskOrigin,
    TaskRecord, kind_of,
};
use cor_ports::{MessageRefusal, lane};

/// How the keeper times its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperPolicy {
    /// Seconds before a phase's deadline at which the messages at hand are sent although some are missing. Too small: honest miners
    /// miss the deadline with a slow chain. Too large: the batch splits and costs more gas. It must exceed the miners' own margin.
    pub relay_margin_secs: u64,
    /// Seconds to wait after a call that failed. Too small hammers the RPC, too large wastes the phase.
    pub retry_secs: u64,
    /// Most open tasks looked after at a time; further ones wait until there is room.
    pub open_tasks_max: usize,
}

/// A task that is not over.
#[derive(Debug, Clone)]
struct OpenTask {
    record: TaskRecord,
    terms: SessionTerms,
    origin: TaskOrigin,
    inbox: BTreeMap<Address, SignedMessage>,
    quiet_until_secs: u64,
    /// Why there were no miners for it when that was last told.
    unserved: Option<SelectionError>,
}

/// What to do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// At most one call for each task, in order of task number.
    pub calls: Vec<(u64, LaneCall)>,
    /// Tasks that wait for miners and for which none can be chosen, and why.
    pub unserved: Vec<(u64, SelectionError)>,
}

/// All open tasks.
#[derive(Debug)]
pub struct KeeperMachine {
    policy: KeeperPolicy,
    domain: LaneDomain,
    open: BTreeMap<u64, OpenTask>,
    /// Open tasks that there was no room for.
    waiting: BTreeSet<u64>,
}

impl KeeperMachine {
    /// An empty machine.
    #[must_use]
    pub const fn new(policy: KeeperPolicy, domain: LaneDomain) -> Self {
        Self { policy, domain, open: BTreeMap::new(), waiting: BTreeSet::new() }
    }

    /// Takes in a task as the chain has it now. An ended task is forgotten; one that there is no room for waits.
    pub fn observe(&mut self, record: TaskRecord, terms: SessionTerms, origin: TaskOrigin) {
        if record.phase == Phase::Ended {
            self.open.remove(&record.id);
            self.waiting.remove(&record.id);
            return;
        }
        if let Some(known) = self.open.get_mut(&record.id) {
            if known.record.phase != record.phase {
                known.inbox.clear();
            }
            known.record = record;
        } else if self.has_room() {
            let task = OpenTask { record, terms, origin, inbox: BTreeMap::new(), quiet_until_secs: 0, unserved: None };
            self.waiting.remove(&task.record.id);
            self.open.insert(task.record.id, task);
        } else {
            self.waiting.insert(record.id);
        }
    }

    fn has_room(&self) -> bool {
        self.open.len() < self.policy.open_tasks_max
    }

    /// A task that waits and that there is room for now: it is to be observed again.
    #[must_use]
    pub fn next_waiting(&self) -> Option<u64> {
        self.waiting.first().copied().filter(|_| self.has_room())
    }

    /// Forgets a task that waits and is not there any more.
    pub fn drop_waiting(&mut self, task_id: u64) {
        self.waiting.remove(&task_id);
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
        if self.waiting.contains(&task_id) {
            return Err(MessageRefusal::Full { task_id, limit: self.policy.open_tasks_max });
        }
        let task = self.open.get_mut(&task_id).ok_or(MessageRefusal::UnknownTask { task_id })?;
        let (_, replica) = task.record.replica_of(miner).ok_or(MessageRefusal::NotAssigned { task_id, miner })?;
        let kind = kind_of(&message.message);
        if MessageKind::of_phase(task.record.phase) != Some(kind) || !replica.owes(kind) {
            return Err(MessageRefusal::NotAwaited { task_id, phase: task.record.phase, kind });
        }
        let signer = lane::recover(&domain, &message);
        if signer != Some(miner) {
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

    /// No miners can be chosen for this task: leave it alone for a moment. Returns whether that is news.
    pub fn note_unserved(&mut self, task_id: u64, error: SelectionError, now_secs: u64) -> bool {
        self.hold(task_id, now_secs);
        self.open.get_mut(&task_id).is_some_and(|task| task.unserved.replace(error) != Some(error))
    }

    /// Whether any task waits for miners to be chosen, so that the list of nodes is worth reading.
    #[must_use]
    pub fn wants_nodes(&self, now_secs: u64) -> bool {
        self.open.values().any(|task| {
            task.record.phase == Phase::Queued && now_secs < task.record.deadline_secs && task.quiet_until_secs <= now_secs
        })
    }

    /// What to do now. Without a list of nodes, which is not the same as an empty one, no miners are chosen.
    #[must_use]
    pub fn decide(&self, now_secs: u64, list: Option<&NodeList>) -> Decisions {
        let mut decisions = Decisions::default();
        for (&id, task) in self.open.iter().filter(|(_, task)| task.quiet_until_secs <= now_secs) {
            match self.decide_task(id, task, now_secs, list) {
                Ok(call) => decisions.calls.extend(call.map(|call| (id, call))),
                Err(error) => decisions.unserved.push((id, error)),
            }
        }
        decisions
    }

    /// Closing a phase and ending a task is the rules' to say; the keeper's own part is to assign, to relay and to report.
    fn decide_task(
        &self,
        id: u64,
        task: &OpenTask,
        now_secs: u64,
        list: Option<&NodeList>,
    ) -> Result<Option<LaneCall>, SelectionError> {
        let record = &task.record;
        if record.phase == Phase::Commit && now_secs < record.deadline_secs {
            // Before the end: once the task is over, nobody can be held to it.
            let bad = task.inbox.values().filter_map(SignedMessage::as_reveal).find(|reveal| self.is_bad(task, reveal));
            if let Some(reveal) = bad {
                return Ok(Some(LaneCall::ReportBadReveal { task_id: id, reveal }));
            }
        }
        Ok(match (lane::closing(record, &task.terms.rules, now_secs), MessageKind::of_phase(record.phase)) {
            (Closing::End, _) => Some(LaneCall::End(id)),
            (Closing::EndAck, _) => Some(LaneCall::EndAck(id)),
            (Closing::EndPrecommit, _) => Some(LaneCall::EndPrecommit(id)),
            (Closing::None, Some(kind)) => self.relay(task, kind, now_secs),
            (Closing::None, None) => match list.filter(|_| record.phase == Phase::Queued) {
                Some(list) => {
                    let miners = lane::choose_miners(&self.domain, id, &task.terms, &task.origin, list)?;
                    Some(LaneCall::Assign { task_id: id, miners })
                }
                None => None,
            },
        })
    }

    /// Whether a reveal that the task waits for does not open its miner's commitment.
    fn is_bad(&self, task: &OpenTask, reveal: &Signed<Reveal>) -> bool {
        let Some((index, replica)) = task.record.replica_of(reveal.miner) else { return false };
        let Reveal { result_digest, salt } = reveal.contents;
        replica.owes(MessageKind::Commit)
            && Some(lane::commitment(&self.domain, task.record.id, index, replica, result_digest, salt)) != replica.commitment
    }

    fn relay(&self, task: &OpenTask, kind: MessageKind, now_secs: u64) -> Option<LaneCall> {
        let owing = || task.record.replicas.iter().filter(move |replica| replica.owes(kind));
        let batch = Batch::of(kind, owing().filter_map(|replica| task.inbox.get(&replica.miner)));
        let complete = batch.len() == owing().count();
        let late = now_secs.saturating_add(self.policy.relay_margin_secs) >= task.record.deadline_secs;
        (!batch.is_empty() && (complete || late)).then_some(LaneCall::Relay { task_id: task.record.id, batch })
    }
}
