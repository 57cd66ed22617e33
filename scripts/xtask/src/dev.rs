//! `cargo xtask dev`: builds what a running network needs and hands over to `cor dev`.

use std::path::PathBuf;
use std::process::Command;

use crate::error::{Error, Result};
use crate::workspace::Workspace;
use crate::{process, wasm};

/// Tells `cor` where the built contracts lie, whatever the target folder is called.
const CONTRACTS_DIR: &str = "COR_CONTRACTS";

/// Options of `cargo xtask dev`; whatever it does not know is for `cor dev`.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// Build `cor` with the release profile.
    #[arg(long)]
    release: bool,
    /// Passed on to `cor dev`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

#[cfg(test)]
impl Options {
    pub(crate) fn passed_on(&self) -> &[String] {
        &self.args
    }
}

/// Builds contracts and `cor`, then becomes `cor dev`.
///
/// # Errors
/// A build that fails; otherwise the exit code is that of `cor dev`.
pub(crate) fn dev(workspace: &Workspace, options: &Options) -> Result<()> {
    println!("building contracts and cor: some eight minutes on two cores the first time, seconds later");
    let mut build = process::cargo(&workspace.root);
    // Of the whole workspace, so that features are unified as in `cargo xtask test` and nothing is built twice.
    build.args(["build", "--workspace", "--bin", "cor"]);
    if options.release {
        build.arg("--release");
    }
    // Contracts are compiled one after the other, each in a single thread at its end: alone they would leave a core idle.
    let build = process::Running::start(&mut build)?;
    wasm::wasm(workspace, &wasm::Options::default())?;
    build.finish()?;
    let mut cor = Command::new(binary(workspace, options.release));
    cor.arg("dev").args(&options.args).env(CONTRACTS_DIR, workspace.contracts_out());
    become_process(&mut cor)
}

fn binary(workspace: &Workspace, release: bool) -> PathBuf {
    let profile = if release { "release" } else { "debug" };
    let name = format!("cor{}", std::env::consts::EXE_SUFFIX);
    workspace.target_directory.join(profile).join(name)
}

/// Replaces this process, so that signals and the terminal are `cor`'s alone.
#[cfg(unix)]
fn become_process(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let source = command.exec();
    Err(Error::Spawn { command: command.get_program().to_string_lossy().into_owned(), source })
}

#[cfg(not(unix))]
fn become_process(command: &mut Command) -> Result<()> {
    process::run(command)
}

/// `cargo xtask vectors DIR`: runs golden programs of the Stylus VM.
pub(crate) fn vectors(workspace: &Workspace, folder: &str) -> Result<()> {
    let folder = std::path::absolute(folder).map_err(Error::io("find", folder.as_ref()))?;
    let mut command = process::cargo(&workspace.root);
    command.args(["run", "--quiet", "--package", "cor-stylus-vm", "--example", "vectors", "--"]);
    process::run(command.arg(folder))
}
