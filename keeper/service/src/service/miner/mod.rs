//! The miner: hears of tasks from a keeper and from the chain, answers them with its backend, binds itself, reveals and claims what it earned.
//!
//! It stays in the rosters of its models, and answers when a keeper asks on chain whether it is there.
//!
//! Salt and answer are journalled before they are bound to, so a killed miner reveals what it had bound itself to; and the crew with them, so that it goes on
//! where it was though the keeper is gone.

mod answer;
mod crew_record;
mod crews;
mod desk;
mod error;
mod find;
mod in_hand;
mod roster;
mod say;
mod summons;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use alloy_primitives::{Address, B256, keccak256};
use cor_errors::Coded as _;
use tokio::sync::{Notify, watch};
use tracing::{info, warn};

use self::desk::Desk;
use self::error::StepError;
use self::in_hand::{Errand, InHand};
use self::roster::Rosters;
use self::summons::Summonses;
use super::drill::Drill;
use super::follow::Follower;
use super::over;
use super::unread::Unread;
use crate::machine::miner::{MinerPolicy, MinerStep, Moment, Serving, decide};
use cor_ports::domain::{CorWei, Offer, Phase, TaskRecord};
use cor_ports::{Backend, Blobs, Chain, ChainError, Clock, Journal, Jury, Relay, Signer};

/// Journal prefix of salts and answers; then comes the assignment.
const ANSWERS: &str = "miner/answer/";
/// Journal prefix of the crews in which this miner is bound; then come task and assignment.
const CREWS: &str = "miner/crew/";
/// Journal prefix of the tasks whose answer was shown, or may have been; then comes the task. The value is the hash of its opening.
const SHOWN: &str = "miner/shown/";
/// Journal key of the block below which every task of this miner has ended.
const MARK: &str = "miner/mark";

/// Everything a miner needs of the outside.
pub struct MinerPorts {
    /// Contracts, with the miner's key.
    pub chain: Arc<dyn Chain>,
    /// Who must serve, with the same key.
    pub jury: Arc<dyn Jury>,
    /// Model.
    pub backend: Arc<dyn Backend>,
    /// Prompts and answers.
    pub blobs: Arc<dyn Blobs>,
    /// Way to a keeper; `None` = only tasks that are on chain with this miner, and always by own transactions.
    pub relay: Option<Arc<dyn Relay>>,
    /// Answers that were bound to.
    pub journal: Arc<dyn Journal>,
    /// The same key as the chain's.
    pub signer: Arc<dyn Signer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// How a miner runs.
#[derive(Debug, Clone)]
pub struct MinerOptions {
    /// Timing of what it says.
    pub policy: MinerPolicy,
    /// How often it looks at chain and keeper.
    pub poll: Duration,
    /// Earnings below this stay in the lane: a claim costs gas.
    pub claim_min: CorWei,
    /// Models in whose rosters it stays. It answers no summons to a task of another.
    pub models: Vec<u64>,
    /// Misbehaviour on purpose.
    pub drill: Option<Exercise>,
}

/// A drill, and where it takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exercise {
    /// What goes wrong.
    pub drill: Drill,
    /// Only in tasks in which this miner has this replica index; `None` = always. With the same exercise on every miner of a
    /// network, exactly one miner of each task misbehaves, whoever is chosen.
    pub replica: Option<usize>,
}

impl Exercise {
    fn applies(self, replica: u8) -> Option<Drill> {
        self.replica.is_none_or(|wanted| wanted == usize::from(replica)).then_some(self.drill)
    }
}

/// A running miner.
pub struct Miner {
    ports: MinerPorts,
    options: MinerOptions,
    tasks: BTreeMap<B256, InHand>,
    desk: Desk,
    follower: Follower,
    unread: Unread,
    summonses: Summonses,
    rosters: Rosters,
    sweeper: over::Sweeper,
    /// Whether the crews of an earlier run were taken up.
    is_resumed: bool,
    /// When earnings are looked at next, seconds since 1970; `None` if nothing was earned since.
    claim_from_secs: Option<u64>,
    /// Told by work on the side when it is done.
    done: Arc<Notify>,
}

impl Miner {
    /// A miner that has not looked at the chain yet.
    #[must_use]
    pub fn new(ports: MinerPorts, options: MinerOptions) -> Self {
        Self {
            ports,
            options,
            tasks: BTreeMap::new(),
            desk: Desk::default(),
            follower: Follower::new(MARK),
            unread: Unread::default(),
            summonses: Summonses::default(),
            rosters: Rosters::default(),
            sweeper: over::Sweeper::default(),
            is_resumed: false,
            claim_from_secs: Some(0),
            done: Arc::new(Notify::new()),
        }
    }

    /// Runs until `stop` turns true. Whatever fails is tried again at the next poll.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let clock = Arc::clone(&self.ports.clock);
        let mut poll = clock.sleep(self.options.poll);
        let mut is_due = true;
        while !*stop.borrow() {
            let has_more = self.round(is_due).await.unwrap_or_else(|error| {
                warn!(code = error.code(), %error, "round failed; trying again");
                false
            });
            is_due = false;
            tokio::select! {
                biased;
                () = &mut poll => {
                    is_due = true;
                    poll = clock.sleep(self.options.poll);
                }
                () = std::future::ready(()), if has_more => {}
                () = self.done.notified() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One look at keeper and chain, and a step for each task in hand. Returns whether the next is to follow at once.
    async fn round(&mut self, is_due: bool) -> Result<bool, ChainError> {
        self.resume().await?;
        self.hear(is_due);
        // What is in hand already does not wait for what is not.
        let found = self.find_tasks().await;
        let tasks: Vec<B256> = self.tasks.keys().copied().collect();
        for task in tasks {
            let Err(error) = self.step(task).await else { continue };
            if !error.is_final() {
                let keeper_code = error.keeper_code();
                warn!(%task, code = error.code(), keeper_code, %error, "step failed; trying again while the phase lasts");
                continue;
            }
            warn!(%task, code = error.code(), %error, "this task cannot be served; leaving it");
            self.give_up(task);
        }
        let has_more = self.answer_summonses().await;
        let tended = self.tend_rosters().await;
        if self.claim_from_secs.is_some_and(|from| from <= self.now()) {
            self.claim().await?;
        }
        self.sweeper.sweep(self.ports.journal.as_ref(), self.ports.clock.now_secs()).await?;
        tended?;
        Ok(found? || has_more)
    }

    async fn step(&mut self, id: B256) -> Result<(), StepError> {
        let Some(record) = self.read(id).await? else { return Ok(()) };
        self.serve(&record).await?;
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
        task.collect_errand();
        self.collect_answer(&record).await?;
        self.note_exposure(&record).await;
        let moment = Moment { now_secs: self.now(), is_keeper_away: self.desk.is_away() };
        let Some(task) = self.tasks.get(&id) else { return Ok(()) };
        match decide(&self.options.policy, &record, &task.known, moment) {
            MinerStep::Forget => self.forget(&record).await,
            MinerStep::Report(report) => self.report(&record, report).await,
            _ if task.given_up => Ok(()),
            MinerStep::Wait => Ok(()),
            MinerStep::Prepare => self.prepare(&record).await,
            MinerStep::Answer => self.answer(&record).await,
            MinerStep::Say { message, route } => self.say(&record, message, route).await,
            MinerStep::Start => self.start(&record).await,
            MinerStep::Bind { replica, bound } => self.bind(&record, replica, bound).await,
            MinerStep::Close => self.close(&record).await,
            MinerStep::Finish => self.finish(&record).await,
            MinerStep::Leave => self.leave(&record).await,
        }
    }

    /// Drops a task. An answer that was shown and is not kept yet is handed in once more; if that fails too it stays in the journal.
    async fn forget(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let (id, now) = (record.id, self.now());
        let Some(task) = self.tasks.get(&id) else { return Ok(()) };
        let paid_in = self.paid_in(record);
        if paid_in.is_some() && task.is_on_errand() {
            return Ok(());
        }
        let answer = match paid_in {
            Some(assignment) => self.journalled_answer(assignment).await?,
            None => None,
        };
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
        let answer = answer.filter(|answer| !task.kept.contains(&keccak256(answer)));
        if answer.is_some() && !task.last_try {
            task.last_try = true;
            let blobs = Arc::clone(&self.ports.blobs);
            task.start(&self.done, None, Errand { task: id, blobs, answer, delivery: None });
            return Ok(());
        }
        if answer.is_some() {
            warn!(task = %id, "nobody keeps the answer for the payer; it stays in the journal");
        }
        self.put_off(id, paid_in.filter(|_| answer.is_some())).await?;
        let left = self.tasks.remove(&id).and_then(|task| task.known.serving);
        if record.state.phase == Phase::Ended {
            self.claim_from_secs.get_or_insert(0);
        } else if let Some(Serving { crew, assign: Some(assign), .. }) = left {
            // A keeper may show it for some time still.
            self.desk.decline(&Offer { task: id, crew, assign, bound: Vec::new() }, now);
        }
        Ok(())
    }

    /// Does nothing more for a task: what was said and shown before is not known.
    async fn leave(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        warn!(task = %record.id, "this miner is bound to an answer that it does not have: its journal was lost, or another program has its key; it cannot reveal");
        self.give_up(record.id);
        self.note_told(record).await
    }

    fn give_up(&mut self, id: B256) {
        if let Some(task) = self.tasks.get_mut(&id) {
            task.given_up = true;
        }
    }

    fn drill(&self, id: B256) -> Option<Drill> {
        let serving = self.tasks.get(&id)?.known.serving.as_ref()?;
        self.options.drill?.applies(serving.replica)
    }

    fn me(&self) -> Address {
        self.ports.signer.address()
    }

    fn now(&self) -> u64 {
        self.ports.clock.now_secs()
    }
}

fn answer_key(assignment: B256) -> String {
    format!("{ANSWERS}{assignment}")
}

/// Tells that a task is in hand now.
fn tell_assigned(serving: &Serving, record: &TaskRecord) {
    info!(task = %record.id, assignment = %serving.assignment, replica = serving.replica, "assigned");
}
