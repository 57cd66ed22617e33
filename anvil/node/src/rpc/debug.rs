//! `debug_*`: tracing, and raw parts of the chain.

use alloy_consensus::{Block, BlockBody, TxEnvelope};
use alloy_eips::{BlockId, BlockNumberOrTag, Encodable2718};
use alloy_primitives::{B256, Bytes, TxHash};
use alloy_rpc_types::{
    TransactionRequest,
    trace::geth::{GethDebugTracingCallOptions, GethDebugTracingOptions},
};

use super::Namespace;
use crate::chain::{Receipt, Tx};

pub(super) fn register(namespace: &mut Namespace) {
    namespace.deep("debug_traceTransaction", |chain, (hash, options): (TxHash, Option<GethDebugTracingOptions>)| {
        chain.trace_tx_here(hash, options.unwrap_or_default())
    });
    namespace.deep(
        "debug_traceCall",
        |chain, (request, block, options): (TransactionRequest, Option<BlockId>, Option<GethDebugTracingCallOptions>)| {
            chain.trace_call_here(&request, block, options.unwrap_or_default())
        },
    );
    namespace.deep(
        "debug_traceBlockByNumber",
        |chain, (number, options): (BlockNumberOrTag, Option<GethDebugTracingOptions>)| {
            chain.trace_block_here(number.into(), options.unwrap_or_default())
        },
    );
    namespace.deep("debug_traceBlockByHash", |chain, (hash, options): (B256, Option<GethDebugTracingOptions>)| {
        chain.trace_block_here(hash.into(), options.unwrap_or_default())
    });
    register_raw(namespace);
}

fn register_raw(namespace: &mut Namespace) {
    namespace.heavy("debug_getRawHeader", |chain, (block,): (BlockId,)| {
        Ok(Bytes::from(alloy_rlp::encode(&chain.block(block)?.header)))
    });
    namespace.heavy("debug_getRawBlock", |chain, (block,): (BlockId,)| {
        let block = chain.block(block)?;
        let body =
            BlockBody { transactions: block.transactions.iter().map(|tx| tx.inner().clone()).collect(), ..BlockBody::default() };
        Ok(Bytes::from(alloy_rlp::encode(Block::<TxEnvelope>::new(block.header.clone(), body))))
    });
    namespace.heavy("debug_getRawReceipts", |chain, (block,): (BlockId,)| {
        let block = chain.block(block)?;
        let raw = |(tx, receipt): (&Tx, &Receipt)| Bytes::from(receipt.to_envelope(tx).encoded_2718());
        Ok(block.transactions.iter().zip(&block.receipts).map(raw).collect::<Vec<_>>())
    });
    // Unknown code is empty, as Anvil answers.
    namespace.heavy("debug_codeByHash", |chain, (hash, block): (B256, Option<BlockId>)| {
        Ok(chain.code_by_hash(hash, block)?.unwrap_or_default())
    });
}
