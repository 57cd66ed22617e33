//! `cargo xtask dev`: builds what a running network needs and hands over to `cor dev`.

use std::path::PathBuf;
use std::process::Command;

use crate::error::{Error, Result};
use crate::workspace::Workspace;
use crate::{process, wasm};

/// Tells `cor` where the built contracts lie, whatever the target folder is called.
const CONTRACTS_DIR: &str = "COR_CONTRACTS";

/// Options of `cor dev`, and whether each takes a value: a wrong one is refused before the build, not after it. A test holds them against
/// the program's own.
const OPTIONS: [(&str, bool); 12] = [
    ("contracts", true),
    ("data", true),
    ("fault", true),
    ("json", false),
    ("keeper-port", true),
    ("max-tokens", true),
    ("once", false),
    ("openai-model", true),
    ("openai-url", true),
    ("port", true),
    ("prompt", true),
    ("seed", true),
];

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

/// The options that `cor dev` takes, by their names alone: what their values must be, it says itself.
fn known_options() -> clap::Command {
    let option = |(name, takes_value): (&'static str, bool)| {
        let action = if takes_value { clap::ArgAction::Append } else { clap::ArgAction::Count };
        clap::Arg::new(name).long(name).action(action).allow_hyphen_values(takes_value)
    };
    clap::Command::new("cargo xtask dev").no_binary_name(true).args(OPTIONS.map(option))
}

/// Builds contracts and `cor`, then becomes `cor dev`. Ends the process at once for an option that `cor dev` does not take.
///
/// # Errors
/// A build that fails; otherwise the exit code is that of `cor dev`.
pub(crate) fn dev(workspace: &Workspace, options: &Options) -> Result<()> {
    let asks_for_help = options.args.iter().any(|arg| ["-h", "--help", "-V", "--version"].contains(&arg.as_str()));
    if let Err(wrong) = known_options().try_get_matches_from(options.args.iter().filter(|_| !asks_for_help)) {
        wrong.exit();
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn wrong_options_are_found_before_a_build() {
        for good in ["", "--once", "--once --fault wrong-answer", "--port=0 --prompt -x", "--json --seed 7"] {
            let taken = known_options().try_get_matches_from(good.split_whitespace());
            assert!(taken.is_ok(), "{good}: {taken:?}");
        }
        for bad in ["--onec", "--bogus", "--fault", "once"] {
            assert!(known_options().try_get_matches_from([bad]).is_err(), "{bad}");
        }
    }

    /// The fields of its arguments are its options; one that is a `bool` takes no value.
    #[test]
    fn the_options_are_those_of_cor_dev() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace");
        let source = std::fs::read_to_string(root.join("keeper/cor/src/args/mod.rs")).expect("the arguments");
        let fields =
            source.split("pub(crate) struct DevArgs {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("its fields");
        let field = |line: &str| {
            let (name, kind) = line.trim().strip_prefix("pub(crate) ")?.split_once(": ")?;
            Some((name.replace('_', "-"), kind != "bool,"))
        };
        let theirs: BTreeSet<_> = fields.lines().filter_map(field).chain([("json".to_owned(), false)]).collect();
        assert_eq!(theirs, OPTIONS.iter().map(|(name, takes_value)| ((*name).to_owned(), *takes_value)).collect());
    }
}
