//! What the rules look at: the repository's text files, its Rust files parsed, its packages.

use std::path::Path;
use std::process::Command;

use walkdir::{DirEntry, WalkDir};

use super::rust::RustFile;
use crate::error::{Error, Result};
use crate::process;
use crate::workspace::{NOT_OURS, Workspace, relative};

const TEXT: [&str; 9] = ["rs", "toml", "md", "sol", "sh", "txt", "js", "mjs", "py"];
/// Files without an ending that are read all the same.
const TEXT_NAMES: [&str; 2] = [".ci/run", ".gitignore"];

/// The rules themselves, which have to name what they find.
pub(super) const RULES_FOLDER: &str = "scripts/xtask/src/tidy/";

/// Everything a rule may ask about. Rules are functions of this, so a test makes one by hand.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(super) text: Vec<TextFile>,
    /// Whatever else is committed and is text: data, lock files, settings of tools.
    pub(super) other: Vec<TextFile>,
    pub(super) rust: Vec<RustFile>,
    /// Absent in most samples.
    pub(super) workspace: Option<Workspace>,
    unparsed: Vec<Finding>,
}

/// A text file, Rust included.
#[derive(Debug, Clone)]
pub(super) struct TextFile {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// From 1; 0 when it is about the whole file.
    line: usize,
    message: String,
}

impl Finding {
    pub(super) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }

    pub(super) fn line(&self, rule: &str) -> String {
        format!("{}:{}: [{rule}] {}", self.path, self.line, self.message)
    }
}

impl Tree {
    /// Reads the repository.
    pub(crate) fn load(workspace: &Workspace) -> Result<Self> {
        let mut tree = Self { workspace: Some(workspace.clone()), ..Self::default() };
        let walked = walk(workspace)?;
        let committed = committed(&workspace.root).unwrap_or_else(|| walked.clone());
        for path in walked.into_iter().filter(|path| is_text(path)) {
            let file = workspace.root.join(&path);
            let text = std::fs::read_to_string(&file).map_err(Error::io("read", &file))?;
            tree.add(path, text);
        }
        for path in committed.into_iter().filter(|path| !is_text(path)) {
            // What is no text has no path in it that a person wrote, and what git knows may just have been deleted.
            if let Ok(text) = std::fs::read_to_string(workspace.root.join(&path)) {
                tree.other.push(TextFile { path, text });
            }
        }
        Ok(tree)
    }

    fn add(&mut self, path: String, text: String) {
        if path.ends_with(".rs") {
            match RustFile::parse(&path, &text) {
                Ok(file) => self.rust.push(file),
                Err(error) => {
                    let line = error.span().start().line;
                    let message = format!("does not parse: {error}");
                    self.unparsed.push(Finding::new(&path, line, message));
                }
            }
        }
        self.text.push(TextFile { path, text });
    }

    /// Path and text of every text file.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.text.iter().map(|file| (file.path.as_str(), file.text.as_str()))
    }

    /// Files that could not be looked at.
    pub(super) fn problems(&self) -> Vec<String> {
        let lines = self.unparsed.iter().map(|finding| finding.line("parse"));
        lines.collect()
    }

    /// A tree of the given files, for the rules' own tests.
    #[cfg(test)]
    pub(super) fn sample(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            if is_text(path) {
                tree.add((*path).to_owned(), (*text).to_owned());
            } else {
                tree.other.push(TextFile { path: (*path).to_owned(), text: (*text).to_owned() });
            }
        }
        assert!(tree.unparsed.is_empty(), "{:?}", tree.unparsed);
        tree
    }
}

/// Every file, relative to the root, apart from folders that hold nothing of ours.
fn walk(workspace: &Workspace) -> Result<Vec<String>> {
    let ours = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.path() != workspace.target_directory && !NOT_OURS.contains(&name.as_ref())
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(&workspace.root).sort_by_file_name().into_iter().filter_entry(ours) {
        let entry = entry.map_err(|error| Error::Io { what: "list", path: workspace.root.clone(), source: error.into() })?;
        if entry.file_type().is_file() {
            files.push(relative(&workspace.root, entry.path()));
        }
    }
    Ok(files)
}

/// What git has, or would take: relative to the root. `None` where there is no repository, as in an archive of the sources.
fn committed(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let list = process::capture(&mut git).ok()?;
    Some(list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

fn is_text(path: &str) -> bool {
    let ending = Path::new(path).extension().and_then(|e| e.to_str());
    ending.is_some_and(|ending| TEXT.contains(&ending)) || TEXT_NAMES.contains(&path)
}

/// `path:line` of each finding of a rule, for the rules' own tests.
#[cfg(test)]
pub(super) fn places(findings: Vec<Finding>) -> Vec<String> {
    let place = |finding: Finding| format!("{}:{}", finding.path, finding.line);
    findings.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_and_not_read_by_its_ending_is_there_all_the_same() {
        let tree = Tree::load(&Workspace::load().unwrap()).unwrap();
        let other: Vec<_> = tree.other.iter().map(|file| file.path.as_str()).collect();
        for path in ["Cargo.lock", "test/foreign/.npmrc", "test/foreign/package-lock.json", "anvil/vm/tests/product.wat"] {
            assert!(other.contains(&path), "{path}: {other:?}");
        }
        assert!(!other.contains(&"test/vectors/stylus/counter.wasm") && !other.contains(&"Cargo.toml"));
    }
}
