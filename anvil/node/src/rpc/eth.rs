//! `eth_*`: reading the chain.

use alloy_consensus::TxEnvelope;
use alloy_eips::{BlockId, BlockNumberOrTag, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, TxHash, U64, U256};
use alloy_rpc_types::{EIP1186AccountProofResponse, FeeHistory, Index, Transaction};
use alloy_serde::JsonStorageKey;

use super::{
    Namespace,
    convert::{self, NitroBlock, NitroReceipt},
    limits::{FEE_HISTORY_BLOCKS_MAX, FEE_HISTORY_PERCENTILES_MAX},
    params::Number,
};
use crate::chain::{Chain, ChainError, TxLocation};

type Answer<T> = Result<T, ChainError>;

pub(super) fn register(namespace: &mut Namespace) {
    namespace.quick("eth_chainId", |chain, ()| Ok(U64::from(chain.chain_id())));
    namespace.quick("eth_blockNumber", |chain, ()| Ok(U64::from(chain.block_number())));
    namespace.quick("eth_gasPrice", |chain, ()| Ok(U64::from(chain.base_fee())));
    // Arbitrum collects no tips.
    namespace.quick("eth_maxPriorityFeePerGas", |_, ()| Ok(U64::ZERO));
    // There are no blobs; `BLOBBASEFEE` answers the same.
    namespace.quick("eth_blobBaseFee", |_, ()| Ok(U64::ONE));
    namespace.quick("eth_accounts", |chain, ()| Ok(chain.wallet().addresses().collect::<Vec<_>>()));
    namespace.alias("eth_accounts", &["eth_requestAccounts", "personal_listAccounts"]);
    namespace.quick("eth_coinbase", |chain, ()| Ok(chain.latest().header.beneficiary));
    namespace.quick("eth_syncing", |_, ()| Ok(false));
    namespace.quick("eth_mining", |_, ()| Ok(false));
    namespace.quick("eth_hashrate", |_, ()| Ok(U64::ZERO));
    namespace.quick("eth_protocolVersion", |_, ()| Ok(U64::from(68)));
    namespace.heavy("eth_feeHistory", fee_history);
    namespace.heavy("eth_getBalance", |chain, (address, block): (Address, Option<BlockId>)| {
        Ok(chain.state(block)?.balance(address)?)
    });
    namespace
        .heavy("eth_getCode", |chain, (address, block): (Address, Option<BlockId>)| Ok(chain.state(block)?.code(address)?));
    namespace.heavy("eth_getStorageAt", storage_at);
    namespace.heavy("eth_getTransactionCount", transaction_count);
    namespace.heavy("eth_getProof", proof);
    namespace.heavy("eth_getBlockByNumber", block_by_number);
    namespace.quick("eth_getBlockByHash", |chain, (hash, full): (B256, Option<bool>)| {
        Ok(chain.block(BlockId::from(hash)).ok().map(|block| convert::block(&block, full.unwrap_or(false))))
    });
    namespace.quick("eth_getBlockReceipts", block_receipts);
    namespace.quick("eth_getBlockTransactionCountByNumber", |chain, (number,): (BlockNumberOrTag,)| count(chain, number.into()));
    namespace.quick("eth_getBlockTransactionCountByHash", |chain, (hash,): (B256,)| count(chain, hash.into()));
    for name in ["eth_getUncleCountByBlockNumber", "eth_getUncleCountByBlockHash"] {
        namespace.quick(name, |chain, (id,): (BlockId,)| Ok(chain.block(id).ok().map(|_| U64::ZERO)));
    }
    for name in ["eth_getUncleByBlockNumberAndIndex", "eth_getUncleByBlockHashAndIndex"] {
        namespace.quick(name, |_, (_, _): (BlockId, Index)| Ok(None::<()>));
    }
    namespace.quick("eth_getTransactionByHash", transaction);
    namespace.quick("eth_getTransactionByBlockHashAndIndex", |chain, (hash, index): (B256, Index)| {
        in_block(chain, hash.into(), index)
    });
    namespace.quick("eth_getTransactionByBlockNumberAndIndex", |chain, (number, index): (BlockNumberOrTag, Index)| {
        in_block(chain, number.into(), index)
    });
    namespace.quick("eth_getRawTransactionByHash", raw_transaction);
    namespace.alias("eth_getRawTransactionByHash", &["debug_getRawTransaction"]);
    namespace.heavy("eth_getRawTransactionByBlockHashAndIndex", |chain, (hash, index): (B256, Index)| {
        Ok(raw_in_block(chain, hash.into(), index))
    });
    namespace.heavy("eth_getRawTransactionByBlockNumberAndIndex", |chain, (number, index): (BlockNumberOrTag, Index)| {
        Ok(raw_in_block(chain, number.into(), index))
    });
    namespace.heavy("eth_getTransactionBySenderAndNonce", |chain, (sender, nonce): (Address, Number)| {
        Ok(chain.transaction_of(sender, nonce.0).and_then(|found| located(chain, found)))
    });
    namespace.quick("eth_getTransactionReceipt", |chain, (hash,): (TxHash,)| {
        Ok(chain.mined(hash).and_then(|(block, index)| convert::receipt(&block, index)))
    });
}

fn storage_at(chain: &Chain, (address, slot, block): (Address, JsonStorageKey, Option<BlockId>)) -> Answer<B256> {
    Ok(chain.state(block)?.storage(address, slot.as_b256().into())?.into())
}

fn transaction_count(chain: &Chain, (address, block): (Address, Option<BlockId>)) -> Answer<U64> {
    let nonce = match block {
        Some(BlockId::Number(BlockNumberOrTag::Pending)) => chain.pending_nonce(address)?,
        block => chain.state(block)?.nonce(address)?,
    };
    Ok(U64::from(nonce))
}

fn proof(
    chain: &Chain,
    (address, slots, block): (Address, Option<Vec<JsonStorageKey>>, Option<BlockId>),
) -> Answer<EIP1186AccountProofResponse> {
    let slots: Vec<U256> = slots.unwrap_or_default().iter().map(|slot| slot.as_b256().into()).collect();
    Ok(convert::proof(chain.proof(address, &slots, block)?))
}

fn block_by_number(chain: &Chain, (number, full): (BlockNumberOrTag, Option<bool>)) -> Answer<Option<NitroBlock>> {
    let full = full.unwrap_or(false);
    if number.is_pending() {
        return Ok(Some(convert::block(&chain.pending_block()?, full)));
    }
    Ok(chain.block(number).ok().map(|block| convert::block(&block, full)))
}

fn block_receipts(chain: &Chain, (id,): (BlockId,)) -> Answer<Option<Vec<NitroReceipt>>> {
    let receipts =
        |block: &crate::chain::Block| (0..block.receipts.len()).filter_map(|index| convert::receipt(block, index)).collect();
    Ok(chain.block(id).ok().map(|block| receipts(&block)))
}

fn count(chain: &Chain, id: BlockId) -> Answer<Option<U64>> {
    Ok(chain.block(id).ok().map(|block| U64::from(block.transactions.len())))
}

fn transaction(chain: &Chain, (hash,): (TxHash,)) -> Answer<Option<Transaction<TxEnvelope>>> {
    Ok(chain.transaction(hash).and_then(|found| located(chain, found)))
}

fn located(chain: &Chain, found: TxLocation) -> Option<Transaction<TxEnvelope>> {
    match found {
        TxLocation::Mined(block, index) => convert::mined_transaction(&block, index),
        TxLocation::Pending(tx) => Some(convert::pending_transaction(&tx, chain.base_fee())),
    }
}

fn raw_in_block(chain: &Chain, id: BlockId, index: Index) -> Option<Bytes> {
    let block = chain.block(id).ok()?;
    block.transaction(index.into()).map(|(tx, _)| tx.encoded_2718().into())
}

fn in_block(chain: &Chain, id: BlockId, index: Index) -> Answer<Option<Transaction<TxEnvelope>>> {
    Ok(chain.block(id).ok().and_then(|block| convert::mined_transaction(&block, index.into())))
}

fn raw_transaction(chain: &Chain, (hash,): (TxHash,)) -> Answer<Option<Bytes>> {
    Ok(chain.transaction(hash).and_then(|found| match found {
        TxLocation::Mined(block, index) => block.transaction(index).map(|(tx, _)| tx.encoded_2718().into()),
        TxLocation::Pending(tx) => Some(tx.encoded_2718().into()),
    }))
}

/// Prices of recent blocks. Tips are not collected, so every percentile is zero.
fn fee_history(chain: &Chain, (blocks, newest, percentiles): (Number, BlockNumberOrTag, Option<Vec<f64>>)) -> Answer<FeeHistory> {
    let percentiles = percentiles.unwrap_or_default();
    if percentiles.len() > FEE_HISTORY_PERCENTILES_MAX {
        return Err(ChainError::Invalid(format!("over the query limit {FEE_HISTORY_PERCENTILES_MAX} of percentiles")));
    }
    let ordered = percentiles.iter().is_sorted() && percentiles.iter().all(|percentile| (0.0..=100.0).contains(percentile));
    if !ordered {
        return Err(ChainError::Contradiction("invalid reward percentile: they must grow from 0 to 100"));
    }
    let newest = chain.block(newest)?.number();
    let count = blocks.0.clamp(1, FEE_HISTORY_BLOCKS_MAX).min(newest.saturating_add(1));
    let oldest = newest.saturating_add(1).saturating_sub(count);
    let mut found = Vec::new();
    for number in oldest..=newest {
        match chain.block(number) {
            Ok(block) => found.push(block),
            // Blocks that are no longer kept.
            Err(ChainError::BlockNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let price = |block: &crate::chain::Block| u128::from(block.header.base_fee_per_gas.unwrap_or_default());
    let mut base_fee_per_gas: Vec<u128> = found.iter().map(|block| price(block)).collect();
    base_fee_per_gas.push(u128::from(chain.base_fee()));
    Ok(FeeHistory {
        gas_used_ratio: found.iter().map(|block| block.header.gas_used as f64 / block.header.gas_limit.max(1) as f64).collect(),
        base_fee_per_blob_gas: vec![0; base_fee_per_gas.len()],
        blob_gas_used_ratio: vec![0.0; found.len()],
        oldest_block: found.first().map_or(oldest, |block| block.number()),
        reward: (!percentiles.is_empty()).then(|| vec![vec![0; percentiles.len()]; found.len()]),
        base_fee_per_gas,
    })
}
