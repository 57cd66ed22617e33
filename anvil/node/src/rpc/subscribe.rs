//! `eth_subscribe` over WebSocket.

use alloy_rpc_types::{Filter, pubsub::SubscriptionKind};
use jsonrpsee::{PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink, types::Params};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{
    Namespace, RpcResult, convert,
    params::{FromParams, invalid_params},
};
use crate::{
    Activity,
    chain::{Chain, ChainEvent, TxLocation, matching_logs},
};

/// What a client subscribed to.
enum Topic {
    Heads,
    Logs(Box<Filter>),
    Pending { full: bool },
}

/// The second parameter: a filter for logs, a flag or an object for pending transactions.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Detail {
    Full(bool),
    Filter(Box<Filter>),
}

pub(super) fn register(namespace: &mut Namespace) {
    let registered = namespace.module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        |params, pending, chain, _| async move {
            chain.watchers().tell(Activity::Called("eth_subscribe"));
            serve(&params, pending, &chain).await;
        },
    );
    debug_assert!(registered.is_ok(), "eth_subscribe is registered twice");
}

async fn serve(params: &Params<'static>, pending: PendingSubscriptionSink, chain: &Chain) {
    // Before accepting: a block mined right after the client heard of its subscription must not be missed.
    let events = chain.subscribe();
    match topic(params) {
        Ok(topic) => {
            // An error means that the client has gone.
            if let Ok(sink) = pending.accept().await {
                forward(&topic, &sink, events, chain).await;
            }
        }
        Err(error) => pending.reject(error).await,
    }
}

fn topic(params: &Params<'_>) -> RpcResult<Topic> {
    let (kind, detail): (SubscriptionKind, Option<Detail>) = FromParams::read(params)?;
    match (kind, detail) {
        (SubscriptionKind::NewHeads, _) => Ok(Topic::Heads),
        (SubscriptionKind::Logs, None) => Ok(Topic::Logs(Box::default())),
        (SubscriptionKind::Logs, Some(Detail::Filter(filter))) => Ok(Topic::Logs(filter)),
        (SubscriptionKind::NewPendingTransactions, detail) => {
            Ok(Topic::Pending { full: matches!(detail, Some(Detail::Full(true))) })
        }
        (kind, _) => Err(invalid_params(format!("no subscription to {kind:?} with these parameters"))),
    }
}

/// Sends what the client asked for until it goes. A client that reads slowly makes this wait; events it then misses are lost, and
/// it learns nothing of them: as with geth, it must compare block numbers.
async fn forward(topic: &Topic, sink: &SubscriptionSink, mut events: Receiver<ChainEvent>, chain: &Chain) {
    loop {
        let event = tokio::select! {
            () = sink.closed() => return,
            event = events.recv() => event,
        };
        let messages = match event {
            Ok(event) => messages(topic, event, chain),
            Err(RecvError::Lagged(lost)) => {
                tracing::warn!(lost, "a subscriber is too slow and missed events");
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        for message in messages {
            if sink.send(SubscriptionMessage::from(message)).await.is_err() {
                return;
            }
        }
    }
}

fn messages(topic: &Topic, event: ChainEvent, chain: &Chain) -> Vec<Box<RawValue>> {
    match (topic, event) {
        (Topic::Heads, ChainEvent::Block(block)) => json(&convert::header(&block)).into_iter().collect(),
        (Topic::Logs(filter), ChainEvent::Block(block)) => logs(matching_logs(&block, filter, false)),
        (Topic::Logs(filter), ChainEvent::Removed(block)) => logs(matching_logs(&block, filter, true)),
        (Topic::Pending { full: false }, ChainEvent::Pending(hash)) => json(&hash).into_iter().collect(),
        (Topic::Pending { full: true }, ChainEvent::Pending(hash)) => match chain.transaction(hash) {
            Some(TxLocation::Pending(tx)) => json(&convert::pending_transaction(&tx, chain.base_fee())).into_iter().collect(),
            // Automine was quicker than this subscriber.
            Some(TxLocation::Mined(block, index)) => {
                convert::mined_transaction(&block, index).and_then(|tx| json(&tx)).into_iter().collect()
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn logs(found: Vec<crate::chain::MinedLog>) -> Vec<Box<RawValue>> {
    found.into_iter().filter_map(|mined| json(&convert::log(mined))).collect()
}

fn json(value: &impl Serialize) -> Option<Box<RawValue>> {
    // These types always serialise; if one day one does not, its message is left out rather than the subscription ended.
    to_raw_value(value).inspect_err(|error| tracing::error!(%error, "an event could not be serialised")).ok()
}
