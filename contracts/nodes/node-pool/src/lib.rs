//! NodePool: who can serve what. Specified by `sol/INodePool.sol`; the rules are `cor_core::node::pool`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{aliases::U40, Address, U64, U8};
use alloy_sol_types::sol;
use cor_contract_shared::{abi::Staking, nonzero, only, view, Ownable, Revert};
use cor_core::limits::{CAPACITY_MAX, MODELS_MAX};
use cor_core::node::pool::{self, Ineligible, PoolError, Standing};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU64, StorageVec},
};

mod record;

use record::NodeRecord;

sol! {
    /// A node as registered.
    #[derive(Debug, AbiType)]
    struct Node {
        address operator;
        uint64 registrationEpoch;
        uint64 version;
        uint32 capacity;
        uint32 reserved;
        uint8 hardwareClass;
        bool registered;
        bool suspended;
        uint64 lastPingAt;
        uint64[] models;
    }

    event NodeRegistered(address indexed node, address indexed operator, uint64 registrationEpoch, uint64[] models, uint32 capacity, uint8 hardwareClass, uint64 version);
    event NodeDeregistered(address indexed node);
    event NodeSpecChanged(address indexed node, uint64[] models, uint32 capacity);
    event NodePinged(address indexed node, uint64 timestamp);
    event NodeSuspended(address indexed node, uint64 indexed taskId);
    event NodeResumed(address indexed node);
    event MinNodeVersionSet(uint64 version);
    event Wired(address staking, address sessionQueue);

    error NotStaked(address node);
    error AlreadyRegistered(address node);
    error NotRegistered(address node);
    error NodeBusy(address node, uint32 reserved);
    error VersionTooOld(uint64 version, uint64 minimum);
    error InvalidModels(uint64 count, uint64 limit);
    error InvalidCapacity(uint32 capacity, uint32 limit);
    error NotEligible(address node, uint8 reason);
    error NotSuspended(address node);
}

/// All nodes, and the peers.
#[storage]
#[entrypoint]
pub struct NodePool {
    ownable: Ownable,
    session_queue: StorageAddress,
    min_node_version: StorageU64,
    staking: StorageAddress,
    last_epoch: StorageU64,
    nodes: StorageMap<Address, NodeRecord>,
    listed: StorageVec<StorageAddress>,
}

#[public]
impl NodePool {
    /// Sets the first owner.
    ///
    /// # Arguments
    /// * `owner`: who sets the peers and the oldest software; not zero.
    ///
    /// # Errors
    /// * `ZeroAddress` for a zero owner.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(&mut self, owner: Address) -> Result<(), Revert> {
        self.ownable.init(owner)
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
        nonzero(operator)?;
        let node = self.vm().msg_sender();
        let record = self.nodes.getter(node);
        let known = !record.epoch.get().is_zero();
        let state =
            record.state().register(&models, capacity, version, self.min_node_version()).map_err(|error| refuse(error, node))?;
        // Asked before anything is stored, and of a view.
        if !self.is_staked(node)? {
            return Err(NotStaked { node }.into());
        }
        let epoch = self.last_epoch.get().wrapping_add(U64::ONE);
        self.last_epoch.set(epoch);
        let mut record = self.nodes.setter(node);
        record.operator.set(operator);
        record.epoch.set(epoch);
        record.hardware_class.set(U8::from(hardware_class));
        record.set_state(state);
        record.set_models(&models);
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

    /// Takes the caller out; only without open tasks.
    /// Arguments, errors, events: `INodePool.deregister`.
    pub fn deregister(&mut self) -> Result<(), Revert> {
        let node = self.vm().msg_sender();
        let mut record = self.nodes.setter(node);
        let state = record.state().deregister().map_err(|error| refuse(error, node))?;
        record.set_state(state);
        record.set_models(&[]);
        self.vm().log(NodeDeregistered { node });
        Ok(())
    }

    /// Changes what the caller serves.
    /// Arguments, errors, events: `INodePool.setSpec`.
    pub fn set_spec(&mut self, models: Vec<u64>, capacity: u32) -> Result<(), Revert> {
        let node = self.vm().msg_sender();
        let mut record = self.nodes.setter(node);
        let state = record.state().set_spec(&models, capacity).map_err(|error| refuse(error, node))?;
        record.set_state(state);
        record.set_models(&models);
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

    /// Ends the caller's suspension if its stake is whole again.
    /// Arguments, errors, events: `INodePool.resume`.
    pub fn resume(&mut self) -> Result<(), Revert> {
        let node = self.vm().msg_sender();
        let staked = self.is_staked(node)?;
        let mut record = self.nodes.setter(node);
        let state = record.state().resume(staked).map_err(|error| refuse(error, node))?;
        record.set_state(state);
        self.vm().log(NodeResumed { node });
        Ok(())
    }

    /// Reserves one slot of each node for a task; SessionQueue only. Per node this reads the record's first two words and
    /// writes the first; of one that serves over two models it also reads those that a search by halves of its list meets.
    /// Arguments, errors, events: `INodePool.reserve`.
    pub fn reserve(&mut self, _task_id: u64, model_identifier: u64, nodes: Vec<Address>) -> Result<Vec<u64>, Revert> {
        only(self.vm().msg_sender(), self.session_queue.get())?;
        let minimum = self.min_node_version();
        let mut chosen = Vec::with_capacity(nodes.len());
        let mut epochs = Vec::with_capacity(nodes.len());
        for node in nodes {
            let refuse = |why: Ineligible| NotEligible { node, reason: why.reason() };
            let mut record = self.nodes.setter(node);
            let (operator, state) = (record.operator.get(), record.state());
            pool::check_distinct(&chosen, &node, &operator).map_err(refuse)?;
            state.check_eligible(minimum, || record.has_model(model_identifier)).map_err(refuse)?;
            record.set_reserved(state.reserve());
            chosen.push((node, operator));
            epochs.push(record.epoch.get().to());
        }
        Ok(epochs)
    }

    /// Gives the slots back and suspends those in `suspend`; SessionQueue only.
    /// Arguments, errors, events: `INodePool.release`.
    pub fn release(&mut self, task_id: u64, nodes: Vec<Address>, suspend: Vec<Address>) -> Result<(), Revert> {
        only(self.vm().msg_sender(), self.session_queue.get())?;
        for node in nodes {
            let mut record = self.nodes.setter(node);
            let state = record.state();
            record.set_reserved(state.release());
        }
        for node in suspend {
            let mut record = self.nodes.setter(node);
            if let Some(state) = record.state().suspend() {
                record.set_state(state);
                self.vm().log(NodeSuspended { node, taskId: task_id });
            }
        }
        Ok(())
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
            capacity: state.capacity,
            reserved: state.reserved,
            hardwareClass: record.hardware_class.get().to(),
            registered: state.standing.is_registered(),
            suspended: state.standing == Standing::Suspended,
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

    /// Oldest software that may register or be reserved.
    /// Arguments, errors, events: `INodePool.minNodeVersion`.
    pub fn min_node_version(&self) -> u64 {
        self.min_node_version.get().to()
    }

    /// Sets the oldest software.
    /// Arguments, errors, events: `INodePool.setMinNodeVersion`.
    pub fn set_min_node_version(&mut self, version: u64) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.min_node_version.set(U64::from(version));
        self.vm().log(MinNodeVersionSet { version });
        Ok(())
    }

    /// Sets the peers.
    /// Arguments, errors, events: `INodePool.wire`.
    pub fn wire(&mut self, staking: Address, session_queue: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.staking.set(nonzero(staking)?);
        self.session_queue.set(nonzero(session_queue)?);
        self.vm().log(Wired { staking, sessionQueue: session_queue });
        Ok(())
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
    /// No node has stake while Staking is not wired.
    fn is_staked(&self, node: Address) -> Result<bool, Revert> {
        let staking = self.staking.get();
        if staking.is_zero() {
            return Ok(false);
        }
        view(self, staking, &Staking::isNodeStakedCall { node })
    }
}

/// The Solidity error of a refusal concerning `node`.
fn refuse(error: PoolError, node: Address) -> Revert {
    match error {
        PoolError::NotStaked => NotStaked { node }.into(),
        PoolError::AlreadyRegistered => AlreadyRegistered { node }.into(),
        PoolError::NotRegistered => NotRegistered { node }.into(),
        PoolError::NodeBusy { reserved } => NodeBusy { node, reserved }.into(),
        PoolError::VersionTooOld { version, minimum } => VersionTooOld { version, minimum }.into(),
        PoolError::InvalidModels { count } => InvalidModels { count, limit: MODELS_MAX as u64 }.into(),
        PoolError::InvalidCapacity { capacity } => InvalidCapacity { capacity, limit: CAPACITY_MAX }.into(),
        PoolError::NotSuspended => NotSuspended { node }.into(),
    }
}
