//! Who can be drawn: nodes enter and leave, and those that do not answer are summoned.

use alloc::vec::Vec;

use alloy_primitives::{keccak256, Address, B256, U64};
use alloy_sol_types::SolCall as _;
use cor_contract_shared::{
    abi::{message, Decode, Decoder, LanePeer, NodePool, Octets},
    check_signature, encoded, log, view_raw, Revert, Signature, Unauthorized,
};
use cor_core::node::pool::Ineligible;
use cor_core::task::eip712::domain_separator;
use cor_core::task::jury::{answer, close, evidence, take, Closed, Exit, JuryError, Rolls, Slot};
use cor_core::task::lane::{messages, LanePhase};
use stylus_sdk::prelude::*;

use crate::{
    abi::{error, malformed, refuse, Absent, Present, SlotClosed, SlotTaken, Subject, Summoned},
    Jury,
};

/// Which task is meant, and its opening.
pub(crate) struct Told {
    pub(crate) payer: Address,
    pub(crate) sequence: u64,
    pub(crate) opening: Octets,
}

impl Decode for Told {
    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self { payer: Decode::decode(from)?, sequence: Decode::decode(from)?, opening: Decode::decode(from)? })
    }
}

/// A task as the lane has it, with what its draw depends on.
pub(crate) struct Asked {
    pub(crate) task: B256,
    pub(crate) opening_hash: B256,
    pub(crate) order: evidence::Order,
    pub(crate) state: B256,
    pub(crate) seal: B256,
}

impl Jury {
    /// Brings a node into a roster; anyone.
    /// Arguments, errors, events: `IJury.enter`.
    pub(crate) fn enter(&mut self, node: Address, model: u64) -> Result<u32, Revert> {
        let (now, times) = self.clock();
        let (entry, is_in) = self.rosters.getter(model).entry_of(node);
        let from = entry.enter(is_in, now, &times).map_err(about_node(node, model))?;
        let reason = self.eligibility(node, model)?;
        if reason != 0 {
            return Err(error!(NotEligible, node, reason));
        }
        let (operator, caller) = (self.operator_of(node)?, self.vm().msg_sender());
        if entry.has_left && caller != node && caller != operator {
            return Err(Unauthorized { caller, required: operator }.into());
        }
        let slot = take(&mut *self.rosters.setter(model), node, operator, from, now, &times);
        log!(self, SlotTaken[model, slot, node] operator, from);
        Ok(slot)
    }

    /// Takes a node out; the node and its operator.
    /// Arguments, errors, events: `IJury.leave`.
    pub(crate) fn leave(&mut self, node: Address, model: u64) -> Result<(), Revert> {
        let operator = self.must_be_in(node, model)?;
        let caller = self.vm().msg_sender();
        if caller != node && caller != operator {
            return Err(Unauthorized { caller, required: operator }.into());
        }
        self.put_out(node, model, Exit::Left);
        Ok(())
    }

    /// Takes a node out that is not fit any more; anyone.
    /// Arguments, errors, events: `IJury.strike`.
    pub(crate) fn strike(&mut self, node: Address, model: u64) -> Result<(), Revert> {
        let operator = self.must_be_in(node, model)?;
        let exit = self.unfitness(node, model, operator)?.ok_or_else(|| error!(NodeFit, node, model))?;
        self.put_out(node, model, exit);
        Ok(())
    }

    /// Summons a node; keepers that serve.
    /// Arguments, errors, events: `IJury.summon`.
    pub(crate) fn summon(&mut self, told: Told, slot: u32) -> Result<Address, Revert> {
        let (now, times) = self.clock();
        let keeper = self.vm().msg_sender();
        self.keepers.getter(keeper).get().must_serve().map_err(about_keeper(keeper))?;
        let Asked { task, order, .. } = self.open_task(told)?;
        let model = order.model;
        let slot = self.rosters.getter(model).slot(slot);
        let (node, subject) = (slot.node, Subject { task, account: slot.node, model, epoch: 0 });
        if node.is_zero() || !slot.is_active(times.epoch(order.time)) {
            return Err(refuse(JuryError::NotInRoster, subject));
        }
        let mut record = self.summons.setter(evidence::summons_key(task, keeper, node));
        let summons = record.get().call(now, &times).map_err(|error| refuse(error, subject))?;
        record.set(summons);
        log!(self, Summoned[task, keeper, node] summons.answer_by);
        Ok(node)
    }

    /// Says that a node is there; the node, or anyone with its signature.
    /// Arguments, errors, events: `IJury.present`.
    pub(crate) fn present(&mut self, task: B256, node: Address, signature: Octets) -> Result<(), Revert> {
        if self.vm().msg_sender() != node {
            let domain = domain_separator(evidence::JURY_NAME_HASH, self.vm().chain_id(), self.vm().contract_address());
            let digest = evidence::present_digest(domain, task);
            check_signature(self.vm(), digest, Signature::from_compact(&signature.0), node)
                .map_err(|signer| error!(InvalidSignature, signer, node))?;
        }
        let now = self.vm().block_timestamp();
        let present_at = answer(self.present_at(task, node), now).map_err(about_task(task, node))?;
        self.presences.setter(evidence::presence_key(task, node)).set(U64::from(present_at));
        log!(self, Present[task, node]);
        Ok(())
    }

    /// Finds a node absent; the keeper that summoned it.
    /// Arguments, errors, events: `IJury.dismiss`.
    pub(crate) fn dismiss(&mut self, told: Told, node: Address) -> Result<(), Revert> {
        let keeper = self.vm().msg_sender();
        self.keepers.getter(keeper).get().must_serve().map_err(about_keeper(keeper))?;
        let Asked { task, order, .. } = self.open_task(told)?;
        let (key, model) = (evidence::summons_key(task, keeper, node), order.model);
        // Only the answer of a node that could serve counts.
        let exit = match self.present_at(task, node) {
            0 => Some(Exit::Dismissed),
            _ => self.unfitness(node, model, self.last_slot(node, model).1)?,
        };
        let summons = self.summons.getter(key).get();
        let summons = summons.dismiss(self.vm().block_timestamp(), exit.is_none()).map_err(about_task(task, node))?;
        self.summons.setter(key).set(summons);
        log!(self, Absent[task, keeper, node]);
        // Without any, it was refused.
        let exit = exit.filter(|exit| *exit == Exit::Outdated).unwrap_or(Exit::Dismissed);
        self.put_out(node, model, exit);
        Ok(())
    }
}

impl Jury {
    /// A task, if the bytes are of an opening's form, as the lane has it now.
    #[inline(never)]
    pub(crate) fn ask_lane(&self, told: Told) -> Result<Asked, Revert> {
        let Told { payer, sequence, opening: Octets(opening) } = told;
        let order = evidence::Order::read(&opening).ok_or_else(|| malformed("opening"))?;
        let answer = view_raw(self, self.lane.get(), &message(LanePeer::taskOfCall::SELECTOR, encoded!(payer, sequence)))?;
        let mut words = Decoder::new(&answer);
        let (Some(state), Some(seal)) = (words.word(), words.word()) else { return Err(Revert::raw(Vec::new())) };
        let (task, opening_hash) = (messages::task_id(payer, sequence), keccak256(&opening));
        Ok(Asked { task, opening_hash, order, state, seal })
    }

    /// A task that nobody has begun to serve, and somebody still may.
    fn open_task(&self, told: Told) -> Result<Asked, Revert> {
        let asked = self.ask_lane(told)?;
        let Asked { task, opening_hash, seal, state, .. } = asked;
        must_be(task, state, LanePhase::Open)?;
        if seal != opening_hash {
            return Err(error!(HistoryMismatch, task, seal, opening_hash));
        }
        let (now, deadline) = (self.vm().block_timestamp(), evidence::deadline(state));
        if deadline <= now {
            return Err(error!(LaneTooLate, task, deadline, now));
        }
        Ok(asked)
    }

    /// When a node said that it is there for a task; 0 if it did not.
    pub(crate) fn present_at(&self, task: B256, node: Address) -> u64 {
        self.presences.get(evidence::presence_key(task, node)).to()
    }

    /// The slot that a node has or had last, and its operator of then.
    fn last_slot(&self, node: Address, model: u64) -> (Slot, Address) {
        let roster = self.rosters.getter(model);
        let entry = roster.entry(node);
        entry.slot.map(|slot| roster.slot_and_operator(slot)).filter(|(slot, _)| slot.node == node).unwrap_or_default()
    }

    /// The operator that a node entered with that is in the roster.
    fn must_be_in(&self, node: Address, model: u64) -> Result<Address, Revert> {
        let (slot, operator) = self.last_slot(node, model);
        if slot.node.is_zero() || slot.until != 0 {
            return Err(about_node(node, model)(JuryError::NotInRoster));
        }
        Ok(operator)
    }

    #[inline(never)]
    fn put_out(&mut self, node: Address, model: u64, exit: Exit) {
        let (now, times) = self.clock();
        let closed = close(&mut *self.rosters.setter(model), node, exit, now, &times);
        if let Some(Closed { slot, until, barred_until }) = closed {
            log!(self, SlotClosed[model, slot, node] until, barred_until, exit.number());
        }
    }

    #[inline(never)]
    fn eligibility(&self, node: Address, model: u64) -> Result<u8, Revert> {
        let question = message(NodePool::eligibilityCall::SELECTOR, encoded!(node, model));
        let answer = view_raw(self, self.node_pool.get(), &question)?;
        u8::decode(&mut Decoder::new(&answer)).ok_or_else(|| Revert::raw(Vec::new()))
    }

    /// A node's operator: the first field of what the pool says of it, behind the offset of the whole.
    #[inline(never)]
    fn operator_of(&self, node: Address) -> Result<Address, Revert> {
        let answer = view_raw(self, self.node_pool.get(), &message(NodePool::getNodeCall::SELECTOR, encoded!(node)))?;
        let mut words = Decoder::new(&answer);
        words.word().and_then(|_| Address::decode(&mut words)).ok_or_else(|| Revert::raw(Vec::new()))
    }

    /// Why a node goes out that could not serve, or is not the operator's whom it entered with.
    #[inline(never)]
    fn unfitness(&self, node: Address, model: u64, operator: Address) -> Result<Option<Exit>, Revert> {
        let reason = self.eligibility(node, model)?;
        if reason == Ineligible::VersionTooOld.reason() {
            return Ok(Some(Exit::Outdated));
        }
        Ok(if reason == 0 && self.operator_of(node)? == operator { None } else { Some(Exit::Struck) })
    }
}

/// Refuses a task that is in another phase of the lane.
#[inline(never)]
pub(crate) fn must_be(task: B256, state: B256, wanted: LanePhase) -> Result<(), Revert> {
    let (phase, wanted) = (state[0], wanted.number());
    if phase == wanted {
        Ok(())
    } else {
        Err(error!(LanePhaseWrong, task, phase, wanted))
    }
}

fn about_node(node: Address, model: u64) -> impl Fn(JuryError) -> Revert {
    move |error| refuse(error, Subject { account: node, model, ..Subject::default() })
}

fn about_task(task: B256, node: Address) -> impl Fn(JuryError) -> Revert {
    move |error| refuse(error, Subject { task, account: node, ..Subject::default() })
}

/// The error of a refusal concerning a keeper.
pub(crate) fn about_keeper(keeper: Address) -> impl Fn(JuryError) -> Revert {
    move |error| refuse(error, Subject { account: keeper, ..Subject::default() })
}
