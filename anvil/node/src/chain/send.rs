//! Transactions the node makes itself, for its own accounts and for those it impersonates.

use alloy_consensus::{SignableTransaction, TxEnvelope, TypedTransaction};
use alloy_primitives::{Address, Signature, TxHash, U256, keccak256};
use alloy_rpc_types::{AccessList, TransactionRequest};

use super::{CallOptions, Chain, ChainError, Tx, TxError, dump::with_hash};

/// Types of transactions the node makes: legacy, EIP-2930, EIP-1559 and EIP-7702.
const TX_TYPES: [u8; 4] = [0, 1, 2, 4];

/// A transaction the node made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) tx: Tx,
    /// Its sender may be a contract.
    impersonated: bool,
}

impl Chain {
    /// Fills in what is missing, signs for an account of the node or pretends to for an impersonated one, and submits.
    ///
    /// # Errors
    /// [`ChainError::NoSigner`] for any other account; as [`Chain::estimate_gas`] and [`Chain::submit`].
    pub fn send(&self, request: TransactionRequest) -> Result<TxHash, ChainError> {
        let made = self.on_reader(move |chain| chain.make_here(request))?;
        self.on_writer(move |chain| chain.submit_made(made))
    }

    /// As [`send`](Self::send) without blocking the caller's thread.
    pub(crate) async fn send_async(&self, request: TransactionRequest) -> Result<TxHash, ChainError> {
        let made = self.read_async(move |chain| chain.make_here(request)).await?;
        self.write_async(move |chain| chain.submit_made(made)).await
    }

    /// Submits in the name of any account, impersonated or not (`eth_sendUnsignedTransaction`).
    pub(crate) async fn send_unsigned_async(&self, request: TransactionRequest) -> Result<TxHash, ChainError> {
        let made = self.read_async(move |chain| {
            let from = chain.sender_of(&request)?;
            Ok(Made { tx: impersonated(chain.fill_here(request)?, from), impersonated: true })
        });
        let made = made.await?;
        self.write_async(move |chain| chain.submit_made(made)).await
    }

    fn submit_made(&self, made: Made) -> Result<TxHash, ChainError> {
        self.submit_here(made.tx, made.impersonated)
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

    /// Fills in, but does not sign (`eth_fillTransaction`).
    pub(crate) fn unsigned_here(&self, request: TransactionRequest) -> Result<Tx, ChainError> {
        let from = self.sender_of(&request)?;
        Ok(Tx::new_unchecked(unsigned(self.fill_here(request)?), from))
    }

    fn sender_of(&self, request: &TransactionRequest) -> Result<Address, ChainError> {
        let first = || self.wallet().addresses().next();
        request.from.or_else(first).ok_or_else(|| ChainError::Invalid("the request names no sender".to_owned()))
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
        request.build_typed_tx().map_err(|_| ChainError::Invalid("the request's fields fit no transaction type".to_owned()))
    }
}

/// A transaction nobody signed, as `eth_fillTransaction` shows it.
fn unsigned(tx: TypedTransaction) -> TxEnvelope {
    tx.into_signed(Signature::new(U256::ZERO, U256::ZERO, false)).into()
}

/// A transaction nobody signed. Its hash covers the sender, so that two senders' equal transactions differ; in the way of Anvil, which
/// computes it anew when it loads a block.
pub(super) fn impersonated(tx: TypedTransaction, from: Address) -> Tx {
    let signature = Signature::new(U256::ONE, U256::ONE, false);
    let signed: TxEnvelope = tx.into_signed(signature).into();
    let hash = keccak256([alloy_rlp::encode(&signed).as_slice(), from.as_slice()].concat());
    Tx::new_unchecked(with_hash(signed, hash), from)
}
