//! What a call of a program costs before the program runs: compiled at the call, read from disk, in memory, in ArbOS's cache.
//!
//! Every figure but the native one is a call over JSON-RPC to a node in a process of its own, so that nothing is left of a call before.

use std::{
    ffi::OsStr,
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use alloy_primitives::hex;
use cor_bench_program::{Kernel, answer, input, run};
use serde_json::json;

use crate::{
    budget::Budget,
    error::BenchError,
    rpc::Connection,
    server::{Program, Server},
    stylus::{Stylus, same},
};

/// What the call computes: SHA-256's compression of four kilobytes.
const KERNEL: Kernel = Kernel::Sha256;
const ROUNDS: u32 = 64;
/// Calls of each node once the program is in memory.
const WARM_CALLS: usize = 10;

/// Times and gas of that call.
#[derive(Debug, Default)]
pub(crate) struct StartTimes {
    /// The first of a new process that finds nothing compiled.
    pub(crate) cold: Vec<Duration>,
    /// The first of a new process that finds the program compiled on disk.
    pub(crate) disk: Vec<Duration>,
    /// One of a process that has it in memory.
    pub(crate) warm: Vec<Duration>,
    /// The same, of a program in ArbOS's cache.
    pub(crate) cached: Vec<Duration>,
    /// The same work in native code.
    pub(crate) native: Vec<Duration>,
    /// Of a transaction that makes the call.
    pub(crate) gas: u64,
    /// The same, of a program in ArbOS's cache.
    pub(crate) gas_cached: u64,
}

/// Measures as many of `repeats` as there is time for. The program is in ArbOS's cache afterwards.
pub(crate) async fn run_starts(
    node: &Program,
    stylus: &Stylus,
    repeats: usize,
    mut budget: Budget,
) -> Result<StartTimes, BenchError> {
    let scratch = tempfile::tempdir().map_err(BenchError::Scratch)?;
    let [plain, cached, compiled] = ["plain.state", "cached.state", "compiled"].map(|name| scratch.path().join(name));
    stylus.save(&plain)?;
    let calldata = input(KERNEL, ROUNDS);
    let gas = stylus.gas(&calldata)?;
    stylus.cache()?;
    let mut times = StartTimes { gas, gas_cached: stylus.gas(&calldata)?, ..StartTimes::default() };
    stylus.save(&cached)?;
    // The first to look into the folder compiles, and leaves the program there.
    first_call(node, stylus, &plain, Some(&compiled)).await?;
    while times.cold.len() < repeats && budget.has_room() {
        let begin = Instant::now();
        let (server, cold) = first_call(node, stylus, &plain, None).await?;
        times.cold.push(cold);
        warm_calls(&server, stylus, &mut times.warm).await?;
        times.disk.push(first_call(node, stylus, &plain, Some(&compiled)).await?.1);
        let (server, _) = first_call(node, stylus, &cached, Some(&compiled)).await?;
        warm_calls(&server, stylus, &mut times.cached).await?;
        let start = Instant::now();
        black_box(run(black_box(KERNEL), black_box(ROUNDS)));
        times.native.push(start.elapsed());
        budget.round_since(begin);
    }
    Ok(times)
}

/// A new process with the chain of `state`, and the time of its first call.
async fn first_call(
    node: &Program,
    stylus: &Stylus,
    state: &Path,
    compiled: Option<&Path>,
) -> Result<(Server, Duration), BenchError> {
    let mut args = vec![OsStr::new("--load-state"), state.as_os_str()];
    if let Some(folder) = compiled {
        args.extend([OsStr::new("--program-cache"), folder.as_os_str()]);
    }
    let server = node.start_with(&args).await?;
    let mut connection = server.connect().await?;
    let took = call(&mut connection, stylus).await?;
    Ok((server, took))
}

async fn warm_calls(server: &Server, stylus: &Stylus, times: &mut Vec<Duration>) -> Result<(), BenchError> {
    let mut connection = server.connect().await?;
    for _ in 0..WARM_CALLS {
        times.push(call(&mut connection, stylus).await?);
    }
    Ok(())
}

async fn call(connection: &mut Connection, stylus: &Stylus) -> Result<Duration, BenchError> {
    let calldata = input(KERNEL, ROUNDS);
    let params = json!([{ "to": stylus.program, "data": hex::encode_prefixed(calldata) }, "latest"]);
    let start = Instant::now();
    let got = connection.request("eth_call", params).await?;
    let took = start.elapsed();
    let bytes = got.as_str().and_then(|text| hex::decode(text).ok()).unwrap_or_default();
    same(KERNEL, &bytes, answer(calldata))?;
    Ok(took)
}
