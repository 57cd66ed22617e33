//! Reads what a receipt is made of.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    consensus::Transaction as _,
    eips::BlockId,
    primitives::{B256, U256},
    providers::{DynProvider, Provider},
    rpc::types::{Filter, Log},
    sol_types::SolEvent as _,
    transports::TransportError,
};
use cor_core::task::jury::evidence::Order;
use cor_ports::ChainError;
use cor_ports::domain::LaneState;
use cor_sol::{
    jury::IJury::KeeperConvicted,
    lane::ILane::{self, ILaneEvents as Lane},
};
use cor_wire::{deployment::Deployment, receipt::Receipt};

use super::{
    fold::{Found, Kept, Place, Sender, TaskLog, fold},
    read_draw::{Court, Submitted},
};
use crate::chain::{Event, explain, read_error, slash_number};

/// How often a task is read whose logs and words do not fit. They are read one after the other, and a reorganisation between the two spoils one try.
const TRIES_MAX: usize = 2;

/// Reads the receipt of a task, as of the chain's last block.
///
/// # Errors
/// What the RPC failed with; `HistoryMissing` if there is no such task, or if the node lacks a log, a block or a transaction of it: then what the lane keeps of
/// the task is not that of its logs.
pub async fn read(provider: &DynProvider, endpoint: &str, at: &Deployment, task: B256) -> Result<Receipt, ChainError> {
    let reader = Reader { provider, endpoint, at, task };
    let mut tries = 1;
    loop {
        match reader.receipt().await {
            Err(ChainError::HistoryMissing { .. }) if tries < TRIES_MAX => tries += 1,
            read => return read,
        }
    }
}

struct Reader<'a> {
    provider: &'a DynProvider,
    endpoint: &'a str,
    at: &'a Deployment,
    task: B256,
}

impl Reader<'_> {
    fn failed(&self, what: &str, error: TransportError) -> ChainError {
        explain(self.endpoint, what, error)
    }

    async fn receipt(&self) -> Result<Receipt, ChainError> {
        // One block for everything: a task that goes on meanwhile would not fit its own logs.
        let head = self.provider.get_block_number().await.map_err(|error| self.failed("eth_blockNumber", error))?;
        let logs = self.logs(head).await?;
        let kept = self.kept(&logs, head).await?;
        let court = Court::new(self.provider, self.endpoint, self.at, head);
        let times_of_jury = court.views().times().await?;
        let (times, senders) = (self.times(&logs).await?, self.senders(&logs).await?);
        let submitted = logs.iter().find_map(submitted);
        let mut receipt = fold(self.at, self.task, &kept, Found { times_of_jury, logs, times, senders })?;
        if let Some(submitted) = submitted {
            receipt.jury.draw = court.draw(&receipt, &submitted).await?;
        }
        Ok(receipt)
    }

    /// Logs of the task up to block `to`. Its name is the first topic of the lane's and the jury's, and the second of a conviction; of a slash its number is the
    /// third, behind the slasher.
    async fn logs(&self, to: u64) -> Result<Vec<TaskLog>, ChainError> {
        let base = Filter::new().from_block(self.at.from_block).to_block(to);
        let number = B256::from(U256::from(slash_number(self.task)));
        let slashes = base.clone().address(self.at.staking).topic1(self.at.lane.into_word()).topic3(number);
        let mut found = Vec::new();
        let of_jury = base.clone().address(self.at.jury);
        let convictions = of_jury.clone().event_signature(KeeperConvicted::SIGNATURE_HASH).topic2(self.task);
        for filter in [base.address(self.at.lane).topic1(self.task), slashes, of_jury.topic1(self.task), convictions] {
            let logs = self.provider.get_logs(&filter).await.map_err(|error| self.failed("eth_getLogs", error))?;
            for log in logs {
                let Some(event) = Event::of(self.at, &log) else { continue };
                found.push(TaskLog { event, place: place(&log)?, time: log.block_timestamp });
            }
        }
        Ok(found)
    }

    /// What the lane keeps of the task at block `head`; of no task if there is no submission.
    async fn kept(&self, logs: &[TaskLog], head: u64) -> Result<Kept, ChainError> {
        let submitted = logs.iter().find_map(|log| match &log.event {
            Event::Lane(Lane::TaskSubmitted(event)) => Some((event.payer, event.sequence)),
            _ => None,
        });
        let Some((payer, sequence)) = submitted else { return Ok(Kept::default()) };
        let words = ILane::new(self.at.lane, self.provider).taskOf(payer, sequence).block(BlockId::number(head)).call().await;
        let words = words.map_err(|error| read_error(self.endpoint, "taskOf", error))?;
        Ok(Kept { state: LaneState::unpack(words.state), seal: words.seal })
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

    /// Senders, gas and inputs of the logs' transactions. Those that the node lacks are left out.
    async fn senders(&self, logs: &[TaskLog]) -> Result<BTreeMap<B256, Sender>, ChainError> {
        let hashes: BTreeSet<B256> = logs.iter().map(|log| log.place.transaction).collect();
        let mut senders = BTreeMap::new();
        for hash in hashes {
            let receipt = self.provider.get_transaction_receipt(hash).await.map_err(|error| self.failed("receipt", error))?;
            let Some(receipt) = receipt else { continue };
            let sent = self.provider.get_transaction_by_hash(hash).await.map_err(|error| self.failed("transaction", error))?;
            let input = sent.filter(|sent| sent.to() == Some(self.at.lane)).map(|sent| sent.input().clone());
            senders.insert(hash, Sender { from: receipt.from, gas_used: receipt.gas_used, input });
        }
        Ok(senders)
    }
}

/// What the draw needs of a submission; `None` for another log.
fn submitted(log: &TaskLog) -> Option<Submitted> {
    let Event::Lane(Lane::TaskSubmitted(event)) = &log.event else { return None };
    let Place { block, block_hash, .. } = log.place;
    Some(Submitted { model: Order::read(&event.opening)?.model, block, block_hash })
}

/// Where a log lies.
fn place(log: &Log) -> Result<Place, ChainError> {
    let pending =
        || ChainError::Unexpected { what: "eth_getLogs".to_owned(), detail: "a log that is in no block yet".to_owned() };
    Ok(Place {
        block: log.block_number.ok_or_else(pending)?,
        block_hash: log.block_hash.ok_or_else(pending)?,
        transaction_index: log.transaction_index.ok_or_else(pending)?,
        log_index: log.log_index.ok_or_else(pending)?,
        transaction: log.transaction_hash.ok_or_else(pending)?,
    })
}
