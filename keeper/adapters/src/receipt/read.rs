//! Reads what a receipt is made of.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    eips::BlockId,
    primitives::{B256, U256},
    providers::{DynProvider, Provider},
    rpc::types::{Filter, Log},
    transports::TransportError,
};
use cor_ports::ChainError;
use cor_sol::session_queue::ISessionQueue;
use cor_wire::{deployment::Deployment, receipt::Receipt};

use super::fold::{Found, Place, Sender, TaskLog, fold};
use crate::chain::{Event, explain, read_error};

/// Reads the receipt of a task, as of the chain's last block.
///
/// # Errors
/// `Reverted` with UnknownTask; what the RPC failed with; `Unexpected` if the node lacks a log, a block or a transaction of the task.
pub async fn read(provider: &DynProvider, endpoint: &str, at: &Deployment, task_id: u64) -> Result<Receipt, ChainError> {
    let reader = Reader { provider, endpoint, at, task_id };
    // One block for everything: a task that goes on meanwhile would not fit its own logs.
    let head = provider.get_block_number().await.map_err(|error| reader.failed("eth_blockNumber", error))?;
    let task = ISessionQueue::new(at.session_queue, provider).getTask(task_id).block(BlockId::number(head)).call().await;
    let task = task.map_err(|error| read_error(endpoint, "getTask", error))?;
    let logs = reader.logs(head).await?;
    let times = reader.times(&logs).await?;
    let senders = reader.senders(&logs).await?;
    fold(at, task_id, &task, Found { logs, times, senders })
}

struct Reader<'a> {
    provider: &'a DynProvider,
    endpoint: &'a str,
    at: &'a Deployment,
    task_id: u64,
}

impl Reader<'_> {
    fn failed(&self, what: &str, error: TransportError) -> ChainError {
        explain(self.endpoint, what, error)
    }

    /// Logs of the task up to block `to`. Its number is the first or the second topic, depending on the event; of a slash it is the third, behind
    /// the slasher.
    async fn logs(&self, to: u64) -> Result<Vec<TaskLog>, ChainError> {
        let task = B256::from(U256::from(self.task_id));
        let base = Filter::new()
            .address(vec![self.at.session_queue, self.at.session_payment, self.at.staking])
            .from_block(self.at.from_block)
            .to_block(to);
        let mut found = Vec::new();
        let slashes = base.clone().topic1(self.at.session_queue.into_word()).topic3(task);
        for filter in [base.clone().topic1(task), base.topic2(task), slashes] {
            let logs = self.provider.get_logs(&filter).await.map_err(|error| self.failed("eth_getLogs", error))?;
            for log in logs {
                let Some(event) = Event::of(self.at, &log) else { continue };
                // The first topic of some events is a session, which may have the task's number.
                if event.task() == Some(self.task_id) {
                    found.push(TaskLog { event, place: place(&log)?, time: log.block_timestamp });
                }
            }
        }
        Ok(found)
    }

    /// Times of the blocks whose logs do not carry them: not every node puts them there. Blocks that the node lacks are left out.
    async fn times(&self, logs: &[TaskLog]) -> Result<BTreeMap<u64, u64>, ChainError> {
        let blocks: BTreeSet<u64> = logs.iter().filter(|log| log.time.is_none()).map(|log| log.place.block).collect();
        let mut times = BTreeMap::new();
        for number in blocks {
            let block = self.provider.get_block_by_number(number.into()).await.map_err(|error| self.failed("block", error))?;
            times.extend(block.map(|block| (number, block.header.timestamp)));
        }
        Ok(times)
    }

    /// Senders and gas of the logs' transactions. Those that the node lacks are left out.
    async fn senders(&self, logs: &[TaskLog]) -> Result<BTreeMap<B256, Sender>, ChainError> {
        let hashes: BTreeSet<B256> = logs.iter().map(|log| log.place.transaction).collect();
        let mut senders = BTreeMap::new();
        for hash in hashes {
            let receipt = self.provider.get_transaction_receipt(hash).await.map_err(|error| self.failed("receipt", error))?;
            senders.extend(receipt.map(|receipt| (hash, Sender { from: receipt.from, gas_used: receipt.gas_used })));
        }
        Ok(senders)
    }
}

/// Where a log lies.
fn place(log: &Log) -> Result<Place, ChainError> {
    let pending =
        || ChainError::Unexpected { what: "eth_getLogs".to_owned(), detail: "a log that is in no block yet".to_owned() };
    Ok(Place {
        block: log.block_number.ok_or_else(pending)?,
        transaction_index: log.transaction_index.ok_or_else(pending)?,
        log_index: log.log_index.ok_or_else(pending)?,
        transaction: log.transaction_hash.ok_or_else(pending)?,
    })
}
