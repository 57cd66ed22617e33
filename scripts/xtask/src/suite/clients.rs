//! What the tests with foreign clients need, installed from the lock files that lie beside them.

use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::error::Result;
use crate::process;

/// Installs what the tests with foreign clients need: every `package-lock.json` and every
/// `requirements.txt` under `test/`, the latter into a `.venv` beside it.
pub(crate) fn install(root: &Path) -> Result<()> {
    for manifest in manifests(&root.join("test"), "package-lock.json") {
        need("npm", &["nodejs", "npm"])?;
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        process::run(npm.current_dir(folder(&manifest)))?;
    }
    for manifest in manifests(&root.join("test"), "requirements.txt") {
        need("python3", &["python3", "python3-venv", "python3-pip"])?;
        let venv = folder(&manifest).join(".venv");
        if !venv.is_dir() {
            process::run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        }
        let mut pip = Command::new(venv.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]);
        process::run(pip.arg(&manifest))?;
    }
    Ok(())
}

fn need(program: &str, packages: &[&str]) -> Result<()> {
    if process::in_path(program) {
        return Ok(());
    }
    process::apt_install(packages)
}

fn manifests(folder: &Path, name: &str) -> Vec<PathBuf> {
    let installed = |entry: &walkdir::DirEntry| {
        let name = entry.file_name();
        name == "node_modules" || name == ".venv"
    };
    let walk = WalkDir::new(folder).sort_by_file_name().into_iter();
    walk.filter_entry(|entry| !installed(entry))
        .flatten()
        .filter(|entry| entry.file_name() == name)
        .map(walkdir::DirEntry::into_path)
        .collect()
}

fn folder(manifest: &Path) -> &Path {
    manifest.parent().unwrap_or(manifest)
}
