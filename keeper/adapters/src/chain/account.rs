//! A key that sends transactions and waits for their receipts.

use std::time::Duration;

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::{BlockId, eip2718::Encodable2718},
    network::TransactionBuilder,
    primitives::{Address, B256, Bytes, TxKind, U256},
    providers::{DynProvider, Provider},
    rpc::types::{TransactionReceipt, TransactionRequest},
    signers::{SignerSync, local::PrivateKeySigner},
    transports::{RpcError, TransportError, TransportErrorKind},
};
use backon::{ConstantBuilder, Retryable};
use cor_ports::{ChainError, RevertError, SignerError, with_causes};

/// Added to an estimate, in percent: state may change between estimate and execution (another miner's message first, a slot that becomes new).
const GAS_MARGIN_PERCENT: u64 = 25;
/// Most gas of one transaction on the live chains (ArbOS 50 and later).
const GAS_MAX: u64 = 32_000_000;
/// How often a receipt is asked for.
const RECEIPT_POLL: Duration = Duration::from_millis(40);
/// How long a receipt is waited for.
const RECEIPT_PATIENCE: Duration = Duration::from_secs(30);

/// A mined transaction that succeeded.
#[derive(Debug, Clone)]
pub struct Mined {
    /// The receipt.
    pub receipt: TransactionReceipt,
}

/// A signed transaction, not yet sent.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) nonce: u64,
    pub(super) transaction: B256,
    pub(super) raw: Bytes,
}

/// One key on one chain.
#[derive(Debug, Clone)]
pub struct Account {
    endpoint: String,
    provider: DynProvider,
    chain_id: u64,
    key: PrivateKeySigner,
}

impl Account {
    /// The account of `key` on the chain behind `provider`.
    #[must_use]
    pub fn new(endpoint: &str, provider: DynProvider, chain_id: u64, key: PrivateKeySigner) -> Self {
        Self { endpoint: endpoint.to_owned(), provider, chain_id, key }
    }

    /// The key's address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.key.address()
    }

    /// URL of the node it talks to.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The node it talks to.
    #[must_use]
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Sends a call and waits for its receipt. `label` names the call in errors.
    ///
    /// # Errors
    /// `Reverted` with the contract's error, before anything is sent where the estimate shows it.
    pub async fn call(&self, label: &str, to: Address, data: Bytes, value: U256) -> Result<Mined, ChainError> {
        self.execute(label, TxKind::Call(to), data, value).await
    }

    /// Asks the node whether a call would succeed now; nothing is sent.
    ///
    /// # Errors
    /// `Reverted` with the contract's error.
    pub async fn try_call(&self, label: &str, to: Address, data: Bytes) -> Result<(), ChainError> {
        let asked = self.provider.call(self.request(TxKind::Call(to), data, U256::ZERO)).await;
        asked.map(drop).map_err(|error| explain(&self.endpoint, label, error))
    }

    /// Creates a contract and waits for its receipt.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn create(&self, label: &str, init_code: Bytes) -> Result<Mined, ChainError> {
        self.execute(label, TxKind::Create, init_code, U256::ZERO).await
    }

    async fn execute(&self, label: &str, to: TxKind, data: Bytes, value: U256) -> Result<Mined, ChainError> {
        let nonce = self.nonce().await?;
        let signed = self.sign(label, to, data.clone(), value, nonce).await?;
        self.broadcast(&signed).await?;
        let receipt = self.wait(signed.transaction).await?;
        if receipt.status() {
            return Ok(Mined { receipt });
        }
        Err(self.replay(label, to, data, value, receipt.block_number).await)
    }

    /// Transactions of the account that are mined.
    pub(crate) async fn nonce(&self) -> Result<u64, ChainError> {
        self.provider.get_transaction_count(self.address()).await.map_err(self.failed("eth_getTransactionCount"))
    }

    /// Estimates and signs.
    pub(super) async fn sign(&self, label: &str, to: TxKind, data: Bytes, value: U256, nonce: u64) -> Result<Signed, ChainError> {
        let balance = self.provider.get_balance(self.address()).await.map_err(self.failed("eth_getBalance"))?;
        let short = |needed| ChainError::NoGasMoney { account: self.address(), balance, needed };
        let afford = |needed| if balance < needed { Err(short(needed)) } else { Ok(()) };
        // Before the estimate, which a node refuses without the value, each in words of its own.
        afford(value)?;
        let request = self.request(to, data.clone(), value);
        let gas = self.provider.estimate_gas(request).await.map_err(self.failed(label))?;
        let gas_limit = gas.saturating_add(gas / 100 * GAS_MARGIN_PERCENT).min(GAS_MAX);
        let gas_price = self.provider.get_gas_price().await.map_err(self.failed("eth_gasPrice"))?;
        let max_fee_per_gas = gas_price.saturating_mul(2); // the base fee may rise meanwhile; only the base fee is paid
        afford(U256::from(gas_limit).saturating_mul(U256::from(max_fee_per_gas)).saturating_add(value))?;
        let transaction = TxEip1559 {
            chain_id: self.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas: 0,
            to,
            value,
            access_list: Default::default(),
            input: data,
        };
        let signature = self.key.sign_hash_sync(&transaction.signature_hash());
        let signature = signature.map_err(|error| SignerError(error.to_string()))?;
        let envelope = TxEnvelope::from(transaction.into_signed(signature));
        Ok(Signed { nonce, transaction: *envelope.tx_hash(), raw: envelope.encoded_2718().into() })
    }

    /// Hands signed bytes to the node. A node that knows them already has done its duty.
    pub(super) async fn broadcast(&self, signed: &Signed) -> Result<(), ChainError> {
        match self.provider.send_raw_transaction(&signed.raw).await {
            Ok(_) => Ok(()),
            // A refusal is no news: whether the transaction is in, only its receipt tells.
            Err(RpcError::ErrorResp(refusal)) => {
                tracing::debug!(transaction = %signed.transaction, code = refusal.code, message = %refusal.message, "node refused the bytes");
                if self.receipt(signed.transaction).await?.is_some() || self.is_pending(signed.transaction).await? {
                    return Ok(());
                }
                Err(self.failed("eth_sendRawTransaction")(RpcError::ErrorResp(refusal)))
            }
            Err(error) => Err(self.failed("eth_sendRawTransaction")(error)),
        }
    }

    /// Whether the node has the transaction, mined or not.
    pub(super) async fn is_pending(&self, transaction: B256) -> Result<bool, ChainError> {
        let found = self.provider.get_transaction_by_hash(transaction).await;
        Ok(found.map_err(self.failed("eth_getTransactionByHash"))?.is_some())
    }

    /// The receipt, if the transaction is mined.
    pub(super) async fn receipt(&self, transaction: B256) -> Result<Option<TransactionReceipt>, ChainError> {
        self.provider.get_transaction_receipt(transaction).await.map_err(self.failed("eth_getTransactionReceipt"))
    }

    /// Waits for the receipt.
    pub(super) async fn wait(&self, transaction: B256) -> Result<TransactionReceipt, ChainError> {
        until_mined(transaction, RECEIPT_PATIENCE, || self.receipt(transaction)).await
    }

    /// Finds out why a mined transaction reverted, by calling it again on the state before its block.
    pub(super) async fn replay(&self, label: &str, to: TxKind, data: Bytes, value: U256, block: Option<u64>) -> ChainError {
        let before = block.map_or(BlockId::latest(), |number| BlockId::number(number.saturating_sub(1)));
        match self.provider.call(self.request(to, data, value)).block(before).await {
            Err(error) => self.failed(label)(error),
            Ok(_) => ChainError::NotReproduced { call: label.to_owned() },
        }
    }

    fn request(&self, to: TxKind, data: Bytes, value: U256) -> TransactionRequest {
        let request = TransactionRequest::default().with_from(self.address()).with_input(data).with_value(value);
        match to {
            TxKind::Call(to) => request.with_to(to),
            TxKind::Create => request.with_kind(TxKind::Create),
        }
    }

    /// What a call failed with, as ours.
    fn failed(&self, call: &str) -> impl FnOnce(TransportError) -> ChainError {
        move |error| explain(&self.endpoint, call, error)
    }
}

/// A transport's error as ours: a revert with the contract's error where there is revert data, and a refusal where the node answers with
/// any other error. `call` names what was called.
#[must_use]
pub fn explain(endpoint: &str, call: &str, error: TransportError) -> ChainError {
    let (endpoint, call) = (endpoint.to_owned(), call.to_owned());
    match error {
        RpcError::ErrorResp(refusal) => match refusal.as_revert_data() {
            Some(data) => ChainError::Reverted { call, error: RevertError::decode(data) },
            None => ChainError::Refused { endpoint, call, code: refusal.code, message: refusal.message.into_owned() },
        },
        error => ChainError::Unreachable { endpoint, reason: reason(error) },
    }
}

/// A transport's error in words. The client would put the URL into them, with the key that it may hold.
fn reason(error: TransportError) -> String {
    match error {
        RpcError::Transport(TransportErrorKind::Custom(inner)) => match inner.downcast::<reqwest::Error>() {
            Ok(error) => with_causes(&error.without_url()),
            Err(other) => with_causes(other.as_ref()),
        },
        other => with_causes(&other),
    }
}

/// A failed read of a contract as ours.
#[must_use]
pub fn read_error(endpoint: &str, what: &str, error: alloy::contract::Error) -> ChainError {
    match error {
        alloy::contract::Error::TransportError(error) => explain(endpoint, what, error),
        other => ChainError::Unexpected { what: what.to_owned(), detail: other.to_string() },
    }
}

/// Looks for a receipt until it is there or the patience is at its end, which is counted in time: a node may be slow to answer each look.
pub(super) async fn until_mined<R, F>(transaction: B256, patience: Duration, receipt: impl Fn() -> F) -> Result<R, ChainError>
where
    F: Future<Output = Result<Option<R>, ChainError>>,
{
    let not_mined = || ChainError::NotMined { transaction, waited_secs: patience.as_secs() };
    let look = || async { receipt().await?.ok_or_else(not_mined) };
    let looks = look
        .retry(ConstantBuilder::default().with_delay(RECEIPT_POLL).without_max_times())
        .when(|error| matches!(error, ChainError::NotMined { .. }));
    tokio::time::timeout(patience, looks.into_future()).await.unwrap_or_else(|_| Err(not_mined()))
}

#[cfg(test)]
mod tests {
    use cor_errors::{Class, Coded as _};

    use super::*;

    #[test]
    fn a_node_that_refuses_is_not_one_that_is_away() {
        let answered = |json: &str| TransportError::ErrorResp(serde_json::from_str(json).unwrap());
        for (error, code, class, text) in [
            (
                answered(r#"{"code":-32000,"message":"insufficient funds for transfer"}"#),
                "CHN-009",
                Class::Peer,
                "RPC http://n refused submit: insufficient funds for transfer (-32000)",
            ),
            (
                answered(r#"{"code":3,"message":"execution reverted","data":"0xdeadbeef"}"#),
                "CHN-001",
                Class::Chain,
                "submit reverted with unknown error 0xdeadbeef in 0xdeadbeef",
            ),
            (
                TransportErrorKind::backend_gone(),
                "CHN-002",
                Class::Transient,
                "RPC http://n failed: backend connection task has stopped",
            ),
        ] {
            let error = explain("http://n", "submit", error);
            assert_eq!((error.code(), error.class(), error.to_string().as_str()), (code, class, text));
        }
    }
}
