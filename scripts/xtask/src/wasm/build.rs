//! The cargo invocation that compiles contracts, and the flags that make them small and the same everywhere.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::toolchain::{Compiler, Way};
use crate::error::Result;
use crate::process;
use crate::workspace::{Contract, Kind};

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Bytes of shadow stack, at the bottom of the one memory page (65,536 bytes) a program starts with.
///
/// Larger leaves less heap before a second page is bought; smaller makes deep decoding trap. The
/// stack lies below the data, so running out is a trap and never a silent overwrite.
const STACK_BYTES: u32 = 32_768;

/// Variables with which a user's shell could change the bytes.
const FOREIGN_ENV: [&str; 9] = [
    "RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "CARGO_INCREMENTAL",
];

/// Compiles contracts of the workspace at `root` into `target_dir`.
///
/// Each is given to a cargo of its own, as `cargo rustc` wants it, which is told to make the WASM
/// module only: for a crate that is compiled as a Rust library too, cargo leaves out link-time
/// optimisation, and the module is up to half as large again. So, too, one contract's bytes do not
/// depend on the features that others ask of a dependency.
pub(super) fn compile(root: &Path, target_dir: &Path, contracts: &[Contract], compiler: &Compiler) -> Result<()> {
    for contract in contracts {
        let mut command = cargo(root, compiler);
        command.args(["rustc", "--quiet"]);
        match contract.kind {
            Kind::Contract | Kind::Measured => command.args(["--lib", "--crate-type", "cdylib"]),
            Kind::Sample => command.args(["--example", &contract.name]),
        };
        command
            .args(["--profile", contract.kind.profile(), "--package", &contract.package])
            .args(["--target", TARGET, "--target-dir"])
            .arg(target_dir);
        unstable(&mut command, contract.kind.profile());
        process::run(&mut command)?;
    }
    Ok(())
}

/// A cargo that nothing in the user's environment bends.
fn cargo(root: &Path, compiler: &Compiler) -> Command {
    let mut command = process::cargo(root);
    for name in FOREIGN_ENV {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
            command.env_remove(name);
        }
    }
    // Contracts are stable Rust; the unstable parts are cargo's and rustc's size switches.
    command.env("RUSTC_BOOTSTRAP", "1");
    command.env("CARGO_ENCODED_RUSTFLAGS", rustflags(root, compiler));
    if compiler.way == Way::Debian {
        command.env("RUSTC", &compiler.rustc).env_remove("LD_LIBRARY_PATH");
    }
    if let Some(linker) = compiler.linker {
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    command
}

/// What only a nightly cargo reads. The panics of the profile are set here, as a stable cargo refuses the value in a manifest.
fn unstable(command: &mut Command, profile: &str) {
    command
        .args(["-Zbuild-std=std,panic_abort", "-Zunstable-options"])
        .arg("-Zpanic-immediate-abort")
        .args(["--config", &format!("profile.{profile}.panic=\"immediate-abort\"")]);
}

/// Where cargo leaves a contract's module.
pub(super) fn raw_module(target_dir: &Path, contract: &Contract) -> PathBuf {
    let built = target_dir.join(TARGET).join(contract.kind.profile());
    let folder = match contract.kind {
        Kind::Contract | Kind::Measured => built,
        Kind::Sample => built.join("examples"),
    };
    folder.join(format!("{}.wasm", contract.lib))
}

/// Flags in cargo's encoded form, whose separator allows spaces in paths.
fn rustflags(root: &Path, compiler: &Compiler) -> OsString {
    // The baseline plus the two extensions every Stylus chain takes: bulk memory (one operator
    // instead of a copy loop) and sign extension. Reference types would make calls unactivatable.
    let mut flags: Vec<OsString> =
        ["-Ctarget-cpu=mvp", "-Ctarget-feature=+bulk-memory,+sign-ext,-reference-types", "-Zlocation-detail=none"]
            .map(OsString::from)
            .to_vec();
    flags.push(format!("-Clink-arg=-zstack-size={STACK_BYTES}").into());
    for (from, to) in hidden_paths(root, compiler) {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(from);
        flag.push("=");
        flag.push(to);
        flags.push(flag);
    }
    flags.join(&OsString::from("\u{1f}"))
}

/// Folders of the building machine and what stands for them in a program.
pub(super) fn hidden_paths(root: &Path, compiler: &Compiler) -> Vec<(PathBuf, &'static str)> {
    let mut hidden = vec![(compiler.sysroot.clone(), "rustc"), (root.to_path_buf(), "src")];
    hidden.extend(cargo_home().map(|home| (home, "cargo")));
    hidden
}

fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
}
