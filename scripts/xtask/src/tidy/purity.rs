//! Rule: the core and the keeper's machines are integers and state: no floats, no clock, no IO, no waiting.
//!
//! Both are compiled for two worlds or replayed from a journal; a clock or a float in either would
//! make two runs of the same input differ.

use super::rust::{RustFile, Token};
use super::tree::{Finding, Tree};

const CORE: &str = "contracts/core/src/";
const MACHINES: &str = "keeper/service/src/machine";
const FLOATS: [&str; 2] = ["f32", "f64"];
/// Words with which time, chance, files, the network or threads come in.
const OUTSIDE: [&str; 17] = [
    "SystemTime",
    "Instant",
    "Utc",
    "async",
    "await",
    "tokio",
    "reqwest",
    "sqlx",
    "rand",
    "thread",
    "fs",
    "net",
    "env",
    "process",
    "io",
    "chrono",
    "tracing",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust.iter().filter(|file| !file.is_test()) {
        let core = file.path.starts_with(CORE);
        if core || file.path.starts_with(MACHINES) {
            findings.extend(impurities(file, core));
        }
    }
    findings
}

fn impurities(file: &RustFile, core: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, token) in file.tokens.iter().enumerate() {
        if file.in_test(token.line) {
            continue;
        }
        let word = token.text.as_str();
        let problem = if FLOATS.contains(&word) || is_float(token) {
            "a float: results would differ between machines"
        } else if core && word == "std" {
            "`std` in the core, which is compiled without it"
        } else if OUTSIDE.contains(&word) && names_a_path(file, at) {
            "reaches outside: pass the value in, or return an action"
        } else {
            continue;
        };
        findings.push(Finding::new(&file.path, token.line, format!("`{word}`: {problem}")));
    }
    findings
}

/// A word followed or preceded by `::`, a type name, or a keyword; a local called `env` is fine.
fn names_a_path(file: &RustFile, at: usize) -> bool {
    let text = |at: Option<usize>| at.and_then(|at| file.tokens.get(at)).map(|t| t.text.as_str());
    let word = file.tokens[at].text.as_str();
    word.starts_with(char::is_uppercase)
        || matches!(word, "async" | "await")
        || text(at.checked_sub(1)) == Some("::")
        || text(Some(at + 1)) == Some("::")
}

fn is_float(token: &Token) -> bool {
    let text = token.text.as_str();
    text.starts_with(|c: char| c.is_ascii_digit())
        && !text.starts_with("0x")
        && (text.contains('.') || text.ends_with("f32") || text.ends_with("f64"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn outside_words_are_found_in_core_and_machines_only() {
        let bad = [
            "fn f(x: f64) {}",
            "const A: u8 = 1.5 as u8;",
            "use std::time::Instant;",
            "fn f() { let now = SystemTime::now(); }",
            "async fn f() {}",
            "fn f() { tokio::spawn(g); }",
        ];
        for text in bad {
            for path in ["contracts/core/src/a.rs", "keeper/service/src/machine/a.rs"] {
                let found = places(check(&Tree::sample(&[(path, text)])));
                assert!(found.contains(&format!("{path}:1")), "{path}: {text}");
            }
            let elsewhere = Tree::sample(&[("keeper/service/src/service.rs", text)]);
            assert_eq!(check(&elsewhere), []);
        }
    }

    #[test]
    fn std_is_refused_in_the_core_and_collections_are_fine_in_a_machine() {
        let text = "use std::collections::BTreeMap;";
        let core = Tree::sample(&[("contracts/core/src/a.rs", text)]);
        assert_eq!(places(check(&core)), ["contracts/core/src/a.rs:1"]);
        let machine = Tree::sample(&[("keeper/service/src/machine.rs", text)]);
        assert_eq!(check(&machine), []);
    }

    #[test]
    fn plain_values_and_tests_are_fine() {
        let text = "fn f(env: u64, now: u64) -> u64 { env + now + 0x1f32 + (1, 2).0 }\n\
                    #[cfg(test)]\nmod tests { use std::fs; }";
        let tree = Tree::sample(&[("contracts/core/src/a.rs", text)]);
        assert_eq!(check(&tree), []);
    }
}
