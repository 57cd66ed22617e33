//! Rule: things that are never left in the code, each with the reason printed beside it.

use super::rust::RustFile;
use super::tree::{Finding, TextFile, Tree};

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
/// The rules themselves, which have to name what they ban.
const RULES_FOLDER: &str = "scripts/xtask/src/tidy/";
/// Programs and samples made to speak on a terminal.
const SPEAKING: [&str; 4] = ["keeper/cor/", "scripts/xtask/", "test/bench/", "test/contracts/stranger/"];
const TEXT_TESTS: [&str; 3] = ["contains", "starts_with", "ends_with"];
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
    let mut findings = Vec::new();
    for method in TEXT_TESTS {
        for at in file.find(&[".", method, "("]) {
            let line = file.tokens[at].line;
            let literal = file.tokens.get(at + 3).is_some_and(|t| t.text.starts_with('"'));
            if literal && !file.in_test(line) && of_error(file, at) {
                let message = format!("`{method}` on an error's text: match its value instead");
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings
}

fn of_error(file: &RustFile, at: usize) -> bool {
    let receiver = &file.tokens[at.saturating_sub(RECEIVER_TOKENS)..at];
    receiver
        .iter()
        .rev()
        .take_while(|token| !matches!(token.text.as_str(), ";" | "{" | "}" | ","))
        .any(|token| ERROR_NAMES.contains(&token.text.as_str()))
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
            ("keeper/cor/src/main.rs", "fn f() { println!(\"x\") }"),
            ("a/examples/e.rs", "fn f() { println!(\"x\") }"),
            ("a/src/lib.rs", "const MAX_XXX_LEN: u8 = 0;"),
        ];
        for (path, text) in good {
            assert_eq!(found(path, text), Vec::<String>::new(), "{text}");
        }
    }
}
