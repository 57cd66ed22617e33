//! Where built things are.

use std::path::{Path, PathBuf};

/// The folder cargo builds into: the parent of the `deps` folder that a test runs from.
///
/// # Panics
/// If the test does not run from a cargo target directory.
#[must_use]
pub fn profile_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let deps = test.parent().expect("a test lies in a folder");
    deps.parent().expect("deps lies in the profile's folder").to_owned()
}

/// The compiled contracts, made by `cargo xtask wasm`.
///
/// # Panics
/// If they have not been built.
#[must_use]
pub fn contracts() -> PathBuf {
    let folder = match std::env::var_os("COR_CONTRACTS") {
        Some(folder) => PathBuf::from(folder),
        None => profile_folder().parent().expect("a profile lies in the target folder").join("contracts"),
    };
    assert!(folder.join("lane.wasm").exists(), "{} has no contracts: run `cargo xtask wasm` first", folder.display());
    folder
}

/// The compiled sample programs, made by `cargo xtask wasm --samples`.
///
/// # Panics
/// If they have not been built.
#[must_use]
pub fn samples() -> PathBuf {
    let folder = contracts().join("samples");
    assert!(folder.join("token.wasm").exists(), "{} has no programs: run `cargo xtask wasm --samples` first", folder.display());
    folder
}

/// The `cor` binary.
///
/// # Panics
/// If it has not been built.
#[must_use]
pub fn cor() -> PathBuf {
    let binary = program("cor");
    assert!(binary.exists(), "{} is not there: run `cargo build -p cor` first", binary.display());
    binary
}

/// Where cargo lays a program of the workspace, built or not.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    profile_folder().join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// A file or folder of the repository, by its path from the root.
///
/// `cargo xtask test --changed` chooses tests by what they ask for here; `tidy` wants each path in its table.
#[must_use]
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
