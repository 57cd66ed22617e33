//! Blocks with ten thousand logs: making one, and asking for its logs.

use std::time::{Duration, Instant};

use alloy_signer_local::PrivateKeySigner;
use serde_json::json;

use crate::{
    contracts::{self, LOGGER},
    error::BenchError,
    load,
    rpc::{self, Connection},
    server::{Program, Server},
};

/// Transactions in a block, and logs of each.
const TXS: u64 = 10;
const LOGS_EACH: u64 = 1_000;
/// What one transaction may use; it uses about 1.8 million.
const TX_GAS: u64 = 2_500_000;

/// Times of one node, one for each block.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// `evm_mine`, from request to answer.
    pub(crate) mine: Vec<Duration>,
    /// `eth_getLogs` of the block.
    pub(crate) get: Vec<Duration>,
    /// Bytes of that answer.
    pub(crate) answer_bytes: usize,
}

/// One node, with the contract that logs on it.
pub(crate) struct Logs {
    server: Server,
    connection: Connection,
    key: PrivateKeySigner,
    sent: u64,
    /// Of the blocks until now.
    pub(crate) times: Times,
}

impl Logs {
    /// Puts the contract on a new chain, which mines when it is told to.
    pub(crate) async fn start(program: &Program) -> Result<Self, BenchError> {
        let server = program.start().await?;
        let mut connection = server.connect().await?;
        connection.request("anvil_setCode", json!([LOGGER, contracts::code(LOGGER)])).await?;
        connection.request("evm_setAutomine", json!([false])).await?;
        let key = load::first_key()?;
        Ok(Self { server, connection, key, sent: 0, times: Times::default() })
    }

    /// Makes a block and reads its logs.
    pub(crate) async fn block(&mut self) -> Result<(), BenchError> {
        for _ in 0..TXS {
            let raw = load::signed(&self.key, self.sent, LOGGER, contracts::logs(LOGS_EACH), TX_GAS)?;
            self.connection.request("eth_sendRawTransaction", json!([raw])).await?;
            self.sent += 1;
        }
        let start = Instant::now();
        self.connection.request("evm_mine", json!([])).await?;
        self.times.mine.push(start.elapsed());
        let body = rpc::body("eth_getLogs", &json!([{ "fromBlock": "latest", "toBlock": "latest", "address": LOGGER }]));
        let start = Instant::now();
        let answer = self.connection.send(body.as_bytes()).await.map_err(BenchError::Connection)?;
        self.times.get.push(start.elapsed());
        self.times.answer_bytes = answer.len();
        let got = answer.windows(10).filter(|bytes| bytes == b"\"logIndex\"").count() as u64;
        if got == TXS * LOGS_EACH {
            return Ok(());
        }
        let what = format!("the number of logs on {}", self.server.name);
        Err(BenchError::Different { what, got: got.to_string(), expected: (TXS * LOGS_EACH).to_string() })
    }
}
