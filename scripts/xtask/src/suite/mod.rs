//! `cargo xtask test`: sets up, builds and runs everything that can fail, and says how long each part took.

use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::error::Result;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{abi, process, tidy, tools, wasm};

/// Options of `cargo xtask test`.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Options {
    /// Leave out what takes minutes and is not a test: the build from a second folder.
    #[arg(long)]
    quick: bool,
    /// Run clippy as well; it compiles every dependency a second time.
    #[arg(long)]
    lint: bool,
    /// Run the tests with `cargo stylus` as well; its first installation compiles for minutes.
    #[arg(long)]
    stylus_tools: bool,
    /// Run nothing but the tests with `cargo stylus`, and what they need.
    #[arg(long, conflicts_with_all = ["quick", "lint", "stylus_tools"])]
    only_stylus_tools: bool,
}

/// Runs every step in the order in which a failure is cheapest to find; `cargo test` comes last.
///
/// # Errors
/// The first step that fails.
pub(crate) fn test(workspace: &Workspace, options: Options) -> Result<()> {
    let root = &workspace.root;
    let mut steps = Steps::default();
    let samples = wasm::Options { samples: true, ..wasm::Options::default() };
    if options.only_stylus_tools {
        steps.run("foreign clients", || foreign_clients(root))?;
        steps.run("sample programs to wasm", || wasm::wasm(workspace, &samples))?;
        stylus_tools(workspace, &mut steps)?;
        println!("\n{}", steps.table());
        return Ok(());
    }
    steps.run("lock file", || lock_file(root))?;
    steps.run("tidy", || tidy::tidy(workspace))?;
    if has_component("fmt") {
        steps.run("format", || process::run(process::cargo(root).args(["fmt", "--all", "--check"])))?;
    }
    steps.run("foreign clients", || foreign_clients(root))?;
    let check = wasm::Options { check: true, ..wasm::Options::default() };
    steps.run("contracts to wasm", || wasm::wasm(workspace, &check))?;
    steps.run("sample programs to wasm", || wasm::wasm(workspace, &samples))?;
    if !options.quick {
        let any = wasm::Options::default();
        steps.run("wasm from another folder", || wasm::reproduce(workspace, &any))?;
    }
    // All targets, so that features are unified as `cargo test` does and nothing is built twice.
    steps.run("build", || process::run(process::cargo(root).args(["build", "--workspace", "--all-targets"])))?;
    steps.run("exported ABI", || abi::abi(workspace, abi::Options { check: true }))?;
    if options.lint && has_component("clippy") {
        steps.run("clippy", || clippy(root))?;
    }
    steps.run("tests", || process::run(process::cargo(root).args(["test", "--workspace"])))?;
    if options.stylus_tools {
        stylus_tools(workspace, &mut steps)?;
    } else {
        println!("the tests with cargo stylus are left out: --stylus-tools installs it and runs them");
    }
    println!("\n{}", steps.table());
    Ok(())
}

fn stylus_tools(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    steps.run("cargo stylus installed", || tools::install(workspace))?;
    steps.run("tests with cargo stylus", || tools::test(workspace))
}

/// The lock file fits the manifests; otherwise every later step would quietly change it.
fn lock_file(root: &Path) -> Result<()> {
    let mut command = process::cargo(root);
    command.args(["metadata", "--locked", "--format-version", "1"]);
    process::capture(&mut command).map(drop)
}

fn clippy(root: &Path) -> Result<()> {
    let mut command = process::cargo(root);
    command.args(["clippy", "--workspace", "--all-targets", "--quiet"]);
    process::run(command.args(["--", "-D", "warnings"]))
}

fn has_component(name: &str) -> bool {
    let found = process::capture(process::cargo(Path::new(".")).args([name, "--version"])).is_ok();
    if !found {
        println!("cargo {name} is not installed: its step is left out");
    }
    found
}

/// Installs what the tests with foreign clients need: every `package-lock.json` and every
/// `requirements.txt` under `test/`, the latter into a `.venv` beside it.
pub(crate) fn foreign_clients(root: &Path) -> Result<()> {
    for manifest in manifests(&root.join("test"), "package-lock.json") {
        need("npm", &["nodejs", "npm"])?;
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        process::run(npm.current_dir(folder(&manifest)))?;
    }
    for manifest in manifests(&root.join("test"), "requirements.txt") {
        need("python3", &["python3", "python3-venv", "python3-pip"])?;
        let venv = folder(&manifest).join(".venv");
        if !venv.is_dir() {
            process::run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        }
        let mut pip = Command::new(venv.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]);
        process::run(pip.arg(&manifest))?;
    }
    Ok(())
}

fn need(program: &str, packages: &[&str]) -> Result<()> {
    if process::in_path(program) {
        return Ok(());
    }
    process::apt_install(packages)
}

fn manifests(folder: &Path, name: &str) -> Vec<PathBuf> {
    let installed = |entry: &walkdir::DirEntry| {
        let name = entry.file_name();
        name == "node_modules" || name == ".venv"
    };
    let walk = WalkDir::new(folder).sort_by_file_name().into_iter();
    walk.filter_entry(|entry| !installed(entry))
        .flatten()
        .filter(|entry| entry.file_name() == name)
        .map(walkdir::DirEntry::into_path)
        .collect()
}

fn folder(manifest: &Path) -> &Path {
    manifest.parent().unwrap_or(manifest)
}
