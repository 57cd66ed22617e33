//! The miner: takes tasks it is assigned to, answers them with its backend, commits, reveals and claims what it earned.
//!
//! Salts are derived from its key and answers are journalled before they are committed to, so a killed miner reveals what it had committed to.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use alloy_primitives::{Address, B256, keccak256};
use cor_errors::{Coded, Entry, table::mnr};
use tokio::sync::{Notify, watch};
use tracing::{info, warn};

use super::drill::Drill;
use super::follow::{Follower, News};
use super::in_hand::{Errand, InHand};
use super::job::{Job, Panicked, finished};
use super::{mark, refusal};
use crate::machine::miner::{MinerPolicy, MinerStep, Route, Sealed, decide};
use cor_ports::domain::{CorWei, LaneCall, LaneMessage, MessageKind, Phase, SignedMessage, TaskRecord, kind_of};
use cor_ports::lane;
use cor_ports::{Backend, BackendError, BlobError, Blobs, Chain, ChainError, Clock, CompletionRequest, Journal, Relay, Signer};

/// Journal prefix of answers.
const ANSWERS: &str = "miner/answer/";
/// Journal key of the highest task number below which no task concerns this miner any more.
const DONE_BELOW: &str = "miner/done-below";
/// Seconds after which a claim that failed is tried again. Earnings wait where they are: there is no hurry, and each try asks the node.
const CLAIM_RETRY_SECS: u64 = 15;

/// Everything a miner needs of the outside.
pub struct MinerPorts {
    /// Contracts, with the miner's key.
    pub chain: Arc<dyn Chain>,
    /// Model.
    pub backend: Arc<dyn Backend>,
    /// Prompts and answers.
    pub blobs: Arc<dyn Blobs>,
    /// Way to a keeper; `None` = always by own transactions.
    pub relay: Option<Arc<dyn Relay>>,
    /// Answers that were committed to.
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
    /// How often it looks at the chain.
    pub poll: Duration,
    /// Earnings below this stay in the contract: a claim costs gas.
    pub claim_min: CorWei,
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
    fn applies(self, record: &TaskRecord, miner: Address) -> Option<Drill> {
        let index = record.replica_of(miner).map(|(index, _)| index);
        (self.replica.is_none() || self.replica == index).then_some(self.drill)
    }
}

/// Why a step could not be taken. It is tried again while its phase lasts, unless nothing can change by that.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Signer(#[from] cor_ports::SignerError),
    #[error(transparent)]
    Journal(#[from] cor_ports::JournalError),
    #[error("the prompt of task {0} is not UTF-8 text")]
    PromptNotText(u64),
    #[error("task {0} wants an answer of kind {1:?}, which this miner does not serve")]
    KindNotServed(u64, cor_ports::domain::AnswerKind),
    #[error("the prompt's name {urn} of task {task_id} does not carry the digest {digest} of the task")]
    WrongUrn { task_id: u64, urn: String, digest: B256 },
}

impl StepError {
    /// The keeper's own code, if a keeper gave one.
    fn keeper_code(&self) -> Option<&str> {
        match self {
            Self::Blob(error) => error.refusal().map(|said| &*said.code),
            _ => None,
        }
    }

    /// Whether it is the task itself that cannot be served: trying again cannot help.
    const fn is_final(&self) -> bool {
        match self {
            Self::Backend(error) => matches!(error, BackendError::ContextExceeded { .. }),
            Self::PromptNotText(_) | Self::KindNotServed(..) | Self::WrongUrn { .. } => true,
            Self::Chain(_) | Self::Blob(_) | Self::Signer(_) | Self::Journal(_) => false,
        }
    }
}

impl Coded for StepError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Chain(error) => error.entry(),
            Self::Blob(error) => error.entry(),
            Self::Backend(error) => error.entry(),
            Self::Signer(error) => error.entry(),
            Self::Journal(error) => error.entry(),
            Self::PromptNotText(_) => &mnr::PROMPT_NOT_TEXT,
            Self::KindNotServed(..) => &mnr::ANSWER_KIND_NOT_SERVED,
            Self::WrongUrn { .. } => &mnr::WRONG_PROMPT_NAME,
        }
    }
}

/// A running miner.
pub struct Miner {
    ports: MinerPorts,
    options: MinerOptions,
    tasks: BTreeMap<u64, InHand>,
    surveyed: mark::Surveyed,
    follower: Follower,
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
            surveyed: mark::Surveyed::default(),
            follower: Follower::default(),
            claim_from_secs: Some(0),
            done: Arc::new(Notify::new()),
        }
    }

    /// Runs until `stop` turns true. Whatever fails is tried again at the next poll.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.round().await {
                warn!(code = error.code(), %error, "round failed; trying again");
            }
            tokio::select! {
                () = self.ports.clock.sleep(self.options.poll) => {}
                () = self.done.notified() => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn round(&mut self) -> Result<(), ChainError> {
        self.find_tasks().await?;
        let ids: Vec<u64> = self.tasks.keys().copied().collect();
        for task_id in ids {
            let Err(error) = self.step(task_id).await else { continue };
            if !error.is_final() {
                let keeper_code = error.keeper_code();
                warn!(task_id, code = error.code(), keeper_code, %error, "step failed; trying again while the phase lasts");
                continue;
            }
            warn!(task_id, code = error.code(), %error, "this task cannot be served; leaving it");
            if let Some(task) = self.tasks.get_mut(&task_id) {
                task.given_up = true;
            }
        }
        if self.claim_from_secs.is_some_and(|from| from <= self.ports.clock.now_secs()) {
            self.claim().await?;
        }
        Ok(())
    }

    /// Learns of tasks that may concern this miner: all open ones at the start, then those with a log.
    async fn find_tasks(&mut self) -> Result<(), ChainError> {
        let Some(look) = self.follower.look(self.ports.chain.as_ref()).await? else { return Ok(()) };
        let touched = match &look.news {
            News::Touched(tasks) => tasks.clone(),
            News::All => {
                let count = self.ports.chain.task_count().await?;
                let from = mark::read(self.ports.journal.as_ref(), DONE_BELOW, count).await?;
                self.surveyed.start_at(from);
                (from..=count).collect()
            }
        };
        let me = self.ports.signer.address();
        for task_id in touched {
            if self.tasks.contains_key(&task_id) {
                continue;
            }
            let record = self.ports.chain.task(task_id).await?;
            self.surveyed.note(task_id, record.phase == Phase::Queued);
            if record.phase != Phase::Ended && record.replica_of(me).is_some() {
                info!(task_id, "assigned");
                self.tasks.insert(task_id, InHand::default());
            }
        }
        self.follower.seen(&look);
        let oldest = self.tasks.keys().next().copied();
        if let Some(below) = self.surveyed.moved_on(oldest) {
            mark::write(self.ports.journal.as_ref(), DONE_BELOW, below).await?;
        }
        Ok(())
    }

    async fn step(&mut self, task_id: u64) -> Result<(), StepError> {
        let record = self.ports.chain.task(task_id).await?;
        let me = self.ports.signer.address();
        let Some(task) = self.tasks.get_mut(&task_id) else { return Ok(()) };
        if task.given_up && record.phase != Phase::Ended {
            return Ok(());
        }
        task.collect_errand();
        self.collect_answer(&record).await?;
        let Some(task) = self.tasks.get(&task_id) else { return Ok(()) };
        match decide(&self.options.policy, me, &record, &task.known, self.ports.clock.now_secs()) {
            MinerStep::Wait => Ok(()),
            MinerStep::Prepare => self.prepare(&record).await,
            MinerStep::Answer => self.answer(&record).await,
            MinerStep::Say { message, route } => self.say(&record, message, route).await,
            MinerStep::Forget => self.forget(&record).await,
        }
    }

    /// Drops a task. An answer that was revealed and is not kept yet is handed in once more; if that fails too it stays in the journal.
    async fn forget(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let me = self.ports.signer.address();
        let revealed = record.replica_of(me).is_some_and(|(_, replica)| replica.has_said(MessageKind::Commit));
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        if !revealed || task.kept {
            self.ports.journal.remove(&answer_key(record.id)).await?;
        } else if task.is_on_errand() {
            return Ok(());
        } else if let Some(answer) = self.ports.journal.get(&answer_key(record.id)).await? {
            if !task.last_try {
                task.last_try = true;
                let blobs = Arc::clone(&self.ports.blobs);
                let errand = Errand { task_id: record.id, blobs, answer: Some(answer), delivery: None };
                task.start(&self.done, None, errand);
                return Ok(());
            }
            warn!(task_id = record.id, "nobody keeps the answer for the payer; it stays in the journal");
        }
        self.tasks.remove(&record.id);
        self.claim_from_secs.get_or_insert(0);
        Ok(())
    }

    async fn prepare(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        if lane::canonical_answer(record.answer_kind, "").is_none() {
            return Err(StepError::KindNotServed(record.id, record.answer_kind)); // not acknowledged, so nobody pays for it
        }
        if self.prompt(record).await?.is_none() {
            return Ok(());
        }
        if let Some(task) = self.tasks.get_mut(&record.id) {
            task.known.prepared = true;
        }
        self.answer(record).await
    }

    /// The prompt; `None` while it is being fetched.
    async fn prompt(&mut self, record: &TaskRecord) -> Result<Option<String>, StepError> {
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(None) };
        if task.prompt.is_some() {
            return Ok(task.prompt.clone());
        }
        if let Some(Ok(fetched)) = finished(&mut task.fetching) {
            task.prompt = Some(String::from_utf8(fetched?).map_err(|_| StepError::PromptNotText(record.id))?);
            return Ok(task.prompt.clone());
        }
        if task.fetching.is_none() {
            let origin = self.ports.chain.task_origin(record.id).await?;
            let digest = origin.prompt_digest;
            if cor_ports::parse_urn(&origin.prompt_urn) != Some(digest) {
                return Err(StepError::WrongUrn { task_id: record.id, urn: origin.prompt_urn, digest });
            }
            let blobs = Arc::clone(&self.ports.blobs);
            task.fetching = Some(Job::start(&self.done, async move { blobs.get(digest).await }));
        }
        Ok(None)
    }

    fn drill(&self, record: &TaskRecord) -> Option<Drill> {
        self.options.drill?.applies(record, self.ports.signer.address())
    }

    /// Starts the answer if it is not there and not running. After a restart the journalled answer is taken up.
    async fn answer(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let journalled = self.ports.journal.get(&answer_key(record.id)).await?;
        if let Some(bytes) = journalled {
            return self.seal(record, &bytes);
        }
        let Some(prompt) = self.prompt(record).await? else { return Ok(()) };
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        if task.answering.is_none() {
            let request = CompletionRequest { prompt, max_tokens: record.max_tokens, seed: 0 };
            let backend = Arc::clone(&self.ports.backend);
            task.answering = Some(Job::start(&self.done, async move { Ok(backend.complete(request).await?.text) }));
        }
        Ok(())
    }

    /// Takes a finished answer: journal first, then commit to it.
    async fn collect_answer(&mut self, record: &TaskRecord) -> Result<(), StepError> {
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        let Some(answered) = finished(&mut task.answering) else { return Ok(()) };
        let text = answered.map_err(|Panicked| BackendError::Failed("the backend panicked".to_owned()))??;
        let honest = lane::canonical_answer(record.answer_kind, &text);
        let honest = honest.ok_or(StepError::KindNotServed(record.id, record.answer_kind))?;
        let bytes = match self.drill(record) {
            Some(drill) => drill.answer(honest),
            None => honest,
        };
        self.ports.journal.put(&answer_key(record.id), &bytes).await?;
        info!(task_id = record.id, bytes = bytes.len(), "answered");
        self.seal(record, &bytes)
    }

    fn seal(&mut self, record: &TaskRecord, bytes: &[u8]) -> Result<(), StepError> {
        let me = self.ports.signer.address();
        let (Some((index, replica)), Some(task)) = (record.replica_of(me), self.tasks.get_mut(&record.id)) else { return Ok(()) };
        let domain = self.ports.chain.domain();
        let result_digest = keccak256(bytes);
        let salt =
            self.ports.signer.derive_secret(&salt_label(domain.chain_id, domain.queue, record.id, replica.registration_epoch));
        let commitment = lane::commitment(&domain, record.id, index, replica, result_digest, salt);
        task.known.sealed = Some(Sealed { result_digest, salt, commitment });
        Ok(())
    }

    async fn say(&mut self, record: &TaskRecord, message: LaneMessage, route: Route) -> Result<(), StepError> {
        let now = self.ports.clock.now_secs();
        let drill = self.drill(record);
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        let said = match drill {
            Some(drill) => drill.twist(message, record, task.known.sealed.as_ref()),
            None => Some(message),
        };
        let Some(message) = said else { return Ok(()) };
        let kind = kind_of(&message);
        let relay = self.ports.relay.as_ref().filter(|_| route == Route::Relay).map(Arc::clone);
        if relay.is_some() && task.delivers(kind) {
            return Ok(()); // the keeper has not answered yet
        }
        task.known.last_said = Some((kind, now));
        let delivery = match relay {
            Some(relay) => Some((relay, self.sign(record.id, message).await?)),
            None => {
                self.send_direct(record.id, message).await?;
                None
            }
        };
        let Some(task) = self.tasks.get_mut(&record.id) else { return Ok(()) };
        let reveals = kind == MessageKind::Commit && !task.kept;
        let answer = if reveals { self.ports.journal.get(&answer_key(record.id)).await? } else { None };
        if delivery.is_some() || answer.is_some() {
            let of = delivery.is_some().then_some(kind);
            let blobs = Arc::clone(&self.ports.blobs);
            task.start(&self.done, of, Errand { task_id: record.id, blobs, answer, delivery });
        }
        Ok(())
    }

    async fn sign(&self, task_id: u64, message: LaneMessage) -> Result<SignedMessage, StepError> {
        let miner = self.ports.signer.address();
        let digest = lane::message_digest(&self.ports.chain.domain(), task_id, miner, message);
        let signature = self.ports.signer.sign_digest(digest).await?;
        Ok(SignedMessage { task_id, miner, message, signature })
    }

    async fn send_direct(&self, task_id: u64, message: LaneMessage) -> Result<(), StepError> {
        let kind = kind_of(&message).name();
        match self.ports.chain.send(LaneCall::Direct { task_id, message }).await {
            Ok(sent) => info!(task_id, kind, transaction = %sent.transaction, "sent by own transaction"),
            Err(error) if error.class().asks_anew() => refusal::tell(task_id, kind, &error),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Claims earnings once they are worth the gas. A claim that failed is due again after a while.
    async fn claim(&mut self) -> Result<(), ChainError> {
        let me = self.ports.signer.address();
        self.claim_from_secs = Some(self.ports.clock.now_secs().saturating_add(CLAIM_RETRY_SECS));
        let earned = self.ports.chain.earnings(me).await?;
        if !earned.is_zero() && earned >= self.options.claim_min {
            let block = self.ports.chain.head().await?.number;
            let sent = self.ports.chain.send(LaneCall::WithdrawEarnings { block }).await?;
            info!(%earned, transaction = %sent.transaction, "claimed");
        }
        self.claim_from_secs = None;
        Ok(())
    }
}

fn answer_key(task_id: u64) -> String {
    format!("{ANSWERS}{task_id:020}")
}

fn salt_label(chain_id: u64, queue: Address, task_id: u64, registration_epoch: u64) -> Vec<u8> {
    let mut label = b"Cortensor.Salt.v1".to_vec();
    label.extend(chain_id.to_be_bytes());
    label.extend(queue.as_slice());
    label.extend(task_id.to_be_bytes());
    label.extend(registration_epoch.to_be_bytes());
    label
}
