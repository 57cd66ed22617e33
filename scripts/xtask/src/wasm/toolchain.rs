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
/// First minor version whose library can be built with panics that abort at once.
const RUSTC_MINOR_MIN: u32 = 93;

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

/// Finds or installs a compiler. `asked` restricts the search to one way.
///
/// # Errors
/// `XTASK-005` with what was tried and why each attempt failed.
pub(crate) fn bring_in(asked: Option<Way>) -> Result<Compiler> {
    let ways = match asked {
        Some(way) => vec![way],
        None => vec![Way::Rustup, Way::Debian],
    };
    let mut tried = Vec::new();
    for &way in &ways {
        match find(way) {
            Ok(compiler) => return Ok(compiler),
            Err(reason) => tried.push(format!("  {way:?}: {reason}")),
        }
    }
    for &way in &ways {
        println!("wasm target: trying to install by way of {way:?}");
        let found = install(way).map_err(|e| e.to_string()).and_then(|()| find(way));
        match found {
            Ok(compiler) => return Ok(compiler),
            Err(reason) => tried.push(format!("  {way:?}, installing: {reason}")),
        }
    }
    Err(Error::NoWasmTarget {
        tried: tried.join("\n"),
        next: "run `rustup component add rust-src`, or `apt-get install rustc-web rust-web-src lld-22`",
    })
}

/// Finds or installs `wasm-opt`. Without it contracts are larger but right, so `None` is an answer.
pub(crate) fn optimiser() -> Option<Optimiser> {
    if !process::in_path("wasm-opt") {
        println!("wasm-opt: not in PATH, trying Debian's package binaryen");
        if let Err(error) = process::apt_install(&["binaryen"]) {
            println!("wasm-opt: {error}\nwasm-opt: going on without; the programs will be larger");
            return None;
        }
    }
    let version = process::capture(Command::new("wasm-opt").arg("--version")).ok()?;
    Some(Optimiser { version: version.trim().to_owned() })
}

fn install(way: Way) -> Result<()> {
    match way {
        Way::Rustup => process::run(Command::new("rustup").args(["component", "add", "rust-src"])),
        Way::Debian => process::apt_install(&DEBIAN_PACKAGES),
    }
}

fn find(way: Way) -> std::result::Result<Compiler, String> {
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
    match minor(&version) {
        Some(minor) if minor >= RUSTC_MINOR_MIN => Ok(Compiler { way, rustc, sysroot, linker, version }),
        _ => Err(format!("{version} is older than 1.{RUSTC_MINOR_MIN}")),
    }
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
}
