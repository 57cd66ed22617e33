//! The interface's structs, events and errors, and how the rules' errors become Solidity's.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::sol;
use cor_contract_shared::{
    abi::{Decode, Decoder, Encode, Encoder, WORD},
    Revert,
};
use cor_core::task::{TaskError, Terms, TermsError};
use stylus_sdk::prelude::*;

sol! {
    #[derive(AbiType)]
    struct SessionParams {
        uint64 modelIdentifier;
        uint16 executionDepth;
        uint16 toolDepth;
        uint8 sla;
        uint8 validatorDepth;
        uint8 redundant;
        uint8 consensusRule;
        uint16 quorumBps;
        uint8 priority;
        uint32 assignSecs;
        uint32 ackSecs;
        uint32 precommitSecs;
        uint32 commitSecs;
        bytes32 metadata;
    }

    #[derive(AbiType)]
    struct SessionView {
        address owner;
        bool active;
        uint64 taskCount;
        SessionParams params;
    }

    #[derive(AbiType)]
    struct Replica {
        address miner;
        uint64 registrationEpoch;
        uint8 outcome;
        uint8 messages;
        bytes32 commitment;
        bytes32 resultDigest;
    }

    #[derive(AbiType)]
    struct TaskView {
        uint64 sessionId;
        address payer;
        address keeper;
        uint8 phase;
        uint8 status;
        uint8 answerKind;
        uint32 maxTokens;
        uint64 submittedAt;
        uint64 deadline;
        uint64 endedAt;
        bytes32 resultDigest;
        Replica[] replicas;
    }

    event SessionCreated(uint64 indexed sessionId, address indexed owner, uint64 modelIdentifier, uint8 redundant);
    event SessionDeactivated(uint64 indexed sessionId);
    event TaskQueued(uint64 indexed sessionId, uint64 indexed taskId, address indexed payer, bytes32 promptDigest, string promptUrn, uint8 answerKind, uint32 maxTokens, uint64 deadline, bytes32 clientReference);
    event TaskAssigned(uint64 indexed sessionId, uint64 indexed taskId, address indexed keeper, address[] miners, uint64[] registrationEpochs, uint64 deadline);
    event TaskAcked(uint64 indexed taskId, address indexed miner);
    event PhaseChanged(uint64 indexed taskId, uint8 phase, uint64 deadline);
    event TaskPrecommitted(uint64 indexed taskId, address indexed miner, bytes32 commitment);
    event TaskCommitted(uint64 indexed taskId, address indexed miner, bytes32 resultDigest, bytes32 salt);
    event BadReveal(uint64 indexed taskId, address indexed miner, bytes32 resultDigest, bytes32 salt);
    event TaskDecided(uint64 indexed taskId, bytes32 resultDigest, uint8 votes);
    event TaskEnded(uint64 indexed sessionId, uint64 indexed taskId, uint8 status, bytes32 resultDigest, address[] miners, uint8[] outcomes);
    event KeeperSet(address indexed keeper, bool enabled);
    event PauseSet(bool paused);
    event GuardianSet(address indexed guardian);
    event PenaltiesSet(uint128 noReveal, uint128 badReveal);
    event Wired(address sessionPayment, address nodePool, address staking, address table);

    error Paused();
    error UnknownSession(uint64 sessionId, uint64 latest);
    error SessionInactive(uint64 sessionId);
    error UnknownTask(uint64 taskId, uint64 latest);
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    error EvenReplicas(uint8 replicas);
    error WrongPhase(uint64 taskId, uint8 phase, uint8 wanted);
    error DeadlinePassed(uint64 taskId, uint64 deadline, uint64 timestamp);
    error DeadlineNotReached(uint64 taskId, uint64 deadline, uint64 timestamp);
    error TaskAlreadyEnded(uint64 taskId, uint8 status);
    error WrongMinerCount(uint64 taskId, uint64 given, uint8 wanted);
    error NotAssigned(uint64 taskId, address account);
    error AlreadyDone(uint64 taskId, address miner);
    error MissedPhase(uint64 taskId, address miner, uint8 phase);
    error EmptyCommitment(uint64 taskId, address miner);
    error RevealMismatch(uint64 taskId, address miner, bytes32 committed, bytes32 computed);
    error RevealIsGood(uint64 taskId, address miner);
    error InvalidSignature(address signer, address expected);
    error LengthMismatch(uint64 left, uint64 right, uint64 limit);
}

impl SessionParams {
    /// What the task machine goes by.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            replicas: self.redundant,
            quorum_bps: self.quorumBps,
            assign_secs: self.assignSecs,
            ack_secs: self.ackSecs,
            precommit_secs: self.precommitSecs,
            commit_secs: self.commitSecs,
        }
    }
}

/// The Solidity error of an input that the rules refuse.
pub(crate) fn refuse_input(error: TermsError) -> Revert {
    match error {
        TermsError::EvenReplicas { replicas } => EvenReplicas { replicas }.into(),
        TermsError::OutOfRange { field, value, min, max } => InputOutOfRange {
            field: B256::right_padding_from(field.as_bytes()),
            value: U256::from(value),
            min: U256::from(min),
            max: U256::from(max),
        }
        .into(),
    }
}

/// The Solidity error of a refused step of a task. `miner`: whom it concerned, if anyone.
pub(crate) fn refuse_step(error: TaskError, task_id: u64, miner: Address) -> Revert {
    match error {
        TaskError::WrongPhase { phase, wanted } => {
            WrongPhase { taskId: task_id, phase: phase.number(), wanted: wanted.number() }.into()
        }
        TaskError::DeadlinePassed { deadline, now } => DeadlinePassed { taskId: task_id, deadline, timestamp: now }.into(),
        TaskError::DeadlineNotReached { deadline, now } => {
            DeadlineNotReached { taskId: task_id, deadline, timestamp: now }.into()
        }
        TaskError::AlreadyEnded { status } => TaskAlreadyEnded { taskId: task_id, status: status.number() }.into(),
        TaskError::WrongMinerCount { given, wanted } => WrongMinerCount { taskId: task_id, given, wanted }.into(),
        TaskError::NotAssigned { .. } => NotAssigned { taskId: task_id, account: miner }.into(),
        TaskError::AlreadyDone { .. } => AlreadyDone { taskId: task_id, miner }.into(),
        TaskError::MissedPhase { phase, .. } => MissedPhase { taskId: task_id, miner, phase: phase.number() }.into(),
        TaskError::EmptyCommitment { .. } => EmptyCommitment { taskId: task_id, miner }.into(),
        TaskError::RevealMismatch { committed, computed, .. } => {
            RevealMismatch { taskId: task_id, miner, committed, computed }.into()
        }
        TaskError::RevealIsGood { .. } => RevealIsGood { taskId: task_id, miner }.into(),
    }
}

/// Refuses lists of different lengths, empty ones, and longer ones than a task has replicas.
pub(crate) fn same_length(left: usize, right: usize, limit: usize) -> Result<(), Revert> {
    if left == right && (1..=limit).contains(&left) {
        return Ok(());
    }
    let number = |length| u64::try_from(length).unwrap_or(u64::MAX);
    Err(LengthMismatch { left: number(left), right: number(right), limit: number(limit) }.into())
}

impl Decode for SessionParams {
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            modelIdentifier: u64::decode(from)?,
            executionDepth: u16::decode(from)?,
            toolDepth: u16::decode(from)?,
            sla: u8::decode(from)?,
            validatorDepth: u8::decode(from)?,
            redundant: u8::decode(from)?,
            consensusRule: u8::decode(from)?,
            quorumBps: u16::decode(from)?,
            priority: u8::decode(from)?,
            assignSecs: u32::decode(from)?,
            ackSecs: u32::decode(from)?,
            precommitSecs: u32::decode(from)?,
            commitSecs: u32::decode(from)?,
            metadata: B256::decode(from)?,
        })
    }
}

impl Encode for SessionView {
    const WORDS: usize = 17;

    fn encode(&self, to: &mut Encoder) {
        let params = &self.params;
        self.owner.encode(to);
        to.numbers(&[
            self.active.into(),
            self.taskCount,
            params.modelIdentifier,
            params.executionDepth.into(),
            params.toolDepth.into(),
            params.sla.into(),
            params.validatorDepth.into(),
            params.redundant.into(),
            params.consensusRule.into(),
            params.quorumBps.into(),
            params.priority.into(),
            params.assignSecs.into(),
            params.ackSecs.into(),
            params.precommitSecs.into(),
            params.commitSecs.into(),
        ]);
        to.word(&params.metadata);
    }
}

/// A struct with a list in it lies at an offset, and the list at an offset from there.
impl Encode for TaskView {
    fn encode(&self, to: &mut Encoder) {
        /// Words of the task before its replicas.
        const HEAD: u64 = 12;
        to.numbers(&[WORD as u64, self.sessionId]);
        self.payer.encode(to);
        self.keeper.encode(to);
        to.numbers(&[
            self.phase.into(),
            self.status.into(),
            self.answerKind.into(),
            self.maxTokens.into(),
            self.submittedAt,
            self.deadline,
            self.endedAt,
        ]);
        to.word(&self.resultDigest);
        to.numbers(&[HEAD * WORD as u64, self.replicas.len() as u64]);
        for replica in &self.replicas {
            replica.miner.encode(to);
            to.numbers(&[replica.registrationEpoch, replica.outcome.into(), replica.messages.into()]);
            to.word(&replica.commitment);
            to.word(&replica.resultDigest);
        }
    }
}
