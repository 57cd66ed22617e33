//! `cargo xtask reproduce`: builds a contract from a copy of the sources in another folder and compares bytes.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{Options, Tools, build, select, sha256};
use crate::error::{Error, Result};
use crate::workspace::{NOT_OURS, Workspace};

/// Builds the named contracts (the smallest one when none is named, as the library is most of the
/// work anyway) here and in a copy of the sources, with nothing shared but the compiler, and compares
/// the programs.
///
/// # Errors
/// `XTASK-011` when they differ, with the copy kept for comparison; build errors as they come.
pub(crate) fn reproduce(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut contracts = select(workspace.contracts(), &options.contracts)?;
    if options.contracts.is_empty() {
        contracts.sort_by_key(|contract| built_bytes(&workspace.contracts_out(), &contract.name));
        contracts.truncate(1);
    }
    let tools = Tools::bring_in(workspace, options.toolchain)?;
    let here = workspace.target_directory.join("reproduce-here");
    let copy = std::env::temp_dir().join(format!("cor-reproduce-{}", std::process::id()));
    let root = copy.join("some").join("other folder");
    copy_sources(&workspace.root, &workspace.target_directory, &root)?;
    let there = copy.join("out");
    build(&workspace.root, &workspace.target_directory.join("wasm"), &here, &contracts, &tools)?;
    build(&root, &copy.join("target"), &there, &contracts, &tools)?;
    for contract in &contracts {
        let file = format!("{}.wasm", contract.name);
        let (first, second) = (hash(&here.join(&file))?, hash(&there.join(&file))?);
        if first != second {
            return Err(Error::NotReproducible { contract: contract.name.clone(), first, second, folder: copy });
        }
        println!("{}: the same bytes from two folders, sha256 {first}", contract.name);
    }
    std::fs::remove_dir_all(&copy).map_err(Error::io("remove", &copy))
}

/// Size of a contract built before; one that was not comes last.
fn built_bytes(out: &Path, name: &str) -> u64 {
    let artifact = std::fs::metadata(out.join(format!("{name}.wasm")));
    artifact.map_or(u64::MAX, |artifact| artifact.len())
}

fn hash(path: &Path) -> Result<String> {
    Ok(sha256(&std::fs::read(path).map_err(Error::io("read", path))?))
}

/// Copies everything but build output and hidden state.
fn copy_sources(from: &Path, target: &Path, to: &Path) -> Result<()> {
    let is_source = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.path() != target && !NOT_OURS.contains(&name.as_ref())
    };
    for entry in WalkDir::new(from).into_iter().filter_entry(is_source) {
        let entry = entry.map_err(|error| Error::Io { what: "list", path: from.to_path_buf(), source: error.into() })?;
        let inside = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let copy: PathBuf = to.join(inside);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&copy).map_err(Error::io("create", &copy))?;
        } else if entry.file_type().is_file() {
            std::fs::copy(entry.path(), &copy).map_err(Error::io("copy", &copy))?;
        }
    }
    Ok(())
}
