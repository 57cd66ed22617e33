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
mod process;
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
    /// Write the goldens of sizes, ABIs, gas and permissions from what is built now; review the diff.
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
    // The JSON ABIs of the interfaces, written by the test that compares them.
    process::run(process::cargo(&workspace.root).env("COR_BLESS", "1").args([
        "test",
        "--package",
        "cor-sol",
        "--test",
        "abi",
        "golden",
    ]))?;
    // The catalogue of errors, likewise.
    let mut catalogue = process::cargo(&workspace.root);
    process::run(catalogue.env("COR_BLESS", "1").args(["test", "-p", "cor-errors", "--test", "table", "golden"]))?;
    // Gas and permissions: found by tests, which write their goldens when this is set.
    let mut tests = process::cargo(&workspace.root);
    process::run(tests.env("COR_BLESS", "1").args(["test", "--workspace", "--test", "contracts", "golden"]))
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
    fn dev_passes_on_what_it_does_not_know() {
        let cli = Cli::parse_from(["xtask", "dev", "--once", "--fault", "silent-miner"]);
        let Command::Dev(options) = cli.command else {
            panic!("not dev");
        };
        assert_eq!(options.passed_on(), ["--once", "--fault", "silent-miner"]);
    }
}
