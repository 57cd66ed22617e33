//! `eth_*`: logs and filters.

use alloy_primitives::{B256, U64};
use alloy_rpc_types::{Filter, Log};
use serde::Serialize;

use super::{Namespace, convert, params::Number};
use crate::chain::{Chain, ChainError, FilterChanges};

/// What a poll answers.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Changes {
    Logs(Vec<Log>),
    Hashes(Vec<B256>),
}

pub(super) fn register(namespace: &mut Namespace) {
    namespace.heavy("eth_getLogs", |chain, (filter,): (Filter,)| Ok(logs(chain.logs(&filter)?)));
    namespace.quick("eth_newFilter", |chain, (filter,): (Filter,)| chain.new_log_filter(filter).map(U64::from));
    namespace.quick("eth_newBlockFilter", |chain, ()| chain.new_block_filter().map(U64::from));
    namespace.quick("eth_newPendingTransactionFilter", |chain, ()| chain.new_pending_filter().map(U64::from));
    namespace.quick("eth_getFilterChanges", changes);
    namespace.heavy("eth_getFilterLogs", |chain, (id,): (Number,)| Ok(logs(chain.filter_logs(id.0)?)));
    namespace.quick("eth_uninstallFilter", |chain, (id,): (Number,)| Ok(chain.uninstall_filter(id.0)));
}

fn changes(chain: &Chain, (id,): (Number,)) -> Result<Changes, ChainError> {
    Ok(match chain.filter_changes(id.0)? {
        FilterChanges::Logs(found) => Changes::Logs(logs(found)),
        FilterChanges::Hashes(hashes) => Changes::Hashes(hashes),
    })
}

fn logs(found: Vec<crate::chain::MinedLog>) -> Vec<Log> {
    found.into_iter().map(convert::log).collect()
}
