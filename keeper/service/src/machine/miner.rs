//! The miner's machine: what a miner owes a task, decided from the task as it stands on chain.

use alloy_primitives::{Address, B256};

use cor_ports::domain::{LaneMessage, MessageKind, TaskRecord};

/// How a miner times what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinerPolicy {
    /// Seconds before a phase's deadline from which a miner sends its own transaction instead of waiting for the keeper. Smaller than
    /// the keeper's relay margin, or both pay for the same message; too small and the transaction lands late.
    pub direct_margin_secs: u64,
    /// Seconds after which a message that the chain does not show is handed to the keeper again: it may have crashed meanwhile.
    pub repeat_secs: u64,
}

/// An answer with what is needed to commit to it and to reveal it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// keccak256 of the canonical answer bytes.
    pub result_digest: B256,
    /// Secret until revealed.
    pub salt: B256,
    /// What is committed to.
    pub commitment: B256,
}

/// How a message is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Signed, through a keeper: no gas.
    Relay,
    /// By an own transaction.
    Direct,
}

/// What to do for a task now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MinerStep {
    /// Fetch the prompt and check it, then `Say` the ack.
    Prepare,
    /// Start, or go on with, the answer.
    Answer,
    /// Say something.
    Say {
        /// What.
        message: LaneMessage,
        /// How.
        route: Route,
    },
    /// Nothing now.
    Wait,
    /// The task is over or goes on without this miner.
    Forget,
}

/// What the miner knows of a task beyond the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MinerTask {
    /// The prompt is here and hashes to the task's digest.
    pub prepared: bool,
    /// The answer, once there.
    pub sealed: Option<Sealed>,
    /// What was last said, and when.
    pub last_said: Option<(MessageKind, u64)>,
}

/// Decides the next step of `miner` for a task.
#[must_use]
pub fn decide(policy: &MinerPolicy, miner: Address, record: &TaskRecord, task: &MinerTask, now_secs: u64) -> MinerStep {
    let Some((_, replica)) = record.replica_of(miner) else { return MinerStep::Forget };
    let Some(kind) = MessageKind::of_phase(record.phase) else { return MinerStep::Forget };
    if !replica.owes(kind) {
        let missed = kind != MessageKind::Ack && !replica.has_said(kind) && !replica.has_said(MessageKind::Ack);
        return match (missed, &task.sealed, kind) {
            (true, _, _) => MinerStep::Forget,
            (false, None, MessageKind::Ack | MessageKind::Precommit) => MinerStep::Answer,
            _ => MinerStep::Wait,
        };
    }
    if now_secs >= record.deadline_secs {
        return MinerStep::Wait; // anyone may close the phase now; what we say would revert
    }
    let message = match (kind, &task.sealed) {
        (MessageKind::Ack, _) if !task.prepared => return MinerStep::Prepare,
        (MessageKind::Ack, _) => LaneMessage::Ack,
        (MessageKind::Precommit | MessageKind::Commit, None) => return MinerStep::Answer,
        (MessageKind::Precommit, Some(sealed)) => LaneMessage::Precommit { commitment: sealed.commitment },
        (MessageKind::Commit, Some(sealed)) => LaneMessage::Commit { result_digest: sealed.result_digest, salt: sealed.salt },
    };
    let is_urgent = |at: u64| at.saturating_add(policy.direct_margin_secs) >= record.deadline_secs;
    let urgent = is_urgent(now_secs);
    // What the keeper was handed before the deadline came near does not count then: the keeper may have done nothing with it.
    let repeated = task
        .last_said
        .is_some_and(|(said, at)| said == kind && now_secs < at.saturating_add(policy.repeat_secs) && is_urgent(at) == urgent);
    match (urgent, repeated) {
        (_, true) => MinerStep::Wait,
        (true, false) => MinerStep::Say { message, route: Route::Direct },
        (false, false) => MinerStep::Say { message, route: Route::Relay },
    }
}
