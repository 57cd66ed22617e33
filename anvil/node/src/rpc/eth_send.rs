//! `eth_*`: sending and signing.

use alloy_consensus::TxEnvelope;
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, Bytes, TxHash};
use alloy_rpc_types::TransactionRequest;
use serde::Serialize;

use super::{Namespace, error::to_rpc, params::FromParams};
use crate::chain::{Chain, ChainError};

/// A transaction with its encoding, as `eth_signTransaction` answers.
#[derive(Debug, Clone, Serialize)]
struct SignedTransaction {
    raw: Bytes,
    tx: TxEnvelope,
}

pub(super) fn register(namespace: &mut Namespace) {
    namespace.heavy("eth_sendTransaction", |chain, (request,): (TransactionRequest,)| chain.send_here(request));
    namespace.heavy("eth_signTransaction", |chain, (request,): (TransactionRequest,)| {
        let tx = chain.sign_here(request)?;
        Ok(SignedTransaction { raw: tx.encoded_2718().into(), tx })
    });
    namespace.quick("eth_sign", |chain, (address, message): (Address, Bytes)| sign(chain, address, &message));
    namespace.quick("personal_sign", |chain, (message, address): (Bytes, Address)| sign(chain, address, &message));
    register_send_raw(namespace);
}

/// Not one of the plain kinds: under the sequencer's nonce rule it waits.
fn register_send_raw(namespace: &mut Namespace) {
    let registered = namespace.module.register_async_method("eth_sendRawTransaction", |params, chain, _| async move {
        let (raw,): (Bytes,) = FromParams::read(&params)?;
        send_raw(&chain, raw).await.map_err(|error| to_rpc(&error))
    });
    debug_assert!(registered.is_ok(), "eth_sendRawTransaction is registered twice");
}

async fn send_raw(chain: &Chain, raw: Bytes) -> Result<TxHash, ChainError> {
    let tx = chain.run(move |chain| chain.decode_raw(&raw)).await?;
    chain.sequence(tx).await
}

fn sign(chain: &Chain, address: Address, message: &[u8]) -> Result<Bytes, ChainError> {
    let signature = chain.wallet().sign_message(address, message).ok_or(ChainError::NoSigner(address))?;
    Ok(signature.as_bytes().into())
}

