//! Rule: every package we are built from is under a licence that lets anyone use ours as they like.

use super::tree::{Finding, Tree};
use crate::workspace::{Package, Workspace};

/// Permissive, or (MPL) copyleft of its own files only.
const ALLOWED: [&str; 14] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that name a licence file instead of an expression, each read and found permissive.
const READ_BY_HAND: [&str; 0] = [];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(workspace) = &tree.workspace else {
        return Vec::new();
    };
    match Workspace::load_with_dependencies(&workspace.root) {
        Ok(all) => refused(&all.packages),
        Err(error) => vec![Finding::new("Cargo.lock", 0, error.to_string())],
    }
}

fn refused(packages: &[Package]) -> Vec<Finding> {
    let foreign = packages.iter().filter(|package| package.source.is_some());
    foreign
        .filter(|package| !READ_BY_HAND.contains(&package.name.as_str()))
        .filter(|package| !package.license.as_deref().is_some_and(is_allowed))
        .map(|package| {
            let licence = package.license.as_deref().unwrap_or("no licence expression");
            let message = format!("{} {}: {licence}", package.name, package.version);
            Finding::new("Cargo.lock", 0, message)
        })
        .collect()
}

/// Whether an SPDX expression can be satisfied with allowed licences alone.
///
/// `AND` binds closer than `OR`; the old spelling `A/B` means `A OR B`.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut at = 0;
    either(&words, &mut at) && at == words.len()
}

fn either(words: &[&str], at: &mut usize) -> bool {
    let mut satisfied = both(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        satisfied |= both(words, at);
    }
    satisfied
}

fn both(words: &[&str], at: &mut usize) -> bool {
    let mut satisfied = single(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        satisfied &= single(words, at);
    }
    satisfied
}

fn single(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if *word == "(" {
        let inner = either(words, at);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return inner && closed;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or_default();
        *at += 2;
        // An exception only ever adds permissions.
        return ALLOWED.contains(&format!("{word} WITH {exception}").as_str()) || ALLOWED.contains(word);
    }
    ALLOWED.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_has_them() {
        let cases = [
            ("MIT", true),
            ("MIT OR GPL-3.0-only", true),
            ("MIT/Apache-2.0", true),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("Apache-2.0 WITH LLVM-exception OR MIT", true),
            ("GPL-2.0-only WITH Classpath-exception-2.0", false),
            ("GPL-3.0-only", false),
            ("MIT AND GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT AND AGPL-3.0-only", false),
            ("BUSL-1.1", false),
            ("(MIT", false),
            ("MIT Apache-2.0", false),
            ("", false),
        ];
        for (expression, expected) in cases {
            assert_eq!(is_allowed(expression), expected, "{expression}");
        }
    }

    #[test]
    fn only_foreign_packages_are_asked() {
        let package = |name: &str, license: Option<&str>, source: Option<&str>| -> Package {
            serde_json::from_value(serde_json::json!({
                "name": name, "version": "1.0.0", "license": license, "source": source,
                "manifest_path": "/p/Cargo.toml",
            }))
            .unwrap()
        };
        let packages = [
            package("ours", None, None),
            package("good", Some("MIT"), Some("registry")),
            package("closed", Some("BUSL-1.1"), Some("registry")),
            package("silent", None, Some("registry")),
        ];
        let lines: Vec<_> = refused(&packages).iter().map(|f| f.line("licences")).collect();
        assert_eq!(
            lines,
            ["Cargo.lock:0: [licences] closed 1.0.0: BUSL-1.1", "Cargo.lock:0: [licences] silent 1.0.0: no licence expression",]
        );
    }
}
