//! A task, read from its logs and its two words.

use alloy::{
    eips::BlockId,
    primitives::{Address, B256},
    providers::{DynProvider, Provider},
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};
use cor_ports::domain::{History, LaneState, Phase, Submission, TaskRecord};
use cor_ports::{ChainError, lane};
use cor_sol::lane::ILane;
use cor_wire::deployment::Deployment;

use super::account::{explain, read_error};

/// How often a task is read whose logs and words do not fit. They are read one after the other, and a reorganisation between the two spoils one try.
const TRIES_MAX: usize = 2;

/// A task with its history as of the last block; `None` if the chain has no such task. While the task is open its history is that of which the seal is on
/// chain; of one that ended the seal is gone, and its history is what the logs tell.
///
/// # Errors
/// `HistoryMissing` if the node lacks a log of the task; `Unreachable`, `Refused`; `Unexpected` for an answer that the lane does not give.
pub async fn task_record(
    provider: &DynProvider,
    endpoint: &str,
    at: &Deployment,
    id: B256,
) -> Result<Option<TaskRecord>, ChainError> {
    let mut tries = 1;
    loop {
        match read(provider, endpoint, at, id).await {
            Err(ChainError::HistoryMissing { .. }) if tries < TRIES_MAX => tries += 1,
            read => return read,
        }
    }
}

async fn read(provider: &DynProvider, endpoint: &str, at: &Deployment, id: B256) -> Result<Option<TaskRecord>, ChainError> {
    // One block for logs and words: those of a task that goes on meanwhile would not fit each other.
    let head = provider.get_block_number().await.map_err(|error| explain(endpoint, "eth_blockNumber", error))?;
    let filter = Filter::new()
        .address(at.lane)
        .event_signature(vec![
            ILane::TaskSubmitted::SIGNATURE_HASH,
            ILane::TaskRecord::SIGNATURE_HASH,
            ILane::TaskEnded::SIGNATURE_HASH,
        ])
        .topic1(id)
        .from_block(at.from_block)
        .to_block(head);
    let logs = provider.get_logs(&filter).await.map_err(|error| explain(endpoint, "eth_getLogs", error))?;
    let Some(told) = Told::by(id, logs)? else { return Ok(None) };
    let lane = ILane::new(at.lane, provider);
    let words = lane.taskOf(told.submitted.payer, told.submitted.sequence).block(BlockId::number(head)).call().await;
    told.record(id, &words.map_err(|error| read_error(endpoint, "taskOf", error))?)
}

/// What the logs tell of a task.
struct Told {
    submitted: ILane::TaskSubmitted,
    block_number: u64,
    block_hash: B256,
    /// Opening and records.
    bytes: Vec<u8>,
    /// Whose keeper's it was, of one that ended; zero if nobody served it.
    ended: Option<Address>,
}

impl Told {
    /// What `logs`, in any order, tell of the task; `None` if there are none. The canonical chain has one submission of a name: the payer uses each
    /// sequence once.
    fn by(id: B256, mut logs: Vec<Log>) -> Result<Option<Self>, ChainError> {
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        let Some((first, rest)) = logs.split_first() else { return Ok(None) };
        if first.topic0() != Some(&ILane::TaskSubmitted::SIGNATURE_HASH) {
            return Err(missing(format!("the submission of task {id}"), "it has records of it".to_owned()));
        }
        let pending = || unexpected("eth_getLogs", "a log that is in no block yet".to_owned());
        let submitted: ILane::TaskSubmitted = decoded(first)?;
        let mut bytes = submitted.opening.to_vec();
        let mut ended = None;
        for log in rest {
            if log.topic0() == Some(&ILane::TaskEnded::SIGNATURE_HASH) {
                let end: ILane::TaskEnded = decoded(log)?;
                if bytes.len() == submitted.opening.len() && !end.crew.is_empty() {
                    bytes.extend(lane::crew_record(&end.crew));
                }
                ended = Some(end.keeper);
                continue;
            }
            // Without bytes for another phase.
            bytes.extend_from_slice(&decoded::<ILane::TaskRecord>(log)?.record);
        }
        let (block_number, block_hash) = first.block_number.zip(first.block_hash).ok_or_else(pending)?;
        Ok(Some(Self { submitted, block_number, block_hash, bytes, ended }))
    }

    /// The task, if its words are those of one and the history is what its seal is of.
    fn record(self, id: B256, words: &ILane::taskOfReturn) -> Result<Option<TaskRecord>, ChainError> {
        let state = LaneState::unpack(words.state);
        if state.phase == Phase::None {
            return match words.state.first() {
                // The block of its submission was replaced after the logs were read.
                None | Some(0) => Ok(None),
                Some(number) => {
                    Err(unexpected("taskOf", format!("phase {number} is not known; is this program older than the contracts?")))
                }
            };
        }
        let incomplete = |detail| missing(format!("a record of task {id}"), detail);
        let history = History::read(&self.bytes).ok_or_else(|| incomplete("its logs make no history".to_owned()))?;
        let served_by = match (state.phase, self.ended) {
            (Phase::Ended, None) => return Err(incomplete("the chain says that it ended, and its logs do not".to_owned())),
            (Phase::Ended, Some(keeper)) => {
                let mark = lane::mark_of(id, &history, keeper);
                if mark != state.keeper {
                    return Err(incomplete(format!(
                        "the crew of its logs has the mark {mark}, and the chain has {}",
                        state.keeper
                    )));
                }
                (!keeper.is_zero()).then_some(keeper)
            }
            (_, _) if history.seal != words.seal => {
                return Err(incomplete(format!("the seal of its logs is {}, and the chain has {}", history.seal, words.seal)));
            }
            (_, _) => None,
        };
        let ILane::TaskSubmitted { payer, session, sequence, charged, clientReference, promptUrn, .. } = self.submitted;
        Ok(Some(TaskRecord {
            id,
            payer,
            sequence,
            state,
            bytes: self.bytes.into(),
            history,
            served_by,
            submission: Submission {
                session,
                charged,
                prompt_urn: promptUrn,
                client_reference: clientReference,
                block_number: self.block_number,
                block_hash: self.block_hash,
            },
        }))
    }
}

fn missing(what: String, detail: String) -> ChainError {
    ChainError::HistoryMissing { what, detail }
}

fn unexpected(what: &str, detail: String) -> ChainError {
    ChainError::Unexpected { what: what.to_owned(), detail }
}

/// A log's event.
fn decoded<E: SolEvent>(log: &Log) -> Result<E, ChainError> {
    let decoded = log.log_decode::<E>();
    decoded.map(|log| log.inner.data).map_err(|error| unexpected(E::SIGNATURE, error.to_string()))
}
