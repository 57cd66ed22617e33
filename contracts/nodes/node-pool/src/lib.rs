//! NodePool: who can serve what. Specified by `sol/INodePool.sol`; the rules are `cor_core::node::pool`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{aliases::U40, Address, U64, U8};
use alloy_sol_types::sol;
use cor_contract_shared::{abi::Staking, nonzero, only, out_of_range, view, Modules, Ownable, PeerRecord, Revert, Unauthorized};
use cor_core::govern::module::is_delay;
use cor_core::limits::{CAPACITY_MAX, HARDWARE_CLASS_MAX, MODELS_MAX, MODULE_DELAY_MAX_SECS, MODULE_DELAY_MIN_SECS};
use cor_core::node::pool::{self, Ineligible, PoolError};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageMap, StorageU64, StorageVec},
};

mod minimum;
mod record;

use minimum::MinimumRecord;
use record::NodeRecord;

sol! {
    /// A node as registered.
    #[derive(Debug, AbiType)]
    struct Node {
        address operator;
        uint64 registrationEpoch;
        uint64 version;
        uint32 capacity;
        uint8 hardwareClass;
        bool registered;
        bool draining;
        uint64 lastPingAt;
        uint64[] models;
    }

    event NodeRegistered(address indexed node, address indexed operator, uint64 registrationEpoch, uint64[] models, uint32 capacity, uint8 hardwareClass, uint64 version);
    event NodeDeregistered(address indexed node);
    event NodeSpecChanged(address indexed node, uint64[] models, uint32 capacity);
    event NodePinged(address indexed node, uint64 timestamp);
    event NodeResumed(address indexed node);
    event MinNodeVersionSet(uint64 version, uint64 effectiveAt);
    event NodeDraining(address indexed node, address indexed by);
    event NodeVersionChanged(address indexed node, uint64 version);
    event ConsentSet(address indexed operator, address indexed node, bool allowed);
    event StakingSet(address staking, uint64 effectiveAt);

    error NotStaked(address node);
    error AlreadyRegistered(address node);
    error NotRegistered(address node);
    error VersionTooOld(uint64 version, uint64 minimum);
    error InvalidModels(uint64 count, uint64 limit);
    error InvalidCapacity(uint32 capacity, uint32 limit);
    error NotDraining(address node);
    error ConsentMissing(address operator, address node);
}

/// All nodes, and whose word counts.
#[storage]
#[entrypoint]
pub struct NodePool {
    ownable: Ownable,
    min_node_version: MinimumRecord,
    staking: PeerRecord,
    /// The delay of Staking and of the oldest software, and whether they are set up. There are no modules here.
    setup: Modules,
    last_epoch: StorageU64,
    nodes: StorageMap<Address, NodeRecord>,
    listed: StorageVec<StorageAddress>,
    /// By operator, then by node.
    consents: StorageMap<Address, StorageMap<Address, StorageBool>>,
}

#[public]
impl NodePool {
    /// Sets the delay and the first owner.
    ///
    /// # Arguments
    /// * `owner`: who names Staking and sets the oldest software; not zero.
    /// * `delay_secs`: seconds that another Staking and a higher minimum wait, 3 to 30 days.
    ///
    /// # Errors
    /// * `ZeroAddress` for a zero owner.
    /// * `InputOutOfRange` for a delay out of its bounds.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(&mut self, owner: Address, delay_secs: u64) -> Result<(), Revert> {
        if !is_delay(delay_secs) {
            return Err(out_of_range("delaySecs", delay_secs, MODULE_DELAY_MIN_SECS, MODULE_DELAY_MAX_SECS));
        }
        self.setup.init(delay_secs);
        self.ownable.init(owner)
    }

    /// Lets a node register under the caller's name.
    /// Arguments, errors, events: `INodePool.consent`.
    pub fn consent(&mut self, node: Address, allowed: bool) {
        self.set_consent(self.vm().msg_sender(), node, allowed);
    }

    /// Whether an operator lets a node register under its name.
    /// Arguments, errors, events: `INodePool.consented`.
    pub fn consented(&self, operator: Address, node: Address) -> bool {
        operator == node || self.consents.getter(operator).get(node)
    }

    /// Registers the caller as a node.
    /// Arguments, errors, events: `INodePool.register`.
    pub fn register(
        &mut self,
        operator: Address,
        models: Vec<u64>,
        capacity: u32,
        hardware_class: u8,
        version: u64,
    ) -> Result<u64, Revert> {
        self.setup.must_be_open()?;
        nonzero(operator)?;
        if hardware_class > HARDWARE_CLASS_MAX {
            return Err(out_of_range("hardwareClass", hardware_class.into(), 0, HARDWARE_CLASS_MAX.into()));
        }
        let node = self.vm().msg_sender();
        self.must_be_consented(operator, node)?;
        let record = self.nodes.getter(node);
        let known = !record.epoch.get().is_zero();
        let state =
            record.state().register(&models, capacity, version, self.min_node_version()).map_err(|error| refuse(error, node))?;
        // Asked before anything is stored, and of a view.
        if !self.is_staked(node)? {
            return Err(NotStaked { node }.into());
        }
        self.lift_stops(node)?;
        let epoch = self.last_epoch.get().wrapping_add(U64::ONE);
        self.last_epoch.set(epoch);
        let mut record = self.nodes.setter(node);
        record.operator.set(operator);
        record.epoch.set(epoch);
        record.hardware_class.set(U8::from(hardware_class));
        record.set_state(state);
        record.set_spec(&models, capacity);
        if !known {
            self.listed.push(node);
        }
        let epoch = epoch.to();
        self.vm().log(NodeRegistered {
            node,
            operator,
            registrationEpoch: epoch,
            models,
            capacity,
            hardwareClass: hardware_class,
            version,
        });
        Ok(epoch)
    }

    /// Takes the caller out.
    /// Arguments, errors, events: `INodePool.deregister`.
    pub fn deregister(&mut self) -> Result<(), Revert> {
        self.remove(self.vm().msg_sender())
    }

    /// Takes a node out that is draining, or whose people say so.
    /// Arguments, errors, events: `INodePool.deregisterFor`.
    pub fn deregister_for(&mut self, node: Address) -> Result<(), Revert> {
        let state = self.nodes.getter(node).state();
        state.registered().map_err(|error| refuse(error, node))?;
        if !state.standing.is_draining() {
            self.must_be_of(node)?;
        }
        self.remove(node)
    }

    /// Lets a node take no new tasks; its operator and its staker stop it, until they lift that.
    /// Arguments, errors, events: `INodePool.drain`.
    pub fn drain(&mut self, node: Address) -> Result<(), Revert> {
        let record = self.nodes.getter(node);
        record.state().registered().map_err(|error| refuse(error, node))?;
        let (caller, operator) = (self.vm().msg_sender(), record.operator.get());
        // Staking is asked last, so that a node and its operator can leave whatever it does.
        let stops = if caller == node {
            false
        } else if caller == operator {
            self.set_consent(operator, node, false);
            replace(&mut self.nodes.setter(node).stopped_by_operator, caller)
        } else if caller == self.staker_of(node)? {
            replace(&mut self.nodes.setter(node).stopped_by_staker, caller)
        } else if self.is_staked(node)? {
            // Without stake there is nothing at risk, and the pool may not have heard of it.
            return Err(Unauthorized { caller, required: operator }.into());
        } else {
            false
        };
        self.start_draining(node, stops);
        Ok(())
    }

    /// Hears that a node's stake leaves; Staking only.
    /// Arguments, errors, events: `INodePool.stakeLeft`.
    pub fn stake_left(&mut self, node: Address) -> Result<(), Revert> {
        only(self.vm().msg_sender(), self.staking.now())?;
        self.start_draining(node, false);
        Ok(())
    }

    /// Changes the caller's software.
    /// Arguments, errors, events: `INodePool.setVersion`.
    pub fn set_version(&mut self, version: u64) -> Result<(), Revert> {
        let node = self.vm().msg_sender();
        let minimum = self.min_node_version();
        let mut record = self.nodes.setter(node);
        let state = record.state().set_version(version, minimum).map_err(|error| refuse(error, node))?;
        record.set_state(state);
        self.vm().log(NodeVersionChanged { node, version });
        Ok(())
    }

    /// Changes what the caller serves.
    /// Arguments, errors, events: `INodePool.setSpec`.
    pub fn set_spec(&mut self, models: Vec<u64>, capacity: u32) -> Result<(), Revert> {
        let node = self.vm().msg_sender();
        let mut record = self.nodes.setter(node);
        let checked = record.state().registered().and_then(|()| pool::check_spec(&models, capacity));
        checked.map_err(|error| refuse(error, node))?;
        record.set_spec(&models, capacity);
        self.vm().log(NodeSpecChanged { node, models, capacity });
        Ok(())
    }

    /// Says that the caller is alive.
    /// Arguments, errors, events: `INodePool.ping`.
    pub fn ping(&mut self) -> Result<(), Revert> {
        let node = self.vm().msg_sender();
        let timestamp = self.vm().block_timestamp();
        let mut record = self.nodes.setter(node);
        record.state().registered().map_err(|error| refuse(error, node))?;
        record.last_ping.set(U40::saturating_from(timestamp));
        self.vm().log(NodePinged { node, timestamp });
        Ok(())
    }

    /// Ends the caller's draining if its stake is whole again.
    /// Arguments, errors, events: `INodePool.resume`.
    pub fn resume(&mut self) -> Result<(), Revert> {
        self.bring_back(self.vm().msg_sender())
    }

    /// Ends a node's draining or stop; its staker only.
    /// Arguments, errors, events: `INodePool.resumeFor`.
    pub fn resume_for(&mut self, node: Address) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        let mut record = self.nodes.setter(node);
        let registered = record.state().registered();
        // Of a node that is not registered all that ends is the caller's own word.
        if registered.is_err() && record.stopped_by_staker.get() == caller {
            record.stopped_by_staker.set(Address::ZERO);
            self.vm().log(NodeResumed { node });
            return Ok(());
        }
        registered.map_err(|error| refuse(error, node))?;
        only(caller, self.staker_of(node)?)?;
        self.bring_back(node)
    }

    /// A node.
    /// Arguments, errors, events: `INodePool.getNode`.
    pub fn get_node(&self, node: Address) -> Node {
        let record = self.nodes.get(node);
        let state = record.state();
        Node {
            operator: record.operator.get(),
            registrationEpoch: record.epoch.get().to(),
            version: state.version,
            capacity: record.capacity(),
            hardwareClass: record.hardware_class.get().to(),
            registered: state.standing.is_registered(),
            draining: state.standing.is_draining(),
            lastPingAt: record.last_ping.get().to(),
            models: record.models(),
        }
    }

    /// Whether a node is registered.
    /// Arguments, errors, events: `INodePool.isRegistered`.
    pub fn is_registered(&self, node: Address) -> bool {
        self.nodes.get(node).state().standing.is_registered()
    }

    /// 0 if the node could take a task of this model now, else the reason against it.
    /// Arguments, errors, events: `INodePool.eligibility`.
    pub fn eligibility(&self, node: Address, model_identifier: u64) -> u8 {
        let record = self.nodes.get(node);
        let verdict = record.state().check_eligible(self.min_node_version(), || record.has_model(model_identifier));
        verdict.map_or_else(Ineligible::reason, |()| 0)
    }

    /// Number of nodes ever listed.
    /// Arguments, errors, events: `INodePool.nodeCount`.
    pub fn node_count(&self) -> u64 {
        self.listed.len() as u64
    }

    /// Nodes by index.
    /// Arguments, errors, events: `INodePool.nodesByPage`.
    pub fn nodes_by_page(&self, offset: u64, limit: u64) -> Vec<Address> {
        pool::page(self.node_count(), offset, limit).filter_map(|index| self.listed.get(index)).collect()
    }

    /// Oldest software that may register or serve.
    /// Arguments, errors, events: `INodePool.minNodeVersion`.
    pub fn min_node_version(&self) -> u64 {
        self.min_node_version.now()
    }

    /// Oldest software that follows, and when.
    /// Arguments, errors, events: `INodePool.nextMinNodeVersion`.
    pub fn next_min_node_version(&self) -> (u64, u64) {
        self.min_node_version.next()
    }

    /// Sets the oldest software.
    /// Arguments, errors, events: `INodePool.setMinNodeVersion`.
    pub fn set_min_node_version(&mut self, version: u64) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        // While no node has ever registered, nobody has to update.
        let wait_secs = if self.last_epoch.get().is_zero() { 0 } else { self.setup.delay_secs() };
        let effective_at = self.min_node_version.set(version, wait_secs);
        self.vm().log(MinNodeVersionSet { version, effectiveAt: effective_at });
        Ok(())
    }

    /// Seconds that another Staking and a higher minimum wait.
    /// Arguments, errors, events: `INodePool.delaySecs`.
    pub fn delay_secs(&self) -> u64 {
        self.setup.delay_secs()
    }

    /// Whether nodes may register.
    /// Arguments, errors, events: `INodePool.isOpen`.
    pub fn is_open(&self) -> bool {
        self.setup.is_open()
    }

    /// Which Staking is asked.
    /// Arguments, errors, events: `INodePool.staking`.
    pub fn staking(&self) -> (Address, Address, u64) {
        self.staking.view()
    }

    /// Names the Staking contract.
    /// Arguments, errors, events: `INodePool.setStaking`.
    pub fn set_staking(&mut self, peer: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let effective_at = self.staking.name(nonzero(peer)?, self.setup.wait_secs());
        self.vm().log(StakingSet { staking: peer, effectiveAt: effective_at });
        Ok(())
    }

    /// Ends the setting up.
    /// Arguments, errors, events: `INodePool.open`.
    pub fn open(&mut self) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        nonzero(self.staking.now())?;
        self.setup.open()
    }

    /// Present owner.
    /// Arguments, errors, events: `INodePool.owner`.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    /// Arguments, errors, events: `INodePool.transferOwnership`.
    pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts an offered ownership.
    /// Arguments, errors, events: `INodePool.acceptOwnership`.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}

impl NodePool {
    /// No node has stake while no Staking is named.
    fn is_staked(&self, node: Address) -> Result<bool, Revert> {
        let staking = self.staking.now();
        if staking.is_zero() {
            return Ok(false);
        }
        view(self, staking, &Staking::isNodeStakedCall { node })
    }

    /// Whose stake is behind a node, bonded or unbonding; zero if nobody's.
    fn staker_of(&self, node: Address) -> Result<Address, Revert> {
        view(self, self.staking.now(), &Staking::nodeStakeCall { node }).map(|stake| stake.staker)
    }

    /// Refuses everybody but the node, its operator and its staker. Staking is asked last, so that a node and its operator can leave whatever it does.
    fn must_be_of(&self, node: Address) -> Result<(), Revert> {
        let (caller, operator) = (self.vm().msg_sender(), self.nodes.getter(node).operator.get());
        if caller == node || caller == operator || caller == self.staker_of(node)? {
            return Ok(());
        }
        Err(Unauthorized { caller, required: operator }.into())
    }

    fn must_be_consented(&self, operator: Address, node: Address) -> Result<(), Revert> {
        if self.consented(operator, node) {
            return Ok(());
        }
        Err(ConsentMissing { operator, node }.into())
    }

    fn set_consent(&mut self, operator: Address, node: Address, allowed: bool) {
        self.consents.setter(operator).setter(node).set(allowed);
        self.vm().log(ConsentSet { operator, node, allowed });
    }

    /// A node leaves. Who stopped it is kept: else it would register anew, with the same stake.
    fn remove(&mut self, node: Address) -> Result<(), Revert> {
        let mut record = self.nodes.setter(node);
        let state = record.state().deregister().map_err(|error| refuse(error, node))?;
        record.set_state(state);
        record.set_spec(&[], 0);
        self.vm().log(NodeDeregistered { node });
        Ok(())
    }

    /// The caller has a node take no more tasks, and `stops` it if that is new. Nothing happens to one that is not registered, or drains and is not stopped
    /// anew.
    fn start_draining(&mut self, node: Address, stops: bool) {
        let by = self.vm().msg_sender();
        let mut record = self.nodes.setter(node);
        let drains = match record.state().drain() {
            Ok(Some(state)) => {
                record.set_state(state);
                true
            }
            Ok(None) | Err(_) => false,
        };
        if drains || stops {
            self.vm().log(NodeDraining { node, by });
        }
    }

    /// Refuses a node that was stopped, unless whoever stopped it lifts that: the operator by its consent, the staker by its call. Then nobody stops it.
    fn lift_stops(&mut self, node: Address) -> Result<(), Revert> {
        let record = self.nodes.getter(node);
        let (operator, staker) = (record.stopped_by_operator.get(), record.stopped_by_staker.get());
        if !operator.is_zero() {
            self.must_be_consented(operator, node)?;
            self.nodes.setter(node).stopped_by_operator.set(Address::ZERO);
        }
        if !staker.is_zero() {
            // Who has no stake there any more has no word either.
            if self.staker_of(node)? == staker {
                only(self.vm().msg_sender(), staker)?;
            }
            self.nodes.setter(node).stopped_by_staker.set(Address::ZERO);
        }
        Ok(())
    }

    /// A node comes back: its operator consents, and nobody has stopped it.
    fn bring_back(&mut self, node: Address) -> Result<(), Revert> {
        let staked = self.is_staked(node)?;
        let record = self.nodes.getter(node);
        let operator = record.operator.get();
        let state = record.state().resume(staked).map_err(|error| refuse(error, node))?;
        self.must_be_consented(operator, node)?;
        self.lift_stops(node)?;
        self.nodes.setter(node).set_state(state);
        self.vm().log(NodeResumed { node });
        Ok(())
    }
}

/// Stores an address. Whether another one was there.
fn replace(slot: &mut StorageAddress, address: Address) -> bool {
    let is_new = slot.get() != address;
    slot.set(address);
    is_new
}

/// The Solidity error of a refusal concerning `node`.
fn refuse(error: PoolError, node: Address) -> Revert {
    match error {
        PoolError::NotStaked => NotStaked { node }.into(),
        PoolError::AlreadyRegistered => AlreadyRegistered { node }.into(),
        PoolError::NotRegistered => NotRegistered { node }.into(),
        PoolError::VersionTooOld { version, minimum } => VersionTooOld { version, minimum }.into(),
        PoolError::InvalidModels { count } => InvalidModels { count, limit: MODELS_MAX as u64 }.into(),
        PoolError::InvalidCapacity { capacity } => InvalidCapacity { capacity, limit: CAPACITY_MAX }.into(),
        PoolError::NotDraining => NotDraining { node }.into(),
    }
}
