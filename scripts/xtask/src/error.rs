//! What can go wrong in the tooling. Every message has a number, the facts and the next step.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// The result of every fallible function here.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A failure of the tooling, printed as it stands and turned into exit code 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("XTASK-001: cannot {what} {}: {source}", path.display())]
    Io { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("XTASK-002: `{command}` did not start: {source}; is it installed and in PATH?")]
    Spawn { command: String, source: std::io::Error },
    #[error("XTASK-003: `{command}` ended with {status}{output}")]
    Command {
        command: String,
        status: ExitStatus,
        /// What the command printed, when it was not shown already.
        output: String,
    },
    #[error("XTASK-004: {}: {source}", path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("XTASK-005: no way to the wasm target.\n{tried}\nNext: {next}")]
    NoWasmTarget { tried: String, next: &'static str },
    #[error("XTASK-006: {contract}: {problem}")]
    Contract { contract: String, problem: String },
    #[error(
        "XTASK-007: {count} difference(s) from {}:\n{list}\nIf they are meant: cargo xtask bless",
        golden.display()
    )]
    Golden { golden: PathBuf, count: usize, list: String },
    #[error("XTASK-008: {count} finding(s):\n{list}")]
    Tidy { count: usize, list: String },
    #[error("XTASK-009: {what}: {problem}")]
    Solidity { what: String, problem: String },
    #[error("XTASK-010: no contract called `{asked}`; there are: {known}")]
    UnknownContract { asked: String, known: String },
    #[error(
        "XTASK-011: {contract} built in two folders differs: {first} and {second} (sha256); \
         compare the two files in {}",
        folder.display()
    )]
    NotReproducible { contract: String, first: String, second: String, folder: PathBuf },
    #[error("XTASK-013: {count} contract(s) that no chain would take:\n{list}")]
    Refused { count: usize, list: String },
    #[error("XTASK-012: `{program}` is not here and could not be installed; next: {next}")]
    Missing { program: &'static str, next: String },
    #[error("XTASK-014: no suite called `{asked}`; there are: {known}")]
    UnknownSuite { asked: String, known: String },
    #[error("XTASK-015: `{asked}` is no revision of this repository; next: name a commit, a branch or a tag")]
    UnknownRevision { asked: String },
    #[error("XTASK-016: {count} test program(s) failed:\n{list}")]
    Tests { count: usize, list: String },
}

impl Error {
    /// Names the operation and the file of an IO failure: `.map_err(Error::io("read", path))`.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { what, path, source }
    }

    pub(crate) fn json(path: &Path) -> impl FnOnce(serde_json::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Json { path, source }
    }
}
