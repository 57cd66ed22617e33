//! `debug_*`: tracing.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, TxHash};
use alloy_rpc_types::{
    TransactionRequest,
    trace::geth::{GethDebugTracingCallOptions, GethDebugTracingOptions},
};

use super::Namespace;

pub(super) fn register(namespace: &mut Namespace) {
    namespace.heavy("debug_traceTransaction", |chain, (hash, options): (TxHash, Option<GethDebugTracingOptions>)| {
        chain.trace_tx_here(hash, options.unwrap_or_default())
    });
    namespace.heavy(
        "debug_traceCall",
        |chain, (request, block, options): (TransactionRequest, Option<BlockId>, Option<GethDebugTracingCallOptions>)| {
            chain.trace_call_here(&request, block, options.unwrap_or_default())
        },
    );
    namespace.heavy(
        "debug_traceBlockByNumber",
        |chain, (number, options): (BlockNumberOrTag, Option<GethDebugTracingOptions>)| {
            chain.trace_block_here(number.into(), options.unwrap_or_default())
        },
    );
    namespace.heavy("debug_traceBlockByHash", |chain, (hash, options): (B256, Option<GethDebugTracingOptions>)| {
        chain.trace_block_here(hash.into(), options.unwrap_or_default())
    });
}
