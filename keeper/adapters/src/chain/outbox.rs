//! A durable outbox: a transaction is written to the journal with its nonce before it is sent, so that after a crash the very same bytes
//! are looked for, and sent again if they are still asked for. One transaction is under way at a time; an account's nonces never have a gap.

use std::sync::Arc;

use alloy::{
    consensus::{Transaction as _, TxEnvelope},
    eips::eip2718::Decodable2718 as _,
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
            if let Some(receipt) = self.account.receipt(record.transaction).await? {
                if let Fate::Mined(sent) = self.close(key, record, &receipt).await? {
                    return Ok(sent);
                }
            } else if input(&record).as_ref() == Some(&data) {
                // It was not mined yet, or a re-org took it out again: then the same bytes go in once more.
                if let Fate::Mined(sent) = self.settle(key, record).await? {
                    return Ok(sent);
                }
            }
            // What was decided on another chain, or before something came, is not brought: this is asked for now.
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
        if let Some(fate) = self.fate(key, &record).await? {
            return Ok(fate);
        }
        record.mined = None;
        let signed = Signed { nonce: record.nonce, transaction: record.transaction, raw: record.raw.clone() };
        self.account.broadcast(&signed).await?;
        let receipt = self.account.wait(record.transaction).await?;
        self.close(key, record, &receipt).await
    }

    /// What became of a record; `None` while its transaction is the account's next one.
    async fn fate(&self, key: &str, record: &OutboxRecord) -> Result<Option<Fate>, ChainError> {
        if let Some(receipt) = self.account.receipt(record.transaction).await? {
            return self.close(key, record.clone(), &receipt).await.map(Some);
        }
        let nonce = self.account.nonce().await?;
        if nonce == record.nonce {
            return Ok(None);
        }
        // Asked again: it may have been mined between the two questions.
        if nonce > record.nonce
            && let Some(receipt) = self.account.receipt(record.transaction).await?
        {
            return self.close(key, record.clone(), &receipt).await.map(Some);
        }
        // Another one has its nonce; or what came before it is in no record, and nobody fills the gap: whoever wants this call signs it anew.
        self.journal.remove(key).await?;
        Ok(Some(Fate::Displaced))
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

    /// Looks after what an earlier run or call left open, in the order of nonces. What the node has is waited for. What it does not have is not brought, as it was decided on a chain that may not
    /// be that of now: a crew that was drawn by a block that has been replaced costs its keeper the bond. Whoever still wants it asks for it. What was mined is kept
    /// though a re-org took it out, as it may be the node that lags. Forgets what was mined long ago.
    async fn recover(&self) -> Result<(), ChainError> {
        let (mut open, mut mined) = (Vec::new(), Vec::new());
        for (key, bytes) in self.journal.list(PREFIX).await? {
            let record = parse(&key, &bytes)?;
            if record.mined.is_some() { mined.push((record.nonce, key)) } else { open.push((record.nonce, key, record)) }
        }
        open.sort_by_key(|(nonce, ..)| *nonce);
        for (_, key, record) in open {
            if self.fate(&key, &record).await?.is_none() && self.account.is_pending(record.transaction).await? {
                let receipt = self.account.wait(record.transaction).await?;
                self.close(&key, record, &receipt).await?;
            }
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

/// What a record's transaction calls its contract with.
fn input(record: &OutboxRecord) -> Option<Bytes> {
    let envelope = TxEnvelope::decode_2718(&mut &record.raw[..]).ok()?;
    Some(envelope.input().clone())
}

fn parse(key: &str, bytes: &[u8]) -> Result<OutboxRecord, ChainError> {
    serde_json::from_slice(bytes).map_err(|error| damaged(key, &error))
}

fn damaged(key: &str, error: &serde_json::Error) -> ChainError {
    ChainError::Outbox(JournalError::Failed { place: key.to_owned(), reason: error.to_string() })
}
