//! Rule: the identity of an error is written once, in the table, and is shown at the edge only.

use std::ops::RangeInclusive;

use super::rust::RustFile;
use super::tree::{Finding, RULES_FOLDER, Tree};
use crate::workspace::Package;

/// Where codes are written.
const TABLE: &str = "contracts/errors/src/table/";
/// What puts code, sentence and next step together: what faces a person or the network. A trace of the dev chain has the reason of a
/// failed call in a field of its own.
const EDGES: [&str; 6] =
    ["keeper/edge/", "keeper/cor/", "scripts/xtask/", "test/bench/", "anvil/node/src/rpc/", "anvil/node/src/chain/read/trace.rs"];
/// The crate of the table, which defines the report.
const LEAF: &str = "contracts/errors/";
/// Letters of an area.
const AREA_LETTERS: RangeInclusive<usize> = 2..=8;
/// Digits of a number.
const DIGITS: usize = 3;
/// Names of other people's standards that have the same form.
const STANDARDS: [&str; 5] = ["EIP", "ERC", "RFC", "SHA", "UTF"];
/// A field of a row.
const NEXT_STEP: &[&str] = &[".", "next"];
/// What only a report may say: a row, its code and its next step, and the report itself.
const OF_A_REPORT: [&[&str]; 4] = [NEXT_STEP, &[".", "entry", "("], &[".", "code", "("], &["Report", "::", "new"]];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        findings.extend(codes(file));
        findings.extend(reports(file));
        findings.extend(baked_in(file));
    }
    let packages = tree.workspace.iter().flat_map(|workspace| workspace.packages.iter());
    findings.extend(packages.filter_map(uncoded));
    findings
}

/// A code in a literal outside of the table. Tests name codes, to hold them.
fn codes(file: &RustFile) -> Vec<Finding> {
    if file.path.starts_with(TABLE) || file.path.starts_with(RULES_FOLDER) || file.path.starts_with("test/") && !speaks(file) {
        return Vec::new();
    }
    let literals = file.tokens.iter().enumerate().filter(|(at, token)| token.text.starts_with('"') && !is_doc(file, *at));
    let found = literals.filter(|(_, token)| !file.in_test(token.line)).filter_map(|(_, token)| {
        let code = code_in(&token.text)?;
        let message = format!("`{code}` is written in {TABLE} only: name the entry, and let the edge show it");
        Some(Finding::new(&file.path, token.line, message))
    });
    found.collect()
}

/// Whether a file under `test/` belongs to a program and not to tests.
fn speaks(file: &RustFile) -> bool {
    file.path.starts_with("test/bench/")
}

/// Whether a literal is a doc comment: those are `#[doc = "…"]` in the tokens.
fn is_doc(file: &RustFile, at: usize) -> bool {
    let before = at.checked_sub(2).map(|from| &file.tokens[from..at]);
    before.is_some_and(|pair| pair[0].text == "doc" && pair[1].text == "=")
}

/// The first `AREA-NNN` that stands in a text by itself.
fn code_in(text: &str) -> Option<&str> {
    let part_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    text.split(|letter: char| !part_of_word(letter)).find(|word| {
        let Some((area, number)) = word.split_once('-') else { return false };
        AREA_LETTERS.contains(&area.len())
            && area.bytes().all(|byte| byte.is_ascii_uppercase())
            && number.len() == DIGITS
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !STANDARDS.contains(&area)
    })
}

/// A report made where nobody reads it: inside, an error is a value.
fn reports(file: &RustFile) -> Vec<Finding> {
    let at_edge = EDGES.iter().chain([&LEAF, &RULES_FOLDER]).any(|folder| file.path.starts_with(folder));
    if at_edge {
        return Vec::new();
    }
    let lines = file.find(&["Report", "::", "new"]).map(|at| file.tokens[at].line);
    lines
        .filter(|line| !file.in_test(*line))
        .map(|line| Finding::new(&file.path, line, "an error is shown at the edge only: hand the value on"))
        .collect()
}

/// A code or a next step in the text of an error itself: it is nested in others, where they would be the wrong ones, or there twice.
fn baked_in(file: &RustFile) -> Vec<Finding> {
    if file.path.starts_with(LEAF) || file.path.starts_with(RULES_FOLDER) {
        return Vec::new();
    }
    // `#[error(…)]`, and the body of `impl Display for …`.
    let attributes = file.find(&["#", "[", "error", "("]).filter_map(|at| file.group(at + 3));
    let displays = file.find(&["Display", "for"]).filter_map(|at| {
        let open = file.tokens[at..].iter().position(|token| token.text == "{")?;
        file.group(at + open)
    });
    // An iterator's `next()` is no next step.
    let is_call = |at: usize| file.tokens.get(at + 2).is_some_and(|token| token.text == "(");
    let said: Vec<_> = OF_A_REPORT
        .into_iter()
        .flat_map(|words| file.find(words).filter(move |at| words != NEXT_STEP || !is_call(*at)))
        .filter(|at| !file.in_test(file.tokens[*at].line))
        .collect();
    let first_in = |text: RangeInclusive<usize>| said.iter().copied().filter(|at| text.contains(at)).min();
    let message = "the text of an error has no code and no next step: the report adds them";
    let found = attributes.chain(displays).filter_map(first_in);
    found.map(|at| Finding::new(&file.path, file.tokens[at].line, message)).collect()
}

/// A package that makes errors with `thiserror` and has no table to name rows of.
fn uncoded(package: &Package) -> Option<Finding> {
    let uses = |name: &str| package.dependencies.iter().any(|dependency| dependency.name == name && dependency.kind.is_none());
    let message = format!("`{}` has errors and does not use `cor-errors`: each error names its row", package.name);
    let ours = package.source.is_none();
    (ours && uses("thiserror") && !uses("cor-errors")).then(|| Finding::new("Cargo.toml", 0, message))
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        places(check(&Tree::sample(&[(path, text)])))
    }

    #[test]
    fn a_code_or_a_report_in_the_wrong_place_is_found() {
        let bad = [
            ("keeper/ports/src/chain.rs", "#[error(\"CHN-001 it failed\")] struct E;"),
            ("keeper/cor/src/error.rs", "fn code() -> &'static str { \"CLI-004\" }"),
            ("contracts/errors/src/report.rs", "const CODE: &str = \"PAY-001\";"),
            ("anvil/node/src/evm/program.rs", "fn f() -> String { format!(\"EVM-107: {x}\") }"),
            ("test/bench/src/error.rs", "#[error(\"BENCH-001: {path}\")] struct E;"),
            ("keeper/service/src/keeper.rs", "fn f(e: &E) { warn!(\"{}\", Report::new(e)) }"),
            ("anvil/node/src/chain/mine.rs", "fn f(e: &E) -> String { cor_errors::Report::new(e).to_string() }"),
            ("anvil/node/src/arbos/failure.rs", "#[error(\"{why} ({at}). {}\", .why.entry().next)] struct E;"),
            ("anvil/node/src/rpc/error.rs", "#[error(\"{}\", Report::new(.0))] struct E(F);"),
            ("keeper/cor/src/error.rs", "impl fmt::Display for E { fn fmt(&self) { write!(f, \"{}\", self.row.next) } }"),
            ("keeper/cor/src/error.rs", "impl fmt::Display for E { fn fmt(&self) { f.write_str(self.0.code()) } }"),
        ];
        for (path, text) in bad {
            assert_eq!(found(path, text), [format!("{path}:1")], "{text}");
        }
    }

    #[test]
    fn tables_tests_prose_and_edges_are_left_alone() {
        let good = [
            ("contracts/errors/src/table/keeper.rs", "area! { chn \"CHN\": \"CHN-001\" UNKNOWN; }"),
            ("keeper/ports/src/chain.rs", "/// `CHN-001`: prose.\n#[error(\"it failed\")] struct E; // CHN-001"),
            ("keeper/ports/src/chain.rs", "#[cfg(test)] mod tests { const CODE: &str = \"CHN-001\"; }"),
            ("sol/tests/errors.rs", "const CODE: &str = \"PAY-001\";"),
            ("test/e2e/tests/cli/files.rs", "const CODE: &str = \"CLI-003\";"),
            ("anvil/node/src/chain/error/mod.rs", "const TEXT: &str = \"EIP-7702, SHA-256, ERC-20, X-1234, AB-12, ab-123\";"),
            ("keeper/edge/src/lib.rs", "fn f(e: &E) -> String { Report::new(e).to_string() }"),
            ("anvil/node/src/rpc/error.rs", "fn f(e: &E) -> String { Report::new(e).to_string() }"),
            ("keeper/service/src/keeper.rs", "#[cfg(test)] mod tests { fn f(e: &E) { Report::new(e); } }"),
            (
                "anvil/node/src/chain/error/mod.rs",
                "#[error(\"next nonce {next}, tx nonce {got}\")] struct E { next: u64, got: u64 }",
            ),
            ("keeper/cor/src/output.rs", "impl Display for E { fn fmt(&self) { list.next() } } fn f(e: &E) { e.entry().next }"),
        ];
        for (path, text) in good {
            assert_eq!(found(path, text), Vec::<String>::new(), "{path}: {text}");
        }
    }

    #[test]
    fn a_package_with_errors_uses_the_table() {
        let uncoded_with = |dependencies: &[&str]| {
            let dependencies: Vec<_> =
                dependencies.iter().map(|name| serde_json::json!({"name": name, "kind": null, "path": null})).collect();
            let package = serde_json::from_value(serde_json::json!({
                "name": "cor-x", "version": "0.1.0", "license": null, "source": null,
                "manifest_path": "/r/x/Cargo.toml", "dependencies": dependencies,
            }));
            uncoded(&package.unwrap()).is_some()
        };
        assert!(uncoded_with(&["thiserror"]));
        assert!(!uncoded_with(&["thiserror", "cor-errors"]));
        assert!(!uncoded_with(&["serde"]));
    }
}
