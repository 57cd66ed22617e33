//! What is between keeper and miner, and what each has on its own machine: relay, blobs, journal, model.

use std::collections::BTreeMap;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};
use std::time::Duration;

use alloy_primitives::{Address, B256, keccak256};
use async_trait::async_trait;
use cor_errors::Coded as _;
use cor_ports::domain::{MessageKind, Offer, SignedMessage};
use cor_ports::{
    Backend, BackendError, BackendInfo, BlobError, Blobs, Clock as _, Completion, CompletionRequest, Intake as _, Journal,
    JournalError, Refusal, Relay, RelayError,
};

use crate::world::{Sundial, World};

/// How miners reach the keeper.
#[derive(Clone, Default)]
pub(crate) enum WireMode {
    /// As it should be.
    #[default]
    Up,
    /// Connections are refused.
    Dead,
    /// Connections are accepted, and nothing comes.
    Stalled,
    /// Offers come, and messages do not arrive.
    OffersOnly,
    /// Answers do not arrive; all else does.
    NoReveals,
    /// Somebody answers in the keeper's place, and takes all.
    Scripted(Vec<Offer>),
}

/// A miner's way to the keeper.
pub(crate) struct Wire {
    pub(crate) world: Arc<World>,
}

impl Wire {
    fn mode(&self) -> WireMode {
        self.world.wire.lock().unwrap().clone()
    }
}

impl Wire {
    /// Waits as long as the keeper stands still: the connection is lost then.
    async fn wait(&self) {
        while matches!(self.mode(), WireMode::Stalled) {
            Sundial(Arc::clone(&self.world)).sleep(Duration::from_secs(1)).await;
        }
    }
}

fn dead() -> RelayError {
    RelayError::Unreachable { endpoint: "keeper".to_owned(), reason: "connection refused".to_owned() }
}

#[async_trait]
impl Relay for Wire {
    async fn deliver(&self, message: &SignedMessage) -> Result<(), RelayError> {
        self.world.deliveries.fetch_add(1, Ordering::Relaxed);
        match self.mode() {
            WireMode::Dead | WireMode::OffersOnly => return Err(dead()),
            WireMode::Stalled => {
                self.wait().await;
                return Err(dead());
            }
            WireMode::NoReveals if message.message.kind() == MessageKind::Commit => return Err(dead()),
            WireMode::Up | WireMode::NoReveals | WireMode::Scripted(_) => {}
        }
        self.world.said.lock().unwrap().push(message.clone());
        if matches!(self.mode(), WireMode::Scripted(_)) {
            return Ok(());
        }
        let keeper = self.world.keeper.lock().unwrap().clone().ok_or_else(dead)?;
        keeper.receive(message.clone()).await.map_err(|error| {
            let (code, next) = (error.entry().code.to_owned(), error.entry().next.to_owned());
            let refusal = Refusal { code, message: error.to_string(), next, request_id: String::new() };
            RelayError::Refused { task: message.task, refusal: Box::new(refusal) }
        })
    }

    async fn offers(&self, miner: Address) -> Result<Vec<Offer>, RelayError> {
        match self.mode() {
            WireMode::Dead => Err(dead()),
            WireMode::Stalled => {
                self.wait().await;
                Err(dead())
            }
            WireMode::Scripted(offers) => Ok(offers),
            WireMode::Up | WireMode::OffersOnly | WireMode::NoReveals => {
                let keeper = self.world.keeper.lock().unwrap().clone().ok_or_else(dead)?;
                Ok(keeper.offers(miner).await)
            }
        }
    }
}

/// What is wrong with the blobs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlobFault {
    /// None can be kept.
    NoPut,
    /// Who keeps one waits for ever.
    StalledPut,
    /// Who asks for one waits for ever.
    StalledGet,
}

/// Prompts and answers.
#[derive(Clone, Default)]
pub(crate) struct Blobbery(Arc<Mutex<BTreeMap<B256, Vec<u8>>>>, Arc<Mutex<Option<BlobFault>>>);

impl Blobbery {
    pub(crate) fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap().insert(keccak256(bytes), bytes.to_vec());
    }

    pub(crate) fn has(&self, bytes: &[u8]) -> bool {
        self.0.lock().unwrap().contains_key(&keccak256(bytes))
    }

    pub(crate) fn fail(&self, fault: Option<BlobFault>) {
        *self.1.lock().unwrap() = fault;
    }
}

#[async_trait]
impl Blobs for Blobbery {
    async fn put(&self, bytes: &[u8]) -> Result<B256, BlobError> {
        let fault = *self.1.lock().unwrap();
        match fault {
            Some(BlobFault::NoPut) => {
                return Err(BlobError::Unavailable { place: "keeper".to_owned(), reason: "connection refused".to_owned() });
            }
            Some(BlobFault::StalledPut) => std::future::pending().await,
            Some(BlobFault::StalledGet) | None => {}
        }
        self.add(bytes);
        Ok(keccak256(bytes))
    }

    async fn get(&self, digest: B256) -> Result<Vec<u8>, BlobError> {
        if *self.1.lock().unwrap() == Some(BlobFault::StalledGet) {
            return std::future::pending().await;
        }
        self.0.lock().unwrap().get(&digest).cloned().ok_or(BlobError::NotFound(digest))
    }
}

/// What a process has on its disk: it outlives the process.
#[derive(Default)]
pub(crate) struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl Memory {
    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        self.0.lock().unwrap().keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    pub(crate) fn value(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(key).cloned()
    }

    pub(crate) fn write(&self, key: &str, value: &[u8]) {
        self.0.lock().unwrap().insert(key.to_owned(), value.to_vec());
    }

    /// The disk is lost.
    pub(crate) fn lose(&self) {
        self.0.lock().unwrap().clear();
    }

    pub(crate) fn in_world(self: &Arc<Self>, world: &Arc<World>) -> Disk {
        Disk { memory: Arc::clone(self), world: Arc::clone(world) }
    }
}

/// A process's journal.
pub(crate) struct Disk {
    memory: Arc<Memory>,
    world: Arc<World>,
}

impl Disk {
    fn writable(&self, key: &str) -> Result<(), JournalError> {
        if self.world.is_disk_full.load(Ordering::Relaxed) {
            return Err(JournalError::Failed { place: key.to_owned(), reason: "no space".to_owned() });
        }
        Ok(())
    }
}

#[async_trait]
impl Journal for Disk {
    async fn put(&self, key: &str, value: &[u8]) -> Result<(), JournalError> {
        self.writable(key)?;
        self.memory.write(key, value);
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.memory.value(key))
    }

    async fn remove(&self, key: &str) -> Result<(), JournalError> {
        self.writable(key)?;
        self.memory.0.lock().unwrap().remove(key);
        Ok(())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
        let records = self.memory.0.lock().unwrap();
        Ok(records.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

/// A miner's model.
pub(crate) struct Model {
    /// How often it was asked.
    pub(crate) asked: AtomicUsize,
    /// Whether the prompt is too long for it.
    pub(crate) is_too_small: AtomicBool,
    /// Seconds that an answer takes.
    pub(crate) takes_secs: AtomicU64,
}

impl Default for Model {
    fn default() -> Self {
        Self { asked: AtomicUsize::new(0), is_too_small: AtomicBool::new(false), takes_secs: AtomicU64::new(0) }
    }
}

impl Model {
    pub(crate) fn in_world(self: &Arc<Self>, world: &Arc<World>) -> Engine {
        Engine { model: Arc::clone(self), world: Arc::clone(world) }
    }
}

/// A model at work.
pub(crate) struct Engine {
    model: Arc<Model>,
    world: Arc<World>,
}

#[async_trait]
impl Backend for Engine {
    fn info(&self) -> BackendInfo {
        BackendInfo { model: "test".to_owned(), model_sha256: None, determinism_class: "test".to_owned() }
    }

    async fn complete(&self, request: CompletionRequest) -> Result<Completion, BackendError> {
        self.model.asked.fetch_add(1, Ordering::Relaxed);
        if self.model.is_too_small.load(Ordering::Relaxed) {
            let max_tokens = request.max_tokens;
            return Err(BackendError::ContextExceeded { prompt_tokens: 9, max_tokens, context: 10 });
        }
        let takes = self.model.takes_secs.load(Ordering::Relaxed);
        if takes > 0 {
            Sundial(Arc::clone(&self.world)).sleep(Duration::from_secs(takes)).await;
        }
        Ok(Completion { text: "Paris".to_owned(), prompt_tokens: 7, completion_tokens: 1, truncated: false })
    }
}
