//! Running other programs: shown, captured, or silent until they fail.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::error::{Error, Result};

/// Runs a command with its output on the terminal, after printing the line.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().map_err(|source| Error::Spawn { command: shown(command), source })?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Command { command: shown(command), status, output: String::new() })
}

/// A command that runs while this process does something else. It ends with this value, finished or not.
#[derive(Debug)]
pub(crate) struct Running {
    command: String,
    child: Child,
}

impl Running {
    /// Starts a command with its output on the terminal, after printing the line.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        println!("$ {}", shown(command));
        let child = command.spawn().map_err(|source| Error::Spawn { command: shown(command), source })?;
        Ok(Self { command: shown(command), child })
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Result<()> {
        let command = self.command.clone();
        let status = self.child.wait().map_err(|source| Error::Spawn { command: command.clone(), source })?;
        if status.success() {
            return Ok(());
        }
        Err(Error::Command { command, status, output: String::new() })
    }
}

impl Drop for Running {
    /// Nothing is left behind when what runs beside it has failed.
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command silently and returns its standard output; all it printed is in the error if it fails.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::Command {
        command: shown(command),
        status: output.status,
        output: format!(":\n{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
    })
}

fn output(command: &mut Command) -> Result<Output> {
    command.stdin(Stdio::null()).output().map_err(|source| Error::Spawn { command: shown(command), source })
}

/// Whether a program of this name can be started from PATH.
pub(crate) fn in_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// Installs Debian packages, as root or through sudo.
///
/// Lists are refreshed first: a fresh image has none, and an old one names versions that are gone.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    if !in_path("apt-get") {
        let program = packages.join(", ");
        let next = format!("Install {program} by hand: there is no `apt-get` to do it.");
        return Err(Error::Missing { program, next });
    }
    run(apt().arg("update").arg("-qq"))?;
    run(apt().args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))
}

fn apt() -> Command {
    let root = capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// What cargo tells the program it runs of its package. Build scripts that look at it must see what they would without us: otherwise
/// they run again, and most of the workspace is compiled again, at each change between `cargo xtask` and `cargo`.
const OF_OUR_PACKAGE: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_NAME", "CARGO_CRATE_NAME"];

/// The cargo that runs us, so that a toolchain chosen on the command line stays chosen.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    forget_our_package(command.current_dir(root));
    command
}

/// Takes from a command what cargo told us of our own package.
pub(crate) fn forget_our_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if OF_OUR_PACKAGE.iter().any(|prefix| name.as_encoded_bytes().starts_with(prefix.as_bytes())) {
            command.env_remove(name);
        }
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_beside_is_waited_for_and_ends_when_it_is_dropped() {
        assert!(Running::start(Command::new("sh").args(["-c", "exit 0"])).unwrap().finish().is_ok());
        let failed = Running::start(Command::new("sh").args(["-c", "exit 3"])).unwrap().finish();
        assert!(matches!(failed, Err(Error::Command { status, .. }) if status.code() == Some(3)));
        let endless = Running::start(Command::new("sh").args(["-c", "while read line; do :; done"]).stdin(Stdio::piped()));
        drop(endless.unwrap());
    }

    #[test]
    fn a_failure_carries_what_was_printed() {
        let error = capture(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]));
        let Err(Error::Command { status, output, .. }) = error else {
            panic!("expected a failed command, got {error:?}");
        };
        assert_eq!(status.code(), Some(3));
        assert_eq!(output, ":\nout\nerr\n");
    }

    #[test]
    fn cargo_hears_nothing_of_the_package_that_calls_it() {
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "cargo sets it for tests as for `cargo run`");
        let cargo = cargo(Path::new("."));
        let removed: Vec<_> = cargo.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert!(
            removed.contains(&OsStr::new("CARGO_MANIFEST_DIR")) && removed.contains(&OsStr::new("CARGO_PKG_NAME")),
            "{removed:?}"
        );
        assert!(!removed.contains(&OsStr::new("CARGO_TARGET_DIR")));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&mut Command::new("no-such-program-here"));
        assert!(matches!(error, Err(Error::Spawn { command, .. }) if command == "no-such-program-here"));
        assert!(!in_path("no-such-program-here"));
        assert!(in_path("sh"));
    }
}
