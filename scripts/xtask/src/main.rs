//! The project's own tooling, run as `cargo xtask <command>`.
//!
//! ```text
//!  dev        set up, build, start the whole network on loopback
//!  test       set up, build, run every check and test
//!  wasm       contracts to target/contracts, with goldens of their sizes; --samples for the dev chain's tests
//!  reproduce  the same program from two folders
//!  tidy       the house rules
//!  abi        exported ABI = golden = interface
//!  bless      write the goldens anew
//!  vectors    run golden programs of the Stylus VM
//!  bench      the dev chain side by side with Anvil, Stylus with native code
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on the terminal")]

mod abi;
mod bench;
mod dev;
mod error;
mod powers;
mod process;
mod select;
mod steps;
mod suite;
mod tidy;
mod tools;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cor_errors::Report;

use crate::error::Result;
use crate::wasm::goldens::Sizes;
use crate::workspace::Workspace;

/// Tells a test of a golden to write it.
const BLESS: &str = "COR_BLESS";

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up, build, and start the whole network on loopback; unknown arguments go to `cor dev`.
    Dev(dev::Options),
    /// Set up, build, and run every check and every test.
    Test(suite::Options),
    /// Build every contract to target/contracts/<name>.wasm.
    Wasm(wasm::Options),
    /// Prove that a contract comes out the same from another folder.
    Reproduce(wasm::Options),
    /// Check the house rules, licences of dependencies among them.
    Tidy,
    /// Print the ABI that every contract exports, or hold it against golden and interface.
    Abi(abi::Options),
    /// Write the goldens from what is built now: sizes, exported ABIs, JSON ABIs of the interfaces, the catalogue of errors, gas,
    /// permissions, and the page of powers; review the diff.
    Bless,
    /// Run every golden program of the Stylus VM in a folder.
    Vectors {
        /// Folder with vectors, in the format of test/vectors/stylus.
        dir: String,
    },
    /// Measure, and print tables.
    Bench {
        #[command(subcommand)]
        what: bench::What,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}\nnext: {}", Report::new(&error), error.next());
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let workspace = Workspace::load()?;
    match command {
        Command::Dev(options) => dev::dev(&workspace, &options),
        Command::Test(options) => suite::test(&workspace, &options),
        Command::Wasm(options) => wasm::wasm(&workspace, &options).map(drop),
        Command::Reproduce(options) => wasm::reproduce(&workspace, &options),
        Command::Tidy => tidy::tidy(&workspace),
        Command::Abi(options) => abi::abi(&workspace, options),
        Command::Bless => bless(&workspace),
        Command::Vectors { dir } => dev::vectors(&workspace, &dir),
        Command::Bench { what } => bench::bench(&workspace, &what),
    }
}

fn bless(workspace: &Workspace) -> Result<()> {
    let sizes = wasm::wasm(workspace, &wasm::Options::default())?;
    sizes.write(&Sizes::path(&workspace.root))?;
    abi::bless(workspace)?;
    // The JSON ABIs of the interfaces, the catalogue of errors, gas and permissions: each is written by the test that compares it.
    for test in [["--package", "cor-sol", "--test", "abi"], ["--package", "cor-errors", "--test", "table"]] {
        written_by(workspace, &test)?;
    }
    written_by(workspace, &["--workspace", "--test", "contracts"])?;
    // The page of powers, from the goldens of permissions.
    written_by(workspace, &["--package", "xtask"])
}

/// Runs the tests of goldens in one program, which write them when they are told to.
fn written_by(workspace: &Workspace, program: &[&str]) -> Result<()> {
    let mut tests = process::cargo(&workspace.root);
    process::run(tests.env(BLESS, "1").arg("test").args(program).arg("golden"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn suites_are_asked_for_by_name_in_one_way() {
        let parses = |args: &[&str]| Cli::try_parse_from(["xtask", "test"].iter().chain(args)).is_ok();
        assert!(parses(&["--suite", "lint", "--suite", "stylus-tools"]));
        for refused in [&["--suite", "slow"][..], &["--lint"], &["--stylus-tools"], &["--suite", "lint", "--all"]] {
            assert!(!parses(refused), "{refused:?}");
        }
    }

    #[test]
    fn dev_passes_on_what_it_does_not_know() {
        let cli = Cli::parse_from(["xtask", "dev", "--once", "--fault", "never-reveal"]);
        let Command::Dev(options) = cli.command else {
            panic!("not dev");
        };
        assert_eq!(options.passed_on(), ["--once", "--fault", "never-reveal"]);
    }
}
