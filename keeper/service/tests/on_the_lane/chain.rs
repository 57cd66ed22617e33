//! The chain of the world: blocks with tasks, and an account that reads and writes it.

use std::collections::BTreeMap;
use std::sync::{Arc, atomic::Ordering};

use alloy_primitives::{Address, B256, Bytes, U256};
use async_trait::async_trait;
use cor_ports::domain::{CorWei, Head, LaneCall, LaneDomain, NodeRecord, Phase, Seat, SentCall, Status, TaskRecord};
use cor_ports::{Chain, ChainError, RevertError, Signer, SignerError};

use crate::jury::{Court, JuryLogs};
use crate::lane::{DOMAIN, Key, Refused, apply, task_of};
use crate::world::{KEEPER, World};

/// First block that can hold a log.
pub(crate) const FROM_BLOCK: u64 = 10;

#[derive(Clone, Default)]
struct Block {
    tasks: BTreeMap<B256, TaskRecord>,
    earned: BTreeMap<Address, u64>,
    touched: Option<B256>,
    effect: Option<(Address, String)>,
    court: Court,
    logs: JuryLogs,
}

/// All blocks; each has all that was there then, so that the chain can be rolled back.
pub(crate) struct Ledger {
    blocks: Vec<Block>,
    /// Which of the chains that could have been: it changes with each rollback.
    pub(crate) fork: u8,
}

impl Ledger {
    /// The first blocks, in which the jury is as given.
    pub(crate) fn new(court: Court) -> Self {
        let first = usize::try_from(FROM_BLOCK).unwrap();
        let logs = court.logs();
        let mut blocks = vec![Block { court, ..Block::default() }; first];
        blocks[0].logs = logs;
        Self { blocks, fork: 0 }
    }

    /// No log tells of the jury what happened so far.
    pub(crate) fn clear_jury_logs(&mut self) {
        self.blocks.iter_mut().for_each(|block| block.logs = JuryLogs::default());
    }

    pub(crate) fn head(&self) -> u64 {
        u64::try_from(self.blocks.len()).unwrap() - 1
    }

    fn last(&self) -> &Block {
        self.blocks.last().unwrap()
    }

    pub(crate) fn task(&self, id: B256) -> Option<TaskRecord> {
        self.last().tasks.get(&id).cloned()
    }

    pub(crate) fn add_block(&mut self, task: Option<TaskRecord>, effect: Option<(Address, String)>) {
        let touched = task.as_ref().map(|task| task.id);
        let mut block = Block { touched, effect, logs: JuryLogs::default(), ..self.last().clone() };
        if let Some(task) = task {
            let before = block.tasks.insert(task.id, task.clone());
            if task.state.phase == Phase::Ended && task.state.status == Status::Completed {
                pay(&mut block, &before.unwrap(), &task);
            }
        }
        self.blocks.push(block);
    }

    /// A block with what is done to the jury, if that does not refuse it.
    pub(crate) fn add_jury_block<E>(
        &mut self,
        change: impl FnOnce(&mut Court) -> Result<JuryLogs, E>,
        effect: Option<(Address, String)>,
    ) -> Result<(), E> {
        let mut block = Block { touched: None, effect, ..self.last().clone() };
        block.logs = change(&mut block.court)?;
        self.blocks.push(block);
        Ok(())
    }

    /// The jury is another from this block on, which no log tells.
    pub(crate) fn change_court(&mut self, change: impl FnOnce(&mut Court)) {
        self.add_block(None, None);
        change(&mut self.blocks.last_mut().unwrap().court);
    }

    pub(crate) fn court(&self) -> &Court {
        &self.last().court
    }

    /// The jury as of a block; who asks a node for one that it does not have yet is refused.
    pub(crate) fn court_at(&self, block: u64) -> Result<&Court, ChainError> {
        let lacks = || ChainError::HistoryMissing { what: format!("block {block}"), detail: "it is not there yet".to_owned() };
        self.blocks.get(usize::try_from(block).unwrap()).map(|block| &block.court).ok_or_else(lacks)
    }

    pub(crate) fn jury_logs(&self, from: u64, to: u64) -> impl Iterator<Item = &JuryLogs> {
        let range = usize::try_from(from).unwrap()..usize::try_from(to).unwrap() + 1;
        self.blocks.get(range).unwrap_or_default().iter().map(|block| &block.logs)
    }

    /// The block that brought an effect about.
    pub(crate) fn block_of(&self, effect: &(Address, String)) -> Option<u64> {
        let place = self.blocks.iter().position(|block| block.effect.as_ref() == Some(effect))?;
        Some(u64::try_from(place).unwrap())
    }

    /// Empty blocks.
    pub(crate) fn grow(&mut self, count: u64) {
        (0..count).for_each(|_| self.add_block(None, None));
    }

    /// Takes the last blocks back.
    pub(crate) fn roll_back(&mut self, count: u64) {
        let left = self.blocks.len() - usize::try_from(count).unwrap();
        self.blocks.truncate(left);
        self.fork += 1;
    }

    pub(crate) fn earn(&mut self, miner: Address, amount: u64) {
        self.blocks.last_mut().unwrap().earned.insert(miner, amount);
    }
}

/// Pays those that agree with the result, as far as their addresses are known here.
fn pay(block: &mut Block, before: &TaskRecord, after: &TaskRecord) {
    let winner = after.state.winner(after.history.opening.terms.quorum_bps);
    for (miner, seat) in before.history.miners().into_iter().zip(after.state.taken()) {
        if matches!((seat, winner), (Seat::Follows(leader), Some(winner)) if leader == winner) {
            *block.earned.entry(miner).or_default() += after.history.opening.price.per_replica;
        }
    }
}

/// A key on the world's chain.
pub(crate) struct Account {
    pub(crate) world: Arc<World>,
    pub(crate) key: Key,
}

impl Account {
    /// Does what the contract would.
    pub(crate) fn apply(&self, call: &LaneCall) -> Result<(), Refused> {
        let me = self.key.address();
        let mut ledger = self.world.ledger.lock().unwrap();
        let task = task_of(call).and_then(|id| ledger.task(id)).ok_or(Refused::Task)?;
        let is_keeper = |account: Address| self.world.keepers.lock().unwrap().contains(&account);
        let mut after = apply(&task, call, me, self.world.now(), is_keeper)?;
        self.audit(&task, call, ledger.court());
        // The completion tells who earned, and leaves no record of it.
        if let LaneCall::Complete { answers, .. } = call {
            for answer in answers {
                *ledger.blocks.last_mut().unwrap().earned.entry(answer.miner).or_default() += 5;
            }
        }
        after.id = task.id;
        ledger.add_block(Some(after), Some((me, call.effect_key())));
        self.world.sent.lock().unwrap().push((me, call.effect_key()));
        Ok(())
    }

    /// A crew that a running keeper brings is right.
    fn audit(&self, task: &TaskRecord, call: &LaneCall, court: &Court) {
        let crew: Vec<Address> = match call {
            LaneCall::Complete { answers, server, .. } if server.assign.is_none() => {
                answers.iter().map(|answer| answer.miner).collect()
            }
            LaneCall::Start { seats, server, .. } if server.assign.is_none() => seats.iter().map(|(miner, _)| *miner).collect(),
            _ => return,
        };
        let is_running = self.key.address() == Key::new(KEEPER).address() && self.world.keeper.lock().unwrap().is_some();
        if is_running && !court.is_right(task, KEEPER, &crew) {
            self.world.lies.lock().unwrap().push(format!("{crew:?} for {task:?}"));
        }
    }

    fn reachable(&self) -> Result<(), ChainError> {
        if self.world.is_chain_down.load(Ordering::Relaxed) { Err(unreachable()) } else { Ok(()) }
    }
}

fn unreachable() -> ChainError {
    ChainError::Unreachable { endpoint: "chain".to_owned(), reason: "connection refused".to_owned() }
}

#[async_trait]
impl Chain for Account {
    fn domain(&self) -> LaneDomain {
        DOMAIN
    }

    fn address(&self) -> Address {
        self.key.address()
    }

    async fn head(&self) -> Result<Head, ChainError> {
        self.reachable()?;
        let off = self.world.heads_off.lock().unwrap().get_mut(&self.key.address()).and_then(|off| off.pop_front());
        let number = self.world.ledger.lock().unwrap().head().checked_add_signed(off.unwrap_or_default()).unwrap();
        Ok(Head { number, timestamp_secs: self.world.now() })
    }

    fn first_block(&self) -> u64 {
        FROM_BLOCK
    }

    async fn touched_tasks(&self, from: u64, to: u64) -> Result<Vec<B256>, ChainError> {
        self.reachable()?;
        self.world.ranges.lock().unwrap().push((self.key.address(), from, to));
        let ledger = self.world.ledger.lock().unwrap();
        // Of blocks that there are not a node has no logs, and does not say so.
        let range = usize::try_from(from).unwrap()..=usize::try_from(to.min(ledger.head())).unwrap();
        Ok(ledger.blocks.get(range).unwrap_or_default().iter().filter_map(|block| block.touched).collect())
    }

    async fn task(&self, id: B256) -> Result<Option<TaskRecord>, ChainError> {
        self.reachable()?;
        let is_unread = self.world.unread_tasks.lock().unwrap().contains(&id);
        if is_unread || self.world.are_tasks_unread.load(Ordering::Relaxed) {
            return Err(unreachable());
        }
        self.world.reads.fetch_add(1, Ordering::Relaxed);
        Ok(self.world.ledger.lock().unwrap().task(id))
    }

    async fn is_keeper(&self, account: Address) -> Result<bool, ChainError> {
        self.reachable()?;
        Ok(self.world.keepers.lock().unwrap().contains(&account))
    }

    async fn node(&self, _: Address) -> Result<Option<NodeRecord>, ChainError> {
        Ok(None)
    }

    async fn earnings(&self, account: Address) -> Result<CorWei, ChainError> {
        self.reachable()?;
        let ledger = self.world.ledger.lock().unwrap();
        Ok(U256::from(ledger.last().earned.get(&account).copied().unwrap_or_default()))
    }

    async fn send(&self, call: LaneCall) -> Result<SentCall, ChainError> {
        self.reachable()?;
        let (me, key) = (self.key.address(), call.effect_key());
        self.world.tried.lock().unwrap().push((me, call.clone()));
        if self.world.is_frozen.load(Ordering::Relaxed) {
            return Err(unreachable());
        }
        let sent = |block_number| SentCall { transaction: B256::ZERO, block_number, gas_used: 1 };
        if let LaneCall::PayEarnings { miner, .. } = call {
            let failures = &self.world.claim_failures;
            if failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                return Err(unreachable());
            }
            let mut ledger = self.world.ledger.lock().unwrap();
            ledger.add_block(None, Some((me, key.clone())));
            ledger.earn(miner, 0);
            self.world.sent.lock().unwrap().push((me, key));
            return Ok(sent(ledger.head()));
        }
        {
            let ledger = self.world.ledger.lock().unwrap();
            if let Some(block) = ledger.block_of(&(me, key.clone())) {
                return Ok(sent(block));
            }
        }
        match self.apply(&call) {
            Ok(()) => Ok(sent(self.world.ledger.lock().unwrap().head())),
            Err(_) => {
                let error = RevertError::Unknown { selector: None, data: Bytes::new() };
                Err(ChainError::Reverted { call: key, error })
            }
        }
    }
}

#[async_trait]
impl Signer for Account {
    fn address(&self) -> Address {
        self.key.address()
    }

    async fn sign_digest(&self, digest: B256) -> Result<[u8; 65], SignerError> {
        self.world.signed.lock().unwrap().push((self.key.address(), digest));
        Ok(self.key.sign(digest))
    }
}
