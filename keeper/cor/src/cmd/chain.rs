//! `cor chain`: the development chain alone.

use std::time::Duration;

use cor_anvil::{Mining, Node, NodeConfig};
use serde::Serialize;

use super::stop_signal;
use crate::{args::ChainArgs, error::CliError, output::Output};

#[derive(Serialize)]
struct Started {
    http: String,
    websocket: String,
    chain_id: u64,
    accounts: Vec<Account>,
}

#[derive(Serialize)]
struct Account {
    address: String,
    private_key: String,
}

pub(crate) async fn run(args: ChainArgs, output: &Output) -> Result<(), CliError> {
    let mining = match (args.block_time, args.no_mining) {
        (Some(secs), _) => Mining::Interval(Duration::from_secs(secs)),
        (None, true) => Mining::Manual,
        (None, false) => Mining::Auto,
    };
    let config = NodeConfig {
        host: args.host,
        port: Some(args.port),
        chain_id: Some(args.chain_id),
        accounts: args.accounts,
        balance_ether: args.balance,
        mnemonic: args.mnemonic,
        mining,
        state: args.state,
        nitro_sequencer: args.nitro_sequencer,
        auto_impersonate: args.auto_impersonate,
        ..NodeConfig::default()
    };
    let node = Node::spawn(config).await?;
    let accounts = node
        .accounts()
        .iter()
        .map(|account| Account { address: account.address.to_string(), private_key: account.private_key.to_string() });
    let started = Started {
        http: node.http_endpoint(),
        websocket: node.ws_endpoint(),
        chain_id: args.chain_id,
        accounts: accounts.collect(),
    };
    output.result(&started, text);
    // An error means that the sender is gone, which is a stop as well.
    let _ = stop_signal().wait_for(|stop| *stop).await;
    Ok(node.stop().await?)
}

fn text(started: &Started) -> String {
    let mut lines = vec![format!("chain {} at {} and {}", started.chain_id, started.http, started.websocket), String::new()];
    lines.push("Accounts (their keys are public: never use them on a real chain)".to_owned());
    for (index, account) in started.accounts.iter().enumerate() {
        lines.push(format!("({index}) {}  {}", account.address, account.private_key));
    }
    lines.join("\n")
}
