//! Rule: a file of the repository that an end-to-end test asks for is in the table by which `cargo xtask test --changed` chooses tests.
//!
//! What is looked at is `repository("…")`, by a literal or a constant of the same file, in `test/e2e/tests` and in the test kit. A path
//! that is put together otherwise is a finding: it cannot be looked up. Paths in `include_str!` and those that other crates make from
//! `CARGO_MANIFEST_DIR` are not seen.

use std::collections::BTreeSet;

use super::rust::RustFile;
use super::tree::{Finding, Tree};
use crate::select::{CONTRACT_TESTS, READ_BY, Reader, TOOL_TESTS};

/// The end-to-end tests: a file or a folder here is a program.
const E2E: &str = "test/e2e/tests/";
/// The test kit, which asks on behalf of any test.
const KIT: &str = "test/kit/";
/// The table.
const TABLE: &str = "scripts/xtask/src/select/reads.rs";
/// Where the function is defined.
const DEFINED: &str = "test/kit/src/paths.rs";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let asks = |file: &&RustFile| (file.path.starts_with(E2E) || file.path.starts_with(KIT)) && file.path != DEFINED;
    let mut findings: Vec<_> = tree.rust.iter().filter(asks).flat_map(unknown).collect();
    if let Some(workspace) = &tree.workspace {
        let packages: Vec<_> = workspace.packages.iter().map(|package| package.name.as_str()).collect();
        findings.extend(gone(tree, &packages));
    }
    findings
}

/// End-to-end tests and packages that are named and are not there: a new name would no longer be chosen, and nobody would see it.
fn gone(tree: &Tree, packages: &[&str]) -> Vec<Finding> {
    let readers = READ_BY.iter().map(|(_, reader)| *reader);
    let named = TOOL_TESTS.iter().chain([&CONTRACT_TESTS]).map(|name| Reader::E2e(name));
    let is_program = |name: &str| {
        let (file, folder) = (format!("{E2E}{name}.rs"), format!("{E2E}{name}/"));
        tree.rust.iter().any(|rust| rust.path == file || rust.path.starts_with(&folder))
    };
    let message = |reader: Reader| match reader {
        Reader::E2e(name) if !is_program(name) => Some(format!("`{name}` is no end-to-end test")),
        Reader::Package(name) if !packages.contains(&name) => Some(format!("`{name}` is no package")),
        _ => None,
    };
    let messages: BTreeSet<_> = readers.chain(named).filter_map(message).collect();
    messages.into_iter().map(|message| Finding::new(TABLE, 0, message)).collect()
}

fn unknown(file: &RustFile) -> Vec<Finding> {
    let program = file.path.strip_prefix(E2E).and_then(|path| path.split('/').next());
    let program = program.map(|name| name.strip_suffix(".rs").unwrap_or(name));
    let mut findings = Vec::new();
    for at in file.find(&["repository", "("]) {
        let line = file.tokens[at].line;
        let Some(path) = path_at(file, at + 2) else {
            findings.push(Finding::new(
                &file.path,
                line,
                "a path of the repository is a literal or a constant, so that it can be looked up",
            ));
            continue;
        };
        if !is_known(path, program) {
            let reader = program.unwrap_or("a test");
            let message = format!("`{path}` is read by `{reader}`: say so in READ_BY of {TABLE}");
            findings.push(Finding::new(&file.path, line, message));
        }
    }
    findings
}

/// The text that is given to the function: a literal, or a constant of the file.
fn path_at(file: &RustFile, at: usize) -> Option<&str> {
    let [argument, close] = file.tokens.get(at..at + 2)? else { return None };
    if close.text != ")" {
        return None;
    }
    let literal = if argument.text.starts_with('"') {
        argument
    } else {
        // `const NAME: &str = "…"`
        let defined = file.find(&["const", &argument.text, ":", "&", "str", "="]).next()?;
        file.tokens.get(defined + 6)?
    };
    literal.text.strip_prefix('"')?.strip_suffix('"')
}

/// Whether a row gives the path to the program; to any, when the kit asks. The whole repository is given to nobody: who compiles it
/// is known by its crates.
fn is_known(path: &str, program: Option<&str>) -> bool {
    let gives = |reader: Reader| match (reader, program) {
        (Reader::EveryE2e, _) | (Reader::E2e(_), None) => true,
        (Reader::E2e(name), Some(program)) => name == program,
        (Reader::Suite(_) | Reader::Package(_), _) => false,
    };
    // A folder may be asked for without its slash, and of a folder some parts may be given apart.
    let meets = |row: &str| path.starts_with(row.trim_end_matches('/')) || row.starts_with(path);
    path.is_empty() || READ_BY.iter().any(|(row, reader)| meets(row) && gives(*reader))
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        places(check(&Tree::sample(&[(path, text)])))
    }

    #[test]
    fn a_path_that_the_table_lacks_is_found() {
        let bad = [
            ("test/e2e/tests/docs.rs", "fn f() { paths::repository(\"LICENSE-MIT\") }"),
            ("test/e2e/tests/network.rs", "fn f() { paths::repository(\"docs/dev-chain.md\") }"),
            (
                "test/e2e/tests/stranger/page.rs",
                "fn f() { paths::repository(PAGE) } const PAGE: &str = \"docs/howto/add-contract.txt\";",
            ),
            ("test/e2e/tests/docs.rs", "fn f() { paths::repository(&format!(\"docs/{x}\")) }"),
            ("test/kit/src/goldens.rs", "fn f() { crate::paths::repository(\"test/silver\") }"),
        ];
        for (path, text) in bad {
            assert_eq!(found(path, text), [format!("{path}:1")], "{text}");
        }
    }

    #[test]
    fn known_paths_and_other_functions_are_fine() {
        let good = [
            ("test/e2e/tests/docs.rs", "fn f() { paths::repository(\"docs/keeper-http.md\"); paths::repository(\"keeper\") }"),
            (
                "test/e2e/tests/foreign/page.rs",
                "const PAGE: &str = \"docs/howto/call-from-viem-or-cast.md\"; fn f() { repository(PAGE) }",
            ),
            ("test/e2e/tests/foreign_howto.rs", "fn f() { paths::repository(\"\") }"),
            ("test/kit/src/goldens.rs", "fn f() { crate::paths::repository(\"test/goldens\") }"),
            ("test/kit/src/paths.rs", "fn repository(path: &str) -> PathBuf { todo(path) }"),
            ("scripts/xtask/src/select/changed.rs", "fn f() { repository(branch) }"),
        ];
        for (path, text) in good {
            assert_eq!(found(path, text), Vec::<String>::new(), "{path}: {text}");
        }
    }

    #[test]
    fn a_name_that_is_no_longer_there_is_found() {
        let programs = ["contracts/main", "docs", "foreign/main", "foreign_cargo_stylus", "foreign_howto", "stranger/main"];
        let files = programs.map(|name| format!("{E2E}{name}.rs"));
        let of = |files: &[String], packages: &[&str]| {
            let files: Vec<_> = files.iter().map(|path| (path.as_str(), "//! Tests.")).collect();
            places(gone(&Tree::sample(&files), packages))
        };
        assert_eq!(of(&files, &["cor-errors", "cor-stylus-vm"]), Vec::<String>::new());
        assert_eq!(of(&files, &["cor-errors"]), [format!("{TABLE}:0")]);
        for missing in 0..files.len() {
            let mut files = files.to_vec();
            files.remove(missing);
            assert_eq!(of(&files, &["cor-errors", "cor-stylus-vm"]), [format!("{TABLE}:0")], "{missing}");
        }
    }
}
