//! The chain as a process of its own, as `cor chain` starts it, with nothing else in the binary.

use std::{io::Read, path::PathBuf, process::ExitCode};

use clap::Parser;
use cor_anvil::{Node, NodeConfig};

/// Named as those of `cor chain`.
#[derive(Debug, Parser)]
struct Args {
    #[arg(long)]
    port: u16,
    #[arg(long)]
    accounts: u32,
    #[arg(long)]
    chain_id: u64,
    #[arg(long)]
    load_state: Option<PathBuf>,
    #[arg(long)]
    program_cache: Option<PathBuf>,
}

/// Runs until its standard input is closed, so that it does not outlive its parent.
#[tokio::main]
async fn main() -> ExitCode {
    let Args { port, accounts, chain_id, load_state, program_cache } = Args::parse();
    let config = NodeConfig { load_state, program_cache, ..NodeConfig::default() };
    let Ok(node) = Node::spawn(config.port(port).accounts(accounts).chain_id(chain_id)).await else {
        return ExitCode::FAILURE;
    };
    // The parent writes nothing: whatever comes, an end or an error, it is gone.
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await;
    drop(node);
    ExitCode::SUCCESS
}
