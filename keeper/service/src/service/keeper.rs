//! The keeper: watches the lane, draws crews and offers tasks to them, brings what they said on chain, has those replaced that are gone, closes phases on
//! time, ends tasks, and shows its secrets.
//!
//! It reads from its mark on when it starts and only what has a log or a message afterwards. A crew is drawn from the chain, so
//! being killed at any moment costs nothing but the time to start again; what it owes the jury for a crew is journalled before anybody hears of it. The chain
//! adapter's outbox makes sure that a transaction sent before the crash is found, not repeated.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use cor_core::task::jury::JuryError;
use cor_errors::Coded as _;
use tokio::sync::{Mutex, watch};
use tracing::{debug, info, warn};

use super::draw::{DrawError, Draws, Lot};
use super::follow::Follower;
use super::refusal;
use super::secrets::{SecretPorts, Secrets};
use super::unanswered::Unanswered;
use super::unread::Unread;
use crate::machine::keeper::{Draw, KeeperMachine, KeeperPolicy, Missing, OfferedCrew};
use cor_ports::domain::{Crew, Offer, SignedMessage, TaskRecord};
use cor_ports::jury::{Jury, JuryCall, Summons, Times, epoch_of};
use cor_ports::{Chain, ChainError, Clock, Intake, IntakeError, Journal, MessageRefusal, Signer, lane};

/// Journal key of the block below which every task has ended.
const MARK: &str = "keeper/mark";

/// A running keeper's shared part: the service loop and the message intake both reach the machine through it.
pub struct Keeper {
    chain: Arc<dyn Chain>,
    jury: Arc<dyn Jury>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    signer: Arc<dyn Signer>,
    machine: Mutex<KeeperMachine>,
    /// Times of submission of tasks that were found with a crew of this keeper: their secrets are owed.
    on_chain: Mutex<BTreeSet<u64>>,
    poll: Duration,
}

/// What the service loop alone knows.
struct Course {
    follower: Follower,
    draws: Draws,
    secrets: Secrets,
    /// How often the chain was rolled back when all was last to be drawn again; `None` if it never was.
    drawn_anew: Option<u64>,
    unanswered: Unanswered,
    unread: Unread,
}

impl Keeper {
    /// A keeper that looks at the chain every `poll`. `jury` and `signer` have the same key as the chain.
    #[must_use]
    pub fn new(
        chain: Arc<dyn Chain>,
        jury: Arc<dyn Jury>,
        clock: Arc<dyn Clock>,
        journal: Arc<dyn Journal>,
        signer: Arc<dyn Signer>,
        policy: KeeperPolicy,
        poll: Duration,
    ) -> Self {
        let domain = chain.domain();
        let machine = Mutex::new(KeeperMachine::new(policy, domain, signer.address()));
        Self { chain, jury, clock, journal, signer, machine, on_chain: Mutex::default(), poll }
    }

    fn course(&self) -> Course {
        let draws = Draws::new();
        let ports = SecretPorts {
            jury: Arc::clone(&self.jury),
            journal: Arc::clone(&self.journal),
            signer: Arc::clone(&self.signer),
            chain_id: self.chain.domain().chain_id,
        };
        let secrets = Secrets::new(ports, Arc::clone(&draws.done));
        Course {
            follower: Follower::new(MARK),
            draws,
            secrets,
            drawn_anew: None,
            unanswered: Unanswered::default(),
            unread: Unread::default(),
        }
    }

    /// Runs until `stop` turns true. A chain that cannot be reached is tried again at every poll.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut course = self.course();
        let done = Arc::clone(&course.draws.done);
        while !*stop.borrow() {
            match self.round(&mut course).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => warn!(code = error.code(), %error, class = ?error.class(), "round failed; trying again"),
            }
            let mut poll = self.clock.sleep(self.poll);
            loop {
                tokio::select! {
                    biased;
                    () = &mut poll => break,
                    () = done.notified() => {
                        if let Err(error) = self.draw(&mut course).await {
                            warn!(code = error.code(), %error, class = ?error.class(), "what was drawn cannot be offered; trying again");
                        }
                        if let Err(error) = self.attend(&mut course).await {
                            warn!(code = error.code(), %error, class = ?error.class(), "secrets cannot be shown; trying again");
                        }
                    }
                    _ = stop.changed() => break,
                }
            }
        }
    }

    /// One look at the chain and one round of calls. Returns whether the next is to follow at once.
    async fn round(&self, course: &mut Course) -> Result<bool, ChainError> {
        // What is looked after already does not wait for what is not, nor for what has no deadline.
        let learned = self.learn(course).await;
        let admitted = self.admit(course).await;
        let acted = self.act(course).await;
        let drawn = self.draw(course).await;
        let asked = self.ask_after_missing(course).await;
        let shown = self.attend(course).await;
        acted?;
        drawn?;
        let has_more = asked?;
        shown?;
        admitted?;
        Ok(learned? || has_more)
    }

    /// Attends to what is owed the jury.
    async fn attend(&self, course: &mut Course) -> Result<(), ChainError> {
        let on_chain = std::mem::take(&mut *self.on_chain.lock().await);
        course.secrets.note_on_chain(on_chain);
        course.secrets.attend(course.follower.head(), course.follower.rollbacks(), self.clock.now_secs()).await
    }

    /// Looks at what has a new log, and after a rollback at all that is known: of a task that is gone no log tells.
    async fn learn(&self, course: &mut Course) -> Result<bool, ChainError> {
        let look = course.follower.look(self.chain.as_ref(), self.journal.as_ref(), self.clock.now_secs()).await?;
        let Some(look) = look else {
            self.look_at_all(course, &BTreeSet::new(), 0).await?;
            return Ok(false);
        };
        let mut tasks: BTreeSet<B256> = look.touched.iter().copied().collect();
        if look.is_anew {
            let mut machine = self.machine.lock().await;
            // Not once more if it could not be dealt with, or nothing that takes longer than a round would ever be drawn.
            let rollbacks = Some(course.follower.rollbacks());
            if course.drawn_anew != rollbacks {
                machine.draw_anew();
                course.draws.drop_all();
                course.drawn_anew = rollbacks;
            }
            tasks.extend(machine.tasks());
        }
        // Calls cost the bond, so they wait for no task that cannot be read, nor tasks for them.
        let heeded = self.heed_calls(course, look.range).await;
        self.look_at_all(course, &tasks, look.first()).await?;
        heeded?;
        let oldest = course.unread.oldest_with(self.machine.lock().await.oldest_block());
        course.follower.seen(&look, oldest, self.journal.as_ref()).await?;
        Ok(look.is_behind)
    }

    /// Looks at tasks that logs from a block on told of, and at those that could not be read before.
    async fn look_at_all(&self, course: &mut Course, tasks: &BTreeSet<B256>, from: u64) -> Result<(), ChainError> {
        let tasks: BTreeSet<B256> = tasks.iter().copied().chain(course.unread.tasks()).collect();
        for task in tasks {
            match self.look_at(task).await {
                Ok(()) => course.unread.remove(task),
                Err(error) => course.unread.note(task, from, error)?,
            }
        }
        Ok(())
    }

    /// Owes the secrets that were called for in these blocks.
    async fn heed_calls(&self, course: &mut Course, range: Option<(u64, u64)>) -> Result<(), ChainError> {
        let Some((from, to)) = range else { return Ok(()) };
        let called = self.jury.called_secrets(self.signer.address(), from, to).await?;
        course.secrets.owe_called(called).await
    }

    /// Takes in tasks that waited for room, as far as there is some.
    async fn admit(&self, course: &mut Course) -> Result<(), ChainError> {
        loop {
            let next = self.machine.lock().await.next_waiting();
            let Some(task) = next else { return Ok(()) };
            match self.look_at(task).await {
                Ok(()) => {}
                // It must not keep the others out.
                Err(error) => {
                    course.unread.note(task, course.follower.mark(), error)?;
                    self.machine.lock().await.forget(task);
                }
            }
        }
    }

    /// Takes in a task as the chain has it. One that the chain no longer has, as after a reorganisation, is forgotten. A crew that this keeper put on chain is
    /// taken up.
    async fn look_at(&self, task: B256) -> Result<(), ChainError> {
        let Some(record) = self.chain.task(task).await? else {
            self.machine.lock().await.forget(task);
            return Ok(());
        };
        let lacks_crew = {
            let mut machine = self.machine.lock().await;
            machine.observe(record.clone());
            machine.lacks_crew(task)
        };
        if let Some(crew) = record.crew().filter(|_| lacks_crew) {
            self.on_chain.lock().await.insert(record.history.opening.time);
            self.offer(&record, crew, None).await?;
        }
        Ok(())
    }

    /// Signs for a crew, and shows it from now on.
    async fn offer(&self, record: &TaskRecord, crew: Crew, draw: Option<Draw>) -> Result<(), ChainError> {
        let assignment = lane::assignment(record, &crew);
        let assign = self.signer.sign_digest(lane::assign_digest(&self.chain.domain(), assignment)).await?;
        info!(task = %record.id, %assignment, "offered");
        let offered = OfferedCrew { crew, assignment, assign, draw };
        self.machine.lock().await.offer(record.id, offered, self.clock.now_secs());
        Ok(())
    }

    /// Begins with the tasks whose crews were drawn, and has those drawn that lack one.
    async fn draw(&self, course: &mut Course) -> Result<(), ChainError> {
        let begun = self.begin_drawn(course).await;
        let now = self.clock.now_secs();
        let to_draw = self.machine.lock().await.to_draw(now);
        let to_draw = course.draws.in_turn(to_draw);
        if !to_draw.is_empty() {
            let ids: Vec<B256> = to_draw.iter().map(|record| record.id).collect();
            let started = self.start_draws(course, to_draw).await;
            if !matches!(started, Ok(true)) {
                let mut machine = self.machine.lock().await;
                ids.into_iter().for_each(|task| machine.hold_jury(task, now));
            }
            started?;
        }
        begun
    }

    /// Has crews drawn, unless the keeper may not serve. Returns whether it may.
    async fn start_draws(&self, course: &mut Course, to_draw: Vec<TaskRecord>) -> Result<bool, ChainError> {
        let Course { follower, draws, secrets, .. } = course;
        let times = secrets.times().await?;
        let read = follower.head().map(|head| head.number);
        let block = to_draw.iter().map(|record| record.submission.block_number).chain(read).max();
        if !secrets.may_serve(block).await? {
            return Ok(false);
        }
        for record in to_draw {
            let epoch = epoch_of(&record, &times);
            match secrets.secret(epoch) {
                Ok(secret) if draws.has_room_for(record.id) => {
                    let (jury, submitted) = (Arc::clone(&self.jury), record.submission.block_number);
                    let block = read.map_or(submitted, |read| read.max(submitted));
                    draws.start(jury, self.signer.address(), Lot { record, epoch, secret, block });
                }
                Ok(_) => {}
                Err(error) => self.leave_unserved(record.id, error).await,
            }
        }
        Ok(true)
    }

    /// Offers the tasks whose crews were drawn.
    async fn begin_drawn(&self, course: &mut Course) -> Result<(), ChainError> {
        let mut result = Ok(());
        for (task, drawn) in course.draws.collect() {
            let begun = match drawn {
                Ok(draw) => self.begin(course, task, draw).await,
                Err(DrawError::Jury(error)) => {
                    self.leave_unserved(task, error).await;
                    Ok(())
                }
                Err(DrawError::Chain(error)) => Err(error),
                Err(DrawError::Panicked) => {
                    self.machine.lock().await.hold_jury(task, self.clock.now_secs());
                    Ok(())
                }
            };
            if begun.is_err() {
                self.machine.lock().await.hold_jury(task, self.clock.now_secs());
                result = begun;
            }
        }
        result
    }

    async fn leave_unserved(&self, task: B256, error: JuryError) {
        if self.machine.lock().await.note_unserved(task, error, self.clock.now_secs()) {
            warn!(%task, code = error.code(), %error, next = error.entry().next, "this task is not served; trying again until its deadline");
        }
    }

    /// Stands by a crew that was drawn now. That its secret is owed is journalled first: without it the crew costs the bond.
    async fn begin(&self, course: &mut Course, task: B256, draw: Draw) -> Result<(), ChainError> {
        let record = self.machine.lock().await.record(task).cloned();
        // Of another block it is drawn once more.
        let Some(record) = record.filter(|record| record.submission.block_hash == draw.block_hash) else { return Ok(()) };
        course.secrets.owe(&record).await?;
        let crew = Crew { keeper: self.signer.address(), miners: draw.seats.iter().map(|seat| seat.node).collect() };
        self.offer(&record, crew, Some(draw)).await
    }

    /// Asks the jury after a miner that is silent for too long: it is summoned, and found absent if it does not answer. It is one at a time, as what has a deadline
    /// comes first. Returns whether there are more.
    async fn ask_after_missing(&self, course: &mut Course) -> Result<bool, ChainError> {
        let now = self.clock.now_secs();
        if self.machine.lock().await.missing(now, 0).is_empty() {
            return Ok(false);
        }
        let times = course.secrets.times().await?;
        let (due, full) = self.due(course, &times, now).await;
        let Some(&(first, epoch)) = due.first() else { return self.look_for_answers(course, full).await };
        if let Err(error) = self.ask_after(course, first, epoch, times.answer_secs).await {
            self.machine.lock().await.hold_jury(first.task, self.clock.now_secs());
            return Err(error);
        }
        Ok(due.len() > 1 || !full.is_empty())
    }

    /// Whom to ask after, each with the epoch of its task; and nodes that would have to be summoned to more tasks than one that answers nothing may be.
    async fn due(&self, course: &mut Course, times: &Times, now: u64) -> (Vec<(Missing, u32)>, BTreeSet<(u32, Address)>) {
        let machine = self.machine.lock().await;
        let of_task = |task| machine.record(task).map(|record| epoch_of(record, times));
        if let Some(oldest) = machine.tasks().filter_map(of_task).min() {
            course.unanswered.tidy(oldest, |task, node| machine.awaits(task, node, now));
        }
        let (mut due, mut full) = (Vec::new(), BTreeSet::new());
        for missing in machine.missing(now, u64::from(times.answer_secs)) {
            let Some(epoch) = of_task(missing.task) else { continue };
            if missing.is_summoned || course.unanswered.has_room_for((epoch, missing.node), missing.task) {
                due.push((missing, epoch));
            } else {
                full.insert((epoch, missing.node));
            }
        }
        (due, full)
    }

    /// Looks whether a node answered that may be summoned to no more tasks until it does. Returns whether it may be now.
    async fn look_for_answers(&self, course: &mut Course, full: BTreeSet<(u32, Address)>) -> Result<bool, ChainError> {
        let Some((drawn, tasks)) = course.unanswered.next_to_look_for(full.into_iter()) else { return Ok(false) };
        let mut has_answered = false;
        for task in tasks {
            let summons = self.jury.summons(task, self.signer.address(), drawn.1).await?;
            course.unanswered.note(drawn, task, summons);
            has_answered |= summons.is_present;
        }
        Ok(has_answered)
    }

    /// Looks what the jury has of a miner, does what is due, and looks again: a call may be refused because the miner was faster.
    async fn ask_after(&self, course: &mut Course, missing: Missing, epoch: u32, answer_secs: u32) -> Result<(), ChainError> {
        let Missing { task, node, .. } = missing;
        let (summons, call) = self.look_after(task, node, answer_secs).await?;
        course.unanswered.note((epoch, node), task, summons);
        let Some(call) = call else { return Ok(()) };
        let key = call.effect_key();
        match self.jury.send(call).await {
            Ok(sent) => info!(%task, key, transaction = %sent.transaction, gas = sent.gas_used, "sent"),
            Err(error) if error.class().asks_anew() => {
                refusal::tell(task, &key, &error);
                self.machine.lock().await.hold_jury(task, self.clock.now_secs());
            }
            Err(error) => return Err(error),
        }
        let (summons, left) = self.look_after(task, node, answer_secs).await?;
        course.unanswered.note((epoch, node), task, summons);
        if left.is_some() {
            // The node that is asked lags behind.
            self.machine.lock().await.hold_jury(task, self.clock.now_secs());
        }
        Ok(())
    }

    /// What the jury has of a miner, and what is to be done.
    async fn look_after(&self, task: B256, node: Address, answer_secs: u32) -> Result<(Summons, Option<JuryCall>), ChainError> {
        let summons = self.jury.summons(task, self.signer.address(), node).await?;
        let now = self.clock.now_secs();
        let call = self.machine.lock().await.note_summons(task, node, summons, now, u64::from(answer_secs));
        Ok((summons, call))
    }

    /// Does what is due, one deed after the other: each may change what the next finds.
    async fn act(&self, course: &mut Course) -> Result<(), ChainError> {
        let calls = self.machine.lock().await.decide(self.clock.now_secs());
        let mut result = Ok(());
        for (task, call) in calls {
            let key = call.effect_key();
            match self.chain.send(call).await {
                Ok(sent) => info!(%task, key, transaction = %sent.transaction, gas = sent.gas_used, "sent"),
                Err(error) if error.class().asks_anew() => {
                    refusal::tell(task, &key, &error);
                    self.machine.lock().await.hold(task, self.clock.now_secs());
                }
                Err(error) => {
                    self.machine.lock().await.hold(task, self.clock.now_secs());
                    return Err(error);
                }
            }
            if let Err(error) = self.look_at(task).await {
                let mut machine = self.machine.lock().await;
                machine.hold(task, self.clock.now_secs());
                let from = machine.record(task).map_or(course.follower.mark(), |record| record.submission.block_number);
                // What is due later does not wait for it, though there is no room to leave it aside.
                result = result.and(course.unread.note(task, from, error));
            }
        }
        result
    }

    async fn receive_now(&self, message: &SignedMessage) -> Result<(), MessageRefusal> {
        let now = self.clock.now_secs();
        self.machine.lock().await.receive(message, now)
    }
}

#[async_trait]
impl Intake for Keeper {
    /// If the message is ahead of what was last read from the chain, the chain is read first.
    async fn receive(&self, message: SignedMessage) -> Result<(), IntakeError> {
        let first = self.receive_now(&message).await;
        let Err(MessageRefusal::NotAwaited { task, .. } | MessageRefusal::UnknownTask { task }) = first else {
            return Ok(first?);
        };
        match self.look_at(task).await {
            Ok(()) => Ok(self.receive_now(&message).await?),
            // The chain has no such task.
            Err(error) if error.class().asks_anew() => {
                debug!(%task, %error, "a message for a task that cannot be read");
                Ok(first?)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn offers(&self, miner: Address) -> Vec<Offer> {
        self.machine.lock().await.offers(miner)
    }
}
