//! Rule: things that are never left in the code, each with the reason printed beside it.
//!
//! Branching on the text of an error is looked for in its usual forms: a literal given to `contains`, `starts_with` or `ends_with`
//! shortly behind a name that an error has, and anything compared with, searched in or matched against an error's `.to_string()`. What
//! is not seen: a text that was kept in a variable of another name, a function that is given the text, a comparison with the text on the
//! right, and an error whose name is none of those that are looked for.

use std::collections::BTreeMap;

use super::rust::RustFile;
use super::tree::{Finding, RULES_FOLDER, TextFile, Tree};

/// Where a ban applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Everywhere,
    /// Tests, the test kit and the end-to-end crate.
    Tests,
    /// What is neither a test nor made to speak on a terminal.
    Silent,
}

struct Ban {
    tokens: &'static [&'static str],
    scope: Scope,
    reason: &'static str,
}

const BANS: [Ban; 9] = [
    ban(&["todo", "!"], Scope::Everywhere, "finish it or leave it out"),
    ban(&["unimplemented", "!"], Scope::Everywhere, "finish it or leave it out"),
    ban(&["dbg", "!"], Scope::Everywhere, "left from debugging"),
    ban(&["#", "[", "ignore"], Scope::Everywhere, "a test that does not run proves nothing"),
    ban(&["should_panic"], Scope::Everywhere, "assert the error value, not that something panicked"),
    ban(&["println", "!"], Scope::Silent, "libraries do not print; use tracing"),
    ban(&["print", "!"], Scope::Silent, "libraries do not print; use tracing"),
    ban(&["eprintln", "!"], Scope::Silent, "libraries do not print; use tracing"),
    ban(&["eprint", "!"], Scope::Silent, "libraries do not print; use tracing"),
];

/// Words that mark unfinished work, in code and comments alike.
const WORDS: [&str; 3] = ["FIXME", "XXX", "TODO"];
/// Programs and samples made to speak on a terminal.
const SPEAKING: [&str; 4] = ["keeper/cor/", "scripts/xtask/", "test/bench/", "test/contracts/stranger/"];
const TEXT_TESTS: [&str; 3] = ["contains", "starts_with", "ends_with"];
/// Makes a text of a value.
const MADE_TEXT: [&str; 4] = [".", "to_string", "(", ")"];
/// Methods that give the same text as a `&str`.
const AS_STR: [&str; 4] = ["as_str", "as_ref", "trim", "to_lowercase"];
/// Names that, shortly before a text comparison, say that the text is an error's.
const ERROR_NAMES: [&str; 7] = ["e", "err", "error", "msg", "message", "reason", "stderr"];
/// How far back from a text comparison its receiver is looked for, in tokens.
const RECEIVER_TOKENS: usize = 8;

const fn ban(tokens: &'static [&'static str], scope: Scope, reason: &'static str) -> Ban {
    Ban { tokens, scope, reason }
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        for ban in &BANS {
            let lines = file.find(ban.tokens).map(|at| file.tokens[at].line);
            let breaches = lines.filter(|line| applies(ban.scope, file, *line));
            findings.extend(breaches.map(|line| {
                let message = format!("`{}`: {}", ban.tokens.concat(), ban.reason);
                Finding::new(&file.path, line, message)
            }));
        }
        findings.extend(sleeps(file));
        findings.extend(error_text(file));
    }
    let marked = tree.text.iter().filter(|file| !file.path.starts_with(RULES_FOLDER));
    findings.extend(marked.flat_map(words));
    findings
}

fn applies(scope: Scope, file: &RustFile, line: usize) -> bool {
    match scope {
        Scope::Everywhere => true,
        Scope::Tests => file.in_test(line) || file.path.starts_with("test/"),
        Scope::Silent => {
            let speaking = SPEAKING.iter().any(|folder| file.path.starts_with(folder))
                || file.path.split('/').any(|part| part == "examples")
                || file.path.ends_with("build.rs");
            !speaking && !file.in_test(line)
        }
    }
}

/// A sleep in a test hides a race: any `sleep` that is not a method (of a virtual clock) or its definition.
fn sleeps(file: &RustFile) -> Vec<Finding> {
    let called = file.find(&["sleep"]).filter(|at| {
        let before = at.checked_sub(1).map(|at| file.tokens[at].text.as_str());
        !matches!(before, Some("." | "fn"))
    });
    let lines = called.map(|at| file.tokens[at].line);
    lines
        .filter(|line| applies(Scope::Tests, file, *line))
        .map(|line| Finding::new(&file.path, line, "`sleep` in a test: await the condition instead"))
        .collect()
}

/// Branching on the text of an error: `err.to_string().contains("…")` and its kin.
fn error_text(file: &RustFile) -> Vec<Finding> {
    let mut found = BTreeMap::new();
    for method in TEXT_TESTS {
        for at in file.find(&[".", method, "("]) {
            let literal = file.tokens.get(at + 3).is_some_and(|token| token.text.starts_with('"'));
            if literal && of_error(file, at) {
                found.insert(at, method);
            }
        }
    }
    for at in file.find(&MADE_TEXT) {
        if let Some(how) = branches(file, at).filter(|_| of_error(file, at)) {
            found.insert(at + MADE_TEXT.len(), how);
        }
    }
    let breach = |(at, how): (usize, &str)| {
        let line = file.tokens[at].line;
        let message = format!("`{how}` on an error's text: match its value instead");
        (!file.in_test(line)).then(|| Finding::new(&file.path, line, message))
    };
    found.into_iter().filter_map(breach).collect()
}

/// How what stands behind a text that was made decides by it.
fn branches(file: &RustFile, made: usize) -> Option<&'static str> {
    let text = |at: usize| file.tokens.get(at).map_or("", |token| token.text.as_str());
    let mut end = made + MADE_TEXT.len();
    // As a `&str` it is the same text.
    while text(end) == "." && AS_STR.contains(&text(end + 1)) {
        end += 4;
    }
    match (text(end), text(end + 1)) {
        (".", method) => TEXT_TESTS.into_iter().find(|test| *test == method),
        ("=", "=") => Some("=="),
        ("!", "=") => Some("!="),
        // The arms of a `match`; a block behind a condition is reached by one of the others.
        ("{", arm) if arm.starts_with('"') => Some("match"),
        (",", pattern) if pattern.starts_with('"') && receiver(file, made).any(|token| token == "matches") => Some("matches!"),
        _ => None,
    }
}

fn of_error(file: &RustFile, at: usize) -> bool {
    receiver(file, at).any(|token| ERROR_NAMES.contains(&token))
}

/// What stands before a place in the same expression, from there backwards.
fn receiver(file: &RustFile, at: usize) -> impl Iterator<Item = &str> {
    let before = file.tokens[at.saturating_sub(RECEIVER_TOKENS)..at].iter().rev().map(|token| token.text.as_str());
    before.take_while(|token| !matches!(*token, ";" | "{" | "}" | ","))
}

fn words(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut parts = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        if let Some(word) = parts.find(|part| WORDS.contains(part)) {
            let message = format!("`{word}`: nothing is left for later");
            findings.push(Finding::new(&file.path, index + 1, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        places(check(&Tree::sample(&[(path, text)])))
    }

    #[test]
    fn each_ban_has_a_bad_sample() {
        let bad = [
            ("a/src/lib.rs", "fn f() { todo!() }"),
            ("a/src/lib.rs", "fn f() { m! { dbg!(1) } }"),
            ("a/src/lib.rs", "fn f() { unimplemented!(\"later\") }"),
            ("a/src/lib.rs", "#[test] #[ignore = \"slow\"] fn f() {}"),
            ("a/src/lib.rs", "#[test] #[should_panic] fn f() {}"),
            ("a/src/lib.rs", "fn f() { println!(\"x\") }"),
            ("a/src/lib.rs", "// FIXME: later"),
            ("a/tests/t.rs", "fn f() { std::thread::sleep(d) }"),
            ("a/tests/t.rs", "use tokio::time::{sleep, timeout};"),
            ("test/kit/src/lib.rs", "async fn f() { tokio::time::sleep(d).await }"),
            ("a/src/lib.rs", "fn f() { if err.to_string().contains(\"nonce\") {} }"),
            ("a/src/lib.rs", "fn f() { match e { E(msg) if msg.starts_with(\"x\") => {} } }"),
            ("a/src/lib.rs", "fn f() { if err.to_string().contains(NONCE) {} }"),
            ("a/src/lib.rs", "fn f() { if error.to_string().ends_with('x') {} }"),
            ("a/src/lib.rs", "fn f() { if error.to_string().as_str().starts_with(PREFIX) {} }"),
            ("a/src/lib.rs", "fn f() { if error.to_string() == \"nonce too low\" {} }"),
            ("a/src/lib.rs", "fn f() { if self.error.to_string() != NONCE {} }"),
            ("a/src/lib.rs", "fn f() -> bool { matches!(e.to_string().as_str(), \"nonce too low\") }"),
            ("a/src/lib.rs", "fn f() { match e.to_string().as_str() { \"nonce too low\" => {} _ => {} } }"),
            ("docs/a.md", "XXX"),
        ];
        for (path, text) in bad {
            assert_eq!(found(path, text), [format!("{path}:1")], "{text}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_left_alone() {
        let good = [
            ("a/src/lib.rs", "//! todo!() and dbg!() in prose are prose.\nfn todo() {}"),
            ("a/src/lib.rs", "fn f() { tokio::time::sleep(poll).await_it() }"),
            ("a/tests/t.rs", "async fn f(clock: &Clock) { clock.sleep(d).await }"),
            ("a/src/lib.rs", "fn f() { if path.contains(\"/\") {} }"),
            ("a/tests/t.rs", "fn f() { assert!(err.to_string().contains(\"nonce\")) }"),
            ("a/src/lib.rs", "fn f() { g(&err.to_string()); h(error.to_string().as_str(), \"x\") }"),
            ("a/src/lib.rs", "fn f() { if path.to_string() == NAME && name.to_string().contains(c) {} }"),
            ("a/src/lib.rs", "fn f() { let text = error.to_string(); }"),
            ("keeper/cor/src/main.rs", "fn f() { println!(\"x\") }"),
            ("a/examples/e.rs", "fn f() { println!(\"x\") }"),
            ("a/src/lib.rs", "const MAX_XXX_LEN: u8 = 0;"),
        ];
        for (path, text) in good {
            assert_eq!(found(path, text), Vec::<String>::new(), "{text}");
        }
    }
}
