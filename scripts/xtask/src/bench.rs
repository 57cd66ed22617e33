//! `cargo xtask bench`: builds what is measured with optimisation, and measures it.

use std::process::Command;

use crate::error::Result;
use crate::workspace::{Contract, Kind, Workspace};
use crate::{process, suite, wasm};

/// The crate with the programs that measure and are measured.
const PACKAGE: &str = "cor-bench";
/// Cargo's profile of that name, which inherits `release` and shares its folder.
const PROFILE: &str = "bench";
const PROFILE_FOLDER: &str = "release";
/// What npm installs.
const ANVIL: &str = "test/foreign/node_modules/.bin/anvil";

/// What to measure.
#[derive(Debug, Clone, clap::Subcommand)]
pub(crate) enum What {
    /// The dev chain side by side with Anvil, and Stylus with native code; unknown arguments go to `cor-bench`.
    Chain {
        /// Passed on, as `--quick` and `--only transfers`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

/// Builds and runs it.
///
/// # Errors
/// A build that fails, or the measuring program.
pub(crate) fn bench(workspace: &Workspace, What::Chain { args }: &What) -> Result<()> {
    let root = &workspace.root;
    if !root.join(ANVIL).exists() {
        suite::foreign_clients(root)?;
    }
    let program = Contract {
        kind: Kind::Measured,
        name: "program".to_owned(),
        package: "cor-bench-program".to_owned(),
        lib: "cor_bench_program".to_owned(),
        abi_bin: None,
    };
    let program = wasm::program(workspace, &program, &workspace.target_directory.join("bench"))?;
    process::run(process::cargo(root).args(["build", "--profile", PROFILE, "--package", PACKAGE]))?;
    let built = |name: &str| {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        workspace.target_directory.join(PROFILE_FOLDER).join(name)
    };
    let mut measure = Command::new(built(PACKAGE));
    measure.arg("--anvil").arg(root.join(ANVIL)).arg("--node").arg(built("cor-bench-node"));
    process::run(measure.arg("--program").arg(program).args(args))
}
