//! Rule: a test that a document names exists.
//!
//! What is looked at is `` `path.rs::function` `` in the documents under `docs/`. The path is a file's, or the end of one, in whole folders; one
//! file with that end must have a test of this name: a function with an attribute in which the word `test` stands, in a macro too.

use super::rust::RustFile;
use super::tree::{Finding, TextFile, Tree};

/// Where documents lie.
const DOCUMENTS: &str = "docs/";
/// Between a file and its function.
const MARK: &str = ".rs::";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let documents = tree.text.iter().filter(|file| file.path.starts_with(DOCUMENTS) && file.path.ends_with(".md"));
    documents.flat_map(|document| unknown(tree, document)).collect()
}

fn unknown(tree: &Tree, document: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in document.text.lines().enumerate() {
        // What stands between backticks is every second part.
        for code in line.split('`').skip(1).step_by(2) {
            let Some((path, function)) = code.split_once(MARK) else { continue };
            if let Err(message) = look(tree, &format!("{path}.rs"), function) {
                findings.push(Finding::new(&document.path, index + 1, message));
            }
        }
    }
    findings
}

fn look(tree: &Tree, path: &str, function: &str) -> Result<(), String> {
    let end = format!("/{path}");
    let files: Vec<_> = tree.rust.iter().filter(|file| file.path == path || file.path.ends_with(&end)).collect();
    let having = files.iter().filter(|file| has_test(file, function)).count();
    match (files.len(), having) {
        (0, _) => Err(format!("there is no file `{path}`")),
        (_, 0) => Err(format!("`{path}` has no test `{function}`")),
        (_, 1) => Ok(()),
        _ => Err(format!("{having} files that end in `{path}` have a test `{function}`: write more of the path")),
    }
}

/// Whether a function of this name has an attribute of a test.
fn has_test(file: &RustFile, function: &str) -> bool {
    file.find(&["fn", function]).any(|at| {
        let mut before = &file.tokens[..at];
        while let Some((last, rest)) = before.split_last() {
            match last.text.as_str() {
                "async" | "pub" => before = rest,
                "]" => {
                    let Some(open) = opening(rest.iter().map(|token| token.text.as_str())) else { return false };
                    if rest[open..].iter().any(|token| token.text == "test") {
                        return true;
                    }
                    // And the `#` before the bracket.
                    before = &rest[..open.saturating_sub(1)];
                }
                _ => return false,
            }
        }
        false
    })
}

/// Where the bracket opens that is closed just behind these tokens.
fn opening<'a>(tokens: impl DoubleEndedIterator<Item = &'a str> + ExactSizeIterator) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, text) in tokens.enumerate().rev() {
        match text {
            "]" => depth += 1,
            "[" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    const TESTS: &str = "#[test]\n/// It holds.\nfn it_holds() {}\n#[tokio::test]\nasync fn it_holds_too() {}\nfn helper() {}\n\
        #[allow(dead_code)]\nfn other() {}\nproptest! {\n    #[test]\n    fn always(a: u8) { f(&[[a]]) }\n}\n";

    fn found(page: &str) -> Vec<String> {
        let files = [
            ("a/lane/tests/attacks.rs", TESTS),
            ("a/jury/tests/attacks.rs", TESTS),
            ("b/tests/attacks.rs", "#[test]\nfn alone() {}"),
            ("docs/protocol/page.md", page),
        ];
        places(check(&Tree::sample(&files)))
    }

    #[test]
    fn tests_that_exist_are_fine() {
        let good = "`lane/tests/attacks.rs::it_holds`, `a/jury/tests/attacks.rs::it_holds_too`\n| `lane/tests/attacks.rs::always` | `tests/attacks.rs::alone` |\n`attacks.rs`, a::b";
        assert_eq!(found(good), Vec::<String>::new());
    }

    #[test]
    fn tests_that_do_not_are_found() {
        for bad in [
            "`lane/tests/attacks.rs::it_held`",
            "`lane/tests/attacks.rs::helper`",
            "`lane/tests/attacks.rs::other`",
            "`lane/attacks.rs::it_holds`",
            "`tests/attacks.rs::it_holds`",
            "`e/tests/attacks.rs::it_holds`",
        ] {
            assert_eq!(found(&format!("first\n{bad}")), ["docs/protocol/page.md:2"], "{bad}");
        }
    }
}
