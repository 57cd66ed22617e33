//! What can go wrong in the tooling. `main` shows an error with its code and the next step of the table.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use cor_errors::{Coded, Entry, table::xtask};

/// The result of every fallible function here.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A failure of the tooling, turned into exit code 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot {what} {}: {source}", path.display())]
    Io { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("`{command}` did not start: {source}")]
    Spawn { command: String, source: std::io::Error },
    #[error("`{command}` ended with {status}{output}")]
    Command {
        command: String,
        status: ExitStatus,
        /// What the command printed, when it was not shown already.
        output: String,
    },
    #[error("{}: {source}", path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("no usable wasm32 toolchain found:\n{tried}")]
    NoWasmTarget { tried: String },
    #[error("{contract}: {problem}")]
    Contract { contract: String, problem: String },
    #[error(
        "{count} difference(s) from {}:\n{list}",
        golden.display()
    )]
    Golden { golden: PathBuf, count: usize, list: String },
    #[error("{count} finding(s):\n{list}")]
    Tidy { count: usize, list: String },
    #[error("{what}: {problem}")]
    Solidity { what: String, problem: String },
    #[error("no contract called `{asked}`; there are: {known}")]
    UnknownContract { asked: String, known: String },
    #[error(
        "{contract} built in two folders differs: {first} and {second} (sha256); \
         both are in {}",
        folder.display()
    )]
    NotReproducible { contract: String, first: String, second: String, folder: PathBuf },
    #[error("{count} contract(s) exceed the chain's limits or are invalid:\n{list}")]
    Refused { count: usize, list: String },
    #[error("`{program}` is not installed, and installing it failed")]
    Missing { program: String, next: String },
    #[error("suite `{suite}` needs `{component}`, which is not installed")]
    NoComponent { component: &'static str, suite: String },
    #[error("the repository has no revision `{asked}`")]
    UnknownRevision { asked: String },
    #[error("there is no branch to compare with (tried {tried}): name a base, as --changed=REVISION")]
    NoBase { tried: String },
    #[error("{count} test program(s) failed:\n{list}")]
    Tests { count: usize, list: String },
}

impl Coded for Error {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Io { .. } => &xtask::TOOL_IO,
            Self::Spawn { .. } => &xtask::TOOL_START,
            Self::Command { .. } => &xtask::TOOL_FAILED,
            Self::Json { .. } => &xtask::TOOL_JSON,
            Self::NoWasmTarget { .. } => &xtask::NO_WASM_TARGET,
            Self::Contract { .. } => &xtask::CONTRACT_UNFIT,
            Self::Golden { .. } => &xtask::GOLDEN_DIFFERS,
            Self::Tidy { .. } => &xtask::UNTIDY,
            Self::Solidity { .. } => &xtask::SOLIDITY_FORM,
            Self::UnknownContract { .. } => &xtask::NO_SUCH_CONTRACT,
            Self::NotReproducible { .. } => &xtask::NOT_REPRODUCIBLE,
            Self::Refused { .. } => &xtask::CONTRACTS_REFUSED,
            Self::Missing { .. } | Self::NoComponent { .. } => &xtask::TOOL_MISSING,
            Self::UnknownRevision { .. } | Self::NoBase { .. } => &xtask::NO_SUCH_REVISION,
            Self::Tests { .. } => &xtask::TESTS_FAILED,
        }
    }
}

impl Error {
    /// What to do next: of this case where it is known, otherwise of the table's row.
    pub(crate) fn next(&self) -> Cow<'_, str> {
        match self {
            Self::NoWasmTarget { .. } => {
                "Run `rustup component add rust-src`, or `apt-get install rustc-web rust-web-src lld-22`.".into()
            }
            Self::Missing { next, .. } => next.into(),
            Self::NoComponent { component, .. } => format!("Run `rustup component add {component}`.").into(),
            _ => self.entry().next.into(),
        }
    }

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

#[cfg(test)]
mod tests {
    use cor_errors::Report;

    use super::*;

    #[test]
    fn the_next_step_is_told_once_and_apart_from_the_text() {
        let known = "Run `rustup component add rust-src`, or `apt-get install rustc-web rust-web-src lld-22`.";
        let missing = Error::Missing { program: "npm".into(), next: "Install npm by hand.".into() };
        let table = [
            (Error::NoWasmTarget { tried: "  Debian: x".into() }, "no usable wasm32 toolchain found:\n  Debian: x", known),
            (missing, "`npm` is not installed, and installing it failed", "Install npm by hand."),
            (Error::UnknownRevision { asked: "x".into() }, "the repository has no revision `x`", xtask::NO_SUCH_REVISION.next),
        ];
        for (error, text, next) in table {
            assert_eq!(error.to_string(), text);
            assert_eq!(error.next(), next);
            assert!(Report::new(&error).to_string().ends_with(text));
        }
    }
}
