//! Bringing the wasm target in, by either of two ways, and saying which one was taken.
//!
//! Contracts are built with the standard library rebuilt from source (only so can panics cost no
//! bytes), so what is needed is a compiler with its own library's source and a wasm linker:
//!
//! * **rustup**: the active toolchain with its `rust-src` component; the linker comes along.
//! * **Debian**: `rustc-web`, `rust-web-src` and `lld-22`, where rustup's server cannot be reached.
//!
//! What is already installed is preferred to installing, and rustup to Debian. See
//! `docs/adr/0001-wasm-toolchain.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::error::{Error, Result};
use crate::process;

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "wasm-ld-22";
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "rust-web-src", "lld-22", "binaryen"];
/// Present in a sysroot exactly when the library's source is complete enough for `-Zbuild-std`.
const LIBRARY_SOURCE: &str = "lib/rustlib/src/rust/library/std/Cargo.toml";

/// Which compiler builds the contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// The active rustup toolchain with the `rust-src` component.
    Rustup,
    /// Debian's `rustc-web` with `rust-web-src` and `lld-22`.
    Debian,
}

/// A compiler that can build contracts.
#[derive(Debug, Clone)]
pub(crate) struct Compiler {
    pub(crate) way: Way,
    pub(crate) rustc: PathBuf,
    /// Where its library's source lies; its name must not get into the programs.
    pub(crate) sysroot: PathBuf,
    /// Set when the linker does not come with the compiler.
    pub(crate) linker: Option<&'static str>,
    /// First line of `rustc -V`: sizes and bytes are comparable only between equal ones.
    pub(crate) version: String,
}

/// `wasm-opt`, which takes a fifth off every program.
#[derive(Debug, Clone)]
pub(crate) struct Optimiser {
    /// As it calls itself: `wasm-opt version 108 (version_108)`.
    pub(crate) version: String,
}

/// Finds or installs a compiler that the manifests accept, as 1.`minor_min` or later. `asked` restricts the search to one way.
///
/// # Errors
/// `XTASK-005` with what was tried and why each attempt failed.
pub(crate) fn bring_in(asked: Option<Way>, minor_min: u32) -> Result<Compiler> {
    let ways = match asked {
        Some(way) => vec![way],
        None => vec![Way::Rustup, Way::Debian],
    };
    let mut tried = Vec::new();
    for &way in &ways {
        match find(way, minor_min) {
            Ok(compiler) => return Ok(compiler),
            Err(reason) => tried.push(format!("  {way:?}: {reason}")),
        }
    }
    for &way in &ways {
        println!("wasm target: trying to install by way of {way:?}");
        let found = install(way).map_err(|e| e.to_string()).and_then(|()| find(way, minor_min));
        match found {
            Ok(compiler) => return Ok(compiler),
            Err(reason) => tried.push(format!("  {way:?}, installing: {reason}")),
        }
    }
    Err(Error::NoWasmTarget { tried: tried.join("\n") })
}

/// Finds or installs `wasm-opt`. Without it contracts are larger but right, so `None` is an answer.
pub(crate) fn optimiser() -> Option<Optimiser> {
    if !process::in_path("wasm-opt") {
        println!("wasm-opt: not in PATH, trying Debian's package binaryen");
        if let Err(error) = process::apt_install(&["binaryen"]) {
            announce(&error);
            return None;
        }
    }
    version_of("wasm-opt")
}

/// The optimiser by this name, or `None`, which is announced, when it does not run.
fn version_of(program: &str) -> Option<Optimiser> {
    match process::capture(Command::new(program).arg("--version")) {
        Ok(version) => Some(Optimiser { version: version.trim().to_owned() }),
        Err(error) => {
            announce(&error);
            None
        }
    }
}

fn announce(error: &Error) {
    println!("wasm-opt: {error}\nwasm-opt: going on without; the programs will be larger");
}

fn install(way: Way) -> Result<()> {
    match way {
        Way::Rustup => process::run(Command::new("rustup").args(["component", "add", "rust-src"])),
        Way::Debian => process::apt_install(&DEBIAN_PACKAGES),
    }
}

fn find(way: Way, minor_min: u32) -> std::result::Result<Compiler, String> {
    let (rustc, linker) = match way {
        Way::Rustup => (PathBuf::from("rustc"), None),
        Way::Debian => (PathBuf::from(DEBIAN_RUSTC), Some(DEBIAN_LINKER)),
    };
    if way == Way::Debian && !rustc.is_file() {
        return Err(format!("{DEBIAN_RUSTC} is not there"));
    }
    if let Some(linker) = linker
        && !process::in_path(linker)
    {
        return Err(format!("{linker} is not in PATH"));
    }
    let ask = |arg: &str, value: &str| {
        let answer = process::capture(command(&rustc).arg(arg).arg(value));
        answer.map(|text| text.trim().to_owned()).map_err(|error| error.to_string())
    };
    let sysroot = PathBuf::from(ask("--print", "sysroot")?);
    if !sysroot.join(LIBRARY_SOURCE).is_file() {
        return Err(format!("{} has no {LIBRARY_SOURCE}", sysroot.to_string_lossy()));
    }
    let version = ask("--version", "--color=never")?;
    new_enough(&version, minor_min)?;
    Ok(Compiler { way, rustc, sysroot, linker, version })
}

/// Refuses a compiler that cargo would refuse later, when nothing else can be tried any more.
fn new_enough(version: &str, minor_min: u32) -> std::result::Result<(), String> {
    if minor(version).is_some_and(|minor| minor >= minor_min) {
        return Ok(());
    }
    Err(format!("{version} is older than 1.{minor_min}, the `rust-version` of the manifests"))
}

/// A compiler command without the library path that rustup's cargo exports for its own compiler.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_remove("LD_LIBRARY_PATH");
    command
}

/// The minor number of `rustc 1.96.0 (…)`.
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("rustc 1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_version_is_read_from_the_first_line() {
        let cases = [
            ("rustc 1.96.0 (ac68faa20 2026-05-25)", Some(96)),
            ("rustc 1.100.0-nightly (x)", Some(100)),
            ("rustc 2.0.0", None),
            ("gcc 12", None),
        ];
        for (line, expected) in cases {
            assert_eq!(minor(line), expected, "{line}");
        }
    }

    #[test]
    fn a_compiler_older_than_the_manifests_is_not_found() {
        assert_eq!(new_enough("rustc 1.95.0 (x)", 95), Ok(()));
        assert_eq!(new_enough("rustc 1.96.0 (x)", 95), Ok(()));
        for old in ["rustc 1.94.1 (x)", "gcc 12"] {
            assert!(new_enough(old, 95).unwrap_err().contains("is older than 1.95"), "{old}");
        }
    }

    #[test]
    fn an_optimiser_that_does_not_run_is_none() {
        assert!(version_of("false").is_none());
        assert!(version_of("no-such-program-here").is_none());
    }
}
