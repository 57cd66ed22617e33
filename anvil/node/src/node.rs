//! A running node: the chain, its socket, and the task that mines on time.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::task::JoinHandle;

use crate::{
    NodeError,
    accounts::{DevAccount, Wallet},
    chain::{AnyDump, Chain, DumpError, Threads},
    config::{Mining, NodeConfig},
    evm::Executor,
    rpc::{self, IpcServer, Server},
    sealed::{try_write, write_atomic},
};

/// Time between saves of what was read of a forked chain. Writing takes longer the more there is.
const FORK_SAVE_PERIOD: Duration = Duration::from_secs(30);

/// Starts nodes.
#[derive(Debug, Clone, Copy)]
pub struct Node;

/// A node that runs until [`stop`](NodeHandle::stop). Dropping the handle stops it as well, without saving the state.
#[must_use = "the node stops when its handle is dropped"]
pub struct NodeHandle {
    chain: Chain,
    accounts: Vec<DevAccount>,
    server: Option<Server>,
    ipc: Option<IpcServer>,
    tasks: Vec<JoinHandle<()>>,
}

impl Node {
    /// Starts a node. When this returns, it answers.
    ///
    /// # Errors
    /// [`NodeError`]; nothing is left running.
    pub async fn spawn(config: NodeConfig) -> Result<NodeHandle, NodeError> {
        check(&config)?;
        let (host, port) = (config.host, config.port);
        let chain = if config.fork.is_some() {
            // Asking the origin blocks a thread, and it may be served by this one.
            tokio::task::spawn_blocking(move || begin(config)).await.map_err(|_| NodeError::Interrupted)??
        } else {
            begin(config)?
        };
        load(&chain)?;
        let server = match port {
            Some(port) => Some(rpc::start(chain.clone(), host, port).await?),
            None => None,
        };
        let ipc = match start_ipc(&chain).await {
            Ok(ipc) => ipc,
            Err(error) => {
                if let Some(server) = server {
                    server.stop().await;
                }
                return Err(error);
            }
        };
        let mut tasks = vec![tokio::spawn(mine_on_time(chain.clone())), tokio::spawn(save_fork_on_time(chain.clone()))];
        if let (Some(period), Some(path)) = (chain.config().state_interval, save_path(chain.config())) {
            tasks.push(tokio::spawn(save_on_time(chain.clone(), period, path)));
        }
        Ok(NodeHandle { accounts: chain.wallet().accounts(), chain, server, ipc, tasks })
    }
}

impl NodeHandle {
    /// Where the node listens; `None` without a socket.
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Server::address)
    }

    /// URL for HTTP; `None` without a socket.
    pub fn http_endpoint(&self) -> Option<String> {
        self.address().map(|address| format!("http://{address}"))
    }

    /// URL for WebSocket; `None` without a socket.
    pub fn ws_endpoint(&self) -> Option<String> {
        self.address().map(|address| format!("ws://{address}"))
    }

    /// File of the Unix socket, if there is one.
    pub fn ipc_endpoint(&self) -> Option<&Path> {
        self.ipc.is_some().then(|| self.chain.config().ipc.as_deref()).flatten()
    }

    /// The funded accounts with their keys.
    pub fn accounts(&self) -> &[DevAccount] {
        &self.accounts
    }

    /// The chain, to be used directly.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Closes the socket, waits for requests under way, and saves the state if the configuration says where.
    ///
    /// # Errors
    /// [`NodeError::SaveState`].
    pub async fn stop(mut self) -> Result<(), NodeError> {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
        if let Some(ipc) = self.ipc.take() {
            ipc.stop().await;
        }
        self.abort_tasks();
        self.chain.save_fork();
        match save_path(self.chain.config()) {
            Some(path) => {
                save(&self.chain, &path)?;
                tracing::info!(path = %path.display(), "the state was written");
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn abort_tasks(&mut self) {
        self.tasks.drain(..).for_each(|task| task.abort());
    }
}

impl Drop for NodeHandle {
    fn drop(&mut self) {
        self.abort_tasks();
    }
}

async fn start_ipc(chain: &Chain) -> Result<Option<IpcServer>, NodeError> {
    match &chain.config().ipc {
        Some(path) => rpc::start_ipc(chain.clone(), path).await.map(Some),
        None => Ok(None),
    }
}

fn check(config: &NodeConfig) -> Result<(), NodeError> {
    let setting = |what, value: &dyn ToString, must_be| Err(NodeError::Setting { what, value: value.to_string(), must_be });
    if config.chain_id == Some(0) {
        return setting("--chain-id", &0, "at least 1");
    }
    if config.states_kept == 0 {
        return setting("--max-persisted-states", &config.states_kept, "at least 1");
    }
    if config.blocks_kept == Some(0) {
        return setting("--transaction-block-keeper", &0, "at least 1");
    }
    if let Mining::Interval(period) | Mining::Mixed(period) = config.mining
        && period.is_zero()
    {
        return setting("--block-time", &0, "more than 0");
    }
    if config.init.is_some() && config.fork.is_some() {
        let reason = "a fork starts with the accounts of the forked chain";
        return Err(NodeError::Conflict { one: "--init", other: "--fork-url", reason });
    }
    check_save_path(config)
}

/// A state that cannot be written at the end is lost then. Better to hear of it before there is one.
fn check_save_path(config: &NodeConfig) -> Result<(), NodeError> {
    match save_path(config) {
        Some(path) => try_write(&path).map_err(|source| NodeError::StatePath { path, source }),
        None => Ok(()),
    }
}

/// The chain with what it runs on.
fn begin(config: NodeConfig) -> Result<Chain, NodeError> {
    let wallet =
        Wallet::from_mnemonic(&config.mnemonic, &config.derivation_path, config.accounts).map_err(NodeError::Mnemonic)?;
    let wallet = wallet.with_keys(&config.extra_keys).map_err(|_| NodeError::Key)?;
    let executor = Executor::with_cache(config.program_cache.as_deref()).map_err(NodeError::Executor)?;
    let threads = Threads::start().map_err(NodeError::Thread)?;
    Chain::new(config, wallet, executor, threads).map_err(NodeError::Fork)
}

/// Mines whenever the interval asks for it. Follows changes of the interval.
async fn mine_on_time(chain: Chain) {
    let clock = chain.config().clock.clone();
    let mut mining = chain.mining_changes();
    loop {
        let period = match *mining.borrow_and_update() {
            Mining::Interval(period) | Mining::Mixed(period) => Some(period),
            Mining::Auto | Mining::Manual => None,
        };
        let tick = async {
            match period {
                Some(period) => clock.wait_until(clock.now().saturating_add(period)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tick => {
                if let Err(error) = chain.write_async(Chain::mine).await {
                    tracing::error!(%error, "mining on time failed");
                }
            }
            // An error means that the chain is gone.
            changed = mining.changed() => if changed.is_err() { return },
        }
    }
}

/// Where the state goes on stop.
fn save_path(config: &NodeConfig) -> Option<PathBuf> {
    config.dump_state.clone().or_else(|| config.state.clone())
}

fn load(chain: &Chain) -> Result<(), NodeError> {
    let config = chain.config();
    let wanted = config.load_state.as_ref().map(|path| (path, true)).or(config.state.as_ref().map(|path| (path, false)));
    let Some((path, required)) = wanted else {
        return Ok(());
    };
    let refused = |source: DumpError| NodeError::StateFile { path: path.clone(), source };
    match fs::read(path) {
        Ok(bytes) => {
            let dump = AnyDump::from_bytes(&bytes).map_err(refused)?;
            chain.writer().load_any(&dump).map_err(refused)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && !required => Ok(()),
        Err(error) => Err(refused(DumpError::Read(error))),
    }
}

/// Saves what was read of a forked chain now and then: a node that is killed should not have to ask for all of it again.
async fn save_fork_on_time(chain: Chain) {
    let clock = chain.config().clock.clone();
    loop {
        clock.wait_until(clock.now().saturating_add(FORK_SAVE_PERIOD)).await;
        let saved = chain.read_async(|chain| {
            chain.save_fork();
            Ok(())
        });
        if saved.await.is_err() {
            return;
        }
    }
}

async fn save_on_time(chain: Chain, period: Duration, path: PathBuf) {
    let clock = chain.config().clock.clone();
    loop {
        clock.wait_until(clock.now().saturating_add(period)).await;
        let path = path.clone();
        let saved = chain.read_async(move |chain| Ok(save(chain, &path))).await;
        match saved {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the state was not saved; trying again later"),
            Err(error) => tracing::error!(%error, "the state was not saved, for saving it failed in itself; trying again later"),
        }
    }
}

fn save(chain: &Chain, path: &Path) -> Result<(), NodeError> {
    let failed = |source: io::Error| NodeError::SaveState { path: path.to_owned(), source };
    let bytes = chain.dump().to_bytes().map_err(|error| failed(io::Error::other(error)))?;
    let written = write_atomic(path, &bytes).or_else(|error| match path.parent() {
        // The folder was there when the node started.
        Some(folder) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            write_atomic(path, &bytes)
        }
        _ => Err(error),
    });
    written.map_err(failed)
}
