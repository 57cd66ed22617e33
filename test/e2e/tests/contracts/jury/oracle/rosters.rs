//! Rosters of nodes, and draws from them.

use alloy::primitives::{Address, B256, U256, keccak256};
use cor_kit::solo::Refused;
use cor_sol::jury::IJury;

use super::{
    super::world::{ABSENCE_EPOCHS, DISPUTE_SECS},
    Around, Opening, Oracle, Said, refusal,
    settings::unauthorized,
    starts,
};

/// Tries of a draw.
const TRIES: u32 = 1_024;

/// How a node went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Left,
    Struck,
    Dismissed,
    Outdated,
}

/// A node on a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub(crate) node: Address,
    pub(crate) operator: Address,
    pub(crate) from: u32,
    /// From when on it is not in any more, and the number of the closing.
    pub(crate) closed: Option<(u32, u64)>,
}

impl Stay {
    fn active(&self, epoch: u32) -> bool {
        self.from <= epoch && self.closed.is_none_or(|(until, _)| epoch < until)
    }
}

/// A node and a model.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) inside: bool,
    pub(crate) slot: u32,
    pub(crate) barred_until: u32,
    /// It left or was found absent: nobody else brings it back.
    pub(crate) withdrawn: bool,
}

impl Oracle {
    pub(super) fn entry(&self, node: Address, model: u64) -> Entry {
        self.entries.get(&(node, model)).copied().unwrap_or_default()
    }

    /// Slots of a roster in an epoch: those that somebody had by then.
    pub(crate) fn length(&self, model: u64, epoch: u32) -> u32 {
        let slots = self.rosters.get(&model).into_iter().flatten();
        u32::try_from(slots.filter(|stays| stays[0].from <= epoch).count()).expect("few slots")
    }

    /// Who has a slot, or had it last.
    pub(crate) fn stay(&self, model: u64, slot: u32) -> Option<&Stay> {
        self.rosters.get(&model)?.get(usize::try_from(slot).expect("a small number"))?.last()
    }

    pub(super) fn enter(&mut self, around: &Around<'_>, call: &IJury::enterCall, said: &mut Said) -> Result<u32, Refused> {
        let (node, model, from) = (call.node, call.model, around.epoch() + 1);
        let entry = self.entry(node, model);
        if entry.inside {
            return Err(refusal(&IJury::InRoster { node, model }));
        }
        if from < entry.barred_until {
            return Err(refusal(&IJury::EntryBarred { node, model, until: entry.barred_until }));
        }
        let reason = (around.eligibility)(node, model);
        if reason != 0 {
            return Err(refusal(&IJury::NotEligible { node, reason }));
        }
        let operator = (around.node)(node).operator;
        if entry.withdrawn && ![node, operator].contains(&around.from) {
            return Err(unauthorized(around.from, operator));
        }
        let stay = Stay { node, operator, from, closed: None };
        let free = self.longest_free(model, around.now);
        let slots = self.rosters.entry(model).or_default();
        let slot = free.unwrap_or(slots.len());
        if slot == slots.len() {
            slots.push(Vec::new());
        }
        slots[slot].push(stay);
        let slot = u32::try_from(slot).expect("few slots");
        self.entries.insert((node, model), Entry { inside: true, slot, withdrawn: false, ..entry });
        said.log(&IJury::SlotTaken { model, slot, node, operator, from });
        Ok(slot)
    }

    /// The slot that has been free for longest, if no dispute needs who had it.
    fn longest_free(&self, model: u64, now: u64) -> Option<usize> {
        let slots = self.rosters.get(&model)?.iter().enumerate();
        let closed = slots.filter_map(|(slot, stays)| stays.last()?.closed.map(|(until, number)| (number, until, slot)));
        let (_, until, slot) = closed.min()?;
        (now >= reusable_at(until)).then_some(slot)
    }

    fn inside(&self, node: Address, model: u64) -> Result<Stay, Refused> {
        let entry = self.entry(node, model);
        let stay = self.stay(model, entry.slot).filter(|_| entry.inside);
        stay.copied().ok_or_else(|| refusal(&IJury::NotInRoster { node, model }))
    }

    pub(super) fn close(&mut self, around: &Around<'_>, node: Address, model: u64, why: Reason, said: &mut Said) {
        let until = around.epoch() + 1;
        let entry = self.entries.get_mut(&(node, model)).expect("it is inside");
        entry.inside = false;
        entry.barred_until = if why == Reason::Outdated { until } else { until + ABSENCE_EPOCHS };
        entry.withdrawn = matches!(why, Reason::Left | Reason::Dismissed);
        let (slot, barred_until) = (entry.slot, entry.barred_until);
        self.closings += 1;
        let stays = &mut self.rosters.get_mut(&model).expect("a roster")[usize::try_from(slot).expect("a small number")];
        stays.last_mut().expect("somebody's").closed = Some((until, self.closings));
        let reason = match why {
            Reason::Left => 0,
            Reason::Struck => 1,
            Reason::Dismissed => 2,
            Reason::Outdated => 3,
        };
        said.log(&IJury::SlotClosed { model, slot, node, until, barredUntil: barred_until, reason });
    }

    pub(super) fn leave(&mut self, around: &Around<'_>, call: &IJury::leaveCall, said: &mut Said) -> Result<(), Refused> {
        let stay = self.inside(call.node, call.model)?;
        if ![stay.node, stay.operator].contains(&around.from) {
            return Err(unauthorized(around.from, stay.operator));
        }
        self.close(around, call.node, call.model, Reason::Left, said);
        Ok(())
    }

    /// Whether a node is fit: what is against it, if anything is, and whether that is its software, which the pool tells before its models.
    pub(super) fn unfit(around: &Around<'_>, node: Address, model: u64, operator: Address) -> Option<bool> {
        let info = (around.node)(node);
        let old = info.version < (around.oldest)();
        let serves = info.registered && !info.draining;
        let fit = serves && !old && info.models.contains(&model) && info.operator == operator;
        (!fit).then_some(serves && old)
    }

    pub(super) fn strike(&mut self, around: &Around<'_>, call: &IJury::strikeCall, said: &mut Said) -> Result<(), Refused> {
        let (node, model) = (call.node, call.model);
        let stay = self.inside(node, model)?;
        let Some(outdated) = Self::unfit(around, node, model, stay.operator) else {
            return Err(refusal(&IJury::NodeFit { node, model }));
        };
        let why = if outdated { Reason::Outdated } else { Reason::Struck };
        self.close(around, node, model, why, said);
        Ok(())
    }

    /// Who had a slot in an epoch.
    pub(super) fn active(&self, model: u64, slot: usize, epoch: u32) -> Option<&Stay> {
        self.rosters.get(&model)?.get(slot)?.iter().find(|stay| stay.active(epoch))
    }

    /// Who is to serve a task, at most as many as its replicas; whom the keeper found absent only if the crew has it.
    pub(super) fn draw(&self, task: &Opening, keeper: Address, secret: B256, block: B256, crew: &[Address]) -> Vec<Address> {
        let epoch = super::epoch_of(task.time);
        let length = self.length(task.model, epoch);
        let seed = keccak256([secret, block, task.id].concat());
        let (mut nodes, mut operators) = (Vec::new(), Vec::new());
        for k in 0..TRIES {
            if length == 0 || nodes.len() == task.replicas {
                break;
            }
            let hash = keccak256([seed.as_slice(), &k.to_be_bytes()].concat());
            let slot: usize = (U256::from_be_bytes(hash.0) % U256::from(length)).to();
            let Some(Stay { node, operator, .. }) = self.active(task.model, slot, epoch).copied() else { continue };
            let absent = self.summons.get(&(task.id, keeper, node)).is_some_and(|summons| summons.absent);
            if nodes.contains(&node) || operators.contains(&operator) || (absent && !crew.contains(&node)) {
                continue;
            }
            nodes.push(node);
            operators.push(operator);
        }
        nodes
    }
}

/// When the last task of the epochs in which a slot was somebody's is beyond dispute.
pub(crate) fn reusable_at(until: u32) -> u64 {
    starts(until) + u64::from(DISPUTE_SECS)
}
