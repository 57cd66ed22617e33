//! Making transactions: for the node's own accounts and for those it impersonates. They are not sent here.

use alloy_consensus::{TxEnvelope, TypedTransaction, transaction::SignerRecoverable};
use alloy_eips::Decodable2718;
use alloy_primitives::Address;
use alloy_rpc_types::{AccessList, TransactionRequest};

use super::{Reader, view::CallOptions};
use crate::chain::{
    blocks::{Tx, impersonated, unsigned},
    error::{ChainError, TxError},
};

/// Types of transactions the node makes: legacy, EIP-2930, EIP-1559 and EIP-7702.
const TX_TYPES: [u8; 4] = [0, 1, 2, 4];

/// A transaction that is ready to be taken in.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) tx: Tx,
    /// Its sender may be a contract.
    pub(crate) impersonated: bool,
}

impl Made {
    /// A transaction that somebody else signed.
    pub(crate) fn signed(tx: Tx) -> Self {
        Self { tx, impersonated: false }
    }
}

impl Reader {
    /// Decodes a raw transaction and finds its sender.
    ///
    /// # Errors
    /// [`ChainError::Undecodable`] if the bytes are not a transaction, [`TxError::InvalidSignature`] if it has no valid signature.
    pub fn decode_raw(&self, raw: &[u8]) -> Result<Tx, ChainError> {
        let mut rest = raw;
        let tx = TxEnvelope::decode_2718(&mut rest).map_err(|error| ChainError::Undecodable(error.to_string()))?;
        if !rest.is_empty() {
            return Err(ChainError::Undecodable(format!("{} bytes after the transaction", rest.len())));
        }
        let sender = tx.recover_signer().map_err(|_| TxError::InvalidSignature)?;
        Ok(Tx::new_unchecked(tx, sender))
    }

    /// Fills in and signs for an account of the node, or pretends to for an impersonated one.
    pub(crate) fn make_here(&self, request: TransactionRequest) -> Result<Made, ChainError> {
        let from = self.sender_of(&request)?;
        let tx = self.fill_here(request)?;
        match self.wallet().sign_transaction(from, tx.clone()) {
            Some(signed) => Ok(Made { tx: Tx::new_unchecked(signed, from), impersonated: self.impersonates(from) }),
            None if self.impersonates(from) => Ok(Made { tx: impersonated(tx, from), impersonated: true }),
            None => Err(ChainError::NoSigner(from)),
        }
    }

    /// Fills in and signs, but does not submit (`eth_signTransaction`).
    pub(crate) fn sign_here(&self, request: TransactionRequest) -> Result<TxEnvelope, ChainError> {
        let from = self.sender_of(&request)?;
        let tx = self.fill_here(request)?;
        self.wallet().sign_transaction(from, tx).ok_or(ChainError::NoSigner(from))
    }

    /// Fills in in the name of any account, impersonated or not (`eth_sendUnsignedTransaction`).
    pub(crate) fn make_unsigned_here(&self, request: TransactionRequest) -> Result<Made, ChainError> {
        let from = self.sender_of(&request)?;
        Ok(Made { tx: impersonated(self.fill_here(request)?, from), impersonated: true })
    }

    /// Fills in, but does not sign (`eth_fillTransaction`).
    pub(crate) fn unsigned_here(&self, request: TransactionRequest) -> Result<Tx, ChainError> {
        let from = self.sender_of(&request)?;
        Ok(Tx::new_unchecked(unsigned(self.fill_here(request)?), from))
    }

    fn sender_of(&self, request: &TransactionRequest) -> Result<Address, ChainError> {
        let first = || self.wallet().addresses().next();
        request.from.or_else(first).ok_or_else(|| ChainError::Contradiction("the request names no sender"))
    }

    /// Completes a request with nonce, gas limit, fees and chain id, as a wallet would.
    pub(crate) fn fill_here(&self, mut request: TransactionRequest) -> Result<TypedTransaction, ChainError> {
        if let Some(kind) = request.transaction_type.filter(|kind| !TX_TYPES.contains(kind)) {
            return Err(TxError::Unsupported(kind).into());
        }
        let from = self.sender_of(&request)?;
        request.from = Some(from);
        request.normalize_input();
        request.chain_id.get_or_insert(self.chain_id());
        if request.nonce.is_none() {
            request.nonce = Some(self.pending_nonce(from)?);
        }
        let base_fee = u128::from(self.base_fee());
        if request.gas_price.is_none() && request.max_fee_per_gas.is_none() {
            // Room for one doubling of the base fee before the transaction is mined.
            request.max_fee_per_gas =
                Some(base_fee.saturating_mul(2).saturating_add(request.max_priority_fee_per_gas.unwrap_or(0)));
        }
        if request.max_fee_per_gas.is_some() {
            request.max_priority_fee_per_gas.get_or_insert(0);
        }
        if request.gas.is_none() {
            request.gas = Some(self.estimate_gas_here(&request, CallOptions::default())?);
        }
        if request.transaction_type == Some(1) {
            request.access_list.get_or_insert_with(AccessList::default);
        }
        // `to: null` is a creation; the builder wants it said.
        request.to.get_or_insert_default();
        request.build_typed_tx().map_err(|_| ChainError::Contradiction("the request's fields fit no transaction type"))
    }
}
