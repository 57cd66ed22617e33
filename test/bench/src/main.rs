//! `cor-bench`: our chain and Anvil side by side, in one run on one machine. `cargo xtask bench chain` builds what it needs.
//!
//! Rounds of both alternate, so that whatever else the machine does falls on both; medians are printed, and their ratios.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on the terminal")]

mod contracts;
mod error;
mod load;
mod logs;
mod report;
mod rpc;
mod server;
mod stylus;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use cor_bench_program::Kernel;

use crate::{
    error::BenchError,
    load::Load,
    report::{Better, head, line, median, median_ms, shown, slower},
    server::{Kind, Program},
    stylus::Stylus,
};

/// Senders at once.
const SENDERS: [usize; 3] = [1, 8, 64];
const SEND: &str = "eth_sendRawTransaction";
const SEND_AND_WAIT: &str = "eth_sendRawTransactionSync";
/// Senders that fill the chain for the memory it takes.
const MEMORY_SENDERS: usize = 8;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Transfers,
    Logs,
    Stylus,
    Memory,
}

/// How much of everything.
struct Counts {
    rounds: usize,
    transfers: u64,
    log_blocks: u64,
    memory_txs: u64,
    stylus_repeats: usize,
    start_repeats: usize,
}

const FULL: Counts =
    Counts { rounds: 5, transfers: 3_200, log_blocks: 10, memory_txs: 100_000, stylus_repeats: 15, start_repeats: 9 };
const QUICK: Counts =
    Counts { rounds: 3, transfers: 640, log_blocks: 3, memory_txs: 10_000, stylus_repeats: 5, start_repeats: 3 };

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), BenchError> {
    let begin = Instant::now();
    let counts = if args.quick { QUICK } else { FULL };
    let asked = |part| args.only.is_empty() || args.only.contains(&part);
    let both = [
        Program { name: "ours", path: args.node, kind: Kind::Ours },
        Program { name: "Anvil", path: args.anvil, kind: Kind::Anvil },
    ];
    if asked(Part::Transfers) || asked(Part::Logs) || asked(Part::Memory) {
        head("over JSON-RPC", "ours", "Anvil 1.7.1");
    }
    if asked(Part::Transfers) {
        transfers(&both, &counts).await?;
    }
    if asked(Part::Logs) {
        logs(&both, &counts).await?;
    }
    if asked(Part::Memory) {
        memory(&both, &counts).await?;
    }
    if asked(Part::Stylus) {
        stylus(&args.program, &counts).await?;
    }
    println!("\nin all {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}

async fn transfers(both: &[Program; 2], counts: &Counts) -> Result<(), BenchError> {
    let mut started = [Vec::new(), Vec::new()];
    for senders in SENDERS {
        let load = Load::sign(SEND, senders, counts.transfers)?;
        let mut rates = [Vec::new(), Vec::new()];
        for round in 0..counts.rounds {
            // Who goes first changes with the round.
            for which in [round % 2, (round + 1) % 2] {
                let server = both[which].start().await?;
                started[which].push(server.started_in);
                load.prepare(&server).await?;
                rates[which].push(load.run(&server).await?);
            }
        }
        let what = format!("ERC-20 transfers a second, {senders} senders");
        line(&what, median(&rates[0]), median(&rates[1]), Better::Higher);
    }
    line("start to first answer, ms", median_ms(&started[0]), median_ms(&started[1]), Better::Lower);
    Ok(())
}

async fn logs(both: &[Program; 2], counts: &Counts) -> Result<(), BenchError> {
    let mut times = Vec::new();
    for program in both {
        times.push(logs::run(&program.start().await?, counts.log_blocks).await?);
    }
    let (ours, theirs) = (&times[0], &times[1]);
    line("mine a block of 10,000 logs, ms", median_ms(&ours.mine), median_ms(&theirs.mine), Better::Lower);
    line("get its logs, ms", median_ms(&ours.get), median_ms(&theirs.get), Better::Lower);
    line("bytes of that answer", ours.answer_bytes as f64, theirs.answer_bytes as f64, Better::Lower);
    Ok(())
}

async fn memory(both: &[Program; 2], counts: &Counts) -> Result<(), BenchError> {
    let load = Load::sign(SEND_AND_WAIT, MEMORY_SENDERS, counts.memory_txs)?;
    let mut rates = Vec::new();
    let mut before = Vec::new();
    let mut after = Vec::new();
    for program in both {
        let server = program.start().await?;
        load.prepare(&server).await?;
        before.extend(server.resident_mb());
        rates.push(load.run(&server).await?);
        after.extend(server.resident_mb());
    }
    line(
        &format!("transfers with receipt a second, {} of them, {MEMORY_SENDERS} senders", load.len()),
        rates[0],
        rates[1],
        Better::Higher,
    );
    if let ([before_ours, before_theirs], [after_ours, after_theirs]) = (&before[..], &after[..]) {
        line("memory at start, MB", *before_ours, *before_theirs, Better::Lower);
        line(&format!("memory after {} transactions, MB", load.len()), *after_ours, *after_theirs, Better::Lower);
    }
    Ok(())
}

async fn stylus(program: &std::path::Path, counts: &Counts) -> Result<(), BenchError> {
    let stylus = Stylus::start(program).await?;
    head("compute-heavy code, ms", "Stylus", "native");
    for kernel in Kernel::ALL {
        let times = stylus.kernel(kernel, counts.stylus_repeats)?;
        let what = format!("{:?}, {} rounds", times.kernel, times.rounds);
        slower(&what, median_ms(&times.stylus), median_ms(&times.native));
    }
    let times = stylus.starts(counts.start_repeats).await?;
    println!("\n| a call that does next to nothing ({} bytes of WASM) | ms |\n|---|---:|", times.wasm_bytes);
    for (what, times) in [
        ("first call of a new node in a process that has compiled the program", &times.fresh),
        ("first call of a new node that reads the compiled program from disk", &times.disk),
        ("warm: compiled in memory", &times.warm),
    ] {
        println!("| {what} | {} |", shown(median_ms(times)));
    }
    Ok(())
}
