//! Summonses: a keeper that hears nothing of this node asks for it on chain. Who does not answer is passed over, and out of the roster for a while.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::B256;
use cor_errors::Coded as _;
use cor_ports::ChainError;
use cor_ports::domain::{SentCall, TaskRecord};
use cor_ports::jury::JuryCall;
use tracing::{debug, info, warn};

use super::Miner;
use super::answer::is_served;
use super::find::ABSENCE_SECS;
use crate::machine::miner::answers_summons;
use crate::machine::pause::Pause;
use crate::service::drill::Drill;
use crate::service::job::{Job, Panicked, finished};
use crate::service::refusal;

/// Most tasks with a summons that are remembered: keepers must not fill a miner's memory.
const KNOWN_MAX: usize = 1_024;
/// Most summonses that are looked at before what is in hand has its turn again: each asks the chain.
const LOOKS_MAX: usize = 16;
/// Seconds after which an answer that could not be sent is tried again, and before which no other is.
const RETRY_SECS: u64 = 2;

/// The tasks to which this node was summoned, while they are open.
#[derive(Default)]
pub(super) struct Summonses {
    known: BTreeMap<B256, Summons>,
    /// The answer that is on its way, and the deadline of its task. It is one at a time, and nothing waits for it: a transaction may not be mined for long.
    sending: Option<(Present, Job<Result<SentCall, ChainError>>)>,
    /// An answer could not be sent. Nor could another.
    pause: Pause,
}

/// An answer.
struct Present {
    task: B256,
    /// Names its effect.
    key: String,
    /// The deadline of the task, seconds since 1970.
    deadline: u64,
}

#[derive(Debug)]
struct Summons {
    /// No later block than that of its log.
    block: u64,
    /// When it was heard of, seconds since 1970.
    heard_secs: u64,
    /// Until it is looked at again.
    pause: Pause,
    /// Once it was answered: until when it is remembered, which is the deadline of its task, seconds since 1970.
    answered_until: Option<u64>,
}

/// What came of a summons.
enum Outcome {
    /// It is to be answered; the task is open until then, seconds since 1970.
    Due(u64),
    /// There is nothing to say.
    Needless,
    /// The chain does not have the task, or not yet.
    Unknown,
}

impl Summonses {
    /// Takes in a summons that a block from `block` on has. One that is known already is nothing new: an answer counts for the task, whoever summons.
    pub(super) fn hear(&mut self, task: B256, block: u64, now_secs: u64) {
        if self.known.len() >= KNOWN_MAX && !self.known.contains_key(&task) {
            // What was answered is not answered again, remembered or not: the outbox has it.
            let answered = self.known.iter().find(|(_, known)| known.answered_until.is_some());
            let oldest = || self.known.iter().min_by_key(|(_, known)| known.block);
            if let Some(id) = answered.or_else(oldest).map(|(id, _)| *id) {
                self.known.remove(&id);
            }
        }
        let summons = Summons { block, heard_secs: now_secs, pause: Pause::default(), answered_until: None };
        self.known.entry(task).or_insert(summons);
    }

    /// Forgets all: what counts is read again.
    pub(super) fn clear(&mut self) {
        self.known.clear();
    }

    /// The first block that has to be read again after a restart for what is not answered.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.known.values().filter(|known| known.answered_until.is_none()).map(|known| known.block).min()
    }

    /// The one to look at now, if none is being answered: that which was heard of first. All have the same time, so its is the first to run out.
    fn next(&mut self, now_secs: u64) -> Option<B256> {
        if self.sending.is_some() || !self.pause.is_over(now_secs) {
            return None;
        }
        self.known.retain(|_, known| known.answered_until.is_none_or(|until| now_secs < until));
        let is_due = |known: &Summons| known.answered_until.is_none() && known.pause.is_over(now_secs);
        let due = self.known.iter().filter(|(_, known)| is_due(known));
        due.min_by_key(|(_, known)| known.block).map(|(id, _)| *id)
    }

    /// Notes that there is nothing to say to one, or not yet.
    fn put_off(&mut self, task: B256, is_unknown: bool, now_secs: u64) {
        let Some(known) = self.known.get_mut(&task) else { return };
        known.pause = Pause::new(now_secs, RETRY_SECS);
        let is_gone = now_secs >= known.heard_secs.saturating_add(ABSENCE_SECS);
        if !is_unknown || is_gone {
            self.known.remove(&task);
        }
    }

    /// Notes that one was answered, now or before.
    fn note_answered(&mut self, task: B256, deadline: u64) {
        if let Some(known) = self.known.get_mut(&task) {
            known.answered_until = Some(deadline);
        }
    }

    /// Notes that one could not be looked at, or not be answered.
    const fn note_failed(&mut self, now_secs: u64) {
        self.pause = Pause::new(now_secs, RETRY_SECS);
    }

    /// Takes in what came of the answer that was on its way.
    fn collect(&mut self, now_secs: u64) {
        let Some((present, job)) = self.sending.take() else { return };
        let mut job = Some(job);
        let sent = finished(&mut job);
        if let Some(job) = job {
            self.sending = Some((present, job));
            return;
        }
        let Present { task, key, deadline } = present;
        match sent {
            Some(Ok(Ok(sent))) => info!(%task, transaction = %sent.transaction, "answered a summons"),
            // Somebody brought the answer already, most likely. A second one would cost gas again.
            Some(Ok(Err(error))) if error.class().asks_anew() => refusal::tell(task, &key, &error),
            Some(Ok(Err(error))) => {
                tell_failed(task, &error);
                return self.note_failed(now_secs);
            }
            Some(Err(Panicked)) | None => return self.note_failed(now_secs),
        }
        self.note_answered(task, deadline);
    }
}

fn tell_failed(task: B256, error: &ChainError) {
    warn!(%task, code = error.code(), %error, "a summons cannot be answered; trying again while the task is open");
}

impl Miner {
    /// Learns who summoned this node in the blocks that were read.
    pub(super) async fn hear_summonses(&mut self, (from, to): (u64, u64)) -> Result<(), ChainError> {
        let (me, now) = (self.me(), self.now());
        for task in self.ports.jury.summoned(me, from, to).await? {
            self.summonses.hear(task, from, now);
        }
        Ok(())
    }

    /// Has a summons answered, if none is being answered. What cannot be sent is tried again while the task is open. Returns whether there are more to look at.
    pub(super) async fn answer_summonses(&mut self) -> bool {
        self.summonses.collect(self.now());
        for _ in 0..LOOKS_MAX {
            let Some(task) = self.summonses.next(self.now()) else { return false };
            match self.examine_summons(task).await {
                Ok(Outcome::Due(deadline)) => self.start_answer(task, deadline),
                Ok(outcome) => self.summonses.put_off(task, matches!(outcome, Outcome::Unknown), self.now()),
                Err(error) => {
                    tell_failed(task, &error);
                    self.summonses.note_failed(self.now());
                }
            }
        }
        true
    }

    async fn examine_summons(&self, task: B256) -> Result<Outcome, ChainError> {
        let Some(record) = self.ports.chain.task(task).await? else { return Ok(Outcome::Unknown) };
        if !answers_summons(&record, &self.options.models, self.now()) || !self.means_to_serve(&record) {
            debug!(%task, "summoned, and there is nothing to say");
            return Ok(Outcome::Needless);
        }
        Ok(Outcome::Due(record.state.deadline))
    }

    fn start_answer(&mut self, task: B256, deadline: u64) {
        let call = JuryCall::Present { task, node: self.me() };
        let present = Present { task, key: call.effect_key(), deadline };
        let jury = Arc::clone(&self.ports.jury);
        let job = Job::start(&self.done, async move { jury.send(call).await });
        self.summonses.sending = Some((present, job));
    }

    /// Whether this miner would serve the task: it has not given it up, and is not silent on purpose.
    fn means_to_serve(&self, record: &TaskRecord) -> bool {
        let in_hand = self.tasks.get(&record.id);
        let drill = match in_hand.and_then(|task| task.known.serving.as_ref()) {
            Some(serving) => self.options.drill.and_then(|exercise| exercise.applies(serving.replica)),
            None => self.options.drill.filter(|exercise| exercise.replica.is_none()).map(|exercise| exercise.drill),
        };
        is_served(record) && !in_hand.is_some_and(|task| task.given_up) && !drill.is_some_and(Drill::is_still)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(number: usize) -> B256 {
        B256::left_padding_from(&number.to_be_bytes())
    }

    #[test]
    fn what_is_answered_is_remembered_until_its_deadline_and_not_looked_at_again() {
        let mut summonses = Summonses::default();
        summonses.hear(task(1), 70, 1_000);
        summonses.hear(task(1), 80, 1_001);
        assert_eq!((summonses.next(1_001), summonses.oldest()), (Some(task(1)), Some(70)), "once for a task, whoever summons");
        summonses.note_failed(1_001);
        assert_eq!((summonses.next(1_002), summonses.next(1_003)), (None, Some(task(1))), "tried again after a while");
        summonses.note_answered(task(1), 1_060);
        summonses.hear(task(1), 90, 1_004);
        assert_eq!((summonses.next(1_010), summonses.oldest()), (None, None));
        assert_eq!((summonses.next(1_060), summonses.known.len()), (None, 0));
    }

    #[test]
    fn what_was_heard_of_first_is_looked_at_first() {
        let mut summonses = Summonses::default();
        summonses.hear(task(2), 70, 1_000);
        summonses.hear(task(1), 71, 1_000);
        assert_eq!(summonses.next(1_000), Some(task(2)));
        summonses.put_off(task(2), true, 1_000);
        assert_eq!((summonses.next(1_000), summonses.next(1_002)), (Some(task(1)), Some(task(2))));
    }

    #[test]
    fn a_task_that_the_chain_does_not_have_is_asked_for_a_while() {
        let mut summonses = Summonses::default();
        summonses.hear(task(1), 70, 1_000);
        summonses.put_off(task(1), true, 1_000 + ABSENCE_SECS - 1);
        assert_eq!(summonses.next(2_000), Some(task(1)));
        summonses.put_off(task(1), true, 1_000 + ABSENCE_SECS);
        assert_eq!((summonses.next(2_000), summonses.oldest()), (None, None));
        summonses.hear(task(2), 70, 1_000);
        summonses.put_off(task(2), false, 1_000);
        assert_eq!(summonses.known.len(), 0);
    }

    #[test]
    fn memory_is_bounded_and_what_is_answered_goes_first() {
        let mut summonses = Summonses::default();
        for number in 0..KNOWN_MAX {
            summonses.hear(task(number), 70, 1_000);
        }
        summonses.note_answered(task(500), 1_060);
        summonses.hear(task(KNOWN_MAX), 71, 1_000);
        assert_eq!((summonses.known.len(), summonses.known.contains_key(&task(500))), (KNOWN_MAX, false));
        summonses.hear(task(KNOWN_MAX + 1), 72, 1_000);
        assert_eq!((summonses.known.len(), summonses.known.contains_key(&task(KNOWN_MAX + 1))), (KNOWN_MAX, true));
    }
}
