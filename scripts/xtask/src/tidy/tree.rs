//! What the rules look at: the repository's text files, its Rust files parsed, its packages.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::rust::RustFile;
use crate::error::{Error, Result};
use crate::workspace::{Workspace, relative};

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 4] = ["target", ".git", "node_modules", ".cor"];
const TEXT: [&str; 9] = ["rs", "toml", "md", "sol", "sh", "txt", "js", "mjs", "py"];
/// Files without an ending that are read all the same.
const TEXT_NAMES: [&str; 2] = [".ci/run", ".gitignore"];

/// Everything a rule may ask about. Rules are functions of this, so a test makes one by hand.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(super) text: Vec<TextFile>,
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
        let ours = |entry: &DirEntry| {
            let name = entry.file_name().to_string_lossy();
            entry.path() != workspace.target_directory && !FOREIGN.contains(&name.as_ref())
        };
        let walk = WalkDir::new(&workspace.root).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(ours) {
            let entry = entry.map_err(|error| Error::Io { what: "list", path: workspace.root.clone(), source: error.into() })?;
            let path = relative(&workspace.root, entry.path());
            if entry.file_type().is_file() && is_text(&path) {
                let text = std::fs::read_to_string(entry.path()).map_err(Error::io("read", entry.path()))?;
                tree.add(path, text);
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

    /// Files that could not be looked at.
    pub(super) fn problems(&self) -> Vec<String> {
        let lines = self.unparsed.iter().map(|finding| finding.line("parse"));
        lines.collect()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// A tree of the given files, for the rules' own tests.
    #[cfg(test)]
    pub(super) fn sample(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add((*path).to_owned(), (*text).to_owned());
        }
        assert!(tree.unparsed.is_empty(), "{:?}", tree.unparsed);
        tree
    }
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
