//! Test programs: built by one cargo for the whole workspace, run one after the other by us.
//!
//! `cargo test --package x` would resolve features for `x` alone and compile half the tree again. Built together, run by package, the
//! same programs serve a full run and the tests of one crate.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::process::{self, Running};
use crate::workspace::Workspace;

/// A program that cargo built for testing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Program {
    pub(crate) package: String,
    /// The target: a library, a binary or a file under `tests/`.
    pub(crate) target: String,
    /// Unit tests lie in a library or binary; the others are called by the name of their target.
    is_unit: bool,
    path: PathBuf,
    /// The package's folder, where its tests start, as with cargo.
    folder: PathBuf,
}

/// A line of cargo's messages, as far as it is used here.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Profile {
    test: bool,
}

/// A build of every test program, and of every binary that tests run.
#[derive(Debug)]
pub(crate) struct Build {
    cargo: Running,
    messages: PathBuf,
}

impl Build {
    /// Starts it. Contracts and examples are not part of it: no test uses them as native code.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let messages = workspace.target_directory.join("test-programs.json");
        std::fs::create_dir_all(&workspace.target_directory).map_err(Error::io("create", &workspace.target_directory))?;
        let file = File::create(&messages).map_err(Error::io("create", &messages))?;
        let mut cargo = process::cargo(&workspace.root);
        cargo.args(["build", "--workspace", "--bins", "--tests", "--message-format", "json-render-diagnostics"]);
        Ok(Self { cargo: Running::start(cargo.stdout(file))?, messages })
    }

    /// Waits for it.
    ///
    /// # Errors
    /// A build that fails.
    pub(crate) fn finish(self, workspace: &Workspace) -> Result<Vec<Program>> {
        self.cargo.finish()?;
        let text = std::fs::read_to_string(&self.messages).map_err(Error::io("read", &self.messages))?;
        parse(&text, workspace).map_err(Error::json(&self.messages))
    }
}

/// The test programs among cargo's messages, in an order that does not depend on which was built first.
fn parse(messages: &str, workspace: &Workspace) -> std::result::Result<Vec<Program>, serde_json::Error> {
    let mut programs = BTreeSet::new();
    for line in messages.lines() {
        let message: Message = serde_json::from_str(line)?;
        let is_test = message.reason == "compiler-artifact" && message.profile.is_some_and(|profile| profile.test);
        let (Some(manifest), Some(target), Some(path)) = (message.manifest_path, message.target, message.executable) else {
            continue;
        };
        let Some(package) = workspace.packages.iter().find(|package| package.manifest_path == manifest && is_test) else {
            continue;
        };
        programs.insert(Program {
            package: package.name.clone(),
            is_unit: !target.kind.iter().any(|kind| kind == "test"),
            target: target.name,
            path,
            folder: manifest.parent().unwrap_or(&workspace.root).to_path_buf(),
        });
    }
    Ok(programs.into_iter().collect())
}

impl Program {
    /// What a person types to run it again.
    fn again(&self) -> String {
        let target = if self.is_unit { "--lib --bins".to_owned() } else { format!("--test {}", self.target) };
        format!("cargo test --package {} {target}", self.package)
    }

    /// As cargo would start it: in the package's folder, told of the package.
    fn command(&self, filters: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        process::forget_our_package(&mut command);
        command.current_dir(&self.folder).args(filters);
        command.env("CARGO_MANIFEST_DIR", &self.folder).env("CARGO_PKG_NAME", &self.package);
        command
    }
}

/// How the programs of a suite are run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run<'a> {
    /// Words of which one must be in a test's name; all tests when there is none.
    pub(crate) filters: &'a [&'a str],
    /// Set for the program.
    pub(crate) env: Option<(&'a str, &'a str)>,
}

/// Runs programs one after the other, all of them whatever fails, and says how long each took.
///
/// # Errors
/// `XTASK-016` with the programs that failed.
pub(crate) fn run<'a>(programs: impl Iterator<Item = &'a Program>, how: Run<'_>) -> Result<()> {
    let mut failed = Vec::new();
    for program in programs {
        println!("\n-- {} {}", program.package, program.target);
        let start = Instant::now();
        let mut command = program.command(how.filters);
        if let Some((name, value)) = how.env {
            command.env(name, value);
        }
        let status = command.status().map_err(|source| Error::Spawn { command: program.path.display().to_string(), source })?;
        println!("-- {} {}: {:.1} s", program.package, program.target, start.elapsed().as_secs_f64());
        if !status.success() {
            failed.push(format!("  {} {}, {status}; again: {}", program.package, program.target, program.again()));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Error::Tests { count: failed.len(), list: failed.join("\n") }) }
}

/// Checks that each of these words is in the name of a test of one of the programs. A program whose tests are all filtered out succeeds,
/// so that a test that gets another name would no longer run, and nobody would see it.
///
/// # Errors
/// `XTASK-016` with the words that fit no test.
pub(crate) fn has_each(programs: &[&Program], filters: &[&str]) -> Result<()> {
    let mut names = String::new();
    for program in programs {
        names += &process::capture(&mut program.command(&["--list"]))?;
    }
    let fits = |filter: &&&str| names.lines().filter_map(|line| line.strip_suffix(": test")).any(|name| name.contains(**filter));
    let missing: Vec<_> = filters.iter().filter(|filter| !fits(filter)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = |filter: &&&str| format!("  no test has `{filter}` in its name, by which it is chosen");
    Err(Error::Tests { count: missing.len(), list: missing.iter().map(line).collect::<Vec<_>>().join("\n") })
}

/// Tests in documentation, which only compile. Features as in the step before, the exported ABI, so that nothing is built for them.
pub(crate) fn doctests(root: &Path, features: &str) -> Result<()> {
    let mut cargo = process::cargo(root);
    process::run(cargo.args(["test", "--quiet", "--workspace", "--doc", "--features", features]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"{"reason":"compiler-artifact","manifest_path":"/repo/b/Cargo.toml","target":{"name":"it","kind":["test"]},"profile":{"test":true},"executable":"/t/it-1"}
{"reason":"compiler-artifact","manifest_path":"/repo/a/Cargo.toml","target":{"name":"a","kind":["lib"]},"profile":{"test":true},"executable":"/t/a-1"}
{"reason":"compiler-artifact","manifest_path":"/repo/a/Cargo.toml","target":{"name":"a","kind":["lib"]},"profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","manifest_path":"/repo/b/Cargo.toml","target":{"name":"b","kind":["bin"]},"profile":{"test":false},"executable":"/t/b"}
{"reason":"compiler-artifact","manifest_path":"/registry/c/Cargo.toml","target":{"name":"c","kind":["lib"]},"profile":{"test":true},"executable":"/t/c-1"}
{"reason":"build-finished","success":true}"#;

    fn workspace() -> Workspace {
        let package = |name: &str| {
            serde_json::json!({
                "name": name, "version": "0.1.0", "license": "MIT", "source": null,
                "manifest_path": format!("/repo/{name}/Cargo.toml"),
            })
        };
        serde_json::from_value(serde_json::json!({
            "workspace_root": "/repo", "target_directory": "/repo/target", "packages": [package("a"), package("b")],
        }))
        .unwrap()
    }

    #[test]
    fn test_programs_of_members_are_found() {
        let programs = parse(MESSAGES, &workspace()).unwrap();
        let found: Vec<_> = programs.iter().map(|program| (program.package.as_str(), program.again())).collect();
        assert_eq!(
            found,
            [("a", "cargo test --package a --lib --bins".to_owned()), ("b", "cargo test --package b --test it".to_owned())]
        );
        assert_eq!(programs[1].folder, Path::new("/repo/b"));
        assert!(parse("no message", &workspace()).is_err());
    }

    #[test]
    fn every_program_runs_and_all_that_fail_are_named() {
        let program = |target: &str, path: &str| Program {
            package: "a".into(),
            target: target.into(),
            is_unit: false,
            path: path.into(),
            folder: "/".into(),
        };
        let programs = [program("bad", "false"), program("good", "true"), program("worse", "false")];
        let error = run(programs.iter(), Run::default()).unwrap_err().to_string();
        assert!(error.starts_with("2 test program(s) failed:\n  a bad, "), "{error}");
        assert!(error.ends_with("again: cargo test --package a --test worse"), "{error}");
        assert!(run(programs[1..2].iter(), Run::default()).is_ok());
    }

    #[test]
    fn a_word_that_chooses_no_test_is_found() {
        // This test, in the list that the program it runs in prints.
        let ours = Program {
            package: "xtask".into(),
            target: "xtask".into(),
            is_unit: true,
            path: std::env::current_exe().unwrap(),
            folder: env!("CARGO_MANIFEST_DIR").into(),
        };
        let failure = |filters: &[&str]| has_each(&[&ours], filters).map_err(|error| error.to_string());
        assert_eq!(failure(&["a_word_that_chooses", "a_base_is"]), Ok(()));
        // In two parts, so that no name is like it.
        let gone = ["renamed_", "away"].concat();
        let expected = format!("1 test program(s) failed:\n  no test has `{gone}` in its name, by which it is chosen");
        assert_eq!(failure(&["a_base_is", &gone]), Err(expected));
        assert!(has_each(&[], &["any"]).is_err());
    }
}
