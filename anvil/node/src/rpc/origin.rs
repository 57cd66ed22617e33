//! Requests about blocks and transactions of the chain that was forked: it answers them itself, since it knows kinds of
//! transactions that this chain does not.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{TxHash, U64};
use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde::Serialize;
use serde_json::{Value, json};

use super::params::FromParams;
use crate::chain::{Chain, ChainError};

/// Which parameter tells whose business a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A block, by number, tag or hash.
    Block,
    /// A transaction, by hash.
    Transaction,
    /// The third one is a block. Its state is the origin's only before the fork block: at it, accounts were funded here.
    StateAtThird,
}

/// Where the requests are the origin's that are about its own blocks and transactions.
pub(super) fn place(method: &str) -> Option<Place> {
    match method {
        "eth_getBlockByNumber"
        | "eth_getBlockByHash"
        | "eth_getBlockReceipts"
        | "eth_getBlockTransactionCountByNumber"
        | "eth_getBlockTransactionCountByHash"
        | "eth_getTransactionByBlockNumberAndIndex"
        | "eth_getTransactionByBlockHashAndIndex"
        | "eth_getUncleCountByBlockNumber"
        | "eth_getUncleCountByBlockHash"
        | "debug_traceBlockByNumber"
        | "debug_traceBlockByHash"
        | "trace_block" => Some(Place::Block),
        "eth_getTransactionByHash"
        | "eth_getTransactionReceipt"
        | "eth_getRawTransactionByHash"
        | "debug_traceTransaction"
        | "trace_transaction" => Some(Place::Transaction),
        "eth_getProof" => Some(Place::StateAtThird),
        _ => None,
    }
}

/// Parameters as the method reads them, and as they came.
pub(super) struct Placed<P> {
    read: P,
    raw: String,
}

impl<P: FromParams> FromParams for Placed<P> {
    fn read(params: &Params<'_>) -> Result<Self, ErrorObjectOwned> {
        Ok(Self { read: P::read(params)?, raw: params.as_str().unwrap_or_default().to_owned() })
    }
}

/// The answer of this chain or of the origin.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Answer<R> {
    Own(R),
    Origin(Value),
}

/// Answers a request here, or lets the origin do it.
pub(super) async fn answer<P, R, F>(
    chain: &Arc<Chain>,
    (method, place): (&'static str, Place),
    params: Placed<P>,
    own: impl FnOnce(Arc<Chain>, P) -> F,
) -> Result<Answer<R>, ChainError>
where
    F: Future<Output = Result<R, ChainError>>,
{
    match forwarded(chain, place, &params.raw) {
        Some(raw) => chain.read_async(move |chain| chain.ask_origin(method, Value::Array(raw))).await.map(Answer::Origin),
        None => own(chain.clone(), params.read).await.map(Answer::Own),
    }
}

/// The parameters to ask the origin with, if the request is its business.
fn forwarded(chain: &Chain, place: Place, raw: &str) -> Option<Vec<Value>> {
    let fork = chain.fork()?;
    let mut raw: Vec<Value> = serde_json::from_str(raw).ok()?;
    let index = if place == Place::StateAtThird { 2 } else { 0 };
    let named = raw.get_mut(index)?;
    if place == Place::Transaction {
        let hash: TxHash = serde_json::from_value(named.clone()).ok()?;
        return chain.transaction(hash).is_none().then_some(raw);
    }
    let id: BlockId = chain.pinned(serde_json::from_value(named.clone()).ok()?);
    let is_origins = match (place, id) {
        (Place::StateAtThird, BlockId::Number(BlockNumberOrTag::Number(number))) => number < fork.number(),
        (Place::StateAtThird, BlockId::Number(BlockNumberOrTag::Earliest)) => true,
        (Place::StateAtThird, _) => false,
        _ => chain.is_of_origin(&fork, id),
    };
    if !is_origins {
        return None;
    }
    // The origin went on; its newest block is not the fork's.
    match id {
        BlockId::Number(BlockNumberOrTag::Earliest) | BlockId::Hash(_) => {}
        BlockId::Number(BlockNumberOrTag::Number(number)) => *named = json!(U64::from(number)),
        BlockId::Number(_) => *named = json!(U64::from(fork.number())),
    }
    Some(raw)
}
