//! Blocks, transactions, receipts and older states in Anvil's form, both ways.
//!
//! Anvil keeps a transaction in its block and what it did in a list beside the blocks, with a trace of its own kind that this chain
//! neither reads nor has: its tracers run a transaction again.

use std::{collections::HashMap, sync::Arc};

use alloy_consensus::{Header, ReceiptEnvelope, Transaction as _, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Log, TxHash, U256, keccak256};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    chain::{
        blocks::{Block, Receipt, Tx, with_hash},
        error::DumpError,
    },
    state::State,
};

/// A block with its transactions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AnvilBlock {
    header: Header,
    #[serde(default)]
    transactions: Vec<Value>,
    #[serde(default)]
    ommers: Vec<Value>,
}

/// A transaction in its block.
#[derive(Debug, Serialize, Deserialize)]
struct SignedTx {
    transaction: TxEnvelope,
    /// Who it counts as sent by, if nobody signed it.
    #[serde(default)]
    impersonated_sender: Option<Address>,
}

/// What a transaction did.
#[derive(Debug, Serialize, Deserialize)]
struct MinedTx {
    info: TxInfo,
    receipt: ReceiptEnvelope<Log>,
    block_hash: B256,
    block_number: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct TxInfo {
    transaction_hash: TxHash,
    transaction_index: u64,
    from: Address,
    to: Option<Address>,
    contract_address: Option<Address>,
    #[serde(default)]
    traces: Vec<Value>,
    /// How execution ended, in the EVM's words.
    exit: Value,
    out: Option<Bytes>,
    nonce: u64,
    gas_used: u64,
}

/// States after older blocks, by block hash.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct HistoricalStates(Vec<(B256, HistoricalState)>);

#[derive(Debug, Clone, Deserialize)]
struct HistoricalState {
    accounts: HashMap<Address, HistoricalAccount>,
    #[serde(default)]
    storage: HashMap<Address, HashMap<U256, U256>>,
}

#[derive(Debug, Clone, Deserialize)]
struct HistoricalAccount {
    balance: U256,
    nonce: u64,
    code: Option<HistoricalCode>,
}

/// Code as the EVM keeps it.
#[derive(Debug, Clone, Deserialize)]
enum HistoricalCode {
    /// With zeros after the end.
    LegacyAnalyzed { bytecode: Bytes, original_len: usize },
    /// A delegation, which has a fixed form.
    Eip7702 { raw: Bytes },
}

/// Blocks that were read, oldest first; each is the parent of the next, and the last is the newest there is.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) blocks: Vec<Arc<Block>>,
    /// Hash of the block before them.
    pub(crate) parent_hash: B256,
}

impl AnvilBlock {
    pub(crate) fn of(block: &Block) -> serde_json::Result<Self> {
        let transactions = block.transactions.iter().map(|tx| {
            let is_signed = keccak256(tx.encoded_2718()) == *tx.tx_hash();
            let impersonated_sender = (!is_signed).then(|| tx.signer());
            serde_json::to_value(SignedTx { transaction: tx.inner().clone(), impersonated_sender })
        });
        Ok(Self { header: block.header.clone(), transactions: transactions.collect::<Result<_, _>>()?, ommers: Vec::new() })
    }
}

/// What the transactions of `block` did.
pub(crate) fn mined(block: &Block) -> impl Iterator<Item = serde_json::Result<Value>> {
    let receipts = block.transactions.iter().zip(&block.receipts).enumerate();
    receipts.map(|(index, (tx, receipt))| {
        let exit = if !receipt.success {
            "Revert"
        } else if receipt.output.is_empty() {
            "Stop"
        } else {
            "Return"
        };
        serde_json::to_value(MinedTx {
            info: TxInfo {
                transaction_hash: *tx.tx_hash(),
                transaction_index: index as u64,
                from: tx.signer(),
                to: tx.to(),
                contract_address: receipt.contract_address,
                traces: Vec::new(),
                exit: exit.into(),
                out: Some(receipt.output.clone()),
                nonce: tx.nonce(),
                gas_used: receipt.gas_used,
            },
            receipt: receipt.to_envelope(tx),
            block_hash: block.hash,
            block_number: block.number(),
        })
    })
}

impl History {
    /// The blocks up to `newest`, back to the first of which everything is known and of a kind that this chain can hold.
    pub(crate) fn read(blocks: &[AnvilBlock], transactions: &[Value], newest: u64, l1_number: impl Fn(u64) -> u64) -> Self {
        let by_hash: HashMap<B256, &AnvilBlock> = blocks.iter().map(|block| (block.header.hash_slow(), block)).collect();
        let done: HashMap<(B256, u64), MinedTx> = transactions
            .iter()
            .filter_map(|mined| MinedTx::deserialize(mined).ok())
            .map(|mined| ((mined.block_hash, mined.info.transaction_index), mined))
            .collect();
        let mut history = Self::default();
        // A block that a re-organisation left behind comes before the one in its place.
        let head = blocks.iter().rev().find(|block| block.header.number == newest);
        let (mut next, mut number) = (head.map(|block| block.header.hash_slow()), newest);
        while let Some((hash, block)) = next.and_then(|hash| Some((hash, by_hash.get(&hash)?))) {
            if block.header.number != number {
                tracing::warn!(
                    number,
                    found = block.header.number,
                    "a block of the state does not follow its parent: older ones are left out"
                );
                break;
            }
            history.parent_hash = block.header.parent_hash;
            let Some(restored) = restore(block, hash, &done, l1_number(block.header.timestamp)) else {
                tracing::warn!(number = block.header.number, "the state holds no older blocks that can be kept here");
                break;
            };
            history.blocks.push(Arc::new(restored));
            let older = number.checked_sub(1);
            next = older.map(|_| block.header.parent_hash);
            number = older.unwrap_or_default();
        }
        history.blocks.reverse();
        history
    }
}

/// The block with its receipts; `None` if one is missing or a transaction is of an unknown kind.
fn restore(block: &AnvilBlock, hash: B256, done: &HashMap<(B256, u64), MinedTx>, l1_number: u64) -> Option<Block> {
    let (mut transactions, mut receipts) = (Vec::new(), Vec::<Receipt>::new());
    let (mut cumulative_gas_used, mut first_log_index) = (0u64, 0u64);
    for (index, signed) in (0u64..).zip(&block.transactions) {
        let mined = done.get(&(hash, index))?;
        let signed = SignedTx::deserialize(signed).ok()?;
        let tx = Tx::new_unchecked(with_hash(signed.transaction, mined.info.transaction_hash), mined.info.from);
        cumulative_gas_used = cumulative_gas_used.saturating_add(mined.info.gas_used);
        let logs = mined.receipt.logs().to_vec();
        let next_log_index = first_log_index.saturating_add(logs.len() as u64);
        let success = mined.receipt.is_success();
        let output = mined.info.out.clone().filter(|_| !(success && tx.is_create()));
        receipts.push(Receipt {
            success,
            gas_used: mined.info.gas_used,
            cumulative_gas_used,
            effective_gas_price: tx.effective_gas_price(block.header.base_fee_per_gas),
            logs,
            first_log_index,
            contract_address: tx.is_create().then(|| tx.signer().create(tx.nonce())),
            output: output.unwrap_or_default(),
            failure: None,
        });
        transactions.push(tx);
        first_log_index = next_log_index;
    }
    Some(Block { header: block.header.clone(), hash, l1_number, transactions, receipts })
}

impl HistoricalStates {
    /// The states after all `blocks` but the newest, as far back as they follow each other; each on top of `base`.
    pub(crate) fn restore(&self, blocks: &[Arc<Block>], base: &State) -> Result<Vec<State>, DumpError> {
        let by_hash: HashMap<B256, &HistoricalState> = self.0.iter().map(|(hash, state)| (*hash, state)).collect();
        let older = blocks.iter().rev().skip(1).map_while(|block| by_hash.get(&block.hash));
        let mut states = older.map(|state| state.on_top_of(base)).collect::<Result<Vec<_>, _>>()?;
        states.reverse();
        Ok(states)
    }
}

impl HistoricalState {
    fn on_top_of(&self, base: &State) -> Result<State, DumpError> {
        let mut state = base.clone();
        for (address, account) in &self.accounts {
            state.clear_storage(*address)?;
            state.set_code(*address, account.code())?;
            state.set_nonce(*address, account.nonce)?;
            state.set_balance(*address, account.balance)?;
            for (slot, value) in self.storage.get(address).into_iter().flatten() {
                state.set_storage(*address, *slot, *value)?;
            }
        }
        Ok(state)
    }
}

impl HistoricalAccount {
    fn code(&self) -> Bytes {
        match &self.code {
            Some(HistoricalCode::LegacyAnalyzed { bytecode, original_len }) => {
                bytecode.slice(..bytecode.len().min(*original_len))
            }
            Some(HistoricalCode::Eip7702 { raw }) => raw.clone(),
            None => Bytes::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(number: u64, parent_hash: B256, timestamp: u64) -> AnvilBlock {
        AnvilBlock {
            header: Header { number, parent_hash, timestamp, ..Header::default() },
            transactions: Vec::new(),
            ommers: Vec::new(),
        }
    }

    fn read(blocks: &[AnvilBlock], newest: u64) -> Vec<(u64, u64)> {
        let history = History::read(blocks, &[], newest, |time| time);
        history.blocks.iter().map(|block| (block.number(), block.header.timestamp)).collect()
    }

    #[test]
    fn blocks_are_read_as_far_back_as_each_follows_its_parent() {
        let first = block(4, B256::ZERO, 1);
        let second = block(5, first.header.hash_slow(), 2);
        let gone = block(6, second.header.hash_slow(), 3);
        let third = block(6, second.header.hash_slow(), 4);
        let far = block(9, third.header.hash_slow(), 5);
        let blocks = [first, second, gone, third, far];
        assert_eq!(read(&blocks, 6), [(4, 1), (5, 2), (6, 4)], "the later of two with one number");
        assert_eq!(read(&blocks, 9), [(9, 5)], "its parent has another number than it says");
        assert_eq!(read(&blocks, 7), []);
    }
}
