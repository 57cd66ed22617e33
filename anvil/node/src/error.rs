//! Why a node could not start or stop.

use std::{io, path::PathBuf};

use alloy_signer_local::LocalSignerError;
use cor_errors::{Coded, Entry, table::node};

use crate::{chain::DumpError, evm::ExecError, genesis_file::GenesisError, state::StateError};

/// Why a node could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Another process listens there.
    #[error("port {port} on {host} is in use")]
    PortInUse {
        /// Address that was asked for.
        host: std::net::IpAddr,
        /// Port that was asked for.
        port: u16,
    },
    /// The operating system refused the socket for another reason.
    #[error("cannot listen on {host}:{port}: {source}")]
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
    #[error("no accounts from this mnemonic or derivation path: {0}")]
    Mnemonic(#[source] LocalSignerError),
    /// The executor could not be made.
    #[error("the executor did not start: {0}")]
    Executor(#[source] ExecError),
    /// A thread could not be started.
    #[error("cannot start an execution thread: {0}")]
    Thread(#[source] io::Error),
    /// A state file is unreadable or damaged; it was not touched.
    #[error("the state in {path} was refused and the file left as it was: {source}")]
    StateFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: DumpError,
    },
    /// A state file could not be written.
    #[error("cannot write the state to {path}: {source}")]
    SaveState {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A setting is out of range.
    #[error("{what} is {value}; it must be {must_be}")]
    Setting {
        /// The setting's name, as its flag.
        what: &'static str,
        /// What was given.
        value: String,
        /// The range that is accepted.
        must_be: &'static str,
    },
    /// The chain to fork did not answer, or cannot be forked.
    #[error("cannot fork: {0}")]
    Fork(#[source] StateError),
    /// The state could not be written where it is to go at the end.
    #[error("the state would be lost at the end: {path} cannot be written: {source}")]
    StatePath {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A genesis file was refused.
    #[error("the genesis file {path} was refused: {source}")]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: GenesisError,
    },
    /// The Unix socket could not be opened.
    #[error("cannot listen on the Unix socket {path}: {source}")]
    Ipc {
        /// The socket's file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Two settings contradict each other.
    #[error("{one} cannot be used with {other}: {reason}")]
    Conflict {
        /// One of them, as its flag.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A key of an account is none.
    #[error("a key of the node's own accounts is not a valid key of secp256k1")]
    Key,
    /// The runtime ended while the node started.
    #[error("the node was stopped while it started")]
    Interrupted,
}

impl Coded for NodeError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::PortInUse { .. } => &node::PORT_IN_USE,
            Self::Listen { .. } => &node::LISTEN,
            Self::Mnemonic(_) => &node::MNEMONIC,
            Self::Executor(error) => error.entry(),
            Self::Thread(_) => &node::THREAD,
            Self::StateFile { source, .. } => source.entry(),
            Self::SaveState { .. } => &node::SAVE_STATE,
            Self::Setting { .. } => &node::SETTING,
            Self::Fork(error) => error.entry(),
            Self::Interrupted => &node::INTERRUPTED,
            Self::StatePath { .. } => &node::STATE_PATH,
            Self::Genesis { .. } => &node::GENESIS_FILE,
            Self::Ipc { .. } => &node::IPC_SOCKET,
            Self::Conflict { .. } => &node::SETTINGS_CONFLICT,
            Self::Key => &node::ACCOUNT_KEY,
        }
    }
}
