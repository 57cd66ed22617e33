//! `txpool_*`: what waits for a block.

use std::collections::BTreeMap;

use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_primitives::{Address, U64};
use alloy_rpc_types::Transaction;
use serde::Serialize;

use super::{Namespace, convert};
use crate::chain::{Chain, ChainError, Tx};

/// Pool content by sender and nonce, in the form `T` of a transaction.
#[derive(Debug, Clone, Serialize)]
struct Content<T> {
    pending: Part<T>,
    queued: Part<T>,
}

type Part<T> = BTreeMap<Address, BTreeMap<String, T>>;

/// Numbers of waiting transactions.
#[derive(Debug, Clone, Serialize)]
struct Status {
    pending: U64,
    queued: U64,
}

pub(super) fn register(namespace: &mut Namespace) {
    namespace.heavy("txpool_status", |chain, ()| {
        let content = content(chain, |_| ())?;
        let count = |part: &Part<()>| U64::from(part.values().map(BTreeMap::len).sum::<usize>());
        Ok(Status { pending: count(&content.pending), queued: count(&content.queued) })
    });
    namespace.heavy("txpool_inspect", |chain, ()| content(chain, summary));
    namespace.heavy("txpool_content", |chain, ()| {
        let base_fee = chain.base_fee();
        content(chain, |tx| -> Transaction<TxEnvelope> { convert::pending_transaction(tx, base_fee) })
    });
    namespace.heavy("txpool_contentFrom", |chain, (sender,): (Address,)| {
        let base_fee = chain.base_fee();
        let mut all = content(chain, |tx| convert::pending_transaction(tx, base_fee))?;
        let of = |part: &mut Part<Transaction<TxEnvelope>>| part.remove(&sender).unwrap_or_default();
        Ok(BTreeMap::from([("pending", of(&mut all.pending)), ("queued", of(&mut all.queued))]))
    });
}

fn content<T>(chain: &Chain, form: impl Fn(&Tx) -> T) -> Result<Content<T>, ChainError> {
    let pool = chain.pool()?;
    let part = |part: BTreeMap<Address, BTreeMap<u64, std::sync::Arc<Tx>>>| {
        let nonces =
            |nonces: BTreeMap<u64, std::sync::Arc<Tx>>| nonces.iter().map(|(nonce, tx)| (nonce.to_string(), form(tx))).collect();
        part.into_iter().map(|(sender, txs)| (sender, nonces(txs))).collect()
    };
    Ok(Content { pending: part(pool.pending), queued: part(pool.queued) })
}

/// geth's one-line form.
fn summary(tx: &Tx) -> String {
    format!("{}: {} wei + {} gas × {} wei", convert::target(tx.to()), tx.value(), tx.gas_limit(), tx.max_fee_per_gas())
}
