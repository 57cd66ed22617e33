//! Transactions: what is accepted, and what the EVM is told about them.

use alloy_consensus::{
    SignableTransaction, Signed, Transaction as _, TxEnvelope, Typed2718, TypedTransaction, transaction::Recovered,
};
use alloy_eips::{Encodable2718, eip7702::SignedAuthorization};
use alloy_primitives::{Address, Signature, TxHash, U256, keccak256};
use revm::{
    context::TxEnv,
    context_interface::{cfg::gas::calculate_initial_tx_gas_for_tx, either::Either},
};

use crate::{
    chain::error::{ChainError, TxError},
    evm::ExecConfig,
    state::State,
};

/// A transaction with its sender. Impersonated ones carry a signature that proves nothing.
pub type Tx = Recovered<TxEnvelope>;

/// Bytes of an encoded transaction. geth's pool takes 128 KB; Arbitrum's sequencer about 95 KB, and fragments of large
/// contracts still fit twice.
pub const TX_BYTES_MAX: usize = 128 * 1024;

/// The EIP-2718 type of transactions with blobs.
const BLOB_TX_TYPE: u8 = 3;

/// What the chain says about gas and fees when a transaction comes in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TxRules {
    pub(crate) exec: ExecConfig,
    pub(crate) base_fee: u64,
    pub(crate) block_gas_limit: u64,
    /// The sender's key was not needed, so it may be a contract.
    pub(crate) impersonated: bool,
}

/// Wei the sender must have: gas at the highest price, and the value.
pub(crate) fn max_cost(tx: &TxEnvelope) -> U256 {
    U256::from(tx.max_fee_per_gas()).saturating_mul(U256::from(tx.gas_limit())).saturating_add(tx.value())
}

/// Checks that do not depend on the state.
pub(crate) fn check_form(tx: &Tx, rules: &TxRules) -> Result<(), TxError> {
    if tx.ty() == BLOB_TX_TYPE {
        return Err(TxError::Unsupported(BLOB_TX_TYPE));
    }
    if let Some(have) = tx.chain_id()
        && have != rules.exec.chain_id
    {
        return Err(TxError::ChainId { have, want: rules.exec.chain_id });
    }
    let size = tx.encode_2718_len();
    if size > TX_BYTES_MAX {
        return Err(TxError::Oversized { size, limit: TX_BYTES_MAX });
    }
    let init_code_max = rules.exec.code_size_limit.saturating_mul(2);
    if tx.is_create() && tx.input().len() > init_code_max {
        return Err(TxError::InitCodeSize { size: tx.input().len(), limit: init_code_max });
    }
    if tx.authorization_list().is_some_and(<[SignedAuthorization]>::is_empty) {
        return Err(TxError::EmptyAuthorizations);
    }
    let (max_fee, tip) = (tx.max_fee_per_gas(), tx.max_priority_fee_per_gas().unwrap_or_default());
    if tip > max_fee {
        return Err(TxError::TipAboveFeeCap { tip, max_fee });
    }
    if max_fee < u128::from(rules.base_fee) {
        return Err(TxError::FeeCapTooLow { sender: tx.signer(), max_fee, base_fee: rules.base_fee });
    }
    if tx.gas_limit() > rules.block_gas_limit {
        return Err(TxError::GasLimit { limit: tx.gas_limit(), block: rules.block_gas_limit });
    }
    let needed = calculate_initial_tx_gas_for_tx(tx_env(tx), rules.exec.arbos.spec(), None).initial_total_gas();
    if tx.gas_limit() < needed {
        return Err(TxError::IntrinsicGas { limit: tx.gas_limit(), needed });
    }
    Ok(())
}

/// Checks against the sender's account. A nonce ahead is no error here: it may become the next one.
pub(crate) fn check_sender(tx: &Tx, state: &State, rules: &TxRules) -> Result<(), ChainError> {
    let sender = tx.signer();
    let account = state.info(sender)?.unwrap_or_default();
    if tx.nonce() == u64::MAX {
        return Err(TxError::NonceMax(sender).into());
    }
    if tx.nonce() < account.nonce {
        return Err(TxError::NonceTooLow { next: account.nonce, got: tx.nonce() }.into());
    }
    let is_eoa = account.code.as_ref().is_some_and(|code| code.is_empty() || code.is_eip7702());
    if !rules.impersonated && !is_eoa {
        return Err(TxError::SenderNoEoa(sender).into());
    }
    let want = max_cost(tx);
    if account.balance < want {
        return Err(TxError::InsufficientFunds { sender, have: account.balance, want }.into());
    }
    Ok(())
}

/// The transaction as the executor wants it. It takes the tip out.
pub(crate) fn tx_env(tx: &Tx) -> TxEnv {
    TxEnv {
        tx_type: tx.ty(),
        caller: tx.signer(),
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: tx.authorization_list().unwrap_or_default().iter().cloned().map(Either::Left).collect(),
    }
}

/// The same transaction under another hash: that of an impersonated one also covers its sender.
pub(crate) fn with_hash(tx: TxEnvelope, hash: TxHash) -> TxEnvelope {
    let signature = *tx.signature();
    Signed::new_unchecked(tx.into_typed_transaction(), signature, hash).into()
}

/// An unsigned transaction, as `eth_fillTransaction` shows it: with a signature of zeros.
pub(crate) fn unsigned(tx: TypedTransaction) -> TxEnvelope {
    tx.into_signed(Signature::new(U256::ZERO, U256::ZERO, false)).into()
}

/// An impersonated (unsigned) transaction. Its hash covers the sender, so that two senders' equal transactions differ; in the way
/// of Anvil, which computes it anew when it loads a block.
pub(crate) fn impersonated(tx: TypedTransaction, from: Address) -> Tx {
    let signature = Signature::new(U256::ONE, U256::ONE, false);
    let signed: TxEnvelope = tx.into_signed(signature).into();
    let hash = keccak256([alloy_rlp::encode(&signed).as_slice(), from.as_slice()].concat());
    Tx::new_unchecked(with_hash(signed, hash), from)
}
