//! A durable outbox: a transaction is written to the journal with its nonce before it is sent, so that after a crash the very same bytes
//! are looked for and sent again. One transaction is under way at a time; an account's nonces never have a gap.

use std::sync::Arc;

use alloy::{
    primitives::{Address, Bytes, TxKind, U256},
    rpc::types::TransactionReceipt,
};
use cor_ports::domain::SentCall;
use cor_ports::{ChainError, Journal, JournalError};
use cor_wire::outbox::{MinedAt, OutboxRecord};
use tokio::sync::Mutex;

use super::account::{Account, Signed};

const PREFIX: &str = "outbox/";
/// Mined records kept: enough that an effect repeated after a restart is recognised; older ones have long been seen on chain.
const MINED_KEPT_MAX: usize = 4_096;

pub(super) struct Outbox {
    account: Account,
    journal: Arc<dyn Journal>,
    /// Whether records of an earlier run were gone through. The lock also keeps transactions in order.
    recovered: Mutex<bool>,
}

/// What became of a record that was looked at again.
enum Fate {
    Mined(SentCall),
    Reverted(Option<u64>),
    /// Another transaction took the nonce: this one can never be mined.
    Displaced,
}

impl Outbox {
    pub(super) fn new(account: Account, journal: Arc<dyn Journal>) -> Self {
        Self { account, journal, recovered: Mutex::new(false) }
    }

    pub(super) fn address(&self) -> Address {
        self.account.address()
    }

    /// Sends a call under `key`, or returns what was sent under that key before.
    pub(super) async fn send(&self, key: &str, to: Address, data: Bytes, label: &'static str) -> Result<SentCall, ChainError> {
        let mut recovered = self.recovered.lock().await;
        if !*recovered {
            self.recover().await?;
        }
        // Until this call has come to its end, a record may lie open: the next call then ends it first.
        *recovered = false;
        let sent = self.send_in_order(&format!("{PREFIX}{key}"), to, data, label).await;
        *recovered = !matches!(
            sent,
            Err(ChainError::NotMined { .. }
                | ChainError::Unreachable { .. }
                | ChainError::Refused { .. }
                | ChainError::Outbox(_))
        );
        sent
    }

    async fn send_in_order(&self, key: &str, to: Address, data: Bytes, label: &'static str) -> Result<SentCall, ChainError> {
        if let Some(record) = self.read(key).await? {
            // With it others may have been taken out that come before it.
            if record.mined.is_some() && self.account.receipt(record.transaction).await?.is_none() {
                self.recover().await?;
            }
        }
        if let Some(record) = self.read(key).await? {
            // Mined before, unless a re-org took it out again: then the same bytes go in once more.
            match self.settle(key, record).await? {
                Fate::Mined(sent) => return Ok(sent),
                Fate::Reverted(_) | Fate::Displaced => {}
            }
        }
        let nonce = self.account.nonce().await?;
        let signed = self.account.sign(label, TxKind::Call(to), data.clone(), U256::ZERO, nonce).await?;
        let record = OutboxRecord { nonce: signed.nonce, transaction: signed.transaction, raw: signed.raw, mined: None };
        self.write(key, &record).await?;
        match self.settle(key, record).await? {
            Fate::Mined(sent) => Ok(sent),
            Fate::Reverted(block) => Err(self.account.replay(label, TxKind::Call(to), data, U256::ZERO, block).await),
            Fate::Displaced => Err(ChainError::NonceTaken { call: label.to_owned(), account: self.account.address(), nonce }),
        }
    }

    /// Brings a written record to its end.
    async fn settle(&self, key: &str, mut record: OutboxRecord) -> Result<Fate, ChainError> {
        let receipt = match self.account.receipt(record.transaction).await? {
            Some(receipt) => receipt,
            None => {
                let nonce = self.account.nonce().await?;
                if nonce < record.nonce {
                    // What came before it is in no record, or could not be brought: nobody fills the gap, so whoever wants this call signs it anew.
                    self.journal.remove(key).await?;
                    return Ok(Fate::Displaced);
                }
                if nonce > record.nonce {
                    // Asked again: it may have been mined between the two questions.
                    match self.account.receipt(record.transaction).await? {
                        Some(receipt) => return self.close(key, record, &receipt).await,
                        None => {
                            self.journal.remove(key).await?;
                            return Ok(Fate::Displaced);
                        }
                    }
                }
                record.mined = None;
                let signed = Signed { nonce: record.nonce, transaction: record.transaction, raw: record.raw.clone() };
                self.account.broadcast(&signed).await?;
                self.account.wait(record.transaction).await?
            }
        };
        self.close(key, record, &receipt).await
    }

    async fn close(&self, key: &str, mut record: OutboxRecord, receipt: &TransactionReceipt) -> Result<Fate, ChainError> {
        if !receipt.status() {
            self.journal.remove(key).await?;
            return Ok(Fate::Reverted(receipt.block_number));
        }
        let unmined = || ChainError::Unexpected { what: "receipt".to_owned(), detail: "no block number".to_owned() };
        let mined = MinedAt { block_number: receipt.block_number.ok_or_else(unmined)?, gas_used: receipt.gas_used };
        if record.mined != Some(mined) {
            record.mined = Some(mined);
            self.write(key, &record).await?;
        }
        Ok(Fate::Mined(SentCall { transaction: record.transaction, block_number: mined.block_number, gas_used: mined.gas_used }))
    }

    /// Ends what an earlier run left open, in the order of nonces, with what was mined and a reorganisation took out again: until that is in, nothing behind it can be. Forgets what was
    /// mined long ago.
    async fn recover(&self) -> Result<(), ChainError> {
        let (mut open, mut mined) = (Vec::new(), Vec::new());
        let nonce = self.account.nonce().await?;
        for (key, bytes) in self.journal.list(PREFIX).await? {
            let record = parse(&key, &bytes)?;
            let is_in = record.mined.is_some() && record.nonce < nonce;
            if is_in { mined.push((record.nonce, key)) } else { open.push((record.nonce, key, record)) }
        }
        open.sort_by_key(|(nonce, ..)| *nonce);
        for (at, key, record) in open {
            // Behind a gap that no record fills. A node that lags makes nothing be forgotten that was mined; after a rollback whoever asks for it signs it anew.
            if record.mined.is_some() && at > self.account.nonce().await? {
                continue;
            }
            self.settle(&key, record).await?;
        }
        mined.sort();
        let surplus = mined.len().saturating_sub(MINED_KEPT_MAX);
        for (_, key) in mined.into_iter().take(surplus) {
            self.journal.remove(&key).await?;
        }
        Ok(())
    }

    async fn read(&self, key: &str) -> Result<Option<OutboxRecord>, ChainError> {
        let bytes = self.journal.get(key).await?;
        bytes.map(|bytes| parse(key, &bytes)).transpose()
    }

    async fn write(&self, key: &str, record: &OutboxRecord) -> Result<(), ChainError> {
        let bytes = serde_json::to_vec(record).map_err(|error| damaged(key, &error))?;
        Ok(self.journal.put(key, &bytes).await?)
    }
}

fn parse(key: &str, bytes: &[u8]) -> Result<OutboxRecord, ChainError> {
    serde_json::from_slice(bytes).map_err(|error| damaged(key, &error))
}

fn damaged(key: &str, error: &serde_json::Error) -> ChainError {
    ChainError::Outbox(JournalError::Failed { place: key.to_owned(), reason: error.to_string() })
}
