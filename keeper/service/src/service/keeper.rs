//! The keeper: watches the lane, draws crews and offers tasks to them, brings what they said on chain, closes phases on time, ends tasks.
//!
//! It reads from its mark on when it starts and only what has a log or a message afterwards. The crew that it drew is journalled before anybody hears of it, so
//! being killed at any moment costs nothing but the time to start again. The chain adapter's outbox makes sure that a transaction sent before
//! the crash is found, not repeated.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use cor_errors::Coded as _;
use tokio::sync::{Mutex, watch};
use tracing::{debug, info, warn};

use super::follow::Follower;
use super::{crew_record, over, refusal};
use crate::machine::keeper::{KeeperMachine, KeeperPolicy, OfferedCrew};
use cor_ports::domain::{Crew, Offer, Phase, SignedMessage, TaskRecord};
use cor_ports::{Chain, ChainError, Clock, Intake, IntakeError, Journal, JournalError, MessageRefusal, Signer, lane};

/// Journal key of the block below which every task has ended.
const MARK: &str = "keeper/mark";
/// Journal prefix of crews: then come task and opening.
const CREWS: &str = "keeper/crew/";

/// A running keeper's shared part: the service loop and the message intake both reach the machine through it.
pub struct Keeper {
    chain: Arc<dyn Chain>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    signer: Arc<dyn Signer>,
    machine: Mutex<KeeperMachine>,
    poll: Duration,
}

/// What the journal has of a task's crew.
enum Journalled {
    Nothing,
    Crew(Crew),
    Damaged,
}

impl Keeper {
    /// A keeper that looks at the chain every `poll`. `signer` has the same key as the chain.
    #[must_use]
    pub fn new(
        chain: Arc<dyn Chain>,
        clock: Arc<dyn Clock>,
        journal: Arc<dyn Journal>,
        signer: Arc<dyn Signer>,
        policy: KeeperPolicy,
        poll: Duration,
    ) -> Self {
        let machine = Mutex::new(KeeperMachine::new(policy, chain.domain(), signer.address()));
        Self { chain, clock, journal, signer, machine, poll }
    }

    /// Runs until `stop` turns true. A chain that cannot be reached is tried again at every poll.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (mut follower, mut sweeper) = (Follower::new(MARK), over::Sweeper::default());
        while !*stop.borrow() {
            match self.round(&mut follower, &mut sweeper).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => warn!(code = error.code(), %error, class = ?error.class(), "round failed; trying again"),
            }
            tokio::select! {
                () = self.clock.sleep(self.poll) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One look at the chain and one round of calls. Returns whether there are more blocks to read.
    async fn round(&self, follower: &mut Follower, sweeper: &mut over::Sweeper) -> Result<bool, ChainError> {
        // What is looked after already does not wait for what is not.
        let learned = self.learn(follower).await;
        let admitted = self.admit().await;
        self.act().await?;
        sweeper.sweep(self.journal.as_ref(), self.clock.now_secs()).await?;
        admitted?;
        learned
    }

    /// Looks at what has a new log, and after a rollback at all that is known: of a task that is gone no log tells.
    async fn learn(&self, follower: &mut Follower) -> Result<bool, ChainError> {
        let look = follower.look(self.chain.as_ref(), self.journal.as_ref()).await?;
        let Some(look) = look else { return Ok(false) };
        let mut tasks: BTreeSet<B256> = look.touched.iter().copied().collect();
        if look.is_anew {
            tasks.extend(self.machine.lock().await.tasks());
        }
        for task in tasks {
            self.look_at(task).await?;
        }
        let oldest = self.machine.lock().await.oldest_block();
        follower.seen(&look, oldest, self.journal.as_ref()).await?;
        Ok(look.is_behind)
    }

    /// Takes in tasks that waited for room, as far as there is some.
    async fn admit(&self) -> Result<(), ChainError> {
        loop {
            let next = self.machine.lock().await.next_waiting();
            let Some(task) = next else { return Ok(()) };
            match self.look_at(task).await {
                Ok(()) => {}
                // It must not keep the others out.
                Err(error) if error.class().asks_anew() => {
                    debug!(%task, %error, "a task that waited for room cannot be read");
                    self.machine.lock().await.forget(task);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes in a task as the chain has it. One that the chain no longer has, as after a reorganisation, is forgotten; its crew stays in the journal, since it
    /// may come back.
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
        if record.state.phase == Phase::Ended {
            self.put_off(task).await?;
        } else if lacks_crew {
            self.take_up(&record).await?;
        }
        Ok(())
    }

    /// Stands by the crew that it put on chain, or that it drew before a restart.
    async fn take_up(&self, record: &TaskRecord) -> Result<(), ChainError> {
        if let Some(crew) = record.crew() {
            return self.offer(record, crew).await;
        }
        match self.journalled(record).await? {
            Journalled::Nothing => Ok(()),
            Journalled::Crew(crew) => self.offer(record, crew).await,
            Journalled::Damaged => {
                self.set_aside(record.id).await;
                Ok(())
            }
        }
    }

    /// Stands by a crew that was drawn now: journalled first, and never another than one that was journalled.
    async fn begin(&self, task: B256, drawn: Crew) -> Result<(), ChainError> {
        let record = self.machine.lock().await.record(task).cloned();
        let Some(record) = record else { return Ok(()) };
        let crew = match self.journalled(&record).await? {
            Journalled::Crew(crew) => crew,
            Journalled::Nothing => {
                self.journal.put(&crew_key(&record), &crew_record::encode(&drawn, None)).await?;
                drawn
            }
            Journalled::Damaged => {
                self.set_aside(task).await;
                return Ok(());
            }
        };
        self.offer(&record, crew).await
    }

    /// Signs for a crew, and shows it from now on.
    async fn offer(&self, record: &TaskRecord, crew: Crew) -> Result<(), ChainError> {
        let assignment = lane::assignment(record, &crew);
        let assign = self.signer.sign_digest(lane::assign_digest(&self.chain.domain(), assignment)).await?;
        info!(task = %record.id, %assignment, "offered");
        self.machine.lock().await.offer(record.id, OfferedCrew { crew, assignment, assign });
        Ok(())
    }

    async fn journalled(&self, record: &TaskRecord) -> Result<Journalled, JournalError> {
        let key = crew_key(record);
        let Some(bytes) = self.journal.get(&key).await? else { return Ok(Journalled::Nothing) };
        over::revive(self.journal.as_ref(), &key).await?;
        Ok(match crew_record::decode(&bytes) {
            Some((crew, _)) if crew.keeper == self.signer.address() => Journalled::Crew(crew),
            // Of a key that this keeper had before.
            Some(_) => Journalled::Nothing,
            None => Journalled::Damaged,
        })
    }

    async fn set_aside(&self, task: B256) {
        warn!(%task, "the crew that was offered for this task cannot be read from the journal; another is not drawn, and the task is left to its deadline");
        self.machine.lock().await.set_aside(task);
    }

    /// The crews of a task that is over are not needed any more.
    async fn put_off(&self, task: B256) -> Result<(), JournalError> {
        for (key, _) in self.journal.list(&format!("{CREWS}{task}/")).await? {
            over::note(self.journal.as_ref(), &key, self.clock.now_secs()).await?;
        }
        Ok(())
    }

    /// Does what is due, one deed after the other: each may change what the next finds.
    async fn act(&self) -> Result<(), ChainError> {
        let now = self.clock.now_secs();
        let wants_nodes = self.machine.lock().await.wants_nodes(now);
        let list = if wants_nodes { Some(self.chain.nodes().await?) } else { None };
        let decisions = self.machine.lock().await.decide(now, list.as_ref());
        for (task, error) in decisions.unserved {
            if self.machine.lock().await.note_unserved(task, error, now) {
                warn!(%task, code = error.code(), %error, "no miners for this task; trying again until its deadline");
            }
        }
        for (task, crew) in decisions.offers {
            if let Err(error) = self.begin(task, crew).await {
                self.machine.lock().await.hold(task, now);
                return Err(error);
            }
        }
        for (task, call) in decisions.calls {
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
            self.look_at(task).await?;
        }
        Ok(())
    }

    async fn receive_now(&self, message: &SignedMessage) -> Result<(), MessageRefusal> {
        let now = self.clock.now_secs();
        self.machine.lock().await.receive(message, now)
    }
}

/// A crew is one of a task with its opening: submitted anew after a reorganisation, the task has another draw.
fn crew_key(record: &TaskRecord) -> String {
    format!("{CREWS}{}/{}", record.id, record.history.opening_hash)
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
