//! `cargo xtask test`: sets up, builds and runs everything that can fail, and says how long each part took.
//!
//! ```text
//!  mod      the steps; what they are is decided in `select`
//!  programs what the tests are compiled to, and how it is run
//!  clients  what the tests with foreign clients need
//! ```

mod clients;
mod programs;

use std::path::Path;

use self::programs::{Build, Program, Run};
use crate::error::Result;
use crate::select::{self, Plan, Suite, Wish};
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{abi, process, tidy, tools, wasm};

pub(crate) use self::clients::install as foreign_clients;

/// In the names of the random sequences among the end-to-end tests of contracts, one of these words each.
const SEQUENCES: [&str; 3] = ["differential", "calldata", "handlers"];
/// The part of the suite `rules` that needs a component, and the component.
const FORMAT: (&str, &str) = ("rules: format", "rustfmt");
/// How many times as many random sequences the test kit makes.
const CASES_FACTOR: &str = "COR_CASES_FACTOR";

/// Options of `cargo xtask test`.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// Run nothing but this suite, and what it needs; may be given several times.
    #[arg(long = "suite", value_name = "NAME")]
    suites: Vec<Suite>,
    /// Run every suite, the slow ones too.
    #[arg(long, conflicts_with = "suites")]
    all: bool,
    /// Leave out what a change cannot affect: what differs from the revision, or from where this branch left main.
    #[arg(long, value_name = "REVISION", num_args = 0..=1, require_equals = true)]
    changed: Option<Option<String>>,
    /// Leave out the suite `reproduce`: a build from a second folder.
    #[arg(long, conflicts_with_all = ["suites", "all"])]
    quick: bool,
}

impl Options {
    fn wish(&self) -> Wish {
        let without = self.quick.then_some(Suite::Reproduce).into_iter().collect();
        Wish { named: self.suites.clone(), all: self.all, without }
    }
}

/// Runs the suites that are asked for, in the order in which a failure is cheapest to find.
///
/// # Errors
/// The first step that fails; `XTASK-012` and `XTASK-015` for what is asked for and is not there.
pub(crate) fn test(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut plan = Plan::new(&options.wish());
    if let Some(base) = &options.changed {
        let change = select::since(&workspace.root, base.as_deref())?;
        println!("{} file(s) changed since {} ({})", change.files.len(), change.base, change.named);
        plan = plan.restrict(&select::affected(&change.files, &select::members(workspace)));
    }
    if plan.runs(Suite::Rules) && !has_component("fmt") {
        plan.lack(Suite::Rules, FORMAT.0, FORMAT.1)?;
    }
    if plan.runs(Suite::Lint) && !has_component("clippy") {
        plan.lack(Suite::Lint, "lint", "clippy")?;
    }
    let mut steps = Steps::default();
    run(workspace, &plan, &mut steps)?;
    println!("\n{}{}", steps.table(), plan.closing());
    Ok(())
}

fn run(workspace: &Workspace, plan: &Plan, steps: &mut Steps) -> Result<()> {
    let root = &workspace.root;
    if plan.runs(Suite::Rules) {
        rules(workspace, plan, steps)?;
    }
    let end_to_end = [Suite::E2e, Suite::Long, Suite::StylusTools].into_iter().any(|suite| plan.runs(suite));
    if end_to_end {
        steps.run("foreign clients installed", || foreign_clients(root))?;
    }
    // Contracts are compiled one after the other, each in a single thread at its end: alone they would leave a core idle.
    let build = if plan.runs(Suite::Crates) || end_to_end { Some(Build::start(workspace)?) } else { None };
    programs_for_the_chain(workspace, plan, steps, end_to_end)?;
    let programs = match build {
        Some(build) => steps.run("the rest of the build", || build.finish(workspace))?,
        None => Vec::new(),
    };
    if plan.runs(Suite::Contracts) {
        steps.run("contracts: exported ABI", || abi::abi(workspace, abi::Options { check: true }))?;
    }
    if plan.runs(Suite::Lint) {
        steps.run("lint", || clippy(root))?;
    }
    tests(workspace, plan, steps, &programs)?;
    if plan.runs(Suite::StylusTools) {
        steps.run("stylus-tools: installed", || tools::install(workspace))?;
        steps.run("stylus-tools", || tools::test(workspace))?;
    }
    Ok(())
}

/// The suites made of test programs.
fn tests(workspace: &Workspace, plan: &Plan, steps: &mut Steps, programs: &[Program]) -> Result<()> {
    let (end_to_end, crates): (Vec<_>, Vec<_>) = programs.iter().partition(|program| program.package == select::E2E);
    if plan.runs(Suite::Crates) {
        let wanted = crates.into_iter().filter(|program| plan.wants_package(&program.package));
        steps.run("crates", || programs::run(wanted, Run::default()))?;
        steps.run("crates: documentation", || programs::doctests(&workspace.root, &abi::features(workspace)))?;
    }
    if plan.runs(Suite::E2e) {
        let wanted = end_to_end.iter().copied().filter(|program| plan.wants_e2e(&program.target));
        let wanted: Vec<_> = wanted.collect();
        let contracts: Vec<_> = wanted.iter().copied().filter(|program| program.target == select::CONTRACT_TESTS).collect();
        steps.run("e2e", || {
            // The suite `long` is run by hand: what it names must not be gone until then.
            if !contracts.is_empty() {
                programs::has_each(&contracts, &SEQUENCES)?;
            }
            programs::run(wanted.into_iter(), Run::default())
        })?;
    }
    if plan.runs(Suite::Long) {
        let wanted = end_to_end.iter().copied().filter(|program| program.target == select::CONTRACT_TESTS);
        let wanted: Vec<_> = wanted.collect();
        let how = Run { filters: &SEQUENCES, env: Some((CASES_FACTOR, "20")) };
        steps.run("long", || {
            programs::has_each(&wanted, &SEQUENCES)?;
            programs::run(wanted.into_iter(), how)
        })?;
    }
    Ok(())
}

/// Lock file, house rules, format.
fn rules(workspace: &Workspace, plan: &Plan, steps: &mut Steps) -> Result<()> {
    let root = &workspace.root;
    steps.run("rules: lock file", || lock_file(root))?;
    steps.run("rules: tidy", || tidy::tidy(workspace))?;
    if plan.has(FORMAT.0) {
        steps.run(FORMAT.0, || process::run(process::cargo(root).args(["fmt", "--all", "--check"])))?;
    }
    Ok(())
}

/// The programs for the chain, as far as the plan wants them.
fn programs_for_the_chain(workspace: &Workspace, plan: &Plan, steps: &mut Steps, end_to_end: bool) -> Result<()> {
    let check = plan.runs(Suite::Contracts);
    if check || end_to_end {
        let options = wasm::Options { check, ..wasm::Options::default() };
        steps.run("contracts: to wasm", || wasm::wasm(workspace, &options))?;
    }
    if end_to_end {
        let samples = wasm::Options { samples: true, ..wasm::Options::default() };
        steps.run("sample programs to wasm", || wasm::wasm(workspace, &samples))?;
    }
    if plan.runs(Suite::Reproduce) {
        steps.run("reproduce", || wasm::reproduce(workspace, &wasm::Options::default()))?;
    }
    Ok(())
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

/// Whether cargo has this subcommand, which a component of the toolchain brings.
fn has_component(subcommand: &str) -> bool {
    process::capture(process::cargo(Path::new(".")).args([subcommand, "--version"])).is_ok()
}
