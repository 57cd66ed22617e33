//! Blocks, transactions, receipts and logs as JSON: the standard types of Ethereum, with the fields Nitro adds.

use alloy_consensus::{ReceiptEnvelope, Sealed, Transaction as _, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types::{
    Block as RpcBlock, BlockTransactions, EIP1186AccountProofResponse, EIP1186StorageProof, Header, Log as RpcLog, Transaction,
    TransactionReceipt,
};
use alloy_serde::JsonStorageKey;
use serde::Serialize;

use crate::chain::{AccountProof, Block, MinedLog, Receipt, Tx};

/// A block with Nitro's additions.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NitroBlock {
    #[serde(flatten)]
    block: RpcBlock<Transaction<TxEnvelope>, Header>,
    l1_block_number: U64,
    send_count: U64,
    send_root: B256,
}

/// A receipt with Nitro's additions.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NitroReceipt {
    #[serde(flatten)]
    receipt: TransactionReceipt<ReceiptEnvelope<RpcLog>>,
    /// Gas paid for the parent chain's calldata: there is no parent chain.
    gas_used_for_l1: U64,
    l1_block_number: U64,
    /// What the transaction reverted with; Anvil's and Erigon's extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    revert_reason: Option<Bytes>,
}

/// A block, with transactions in full or by hash. A block that does not exist yet has no place for them.
pub(super) fn block(block: &Block, full: bool) -> NitroBlock {
    let transactions = if full {
        BlockTransactions::Full((0..block.transactions.len()).filter_map(|index| mined_transaction(block, index)).collect())
    } else {
        BlockTransactions::Hashes(block.tx_hashes().collect())
    };
    let header =
        Header::from_sealed(Sealed::new_unchecked(block.header.clone(), block.hash)).with_size(Some(U256::from(size(block))));
    NitroBlock {
        block: RpcBlock::new(header, transactions),
        l1_block_number: U64::from(block.l1_number),
        send_count: U64::from(block.send_count()),
        send_root: block.send_root(),
    }
}

/// The header alone, as subscribers get it.
pub(super) fn header(block: &Block) -> Header {
    Header::from_sealed(Sealed::new_unchecked(block.header.clone(), block.hash))
}

/// Bytes of the block's encoding.
fn size(block: &Block) -> usize {
    let transactions: usize = block.transactions.iter().map(|tx| tx.encode_2718_len()).sum();
    alloy_rlp::Encodable::length(&block.header) + transactions
}

/// A transaction that is in a block.
pub(super) fn mined_transaction(block: &Block, index: usize) -> Option<Transaction<TxEnvelope>> {
    let (tx, receipt) = block.transaction(index)?;
    Some(Transaction {
        block_hash: Some(block.hash),
        block_number: Some(block.number()),
        transaction_index: Some(index as u64),
        effective_gas_price: Some(receipt.effective_gas_price),
        block_timestamp: Some(block.timestamp()),
        inner: tx.clone(),
    })
}

/// A transaction that waits in the pool.
pub(super) fn pending_transaction(tx: &Tx, base_fee: u64) -> Transaction<TxEnvelope> {
    Transaction {
        block_hash: None,
        block_number: None,
        transaction_index: None,
        effective_gas_price: Some(tx.effective_gas_price(Some(base_fee))),
        block_timestamp: None,
        inner: tx.clone(),
    }
}

/// The receipt of the transaction at `index`.
pub(super) fn receipt(block: &Block, index: usize) -> Option<NitroReceipt> {
    let (tx, receipt) = block.transaction(index)?;
    let inner = receipt_envelope(block, index, tx, receipt);
    Some(NitroReceipt {
        receipt: TransactionReceipt {
            inner,
            transaction_hash: *tx.tx_hash(),
            transaction_index: Some(index as u64),
            block_hash: Some(block.hash),
            block_number: Some(block.number()),
            gas_used: receipt.gas_used,
            effective_gas_price: receipt.effective_gas_price,
            blob_gas_used: None,
            blob_gas_price: None,
            from: tx.signer(),
            to: tx.to(),
            contract_address: receipt.contract_address,
        },
        gas_used_for_l1: U64::ZERO,
        l1_block_number: U64::from(block.l1_number),
        revert_reason: (!receipt.success && !receipt.output.is_empty()).then(|| receipt.output.clone()),
    })
}

/// The logs of the transaction at `index`, with their places.
pub(super) fn receipt_logs(block: &Block, index: usize) -> Vec<RpcLog> {
    let placed = block.transaction(index).map(|(tx, receipt)| receipt_envelope(block, index, tx, receipt));
    placed.map(|envelope| envelope.logs().to_vec()).unwrap_or_default()
}

fn receipt_envelope(block: &Block, index: usize, tx: &Tx, receipt: &Receipt) -> ReceiptEnvelope<RpcLog> {
    let mut log_index = receipt.first_log_index;
    let place = |inner| {
        let placed = RpcLog {
            inner,
            block_hash: Some(block.hash),
            block_number: Some(block.number()),
            block_timestamp: Some(block.timestamp()),
            transaction_hash: Some(*tx.tx_hash()),
            transaction_index: Some(index as u64),
            log_index: Some(log_index),
            removed: false,
        };
        log_index += 1;
        placed
    };
    receipt.to_envelope(tx).map_logs(place)
}

/// A log with its place.
pub(super) fn log(mined: MinedLog) -> RpcLog {
    RpcLog {
        inner: mined.log,
        block_hash: Some(mined.block_hash),
        block_number: Some(mined.block_number),
        block_timestamp: mined.block_timestamp,
        transaction_hash: Some(mined.tx_hash),
        transaction_index: Some(mined.tx_index),
        log_index: Some(mined.log_index),
        removed: mined.removed,
    }
}

/// A proof in the form of EIP-1186.
pub(super) fn proof(proof: AccountProof) -> EIP1186AccountProofResponse {
    let storage = |(slot, value, nodes): (U256, U256, Vec<Bytes>)| EIP1186StorageProof {
        key: JsonStorageKey::Hash(B256::from(slot)),
        value,
        proof: nodes,
    };
    EIP1186AccountProofResponse {
        address: proof.address,
        balance: proof.balance,
        code_hash: proof.code_hash,
        nonce: proof.nonce,
        storage_hash: proof.storage_hash,
        account_proof: proof.account_proof,
        storage_proof: proof.storage_proof.into_iter().map(storage).collect(),
    }
}

/// Who a transaction is for, in the words of `txpool_inspect`.
pub(super) fn target(to: Option<Address>) -> String {
    to.map_or_else(|| "contract creation".to_owned(), |to| to.to_string())
}
