//! `eth_*`: accounts in more detail than one value.

use std::collections::BTreeMap;

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, U64, U256};
use alloy_rpc_types::AccountInfo;
use alloy_serde::JsonStorageKey;
use serde::Serialize;

use super::{Namespace, limits::STORAGE_VALUES_MAX};
use crate::chain::{Chain, ChainError};

/// `eth_getAccount`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountSummary {
    nonce: U64,
    balance: U256,
    storage_root: B256,
    code_hash: B256,
}

/// Slots asked for, by account.
type Slots = BTreeMap<Address, Vec<JsonStorageKey>>;

pub(super) fn register(namespace: &mut Namespace) {
    namespace.heavy("eth_getAccount", |chain, (address, block): (Address, Option<BlockId>)| {
        let proof = chain.proof(address, &[], block)?;
        Ok(AccountSummary {
            nonce: U64::from(proof.nonce),
            balance: proof.balance,
            storage_root: proof.storage_hash,
            code_hash: proof.code_hash,
        })
    });
    namespace.heavy("eth_getAccountInfo", |chain, (address, block): (Address, Option<BlockId>)| {
        let state = chain.state(block)?;
        Ok(AccountInfo { balance: state.balance(address)?, nonce: state.nonce(address)?, code: state.code(address)? })
    });
    namespace.heavy("eth_getStorageValues", storage_values);
}

fn storage_values(chain: &Chain, (slots, block): (Slots, Option<BlockId>)) -> Result<BTreeMap<Address, Vec<B256>>, ChainError> {
    let count: usize = slots.values().map(Vec::len).sum();
    if count > STORAGE_VALUES_MAX {
        return Err(ChainError::Invalid(format!("too many slots (max {STORAGE_VALUES_MAX})")));
    }
    let state = chain.state(block)?;
    let value = |address, slot: &JsonStorageKey| Ok(state.storage(address, slot.as_b256().into())?.into());
    let values = |(address, keys): (Address, Vec<JsonStorageKey>)| {
        let values: Result<Vec<B256>, ChainError> = keys.iter().map(|slot| value(address, slot)).collect();
        Ok((address, values?))
    };
    slots.into_iter().map(values).collect()
}
