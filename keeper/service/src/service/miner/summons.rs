//! Summonses: a keeper that hears nothing of this node asks for it on chain. Who does not answer is passed over, and out of the roster for a while.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use cor_errors::Coded as _;
use cor_ports::ChainError;
use cor_ports::domain::TaskRecord;
use cor_ports::jury::JuryCall;
use tracing::{debug, info, warn};

use super::Miner;
use super::answer::is_served;
use super::find::ABSENCE_SECS;
use crate::machine::miner::answers_summons;
use crate::service::drill::Drill;
use crate::service::refusal;

/// Most tasks with a summons that are remembered: keepers must not fill a miner's memory.
const KNOWN_MAX: usize = 1_024;
/// Seconds after which an answer that could not be sent is tried again.
const RETRY_SECS: u64 = 2;

/// The tasks to which this node was summoned, while they are open.
#[derive(Debug, Default)]
pub(super) struct Summonses(BTreeMap<B256, Summons>);

#[derive(Debug)]
struct Summons {
    /// No later block than that of its log.
    block: u64,
    /// When it was heard of, seconds since 1970.
    heard_secs: u64,
    /// When it is looked at next, seconds since 1970.
    next_secs: u64,
    /// Once it was answered: until when it is remembered, which is the deadline of its task, seconds since 1970.
    answered_until: Option<u64>,
}

/// What came of a summons.
enum Outcome {
    /// Answered, now or before; the task is open until then.
    Answered(u64),
    /// There is nothing to say.
    Needless,
    /// The chain does not have the task, or not yet.
    Unknown,
}

impl Summonses {
    /// Takes in a summons that a block from `block` on has. One that is known already is nothing new: an answer counts for the task, whoever summons.
    pub(super) fn hear(&mut self, task: B256, block: u64, now_secs: u64) {
        if self.0.len() >= KNOWN_MAX && !self.0.contains_key(&task) {
            // What was answered is not answered again, remembered or not: the outbox has it.
            let answered = self.0.iter().find(|(_, known)| known.answered_until.is_some());
            let oldest = || self.0.iter().min_by_key(|(_, known)| known.block);
            if let Some(id) = answered.or_else(oldest).map(|(id, _)| *id) {
                self.0.remove(&id);
            }
        }
        let summons = Summons { block, heard_secs: now_secs, next_secs: now_secs, answered_until: None };
        self.0.entry(task).or_insert(summons);
    }

    /// Forgets all: what counts is read again.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first block that has to be read again after a restart for what is not answered.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.0.values().filter(|known| known.answered_until.is_none()).map(|known| known.block).min()
    }

    /// Those to look at now.
    fn due(&mut self, now_secs: u64) -> Vec<B256> {
        self.0.retain(|_, known| known.answered_until.is_none_or(|until| now_secs < until));
        let is_due = |known: &Summons| known.answered_until.is_none() && known.next_secs <= now_secs;
        self.0.iter().filter(|(_, known)| is_due(known)).map(|(id, _)| *id).collect()
    }

    /// Notes what came of one; `None`: it could not be looked at, or not be answered.
    fn note(&mut self, task: B256, outcome: Option<&Outcome>, now_secs: u64) {
        let Some(known) = self.0.get_mut(&task) else { return };
        known.next_secs = now_secs.saturating_add(RETRY_SECS);
        let is_gone = now_secs >= known.heard_secs.saturating_add(ABSENCE_SECS);
        match outcome {
            Some(Outcome::Answered(until)) => known.answered_until = Some(*until),
            Some(Outcome::Unknown) if !is_gone => {}
            Some(Outcome::Needless | Outcome::Unknown) => {
                self.0.remove(&task);
            }
            None => {}
        }
    }
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

    /// Answers what is to be answered. What cannot be sent is tried again while the task is open.
    pub(super) async fn answer_summonses(&mut self) {
        for task in self.summonses.due(self.now()) {
            let outcome = self.answer_summons(task).await;
            if let Err(error) = &outcome {
                warn!(%task, code = error.code(), %error, "a summons cannot be answered; trying again while the task is open");
            }
            self.summonses.note(task, outcome.ok().as_ref(), self.now());
        }
    }

    async fn answer_summons(&self, task: B256) -> Result<Outcome, ChainError> {
        let Some(record) = self.ports.chain.task(task).await? else { return Ok(Outcome::Unknown) };
        if !answers_summons(&record, &self.options.models, self.now()) || !self.means_to_serve(&record) {
            debug!(%task, "summoned, and there is nothing to say");
            return Ok(Outcome::Needless);
        }
        let call = JuryCall::Present { task, node: self.me() };
        let key = call.effect_key();
        match self.ports.jury.send(call).await {
            Ok(sent) => info!(%task, transaction = %sent.transaction, "answered a summons"),
            // Somebody brought the answer already, most likely. A second one would cost gas again.
            Err(error) if error.class().asks_anew() => refusal::tell(task, &key, &error),
            Err(error) => return Err(error),
        }
        Ok(Outcome::Answered(record.state.deadline))
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
        assert_eq!((summonses.due(1_001), summonses.oldest()), (vec![task(1)], Some(70)), "once for a task, whoever summons");
        summonses.note(task(1), None, 1_001);
        assert_eq!((summonses.due(1_002), summonses.due(1_003)), (vec![], vec![task(1)]), "tried again after a while");
        summonses.note(task(1), Some(&Outcome::Answered(1_060)), 1_003);
        summonses.hear(task(1), 90, 1_004);
        assert_eq!((summonses.due(1_010), summonses.oldest()), (vec![], None));
        assert_eq!((summonses.due(1_060), summonses.0.len()), (vec![], 0));
    }

    #[test]
    fn a_task_that_the_chain_does_not_have_is_asked_for_a_while() {
        let mut summonses = Summonses::default();
        summonses.hear(task(1), 70, 1_000);
        summonses.note(task(1), Some(&Outcome::Unknown), 1_000 + ABSENCE_SECS - 1);
        assert_eq!(summonses.due(2_000), [task(1)]);
        summonses.note(task(1), Some(&Outcome::Unknown), 1_000 + ABSENCE_SECS);
        assert_eq!((summonses.due(2_000), summonses.oldest()), (vec![], None));
        summonses.hear(task(2), 70, 1_000);
        summonses.note(task(2), Some(&Outcome::Needless), 1_000);
        assert_eq!(summonses.0.len(), 0);
    }

    #[test]
    fn memory_is_bounded_and_what_is_answered_goes_first() {
        let mut summonses = Summonses::default();
        for number in 0..KNOWN_MAX {
            summonses.hear(task(number), 70, 1_000);
        }
        summonses.note(task(500), Some(&Outcome::Answered(1_060)), 1_000);
        summonses.hear(task(KNOWN_MAX), 71, 1_000);
        assert_eq!((summonses.0.len(), summonses.0.contains_key(&task(500))), (KNOWN_MAX, false));
        summonses.hear(task(KNOWN_MAX + 1), 72, 1_000);
        assert_eq!((summonses.0.len(), summonses.0.contains_key(&task(KNOWN_MAX + 1))), (KNOWN_MAX, true));
    }
}
