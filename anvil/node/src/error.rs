//! Why a node could not start or stop.

use std::{io, path::PathBuf};

use alloy_signer_local::LocalSignerError;

use crate::{chain::DumpError, evm::ExecError, state::StateError};

/// Why a node could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Another process listens there.
    #[error(
        "NODE-001: port {port} on {host} is in use: stop the process that holds it, choose another with --port, or use --port 0 for any free one"
    )]
    PortInUse {
        /// Address that was asked for.
        host: std::net::IpAddr,
        /// Port that was asked for.
        port: u16,
    },
    /// The operating system refused the socket for another reason.
    #[error("NODE-002: cannot listen on {host}:{port}: {source}")]
    Listen {
        /// Address that was asked for.
        host: std::net::IpAddr,
        /// Port that was asked for.
        port: u16,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The phrase or the derivation path gives no accounts.
    #[error("NODE-003: no accounts from this mnemonic or derivation path: {0}")]
    Mnemonic(#[source] LocalSignerError),
    /// The executor could not be made.
    #[error("NODE-004: the executor did not start: {0}")]
    Executor(#[source] ExecError),
    /// A thread could not be started.
    #[error("NODE-005: cannot start an execution thread: {0}")]
    Thread(#[source] io::Error),
    /// A state file is unreadable or damaged; it was not touched.
    #[error("NODE-006: the state in {path} was refused and the file left as it was: {source}")]
    StateFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: DumpError,
    },
    /// A state file could not be written.
    #[error("NODE-007: cannot write the state to {path}: {source}")]
    SaveState {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A setting is out of range.
    #[error("NODE-008: {what} is {value}; it must be {must_be}")]
    Setting {
        /// The setting's name, as its flag.
        what: &'static str,
        /// What was given.
        value: String,
        /// The range that is accepted.
        must_be: &'static str,
    },
    /// The chain to fork did not answer, or cannot be forked.
    #[error("NODE-009: cannot fork: {0}")]
    Fork(#[source] StateError),
    /// The runtime ended while the node started.
    #[error("NODE-010: the node was stopped while it started")]
    Interrupted,
}
