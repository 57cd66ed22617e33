//! The crews of one task in which a miner is bound. A keeper may draw anew when somebody is away, so there may be several; at most one comes on chain, and there
//! the miner shows what it bound itself to. In no further one does it bind itself once it showed its answer.

use alloy_primitives::B256;
use cor_errors::Coded as _;
use cor_ports::domain::{Phase, TaskRecord};
use cor_ports::{JournalError, lane};
use tracing::{debug, info, warn};

use super::crew_record::CrewRecord;
use super::error::StepError;
use super::in_hand::InHand;
use super::{CREWS, Miner, SHOWN, answer_key, tell_assigned};
use crate::machine::miner::{CREWS_MAX, FalseOffer, Serving};
use crate::machine::pause::Pause;
use crate::service::over;

impl Miner {
    /// Hears of the tasks in which it was bound before a restart: the keeper may be gone meanwhile.
    pub(super) async fn resume(&mut self) -> Result<(), JournalError> {
        if self.is_resumed {
            return Ok(());
        }
        for (key, bytes) in self.ports.journal.list(CREWS).await? {
            match named(&key) {
                Some((task, _)) => self.tasks.entry(task).or_default().is_resumed = true,
                None => warn!(key, bytes = bytes.len(), "a crew in the journal is damaged; waiting to hear of the task again"),
            }
        }
        self.is_resumed = true;
        Ok(())
    }

    /// Takes up what the journal has of a task that has just come in hand, and drops what belongs to another opening: the task was submitted anew.
    pub(super) async fn take_up(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let (id, opening) = (record.id, record.history.opening_hash);
        match self.tasks.get(&id).and_then(|task| task.opening) {
            Some(known) if known == opening => return Ok(()),
            Some(_) => {
                info!(task = %id, "the task was submitted anew");
                self.put_off(id, None).await?;
                self.tasks.entry(id).and_modify(InHand::begin_anew);
            }
            None => {}
        }
        let is_told = self.ports.journal.get(&shown_key(id)).await?.is_some_and(|shown| shown == opening.as_slice());
        if is_told {
            over::revive(self.ports.journal.as_ref(), &shown_key(id)).await?;
        }
        self.tasks.entry(id).and_modify(|task| task.known.is_told = is_told);
        for serving in self.journalled_crews(record).await? {
            self.tasks.entry(id).and_modify(|task| task.turn_to(serving));
            self.restore(id).await?;
        }
        self.tasks.entry(id).and_modify(|task| (task.opening, task.is_resumed) = (Some(opening), false));
        Ok(())
    }

    /// The crews in which it bound itself to the task as it is now, the last one at the end.
    async fn journalled_crews(&self, record: &TaskRecord) -> Result<Vec<Serving>, StepError> {
        let mut crews = Vec::new();
        for (key, bytes) in self.ports.journal.list(&crews_of(record.id)).await? {
            match (named(&key), CrewRecord::decode(&bytes)) {
                (Some((_, assignment)), Some(CrewRecord { bound_secs, crew, assign })) => {
                    let serving = Serving::of(record, crew, self.me(), assign);
                    crews.extend(serving.filter(|serving| serving.assignment == assignment).map(|serving| (bound_secs, serving)));
                }
                _ => warn!(key, bytes = bytes.len(), "a crew in the journal is damaged; waiting to hear of the task again"),
            }
        }
        crews.sort_by_key(|(bound_secs, _)| *bound_secs);
        Ok(crews.into_iter().map(|(_, serving)| serving).collect())
    }

    /// Serves in another crew: that which the chain has, or one that was offered and holds.
    pub(super) async fn turn_to(&mut self, record: &TaskRecord, serving: Serving) -> Result<(), StepError> {
        if self.assignment(record.id) == Some(serving.assignment) {
            return Ok(());
        }
        tell_assigned(&serving, record);
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        task.turn_to(serving);
        if task.known.sealed.is_none() {
            self.restore(record.id).await?;
        }
        Ok(())
    }

    /// Why it does not bind itself in an offered crew: it showed its answer in another, or is bound in too many.
    pub(super) async fn refused(&self, id: B256, assignment: B256) -> Result<Option<FalseOffer>, StepError> {
        let Some(task) = self.tasks.get(&id) else { return Ok(None) };
        let is_full = task.crews_bound() >= CREWS_MAX;
        // In this one it is bound already.
        if (!task.known.is_told && !is_full) || self.ports.journal.get(&answer_key(assignment)).await?.is_some() {
            return Ok(None);
        }
        Ok(Some(if task.known.is_told { FalseOffer::AnswerShown } else { FalseOffer::TooManyCrews { most: CREWS_MAX } }))
    }

    /// Journals the crew in which this miner is about to bind itself, or is bound.
    pub(super) async fn journal_crew(&self, id: B256) -> Result<(), StepError> {
        let serving = self.tasks.get(&id).and_then(|task| task.known.serving.as_ref());
        let Some(Serving { crew, assignment, assign, .. }) = serving else { return Ok(()) };
        let key = crew_key(id, *assignment);
        if self.ports.journal.get(&key).await?.is_none() {
            let record = CrewRecord { bound_secs: self.now(), crew: crew.clone(), assign: *assign };
            self.ports.journal.put(&key, &record.encode()).await?;
        }
        Ok(())
    }

    /// Journals that the answer is about to be shown, or may have been.
    pub(super) async fn note_told(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let id = record.id;
        if self.tasks.get(&id).is_none_or(|task| task.known.is_told) {
            return Ok(());
        }
        self.ports.journal.put(&shown_key(id), record.history.opening_hash.as_slice()).await?;
        over::revive(self.ports.journal.as_ref(), &shown_key(id)).await?;
        self.tasks.entry(id).and_modify(|task| task.known.is_told = true);
        Ok(())
    }

    /// Settles whether what is shown now could be copied in another crew. Its keeper may go without whom it found absent, and gains nothing by bringing it.
    pub(super) async fn note_exposure(&mut self, record: &TaskRecord) {
        let (id, now) = (record.id, self.now());
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let could_show = task.known.serving.as_ref().is_some_and(Serving::are_others_bound);
        let is_asked = could_show && !task.known.is_told && record.state.phase == Phase::Open;
        task.known.is_exposed = is_asked && !task.copiers().is_empty();
        if !task.known.is_exposed || !task.ask_absent.is_over(now) {
            return;
        }
        task.ask_absent = Pause::new(now, self.options.policy.repeat_secs);
        for (keeper, node) in task.copiers() {
            match self.ports.jury.summons(id, keeper, node).await {
                Ok(summons) if summons.is_absent => {
                    task.absent.insert((keeper, node));
                }
                Ok(_) => break,
                // It goes on without an answer from there: the task has a deadline.
                Err(error) => {
                    debug!(task = %id, code = error.code(), %error, "it is not known who is absent");
                    break;
                }
            }
        }
        task.known.is_exposed = !task.copiers().is_empty();
    }

    /// What was said in the crews of a task is not needed any more; what is `owed` to the payer stays.
    pub(super) async fn put_off(&self, id: B256, owed: Option<B256>) -> Result<(), StepError> {
        let (journal, now) = (self.ports.journal.as_ref(), self.now());
        for (key, _) in journal.list(&crews_of(id)).await? {
            if let Some((_, assignment)) = named(&key).filter(|(_, assignment)| Some(*assignment) != owed) {
                over::note(journal, &answer_key(assignment), now).await?;
            }
            journal.remove(&key).await?;
        }
        if self.tasks.get(&id).is_some_and(|task| task.known.is_told) {
            over::note(journal, &shown_key(id), now).await?;
        }
        Ok(())
    }

    /// The seat by which this miner has part in the result that the chain has of a task that ended, whichever crew it was served in.
    pub(super) fn paid_in(&self, record: &TaskRecord) -> Option<B256> {
        let task = self.tasks.get(&record.id).filter(|_| record.state.phase == Phase::Ended)?;
        let crew = record.crew()?;
        let assignment = lane::assignment(record, &crew);
        let mut crews = std::iter::once(&task.known).chain(task.others.values()).filter_map(|known| known.serving.as_ref());
        let is_shown = crew.replica_of(self.me()).is_some_and(|replica| lane::is_shown(record, replica));
        crews.any(|serving| serving.assignment == assignment && is_shown).then_some(assignment)
    }
}

fn crews_of(task: B256) -> String {
    format!("{CREWS}{task}/")
}

fn crew_key(task: B256, assignment: B256) -> String {
    format!("{CREWS}{task}/{assignment}")
}

fn shown_key(task: B256) -> String {
    format!("{SHOWN}{task}")
}

/// Task and assignment of a crew's key.
fn named(key: &str) -> Option<(B256, B256)> {
    let (task, assignment) = key.strip_prefix(CREWS)?.split_once('/')?;
    Some((task.parse().ok()?, assignment.parse().ok()?))
}
