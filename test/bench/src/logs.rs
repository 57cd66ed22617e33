//! Blocks with ten thousand logs: making one, and asking for its logs.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    contracts::{self, LOGGER},
    error::BenchError,
    load,
    server::Server,
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

/// Makes `blocks` such blocks and reads their logs.
pub(crate) async fn run(server: &Server, blocks: u64) -> Result<Times, BenchError> {
    let mut connection = server.connect().await?;
    connection.request("anvil_setCode", json!([LOGGER, contracts::code(LOGGER)])).await?;
    connection.request("evm_setAutomine", json!([false])).await?;
    let keys = load::keys(1)?;
    let mut times = Times::default();
    for block in 0..blocks {
        for tx in 0..TXS {
            let raw = load::signed(&keys[0], block * TXS + tx, LOGGER, contracts::logs(LOGS_EACH), TX_GAS)?;
            connection.request("eth_sendRawTransaction", json!([raw])).await?;
        }
        let start = Instant::now();
        connection.request("evm_mine", json!([])).await?;
        times.mine.push(start.elapsed());
        let body = crate::rpc::body("eth_getLogs", &json!([{ "fromBlock": "latest", "toBlock": "latest", "address": LOGGER }]));
        let start = Instant::now();
        let answer = connection.send(body.as_bytes()).await.map_err(BenchError::Connection)?;
        times.get.push(start.elapsed());
        times.answer_bytes = answer.len();
        let got = answer.windows(10).filter(|bytes| bytes == b"\"logIndex\"").count() as u64;
        if got != TXS * LOGS_EACH {
            let what = format!("the number of logs on {}", server.name);
            return Err(BenchError::Different { what, got: got.to_string(), expected: (TXS * LOGS_EACH).to_string() });
        }
    }
    Ok(times)
}
