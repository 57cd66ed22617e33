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
    // Before it registers: a node that cannot serve would be given tasks.
    let chain = RpcChain::open(&args.network.rpc, network.at.clone(), key.clone(), Arc::clone(&journal)).await?;
    let keeper = KeeperClient::new(&settings.keeper)?;
    register(&network, &key, &settings).await?;
    tracing::info!("registered, and looking for tasks");
    let chain = Arc::new(chain);
    let ports = MinerPorts {
        jury: Arc::<RpcChain>::clone(&chain),
        chain,
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
        policy: MinerPolicy {
            direct_margin_secs: settings.direct_margin_secs,
            repeat_secs: settings.repeat_secs,
            close_grace_secs: settings.close_grace_secs,
        },
        poll: Duration::from_millis(settings.poll_ms),
        // A setting, so not wrong usage of the command line.
        models: settings.models.clone(),
        claim_min: parse_cor(&settings.claim_min_cor).map_err(|error| invalid(&format!("claim_min_cor: {error}")))?,
        drill: settings.drill.drill().map(|drill| Exercise { drill, replica }),
    })
}

/// Registers the node unless it is; without stake that is refused here, with what is missing.
async fn register(network: &Network, key: &PrivateKeySigner, settings: &MinerSettings) -> Result<(), CliError> {
    let node = key.address();
    let operator = if settings.operator.is_empty() {
        node
    } else {
        settings.operator.parse().map_err(|_| invalid("operator is not an address"))?
    };
    let known = network.pool().getNode(node).call().await.map_err(network.failed("getNode"))?;
    if known.registered {
        for Difference { field, registered, configured, next } in differences(&known, settings, operator) {
            tracing::warn!(field, registered, configured, next, "the node is registered otherwise");
        }
        if known.draining {
            tracing::warn!(
                "the node is draining and gets no tasks: its stake leaves, it said so itself, or its operator or staker stopped it; once \
                 its stake is whole and whoever stopped it has lifted that, by the pool's consent() or resumeFor(), its resume() ends that"
            );
        }
        return Ok(());
    }
    if !network.pool().consented(operator, node).call().await.map_err(network.failed("consented"))? {
        return Err(CliError::NoConsent { operator, node });
    }
    let (stake, required) = stake_of(network, node).await?;
    if stake < required {
        return Err(CliError::NotStaked { node, stake, required });
    }
    let call = INodePool::registerCall {
        operator,
        models: settings.models.clone(),
        capacity: settings.capacity,
        hardwareClass: settings.hardware_class,
        version: NODE_VERSION,
    };
    send(&network.account_of(key.clone()), "register", network.at.node_pool, call).await?;
    Ok(())
}

/// A setting that is not what the node is registered with.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    field: &'static str,
    registered: String,
    configured: String,
    /// What it leads to, and what to do.
    next: &'static str,
}

/// What differs between the settings of a registered node and its registration. The pool is not told of it here: a transaction may take half a
/// minute to be mined, in which tasks in hand would wait.
fn differences(known: &INodePool::Node, settings: &MinerSettings, operator: Address) -> Vec<Difference> {
    let pairs = [
        ("models", format!("{:?}", known.models), format!("{:?}", settings.models), MODELS_NEXT),
        ("capacity", known.capacity.to_string(), settings.capacity.to_string(), "NodePool.setSpec changes it"),
        ("operator", known.operator.to_string(), operator.to_string(), ANEW_NEXT),
        ("hardware_class", known.hardwareClass.to_string(), settings.hardware_class.to_string(), ANEW_NEXT),
        ("version", known.version.to_string(), NODE_VERSION.to_string(), "NodePool.setVersion changes it"),
    ];
    let pairs = pairs.into_iter().map(|(field, registered, configured, next)| Difference { field, registered, configured, next });
    pairs.filter(|pair| pair.registered != pair.configured).collect()
}

const MODELS_NEXT: &str = "the backend is given tasks of the registered models: serve those, or tell the pool by NodePool.setSpec, or answers differ and earn nothing";
const ANEW_NEXT: &str = "to change it, call NodePool.deregister, and start the miner again";

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
    fn what_a_registered_node_is_configured_with_otherwise_is_told() {
        let known = INodePool::Node {
            operator: Address::ZERO,
            registrationEpoch: 1,
            version: NODE_VERSION,
            capacity: 4,
            hardwareClass: 0,
            registered: true,
            draining: false,
            lastPingAt: 0,
            models: vec![1],
        };
        let settings = settings::miner(None).unwrap();
        assert_eq!(differences(&known, &settings, Address::ZERO), []);
        let old = INodePool::Node { models: vec![2], capacity: 5, hardwareClass: 1, version: 1, ..known };
        let told = differences(&old, &settings, Address::repeat_byte(1));
        assert_eq!(told.len(), 5);
        assert_eq!(
            (told[0].field, &*told[0].registered, &*told[0].configured, told[0].next),
            ("models", "[2]", "[1]", MODELS_NEXT)
        );
    }
}
