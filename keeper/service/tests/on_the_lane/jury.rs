//! The jury's contract in memory, by the rules of `cor_core`: rosters, summonses, keepers with their secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, atomic::Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use alloy_primitives::{Address, B256, U256, address, keccak256};
use async_trait::async_trait;
use cor_core::task::jury::{self as rules, Entry, Exit, JuryError, Standing, Times};
use cor_errors::Coded as _;
use cor_ports::domain::{Phase, SentCall, TaskAt, TaskRecord};
use cor_ports::jury::{Jury, JuryCall, KeeperRecord, RosterEntry, RosterSlot, SecretChain, ShownChain, Slot, Summons};
use cor_ports::{ChainError, Clock as _, RevertError, Signer, SignerError};

use crate::chain::{Account, Ledger};
use crate::lane::{DOMAIN, Key};
use crate::world::{Sundial, World};

pub(crate) const JURY: Address = address!("00000000000000000000000000000000000c0de2");
/// The model whose roster there is.
pub(crate) const MODEL: u64 = 1;
/// The first epoch of the keepers' secrets and of the roster that there is at the start. The world begins in epoch 16.
pub(crate) const FIRST_EPOCH: u32 = 10;
/// A node that leaves is out for shorter than any contract would have it: a test lives through it.
pub(crate) const TIMES: Times =
    Times { epoch_secs: 60, reveal_secs: 30 * 3_600, answer_secs: 30, dispute_secs: 12 * 86_400, absence_epochs: 5 };

/// All that the contract keeps.
#[derive(Clone, Default)]
pub(crate) struct Court {
    keepers: BTreeMap<Address, rules::Keeper>,
    slots: Vec<RosterSlot>,
    /// From which epoch on the roster has so many slots.
    lengths: Vec<(u32, u32)>,
    entries: BTreeMap<Address, Entry>,
    summonses: BTreeMap<(B256, Address, Address), rules::Summons>,
    /// When a node said that it is there for a task.
    present: BTreeMap<(B256, Address), u64>,
}

/// What a block's logs of the jury tell.
#[derive(Clone, Default)]
pub(crate) struct JuryLogs {
    summoned: Vec<(B256, Address)>,
    called: Vec<(Address, u32)>,
    begun: Vec<(Address, u32)>,
}

impl JuryLogs {
    /// A keeper begins with a chain of secrets.
    fn of_chain(keeper: Address, first: u32) -> Self {
        Self { begun: vec![(keeper, first)], ..Self::default() }
    }
}

impl Court {
    /// What the logs tell of the keepers that there are.
    pub(crate) fn logs(&self) -> JuryLogs {
        let begun = self.keepers.iter().map(|(keeper, found)| (*keeper, found.current.first)).collect();
        JuryLogs { begun, ..JuryLogs::default() }
    }

    /// A jury with these keepers and a roster of these nodes, each its own operator.
    pub(crate) fn new(keepers: &[u8], nodes: &[Address]) -> Self {
        let serving = |index: &u8| {
            let current = ShownChain::begin(secrets_of(*index).anchor(), FIRST_EPOCH);
            (Key::new(*index).address(), rules::Keeper { standing: Standing::Serving, current, ..rules::Keeper::default() })
        };
        let mut court = Self { keepers: keepers.iter().map(serving).collect(), ..Self::default() };
        nodes.iter().for_each(|node| court.seat(*node, FIRST_EPOCH));
        court
    }

    fn seat(&mut self, node: Address, from: u32) {
        let slot = u32::try_from(self.slots.len()).unwrap();
        self.slots.push(RosterSlot { slot: Slot { node, from, until: 0 }, operator: node });
        self.entries.entry(node).or_default().slot = Some(slot);
        match self.lengths.last_mut() {
            Some((since, length)) if *since == from => *length = slot + 1,
            _ => self.lengths.push((from, slot + 1)),
        }
    }

    fn open_slot(&mut self, node: Address) -> Option<&mut Slot> {
        let slot = self.entries.get(&node)?.slot?;
        let slot = &mut self.slots.get_mut(usize::try_from(slot).unwrap())?.slot;
        (slot.node == node && slot.until == 0).then_some(slot)
    }

    pub(crate) fn enter(&mut self, node: Address, now: u64) -> Result<(), JuryError> {
        let is_in = self.open_slot(node).is_some();
        let from = self.entries.get(&node).copied().unwrap_or_default().enter(is_in, now, &TIMES)?;
        self.seat(node, from);
        Ok(())
    }

    pub(crate) fn leave(&mut self, node: Address, exit: Exit, now: u64) -> Result<(), JuryError> {
        if self.open_slot(node).is_none() {
            return Err(JuryError::NotInRoster);
        }
        let until = self.entries.entry(node).or_default().leave(exit, now, &TIMES);
        self.open_slot(node).unwrap().until = until;
        Ok(())
    }

    fn length(&self, epoch: u32) -> u32 {
        self.lengths.iter().rev().find(|(from, _)| *from <= epoch).map_or(0, |(_, length)| *length)
    }

    /// Who is drawn for a task by a keeper that goes without `absent`; fewer than are wanted if there are no more. Made without the rules' own draw.
    pub(crate) fn drawn(&self, record: &TaskRecord, keeper: u8, absent: &[Address]) -> Vec<Address> {
        let epoch = u32::try_from(record.history.opening.time / u64::from(TIMES.epoch_secs)).unwrap();
        let chains = self.keepers[&Key::new(keeper).address()];
        let first = if chains.current.first <= epoch { chains.current.first } else { chains.previous.first };
        let secret = secrets_from(keeper, first).secret(epoch).unwrap();
        let seed = keccak256([secret, record.submission.block_hash, record.id].concat());
        let mut crew = Vec::new();
        for number in 0_u32..1_024 {
            let hash = keccak256([seed.as_slice(), &number.to_be_bytes()].concat());
            let index: u32 = (U256::from_be_bytes(hash.0) % U256::from(self.length(epoch))).to();
            let Slot { node, from, until } = self.slots[usize::try_from(index).unwrap()].slot;
            let is_active = from <= epoch && (until == 0 || epoch < until);
            let wanted = usize::from(record.history.opening.terms.replicas);
            if is_active && crew.len() < wanted && !absent.contains(&node) && !crew.contains(&node) {
                crew.push(node);
            }
        }
        crew
    }

    /// Whether a dispute finds that a keeper brought the crew that was drawn: of whom it found absent, those are passed over that it did not bring.
    pub(crate) fn is_right(&self, record: &TaskRecord, keeper: u8, crew: &[Address]) -> bool {
        let by = Key::new(keeper).address();
        let of_task = self.summonses.iter().filter(|((task, summoner, _), _)| *task == record.id && *summoner == by);
        let absent =
            of_task.filter(|((_, _, node), summons)| summons.absent && !crew.contains(node)).map(|((_, _, node), _)| *node);
        self.drawn(record, keeper, &absent.collect::<Vec<_>>()) == crew
    }

    fn serves(&self, keeper: Address) -> Result<(), JuryError> {
        self.keepers.get(&keeper).copied().unwrap_or_default().must_serve()
    }

    /// Does what the contract would; `task` is what the lane has of the task of the call.
    fn apply(&mut self, call: &JuryCall, caller: Address, now: u64, task: Option<&TaskRecord>) -> Result<JuryLogs, Refused> {
        let mut logs = JuryLogs::default();
        match *call {
            JuryCall::Enter { node, model, .. } => {
                let has_left = self.entries.get(&node).is_some_and(|entry| entry.has_left);
                if model != MODEL || (has_left && caller != node) {
                    return Err(Refused::Other);
                }
                self.enter(node, now)?;
            }
            JuryCall::Summon { task: ref at, node, slot } => {
                self.serves(caller)?;
                let record = open(task, at, now)?;
                let epoch = TIMES.epoch(record.history.opening.time);
                let found = self.slots.get(usize::try_from(slot).unwrap()).map(|slot| slot.slot);
                if found.is_none_or(|found| found.node != node || !found.is_active(epoch)) {
                    return Err(JuryError::NotInRoster.into());
                }
                let summons = self.summonses.entry((record.id, caller, node)).or_default();
                *summons = summons.call(now, &TIMES)?;
                logs.summoned.push((record.id, node));
            }
            JuryCall::Present { task, node } => {
                if caller != node {
                    return Err(Refused::Other);
                }
                let at = self.present.entry((task, node)).or_default();
                *at = rules::answer(*at, now)?;
            }
            JuryCall::Dismiss { task: ref at, node } => {
                self.serves(caller)?;
                let id = open(task, at, now)?.id;
                let is_there = self.present.contains_key(&(id, node));
                let summons = self.summonses.entry((id, caller, node)).or_default();
                *summons = summons.dismiss(now, is_there)?;
                // It may be out already.
                let _ = self.leave(node, Exit::Dismissed, now);
            }
            JuryCall::Reveal { keeper, epoch, secret } => {
                let keeper = self.keepers.entry(keeper).or_default();
                *keeper = keeper.show(now, &TIMES, epoch, secret)?;
            }
        }
        Ok(logs)
    }
}

/// The task of a call, if it is open and there is time.
fn open<'a>(task: Option<&'a TaskRecord>, at: &TaskAt, now: u64) -> Result<&'a TaskRecord, Refused> {
    let record = task.filter(|record| record.state.phase == Phase::Open && now < record.state.deadline).ok_or(Refused::Other)?;
    // Nothing is recorded of an open task but its opening.
    if at.history == record.bytes { Ok(record) } else { Err(Refused::Other) }
}

/// Why the contract refuses a call.
#[derive(Debug)]
pub(crate) enum Refused {
    Rules(JuryError),
    Other,
}

impl From<JuryError> for Refused {
    fn from(error: JuryError) -> Self {
        Self::Rules(error)
    }
}

impl Refused {
    fn into_chain_error(self, call: String) -> ChainError {
        let selector = match self {
            Self::Rules(error) => error.entry().selector,
            Self::Other => None,
        };
        let mut data: Vec<u8> = selector.into_iter().flatten().collect();
        if selector.is_some() {
            data.resize(4 + 32 * 4, 0);
        }
        ChainError::Reverted { call, error: RevertError::decode(data.into()) }
    }
}

/// The secrets of a key.
pub(crate) fn secrets_of(index: u8) -> SecretChain {
    secrets_from(index, FIRST_EPOCH)
}

/// The secrets of a key from an epoch on, as a service makes them.
pub(crate) fn secrets_from(index: u8, first: u32) -> SecretChain {
    static KNOWN: OnceLock<Mutex<BTreeMap<(u8, u32), SecretChain>>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap();
    let make = || {
        let key = Key::new(index);
        let made = pin!(SecretChain::of(&key, DOMAIN.chain_id, JURY, first)).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(made) = made else { panic!("a key in memory does not wait") };
        made.unwrap()
    };
    known.entry((index, first)).or_insert_with(make).clone()
}

/// Whether it is what a key signs to derive secrets from.
pub(crate) fn is_of_secrets(digest: B256) -> bool {
    let digest_of = |first: u32| {
        let parts: [&[u8]; 4] =
            [b"Cortensor.JurySecrets.v1", &DOMAIN.chain_id.to_be_bytes(), JURY.as_slice(), &first.to_be_bytes()];
        keccak256(parts.concat())
    };
    (FIRST_EPOCH..FIRST_EPOCH + 16).any(|first| digest_of(first) == digest)
}

#[async_trait]
impl Signer for Key {
    fn address(&self) -> Address {
        Self::address(self)
    }

    async fn sign_digest(&self, digest: B256) -> Result<[u8; 65], SignerError> {
        Ok(self.sign(digest))
    }
}

/// The task that a call is about.
fn task_of(call: &JuryCall) -> Option<B256> {
    match call {
        JuryCall::Summon { task, .. } | JuryCall::Dismiss { task, .. } => Some(task.id),
        JuryCall::Present { task, .. } => Some(*task),
        JuryCall::Enter { .. } | JuryCall::Reveal { .. } => None,
    }
}

impl World {
    /// A node comes into the roster, from the next epoch on.
    pub(crate) fn enter(&self, index: u8) {
        let now = self.now();
        self.ledger.lock().unwrap().change_court(|court| court.enter(Key::new(index).address(), now).unwrap());
    }

    /// A node goes out of the roster, from the next epoch on.
    pub(crate) fn leave(&self, index: u8) {
        let now = self.now();
        self.ledger.lock().unwrap().change_court(|court| court.leave(Key::new(index).address(), Exit::Left, now).unwrap());
    }

    /// Somebody brings a node's answer to a summons.
    pub(crate) fn bring_answer(&self, task: B256, index: u8) {
        let now = self.now();
        self.ledger.lock().unwrap().change_court(|court| {
            court.present.insert((task, Key::new(index).address()), now);
        });
    }

    /// Whether a node is in the roster of the next epoch.
    pub(crate) fn is_in_roster(&self, index: u8) -> bool {
        self.ledger.lock().unwrap().court().clone().open_slot(Key::new(index).address()).is_some()
    }

    /// The keeper's place with the jury is another from now on.
    pub(crate) fn change_keeper(&self, index: u8, change: impl FnOnce(&mut rules::Keeper)) {
        let change = |court: &mut Court| change(court.keepers.get_mut(&Key::new(index).address()).unwrap());
        self.ledger.lock().unwrap().change_court(change);
    }

    /// A keeper goes on with another chain of its key, from this epoch on.
    pub(crate) fn renew(&self, index: u8, first: u32) {
        let (who, now, anchor) = (Key::new(index).address(), self.now(), secrets_from(index, first).anchor());
        let renew = |court: &mut Court| {
            let keeper = court.keepers.get_mut(&who).unwrap();
            *keeper = keeper.renew(now, &TIMES, anchor, first)?;
            Ok::<_, JuryError>(JuryLogs::of_chain(who, first))
        };
        self.ledger.lock().unwrap().add_jury_block(renew, None).unwrap();
    }

    /// A keeper was none so far.
    pub(crate) fn never_enrolled(&self, index: u8) {
        self.change_keeper(index, |keeper| *keeper = rules::Keeper::default());
        self.ledger.lock().unwrap().clear_jury_logs();
    }

    /// A keeper posts its bond, with secrets from this epoch on.
    pub(crate) fn enrol(&self, index: u8, first: u32) {
        let (who, anchor) = (Key::new(index).address(), secrets_from(index, first).anchor());
        let enrol = |court: &mut Court| {
            let current = ShownChain::begin(anchor, first);
            court.keepers.insert(who, rules::Keeper { standing: Standing::Serving, current, ..rules::Keeper::default() });
            Ok::<_, JuryError>(JuryLogs::of_chain(who, first))
        };
        self.ledger.lock().unwrap().add_jury_block(enrol, None).unwrap();
    }

    /// The last epoch whose secret a keeper showed of the chain before its present one.
    pub(crate) fn shown_before(&self, index: u8) -> u32 {
        self.ledger.lock().unwrap().court().keepers[&Key::new(index).address()].previous.shown
    }

    /// The last epoch whose secret a keeper showed.
    pub(crate) fn shown(&self, index: u8) -> u32 {
        self.ledger.lock().unwrap().court().keepers[&Key::new(index).address()].current.shown
    }

    /// Somebody calls for a keeper's secret of an epoch.
    pub(crate) fn call_for_secret(&self, index: u8, epoch: u32) {
        let logs = JuryLogs { called: vec![(Key::new(index).address(), epoch)], ..JuryLogs::default() };
        self.ledger.lock().unwrap().add_jury_block(|_| Ok::<_, Refused>(logs), None).unwrap();
    }

    /// Who is drawn for a task by a keeper that found these absent.
    pub(crate) fn drawn(&self, id: B256, keeper: u8, absent: &[u8]) -> Vec<Address> {
        let absent: Vec<Address> = absent.iter().map(|index| Key::new(*index).address()).collect();
        let (record, ledger) = (self.task(id), self.ledger.lock().unwrap());
        ledger.court().drawn(&record, keeper, &absent)
    }

    /// A node's summons by a keeper.
    pub(crate) fn summons(&self, task: B256, keeper: u8, node: Address) -> Summons {
        let ledger = self.ledger.lock().unwrap();
        let found = ledger.court().summonses.get(&(task, Key::new(keeper).address(), node)).copied().unwrap_or_default();
        let is_present = ledger.court().present.contains_key(&(task, node));
        Summons { answer_by: Some(found.answer_by).filter(|until| *until != 0), is_present, is_absent: found.absent }
    }

    /// The logs of blocks, as far as the node has them.
    fn jury_logs<'a>(&self, ledger: &'a Ledger, from: u64, to: u64) -> impl Iterator<Item = &'a JuryLogs> + use<'a> {
        let known = ledger.head() - self.logs_lag_blocks.load(Ordering::Relaxed);
        ledger.jury_logs(from, to.min(known).max(from.saturating_sub(1)))
    }

    fn jury_reachable(&self) -> Result<(), ChainError> {
        let is_down = self.is_chain_down.load(Ordering::Relaxed) || self.is_jury_down.load(Ordering::Relaxed);
        if is_down { Err(unreachable()) } else { Ok(()) }
    }
}

fn unreachable() -> ChainError {
    ChainError::Unreachable { endpoint: "chain".to_owned(), reason: "connection refused".to_owned() }
}

#[async_trait]
impl Jury for Account {
    fn jury(&self) -> Address {
        JURY
    }

    async fn times(&self) -> Result<Times, ChainError> {
        self.world.jury_reachable()?;
        Ok(TIMES)
    }

    async fn keeper(&self, keeper: Address, block: Option<u64>) -> Result<KeeperRecord, ChainError> {
        self.world.jury_reachable()?;
        let ledger = self.world.ledger.lock().unwrap();
        let block = block.unwrap_or_else(|| ledger.head() - self.world.keeper_lag_blocks.load(Ordering::Relaxed));
        let found = ledger.court_at(block)?.keepers.get(&keeper).copied().unwrap_or_default();
        let rules::Keeper { standing, enrols_at, free_at, current, .. } = found;
        Ok(KeeperRecord { standing, enrols_at, free_at, shown: current })
    }

    async fn roster_length(&self, model: u64, epoch: u32, block: u64) -> Result<u32, ChainError> {
        self.world.jury_reachable()?;
        let strange_secs = self.world.strange_roster_secs.load(Ordering::Relaxed);
        if model != MODEL && strange_secs > 0 {
            Sundial(Arc::clone(&self.world)).sleep(Duration::from_secs(strange_secs)).await;
            return Err(unreachable());
        }
        Ok(if model == MODEL { self.world.ledger.lock().unwrap().court_at(block)?.length(epoch) } else { 0 })
    }

    async fn roster_slot(&self, model: u64, slot: u32, block: u64) -> Result<Option<RosterSlot>, ChainError> {
        self.world.jury_reachable()?;
        self.world.slot_reads.fetch_add(1, Ordering::Relaxed);
        let slot = usize::try_from(slot).unwrap();
        Ok(self.world.ledger.lock().unwrap().court_at(block)?.slots.get(slot).copied().filter(|_| model == MODEL))
    }

    async fn roster_entry(&self, node: Address, model: u64) -> Result<RosterEntry, ChainError> {
        self.world.jury_reachable()?;
        let mut court = self.world.ledger.lock().unwrap().court().clone();
        let found = court.entries.get(&node).copied().filter(|_| model == MODEL).unwrap_or_default();
        let is_in = model == MODEL && court.open_slot(node).is_some();
        Ok(RosterEntry { is_in, slot: found.slot.unwrap_or_default(), barred_until: found.barred_until })
    }

    async fn summons(&self, task: B256, keeper: Address, node: Address) -> Result<Summons, ChainError> {
        self.world.jury_reachable()?;
        let index = crate::world::index_of(keeper);
        Ok(self.world.summons(task, index, node))
    }

    async fn summoned(&self, node: Address, from: u64, to: u64) -> Result<Vec<B256>, ChainError> {
        self.world.jury_reachable()?;
        let ledger = self.world.ledger.lock().unwrap();
        let found = self.world.jury_logs(&ledger, from, to).flat_map(|logs| &logs.summoned);
        let found: BTreeSet<B256> = found.filter(|(_, summoned)| *summoned == node).map(|(task, _)| *task).collect();
        Ok(found.into_iter().collect())
    }

    async fn called_secrets(&self, keeper: Address, from: u64, to: u64) -> Result<Vec<u32>, ChainError> {
        self.world.jury_reachable()?;
        if self.world.is_calling_hidden.load(Ordering::Relaxed) {
            return Err(unreachable());
        }
        let ledger = self.world.ledger.lock().unwrap();
        let found = self.world.jury_logs(&ledger, from, to).flat_map(|logs| &logs.called);
        Ok(found.filter(|(called, _)| *called == keeper).map(|(_, epoch)| *epoch).collect())
    }

    async fn chains_begun(&self, keeper: Address, known: u32) -> Result<Vec<u32>, ChainError> {
        self.world.jury_reachable()?;
        let ledger = self.world.ledger.lock().unwrap();
        let begun = self.world.jury_logs(&ledger, 0, ledger.head()).flat_map(|logs| &logs.begun);
        let begun: BTreeSet<u32> = begun.filter(|(who, _)| *who == keeper).map(|(_, first)| *first).collect();
        let lacks = || ChainError::HistoryMissing { what: format!("the log of the chain {known}"), detail: String::new() };
        if begun.contains(&known) { Ok(begun.into_iter().collect()) } else { Err(lacks()) }
    }

    async fn send(&self, call: JuryCall) -> Result<SentCall, ChainError> {
        self.world.jury_reachable()?;
        let (me, key) = (self.key.address(), call.effect_key());
        self.world.pleaded.lock().unwrap().push((me, call.clone()));
        let takes = self.world.jury_takes_secs.load(Ordering::Relaxed);
        if takes > 0 {
            Sundial(Arc::clone(&self.world)).sleep(Duration::from_secs(takes)).await;
        }
        if self.world.is_frozen.load(Ordering::Relaxed) {
            return Err(unreachable());
        }
        let effect = (me, key.clone());
        let mut ledger = self.world.ledger.lock().unwrap();
        if ledger.block_of(&effect).is_none() {
            let is_unfit = |node: &Address| self.world.unfit.lock().unwrap().contains(node);
            if matches!(&call, JuryCall::Enter { node, .. } if is_unfit(node)) {
                return Err(Refused::Other.into_chain_error(key));
            }
            let (now, task) = (self.world.now(), task_of(&call).and_then(|id| ledger.task(id)));
            let applied = ledger.add_jury_block(|court| court.apply(&call, me, now, task.as_ref()), Some(effect.clone()));
            applied.map_err(|refused| refused.into_chain_error(key.clone()))?;
            self.world.sent.lock().unwrap().push((me, key));
        }
        let block_number = ledger.block_of(&effect).unwrap();
        Ok(SentCall { transaction: B256::ZERO, block_number, gas_used: 1 })
    }
}

/// What the contract refuses is told by its own error.
#[test]
fn a_refusal_is_an_error_of_the_contract() {
    let refused = Refused::from(JuryError::Barred { until: 7 }).into_chain_error("enter".to_owned());
    assert_eq!(refused.code(), "JURY-016", "{refused}");
}
