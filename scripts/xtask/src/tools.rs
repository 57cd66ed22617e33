//! `cargo stylus` from its registry, installed under the target folder, and the tests that drive it.
//!
//! They are no part of the default run: to compile the tool and two programs in its way takes longer than all other tests.

use std::path::PathBuf;

use crate::error::Result;
use crate::process;
use crate::select::TOOL_TESTS;
use crate::workspace::Workspace;

/// The release whose behaviour the tests hold the chain to.
const CARGO_STYLUS: &str = "0.10.10";
/// What `cargo stylus replay` lends to the contract that it loads: the host calls. An executable on Linux shows them to a library
/// only if the linker is told to, which the crate does not do. All symbols (`-rdynamic`) would be too many: some do not link.
const HOST_CALLS: [&str; 20] = [
    "account_*",
    "block_*",
    "chainid",
    "contract_address",
    "create?",
    "emit_log",
    "evm_*",
    "exit_early",
    "*_contract",
    "log_*",
    "msg_*",
    "native_keccak256",
    "pay_for_memory_grow",
    "read_args",
    "read_return_data",
    "return_data_size",
    "storage_*",
    "transient_*",
    "tx_*",
    "write_result",
];
/// The feature of the end-to-end tests without which these are not compiled.
const FEATURE: &str = "cor-e2e/stylus-tools";

/// Between flags in `CARGO_ENCODED_RUSTFLAGS`.
const ENCODED_SEPARATOR: &str = "\u{1f}";

/// Installs the tool unless this release is there.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let root = folder(workspace);
    let mut cargo = process::cargo(&workspace.root);
    cargo.args(["install", "--locked", "cargo-stylus", "--version", CARGO_STYLUS, "--root"]).arg(&root);
    // A tool that is run a few times: neither optimised nor with symbols.
    cargo.args(["--profile", "dev", "--target-dir"]).arg(workspace.target_directory.join("tools-build"));
    if cfg!(target_os = "linux") {
        let flags = HOST_CALLS.map(|name| format!("-Clink-arg=-Wl,--export-dynamic-symbol={name}"));
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join(ENCODED_SEPARATOR));
    }
    process::run(cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0"))
}

/// Runs the tests, features unified as in every other run.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    let mut cargo = process::cargo(&workspace.root);
    cargo.args(["test", "--workspace", "--features", FEATURE]).args(TOOL_TESTS.iter().flat_map(|test| ["--test", test]));
    process::run(cargo.env("COR_TOOLS", folder(workspace)))
}

/// Its `bin` holds the tool.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target_directory.join("tools")
}
