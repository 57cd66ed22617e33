//! `cor-bench`: our chain and Anvil side by side, in one run on one machine. `cargo xtask bench chain` builds what it needs.
//!
//! Rounds of both alternate, so that whatever else the machine does falls on both; medians are printed, and their ratios.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on the terminal")]

mod budget;
mod contracts;
mod error;
mod load;
mod logs;
mod part;
mod report;
mod rpc;
mod server;
mod starts;
mod stylus;

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use clap::Parser;
use cor_bench_program::Kernel;
use cor_errors::{Coded as _, Report};
use serde_json::json;

use crate::{
    budget::cut,
    error::BenchError,
    load::{Load, Mining},
    logs::Logs,
    part::Part,
    report::{Better, head, line, machine_load, median, median_ms, shown, slower},
    server::{Kind, Program},
    starts::run_starts,
    stylus::Stylus,
};

/// Senders at once.
const SENDERS: [usize; 3] = [1, 8, 64];
/// Senders that fill the chain for the memory it takes.
const MEMORY_SENDERS: usize = 8;
/// Accounts that each of them sends to.
const MEMORY_RECEIVERS: u64 = 1_000;
/// Transfers of a block there. With a block for each transaction Anvil, which hashes all of a contract's storage for every block and
/// writes old states to disk, made some 30 a second of 10,000.
const MEMORY_BLOCK: u64 = 320;
/// Transfers of a round, which is over when all are mined. Anvil answers before it mines; in longer rounds its backlog grows until it is
/// the backlog that is measured.
const TRANSFERS: u64 = 640;
/// Bytes of what the tables call MB.
const MB: f64 = 1024.0 * 1024.0;

#[derive(Debug, Parser)]
#[command(name = "cor-bench", about)]
struct Args {
    /// Anvil's program.
    #[arg(long)]
    anvil: PathBuf,
    /// Our node's program.
    #[arg(long)]
    node: PathBuf,
    /// The Stylus program that is measured.
    #[arg(long)]
    program: PathBuf,
    /// A tenth of everything: to see that it works.
    #[arg(long)]
    quick: bool,
    /// Only these parts.
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

/// How much of everything, if there is time.
struct Counts {
    rounds: usize,
    log_blocks: usize,
    memory_rounds: usize,
    stylus_repeats: usize,
    start_repeats: usize,
}

const FULL: Counts = Counts { rounds: 15, log_blocks: 10, memory_rounds: 313, stylus_repeats: 15, start_repeats: 9 };
const QUICK: Counts = Counts { rounds: 3, log_blocks: 3, memory_rounds: 32, stylus_repeats: 5, start_repeats: 3 };

#[tokio::main]
async fn main() -> ExitCode {
    // Whichever ends first drops the other, and with it the nodes that run and the folders that were made.
    let done = tokio::select! {
        done = run(Args::parse()) => done,
        () = told_to_stop() => Err(BenchError::Stopped),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}\nnext: {}", Report::new(&error), error.entry().next);
            ExitCode::FAILURE
        }
    }
}

#[cfg(unix)]
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    let _ = tokio::signal::ctrl_c().await;
}

async fn run(args: Args) -> Result<(), BenchError> {
    let begin = Instant::now();
    let counts = if args.quick { QUICK } else { FULL };
    let asked = |part| args.only.is_empty() || args.only.contains(&part);
    let ours = Program { name: "ours", path: args.node, kind: Kind::Ours };
    let anvil = Program { name: "Anvil", path: args.anvil, kind: Kind::Anvil };
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{processors} processors, load {} at the start", machine_load().unwrap_or_else(|| "unknown".to_owned()));
    if [Part::Transfers, Part::Logs, Part::Memory].into_iter().any(asked) {
        head("over JSON-RPC", "ours", &version(&anvil)?);
    }
    let both = [ours, anvil];
    if asked(Part::Transfers) {
        Part::Transfers.in_time(transfers(&both, &counts)).await?;
    }
    if asked(Part::Logs) {
        Part::Logs.in_time(logs(&both, &counts)).await?;
    }
    if asked(Part::Memory) {
        Part::Memory.in_time(memory(&both, &counts)).await?;
    }
    if asked(Part::Stylus) {
        Part::Stylus.in_time(stylus(&args.program, &both[0], &counts)).await?;
    }
    let load = machine_load().unwrap_or_else(|| "unknown".to_owned());
    println!("\nin all {:.0} s, load {load} at the end", begin.elapsed().as_secs_f64());
    Ok(())
}

/// `Anvil 1.7.1`, as it says itself: `anvil Version: 1.7.1`.
fn version(anvil: &Program) -> Result<String, BenchError> {
    let answer = Command::new(&anvil.path).arg("--version").output();
    let answer = answer.map_err(|source| BenchError::Start { path: anvil.path.clone(), source })?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let number = text.lines().next().and_then(|line| line.split_whitespace().last()).unwrap_or("of unknown version");
    Ok(format!("{} {number}", anvil.name))
}

async fn transfers(both: &[Program; 2], counts: &Counts) -> Result<(), BenchError> {
    let mut started = [Vec::new(), Vec::new()];
    for senders in SENDERS {
        let mut budget = Part::Transfers.budget(SENDERS.len() as u32);
        let load = Load::sign(senders, TRANSFERS, 0, TRANSFERS)?;
        let mut rates = [Vec::new(), Vec::new()];
        while rates[0].len() < counts.rounds && budget.has_room() {
            let begin = Instant::now();
            let round = rates[0].len();
            // Who goes first changes with the round.
            for which in [round % 2, (round + 1) % 2] {
                let server = both[which].start().await?;
                started[which].push(server.started_in);
                load.prepare(&server).await?;
                rates[which].push(load.run(&server, Mining::Node).await?);
            }
            budget.round_since(begin);
        }
        let plural = if senders == 1 { "" } else { "s" };
        let what = format!("ERC-20 transfers a second, {senders} sender{plural}{}", cut(rates[0].len(), counts.rounds));
        line(&what, median(&rates[0]), median(&rates[1]), Better::Higher);
    }
    line("start to first answer, ms", median_ms(&started[0]), median_ms(&started[1]), Better::Lower);
    Ok(())
}

async fn logs(both: &[Program; 2], counts: &Counts) -> Result<(), BenchError> {
    let mut budget = Part::Logs.budget(1);
    let mut nodes = [Logs::start(&both[0]).await?, Logs::start(&both[1]).await?];
    let mut blocks = 0;
    while blocks < counts.log_blocks && budget.has_room() {
        let begin = Instant::now();
        for which in [blocks % 2, (blocks + 1) % 2] {
            nodes[which].block().await?;
        }
        blocks += 1;
        budget.round_since(begin);
    }
    let (ours, theirs, cut) = (&nodes[0].times, &nodes[1].times, cut(blocks, counts.log_blocks));
    line(&format!("mine a block of 10,000 logs, ms{cut}"), median_ms(&ours.mine), median_ms(&theirs.mine), Better::Lower);
    line(&format!("get its logs, ms{cut}"), median_ms(&ours.get), median_ms(&theirs.get), Better::Lower);
    line("bytes of that answer", ours.answer_bytes as f64, theirs.answer_bytes as f64, Better::Lower);
    Ok(())
}

async fn memory(both: &[Program; 2], counts: &Counts) -> Result<(), BenchError> {
    let (senders, mut budget) = (MEMORY_SENDERS, Part::Memory.budget(1));
    let nodes = [both[0].start().await?, both[1].start().await?];
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut rates, mut sent, mut rounds) = ([Vec::new(), Vec::new()], 0, 0);
    while rounds < counts.memory_rounds && budget.has_room() {
        let begin = Instant::now();
        let load = Load::sign(senders, MEMORY_RECEIVERS, sent / senders as u64, MEMORY_BLOCK)?;
        if rounds == 0 {
            for node in &nodes {
                load.prepare(node).await?;
                node.connect().await?.request("evm_setAutomine", json!([false])).await?;
                before.extend(node.resident_bytes());
            }
        }
        for which in [rounds % 2, (rounds + 1) % 2] {
            rates[which].push(load.run(&nodes[which], Mining::Client).await?);
        }
        sent += load.len();
        rounds += 1;
        budget.round_since(begin);
    }
    nodes.iter().for_each(|node| after.extend(node.resident_bytes()));
    let cut = cut(rounds, counts.memory_rounds);
    let what = format!("ERC-20 transfers a second, {senders} senders, in blocks of {MEMORY_BLOCK}{cut}");
    line(&what, median(&rates[0]), median(&rates[1]), Better::Higher);
    if let ([before_ours, before_theirs], [after_ours, after_theirs]) = (&before[..], &after[..]) {
        let each = |before: f64, after: f64| (after - before) / sent as f64;
        line("memory at start, MB", before_ours / MB, before_theirs / MB, Better::Lower);
        line(&format!("memory after {sent} transactions, MB"), after_ours / MB, after_theirs / MB, Better::Lower);
        line("bytes a transaction", each(*before_ours, *after_ours), each(*before_theirs, *after_theirs), Better::Lower);
    }
    Ok(())
}

async fn stylus(program: &Path, ours: &Program, counts: &Counts) -> Result<(), BenchError> {
    let stylus = Stylus::start(program).await?;
    head("compute-heavy code, ms", "Stylus", "native");
    // One share of the time for each kernel, and one for the starts.
    let shares = Kernel::ALL.len() as u32 + 1;
    for kernel in Kernel::ALL {
        let times = stylus.kernel(kernel, counts.stylus_repeats, Part::Stylus.budget(shares))?;
        let has = kernel.native_has().map(|what| format!(" (natively with {what})")).unwrap_or_default();
        let cut = cut(times.stylus.len(), counts.stylus_repeats);
        let what = format!("{:?}, {} rounds{has}{cut}", times.kernel, times.rounds);
        slower(&what, median_ms(&times.stylus), median_ms(&times.native));
        // What computes does not give way by itself, and a signal should not wait for all of it.
        tokio::task::yield_now().await;
    }
    let times = run_starts(ours, &stylus, counts.start_repeats, Part::Stylus.budget(shares)).await?;
    let cut = cut(times.cold.len(), counts.start_repeats);
    println!("\n| a call that hashes 4 KB, program of {} bytes{cut} | ms | gas |\n|---|---:|---:|", stylus.wasm_bytes);
    for (what, took, gas) in [
        ("cold: a new process, nothing compiled, nothing on disk", &times.cold, times.gas),
        ("from disk: a new process, compiled before", &times.disk, times.gas),
        ("warm: compiled in memory", &times.warm, times.gas),
        ("warm, and in ArbOS's cache", &times.cached, times.gas_cached),
    ] {
        println!("| {what} | {} | {gas} |", shown(median_ms(took)));
    }
    println!("| native code, in process | {} | |", shown(median_ms(&times.native)));
    Ok(())
}
