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
    params::Number,
};
use crate::chain::{Chain, ChainError, Made};

/// How long `eth_send*TransactionSync` wait for a block if the client does not say; EIP-7966 recommends two seconds.
const SYNC_WAIT: Duration = Duration::from_secs(2);
/// The longest wait a client can ask for; a longer one is cut to it.
const SYNC_WAIT_MAX: Duration = Duration::from_secs(60);

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
    namespace.async_method("eth_sendRawTransactionSync", |chain, (raw, wait): (Bytes, Option<Number>)| async move {
        let hash = send_raw(&chain, raw).await?;
        mined_receipt(&chain, hash, wait).await
    });
    namespace.async_method(
        "eth_sendTransactionSync",
        |chain, (request, wait): (TransactionRequest, Option<Number>)| async move {
            let hash = chain.send_async(request).await?;
            mined_receipt(&chain, hash, wait).await
        },
    );
}

/// How long to wait for a receipt: as many milliseconds as the client says, up to the limit. No time at all counts as not said.
fn sync_wait(asked: Option<Number>) -> Duration {
    match asked {
        None | Some(Number(0)) => SYNC_WAIT,
        Some(Number(millis)) => Duration::from_millis(millis).min(SYNC_WAIT_MAX),
    }
}

/// The receipt, once there is one (EIP-7966).
async fn mined_receipt(chain: &Chain, hash: TxHash, wait: Option<Number>) -> Result<NitroReceipt, ChainError> {
    let wait = sync_wait(wait);
    let clock = chain.config().clock.clone();
    let mut expired = clock.wait_until(clock.now().saturating_add(wait));
    let mut events = chain.subscribe();
    loop {
        if let Some((block, index)) = chain.mined(hash) {
            return convert::receipt(&block, index).ok_or(ChainError::TxNotFound(hash));
        }
        tokio::select! {
            () = &mut expired => return Err(ChainError::NotMinedInTime { hash, waited: wait }),
            event = events.recv() => if matches!(event, Err(RecvError::Closed)) { return Err(ChainError::TxNotFound(hash)) },
        }
    }
}

async fn send_raw(chain: &Chain, raw: Bytes) -> Result<TxHash, ChainError> {
    let tx = chain.read_async(move |chain| chain.decode_raw(&raw)).await?;
    chain.sequence(Made::signed(tx)).await
}

fn sign(chain: &Chain, address: Address, message: &[u8]) -> Result<Bytes, ChainError> {
    let signature = chain.wallet().sign_message(address, message).ok_or(ChainError::NoSigner(address))?;
    Ok(signature.as_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_choose_how_long_to_wait_up_to_a_limit() {
        let cases = [
            (None, 2_000),
            (Some(0), 2_000),
            (Some(1), 1),
            (Some(5_000), 5_000),
            (Some(60_001), 60_000),
            (Some(u64::MAX), 60_000),
        ];
        for (asked, millis) in cases {
            assert_eq!(sync_wait(asked.map(Number)).as_millis(), millis, "{asked:?}");
        }
    }
}
