//! How sessions, tasks and keepers lie in storage.
//!
//! A task costs one word when it is submitted, one for each miner when it is assigned, and one for each commitment; every later
//! step writes words that are there. A keeper is kept by its number, which fits the task's word, and a digest takes its
//! commitment's place, which nobody needs any more.

use alloy_primitives::{
    aliases::{U40, U48},
    Address, B256, U256, U64,
};
use cor_core::limits::{LANE_VALIDATOR_DEPTH_MAX, PHASE_SECS_MAX, REPLICA_SLOTS};
use cor_core::task::TaskState;
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageArray, StorageB256, StorageBool, StorageU16, StorageU256, StorageU64, StorageUint},
};

use crate::abi::SessionParams;

/// What submitting a task reads and writes besides its session: one word.
#[storage]
pub struct Desk {
    pub(crate) session_payment: StorageAddress,
    task_count: StorageUint<48, 1>,
    session_count: StorageUint<40, 1>,
    pub(crate) paused: StorageBool,
}

impl Desk {
    /// Number of sessions.
    pub(crate) fn sessions(&self) -> u64 {
        self.session_count.get().to()
    }

    /// Number of tasks.
    pub(crate) fn tasks(&self) -> u64 {
        self.task_count.get().to()
    }

    /// The next session's number. A trillion sessions would have to be paid for before 40 bits are used up.
    pub(crate) fn next_session(&mut self) -> u64 {
        let next = self.sessions().saturating_add(1);
        self.session_count.set(U40::saturating_from(next));
        next
    }

    /// The next task's number.
    pub(crate) fn next_task(&mut self) -> u64 {
        let next = self.tasks().saturating_add(1);
        self.task_count.set(U48::saturating_from(next));
        next
    }
}

/// A session: who and how many in one word, all that a task goes by in another.
#[storage]
pub struct SessionRecord {
    pub(crate) owner: StorageAddress,
    task_count: StorageU64,
    pub(crate) inactive: StorageBool,

    terms: StorageU256,
    pub(crate) metadata: StorageB256,
}

/// A phase's length has 24 bits.
const SECS_MASK: u32 = 0xff_ffff;

// What the packed terms leave out: longer phases, and validators.
const _: () = assert!(PHASE_SECS_MAX <= SECS_MASK && LANE_VALIDATOR_DEPTH_MAX == 0);

impl SessionRecord {
    /// Tasks submitted so far.
    pub(crate) fn task_count(&self) -> u64 {
        self.task_count.get().to()
    }

    /// Counts a task.
    pub(crate) fn add_task(&mut self) {
        let next = self.task_count().saturating_add(1);
        self.task_count.set(U64::from(next));
    }

    /// Stores terms that the rules accepted: no phase is longer than 24 bits of seconds, and there are no validators.
    #[inline(never)]
    pub(crate) fn set_params(&mut self, params: &SessionParams) {
        let kind = [params.sla, params.redundant, params.consensusRule, params.priority];
        let phases = [params.assignSecs, params.ackSecs, params.precommitSecs, params.commitSecs].map(u64::from);
        let [assign, ack, precommit, commit] = phases;
        if !params.metadata.is_zero() {
            self.metadata.set(params.metadata);
        }
        self.terms.set(U256::from_limbs([
            params.modelIdentifier,
            u64::from(params.executionDepth) << 48 | u64::from(params.toolDepth) << 32 | u64::from(u32::from_be_bytes(kind)),
            assign << 40 | ack << 16 | u64::from(params.quorumBps),
            precommit << 32 | commit,
        ]));
    }

    /// The terms, without the metadata, which no task needs.
    #[inline(never)]
    pub(crate) fn params(&self) -> SessionParams {
        let [model, shape, start, finish] = *self.terms.get().as_limbs();
        let [sla, redundant, consensus_rule, priority] = (shape as u32).to_be_bytes();
        SessionParams {
            modelIdentifier: model,
            executionDepth: (shape >> 48) as u16,
            toolDepth: (shape >> 32) as u16,
            sla,
            validatorDepth: 0,
            redundant,
            consensusRule: consensus_rule,
            quorumBps: start as u16,
            priority,
            assignSecs: (start >> 40) as u32,
            ackSecs: (start >> 16) as u32 & SECS_MASK,
            precommitSecs: (finish >> 32) as u32,
            commitSecs: finish as u32,
            metadata: B256::ZERO,
        }
    }
}

/// A task.
#[storage]
pub struct TaskRecord {
    state: StorageU256,
    /// Address, registration epoch, four bytes unused.
    miners: StorageArray<StorageB256, REPLICA_SLOTS>,
    /// Commitments, each replaced by its result digest once revealed.
    seals: StorageArray<StorageB256, REPLICA_SLOTS>,
}

impl TaskRecord {
    /// What the task machine looks at.
    #[inline(never)]
    pub(crate) fn state(&self) -> TaskState {
        TaskState::from_word(self.state.get())
    }

    /// Stores what the task machine decided.
    #[inline(never)]
    pub(crate) fn set_state(&mut self, state: &TaskState) {
        self.state.set(state.to_word());
    }

    /// The miner of a replica and its registration; zero if there is none.
    #[inline(never)]
    pub(crate) fn miner(&self, replica: u8) -> (Address, u64) {
        let word = self.miners.get(replica).unwrap_or_default();
        let (miner, rest) = word.split_at(Address::len_bytes());
        let epoch = rest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        (Address::from_slice(miner), epoch)
    }

    /// Stores a replica's miner.
    pub(crate) fn set_miner(&mut self, replica: u8, miner: Address, registration_epoch: u64) {
        let mut word = B256::right_padding_from(miner.as_slice());
        word[Address::len_bytes()..][..8].copy_from_slice(&registration_epoch.to_be_bytes());
        if let Some(mut record) = self.miners.setter(replica) {
            record.set(word);
        }
    }

    /// A replica's commitment; once revealed, its result digest.
    #[inline(never)]
    pub(crate) fn seal(&self, replica: u8) -> B256 {
        self.seals.get(replica).unwrap_or_default()
    }

    /// Stores a replica's commitment, or the result digest in its place.
    pub(crate) fn set_seal(&mut self, replica: u8, seal: B256) {
        if let Some(mut record) = self.seals.setter(replica) {
            record.set(seal);
        }
    }
}

/// A keeper's number, kept when it is disabled: tasks that it assigned still name it.
#[storage]
pub struct KeeperRecord {
    pub(crate) number: StorageU16,
    pub(crate) enabled: StorageBool,
}
