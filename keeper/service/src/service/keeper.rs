//! The keeper: watches the queue, chooses miners, relays their messages, closes phases on time, ends tasks.
//!
//! It reads the whole set of open tasks from the chain when it starts and only what has a log or a message afterwards, so being killed
//! at any moment costs nothing but the time to start again. The chain adapter's outbox makes sure that a transaction sent before
//! the crash is found, not repeated.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use cor_errors::Coded as _;
use tokio::sync::{Mutex, watch};
use tracing::{debug, info, warn};

use super::follow::{Follower, News};
use super::{mark, refusal};
use crate::machine::keeper::{KeeperMachine, KeeperPolicy};
use cor_ports::domain::{Phase, SignedMessage};
use cor_ports::{Chain, ChainError, Clock, Intake, IntakeError, Journal, MessageRefusal};

/// Journal key of the highest task number below which every task has ended.
const SETTLED_BELOW: &str = "keeper/settled-below";

/// A running keeper's shared part: the service loop and the message intake both reach the machine through it.
pub struct Keeper {
    chain: Arc<dyn Chain>,
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    machine: Mutex<KeeperMachine>,
    poll: Duration,
}

impl Keeper {
    /// A keeper that looks at the chain every `poll`.
    #[must_use]
    pub fn new(
        chain: Arc<dyn Chain>,
        clock: Arc<dyn Clock>,
        journal: Arc<dyn Journal>,
        policy: KeeperPolicy,
        poll: Duration,
    ) -> Self {
        let machine = Mutex::new(KeeperMachine::new(policy, chain.domain()));
        Self { chain, clock, journal, machine, poll }
    }

    /// Runs until `stop` turns true. A chain that cannot be reached is tried again at every poll.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut follower = Follower::default();
        while !*stop.borrow() {
            if let Err(error) = self.round(&mut follower).await {
                warn!(code = error.code(), %error, class = ?error.class(), "round failed; trying again");
            }
            tokio::select! {
                () = self.clock.sleep(self.poll) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One look at the chain and one round of calls.
    async fn round(&self, follower: &mut Follower) -> Result<(), ChainError> {
        if let Some(look) = follower.look(self.chain.as_ref()).await? {
            match &look.news {
                News::All => self.recover().await?,
                News::Touched(tasks) => {
                    for &task_id in tasks {
                        self.look_at(task_id).await?;
                    }
                }
            }
            follower.seen(&look);
        }
        // What is looked after already does not wait for what is not.
        let admitted = self.admit().await;
        self.act().await?;
        admitted
    }

    /// Reads every task that may be open. Tasks below the journalled mark have all ended.
    async fn recover(&self) -> Result<(), ChainError> {
        let count = self.chain.task_count().await?;
        let from = mark::read(self.journal.as_ref(), SETTLED_BELOW, count).await?;
        let mut open = BTreeSet::new();
        for task_id in from..=count {
            if self.look_at(task_id).await? != Phase::Ended {
                open.insert(task_id);
            }
        }
        let settled_below = open.first().copied().unwrap_or_else(|| count.saturating_add(1));
        mark::write(self.journal.as_ref(), SETTLED_BELOW, settled_below).await?;
        info!(tasks = count, open = open.len(), "read the queue");
        Ok(())
    }

    /// Takes in tasks that waited for room, as far as there is some. One that the chain no longer has, as after a reorganisation, is
    /// dropped: it must not keep the others out.
    async fn admit(&self) -> Result<(), ChainError> {
        loop {
            let next = self.machine.lock().await.next_waiting();
            let Some(task_id) = next else { return Ok(()) };
            match self.look_at(task_id).await {
                Ok(_) => {}
                Err(error) if error.class().asks_anew() => {
                    debug!(task_id, %error, "a task that waited for room is not there any more");
                    self.machine.lock().await.drop_waiting(task_id);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn look_at(&self, task_id: u64) -> Result<Phase, ChainError> {
        let record = self.chain.task(task_id).await?;
        let phase = record.phase;
        let known = self.machine.lock().await.fixed_parts(task_id);
        let (terms, origin) = match known {
            Some(parts) => parts,
            None if phase == Phase::Ended => return Ok(phase),
            None => (self.chain.session(record.session_id).await?, self.chain.task_origin(task_id).await?),
        };
        self.machine.lock().await.observe(record, terms, origin);
        Ok(phase)
    }

    /// Makes the calls that are due, one after the other: each may change what the next finds.
    async fn act(&self) -> Result<(), ChainError> {
        let now = self.clock.now_secs();
        let wants_nodes = self.machine.lock().await.wants_nodes(now);
        let list = if wants_nodes { Some(self.chain.nodes().await?) } else { None };
        let decisions = self.machine.lock().await.decide(now, list.as_ref());
        for (task_id, error) in decisions.unserved {
            if self.machine.lock().await.note_unserved(task_id, error, now) {
                warn!(task_id, code = error.code(), %error, "no miners for this task; trying again until its deadline");
            }
        }
        for (task_id, call) in decisions.calls {
            let key = call.effect_key();
            match self.chain.send(call).await {
                Ok(sent) => info!(task_id, key, transaction = %sent.transaction, gas = sent.gas_used, "sent"),
                Err(error) if error.class().asks_anew() => {
                    refusal::tell(task_id, &key, &error);
                    self.machine.lock().await.hold(task_id, self.clock.now_secs());
                }
                Err(error) => {
                    self.machine.lock().await.hold(task_id, self.clock.now_secs());
                    return Err(error);
                }
            }
            self.look_at(task_id).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Intake for Keeper {
    /// If the message is ahead of what was last read from the chain, the chain is read first.
    async fn receive(&self, message: SignedMessage) -> Result<(), IntakeError> {
        let first = self.machine.lock().await.receive(message.clone());
        let Err(MessageRefusal::NotAwaited { task_id, .. } | MessageRefusal::UnknownTask { task_id }) = first else {
            return Ok(first?);
        };
        match self.look_at(task_id).await {
            Ok(_) => Ok(self.machine.lock().await.receive(message)?),
            // The chain has no such task.
            Err(error) if error.class().asks_anew() => {
                debug!(task_id, %error, "a message for a task that cannot be read");
                Ok(first?)
            }
            Err(error) => Err(error.into()),
        }
    }
}
