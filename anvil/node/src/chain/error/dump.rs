//! Why a dump is refused.

use std::io;

use alloy_primitives::B256;
use cor_errors::{Coded, Entry, table::dump};

use crate::{
    sealed::{Format, SealError},
    state::StateError,
};

/// What the first line of a dump must say.
pub(crate) const FORMAT: Format = Format { name: "anvil-stylus-state", version: 1 };

/// Why a dump was refused.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The file could not be read.
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The first line is not that of a dump.
    #[error("this is no state dump: its first line must be JSON with \"format\": \"{}\"", FORMAT.name)]
    NotADump,
    /// Written by another version.
    #[error("the dump has format version {got}, this program reads {}", FORMAT.version)]
    Version {
        /// Version in the dump.
        got: u32,
    },
    /// Cut off or extended.
    #[error("the dump is damaged: {got} bytes of content instead of {expected}")]
    Length {
        /// Bytes that should be there.
        expected: usize,
        /// Bytes that are there.
        got: usize,
    },
    /// Changed.
    #[error("the dump is damaged: the hash of its content is {got} instead of {expected}")]
    Hash {
        /// Hash that was written.
        expected: B256,
        /// Hash of what is there.
        got: B256,
    },
    /// The content is intact, but not what this version expects.
    #[error("the content of the dump cannot be read: {0}")]
    Content(#[source] serde_json::Error),
    /// Dumped from another chain.
    #[error("the dump is of chain {got}, this chain is {expected} (--chain-id {got})")]
    ChainId {
        /// This chain.
        expected: u64,
        /// The dump's.
        got: u64,
    },
    /// The parts contradict each other.
    #[error("the dump contradicts itself: {0}")]
    Inconsistent(&'static str),
    /// A gzip stream that breaks off or was changed.
    #[error("the dump is damaged: it cannot be unpacked: {0}")]
    Packed(#[source] io::Error),
    /// A chain with a beginning of its own cannot take the place of a forked one.
    #[error("this chain is a fork, and the dump is of a chain that began by itself")]
    Forked,
    /// The dump holds what differs from another chain at one block, which is not where this chain began.
    #[error("the dump is of a chain forked at block {number} with hash {hash} (--fork-block-number {number})")]
    OtherFork {
        /// Block the dumped chain was forked at.
        number: u64,
        /// Its hash.
        hash: B256,
    },
    /// A forked chain's origin did not answer.
    #[error("the accounts cannot be put in: {0}")]
    State(#[from] StateError),
}

impl Coded for DumpError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Read(_) => &dump::DUMP_UNREADABLE,
            Self::NotADump => &dump::NOT_A_DUMP,
            Self::Version { .. } => &dump::DUMP_VERSION,
            Self::Length { .. } => &dump::DUMP_LENGTH,
            Self::Hash { .. } => &dump::DUMP_HASH,
            Self::Content(_) => &dump::DUMP_CONTENT,
            Self::ChainId { .. } => &dump::DUMP_CHAIN_ID,
            Self::Inconsistent(_) => &dump::DUMP_INCONSISTENT,
            Self::Packed(_) => &dump::DUMP_PACKED,
            Self::Forked => &dump::DUMP_OF_UNFORKED_CHAIN,
            Self::OtherFork { .. } => &dump::DUMP_OF_OTHER_FORK,
            Self::State(error) => error.entry(),
        }
    }
}

impl From<SealError> for DumpError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NotSealed => Self::NotADump,
            SealError::Version { got } => Self::Version { got },
            SealError::Length { expected, got } => Self::Length { expected, got },
            SealError::Hash { expected, got } => Self::Hash { expected, got },
        }
    }
}
