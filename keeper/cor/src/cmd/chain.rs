//! `cor chain`: the development chain alone.

use std::path::Path;

use cor_anvil::{Node, NodeHandle, arbos::CACHE_MANAGER};
use serde::Serialize;
use tokio::sync::oneshot;

use super::stop_signal;
use crate::{activity, args::ChainArgs, error::CliError, output::Output};

#[derive(Serialize)]
struct Started {
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    websocket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipc: Option<String>,
    chain_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_manager: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mnemonic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forked_at: Option<u64>,
    accounts: Vec<Account>,
}

#[derive(Serialize)]
struct Account {
    address: String,
    private_key: String,
}

pub(crate) async fn run(args: ChainArgs, output: &Output) -> Result<(), CliError> {
    let node = Node::spawn(args.to_config()?).await?;
    let accounts = node
        .accounts()
        .iter()
        .map(|account| Account { address: account.address.to_string(), private_key: account.private_key.to_string() });
    let chain = node.chain();
    let started = Started {
        http: node.http_endpoint(),
        websocket: node.ws_endpoint(),
        ipc: node.ipc_endpoint().map(|path| path.display().to_string()),
        chain_id: chain.chain_id(),
        cache_manager: chain.config().cache_manager.then(|| CACHE_MANAGER.to_string()),
        mnemonic: args.has_random_mnemonic().then(|| chain.config().mnemonic.clone()),
        forked_at: chain.fork_block(),
        accounts: accounts.collect(),
    };
    if let Some(path) = &args.config_out {
        write_config(&node, path)?;
    }
    let (end, ended) = oneshot::channel();
    let mut printer = None;
    if !args.silent {
        // Watched before anybody is told that the chain is there.
        let watching = activity::print(chain.activity(), args.print_traces.then(|| chain.clone()), ended);
        if let Err(CliError::Unprinted { source, .. }) = output.result(&started, text) {
            // What it would say has private keys in it: the chain is what was asked for, and goes on.
            tracing::warn!(%source, "where the chain is and its keys could not be printed");
        }
        printer = output.is_text().then(|| tokio::spawn(watching));
    }
    // An error means that the sender is gone, which is a stop as well.
    let _ = stop_signal().wait_for(|stop| *stop).await;
    let stopped = node.stop().await;
    // The printer may have ended, if nobody reads what it prints.
    let _ = end.send(());
    if let Some(printer) = printer {
        let _ = printer.await;
    }
    Ok(stopped?)
}

/// The file of `--config-out`. Its keys are those of Anvil's, which scripts read.
#[derive(Serialize)]
struct ConfigFile<'a> {
    available_accounts: Vec<String>,
    private_keys: Vec<String>,
    wallet: Wallet<'a>,
    base_fee: String,
    gas_price: String,
    gas_limit: String,
    genesis_timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    websocket: Option<String>,
}

#[derive(Serialize)]
struct Wallet<'a> {
    derivation_path: &'a str,
    mnemonic: &'a str,
}

fn write_config(node: &NodeHandle, path: &Path) -> Result<(), CliError> {
    let (chain, config) = (node.chain(), node.chain().config());
    let latest = chain.latest();
    let file = ConfigFile {
        available_accounts: node.accounts().iter().map(|account| account.address.to_string()).collect(),
        private_keys: node.accounts().iter().map(|account| account.private_key.to_string()).collect(),
        wallet: Wallet { derivation_path: &config.derivation_path, mnemonic: &config.mnemonic },
        base_fee: chain.base_fee().to_string(),
        gas_price: chain.base_fee().to_string(),
        gas_limit: latest.header.gas_limit.to_string(),
        genesis_timestamp: latest.timestamp().to_string(),
        http: node.http_endpoint(),
        websocket: node.ws_endpoint(),
    };
    let failed = |source| CliError::Io { what: format!("writing {}", path.display()), source };
    let text = serde_json::to_vec_pretty(&file).map_err(|error| failed(error.into()))?;
    std::fs::write(path, text).map_err(failed)
}

fn text(started: &Started) -> String {
    let urls = match (&started.http, &started.websocket) {
        (Some(http), Some(websocket)) => format!(" at {http} and {websocket}"),
        _ => String::new(),
    };
    let mut lines = vec![format!("chain {}{urls}", started.chain_id)];
    lines.extend(started.ipc.as_ref().map(|path| format!("and at the Unix socket {path}")));
    lines.extend(started.forked_at.map(|block| format!("forked at block {block}")));
    lines.push(String::new());
    lines.push("Accounts (their keys are public: never use them on a real chain)".to_owned());
    for (index, account) in started.accounts.iter().enumerate() {
        lines.push(format!("({index}) {}  {}", account.address, account.private_key));
    }
    lines.extend(started.mnemonic.as_ref().map(|phrase| format!("Phrase: {phrase}")));
    lines.extend(started.cache_manager.as_ref().map(|address| format!("Cache manager: {address}")));
    lines.join("\n")
}
