//! Summonses: a keeper that hears nothing of this node asks for it on chain. Who does not answer is passed over, and out of the roster for a while.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::B256;
use cor_errors::Coded as _;
use cor_errors::table::jury;
use cor_ports::ChainError;
use cor_ports::domain::{SentCall, TaskRecord};
use cor_ports::jury::JuryCall;
use tracing::{debug, info, warn};

use super::Miner;
use super::answer::is_served;
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
/// Looks, at least [`RETRY_SECS`] apart, for a task that the chain does not have: a minute. Counted, since a clock may be ahead for a moment.
const ABSENCES_MAX: u32 = 30;
/// Looks, as far apart, at a task that cannot be read or answered: an hour, which is the longest that a summons leaves.
const FAILURES_MAX: u32 = 1_800;

/// The tasks to which this node was summoned, while they are open.
#[derive(Default)]
pub(super) struct Summonses {
    known: BTreeMap<B256, Summons>,
    /// How many were heard of.
    heard: u64,
    /// The answer that is on its way, and the deadline of its task. It is one at a time, and nothing waits for it: a transaction may not be mined for long.
    sending: Option<(Present, Job<Result<SentCall, ChainError>>)>,
    /// An answer could not be sent, for a reason that is not its own. Nor could another.
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
    /// How many were heard of before.
    place: u64,
    /// How often the chain did not have its task.
    absences: u32,
    /// How often its task could not be read, or it was refused.
    failures: u32,
    /// Until it is looked at again.
    pause: Pause,
    /// Seconds of the next pause after an answer that failed when it was mined: that costs gas, so each is twice the one before.
    costly_secs: u64,
    /// Once there is nothing to say any more: until when it is remembered at least, seconds since 1970. That is the deadline of its task if it was answered.
    settled_until: Option<u64>,
}

/// What came of an answer that was on its way.
type Sent = Result<Result<SentCall, ChainError>, Panicked>;

/// What came of a summons.
enum Outcome {
    /// It is to be answered; the task is open until then, seconds since 1970.
    Due(u64),
    /// There is nothing to say.
    Needless,
    /// The chain does not have the task, or not yet.
    Unknown,
    /// The task is over by this node's clock only, which may be ahead.
    Early,
}

impl Summonses {
    /// Takes in a summons that a block from `block` on has. One that is known already is nothing new: an answer counts for the task, whoever summons.
    /// If there are too many, the newest is refused: the others run out before it.
    pub(super) fn hear(&mut self, task: B256, block: u64) {
        if self.known.len() >= KNOWN_MAX && !self.known.contains_key(&task) {
            // What was answered is not answered again, remembered or not: the outbox has it.
            let settled = self.known.iter().find(|(_, known)| known.settled_until.is_some());
            let Some(id) = settled.map(|(id, _)| *id) else {
                warn!(%task, most = KNOWN_MAX, "summoned to too many tasks; this one gets no answer");
                return;
            };
            self.known.remove(&id);
        }
        let place = self.heard;
        self.known.entry(task).or_insert_with(|| {
            self.heard = place.saturating_add(1);
            let (pause, costly_secs) = (Pause::default(), RETRY_SECS);
            Summons { block, place, absences: 0, failures: 0, pause, costly_secs, settled_until: None }
        });
    }

    /// Forgets those to which there is nothing to say any more, but for those of which a log was read again: each log is read several times.
    fn tidy(&mut self, heard: &[B256], now_secs: u64) {
        self.known.retain(|task, known| known.settled_until.is_none_or(|until| now_secs < until) || heard.contains(task));
    }

    /// Forgets all: what counts is read again.
    pub(super) fn clear(&mut self) {
        self.known.clear();
    }

    /// The first block that has to be read again after a restart for what is not answered.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.known.values().filter(|known| known.settled_until.is_none()).map(|known| known.block).min()
    }

    /// The one to look at now, if none is being answered: that which was heard of first. All have the same time, so its is the first to run out. What failed
    /// before comes after what did not.
    fn next(&self, now_secs: u64) -> Option<B256> {
        if self.sending.is_some() || !self.pause.is_over(now_secs) {
            return None;
        }
        let is_due = |known: &Summons| known.settled_until.is_none() && known.pause.is_over(now_secs);
        let due = self.known.iter().filter(|(_, known)| is_due(known));
        due.min_by_key(|(_, known)| (known.failures, known.place)).map(|(id, _)| *id)
    }

    /// Looks at one again after a while, if not too much has come of it already that `note` counts.
    fn put_off(&mut self, task: B256, now_secs: u64, note: impl FnOnce(&mut Summons)) {
        let Some(known) = self.known.get_mut(&task) else { return };
        known.pause = Pause::new(now_secs, RETRY_SECS);
        note(known);
        if known.absences >= ABSENCES_MAX || known.failures >= FAILURES_MAX {
            known.settled_until = Some(0);
        }
    }

    /// Notes that the chain does not have the task of one.
    fn note_absent(&mut self, task: B256, now_secs: u64) {
        self.put_off(task, now_secs, |known| known.absences = known.absences.saturating_add(1));
    }

    /// Notes that one could not be looked at, or was refused. The others do not wait for it.
    fn note_refused(&mut self, task: B256, now_secs: u64) {
        self.put_off(task, now_secs, |known| known.failures = known.failures.saturating_add(1));
    }

    /// Notes that the answer to one failed when it was mined, which costs gas each time.
    fn note_costly(&mut self, task: B256, now_secs: u64) {
        self.put_off(task, now_secs, |known| {
            known.failures = known.failures.saturating_add(1);
            known.pause = Pause::new(now_secs, known.costly_secs);
            known.costly_secs = known.costly_secs.saturating_mul(2);
        });
    }

    /// Notes that there is nothing to say to one any more.
    fn settle(&mut self, task: B256, until_secs: u64) {
        if let Some(known) = self.known.get_mut(&task) {
            known.settled_until = Some(until_secs);
        }
    }

    /// Notes that nothing can be sent.
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
        self.take(&present, sent, now_secs);
    }

    /// Takes in what came of an answer; `None` if nothing did.
    fn take(&mut self, present: &Present, sent: Option<Sent>, now_secs: u64) {
        let Present { task, ref key, deadline } = *present;
        match sent {
            Some(Ok(Ok(sent))) => info!(%task, transaction = %sent.transaction, "answered a summons"),
            // Somebody brought the answer already. A second one would cost gas again.
            Some(Ok(Err(error))) if *error.entry() == jury::NODE_ANSWERED => refusal::tell(task, key, &error),
            Some(Ok(Err(error @ ChainError::NotReproduced { .. }))) => {
                tell_failed(task, &error);
                return self.note_costly(task, now_secs);
            }
            Some(Ok(Err(error))) if error.class().asks_anew() => {
                tell_failed(task, &error);
                return self.note_refused(task, now_secs);
            }
            Some(Ok(Err(error))) => {
                tell_failed(task, &error);
                return self.note_failed(now_secs);
            }
            Some(Err(Panicked)) | None => return self.note_failed(now_secs),
        }
        self.settle(task, deadline);
    }
}

fn tell_failed(task: B256, error: &ChainError) {
    warn!(%task, code = error.code(), %error, "a summons cannot be answered; trying again while the task is open");
}

impl Miner {
    /// Learns who summoned this node in the blocks that were read.
    pub(super) async fn hear_summonses(&mut self, (from, to): (u64, u64)) -> Result<(), ChainError> {
        let me = self.me();
        let heard = self.ports.jury.summoned(me, from, to).await?;
        self.summonses.tidy(&heard, self.now());
        heard.into_iter().for_each(|task| self.summonses.hear(task, from));
        Ok(())
    }

    /// Has a summons answered, if none is being answered. What cannot be sent is tried again while the task is open. Returns whether there are more to look at.
    pub(super) async fn answer_summonses(&mut self) -> bool {
        self.summonses.collect(self.now());
        for _ in 0..LOOKS_MAX {
            let Some(task) = self.summonses.next(self.now()) else { return false };
            match self.examine_summons(task).await {
                Ok(Outcome::Due(deadline)) => self.start_answer(task, deadline),
                Ok(Outcome::Needless) => self.summonses.settle(task, 0),
                Ok(Outcome::Unknown) => self.summonses.note_absent(task, self.now()),
                Ok(Outcome::Early) => self.summonses.put_off(task, self.now(), |_| ()),
                Err(error) => {
                    tell_failed(task, &error);
                    self.summonses.note_refused(task, self.now());
                    // Each may take long. What is in hand has its turn.
                    return false;
                }
            }
        }
        true
    }

    async fn examine_summons(&self, task: B256) -> Result<Outcome, ChainError> {
        let Some(record) = self.ports.chain.task(task).await? else { return Ok(Outcome::Unknown) };
        let answers_at = |secs| answers_summons(&record, &self.options.models, secs);
        let is_meant = self.means_to_serve(&record);
        if is_meant && answers_at(self.now()) {
            return Ok(Outcome::Due(record.state.deadline));
        }
        if is_meant && self.follower.head().is_some_and(|head| answers_at(head.timestamp_secs)) {
            return Ok(Outcome::Early);
        }
        debug!(%task, "summoned, and there is nothing to say");
        Ok(Outcome::Needless)
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
        summonses.hear(task(1), 70);
        summonses.hear(task(1), 80);
        assert_eq!((summonses.next(1_001), summonses.oldest()), (Some(task(1)), Some(70)), "once for a task, whoever summons");
        summonses.note_failed(1_001);
        assert_eq!((summonses.next(1_002), summonses.next(1_003)), (None, Some(task(1))), "tried again after a while");
        summonses.settle(task(1), 1_060);
        summonses.hear(task(1), 90);
        assert_eq!((summonses.next(1_010), summonses.oldest()), (None, None));
        for (heard, now, expected) in [(vec![], 1_059, 1), (vec![task(1)], 1_060, 1), (vec![task(2)], 1_060, 0)] {
            summonses.tidy(&heard, now);
            assert_eq!((summonses.next(now), summonses.known.len()), (None, expected));
        }
    }

    #[test]
    fn what_needs_no_answer_is_remembered_as_long_as_its_log_is_read_again() {
        let mut summonses = Summonses::default();
        [1, 2].into_iter().for_each(|number| summonses.hear(task(number), 70));
        summonses.settle(task(1), 0);
        for _ in 0..2 {
            summonses.tidy(&[task(1)], 1_000);
            summonses.hear(task(1), 71);
            assert_eq!(summonses.next(1_000), Some(task(2)));
        }
        summonses.tidy(&[], 1_000);
        assert_eq!(summonses.known.len(), 1, "what waits for its answer is not forgotten");
    }

    #[test]
    fn what_was_heard_of_first_is_looked_at_first() {
        let mut summonses = Summonses::default();
        summonses.hear(task(2), 70);
        summonses.hear(task(1), 71);
        assert_eq!(summonses.next(1_000), Some(task(2)));
        summonses.note_absent(task(2), 1_000);
        assert_eq!((summonses.next(1_000), summonses.next(1_002)), (Some(task(1)), Some(task(2))));
    }

    #[test]
    fn a_task_that_the_chain_does_not_have_is_asked_for_a_while() {
        let mut summonses = Summonses::default();
        summonses.hear(task(1), 70);
        (1..ABSENCES_MAX).for_each(|_| summonses.note_absent(task(1), 1_000));
        assert_eq!(summonses.next(2_000), Some(task(1)));
        summonses.note_absent(task(1), 1_000);
        assert_eq!((summonses.next(2_000), summonses.oldest()), (None, None));
    }

    #[test]
    fn what_cannot_be_read_holds_up_nothing_else_and_is_left_at_last() {
        let mut summonses = Summonses::default();
        [1, 2].into_iter().for_each(|number| summonses.hear(task(number), 70));
        summonses.note_refused(task(1), 1_000);
        assert_eq!((summonses.next(1_000), summonses.next(1_002)), (Some(task(2)), Some(task(2))), "what did not fail is first");
        summonses.settle(task(2), 0);
        assert_eq!((summonses.next(1_001), summonses.next(1_002)), (None, Some(task(1))));
        (1..FAILURES_MAX).for_each(|_| summonses.note_refused(task(1), 1_000));
        assert_eq!((summonses.next(2_000), summonses.oldest()), (None, None));
    }

    #[test]
    fn only_what_the_contract_has_is_answered_already() {
        let reverted =
            |data: Vec<u8>| ChainError::Reverted { call: String::new(), error: cor_ports::RevertError::decode(data.into()) };
        let mut answered = jury::NODE_ANSWERED.selector.unwrap().to_vec();
        answered.resize(4 + 64, 0);
        for (error, is_tried_again) in
            [(reverted(answered), false), (reverted(Vec::new()), true), (ChainError::NotReproduced { call: String::new() }, true)]
        {
            let (mut summonses, told) = (Summonses::default(), error.to_string());
            [1, 2].into_iter().for_each(|number| summonses.hear(task(number), 70));
            summonses.take(&Present { task: task(1), key: String::new(), deadline: 1_060 }, Some(Ok(Err(error))), 1_000);
            assert_eq!(summonses.next(1_000), Some(task(2)), "{told}");
            summonses.settle(task(2), 0);
            assert_eq!(summonses.next(1_002), is_tried_again.then_some(task(1)), "{told}");
        }
    }

    /// Each of them costs gas, and is mined.
    #[test]
    fn an_answer_that_fails_when_it_is_mined_is_given_again_after_longer_and_longer() {
        let (mut summonses, mut now) = (Summonses::default(), 1_000);
        summonses.hear(task(1), 70);
        for pause in [2, 4, 8, 16, 32] {
            let failed = ChainError::NotReproduced { call: String::new() };
            summonses.take(&Present { task: task(1), key: String::new(), deadline: 9_000 }, Some(Ok(Err(failed))), now);
            assert_eq!((summonses.next(now + pause - 1), summonses.next(now + pause)), (None, Some(task(1))), "{pause}");
            now += pause;
        }
        summonses.note_refused(task(1), now);
        assert_eq!(summonses.next(now + 2), Some(task(1)), "what costs nothing is tried soon");
    }

    #[test]
    fn memory_is_bounded_and_what_is_answered_goes_first() {
        let mut summonses = Summonses::default();
        for number in 0..KNOWN_MAX {
            summonses.hear(task(number), 70);
        }
        summonses.settle(task(500), 1_060);
        summonses.hear(task(KNOWN_MAX), 71);
        assert_eq!((summonses.known.len(), summonses.known.contains_key(&task(500))), (KNOWN_MAX, false));
        summonses.hear(task(KNOWN_MAX + 1), 72);
        assert_eq!((summonses.known.len(), summonses.known.contains_key(&task(KNOWN_MAX + 1))), (KNOWN_MAX, false));
        assert_eq!(summonses.next(1_000), Some(task(0)), "the oldest is still the next");
    }
}
