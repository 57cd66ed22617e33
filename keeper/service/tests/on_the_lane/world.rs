//! A small world: a chain, a clock that moves when everybody waits, one keeper, some miners, and whatever fails on purpose.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};
use std::time::Duration;

use alloy_primitives::{Address, B256, U256, keccak256};
use async_trait::async_trait;
use cor_core::task::lane::messages;
use cor_core::task::lane::messages::task_id;
use cor_keeper::machine::{keeper::KeeperPolicy, miner::MinerPolicy};
use cor_keeper::service::{
    drill::Drill,
    keeper::Keeper,
    miner::{Exercise, Miner, MinerOptions, MinerPorts},
};
use cor_ports::domain::{History, LaneCall, LaneMessage, OPENING_BYTES, Offer, Opening, SignedMessage, TaskRecord};
use cor_ports::jury::JuryCall;
use cor_ports::{Clock, Intake as _, Relay};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

use crate::chain::{Account, Ledger};
use crate::jury::{Court, FIRST_EPOCH, MODEL, is_of_secrets};
use crate::lane::{Key, PAYER, PROMPT, submitted};
use crate::wire::{Blobbery, Memory, Model, Wire, WireMode};

/// Index of the keeper's key; miners have those from 0.
pub(crate) const KEEPER: u8 = 100;
/// Index of another keeper's key.
pub(crate) const OTHER_KEEPER: u8 = 101;
pub(crate) const POLL_SECS: u64 = 1;
/// What a keeper's journal has under this key tells that it knows of all secrets that are owed.
pub(crate) const SECRETS_KEPT: &str = "keeper/secrets";

pub(crate) struct World {
    now: AtomicU64,
    sleepers: Mutex<BTreeMap<(u64, u64), oneshot::Sender<()>>>,
    sleeper_count: AtomicU64,
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) keepers: Mutex<BTreeSet<Address>>,
    /// The node answers nothing.
    pub(crate) is_chain_down: AtomicBool,
    /// The node answers nothing of the jury.
    pub(crate) is_jury_down: AtomicBool,
    /// The node reads no task.
    pub(crate) are_tasks_unread: AtomicBool,
    /// The node does not read these tasks.
    pub(crate) unread_tasks: Mutex<BTreeSet<B256>>,
    /// So many blocks behind is what the node tells of a keeper if it is not asked as of a block.
    pub(crate) keeper_lag_blocks: AtomicU64,
    /// So far ahead of the chain's time are the clocks of the services.
    pub(crate) clocks_ahead_secs: AtomicU64,
    /// What the node adds to the next heads that it tells of, by who asks.
    pub(crate) heads_off: Mutex<BTreeMap<Address, VecDeque<i64>>>,
    /// The node takes no transactions.
    pub(crate) is_frozen: AtomicBool,
    /// The node tells nobody whose secrets are called for.
    pub(crate) is_calling_hidden: AtomicBool,
    /// The node leaves the jury's logs of so many of the last blocks out, and does not say so.
    pub(crate) logs_lag_blocks: AtomicU64,
    /// After so many seconds the node fails to read a roster of another model than the one that there is; 0: at once it tells that nobody is in it.
    pub(crate) strange_roster_secs: AtomicU64,
    /// Most open tasks that a keeper that is started looks after.
    pub(crate) open_tasks_max: AtomicUsize,
    /// Seconds that a transaction to the jury takes.
    pub(crate) jury_takes_secs: AtomicU64,
    /// The journals of all fail.
    pub(crate) is_disk_full: AtomicBool,
    /// What was sent with success: who, and which effect.
    pub(crate) sent: Mutex<Vec<(Address, String)>>,
    /// What was sent, with success or not.
    pub(crate) tried: Mutex<Vec<(Address, LaneCall)>>,
    /// What was sent to the jury, with success or not.
    pub(crate) pleaded: Mutex<Vec<(Address, JuryCall)>>,
    /// Crews that the keeper brought, and that were not as drawn.
    pub(crate) lies: Mutex<Vec<String>>,
    /// Nodes that the pool finds unfit for a roster.
    pub(crate) unfit: Mutex<BTreeSet<Address>>,
    /// What reached a keeper.
    pub(crate) said: Mutex<Vec<SignedMessage>>,
    /// What each key signed.
    pub(crate) signed: Mutex<Vec<(Address, B256)>>,
    /// Ranges of blocks whose logs were read, and by whom.
    pub(crate) ranges: Mutex<Vec<(Address, u64, u64)>>,
    /// How often tasks were read.
    pub(crate) reads: AtomicU64,
    /// How often slots of rosters were read.
    pub(crate) slot_reads: AtomicU64,
    /// How often something was said to the keeper, whether it arrived or not.
    pub(crate) deliveries: AtomicU64,
    /// How often claims fail from now on.
    pub(crate) claim_failures: AtomicU64,
    pub(crate) keeper: Mutex<Option<Arc<Keeper>>>,
    /// How the miners reach the keeper.
    pub(crate) wire: Mutex<WireMode>,
    pub(crate) blobs: Blobbery,
    journals: Mutex<BTreeMap<u8, Arc<Memory>>>,
    models: Mutex<BTreeMap<u8, Arc<Model>>>,
    running: Mutex<BTreeMap<u8, JoinHandle<()>>>,
    stop: watch::Sender<bool>,
}

/// What a miner does otherwise than others.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manner {
    pub(crate) drill: Option<Drill>,
    /// It knows of no keeper.
    pub(crate) is_alone: bool,
}

impl World {
    /// A world with this many nodes, each of its own operator and in the roster since long ago, and two keepers that serve.
    pub(crate) fn new(nodes: u8) -> Arc<Self> {
        let addresses: Vec<Address> = (0..nodes).map(|index| Key::new(index).address()).collect();
        let world = Arc::new(Self {
            now: AtomicU64::new(1_000),
            sleepers: Mutex::default(),
            sleeper_count: AtomicU64::new(0),
            ledger: Mutex::new(Ledger::new(Court::new(&[KEEPER, OTHER_KEEPER], &addresses))),
            keepers: Mutex::new([KEEPER, OTHER_KEEPER].map(|index| Key::new(index).address()).into()),
            is_chain_down: AtomicBool::new(false),
            is_jury_down: AtomicBool::new(false),
            are_tasks_unread: AtomicBool::new(false),
            unread_tasks: Mutex::default(),
            keeper_lag_blocks: AtomicU64::new(0),
            clocks_ahead_secs: AtomicU64::new(0),
            heads_off: Mutex::default(),
            is_frozen: AtomicBool::new(false),
            is_calling_hidden: AtomicBool::new(false),
            logs_lag_blocks: AtomicU64::new(0),
            strange_roster_secs: AtomicU64::new(0),
            open_tasks_max: AtomicUsize::new(16),
            jury_takes_secs: AtomicU64::new(0),
            is_disk_full: AtomicBool::new(false),
            sent: Mutex::default(),
            tried: Mutex::default(),
            pleaded: Mutex::default(),
            lies: Mutex::default(),
            unfit: Mutex::default(),
            said: Mutex::default(),
            signed: Mutex::default(),
            ranges: Mutex::default(),
            reads: AtomicU64::new(0),
            slot_reads: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            claim_failures: AtomicU64::new(0),
            keeper: Mutex::default(),
            wire: Mutex::new(WireMode::Up),
            blobs: Blobbery::default(),
            journals: Mutex::default(),
            models: Mutex::default(),
            running: Mutex::default(),
            stop: watch::channel(false).0,
        });
        world.blobs.add(PROMPT.as_bytes());
        world.keep_journal();
        world
    }

    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Lets time pass: whoever waits is woken in order.
    pub(crate) async fn pass(&self, secs: u64) {
        let end = self.now() + secs;
        loop {
            // All that is ready runs first. Nothing in this world waits for anything but its clock and itself.
            for _ in 0..60 {
                tokio::task::yield_now().await;
            }
            let next = {
                let mut sleepers = self.sleepers.lock().unwrap();
                let first = sleepers.first_key_value().map(|(key, _)| *key).filter(|(until, _)| *until <= end);
                first.and_then(|key| Some((key.0, sleepers.remove(&key)?)))
            };
            let Some((until, sleeper)) = next else { break };
            self.now.fetch_max(until, Ordering::Relaxed);
            // Who was killed in its sleep is not there to be woken.
            let _ = sleeper.send(());
        }
        self.now.fetch_max(end, Ordering::Relaxed);
        assert_eq!(*self.lies.lock().unwrap(), Vec::<String>::new(), "these cost the bond");
    }

    /// Lets so many blocks come that none of before is replaced any more, and the services see it.
    pub(crate) async fn bury(&self) {
        self.ledger.lock().unwrap().grow(64);
        self.pass(20).await;
    }

    /// Lets more time pass than a task can last, all at once, and then a while.
    pub(crate) async fn outlast(&self) {
        self.set_clock(self.now() + u64::from(cor_core::limits::LANE_LIFE_MAX_SECS));
        self.pass(100).await;
    }

    /// Sets the clock. Whoever waits does so for no longer and no shorter.
    pub(crate) fn set_clock(&self, secs: u64) {
        let before = self.now.swap(secs, Ordering::Relaxed);
        let mut sleepers = self.sleepers.lock().unwrap();
        let moved = std::mem::take(&mut *sleepers).into_iter();
        *sleepers = moved.map(|((until, order), sleeper)| ((secs + until - before, order), sleeper)).collect();
    }

    /// Lets time pass until `done`, and fails if that takes longer than `secs`.
    pub(crate) async fn pass_until(&self, secs: u64, done: impl Fn(&Self) -> bool) {
        for _ in 0..secs {
            if done(self) {
                return;
            }
            self.pass(1).await;
        }
        assert!(done(self), "not within {secs} seconds");
    }

    /// Lets the miners reach the keeper by this way from now on.
    pub(crate) fn set_wire(&self, mode: WireMode) {
        *self.wire.lock().unwrap() = mode;
    }

    /// The keeper's offers to a miner.
    pub(crate) async fn offers(&self, index: u8) -> Vec<Offer> {
        let keeper = self.keeper.lock().unwrap().clone().expect("it runs");
        keeper.offers(Key::new(index).address()).await
    }

    /// How often a key signed, each digest once; what a keeper derives its secrets from is no message.
    pub(crate) fn signatures(&self, index: u8) -> usize {
        let who = Key::new(index).address();
        let signed = self.signed.lock().unwrap();
        let messages = signed.iter().filter(|(signer, digest)| *signer == who && !is_of_secrets(*digest));
        messages.map(|(_, digest)| digest).collect::<BTreeSet<_>>().len()
    }

    /// Submits a task of three replicas.
    pub(crate) fn submit(&self, sequence: u64) -> B256 {
        self.submit_for(sequence, 3)
    }

    pub(crate) fn submit_for(&self, sequence: u64, replicas: u8) -> B256 {
        let mut ledger = self.ledger.lock().unwrap();
        let task = submitted(sequence, replicas, self.now(), ledger.head() + 1, ledger.fork);
        let id = task.id;
        ledger.add_block(Some(task), None);
        id
    }

    /// Submits a task of three replicas whose opening is another than usual.
    pub(crate) fn submit_with(&self, sequence: u64, change: impl FnOnce(&mut Opening)) -> B256 {
        let mut ledger = self.ledger.lock().unwrap();
        let usual = submitted(sequence, 3, self.now(), ledger.head() + 1, ledger.fork);
        let mut opening = usual.history.opening;
        change(&mut opening);
        let mut state = usual.state;
        state.deadline = opening.time + u64::from(opening.terms.open_secs);
        let (bytes, history) = (opening.encode().into(), History::begin(opening));
        ledger.add_block(Some(TaskRecord { bytes, history, state, ..usual }), None);
        task_id(PAYER, sequence)
    }

    pub(crate) fn task(&self, id: B256) -> TaskRecord {
        self.ledger.lock().unwrap().task(id).expect("the chain has the task")
    }

    /// Sends a call by a key that runs no service.
    pub(crate) fn call(self: &Arc<Self>, index: u8, call: &LaneCall) {
        self.account(index).apply(call).unwrap_or_else(|error| panic!("{error:?}"));
    }

    pub(crate) fn account(self: &Arc<Self>, index: u8) -> Account {
        Account { world: Arc::clone(self), key: Key::new(index) }
    }

    pub(crate) fn journal(&self, index: u8) -> Arc<Memory> {
        Arc::clone(self.journals.lock().unwrap().entry(index).or_default())
    }

    /// The keeper's journal tells all that is owed since it enrolled.
    pub(crate) fn keep_journal(&self) {
        self.journal(KEEPER).write(SECRETS_KEPT, &FIRST_EPOCH.to_be_bytes());
    }

    /// The keeper's journal tells nothing any more, but that it would tell all that is owed.
    pub(crate) fn forget_all_but_that_it_is_kept(&self) {
        self.journal(KEEPER).lose();
        self.keep_journal();
    }

    pub(crate) fn model(&self, index: u8) -> Arc<Model> {
        Arc::clone(self.models.lock().unwrap().entry(index).or_default())
    }

    /// Starts the keeper with its journal.
    pub(crate) fn start_keeper(self: &Arc<Self>) {
        let account = Arc::new(self.account(KEEPER));
        let policy = KeeperPolicy {
            start_margin_secs: 6,
            reveal_patience_secs: 8,
            relay_margin_secs: 4,
            summon_after_percent: 33,
            retry_secs: 1,
            open_tasks_max: self.open_tasks_max.load(Ordering::Relaxed),
        };
        let (clock, journal) = (Arc::new(Sundial(Arc::clone(self))), Arc::new(self.journal(KEEPER).in_world(self)));
        let poll = Duration::from_secs(POLL_SECS);
        let keeper = Arc::new(Keeper::new(account.clone(), account.clone(), clock, journal, account, policy, poll));
        *self.keeper.lock().unwrap() = Some(Arc::clone(&keeper));
        let stop = self.stop.subscribe();
        self.runs(KEEPER, tokio::spawn(async move { keeper.run(stop).await }));
    }

    /// Starts a miner with its journal.
    pub(crate) fn start_miner(self: &Arc<Self>, index: u8, manner: Manner) {
        let account = Arc::new(self.account(index));
        let relay = || -> Arc<dyn Relay> { Arc::new(Wire { world: Arc::clone(self) }) };
        let ports = MinerPorts {
            chain: account.clone(),
            jury: account.clone(),
            backend: Arc::new(self.model(index).in_world(self)),
            blobs: Arc::new(self.blobs.clone()),
            relay: (!manner.is_alone).then(relay),
            journal: Arc::new(self.journal(index).in_world(self)),
            signer: account,
            clock: Arc::new(Sundial(Arc::clone(self))),
        };
        let policy = MinerPolicy { direct_margin_secs: 3, repeat_secs: 2, close_grace_secs: 5 };
        let drill = manner.drill.map(|drill| Exercise { drill, replica: None });
        let (poll, models) = (Duration::from_secs(POLL_SECS), vec![MODEL]);
        let options = MinerOptions { policy, poll, claim_min: U256::ONE, models, drill };
        let stop = self.stop.subscribe();
        self.runs(index, tokio::spawn(Miner::new(ports, options).run(stop)));
    }

    pub(crate) fn start_miners(self: &Arc<Self>, count: u8) {
        (0..count).for_each(|index| self.start_miner(index, Manner::default()));
    }

    fn runs(&self, index: u8, handle: JoinHandle<()>) {
        self.running.lock().unwrap().insert(index, handle);
    }

    /// Kills a service in the middle of what it does.
    pub(crate) fn kill(&self, index: u8) {
        if index == KEEPER {
            *self.keeper.lock().unwrap() = None;
        }
        let handle = self.running.lock().unwrap().remove(&index);
        handle.expect("it runs").abort();
    }

    /// What each miner bound itself to by message or transaction, by assignment.
    pub(crate) fn bound(&self) -> BTreeMap<(Address, B256), BTreeSet<B256>> {
        let mut bound = BTreeMap::<_, BTreeSet<B256>>::new();
        for SignedMessage { miner, assignment, message, .. } in self.said.lock().unwrap().iter() {
            if let LaneMessage::Precommit { commitment } = message {
                bound.entry((*miner, *assignment)).or_default().insert(*commitment);
            }
        }
        for (who, call) in self.tried.lock().unwrap().iter() {
            let of_start = match call {
                LaneCall::Start { task, seats, server } => Some((task, seats, server.keeper)),
                _ => None,
            };
            let Some((task, seats, keeper)) = of_start else { continue };
            let opening = keccak256(&task.history[..OPENING_BYTES]);
            let miners: Vec<Address> = seats.iter().map(|(miner, _)| *miner).collect();
            let assignment = messages::assignment(task.id, opening, keeper, &miners);
            for (miner, commitment) in seats.iter().filter_map(|(miner, bound)| Some((miner, bound.as_ref()?.commitment))) {
                assert!(who == miner || who == &keeper || miners.contains(who));
                bound.entry((*miner, assignment)).or_default().insert(commitment);
            }
        }
        bound
    }

    /// Whether every service still runs: none has panicked.
    pub(crate) fn all_run(&self) -> bool {
        self.running.lock().unwrap().values().all(|handle| !handle.is_finished())
    }

    /// What was sent, without the payments: who, by index, and the last parts of the effect.
    pub(crate) fn calls(&self) -> Vec<(u8, String)> {
        let sent = self.sent.lock().unwrap();
        let of_tasks = sent.iter().filter_map(|(who, key)| Some((who, key.strip_prefix("task/")?.split_once('/')?.1)));
        of_tasks.map(|(who, effect)| (index_of(*who), effect.to_owned())).collect()
    }
}

/// The index of the key of this address.
pub(crate) fn index_of(account: Address) -> u8 {
    (0..=u8::MAX - 1).find(|index| Key::new(*index).address() == account).unwrap()
}

/// The world's clock.
pub(crate) struct Sundial(pub(crate) Arc<World>);

#[async_trait]
impl Clock for Sundial {
    fn now_secs(&self) -> u64 {
        self.0.now() + self.0.clocks_ahead_secs.load(Ordering::Relaxed)
    }

    async fn sleep(&self, duration: Duration) {
        let (sender, woken) = oneshot::channel();
        let order = self.0.sleeper_count.fetch_add(1, Ordering::Relaxed);
        let until = self.0.now() + duration.as_secs().max(1);
        self.0.sleepers.lock().unwrap().insert((until, order), sender);
        // An error: the world is gone.
        let _ = woken.await;
    }
}
