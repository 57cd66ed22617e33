//! Which tasks are in hand, and in which crew they are served.

use std::collections::BTreeSet;

use alloy_primitives::B256;
use cor_errors::Coded as _;
use cor_ports::domain::{Offer, Phase, TaskRecord};
use cor_ports::{ChainError, lane};
use tracing::{info, warn};

use super::Miner;
use super::error::StepError;
use super::in_hand::InHand;
use crate::machine::miner::{FalseOffer, Serving};
use crate::machine::pause::Pause;

/// Most tasks in hand: a keeper must not fill a miner's memory.
const IN_HAND_MAX: usize = 1_024;
/// Seconds after which a task in hand is read again although no log told of it. Its logs tell of all that happens, but where a block was replaced by another
/// of the same number.
const READ_AGAIN_SECS: u64 = 10;
/// Seconds for which a task that this miner is bound in may be absent: a node that lags may not have it yet.
pub(super) const ABSENCE_SECS: u64 = 60;

impl Miner {
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
        let now = self.now();
        let look = self.follower.look(self.ports.chain.as_ref(), self.ports.journal.as_ref(), now).await?;
        let Some(look) = look else {
            self.find(&[], 0, now).await?;
            return Ok(false);
        };
        if look.is_anew {
            self.summonses.clear();
            self.rosters.look_again();
        }
        // A task that cannot be read does not keep this node from saying that it is there.
        if let Some(range) = look.range {
            self.hear_summonses(range).await?;
        }
        self.find(&look.touched, look.first(), now).await?;
        if look.is_anew {
            self.tasks.values_mut().for_each(|task| task.is_stale = true);
        }
        let blocks = self.tasks.values().filter_map(|task| task.read.as_ref()).map(|(record, _)| record.submission.block_number);
        let oldest = self.unread.oldest_with(blocks.chain(self.summonses.oldest()).min());
        self.follower.seen(&look, oldest, self.ports.journal.as_ref()).await?;
        Ok(look.is_behind)
    }

    /// Takes in what is on chain with this miner, of tasks that logs from a block on told of and of those that could not be read before.
    async fn find(&mut self, touched: &[B256], from: u64, now: u64) -> Result<(), ChainError> {
        let me = self.me();
        let tasks: BTreeSet<B256> = touched.iter().copied().chain(self.unread.tasks()).collect();
        for id in tasks {
            if let Some(task) = self.tasks.get_mut(&id) {
                task.is_stale = true;
                self.unread.remove(id);
                continue;
            }
            match self.ports.chain.task(id).await {
                Ok(record) => {
                    self.unread.remove(id);
                    if let Some(record) = record.filter(|record| Serving::on_chain(record, me).is_some()) {
                        self.tasks.insert(id, InHand::found(record, now));
                    }
                }
                Err(error) => self.unread.note(id, from, error)?,
            }
        }
        Ok(())
    }

    /// A task in hand as the chain has it. One that the chain does not have is dropped: at once if nothing was signed for it.
    pub(super) async fn read(&mut self, id: B256) -> Result<Option<TaskRecord>, StepError> {
        let now = self.now();
        let Some(task) = self.tasks.get(&id) else { return Ok(None) };
        if let Some((record, read_secs)) = task.read.as_ref().filter(|_| !task.is_stale)
            && !Pause::new(*read_secs, READ_AGAIN_SECS).is_over(now)
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
        let is_bound = task.is_bound();
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

    /// Settles in which crew the task is served: that on chain if there is one, else that which a keeper offers now.
    pub(super) async fn serve(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let (id, me, domain) = (record.id, self.me(), self.ports.chain.domain());
        self.take_up(record).await?;
        if let Some(serving) = Serving::on_chain(record, me) {
            self.turn_to(record, serving).await?;
        } else if record.crew().is_some() {
            // It is served without this miner.
            self.put_off(id, None).await?;
            let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
            task.known.serving = None;
            task.others.clear();
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
            _ if record.state.phase == Phase::Open => self.examine(record, offer).await,
            _ => Ok(()),
        }
    }

    /// Serves in an offered crew, if all of the offer is so.
    async fn examine(&mut self, record: &TaskRecord, offer: Offer) -> Result<(), StepError> {
        let (me, now, domain) = (self.me(), self.now(), self.ports.chain.domain());
        let mut checked = Serving::offered(&domain, record, me, &offer);
        if let Ok(serving) = &checked {
            match self.objection(record.id, serving).await {
                Ok(None) => {}
                Ok(Some(error)) => checked = Err(error),
                Err(error) => {
                    // Looked at again when chain and journal can be read.
                    self.tasks.entry(record.id).and_modify(|task| task.shown = Some(offer));
                    return Err(error);
                }
            }
        }
        match checked {
            Ok(serving) => self.turn_to(record, serving).await,
            Err(error) => {
                warn!(task = %record.id, code = error.code(), %error, next = error.entry().next, "an offer does not hold; nothing is signed for it");
                self.desk.decline(&offer, now);
                Ok(())
            }
        }
    }

    /// What chain and journal have against an offer: its keeper is none, or this miner does not bind itself once more.
    async fn objection(&mut self, id: B256, serving: &Serving) -> Result<Option<FalseOffer>, StepError> {
        let (keeper, now) = (serving.crew.keeper, self.now());
        if !self.desk.is_keeper(self.ports.chain.as_ref(), keeper, now).await? {
            return Ok(Some(FalseOffer::NoKeeper { keeper }));
        }
        self.refused(id, serving.assignment).await
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
