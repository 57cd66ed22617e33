//! The house rules, as tests: one file per rule, each with a good and a bad sample of its own.
//!
//! `cargo xtask tidy` and `cargo test -p xtask` run the same rules over the repository.

mod arrows;
mod attributes;
mod bans;
mod complete;
mod dialects;
mod errors;
mod interfaces;
mod layers;
mod leaks;
mod licences;
mod map;
mod module_docs;
mod modules;
mod names;
mod natspec;
mod once;
mod powers;
mod proofs;
mod purity;
mod reads;
mod rust;
mod size;
mod suites;
mod tree;

use crate::error::{Error, Result};
use crate::workspace::Workspace;

pub(crate) use self::tree::{Finding, Tree};

/// A rule: its name as printed, and what it finds.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: [Rule; 19] = [
    ("layers", layers::check),
    ("arrows", arrows::check),
    ("dialects", dialects::check),
    ("size", size::check),
    ("bans", bans::check),
    ("errors", errors::check),
    ("purity", purity::check),
    ("module-docs", module_docs::check),
    ("leaks", leaks::check),
    ("map", map::check),
    ("natspec", natspec::check),
    ("interfaces", interfaces::check),
    ("once", once::check),
    ("licences", licences::check),
    ("complete", complete::check),
    ("reads", reads::check),
    ("suites", suites::check),
    ("powers", powers::check),
    ("proofs", proofs::check),
];

/// Runs every rule over the repository.
///
/// # Errors
/// `XTASK-008` with every finding as `path:line: [rule] message`.
pub(crate) fn tidy(workspace: &Workspace) -> Result<()> {
    let tree = Tree::load(workspace)?;
    let mut list: Vec<String> = tree.problems();
    for (name, check) in RULES {
        let mut findings = check(&tree);
        findings.sort();
        list.extend(findings.iter().map(|finding| finding.line(name)));
    }
    if list.is_empty() {
        println!("tidy: {} rules, {} files, nothing found", RULES.len(), tree.text.len());
        return Ok(());
    }
    Err(Error::Tidy { count: list.len(), list: list.join("\n") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let workspace = Workspace::load().unwrap();
        if let Err(error) = tidy(&workspace) {
            panic!("{error}");
        }
    }
}
