//! The miner's service in a small world: one task, a chain that takes its messages, and whatever fails on purpose.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use alloy_primitives::{Address, B256, U256, address, keccak256};
use async_trait::async_trait;
use cor_keeper::{
    machine::miner::MinerPolicy,
    service::miner::{Miner, MinerOptions, MinerPorts},
};
use cor_ports::domain::{
    AnswerKind, CorWei, Head, LaneCall, LaneDomain, LaneMessage, MessageKind, NodeList, NodeRecord, Outcome, Phase,
    ReplicaRecord, SentCall, SessionTerms, SignedMessage, Status, TaskOrigin, TaskRecord,
};
use cor_ports::{
    Backend, BackendError, BackendInfo, BlobError, Blobs, Chain, ChainError, Clock, Completion, CompletionRequest, Journal,
    JournalError, Relay, RelayError, Signer, SignerError, urn_of,
};
use tokio::sync::watch;

const MINER: Address = address!("0000000000000000000000000000000000000001");
const PROMPT: &str = "What is the capital of France?";
/// Seconds of a phase; the world's clock moves by one with each poll.
const PHASE_SECS: u64 = 30;
const POLLS: u64 = 200;

/// What is there outside of the miner.
struct World {
    now: AtomicU64,
    stop: watch::Sender<bool>,
    task: Mutex<TaskRecord>,
    journal: Mutex<BTreeMap<String, Vec<u8>>>,
    /// How often the model was asked.
    asked: AtomicUsize,
    /// Whether the prompt fits the model.
    fits: bool,
    keeper: Keeper,
    /// What the miner has earned, COR wei.
    earned: AtomicU64,
    /// How often it tried to be paid; the first time fails.
    claims: AtomicUsize,
}

/// What the keeper does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeper {
    /// There is none to relay messages; answers can be uploaded.
    Blobs,
    /// Refuses connections.
    Dead,
    /// Accepts connections and never answers.
    Stalled,
    /// Hands out prompts, and stands still for all else.
    HalfStalled,
}

impl World {
    fn new(fits: bool, keeper: Keeper) -> Arc<Self> {
        let replica = ReplicaRecord {
            miner: MINER,
            registration_epoch: 1,
            outcome: Outcome::Pending,
            last_message: None,
            commitment: None,
            result_digest: None,
        };
        let task = TaskRecord {
            id: 1,
            session_id: 1,
            payer: Address::ZERO,
            phase: Phase::Ack,
            status: Status::Open,
            answer_kind: AnswerKind::Text,
            max_tokens: 8,
            deadline_secs: PHASE_SECS,
            result_digest: None,
            replicas: vec![replica],
        };
        Arc::new(Self {
            now: AtomicU64::new(0),
            stop: watch::channel(false).0,
            task: Mutex::new(task),
            journal: Mutex::default(),
            asked: AtomicUsize::new(0),
            fits,
            keeper,
            earned: AtomicU64::new(0),
            claims: AtomicUsize::new(0),
        })
    }

    /// Runs a miner until the world ends, and returns the task as it is then.
    async fn run(self: &Arc<Self>) -> TaskRecord {
        let ports = MinerPorts {
            chain: self.clone(),
            backend: self.clone(),
            blobs: self.clone(),
            relay: (self.keeper != Keeper::Blobs).then(|| -> Arc<dyn Relay> { self.clone() }),
            journal: self.clone(),
            signer: self.clone(),
            clock: self.clone(),
        };
        let policy = MinerPolicy { direct_margin_secs: 2, repeat_secs: 1 };
        let options = MinerOptions { policy, poll: Duration::from_secs(1), claim_min: U256::ONE, drill: None };
        Miner::new(ports, options).run(self.stop.subscribe()).await;
        self.task.lock().unwrap().clone()
    }
}

#[async_trait]
impl Clock for World {
    fn now_secs(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// A poll is a second; a phase whose deadline has passed ends the task, as anyone may.
    async fn sleep(&self, _: Duration) {
        tokio::task::yield_now().await;
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        let mut task = self.task.lock().unwrap();
        if now >= task.deadline_secs {
            task.phase = Phase::Ended;
        }
        if now >= POLLS {
            self.stop.send_replace(true);
        }
    }
}

#[async_trait]
impl Chain for World {
    fn domain(&self) -> LaneDomain {
        LaneDomain { chain_id: 1, queue: Address::ZERO }
    }

    fn address(&self) -> Address {
        MINER
    }

    async fn head(&self) -> Result<Head, ChainError> {
        let now = self.now_secs();
        Ok(Head { number: now, timestamp_secs: now })
    }

    async fn task_count(&self) -> Result<u64, ChainError> {
        Ok(1)
    }

    async fn task(&self, _: u64) -> Result<TaskRecord, ChainError> {
        Ok(self.task.lock().unwrap().clone())
    }

    async fn task_origin(&self, _: u64) -> Result<TaskOrigin, ChainError> {
        let prompt_digest = keccak256(PROMPT);
        let (client_reference, block_hash) = (B256::ZERO, B256::ZERO);
        Ok(TaskOrigin { prompt_digest, prompt_urn: urn_of(prompt_digest), client_reference, block_number: 1, block_hash })
    }

    async fn touched_tasks(&self, _: u64, _: u64) -> Result<Vec<u64>, ChainError> {
        Ok(vec![])
    }

    async fn session(&self, _: u64) -> Result<SessionTerms, ChainError> {
        unreachable!("a miner does not ask for a session")
    }

    async fn nodes(&self) -> Result<NodeList, ChainError> {
        Ok(NodeList::default())
    }

    async fn node(&self, _: Address) -> Result<Option<NodeRecord>, ChainError> {
        Ok(None)
    }

    async fn earnings(&self, _: Address) -> Result<CorWei, ChainError> {
        Ok(U256::from(self.earned.load(Ordering::Relaxed)))
    }

    async fn send(&self, call: LaneCall) -> Result<SentCall, ChainError> {
        if let LaneCall::WithdrawEarnings { .. } = call {
            if self.claims.fetch_add(1, Ordering::Relaxed) == 0 {
                return Err(ChainError::Unreachable { endpoint: "chain".to_owned(), reason: "connection refused".to_owned() });
            }
            self.earned.store(0, Ordering::Relaxed);
            return Ok(SentCall { transaction: B256::ZERO, block_number: 1, gas_used: 1 });
        }
        let LaneCall::Direct { message, .. } = call else { panic!("a miner sends its own messages only: {call:?}") };
        let mut task = self.task.lock().unwrap();
        let (kind, next) = match message {
            LaneMessage::Ack => (MessageKind::Ack, Phase::Precommit),
            LaneMessage::Precommit { commitment } => {
                task.replicas[0].commitment = Some(commitment);
                (MessageKind::Precommit, Phase::Commit)
            }
            LaneMessage::Commit { result_digest, .. } => {
                task.replicas[0].result_digest = Some(result_digest);
                (MessageKind::Commit, Phase::Ended)
            }
        };
        task.replicas[0].last_message = Some(kind);
        task.phase = next;
        task.deadline_secs = self.now_secs() + PHASE_SECS;
        Ok(SentCall { transaction: B256::ZERO, block_number: 1, gas_used: 1 })
    }
}

#[async_trait]
impl Backend for World {
    fn info(&self) -> BackendInfo {
        BackendInfo { model: "test".to_owned(), model_sha256: None, determinism_class: "test".to_owned() }
    }

    async fn complete(&self, request: CompletionRequest) -> Result<Completion, BackendError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if !self.fits {
            let max_tokens = request.max_tokens;
            return Err(BackendError::ContextExceeded { prompt_tokens: 9, max_tokens, context: 10 });
        }
        Ok(Completion { text: "Paris".to_owned(), prompt_tokens: 7, completion_tokens: 1, truncated: false })
    }
}

#[async_trait]
impl Blobs for World {
    async fn put(&self, bytes: &[u8]) -> Result<B256, BlobError> {
        match self.keeper {
            Keeper::Blobs => Ok(keccak256(bytes)),
            Keeper::Dead => Err(BlobError::Unavailable { place: "keeper".to_owned(), reason: "connection refused".to_owned() }),
            Keeper::Stalled | Keeper::HalfStalled => std::future::pending().await,
        }
    }

    async fn get(&self, _: B256) -> Result<Vec<u8>, BlobError> {
        if self.keeper == Keeper::Stalled {
            return std::future::pending().await;
        }
        Ok(PROMPT.as_bytes().to_vec())
    }
}

#[async_trait]
impl Relay for World {
    async fn deliver(&self, _: &SignedMessage) -> Result<(), RelayError> {
        if self.keeper == Keeper::Dead {
            let (endpoint, reason) = ("keeper".to_owned(), "connection refused".to_owned());
            return Err(RelayError::Unreachable { endpoint, reason });
        }
        std::future::pending().await
    }
}

#[async_trait]
impl Journal for World {
    async fn put(&self, key: &str, value: &[u8]) -> Result<(), JournalError> {
        self.journal.lock().unwrap().insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.journal.lock().unwrap().get(key).cloned())
    }

    async fn remove(&self, key: &str) -> Result<(), JournalError> {
        self.journal.lock().unwrap().remove(key);
        Ok(())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
        let journal = self.journal.lock().unwrap();
        Ok(journal.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

#[async_trait]
impl Signer for World {
    fn address(&self) -> Address {
        MINER
    }

    async fn sign_digest(&self, _: B256) -> Result<[u8; 65], SignerError> {
        Ok([0; 65])
    }

    fn derive_secret(&self, label: &[u8]) -> B256 {
        keccak256(label)
    }
}

impl World {
    fn answers_kept(&self) -> usize {
        self.journal.lock().unwrap().keys().filter(|key| key.starts_with("miner/answer/")).count()
    }
}

/// Of a node that lags: the tasks that it does not show yet come by their logs, and the mark waits for them.
#[tokio::test]
async fn a_mark_beyond_the_tasks_goes_back_to_the_next_one() {
    for (mark, asked) in [(1_u64, 1), (2, 0), (3, 0), (u64::MAX, 0)] {
        let world = World::new(true, Keeper::Blobs);
        world.journal.lock().unwrap().insert("miner/done-below".to_owned(), mark.to_be_bytes().to_vec());
        assert_eq!(world.run().await.phase, Phase::Ended);
        assert_eq!(world.asked.load(Ordering::Relaxed), asked, "mark {mark}");
        let kept = world.journal.lock().unwrap()["miner/done-below"].clone();
        assert_eq!(kept, 2_u64.to_be_bytes(), "mark {mark}");
    }
}

#[tokio::test]
async fn a_task_is_answered_without_a_keeper() {
    let world = World::new(true, Keeper::Blobs);
    let task = world.run().await;
    assert_eq!(task.replicas[0].result_digest, Some(keccak256("Paris")));
    assert_eq!(world.answers_kept(), 0, "an uploaded answer of an ended task is not needed any more");
}

#[tokio::test]
async fn a_reveal_does_not_wait_for_a_keeper_that_keeps_the_answer() {
    let world = World::new(true, Keeper::Dead);
    let task = world.run().await;
    assert_eq!(task.replicas[0].last_message, Some(MessageKind::Commit), "not revealed: slashed for a keeper's failure");
    assert_eq!(world.answers_kept(), 1, "an answer that is paid for and nowhere else is not thrown away");
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_is_asked_for_once() {
    let world = World::new(false, Keeper::Blobs);
    let task = world.run().await;
    assert_eq!(world.asked.load(Ordering::Relaxed), 1);
    assert_eq!(task.phase, Phase::Ended);
}

#[tokio::test]
async fn a_keeper_that_stands_still_does_not_hold_up_a_reveal() {
    let world = World::new(true, Keeper::HalfStalled);
    let task = world.run().await;
    assert_eq!(task.replicas[0].last_message, Some(MessageKind::Commit), "not revealed: slashed for a keeper's failure");
    assert!(world.now_secs() >= POLLS, "the miner goes on");
    assert_eq!(world.answers_kept(), 1, "an answer that is paid for and nowhere else is not thrown away");
}

#[tokio::test]
async fn a_keeper_that_hands_out_no_prompt_does_not_hold_up_the_miner() {
    let world = World::new(true, Keeper::Stalled);
    let task = world.run().await;
    assert_eq!((task.phase, task.replicas[0].last_message), (Phase::Ended, None), "not acknowledged: nothing to lose");
    assert!(world.now_secs() >= POLLS, "the miner goes on");
}

#[tokio::test]
async fn a_claim_that_fails_is_made_again() {
    let world = World::new(true, Keeper::Blobs);
    world.earned.store(5, Ordering::Relaxed);
    world.run().await;
    assert_eq!((world.claims.load(Ordering::Relaxed), world.earned.load(Ordering::Relaxed)), (2, 0));
}
