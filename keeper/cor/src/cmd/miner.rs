//! `cor miner`: a miner as a process. Registers itself if its stake is in place, then serves.

use std::{sync::Arc, time::Duration};

use alloy::{
    primitives::{Address, U256},
    signers::local::PrivateKeySigner,
};
use cor_adapters::{
    chain::RpcChain,
    http::{HttpBlobs, HttpRelay, KeeperClient},
    journal::SqliteJournal,
    signer::LocalSigner,
};
use cor_errors::Coded as _;
use cor_inference::Progress;
use cor_keeper::machine::miner::MinerPolicy;
use cor_keeper::service::miner::{Exercise, Miner, MinerOptions, MinerPorts};
use cor_ports::domain::NODE_VERSION;
use cor_ports::{Journal, SystemClock};
use cor_sol::node_pool::INodePool;

use super::stop_signal;
use crate::{
    args::ServiceArgs,
    error::CliError,
    key,
    network::{Network, send},
    output::parse_cor,
    settings::{self, MinerSettings, invalid},
};

pub(crate) async fn run(args: ServiceArgs) -> Result<(), CliError> {
    let settings = settings::miner(args.config.as_deref())?;
    let (options, backend) = (options(&settings)?, settings.backend.config()?);
    let key = key::load(&args.network)?;
    let network = Network::open(&args.network).await?;
    // The model first: a node that is registered and cannot answer would be given tasks.
    let backend = cor_inference::open(&backend, &Progress::silent()).await?;
    let info = backend.info();
    tracing::info!(address = %key.address(), model = info.model, class = info.determinism_class, "miner");
    std::fs::create_dir_all(&settings.data).map_err(CliError::io(format!("making the folder {}", settings.data.display())))?;
    let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(&settings.data.join("journal.sqlite")).await?);
    register(&network, &key, &settings).await?;
    tracing::info!("registered, and looking for tasks");
    let keeper = KeeperClient::new(&settings.keeper)?;
    let chain = RpcChain::open(&args.network.rpc, network.at.clone(), key.clone(), Arc::clone(&journal)).await?;
    let ports = MinerPorts {
        chain: Arc::new(chain),
        backend,
        blobs: Arc::new(HttpBlobs(keeper.clone())),
        relay: Some(Arc::new(HttpRelay(keeper))),
        journal,
        signer: Arc::new(LocalSigner::new(key)),
        clock: Arc::new(SystemClock),
    };
    Miner::new(ports, options).run(stop_signal()).await;
    Ok(())
}

fn options(settings: &MinerSettings) -> Result<MinerOptions, CliError> {
    let replica = usize::try_from(settings.drill_replica).ok();
    Ok(MinerOptions {
        policy: MinerPolicy { direct_margin_secs: settings.direct_margin_secs, repeat_secs: settings.repeat_secs },
        poll: Duration::from_millis(settings.poll_ms),
        // A setting, so not wrong usage of the command line.
        claim_min: parse_cor(&settings.claim_min_cor).map_err(|error| invalid(&format!("claim_min_cor: {error}")))?,
        drill: settings.drill.drill().map(|drill| Exercise { drill, replica }),
    })
}

/// Registers the node; without stake that is refused here, with what is missing. A node that is registered gets the settings that changed.
async fn register(network: &Network, key: &PrivateKeySigner, settings: &MinerSettings) -> Result<(), CliError> {
    let node = key.address();
    let operator = if settings.operator.is_empty() {
        node
    } else {
        settings.operator.parse().map_err(|_| invalid("operator is not an address"))?
    };
    let (models, capacity) = (settings.models.clone(), settings.capacity);
    let known = network.pool().getNode(node).call().await.map_err(network.failed("getNode"))?;
    let account = network.account_of(key.clone());
    if known.registered {
        tell_what_stays(&known, operator, settings.hardware_class);
        match spec_to_tell(&known, models, capacity) {
            Spec::Known => {}
            // They come first: not to reveal costs stake, and a transaction of the start may take half a minute to be mined.
            Spec::Later => {
                let reserved = known.reserved;
                tracing::warn!(
                    reserved,
                    "tasks are in hand: the pool is told of the changed models and capacity at a start without any"
                );
            }
            Spec::Now(call) => {
                if let Err(error) = send(&account, "setSpec", network.at.node_pool, call).await {
                    let (code, next) = (error.code(), error.entry().next);
                    tracing::warn!(code, %error, next, "the pool may not know the changed models and capacity; it is told again at the next start");
                }
            }
        }
        return Ok(());
    }
    let (stake, required) = stake_of(network, node).await?;
    if stake < required {
        return Err(CliError::NotStaked { node, stake, required });
    }
    let hardware_class = settings.hardware_class;
    let call = INodePool::registerCall { operator, models, capacity, hardwareClass: hardware_class, version: NODE_VERSION };
    send(&account, "register", network.at.node_pool, call).await?;
    Ok(())
}

/// What the pool must be told of a registered node.
#[derive(Debug, PartialEq, Eq)]
enum Spec {
    /// It serves what it was registered with.
    Known,
    /// It serves something else, and has tasks in hand.
    Later,
    /// It serves something else.
    Now(INodePool::setSpecCall),
}

fn spec_to_tell(known: &INodePool::Node, models: Vec<u64>, capacity: u32) -> Spec {
    match (known.models == models && known.capacity == capacity, known.reserved) {
        (true, _) => Spec::Known,
        (false, 0) => Spec::Now(INodePool::setSpecCall { models, capacity }),
        (false, _) => Spec::Later,
    }
}

/// Warns of what a registered node cannot change, and of what keeps tasks away from it.
fn tell_what_stays(known: &INodePool::Node, operator: Address, hardware_class: u8) {
    let fixed = [
        ("operator", known.operator.to_string(), operator.to_string()),
        ("hardware_class", known.hardwareClass.to_string(), hardware_class.to_string()),
        ("version", known.version.to_string(), NODE_VERSION.to_string()),
    ];
    for (field, registered, configured) in fixed {
        if registered != configured {
            tracing::warn!(field, registered, configured, "registered otherwise; changes when the node is registered anew");
        }
    }
    if known.suspended {
        tracing::warn!(
            "the node is suspended after a slash and gets no tasks; the pool's resume() ends that once its stake is whole"
        );
    }
}

/// Stake behind a node, and what it needs, wei.
pub(crate) async fn stake_of(network: &Network, node: Address) -> Result<(U256, U256), CliError> {
    let staking = network.staking();
    let stake = staking.nodeStake(node).call().await.map_err(network.failed("nodeStake"))?;
    let required = staking.nodeStakeRequired().call().await.map_err(network.failed("nodeStakeRequired"))?;
    Ok((stake.amount, required))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registered_node_tells_the_pool_what_it_serves_now() {
        let known = INodePool::Node {
            operator: Address::ZERO,
            registrationEpoch: 1,
            version: NODE_VERSION,
            capacity: 4,
            reserved: 0,
            hardwareClass: 0,
            registered: true,
            suspended: false,
            lastPingAt: 0,
            models: vec![1, 2],
        };
        let changed = |models: &[u64], capacity| Spec::Now(INodePool::setSpecCall { models: models.to_vec(), capacity });
        for (models, capacity, reserved, told) in [
            (vec![1, 2], 4, 0, Spec::Known),
            (vec![1, 2], 4, 3, Spec::Known),
            (vec![1, 2], 8, 0, changed(&[1, 2], 8)),
            (vec![1], 4, 0, changed(&[1], 4)),
            (vec![1, 3], 4, 1, Spec::Later),
        ] {
            assert_eq!(spec_to_tell(&INodePool::Node { reserved, ..known.clone() }, models, capacity), told);
        }
    }
}
