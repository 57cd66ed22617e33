//! The chain of a development network. While the network is set up its clock is an epoch of the jury's behind: who came into a roster meanwhile can be drawn
//! as soon as the clock is right, and nobody has waited for the next epoch.

use alloy::providers::{DynProvider, Provider as _};
use cor_adapters::chain::{connect, explain};
use cor_anvil::{Node, NodeConfig, NodeHandle};
use cor_ports::{Clock as _, SystemClock};

use crate::error::CliError;

/// Seconds before the clock's first time at which the chain begins: its first block must not be later than the clock.
const GENESIS_SECS: u64 = 1;

/// A chain that listens on `port`, and is so many seconds behind.
pub(super) async fn start(port: u16, behind_secs: u64) -> Result<(NodeHandle, String, DynProvider), CliError> {
    let begun = now(behind_secs).saturating_sub(GENESIS_SECS);
    let config = NodeConfig { port: Some(port), genesis_timestamp: Some(begun), ..NodeConfig::default() };
    let node = Node::spawn(config).await?;
    let endpoint = node.http_endpoint().expect("a node with a port listens");
    let provider = connect(&endpoint, None).await?;
    set_clock(&provider, &endpoint, behind_secs).await?;
    Ok((node, endpoint, provider))
}

/// From now on the chain is so many seconds behind.
pub(super) async fn set_clock(provider: &DynProvider, endpoint: &str, behind_secs: u64) -> Result<(), CliError> {
    for (method, parameters) in [("evm_setTime", vec![now(behind_secs)]), ("evm_mine", Vec::new())] {
        let set = provider.raw_request::<_, serde_json::Value>(method.into(), parameters).await;
        set.map_err(|error| explain(endpoint, method, error))?;
    }
    Ok(())
}

fn now(behind_secs: u64) -> u64 {
    SystemClock.now_secs().saturating_sub(behind_secs)
}
