//! Blocks and receipts as the chain keeps them.

use std::{collections::HashSet, iter};

use alloy_consensus::{Eip658Value, Header, Receipt as ConsensusReceipt, ReceiptEnvelope, ReceiptWithBloom};
use alloy_primitives::{Address, B64, B256, Bloom, BloomInput, Bytes, Log, TxHash, U256};
use revm::context::result::HaltReason;

use super::tx::Tx;
use crate::{chain::error::ChainError, evm::ProgramFailure, fork::OriginBlock};

/// What a transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whether it succeeded.
    pub success: bool,
    /// Gas used, after refunds.
    pub gas_used: u64,
    /// Gas used by the block up to and including this transaction.
    pub cumulative_gas_used: u64,
    /// Wei paid for a unit of gas.
    pub effective_gas_price: u128,
    /// Logs, in order.
    pub logs: Vec<Log>,
    /// Index in the block of the first log.
    pub first_log_index: u64,
    /// Address of the created contract.
    pub contract_address: Option<Address>,
    /// What the call returned or reverted with; nothing for a created contract.
    pub output: Bytes,
    /// Why it failed, beyond what it reverted with; not part of a dump.
    pub failure: Option<Box<Failure>>,
}

/// Why a transaction failed, beyond what it reverted with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// How it stopped, if it did not revert.
    pub halt: Option<HaltReason>,
    /// What was wrong with a Stylus program.
    pub program: Option<ProgramFailure>,
}

impl Receipt {
    /// The bloom filter over the logs.
    pub fn bloom(&self) -> Bloom {
        logs_bloom(&self.logs)
    }

    /// Why the transaction failed, as a call would have been answered; `None` if it succeeded.
    pub fn error(&self) -> Option<ChainError> {
        let Failure { halt, program: reason } = self.failure.as_deref().cloned().unwrap_or_default();
        let data = self.output.clone();
        (!self.success).then(|| match halt {
            Some(halt) => ChainError::Halted { halt, reason },
            None => ChainError::Reverted { data, reason },
        })
    }

    /// The receipt as it is hashed into the block of `tx`.
    pub(crate) fn to_envelope(&self, tx: &Tx) -> ReceiptEnvelope<Log> {
        let receipt = ConsensusReceipt {
            status: Eip658Value::Eip658(self.success),
            cumulative_gas_used: self.cumulative_gas_used,
            logs: self.logs.clone(),
        };
        ReceiptEnvelope::from_typed(tx.tx_type(), ReceiptWithBloom { receipt, logs_bloom: self.bloom() })
    }
}

/// A block with everything it did.
#[derive(Debug, Clone)]
pub struct Block {
    /// The consensus header.
    pub header: Header,
    /// Its hash.
    pub hash: B256,
    /// Number of the parent chain's block at that time.
    pub l1_number: u64,
    /// Transactions, in order.
    pub transactions: Vec<Tx>,
    /// Their receipts, in the same order.
    pub receipts: Vec<Receipt>,
}

impl Block {
    /// Number of the block.
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// Timestamp in seconds since 1970.
    pub fn timestamp(&self) -> u64 {
        self.header.timestamp
    }

    /// The transaction at `index` with its receipt.
    pub fn transaction(&self, index: usize) -> Option<(&Tx, &Receipt)> {
        Some((self.transactions.get(index)?, self.receipts.get(index)?))
    }

    /// Hashes of the transactions, in order.
    pub fn tx_hashes(&self) -> impl Iterator<Item = TxHash> {
        self.transactions.iter().map(|tx| *tx.tx_hash())
    }

    /// The fields Nitro puts into `mixHash`: messages sent to the parent chain, its block number, the format version.
    pub(crate) fn mix_hash(sends: u64, l1_number: u64, arbos_version: u64) -> B256 {
        let mut word = [0u8; 32];
        word[..8].copy_from_slice(&sends.to_be_bytes());
        word[8..16].copy_from_slice(&l1_number.to_be_bytes());
        word[16..24].copy_from_slice(&arbos_version.to_be_bytes());
        B256::new(word)
    }

    /// Messages sent to the parent chain so far, as the header has it; none in a header that is not of Nitro's kind.
    pub fn send_count(&self) -> u64 {
        let count = self.header.mix_hash.first_chunk().filter(|_| self.header.difficulty == U256::ONE);
        count.map_or(0, |count| u64::from_be_bytes(*count))
    }

    /// Root over the messages sent to the parent chain, as the header has it. Blocks of a re-organisation have another value here.
    pub fn send_root(&self) -> B256 {
        B256::try_from(self.header.extra_data.as_ref()).unwrap_or_default()
    }

    /// Nitro counts here the messages read from the parent chain; the first is the chain's initialisation.
    pub(crate) const DELAYED_MESSAGES_READ: B64 = B64::new([0, 0, 0, 0, 0, 0, 0, 1]);
}

impl From<OriginBlock> for Block {
    fn from(block: OriginBlock) -> Self {
        let OriginBlock { header, hash, l1_number } = block;
        Self { header, hash, l1_number, transactions: Vec::new(), receipts: Vec::new() }
    }
}

/// The bloom filter over `logs` (yellow paper, section 4.3.1). What was entered sets the same bits again, so that it is hashed once.
fn logs_bloom(logs: &[Log]) -> Bloom {
    let (mut bloom, mut entered) = (Bloom::ZERO, HashSet::<&[u8]>::new());
    let inputs =
        logs.iter().flat_map(|log| iter::once(log.address.as_slice()).chain(log.topics().iter().map(|topic| topic.as_slice())));
    for input in inputs {
        if entered.insert(input) {
            bloom.accrue(BloomInput::Raw(input));
        }
    }
    bloom
}
