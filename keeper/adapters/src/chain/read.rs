//! What is read from the contracts, as domain values.

use std::collections::BTreeSet;

use alloy::{
    primitives::{Address, B256},
    providers::{DynProvider, Provider},
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};
use cor_core::limits::PAGE_MAX;
use cor_ports::ChainError;
use cor_ports::domain::{
    AnswerKind, CorWei, Head, MessageKind, Node, NodeList, NodeRecord, Outcome, Phase, ReplicaRecord, SessionTerms, Standing,
    Status, TaskOrigin, TaskRecord, Terms,
};
use cor_sol::{node_pool::INodePool, session_payment::ISessionPayment, session_queue::ISessionQueue};

use super::{
    RpcChain,
    account::{explain, read_error},
    events::Event,
};

/// Phases, statuses and outcomes are numbered from 0 without a gap, so a list in their order is their decoder.
pub(crate) const PHASES: [Phase; 6] = [Phase::None, Phase::Queued, Phase::Ack, Phase::Precommit, Phase::Commit, Phase::Ended];
pub(crate) const STATUSES: [Status; 4] = [Status::Open, Status::Completed, Status::NoQuorum, Status::Expired];
pub(crate) const OUTCOMES: [Outcome; 7] = [
    Outcome::Pending,
    Outcome::Agreed,
    Outcome::Outlier,
    Outcome::NoAck,
    Outcome::NoPrecommit,
    Outcome::NoReveal,
    Outcome::BadReveal,
];
/// A replica's last message, by how many have taken effect.
const LAST_MESSAGES: [Option<MessageKind>; 4] =
    [None, Some(MessageKind::Ack), Some(MessageKind::Precommit), Some(MessageKind::Commit)];

/// A value of an enum by the contract's number.
///
/// # Errors
/// `Unexpected` if the interface has no such number.
pub(crate) fn numbered<T: Copy>(what: &str, values: &[T], number: u8) -> Result<T, ChainError> {
    let value = values.get(usize::from(number)).copied();
    value.ok_or_else(|| ChainError::Unexpected {
        what: what.to_owned(),
        detail: format!("number {number} is not known; is this program older than the contracts?"),
    })
}

impl RpcChain {
    fn queue(&self) -> ISessionQueue::ISessionQueueInstance<&DynProvider> {
        ISessionQueue::new(self.deployment.session_queue, &self.provider)
    }

    fn pool(&self) -> INodePool::INodePoolInstance<&DynProvider> {
        INodePool::new(self.deployment.node_pool, &self.provider)
    }

    fn failed(&self, what: &str, error: alloy::contract::Error) -> ChainError {
        read_error(&self.endpoint, what, error)
    }

    pub(super) async fn read_head(&self) -> Result<Head, ChainError> {
        head(&self.provider, &self.endpoint).await
    }

    pub(super) async fn read_task_count(&self) -> Result<u64, ChainError> {
        self.queue().taskCount().call().await.map_err(|error| self.failed("taskCount", error))
    }

    pub(super) async fn read_task(&self, task_id: u64) -> Result<TaskRecord, ChainError> {
        let view = self.queue().getTask(task_id).call().await.map_err(|error| self.failed("getTask", error))?;
        task_record(task_id, view)
    }

    pub(super) async fn read_task_origin(&self, task_id: u64) -> Result<TaskOrigin, ChainError> {
        let filter = Filter::new()
            .address(self.deployment.session_queue)
            .event_signature(ISessionQueue::TaskQueued::SIGNATURE_HASH)
            .topic2(B256::from(alloy::primitives::U256::from(task_id)))
            .from_block(self.deployment.from_block);
        let logs = self.logs(&filter).await?;
        let missing =
            || ChainError::HistoryMissing { what: format!("TaskQueued of task {task_id}"), detail: "no such log".to_owned() };
        let log = logs.first().ok_or_else(missing)?;
        let event: ISessionQueue::TaskQueued = decode(log)?;
        Ok(TaskOrigin {
            prompt_digest: event.promptDigest,
            prompt_urn: event.promptUrn,
            client_reference: event.clientReference,
            block_number: log.block_number.ok_or_else(missing)?,
            block_hash: log.block_hash.ok_or_else(missing)?,
        })
    }

    pub(super) async fn read_touched_tasks(&self, from: u64, to: u64) -> Result<Vec<u64>, ChainError> {
        let filter = Filter::new().address(self.deployment.session_queue).from_block(from).to_block(to);
        let logs = self.logs(&filter).await?;
        let ids: BTreeSet<u64> = logs.iter().filter_map(|log| Event::of(&self.deployment, log)?.task()).collect();
        Ok(ids.into_iter().collect())
    }

    async fn logs(&self, filter: &Filter) -> Result<Vec<Log>, ChainError> {
        self.provider.get_logs(filter).await.map_err(|error| explain(&self.endpoint, "eth_getLogs", error))
    }

    pub(super) async fn read_session(&self, session_id: u64) -> Result<SessionTerms, ChainError> {
        let view = self.queue().getSession(session_id).call().await.map_err(|error| self.failed("getSession", error))?;
        Ok(session_terms(&view.params))
    }

    pub(super) async fn read_nodes(&self) -> Result<NodeList, ChainError> {
        let min_version = self.pool().minNodeVersion().call().await.map_err(|error| self.failed("minNodeVersion", error))?;
        let mut nodes = Vec::new();
        for page in 0.. {
            let listed = self
                .pool()
                .nodesByPage(page * PAGE_MAX, PAGE_MAX)
                .call()
                .await
                .map_err(|error| self.failed("nodesByPage", error))?;
            let last = (listed.len() as u64) < PAGE_MAX;
            for node in listed {
                nodes.extend(self.read_node(node).await?);
            }
            if last {
                break;
            }
        }
        Ok(NodeList { min_version, nodes })
    }

    pub(super) async fn read_node(&self, node: Address) -> Result<Option<NodeRecord>, ChainError> {
        let view = self.pool().getNode(node).call().await.map_err(|error| self.failed("getNode", error))?;
        Ok((view.registrationEpoch != 0).then_some(NodeRecord {
            node,
            operator: view.operator,
            registration_epoch: view.registrationEpoch,
            state: Node {
                standing: standing(view.registered, view.suspended, view.draining),
                capacity: view.capacity,
                reserved: view.reserved,
                version: view.version,
            },
            models: view.models,
        }))
    }

    pub(super) async fn read_earnings(&self, account: Address) -> Result<CorWei, ChainError> {
        let payment = ISessionPayment::new(self.deployment.session_payment, &self.provider);
        payment.earningsOf(account).call().await.map_err(|error| self.failed("earningsOf", error))
    }
}

/// Where a node stands, as the contract shows it.
const fn standing(registered: bool, suspended: bool, draining: bool) -> Standing {
    match (registered, suspended, draining) {
        (false, _, _) => Standing::Absent,
        (true, _, true) => Standing::Draining,
        (true, true, false) => Standing::Suspended,
        (true, false, false) => Standing::Active,
    }
}

/// A log's event.
fn decode<E: SolEvent>(log: &Log) -> Result<E, ChainError> {
    let decoded = log.log_decode::<E>();
    decoded
        .map(|log| log.inner.data)
        .map_err(|error| ChainError::Unexpected { what: E::SIGNATURE.to_owned(), detail: error.to_string() })
}

/// A digest as the contracts give it, which have zero for none: no bytes are known that hash to it.
pub(crate) fn digest(word: B256) -> Option<B256> {
    (!word.is_zero()).then_some(word)
}

/// Where the chain stands.
///
/// # Errors
/// `Unreachable`, `Refused`, or `Unexpected` if there is no block.
pub async fn head(provider: &DynProvider, endpoint: &str) -> Result<Head, ChainError> {
    let block = provider.get_block(alloy::eips::BlockId::latest()).await;
    let block = block.map_err(|error| explain(endpoint, "latest block", error))?;
    let block = block.ok_or_else(|| ChainError::Unexpected { what: "latest block".to_owned(), detail: "none".to_owned() })?;
    Ok(Head { number: block.header.number, timestamp_secs: block.header.timestamp })
}

/// What matters off chain of a session's terms.
#[must_use]
pub const fn session_terms(params: &ISessionQueue::SessionParams) -> SessionTerms {
    let rules = Terms {
        replicas: params.redundant,
        quorum_bps: params.quorumBps,
        assign_secs: params.assignSecs,
        ack_secs: params.ackSecs,
        precommit_secs: params.precommitSecs,
        commit_secs: params.commitSecs,
    };
    SessionTerms { model_identifier: params.modelIdentifier, rules }
}

/// A task as the contract gives it.
///
/// # Errors
/// `Unexpected` for a number that the interface does not have.
pub fn task_record(id: u64, view: ISessionQueue::TaskView) -> Result<TaskRecord, ChainError> {
    let replica = |replica: &ISessionQueue::Replica| {
        Ok(ReplicaRecord {
            miner: replica.miner,
            registration_epoch: replica.registrationEpoch,
            outcome: numbered("outcome", &OUTCOMES, replica.outcome)?,
            last_message: numbered("messages", &LAST_MESSAGES, replica.messages)?,
            commitment: digest(replica.commitment),
            result_digest: digest(replica.resultDigest),
        })
    };
    let kind = AnswerKind::from_number(view.answerKind);
    Ok(TaskRecord {
        id,
        session_id: view.sessionId,
        payer: view.payer,
        phase: numbered("phase", &PHASES, view.phase)?,
        status: numbered("status", &STATUSES, view.status)?,
        answer_kind: kind
            .ok_or_else(|| ChainError::Unexpected { what: "answerKind".to_owned(), detail: view.answerKind.to_string() })?,
        max_tokens: view.maxTokens,
        deadline_secs: view.deadline,
        result_digest: digest(view.resultDigest),
        replicas: view.replicas.iter().map(replica).collect::<Result<_, ChainError>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_the_order_of_their_numbers() {
        assert!(PHASES.iter().enumerate().all(|(index, phase)| usize::from(phase.number()) == index));
        assert!(STATUSES.iter().enumerate().all(|(index, status)| usize::from(status.number()) == index));
        assert!(OUTCOMES.iter().enumerate().all(|(index, outcome)| usize::from(outcome.number()) == index));
        assert!(numbered("phase", &PHASES, 6).is_err());
        assert!(numbered("messages", &LAST_MESSAGES, 4).is_err());
        assert_eq!((digest(B256::ZERO), digest(B256::with_last_byte(1))), (None, Some(B256::with_last_byte(1))));
    }
}
