//! Rule: the table of crates in `docs/ARCHITECTURE.md` is the workspace's, name for name and folder for folder.
//!
//! A crate is a table row whose first two cells are its name and its folder in backticks:
//! ``| `cor-core` | `contracts/core` | the rules |``. Other tables do not match that form.

use std::collections::BTreeMap;

use super::tree::{Finding, Tree};
use crate::workspace::Workspace;

const MAP: &str = "docs/ARCHITECTURE.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(workspace) = &tree.workspace else {
        return Vec::new();
    };
    let Some(map) = tree.text.iter().find(|file| file.path == MAP) else {
        return vec![Finding::new(MAP, 0, "is not there")];
    };
    compare(&members(workspace), &map.text)
}

fn members(workspace: &Workspace) -> BTreeMap<String, String> {
    let packages = workspace.packages.iter();
    packages.map(|package| (package.name.clone(), workspace.folder(package))).collect()
}

fn compare(members: &BTreeMap<String, String>, map: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut listed = BTreeMap::new();
    for (index, line) in map.lines().enumerate() {
        let Some((name, folder)) = row(line) else {
            continue;
        };
        listed.insert(name, ());
        let problem = match members.get(name) {
            None => format!("`{name}` is not a member of the workspace"),
            Some(real) if real != folder => format!("`{name}` lies in `{real}`, not `{folder}`"),
            Some(_) => continue,
        };
        findings.push(Finding::new(MAP, index + 1, problem));
    }
    let missing = members.keys().filter(|name| !listed.contains_key(name.as_str()));
    findings.extend(missing.map(|name| Finding::new(MAP, 0, format!("`{name}` is missing"))));
    findings
}

/// The name and folder of a crate's row.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.trim().strip_prefix('|')?.split('|').map(str::trim);
    let name = cells.next().and_then(in_backticks)?;
    let folder = cells.next().and_then(in_backticks)?;
    let is_crate = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    (is_crate && !folder.ends_with('/')).then_some((name, folder))
}

fn in_backticks(cell: &str) -> Option<&str> {
    let inner = cell.strip_prefix('`')?.strip_suffix('`')?;
    (!inner.contains('`')).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    fn found(map: &str) -> Vec<String> {
        let members = [("cor-core", "contracts/core"), ("xtask", "scripts/xtask")];
        let members = members.map(|(name, folder)| (name.to_owned(), folder.to_owned()));
        places(compare(&BTreeMap::from(members), map))
    }

    #[test]
    fn the_table_is_compared_both_ways() {
        let core = "| `cor-core` | `contracts/core` | the rules |\n";
        let xtask = "| `xtask` | `scripts/xtask` | tooling |\n";
        let prose = "| folder | law |\n|---|---|\n| `sol/` | specification |\n";
        let cases = [
            (format!("{prose}{core}{xtask}"), vec![]),
            (core.to_owned(), vec!["docs/ARCHITECTURE.md:0"]),
            (format!("{core}{xtask}| `cor-gone` | `x` | |"), vec!["docs/ARCHITECTURE.md:3"]),
            (format!("{core}| `xtask` | `tools/xtask` | |"), vec!["docs/ARCHITECTURE.md:2"]),
        ];
        for (map, expected) in cases {
            assert_eq!(found(&map), expected, "{map}");
        }
    }
}
