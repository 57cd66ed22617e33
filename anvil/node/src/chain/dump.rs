//! The whole chain as bytes, for a file or for `anvil_dumpState`, and back.
//!
//! A dump is one line of JSON that says what follows and its keccak-256, then the content as JSON. Nothing is taken from a dump
//! before all of it was checked: the length and the hash of the content, the chain id, that the blocks are linked, and that the
//! accounts have the state root they had when they were saved.
//!
//! The dump of a forked chain holds what differs from the chain it began as, and names the block it began at: it can be loaded
//! where a chain is forked at the same block, and nowhere else.

use std::{collections::BTreeMap, io, sync::Arc};

use alloy_consensus::{Header, Signed, TxEnvelope};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, Log, TxHash, U256};
use cor_errors::{Coded, Entry, table::dump};
use serde::{Deserialize, Serialize};

use super::{Account, Block, Chain, Receipt, State, StateError, Tx, ledger::Ledger};
use crate::{
    fork::Fork,
    sealed::{Format, SealError},
};

/// What the first line must say.
const FORMAT: Format = Format { name: "anvil-stylus-state", version: 1 };

/// Why a dump was refused.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The file could not be read.
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The first line is not that of a dump.
    #[error("this is no state dump: its first line must be JSON with \"format\": \"{}\"", FORMAT.name)]
    NotADump,
    /// Written by another version.
    #[error("the dump has format version {got}, this program reads {}", FORMAT.version)]
    Version {
        /// Version in the dump.
        got: u32,
    },
    /// Cut off or extended.
    #[error("the dump is damaged: {got} bytes of content instead of {expected}")]
    Length {
        /// Bytes that should be there.
        expected: usize,
        /// Bytes that are there.
        got: usize,
    },
    /// Changed.
    #[error("the dump is damaged: the hash of its content is {got} instead of {expected}")]
    Hash {
        /// Hash that was written.
        expected: B256,
        /// Hash of what is there.
        got: B256,
    },
    /// The content is intact, but not what this version expects.
    #[error("the content of the dump cannot be read: {0}")]
    Content(#[source] serde_json::Error),
    /// Dumped from another chain.
    #[error("the dump is of chain {got}, this chain is {expected} (--chain-id {got})")]
    ChainId {
        /// This chain.
        expected: u64,
        /// The dump's.
        got: u64,
    },
    /// The parts contradict each other.
    #[error("the dump contradicts itself: {0}")]
    Inconsistent(&'static str),
    /// A gzip stream that breaks off or was changed.
    #[error("the dump is damaged: it cannot be unpacked: {0}")]
    Packed(#[source] io::Error),
    /// A chain with a beginning of its own cannot take the place of a forked one.
    #[error("this chain is a fork, and the dump is of a chain that began by itself")]
    Forked,
    /// The dump holds what differs from another chain at one block, which is not where this chain began.
    #[error("the dump is of a chain forked at block {number} with hash {hash} (--fork-block-number {number})")]
    OtherFork {
        /// Block the dumped chain was forked at.
        number: u64,
        /// Its hash.
        hash: B256,
    },
    /// A forked chain's origin did not answer.
    #[error("the accounts cannot be put in: {0}")]
    State(#[from] StateError),
}

impl Coded for DumpError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Read(_) => &dump::DUMP_UNREADABLE,
            Self::NotADump => &dump::NOT_A_DUMP,
            Self::Version { .. } => &dump::DUMP_VERSION,
            Self::Length { .. } => &dump::DUMP_LENGTH,
            Self::Hash { .. } => &dump::DUMP_HASH,
            Self::Content(_) => &dump::DUMP_CONTENT,
            Self::ChainId { .. } => &dump::DUMP_CHAIN_ID,
            Self::Inconsistent(_) => &dump::DUMP_INCONSISTENT,
            Self::Packed(_) => &dump::DUMP_PACKED,
            Self::Forked => &dump::DUMP_OF_UNFORKED_CHAIN,
            Self::OtherFork { .. } => &dump::DUMP_OF_OTHER_FORK,
            Self::State(error) => error.entry(),
        }
    }
}

impl From<SealError> for DumpError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NotSealed => Self::NotADump,
            SealError::Version { got } => Self::Version { got },
            SealError::Length { expected, got } => Self::Length { expected, got },
            SealError::Hash { expected, got } => Self::Hash { expected, got },
        }
    }
}

/// The content of a dump.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateDump {
    chain_id: u64,
    /// Seconds chain time is ahead of the clock.
    time_offset_secs: i64,
    l1_genesis_number: u64,
    genesis_timestamp: u64,
    /// Where the chain was forked, if it was: `accounts` holds what differs from the state there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fork: Option<DumpedFork>,
    /// Root of `accounts`, which may differ from the newest header's after changes by hand.
    state_root: B256,
    blocks: Vec<DumpedBlock>,
    accounts: BTreeMap<Address, DumpedAccount>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DumpedFork {
    number: u64,
    hash: B256,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DumpedAccount {
    nonce: u64,
    balance: U256,
    code: Bytes,
    storage: BTreeMap<U256, U256>,
    /// Slots that are not here are as at the fork.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_partial: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DumpedBlock {
    header: Header,
    l1_number: u64,
    transactions: Vec<DumpedTx>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DumpedTx {
    /// Kept because neither follows from the bytes when the sender was impersonated.
    hash: TxHash,
    from: Address,
    raw: Bytes,
    success: bool,
    gas_used: u64,
    effective_gas_price: u128,
    logs: Vec<Log>,
    contract_address: Option<Address>,
    output: Bytes,
}

impl StateDump {
    /// The dump as bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DumpError> {
        let content = serde_json::to_vec(self).map_err(DumpError::Content)?;
        FORMAT.seal(&content).map_err(DumpError::Content)
    }

    /// Reads a dump from bytes and checks that they are what was written.
    ///
    /// # Errors
    /// [`DumpError`] of what is wrong with the content.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DumpError> {
        let content = FORMAT.open(bytes)?;
        serde_json::from_slice(content).map_err(DumpError::Content)
    }

    /// The accounts, on top of the state of the chain that was forked, if one was.
    fn state(&self, fork: Option<&Arc<Fork>>) -> Result<State, DumpError> {
        let mut state = fork.map_or_else(State::default, |fork| State::forked(fork.state_at(fork.number())));
        for (address, account) in &self.accounts {
            state.put(*address, account.restore());
        }
        if state.root() != self.state_root {
            return Err(DumpError::Inconsistent("the accounts do not have the recorded state root"));
        }
        Ok(state)
    }

    fn blocks(&self, fork: Option<&Arc<Fork>>) -> Result<Vec<Arc<Block>>, DumpError> {
        let restore = |block: &DumpedBlock| match fork.filter(|fork| fork.number() == block.header.number) {
            // Its hash is what the origin says: not every chain's follows from an Ethereum header.
            Some(fork) => Ok(Arc::new(Block::from(fork.block().clone()))),
            None => block.restore().map(Arc::new),
        };
        let blocks: Vec<Arc<Block>> = self.blocks.iter().map(restore).collect::<Result<_, _>>()?;
        let linked = blocks
            .windows(2)
            .all(|pair| pair[1].header.parent_hash == pair[0].hash && pair[1].number() == pair[0].number().saturating_add(1));
        if linked { Ok(blocks) } else { Err(DumpError::Inconsistent("the blocks are not linked")) }
    }

    /// Checks that the dumped chain began where this one did.
    fn check_origin(&self, fork: Option<&Arc<Fork>>) -> Result<(), DumpError> {
        let here = fork.map(|fork| DumpedFork::of(fork));
        match (self.fork, here) {
            (dumped, here) if dumped == here => Ok(()),
            (Some(DumpedFork { number, hash }), _) => Err(DumpError::OtherFork { number, hash }),
            (None, _) => Err(DumpError::Forked),
        }
    }
}

impl DumpedFork {
    fn of(fork: &Fork) -> Self {
        Self { number: fork.number(), hash: fork.block().hash }
    }
}

impl DumpedAccount {
    fn of(account: &Account) -> Self {
        Self {
            nonce: account.nonce,
            balance: account.balance,
            code: account.code.original_bytes(),
            storage: account.storage.iter().map(|(slot, value)| (*slot, *value)).collect(),
            is_partial: account.is_partial,
        }
    }

    fn restore(&self) -> Account {
        let mut account = Account { nonce: self.nonce, balance: self.balance, is_partial: self.is_partial, ..Account::default() };
        account.set_code(self.code.clone());
        for (slot, value) in &self.storage {
            account.set_slot(*slot, *value);
        }
        account
    }
}

impl DumpedBlock {
    fn of(block: &Block) -> Self {
        let transactions =
            block.transactions.iter().zip(&block.receipts).map(|(tx, receipt)| DumpedTx::of(tx, receipt)).collect();
        Self { header: block.header.clone(), l1_number: block.l1_number, transactions }
    }

    fn restore(&self) -> Result<Block, DumpError> {
        let (mut transactions, mut receipts) = (Vec::new(), Vec::new());
        let (mut cumulative_gas_used, mut first_log_index) = (0u64, 0u64);
        for dumped in &self.transactions {
            transactions.push(dumped.transaction()?);
            cumulative_gas_used = cumulative_gas_used.saturating_add(dumped.gas_used);
            receipts.push(dumped.receipt(cumulative_gas_used, first_log_index));
            first_log_index += dumped.logs.len() as u64;
        }
        let hash = self.header.hash_slow();
        Ok(Block { header: self.header.clone(), hash, l1_number: self.l1_number, transactions, receipts })
    }
}

impl DumpedTx {
    fn of(tx: &Tx, receipt: &Receipt) -> Self {
        Self {
            hash: *tx.tx_hash(),
            from: tx.signer(),
            raw: tx.encoded_2718().into(),
            success: receipt.success,
            gas_used: receipt.gas_used,
            effective_gas_price: receipt.effective_gas_price,
            logs: receipt.logs.clone(),
            contract_address: receipt.contract_address,
            output: receipt.output.clone(),
        }
    }

    fn transaction(&self) -> Result<Tx, DumpError> {
        let tx = TxEnvelope::decode_2718(&mut self.raw.as_ref())
            .map_err(|_| DumpError::Inconsistent("a transaction cannot be decoded"))?;
        Ok(Tx::new_unchecked(with_hash(tx, self.hash), self.from))
    }

    fn receipt(&self, cumulative_gas_used: u64, first_log_index: u64) -> Receipt {
        Receipt {
            success: self.success,
            gas_used: self.gas_used,
            cumulative_gas_used,
            effective_gas_price: self.effective_gas_price,
            logs: self.logs.clone(),
            first_log_index,
            contract_address: self.contract_address,
            output: self.output.clone(),
            failure: None,
        }
    }
}

/// The same transaction under another hash: that of an impersonated one also covers its sender.
pub(super) fn with_hash(tx: TxEnvelope, hash: TxHash) -> TxEnvelope {
    let signature = *tx.signature();
    Signed::new_unchecked(tx.into_typed_transaction(), signature, hash).into()
}

impl Chain {
    /// Everything that makes up the chain, except the pool, snapshots and states of older blocks; of a forked chain, what differs
    /// from the one it began as.
    pub fn dump(&self) -> StateDump {
        let shared = self.inner.shared.read();
        let head = shared.ledger.head();
        StateDump {
            chain_id: shared.rules.exec.chain_id,
            time_offset_secs: shared.time.offset_secs(),
            l1_genesis_number: shared.rules.l1_genesis_number,
            genesis_timestamp: shared.rules.genesis_timestamp,
            fork: shared.fork.as_deref().map(DumpedFork::of),
            state_root: head.state.root(),
            blocks: shared.ledger.range(0, u64::MAX).iter().map(|block| DumpedBlock::of(block)).collect(),
            accounts: head.state.accounts().map(|(address, account)| (*address, DumpedAccount::of(account))).collect(),
        }
    }

    /// Replaces the chain by a dumped one. On an error nothing has changed.
    ///
    /// # Errors
    /// [`DumpError::ChainId`], [`DumpError::Inconsistent`], [`DumpError::Forked`], [`DumpError::OtherFork`].
    pub fn load(&self, dump: &StateDump) -> Result<(), DumpError> {
        let expected = self.chain_id();
        if dump.chain_id != expected {
            return Err(DumpError::ChainId { expected, got: dump.chain_id });
        }
        let _writer = self.write();
        let fork = self.fork();
        dump.check_origin(fork.as_ref())?;
        let (state, blocks) = (dump.state(fork.as_ref())?, dump.blocks(fork.as_ref())?);
        let ledger = Ledger::restore(blocks, vec![state], self.config().states_kept, self.config().blocks_kept)
            .ok_or(DumpError::Inconsistent("there are no blocks"))?;
        let mut shared = self.inner.shared.write();
        shared.ledger = ledger;
        shared.pool.clear();
        shared.snapshots = super::Snapshots::default();
        shared.time.set_offset(dump.time_offset_secs);
        shared.rules.l1_genesis_number = dump.l1_genesis_number;
        shared.rules.genesis_timestamp = dump.genesis_timestamp;
        Ok(())
    }
}
