//! A node in a process of its own, started, watched and stopped by its id.

use std::{
    ffi::OsStr,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use cor_anvil::BLOCK_GAS_LIMIT;
use serde_json::json;
use tempfile::TempDir;

use crate::{error::BenchError, rpc::Connection};

/// The same for both, so that one signature is valid on both.
pub(crate) const CHAIN_ID: u64 = 412_346;
/// Accounts with money: one for each of the most senders.
pub(crate) const ACCOUNTS: u32 = 64;
/// Between two looks at a node that starts: short against the time a node takes.
const LOOK_EVERY: Duration = Duration::from_micros(500);
/// A node that takes longer is broken.
const START_WITHIN: Duration = Duration::from_secs(20);

/// Which program.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// In the table.
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
}

/// How it is told what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    Anvil,
}

/// A running node. It ends with this value.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) started_in: Duration,
    child: Child,
    /// Anvil's folder for old states. It goes with this value, which Anvil, being killed, would leave behind.
    _states: Option<TempDir>,
}

impl Program {
    /// Starts the node on a free port and waits for its first answer.
    pub(crate) async fn start(&self) -> Result<Server, BenchError> {
        self.start_with(&[]).await
    }

    /// The same, with more arguments.
    pub(crate) async fn start_with(&self, args: &[&OsStr]) -> Result<Server, BenchError> {
        let port = free_port().map_err(BenchError::Connection)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = Command::new(&self.path);
        command.args(["--port", &port.to_string(), "--accounts", &ACCOUNTS.to_string(), "--chain-id", &CHAIN_ID.to_string()]);
        let states = match self.kind {
            Kind::Ours => None,
            Kind::Anvil => Some(tempfile::tempdir().map_err(BenchError::Scratch)?),
        };
        if let Some(states) = &states {
            command.args(["--quiet", "--gas-limit", &BLOCK_GAS_LIMIT.to_string(), "--cache-path"]).arg(states.path());
        }
        command.args(args);
        // The pipe is closed when this process ends, however it ends; ours ends with it.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let child = command.spawn().map_err(|source| BenchError::Start { path: self.path.clone(), source })?;
        let mut server = Server { name: self.name, address, started_in: Duration::ZERO, child, _states: states };
        let mut look = tokio::time::interval(LOOK_EVERY);
        while start.elapsed() < START_WITHIN {
            look.tick().await;
            if let Some(status) = server.child.try_wait().map_err(BenchError::Connection)? {
                return Err(BenchError::Ended { name: self.name, status });
            }
            if let Ok(mut connection) = Connection::open(address).await
                && connection.request("eth_chainId", json!([])).await.is_ok()
            {
                server.started_in = start.elapsed();
                return Ok(server);
            }
        }
        Err(BenchError::Silent { name: self.name, within: START_WITHIN })
    }
}

impl Server {
    pub(crate) async fn connect(&self) -> Result<Connection, BenchError> {
        Connection::open(self.address).await.map_err(BenchError::Connection)
    }

    /// Bytes of memory that the process holds; `None` where the system does not say so in `/proc`.
    pub(crate) fn resident_bytes(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kilobytes * 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
