//! Rule: the table of suites in `README.md` has each suite of `cargo xtask test` once, and says which run by default.
//!
//! A row's first two cells are the name in backticks and `yes`, which may be followed by an exception, or `no`.

use std::collections::BTreeSet;

use super::tree::{Finding, Tree};
use crate::select::Suite;

const README: &str = "README.md";
/// The row above the suites.
const HEAD: &str = "| suite | by default |";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(readme) = tree.text.iter().find(|file| file.path == README) else {
        return Vec::new();
    };
    let lines: Vec<_> = readme.text.lines().enumerate().collect();
    let Some(head) = lines.iter().position(|(_, line)| line.starts_with(HEAD)) else {
        return vec![Finding::new(README, 0, format!("has no table of suites (`{HEAD}`)"))];
    };
    let mut missing: BTreeSet<Suite> = Suite::all().collect();
    let mut findings = Vec::new();
    // Below the head is the line that makes it one.
    for (index, line) in lines[head..].iter().skip(2).take_while(|(_, line)| line.starts_with('|')) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let (name, default) = (cells[1].trim_matches('`'), cells.get(2).copied().unwrap_or_default());
        let says = default.split([',', ' ']).next().unwrap_or_default();
        match Suite::all().find(|suite| suite.name() == name) {
            Some(suite) if missing.remove(&suite) => {
                let wanted = if suite.is_default() { "yes" } else { "no" };
                if says != wanted {
                    findings.push(Finding::new(README, index + 1, format!("whether suite `{name}` runs by default: {wanted}")));
                }
            }
            _ => findings.push(Finding::new(README, index + 1, format!("`{name}` is no suite, or has a row already"))),
        }
    }
    findings.extend(missing.into_iter().map(|suite| Finding::new(README, 0, format!("has no row of suite `{}`", suite.name()))));
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    fn found(rows: &[(&str, &str)]) -> Vec<String> {
        let rows: String = rows.iter().map(|(name, default)| format!("| `{name}` | {default} | words |\n")).collect();
        let text = format!("# Readme\n\n{HEAD} what it proves |\n|---|---|---|\n{rows}\n| `other` | table |\n");
        places(check(&Tree::sample(&[(README, &text)])))
    }

    #[test]
    fn the_table_has_each_suite_once_with_its_default() {
        let mut rows = vec![
            ("rules", "yes"),
            ("contracts", "yes"),
            ("reproduce", "yes, except with `--quick`"),
            ("lint", "no"),
            ("crates", "yes"),
            ("e2e", "yes"),
            ("long", "no"),
            ("stylus-tools", "no"),
        ];
        assert_eq!(found(&rows), Vec::<String>::new());
        rows[3].1 = "yes";
        assert_eq!(found(&rows), ["README.md:8"]);
        rows[3].1 = "no";
        rows.push(("slow", "no"));
        rows.push(("lint", "no"));
        assert_eq!(found(&rows), ["README.md:13", "README.md:14"]);
        assert_eq!(found(&rows[1..8]), ["README.md:0"]);
        assert_eq!(places(check(&Tree::sample(&[(README, "# Readme")]))), ["README.md:0"]);
    }
}
