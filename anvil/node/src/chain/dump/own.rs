//! The whole chain as bytes, for a file or for `anvil_dumpState`, and back.
//!
//! A dump is one line of JSON that says what follows and its keccak-256, then the content as JSON. Nothing is taken from a dump
//! before all of it was checked: the length and the hash of the content, the chain id, that the blocks are linked, and that the
//! accounts have the state root they had when they were saved.
//!
//! The dump of a forked chain holds what differs from the chain it began as, and names the block it began at: it can be loaded
//! where a chain is forked at the same block, and nowhere else.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::{Header, TxEnvelope};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, Log, TxHash, U256};
use serde::{Deserialize, Serialize};

use crate::{
    arbos::HISTORY_STORAGE,
    chain::{
        blocks::{Block, Receipt, Tx, adopt_history, with_hash},
        error::{DUMP_FORMAT, DumpError},
        store::{Kept, Ledger, Shared, Snapshots},
    },
    fork::Fork,
    state::{Account, State},
};

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
    /// Everything that makes up the chain, except the pool, snapshots and states of older blocks; of a forked chain, what differs
    /// from the one it began as.
    pub(crate) fn of(shared: &Shared) -> Self {
        let head = shared.ledger.head();
        Self {
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

    /// Checks the dump against the chain that is to be replaced, and answers the ledger that it stands for.
    ///
    /// # Errors
    /// [`DumpError::ChainId`], [`DumpError::Inconsistent`], [`DumpError::Forked`], [`DumpError::OtherFork`], [`DumpError::State`].
    pub(crate) fn ledger(&self, chain_id: u64, fork: Option<&Arc<Fork>>, kept: Kept) -> Result<Ledger, DumpError> {
        if self.chain_id != chain_id {
            return Err(DumpError::ChainId { expected: chain_id, got: self.chain_id });
        }
        self.check_origin(fork)?;
        let (mut state, blocks) = (self.state(fork)?, self.blocks(fork)?);
        if !self.accounts.contains_key(&HISTORY_STORAGE) {
            // Saved before there was the contract here; of a fork, perhaps before its first block.
            adopt_history(&mut state, &blocks)?;
        }
        Ledger::restore(blocks, vec![state], kept).ok_or(DumpError::Inconsistent("there are no blocks"))
    }

    /// Puts `ledger`, which is this dump's, and the dump's other values in the place of what is there.
    pub(crate) fn replace(&self, shared: &mut Shared, ledger: Ledger) {
        shared.ledger = ledger;
        shared.pool.clear();
        shared.snapshots = Snapshots::default();
        shared.time.set_offset(self.time_offset_secs);
        shared.rules.l1_genesis_number = self.l1_genesis_number;
        shared.rules.genesis_timestamp = self.genesis_timestamp;
    }

    /// The dump as bytes.
    ///
    /// # Errors
    /// [`DumpError::Content`]: only on a machine that is out of memory.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DumpError> {
        let content = serde_json::to_vec(self).map_err(DumpError::Content)?;
        DUMP_FORMAT.seal(&content).map_err(DumpError::Content)
    }

    /// Reads a dump from bytes and checks that they are what was written.
    ///
    /// # Errors
    /// [`DumpError`] of what is wrong with the content.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DumpError> {
        let content = DUMP_FORMAT.open(bytes)?;
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
