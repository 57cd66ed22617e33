//! Which tasks are in hand, and in which crew they are served.

use alloy_primitives::B256;
use cor_errors::Coded as _;
use cor_ports::domain::{Offer, Phase, TaskRecord};
use cor_ports::{ChainError, JournalError, lane};
use tracing::{info, warn};

use super::error::StepError;
use super::in_hand::InHand;
use super::{CREWS, Miner, crew_key, tell_assigned};
use crate::machine::miner::{FalseOffer, Serving};
use crate::service::crew_record;

/// Most tasks in hand: a keeper must not fill a miner's memory.
const IN_HAND_MAX: usize = 1_024;
/// Seconds after which a task in hand is read again although no log told of it. Its logs tell of all that happens, but where a block was replaced by another
/// of the same number.
const READ_AGAIN_SECS: u64 = 10;
/// Seconds for which a task that this miner is bound in may be absent: a node that lags may not have it yet.
const ABSENCE_SECS: u64 = 60;

impl Miner {
    /// Takes up the crews in which it was bound before a restart: the keeper may be gone meanwhile.
    pub(super) async fn resume(&mut self) -> Result<(), JournalError> {
        if self.is_resumed {
            return Ok(());
        }
        for (key, bytes) in self.ports.journal.list(CREWS).await? {
            let task = key.strip_prefix(CREWS).and_then(|task| task.parse().ok());
            match (task, crew_record::decode(&bytes)) {
                (Some(task), Some(journalled)) => {
                    self.tasks.insert(task, InHand::resumed(journalled));
                }
                _ => warn!(key, bytes = bytes.len(), "a crew in the journal is damaged; waiting to hear of the task again"),
            }
        }
        self.is_resumed = true;
        Ok(())
    }

    /// Asks the keeper for its offers if it is time, and takes in those that came.
    pub(super) fn hear(&mut self, is_due: bool) {
        let (me, now) = (self.me(), self.now());
        if let Some(relay) = self.ports.relay.as_ref().filter(|_| is_due) {
            self.desk.ask(&self.done, relay, me, now);
        }
        for offer in self.desk.collect(now) {
            if let Some(task) = self.tasks.get_mut(&offer.task) {
                task.shown = Some(offer);
            } else if self.tasks.len() < IN_HAND_MAX && offer.crew.replica_of(me).is_some() {
                self.tasks.insert(offer.task, InHand::of(offer));
            }
        }
    }

    /// Learns of tasks that are on chain with this miner, and of what happened to those in hand. Returns whether there are more blocks to read.
    pub(super) async fn find_tasks(&mut self) -> Result<bool, ChainError> {
        let look = self.follower.look(self.ports.chain.as_ref(), self.ports.journal.as_ref()).await?;
        let Some(look) = look else { return Ok(false) };
        let (me, now) = (self.me(), self.now());
        for &id in &look.touched {
            if let Some(task) = self.tasks.get_mut(&id) {
                task.is_stale = true;
            } else if let Some(record) = self.ports.chain.task(id).await?
                && Serving::on_chain(&record, me).is_some()
            {
                self.tasks.insert(id, InHand::found(record, now));
            }
        }
        if look.is_anew {
            self.tasks.values_mut().for_each(|task| task.is_stale = true);
        }
        let blocks = self.tasks.values().filter_map(|task| task.read.as_ref()).map(|(record, _)| record.submission.block_number);
        let oldest = blocks.min();
        self.follower.seen(&look, oldest, self.ports.journal.as_ref()).await?;
        Ok(look.is_behind)
    }

    /// A task in hand as the chain has it. One that the chain does not have is dropped: at once if nothing was signed for it.
    pub(super) async fn read(&mut self, id: B256) -> Result<Option<TaskRecord>, StepError> {
        let now = self.now();
        let Some(task) = self.tasks.get(&id) else { return Ok(None) };
        if let Some((record, read_secs)) = task.read.as_ref().filter(|_| !task.is_stale)
            && now < read_secs.saturating_add(READ_AGAIN_SECS)
        {
            return Ok(Some(record.clone()));
        }
        let found = self.ports.chain.task(id).await?;
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(None) };
        if let Some(record) = found {
            task.read = Some((record.clone(), now));
            (task.is_stale, task.absent_since) = (false, None);
            return Ok(Some(record));
        }
        let is_bound = task.journalled.is_some() || task.known.sealed.is_some();
        let since = *task.absent_since.get_or_insert(now);
        if !is_bound || now >= since.saturating_add(ABSENCE_SECS) {
            info!(task = %id, "the chain has no such task; left");
            // What was signed stays in the journal: the task may come back.
            if let Some(offer) = self.tasks.remove(&id).and_then(|task| task.shown) {
                self.desk.decline(&offer, now);
            }
        }
        Ok(None)
    }

    /// Settles in which crew the task is served: that on chain if there is one, else that which the keeper offers, and the first one as long as it lasts.
    pub(super) async fn serve(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let (id, me, domain) = (record.id, self.me(), self.ports.chain.domain());
        self.take_up(record).await?;
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
        if task.known.serving.as_ref().is_some_and(|serving| !serving.is_of(record)) {
            info!(task = %id, "the task was submitted anew");
            self.put_off(id).await?;
            self.tasks.entry(id).and_modify(InHand::begin_anew);
        }
        if let Some(serving) = Serving::on_chain(record, me) {
            self.turn_to(record, serving).await?;
        } else if record.crew().is_some() {
            // It is served without this miner.
            self.put_off(id).await?;
            let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
            task.known.serving = None;
            if let Some(offer) = task.shown.take() {
                self.desk.decline(&offer, self.ports.clock.now_secs());
            }
            return Ok(());
        }
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
        let Some(offer) = task.shown.take() else { return Ok(()) };
        match &mut task.known.serving {
            Some(serving) if serving.crew == offer.crew => {
                serving.note(&domain, &offer.bound);
                if serving.assign.is_none() {
                    serving.assign = Serving::offered(&domain, record, me, &offer).ok().and_then(|checked| checked.assign);
                }
                Ok(())
            }
            // It signs for one crew at a time.
            Some(_) if task.known.sealed.is_some() => Ok(()),
            _ if record.state.phase == Phase::Open => self.examine(record, offer).await,
            _ => Ok(()),
        }
    }

    /// Takes up what the journal has of the time before a restart.
    async fn take_up(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let (me, domain) = (self.me(), self.ports.chain.domain());
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        let Some((crew, assign)) = task.journalled.clone() else { return Ok(()) };
        let serving = match assign.filter(|_| record.state.phase == Phase::Open) {
            // The task may have been submitted anew since.
            Some(assign) => {
                Serving::offered(&domain, record, me, &Offer { task: record.id, crew, assign, bound: Vec::new() }).ok()
            }
            None => Serving::of(record, crew, me, assign),
        };
        if let Some(serving) = serving {
            task.turn_to(serving);
            self.restore(record.id).await?;
        }
        self.tasks.entry(record.id).and_modify(|task| task.journalled = None);
        Ok(())
    }

    /// Serves in the crew that the chain has.
    async fn turn_to(&mut self, record: &TaskRecord, serving: Serving) -> Result<(), StepError> {
        let known = self.tasks.get(&record.id).and_then(|task| task.known.serving.as_ref());
        if known.is_some_and(|known| known.assignment == serving.assignment) {
            return Ok(());
        }
        if known.is_some() {
            self.put_off(record.id).await?;
        }
        tell_assigned(&serving, record);
        self.tasks.entry(record.id).and_modify(|task| task.turn_to(serving));
        Ok(())
    }

    /// Serves in an offered crew, if all of the offer is so.
    async fn examine(&mut self, record: &TaskRecord, offer: Offer) -> Result<(), StepError> {
        let (me, now, domain) = (self.me(), self.now(), self.ports.chain.domain());
        let keeper = offer.crew.keeper;
        let mut checked = Serving::offered(&domain, record, me, &offer);
        if checked.is_ok() {
            match self.desk.is_keeper(self.ports.chain.as_ref(), keeper, now).await {
                Ok(true) => {}
                Ok(false) => checked = Err(FalseOffer::NoKeeper { keeper }),
                Err(error) => {
                    // Looked at again when the chain can be read.
                    self.tasks.entry(record.id).and_modify(|task| task.shown = Some(offer));
                    return Err(error.into());
                }
            }
        }
        match checked {
            Ok(serving) => {
                tell_assigned(&serving, record);
                self.tasks.entry(record.id).and_modify(|task| task.turn_to(serving));
            }
            Err(error) => {
                warn!(task = %record.id, code = error.code(), %error, next = error.entry().next, "an offer does not hold; nothing is signed for it");
                self.desk.decline(&offer, now);
            }
        }
        Ok(())
    }

    /// Journals the crew in which this miner is about to bind itself.
    pub(super) async fn journal_crew(&self, id: B256) -> Result<(), StepError> {
        let serving = self.tasks.get(&id).and_then(|task| task.known.serving.as_ref());
        let Some(serving) = serving else { return Ok(()) };
        let bytes = crew_record::encode(&serving.crew, serving.assign.as_ref());
        Ok(self.ports.journal.put(&crew_key(id), &bytes).await?)
    }

    /// The assignment of the crew in which a task is served.
    pub(super) fn assignment(&self, id: B256) -> Option<B256> {
        self.tasks.get(&id)?.known.serving.as_ref().map(|serving| serving.assignment)
    }

    /// What this miner's answer is bound to beside its salt.
    pub(super) fn commitment(&self, id: B256, reveal: &cor_ports::domain::Reveal) -> Option<B256> {
        let serving = self.tasks.get(&id)?.known.serving.as_ref()?;
        Some(lane::commitment(&self.ports.chain.domain(), serving.assignment, serving.replica, self.me(), reveal))
    }
}
