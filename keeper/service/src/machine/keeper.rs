//! The keeper's machine. For each open task it returns at most one call, decided from the task as it stands on chain, the messages
//! at hand and the time. A call that took effect shows in the next look at the chain; one that did not is decided again. Nothing of it has to outlive a
//! restart: a crew is drawn from the chain, and miners repeat their messages until the keeper or the chain shows them.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use cor_core::task::jury::JuryError;
use cor_ports::MessageRefusal;
use cor_ports::domain::{LaneCall, LaneDomain, Offer, Phase, SignedMessage, TaskRecord};
use cor_ports::jury::{JuryCall, Summons};

use super::open_task::OpenTask;
use super::pause::Pause;
pub use super::policy::KeeperPolicy;
pub use super::served::{Draw, DrawnSeat, Missing, OfferedCrew};

/// Most calls of a round that could as well be made later.
const CLOSINGS_MAX: usize = 4;

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

    /// Takes in a task as the chain has it now. An ended task is forgotten, unless one of its miners is to be reported; one that there is no room for waits.
    pub fn observe(&mut self, record: TaskRecord) {
        let id = record.id;
        if let Some(known) = self.open.get_mut(&id) {
            known.update(record);
            // Whether it is too late for a report is seen when there is something to decide.
            if known.is_over(0) {
                self.forget(id);
            }
        } else if matches!(record.state.phase, Phase::None | Phase::Ended) {
            self.forget(id);
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

    /// Whether a crew that this keeper put on chain is to be taken up for the task.
    #[must_use]
    pub fn lacks_crew(&self, task: B256) -> bool {
        self.open.get(&task).is_some_and(|open| open.lacks_crew(self.keeper))
    }

    /// The tasks for which crews are to be drawn now: new ones, those of which a miner was found absent, and after a rollback all.
    #[must_use]
    pub fn to_draw(&self, now_secs: u64) -> Vec<TaskRecord> {
        let wanting = self.open.values().filter(|open| open.wants_draw(now_secs));
        wanting.map(|open| open.record.clone()).collect()
    }

    /// The chain was rolled back: who was found absent may not be so any more. No crew of an open task counts before it is drawn again.
    pub fn draw_anew(&mut self) {
        self.open.values_mut().for_each(OpenTask::draw_anew);
    }

    /// Shows a crew, as it was drawn and signed, to its miners from now on; or one that is on chain.
    pub fn offer(&mut self, task: B256, offered: OfferedCrew, now_secs: u64) {
        if let Some(open) = self.open.get_mut(&task) {
            open.offer(offered, now_secs);
        }
    }

    /// The tasks that a miner is offered.
    #[must_use]
    pub fn offers(&self, miner: Address) -> Vec<Offer> {
        let offered = |(id, open): (&B256, &OpenTask)| {
            let served = open.current().filter(|served| served.crew().replica_of(miner).is_some())?;
            Some(served.offer(*id))
        };
        self.open.iter().filter_map(offered).collect()
    }

    /// Takes in a miner's message, if the task waits for it and the signature is the miner's.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn receive(&mut self, message: &SignedMessage, now_secs: u64) -> Result<(), MessageRefusal> {
        let task = message.task;
        if self.waiting.contains_key(&task) {
            return Err(MessageRefusal::Full { task, limit: self.policy.open_tasks_max });
        }
        let open = self.open.get_mut(&task).ok_or(MessageRefusal::UnknownTask { task })?;
        open.receive(&self.domain, message, now_secs)
    }

    /// A call for this task failed or had no effect yet: leave it alone for a moment.
    pub fn hold(&mut self, task: B256, now_secs: u64) {
        if let Some(open) = self.open.get_mut(&task) {
            open.hold(Pause::new(now_secs, self.policy.retry_secs));
        }
    }

    /// The jury could not be asked for this task, or refused: leave it alone for a moment. What its miners say is brought on chain all the same.
    pub fn hold_jury(&mut self, task: B256, now_secs: u64) {
        if let Some(open) = self.open.get_mut(&task) {
            open.hold_jury(Pause::new(now_secs, self.policy.retry_secs));
        }
    }

    /// This task cannot be served. It is looked at again after a while. Returns whether that is news.
    pub fn note_unserved(&mut self, task: B256, error: JuryError, now_secs: u64) -> bool {
        self.open.get_mut(&task).is_some_and(|open| open.note_unserved(error, now_secs))
    }

    /// Miners that are silent for too long: the jury is to be asked after them, first after the one for which there is the least time. `answer_secs`: how long
    /// one has to answer a summons.
    #[must_use]
    pub fn missing(&self, now_secs: u64, answer_secs: u64) -> Vec<Missing> {
        let missing = self.open.values().flat_map(|open| open.missing(&self.policy, now_secs, answer_secs));
        let mut missing: Vec<Missing> = missing.collect();
        missing.sort_by_key(|missing| missing.until_secs);
        missing
    }

    /// Whether a miner is waited for in a task: it is of the crew of now, not bound, and there is time.
    #[must_use]
    pub fn awaits(&self, task: B256, node: Address, now_secs: u64) -> bool {
        self.open.get(&task).is_some_and(|open| open.awaits(node, now_secs))
    }

    /// Takes in what the jury has of a miner. Returns what to ask of it now: to summon the miner, or to find it absent. Once it is absent, its task has another
    /// draw.
    pub fn note_summons(
        &mut self,
        task: B256,
        node: Address,
        summons: Summons,
        now_secs: u64,
        answer_secs: u64,
    ) -> Option<JuryCall> {
        self.open.get_mut(&task)?.note_summons(&self.policy, node, summons, now_secs, answer_secs)
    }

    /// At most one call for each task: first what can be too late, the nearest deadline first, then a few of those that close what nobody waits for. Each waits for its
    /// receipt, and a payer makes tasks that have to be closed for next to nothing.
    #[must_use]
    pub fn decide(&mut self, now_secs: u64) -> Vec<(B256, LaneCall)> {
        self.open.retain(|_, open| !open.is_over(now_secs));
        let call = |(id, open): (&B256, &OpenTask)| Some((*id, open.call(&self.policy, &self.domain, now_secs)?));
        let (mut closings, mut calls): (Vec<_>, Vec<_>) =
            self.open.iter().filter_map(call).partition(|(id, call)| self.can_wait(*id, call, now_secs));
        calls.sort_by_key(|(id, _)| self.record(*id).map(|record| record.state.deadline));
        closings.truncate(CLOSINGS_MAX);
        calls.extend(closings);
        calls
    }

    /// Whether a call is as good later: it closes a phase whose deadline has passed, and shows no answer.
    fn can_wait(&self, task: B256, call: &LaneCall, now_secs: u64) -> bool {
        let is_over = self.record(task).is_some_and(|record| record.state.deadline <= now_secs);
        match call {
            LaneCall::Close { .. } => is_over,
            // Of a task that ended: what it takes does not leave for days.
            LaneCall::ReportSecond { .. } => true,
            LaneCall::Finish { reveals, .. } => is_over && reveals.is_empty(),
            _ => false,
        }
    }
}
