//! `eth_*`: executing without a transaction.

use alloy_eips::BlockId;
use alloy_primitives::U64;
use alloy_rpc_types::{AccessListResult, BlockOverrides, TransactionRequest, state::StateOverride};

use super::{Namespace, error::message};
use crate::chain::CallOptions;

/// Request, block, state overrides, block overrides.
type CallParams = (TransactionRequest, Option<BlockId>, Option<StateOverride>, Option<BlockOverrides>);

fn split((request, block, state, block_overrides): CallParams) -> (TransactionRequest, CallOptions) {
    (request, CallOptions { block, state, block_overrides })
}

pub(super) fn register(namespace: &mut Namespace) {
    namespace.heavy("eth_call", |chain, params: CallParams| {
        let (request, options) = split(params);
        chain.call_here(&request, options)
    });
    namespace.heavy("eth_estimateGas", |chain, params: CallParams| {
        let (request, options) = split(params);
        chain.estimate_gas_here(&request, options).map(U64::from)
    });
    namespace.heavy("eth_createAccessList", |chain, params: CallParams| {
        let (request, options) = split(params);
        let (list, failure) = chain.access_list_here(&request, options)?;
        Ok(AccessListResult { error: failure.as_ref().map(message), ..list })
    });
}
