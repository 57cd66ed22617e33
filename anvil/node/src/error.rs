//! Why a node could not start or stop.

use std::{io, path::PathBuf};

use alloy_signer_local::LocalSignerError;

use crate::{
    chain::{DumpError, StateError},
    evm::ExecError,
    genesis_file::GenesisError,
};

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
    /// The state could not be written where it is to go at the end.
    #[error(
        "NODE-011: the state would be lost at the end: {path} cannot be written: {source}; make it a file in a folder that exists and \
         can be written to, or name another one with --state or --dump-state"
    )]
    StatePath {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A genesis file was refused.
    #[error("NODE-012: the genesis file {path} was refused: {source}")]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: GenesisError,
    },
    /// The Unix socket could not be opened.
    #[error(
        "NODE-013: cannot listen on the Unix socket {path}: {source}; if no other process does, name another file with --ipc"
    )]
    Ipc {
        /// The socket's file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Two settings contradict each other.
    #[error("NODE-014: {one} cannot be used with {other}: {reason}")]
    Conflict {
        /// One of them, as its flag.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A key of an account is none.
    #[error("NODE-015: a key of the node's own accounts is not one of secp256k1")]
    Key,
    /// The runtime ended while the node started.
    #[error("NODE-010: the node was stopped while it started")]
    Interrupted,
}
