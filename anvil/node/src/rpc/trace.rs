//! `trace_*`: what transactions did, as flat lists of frames.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Bytes, TxHash};
use alloy_rpc_types::{TransactionRequest, trace::filter::TraceFilter};

use super::Namespace;
use crate::chain::TraceTypes;

pub(super) fn register(namespace: &mut Namespace) {
    namespace.deep("trace_transaction", |chain, (hash,): (TxHash,)| chain.flat_tx_here(hash));
    namespace.deep("trace_block", |chain, (block,): (BlockNumberOrTag,)| chain.flat_block_here(block.into()));
    namespace.deep("trace_filter", |chain, (filter,): (TraceFilter,)| chain.flat_filter_here(&filter));
    namespace.deep("trace_replayTransaction", |chain, (hash, types): (TxHash, TraceTypes)| chain.replay_tx_here(hash, &types));
    namespace.deep("trace_replayBlockTransactions", |chain, (block, types): (BlockNumberOrTag, TraceTypes)| {
        chain.replay_block_here(block.into(), &types)
    });
    namespace.deep("trace_call", |chain, (request, types, block): (TransactionRequest, TraceTypes, Option<BlockId>)| {
        chain.replay_call_here(&request, &types, block)
    });
    namespace.deep("trace_rawTransaction", |chain, (raw, types): (Bytes, TraceTypes)| chain.replay_raw_here(&raw, &types));
}
