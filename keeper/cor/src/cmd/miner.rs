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
    register(&network, &key, &settings).await?;
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

/// Registers the node unless it is; without stake that is refused here, with what is missing.
async fn register(network: &Network, key: &PrivateKeySigner, settings: &MinerSettings) -> Result<(), CliError> {
    let node = key.address();
    if network.pool().isRegistered(node).call().await.map_err(network.failed("isRegistered"))? {
        return Ok(());
    }
    let (stake, required) = stake_of(network, node).await?;
    if stake < required {
        return Err(CliError::NotStaked { node, stake, required });
    }
    let operator = if settings.operator.is_empty() {
        node
    } else {
        settings.operator.parse().map_err(|_| invalid("operator is not an address"))?
    };
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

/// Stake behind a node, and what it needs, wei.
pub(crate) async fn stake_of(network: &Network, node: Address) -> Result<(U256, U256), CliError> {
    let staking = network.staking();
    let stake = staking.nodeStake(node).call().await.map_err(network.failed("nodeStake"))?;
    let required = staking.nodeStakeRequired().call().await.map_err(network.failed("nodeStakeRequired"))?;
    Ok((stake.amount, required))
}
