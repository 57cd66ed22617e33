//! ERC-20 transfers over JSON-RPC: signed beforehand, each sender waiting for one answer before it sends the next.

use std::time::{Duration, Instant};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, TxKind, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use cor_anvil::{DEFAULT_DERIVATION_PATH, DEFAULT_MNEMONIC, NodeError, Wallet};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    contracts::{self, TOKEN},
    error::BenchError,
    rpc::{self, Connection},
    server::{ACCOUNTS, CHAIN_ID, Server},
};

/// What one transfer may use; it uses about 35,000.
const TRANSFER_GAS: u64 = 80_000;
/// Wei for a unit of gas: above what either node asks, at all times.
const MAX_FEE: u128 = 20_000_000_000;
/// Tokens of each sender.
const TOKENS: u64 = 1 << 40;
/// A node that has not mined everything by then has lost something.
const MINED_WITHIN: Duration = Duration::from_secs(60);
/// Between two looks whether everything is mined: short against a round, and seldom enough not to be what the node does.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Who makes the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mining {
    /// The node, as transactions come in.
    Node,
    /// This client, one for everything that was sent.
    Client,
}

/// Requests of each sender, in the order of their nonces.
pub(crate) struct Load {
    senders: Vec<Sender>,
    /// Nonce of the first request of each.
    first: u64,
}

struct Sender {
    address: Address,
    bodies: Vec<String>,
}

/// Keys of the funded accounts of both nodes.
pub(crate) fn keys(count: usize) -> Result<Vec<PrivateKeySigner>, BenchError> {
    let wallet = Wallet::from_mnemonic(DEFAULT_MNEMONIC, DEFAULT_DERIVATION_PATH, ACCOUNTS).map_err(NodeError::Mnemonic)?;
    let keys = wallet.accounts().into_iter().take(count).map(|account| PrivateKeySigner::from_bytes(&account.private_key));
    keys.collect::<Result<_, _>>().map_err(|error| BenchError::Chain(error.to_string()))
}

/// The key of the first of them.
pub(crate) fn first_key() -> Result<PrivateKeySigner, BenchError> {
    keys(1)?.pop().ok_or_else(|| BenchError::Chain("there are no funded accounts".to_owned()))
}

/// A signed transaction, as the parameter of `eth_sendRawTransaction`.
pub(crate) fn signed(
    key: &PrivateKeySigner,
    nonce: u64,
    to: Address,
    input: Vec<u8>,
    gas_limit: u64,
) -> Result<String, BenchError> {
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: MAX_FEE,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(to),
        value: U256::ZERO,
        access_list: Default::default(),
        input: input.into(),
    };
    let signature = key.sign_hash_sync(&tx.signature_hash()).map_err(|error| BenchError::Chain(error.to_string()))?;
    Ok(hex::encode_prefixed(TxEnvelope::from(tx.into_signed(signature)).encoded_2718()))
}

impl Load {
    /// `total` transfers of `senders` accounts that have sent `first` each before: to `receivers` accounts of each sender's own, by turns.
    pub(crate) fn sign(senders: usize, receivers: u64, first: u64, total: u64) -> Result<Self, BenchError> {
        let each = total / senders as u64;
        let sign = |(index, key): (usize, PrivateKeySigner)| {
            let bodies = (first..first + each).map(|nonce| {
                let to = Address::from_word(U256::from((index as u64 + 1) << 32 | (nonce % receivers)).into());
                let raw = signed(&key, nonce, TOKEN, contracts::transfer(to, 1 + nonce), TRANSFER_GAS)?;
                Ok(rpc::body("eth_sendRawTransaction", &json!([raw])))
            });
            Ok(Sender { address: key.address(), bodies: bodies.collect::<Result<_, BenchError>>()? })
        };
        let senders = keys(senders)?.into_iter().enumerate().map(sign).collect::<Result<_, BenchError>>()?;
        Ok(Self { senders, first })
    }

    /// How many transfers there are.
    pub(crate) fn len(&self) -> u64 {
        self.senders.iter().map(|sender| sender.bodies.len() as u64).sum()
    }

    /// Puts the token and the balances on a new chain.
    pub(crate) async fn prepare(&self, server: &Server) -> Result<(), BenchError> {
        let mut connection = server.connect().await?;
        connection.request("anvil_setCode", json!([TOKEN, contracts::code(TOKEN)])).await?;
        for sender in &self.senders {
            let slot = contracts::balance_slot(sender.address);
            let tokens = format!("{:#066x}", TOKENS);
            connection.request("anvil_setStorageAt", json!([TOKEN, slot, tokens])).await?;
        }
        Ok(())
    }

    /// Sends everything from all senders at once, until all of it is mined: transactions a second.
    pub(crate) async fn run(&self, server: &Server, mining: Mining) -> Result<f64, BenchError> {
        let mut connections = Vec::new();
        for _ in &self.senders {
            connections.push(server.connect().await?);
        }
        let start = Instant::now();
        let mut tasks = JoinSet::<Result<(), BenchError>>::new();
        for (sender, mut connection) in self.senders.iter().zip(connections) {
            let bodies = sender.bodies.clone();
            tasks.spawn(async move {
                for body in bodies {
                    let answer = connection.send(body.as_bytes()).await.map_err(BenchError::Connection)?;
                    check(answer)?;
                }
                Ok(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(|error| BenchError::Chain(error.to_string()))??;
        }
        if mining == Mining::Client {
            server.connect().await?.request("evm_mine", json!([])).await?;
        }
        self.wait_until_mined(server).await?;
        let rate = self.len() as f64 / start.elapsed().as_secs_f64();
        self.check_balances(server).await?;
        Ok(rate)
    }

    async fn wait_until_mined(&self, server: &Server) -> Result<(), BenchError> {
        let mut connection = server.connect().await?;
        let start = Instant::now();
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut mined = 0;
        for sender in &self.senders {
            let sent = self.first + sender.bodies.len() as u64;
            let mut got = nonce(&mut connection, sender.address).await?;
            while got < sent {
                if start.elapsed() > MINED_WITHIN {
                    return Err(BenchError::Lost { name: server.name, sent: self.len(), got: mined + got, within: MINED_WITHIN });
                }
                look.tick().await;
                got = nonce(&mut connection, sender.address).await?;
            }
            mined += got;
        }
        Ok(())
    }

    /// Every transfer took effect: what is left of the first sender's tokens.
    async fn check_balances(&self, server: &Server) -> Result<(), BenchError> {
        let Some(sender) = self.senders.first() else { return Ok(()) };
        let sent: u64 = (1..=self.first + sender.bodies.len() as u64).sum();
        let mut connection = server.connect().await?;
        let slot = contracts::balance_slot(sender.address);
        let left = connection.request("eth_getStorageAt", json!([TOKEN, slot, "latest"])).await?;
        let expected = format!("{:#066x}", TOKENS - sent);
        if left != expected {
            let what = format!("the first sender's tokens on {}", server.name);
            return Err(BenchError::Different { what, got: left.to_string(), expected });
        }
        Ok(())
    }
}

async fn nonce(connection: &mut Connection, address: Address) -> Result<u64, BenchError> {
    let nonce = connection.request("eth_getTransactionCount", json!([address, "latest"])).await?;
    let digits = nonce.as_str().unwrap_or_default().trim_start_matches("0x").to_owned();
    u64::from_str_radix(&digits, 16).map_err(|error| BenchError::Chain(format!("a nonce {nonce}: {error}")))
}

/// An answer without an error, told apart without parsing it: the client should cost as little as can be.
fn check(answer: &[u8]) -> Result<(), BenchError> {
    const ERROR: &[u8] = b"\"error\"";
    if answer.windows(ERROR.len()).any(|bytes| bytes == ERROR) {
        let error = String::from_utf8_lossy(answer).into_owned();
        return Err(BenchError::Refused { method: "eth_sendRawTransaction", error });
    }
    Ok(())
}
