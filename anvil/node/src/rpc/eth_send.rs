//! `eth_*`: sending and signing.

use std::time::Duration;

use alloy_consensus::TxEnvelope;
use alloy_dyn_abi::TypedData;
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, Bytes, TxHash};
use alloy_rpc_types::{FillTransaction, TransactionRequest};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;

use super::{
    Namespace,
    convert::{self, NitroReceipt},
};
use crate::chain::{Chain, ChainError};

/// How long `eth_send*TransactionSync` wait for a block; EIP-7966 recommends two seconds.
const SYNC_WAIT: Duration = Duration::from_secs(2);

/// A transaction with its encoding, as `eth_signTransaction` answers.
#[derive(Debug, Clone, Serialize)]
struct SignedTransaction {
    raw: Bytes,
    tx: TxEnvelope,
}

pub(super) fn register(namespace: &mut Namespace) {
    namespace.heavy("eth_signTransaction", |chain, (request,): (TransactionRequest,)| {
        let tx = chain.sign_here(request)?;
        Ok(SignedTransaction { raw: tx.encoded_2718().into(), tx })
    });
    namespace.heavy("eth_fillTransaction", |chain, (request,): (TransactionRequest,)| {
        let tx = chain.unsigned_here(request)?;
        Ok(FillTransaction { raw: tx.encoded_2718().into(), tx: convert::pending_transaction(&tx, chain.base_fee()) })
    });
    // The three differ in what wallets of their time could encode; the newest form covers the others.
    namespace.quick("eth_signTypedData_v4", |chain, (address, data): (Address, TypedData)| {
        let hash = data.eip712_signing_hash().map_err(|error| ChainError::Invalid(format!("invalid typed data: {error}")))?;
        let signature = chain.wallet().sign_hash(address, hash).ok_or(ChainError::NoSigner(address))?;
        Ok(Bytes::from(signature.as_bytes()))
    });
    namespace.alias("eth_signTypedData_v4", &["eth_signTypedData_v3", "eth_signTypedData"]);
    namespace.quick("eth_sign", |chain, (address, message): (Address, Bytes)| sign(chain, address, &message));
    namespace.quick("personal_sign", |chain, (message, address): (Bytes, Address)| sign(chain, address, &message));
    register_sending(namespace);
}

/// These are neither calls nor writes alone: a transaction is made or checked first, and then takes its turn.
fn register_sending(namespace: &mut Namespace) {
    namespace.async_method("eth_sendRawTransaction", |chain, (raw,): (Bytes,)| async move { send_raw(&chain, raw).await });
    namespace.async_method("eth_sendTransaction", |chain, (request,): (TransactionRequest,)| async move {
        chain.send_async(request).await
    });
    namespace.async_method("eth_sendUnsignedTransaction", |chain, (request,): (TransactionRequest,)| async move {
        chain.send_unsigned_async(request).await
    });
    namespace.async_method("eth_sendRawTransactionSync", |chain, (raw,): (Bytes,)| async move {
        let hash = send_raw(&chain, raw).await?;
        mined_receipt(&chain, hash).await
    });
    namespace.async_method("eth_sendTransactionSync", |chain, (request,): (TransactionRequest,)| async move {
        let hash = chain.send_async(request).await?;
        mined_receipt(&chain, hash).await
    });
}

/// The receipt, once there is one (EIP-7966).
async fn mined_receipt(chain: &Chain, hash: TxHash) -> Result<NitroReceipt, ChainError> {
    let clock = chain.config().clock.clone();
    let mut expired = clock.wait_until(clock.now().saturating_add(SYNC_WAIT));
    let mut events = chain.subscribe();
    loop {
        if let Some((block, index)) = chain.mined(hash) {
            return convert::receipt(&block, index).ok_or(ChainError::TxNotFound(hash));
        }
        tokio::select! {
            () = &mut expired => return Err(ChainError::Invalid(format!("the transaction {hash} was accepted but not mined in time"))),
            event = events.recv() => if matches!(event, Err(RecvError::Closed)) { return Err(ChainError::TxNotFound(hash)) },
        }
    }
}

async fn send_raw(chain: &Chain, raw: Bytes) -> Result<TxHash, ChainError> {
    let tx = chain.read_async(move |chain| chain.decode_raw(&raw)).await?;
    chain.sequence(tx).await
}

fn sign(chain: &Chain, address: Address, message: &[u8]) -> Result<Bytes, ChainError> {
    let signature = chain.wallet().sign_message(address, message).ok_or(ChainError::NoSigner(address))?;
    Ok(signature.as_bytes().into())
}
