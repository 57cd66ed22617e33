//! `cargo stylus` from its registry, installed under the target folder, and the tests that drive it.
//!
//! They are no part of the default run: to compile the tool and two programs in its way takes longer than all other tests.

use std::path::PathBuf;

use crate::error::Result;
use crate::process;
use crate::workspace::Workspace;

/// The release whose behaviour the tests hold the chain to.
const CARGO_STYLUS: &str = "0.10.10";
/// The feature of the end-to-end tests without which these are not compiled.
const FEATURE: &str = "cor-e2e/stylus-tools";

/// Installs the tool unless this release is there.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let root = folder(workspace);
    let mut cargo = process::cargo(&workspace.root);
    cargo.args(["install", "--locked", "cargo-stylus", "--version", CARGO_STYLUS, "--root"]).arg(&root);
    // A tool that is run a few times: neither optimised nor with symbols.
    cargo.args(["--profile", "dev", "--target-dir"]).arg(workspace.target_directory.join("tools-build"));
    process::run(cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0"))
}

/// Runs the tests, features unified as in every other run.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    let mut cargo = process::cargo(&workspace.root);
    cargo.args(["test", "--workspace", "--features", FEATURE, "--test", "foreign_cargo_stylus"]);
    process::run(cargo.env("COR_TOOLS", folder(workspace)))
}

/// Its `bin` holds the tool.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target_directory.join("tools")
}
