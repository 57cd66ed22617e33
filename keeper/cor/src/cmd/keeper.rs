//! `cor keeper`: the keeper as a process.

use std::{sync::Arc, time::Duration};

use cor_adapters::{blobs::FileBlobs, chain::RpcChain, journal::SqliteJournal, signer::LocalSigner};
use cor_keeper::machine::keeper::KeeperPolicy;
use cor_keeper::service::keeper::Keeper;
use cor_ports::{Blobs, Chain, Intake, Journal, Jury, SystemClock};
use tokio::net::TcpListener;

use super::stop_signal;
use crate::{
    args::ServiceArgs,
    error::CliError,
    key,
    network::{Network, read_deployment},
    settings::{self, ADDRESS_FILE, KeeperSettings},
};

pub(crate) async fn run(args: ServiceArgs) -> Result<(), CliError> {
    let settings = settings::keeper(args.config.as_deref())?;
    let key = key::load(&args.network)?;
    let deployment = read_deployment(&args.network.network)?;
    let listener = listen(&settings).await?;
    std::fs::create_dir_all(&settings.data).map_err(CliError::io(format!("making the folder {}", settings.data.display())))?;
    let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(&settings.data.join("journal.sqlite")).await?);
    let blobs: Arc<dyn Blobs> = Arc::new(FileBlobs::open(&settings.data.join("blobs"))?);
    let network = Network::of(&args.network.rpc, deployment).await?;
    let signer = Arc::new(LocalSigner::new(key.clone()));
    let rpc = Arc::new(RpcChain::open(&args.network.rpc, network.at.clone(), key, Arc::clone(&journal)).await?);
    let (chain, jury): (Arc<dyn Chain>, Arc<dyn Jury>) = (Arc::<RpcChain>::clone(&rpc), rpc);
    if !network.lens().isKeeper(chain.address()).call().await.map_err(network.failed("isKeeper"))? {
        let account = chain.address();
        tracing::warn!(%account, "this account is no keeper of the lane: no task can be completed or started by its word. The jury's owner proposes it, and `cor jury enrol` posts its bond");
    }
    let address = listener.local_addr().map_err(CliError::io("asking for the port"))?;
    // Told only now, when the journal and the chain are known to be fine.
    std::fs::write(settings.data.join(ADDRESS_FILE), address.to_string()).map_err(CliError::io("writing the address file"))?;
    tracing::info!(address = %chain.address(), listen = %address, "keeper");
    let policy = KeeperPolicy {
        start_margin_secs: settings.start_margin_secs,
        reveal_patience_secs: settings.reveal_patience_secs,
        relay_margin_secs: settings.relay_margin_secs,
        summon_after_percent: settings.summon_after_percent,
        retry_secs: settings.retry_secs,
        open_tasks_max: settings.open_tasks_max,
    };
    let keeper = Arc::new(Keeper::new(
        chain,
        jury,
        Arc::new(SystemClock),
        journal,
        signer,
        policy,
        Duration::from_millis(settings.poll_ms),
    ));
    let stop = stop_signal();
    let intake: Arc<dyn Intake> = Arc::<Keeper>::clone(&keeper);
    let server = cor_edge::serve(listener, intake, blobs, stop.clone());
    let (served, ()) = tokio::join!(server, keeper.run(stop));
    Ok(served?)
}

async fn listen(settings: &KeeperSettings) -> Result<TcpListener, CliError> {
    match TcpListener::bind(&settings.listen).await {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Err(CliError::PortInUse { address: settings.listen.clone(), flag: "listen, or COR_KEEPER_LISTEN" })
        }
        listener => listener.map_err(CliError::io(format!("listening on {}", settings.listen))),
    }
}
