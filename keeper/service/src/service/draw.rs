//! Drawing crews: the chain is asked for whatever the draw lands on, and for nothing else. A draw runs by itself, since one of a roster in which hardly
//! anybody is left asks many times, and what has a deadline must not wait for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::{Address, B256};
use cor_core::task::jury::{JuryError, draw::Drawable};
use cor_ports::ChainError;
use cor_ports::domain::TaskRecord;
use cor_ports::jury::{self, Jury, Summons};
use tokio::sync::Notify;

use super::job::{Job, Panicked, finished};
use crate::machine::keeper::{Draw, DrawnSeat};

/// Most draws under way.
const DRAWS_MAX: usize = 16;

/// Why there is no crew.
#[derive(Debug)]
pub(super) enum DrawError {
    /// The chain cannot be asked.
    Chain(ChainError),
    /// The roster has too few.
    Jury(JuryError),
    /// The draw panicked; its message is in the log.
    Panicked,
}

impl From<ChainError> for DrawError {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

/// What is drawn for a task.
#[derive(Debug)]
pub(super) struct Lot {
    /// The task.
    pub(super) record: TaskRecord,
    /// The epoch of its submission.
    pub(super) epoch: u32,
    /// This keeper's secret of it.
    pub(super) secret: B256,
    /// A block that the chain has by now, not before that of the submission: the roster is read as of it.
    pub(super) block: u64,
}

type Running = Job<Result<Draw, DrawError>>;

/// The draws that are under way.
pub(super) struct Draws {
    running: BTreeMap<B256, Option<Running>>,
    /// For which one was started last.
    last: B256,
    /// Told by each when it is done.
    pub(super) done: Arc<Notify>,
}

impl Draws {
    pub(super) fn new() -> Self {
        Self { running: BTreeMap::new(), last: B256::ZERO, done: Arc::new(Notify::new()) }
    }

    /// Whether one more may be started for this task.
    pub(super) fn has_room_for(&self, task: B256) -> bool {
        self.running.len() < DRAWS_MAX && !self.running.contains_key(&task)
    }

    /// Of these, in the order of their numbers, those for which a draw may be started, in the order in which it is their turn: round and round, or those of low
    /// numbers would keep out the others if theirs take long and fail.
    pub(super) fn in_turn(&self, mut tasks: Vec<TaskRecord>) -> Vec<TaskRecord> {
        tasks.retain(|task| self.has_room_for(task.id));
        let next = tasks.partition_point(|task| task.id <= self.last);
        tasks.rotate_left(next);
        tasks
    }

    /// Draws for a task.
    pub(super) fn start(&mut self, jury: Arc<dyn Jury>, keeper: Address, lot: Lot) {
        let task = lot.record.id;
        self.last = task;
        let job = Job::start(&self.done, async move { draw(jury.as_ref(), keeper, &lot).await });
        self.running.insert(task, Some(job));
    }

    /// Ends all of them: the chain that they asked is not that of now.
    pub(super) fn drop_all(&mut self) {
        self.running.clear();
    }

    /// Takes out those that are done.
    pub(super) fn collect(&mut self) -> Vec<(B256, Result<Draw, DrawError>)> {
        let done = |(task, job): (&B256, &mut Option<Running>)| {
            let result = finished(job)?;
            Some((*task, result.unwrap_or_else(|Panicked| Err(DrawError::Panicked))))
        };
        let done: Vec<_> = self.running.iter_mut().filter_map(done).collect();
        self.running.retain(|_, job| job.is_some());
        done
    }
}

/// A slot that the draw landed on: who can be drawn by it, and whether the keeper found that one absent.
type Found = Option<(Drawable, Summons)>;

/// Draws a crew without those that the keeper found absent from the task. If there are too few others it goes by the crew with them: they may come back, and
/// a quorum may do without.
async fn draw(jury: &dyn Jury, keeper: Address, lot: &Lot) -> Result<Draw, DrawError> {
    let model = lot.record.history.opening.terms.model;
    let length = jury.roster_length(model, lot.epoch, lot.block).await?;
    let mut known = BTreeMap::new();
    let without = attempt(jury, keeper, lot, length, &mut known, true).await?;
    let has_absent = known.values().flatten().any(|(_, summons): &(Drawable, Summons)| summons.is_absent);
    let (crew, skips) = match without {
        Err(JuryError::TooFewFound { .. }) if has_absent => (attempt(jury, keeper, lot, length, &mut known, false).await?, false),
        other => (other, true),
    };
    let miners = crew.map_err(DrawError::Jury)?;
    let seat = |miner: &Address| {
        let of_miner = |(slot, found): (&u32, &Found)| {
            let (drawable, summons) = (*found)?;
            (drawable.node == *miner).then_some(DrawnSeat { node: drawable.node, slot: *slot, summons })
        };
        known.iter().find_map(of_miner)
    };
    let seats = miners.iter().filter_map(seat).collect();
    let found = known.values().flatten();
    let absent: BTreeSet<Address> = found.filter(|(_, summons)| summons.is_absent).map(|(drawable, _)| drawable.node).collect();
    let passed_over = if skips { absent.clone() } else { BTreeSet::new() };
    Ok(Draw { block_hash: lot.record.submission.block_hash, seats, passed_over, absent })
}

/// The draw, asking for what is not known of the slots that it lands on.
async fn attempt(
    jury: &dyn Jury,
    keeper: Address,
    lot: &Lot,
    length: u32,
    known: &mut BTreeMap<u32, Found>,
    skips_absent: bool,
) -> Result<Result<Vec<Address>, JuryError>, ChainError> {
    let wanted = usize::from(lot.record.history.opening.terms.replicas);
    loop {
        // As long as something is not known the draw cannot be done with less than as many more slots as it lacks nodes: so many are asked for at a time.
        let (mut seen, mut missing) = (BTreeSet::new(), Vec::new());
        let drawn = jury::crew(&lot.record, lot.secret, length, |slot| match known.get(&slot) {
            Some(found) => {
                let (drawable, _) = found.filter(|(_, summons)| !(skips_absent && summons.is_absent))?;
                if missing.is_empty() {
                    seen.insert(drawable.node);
                }
                Some(drawable)
            }
            None => {
                // Of two nodes of one operator only one is drawn: what was seen may be more than what the draw has.
                let is_needed = missing.is_empty() || seen.len().saturating_add(missing.len()) < wanted;
                if is_needed && !missing.contains(&slot) {
                    missing.push(slot);
                }
                None
            }
        });
        if missing.is_empty() {
            return Ok(drawn);
        }
        for slot in missing {
            known.insert(slot, look(jury, keeper, lot, slot).await?);
        }
    }
}

/// Who can be drawn by a slot in the epoch of the task.
async fn look(jury: &dyn Jury, keeper: Address, lot: &Lot, number: u32) -> Result<Found, ChainError> {
    let found = jury.roster_slot(lot.record.history.opening.terms.model, number, lot.block).await?;
    let Some(found) = found.filter(|found| found.slot.is_active(lot.epoch)) else { return Ok(None) };
    let drawable = Drawable { node: found.slot.node, operator: found.operator };
    Ok(Some((drawable, jury.summons(lot.record.id, keeper, drawable.node).await?)))
}
