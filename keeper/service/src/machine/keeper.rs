//! The keeper's machine. For each open task it returns at most one deed, decided from the task as it stands on chain, the messages
//! at hand and the time. A call that took effect shows in the next look at the chain; one that did not is decided again. All that a restart must not lose is
//! the crew, which the service journals: miners repeat their messages until the keeper or the chain shows them.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use cor_core::task::selection::SelectionError;
use cor_ports::domain::{Crew, LaneCall, LaneDomain, NodeList, Offer, Phase, SignedMessage, TaskRecord};
use cor_ports::{MessageRefusal, lane};

pub use super::policy::KeeperPolicy;
pub use super::served::OfferedCrew;
use super::served::Served;

/// A task that is not over.
#[derive(Debug, Clone)]
struct OpenTask {
    record: TaskRecord,
    /// The crew that this keeper stands by, and what it said. `None`: none yet, or another keeper serves the task.
    served: Option<Served>,
    quiet_until_secs: u64,
    /// Why there were no miners for it when that was last told.
    unserved: Option<SelectionError>,
    /// No crew is drawn for it: which one was offered before is not known any more.
    is_set_aside: bool,
}

impl OpenTask {
    const fn new(record: TaskRecord) -> Self {
        Self { record, served: None, quiet_until_secs: 0, unserved: None, is_set_aside: false }
    }

    fn wants_miners(&self, now_secs: u64) -> bool {
        let state = &self.record.state;
        state.phase == Phase::Open && now_secs < state.deadline && self.served.is_none() && !self.is_set_aside
    }

    /// The chain has the task otherwise now. A crew that it does not serve any more is forgotten: the opening is another, since the task was submitted anew
    /// after a reorganisation, or another crew was put on chain.
    fn update(&mut self, record: TaskRecord) {
        let holds = |served: &Served| {
            lane::assignment(&record, served.crew()) == served.assignment()
                && record.crew().is_none_or(|crew| crew == *served.crew())
        };
        if self.served.as_ref().is_some_and(|served| !holds(served)) {
            self.served = None;
        }
        self.record = record;
    }
}

/// What to do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Tasks to be offered, each to the crew that was drawn for it.
    pub offers: Vec<(B256, Crew)>,
    /// At most one call for each task, in order of task.
    pub calls: Vec<(B256, LaneCall)>,
    /// Tasks that wait for miners and for which none can be drawn, and why.
    pub unserved: Vec<(B256, SelectionError)>,
}

/// All open tasks.
#[derive(Debug)]
pub struct KeeperMachine {
    policy: KeeperPolicy,
    domain: LaneDomain,
    keeper: Address,
    open: BTreeMap<B256, OpenTask>,
    /// Open tasks that there was no room for, and the block of their submission.
    waiting: BTreeMap<B256, u64>,
}

impl KeeperMachine {
    /// An empty machine of the keeper with this address.
    #[must_use]
    pub const fn new(policy: KeeperPolicy, domain: LaneDomain, keeper: Address) -> Self {
        Self { policy, domain, keeper, open: BTreeMap::new(), waiting: BTreeMap::new() }
    }

    /// Takes in a task as the chain has it now. An ended task is forgotten; one that there is no room for waits.
    pub fn observe(&mut self, record: TaskRecord) {
        let id = record.id;
        if matches!(record.state.phase, Phase::None | Phase::Ended) {
            self.forget(id);
        } else if let Some(known) = self.open.get_mut(&id) {
            known.update(record);
        } else if self.has_room() {
            self.waiting.remove(&id);
            self.open.insert(id, OpenTask::new(record));
        } else {
            self.waiting.insert(id, record.submission.block_number);
        }
    }

    fn has_room(&self) -> bool {
        self.open.len() < self.policy.open_tasks_max
    }

    /// The oldest task that waits, if there is room for it now: it is to be observed again.
    #[must_use]
    pub fn next_waiting(&self) -> Option<B256> {
        let oldest = self.waiting.iter().min_by_key(|(_, block)| **block);
        oldest.map(|(id, _)| *id).filter(|_| self.has_room())
    }

    /// Forgets a task that is over, or not there any more.
    pub fn forget(&mut self, task: B256) {
        self.open.remove(&task);
        self.waiting.remove(&task);
    }

    /// The task as it was last observed, if it is looked after.
    #[must_use]
    pub fn record(&self, task: B256) -> Option<&TaskRecord> {
        self.open.get(&task).map(|open| &open.record)
    }

    /// All that are not over, with those that wait for room.
    pub fn tasks(&self) -> impl Iterator<Item = B256> + '_ {
        self.open.keys().chain(self.waiting.keys()).copied()
    }

    /// The block in which the oldest of them was submitted.
    #[must_use]
    pub fn oldest_block(&self) -> Option<u64> {
        let open = self.open.values().map(|task| task.record.submission.block_number);
        open.chain(self.waiting.values().copied()).min()
    }

    /// Whether a crew that this keeper drew before, or put on chain, is to be taken up for the task.
    #[must_use]
    pub fn lacks_crew(&self, task: B256) -> bool {
        let lacks = |open: &OpenTask| {
            let own = open.record.crew().is_some_and(|crew| crew.keeper == self.keeper);
            open.served.is_none() && (own || (open.record.state.phase == Phase::Open && !open.is_set_aside))
        };
        self.open.get(&task).is_some_and(lacks)
    }

    /// Shows a crew that was journalled and signed to its miners from now on. The first one stays, and so does one that is on chain.
    pub fn offer(&mut self, task: B256, offered: OfferedCrew) {
        let Some(open) = self.open.get_mut(&task) else { return };
        let is_of_task = lane::assignment(&open.record, &offered.crew) == offered.assignment;
        if is_of_task && open.served.is_none() && open.record.crew().is_none_or(|crew| crew == offered.crew) {
            open.served = Some(Served::new(offered));
        }
    }

    /// Draws no crew for the task: which one was drawn before cannot be read any more, and a second one would be an offence.
    pub fn set_aside(&mut self, task: B256) {
        if let Some(open) = self.open.get_mut(&task) {
            open.is_set_aside = true;
        }
    }

    /// The tasks that a miner is offered.
    #[must_use]
    pub fn offers(&self, miner: Address) -> Vec<Offer> {
        let offered = |(id, open): (&B256, &OpenTask)| {
            let served = open.served.as_ref().filter(|served| served.crew().replica_of(miner).is_some())?;
            Some(served.offer(*id))
        };
        self.open.iter().filter_map(offered).collect()
    }

    /// Takes in a miner's message, if the task waits for it and the signature is the miner's.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn receive(&mut self, message: &SignedMessage, now_secs: u64) -> Result<(), MessageRefusal> {
        let SignedMessage { task, miner, assignment: given, .. } = *message;
        if self.waiting.contains_key(&task) {
            return Err(MessageRefusal::Full { task, limit: self.policy.open_tasks_max });
        }
        let open = self.open.get_mut(&task).ok_or(MessageRefusal::UnknownTask { task })?;
        let not_assigned = MessageRefusal::NotAssigned { task, miner };
        let Some(served) = &mut open.served else { return Err(not_assigned) };
        let replica = served.crew().replica_of(miner).ok_or(not_assigned)?;
        let assignment = served.assignment();
        if given != assignment {
            return Err(MessageRefusal::OtherAssignment { task, assignment, given });
        }
        served.take(&self.domain, &open.record, replica, message, now_secs)
    }

    /// A call for this task failed or had no effect yet: leave it alone for a moment.
    pub fn hold(&mut self, task: B256, now_secs: u64) {
        if let Some(open) = self.open.get_mut(&task) {
            open.quiet_until_secs = now_secs.saturating_add(self.policy.retry_secs);
        }
    }

    /// No miners can be drawn for this task: leave it alone for a moment. Returns whether that is news.
    pub fn note_unserved(&mut self, task: B256, error: SelectionError, now_secs: u64) -> bool {
        self.hold(task, now_secs);
        self.open.get_mut(&task).is_some_and(|open| open.unserved.replace(error) != Some(error))
    }

    /// Whether any task waits for miners to be drawn, so that the list of nodes is worth reading.
    #[must_use]
    pub fn wants_nodes(&self, now_secs: u64) -> bool {
        self.open.values().any(|open| open.wants_miners(now_secs) && open.quiet_until_secs <= now_secs)
    }

    /// What to do now. Without a list of nodes, which is not the same as an empty one, no miners are drawn.
    #[must_use]
    pub fn decide(&self, now_secs: u64, list: Option<&NodeList>) -> Decisions {
        let mut decisions = Decisions::default();
        for (&id, open) in self.open.iter().filter(|(_, open)| open.quiet_until_secs <= now_secs) {
            match list.filter(|_| open.wants_miners(now_secs)) {
                Some(list) => match lane::choose_miners(&self.domain, &open.record, list) {
                    Ok(miners) => decisions.offers.push((id, Crew { keeper: self.keeper, miners })),
                    Err(error) => decisions.unserved.push((id, error)),
                },
                None => decisions.calls.extend(self.call(open, now_secs).map(|call| (id, call))),
            }
        }
        decisions
    }

    /// Closing a phase is the rules' to say, and anyone may do it; the keeper's own part is to bring what its miners said.
    fn call(&self, open: &OpenTask, now_secs: u64) -> Option<LaneCall> {
        let (record, served) = (&open.record, open.served.as_ref());
        let closing = lane::closing(record, now_secs);
        match (closing, record.state.phase) {
            (lane::Closing::Close, _) => Some(LaneCall::Close { task: record.at() }),
            (_, Phase::Open) => served?.call_of_open(&self.policy, &self.domain, record, now_secs),
            (_, Phase::Precommit) => served?.call_of_precommit(record),
            (_, Phase::Reveal) => match served {
                Some(served) => served.call_of_reveal(&self.policy, &self.domain, record, now_secs),
                None => (closing == lane::Closing::Finish).then(|| LaneCall::Finish { task: record.at(), reveals: Vec::new() }),
            },
            (_, Phase::None | Phase::Ended) => None,
        }
    }
}
