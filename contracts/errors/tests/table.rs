//! The table as a whole: unique, well formed, and printed as the catalogue.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use cor_errors::{
    Class, Coded, Entry, Report,
    table::{self, pay},
};

/// Set and not empty: the catalogue is written and not compared.
const BLESS: &str = "COR_BLESS";
/// Where the catalogue lies, from the repository's root.
const CATALOGUE: &str = "docs/generated/errors.md";

#[test]
fn codes_names_and_selectors_are_unique() {
    let (mut codes, mut names, mut selectors) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for entry in table::all() {
        assert!(codes.insert(entry.code), "{} twice", entry.code);
        assert!(names.insert(entry.name), "{} is the name of two errors", entry.name);
        assert!(entry.selector.is_none_or(|selector| selectors.insert(selector)), "selector of {}", entry.code);
    }
}

#[test]
fn rows_are_well_formed() {
    for area in table::AREAS {
        let mut last = 0;
        assert!((2..=8).contains(&area.name.len()) && area.name.bytes().all(|byte| byte.is_ascii_uppercase()), "{}", area.name);
        for entry in area.entries {
            let Entry { code, name, status, sentence, next, .. } = entry;
            let number = code.strip_prefix(area.name).and_then(|rest| rest.strip_prefix('-')).expect(code);
            assert!(number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
            let number: u16 = number.parse().expect("three digits");
            assert!(number > last, "{code} is out of order");
            last = number;
            assert!(name.starts_with(|letter: char| letter.is_ascii_uppercase()), "{code}: {name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}: {name}");
            assert!(status.is_none_or(|status| (400..600).contains(&status)), "{code}: {status:?}");
            assert!(sentence.ends_with('.') && next.ends_with('.'), "{code}: a sentence ends with a full stop");
        }
    }
}

/// A fault of ours or of a peer is never blamed on who asked.
#[test]
fn statuses_go_with_classes() {
    for entry in table::all() {
        let Some(status) = entry.status else { continue };
        let of_server = (500..600).contains(&status);
        match entry.class {
            Class::Bug | Class::Peer => assert!(of_server, "{}", entry.code),
            Class::Transient => assert!(of_server || [408, 429].contains(&status), "{}", entry.code),
            Class::Caller => assert!((400..500).contains(&status), "{}", entry.code),
            Class::Chain => assert!(of_server || (400..500).contains(&status), "{}", entry.code),
        }
    }
}

#[derive(Debug)]
struct Short;

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("5 COR prepaid, 6 COR needed")
    }
}

impl std::error::Error for Short {}

impl Coded for Short {
    fn entry(&self) -> &'static Entry {
        &pay::INSUFFICIENT_BALANCE
    }
}

#[test]
fn a_report_has_code_sentence_and_next_step() {
    let report = Report::new(&Short);
    assert_eq!(report.to_string(), "PAY-001: 5 COR prepaid, 6 COR needed");
    assert_eq!(format!("{report:#}"), "PAY-001: 5 COR prepaid, 6 COR needed. Deposit the difference, or ask for less.");
    assert_eq!((Short.code(), Short.class(), report.entry().status), ("PAY-001", Class::Chain, Some(402)));
}

/// Code and class have one source, the row: an error that gives its own would lose it in a wrapper, which forwards the row only.
#[test]
fn no_error_overrides_what_its_row_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders: Vec<_> = ["anvil", "contracts", "keeper", "scripts", "sol"].map(|folder| root.join(folder)).into();
    let mut implemented = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&entry).expect("a source file");
                for block in text.split("\nimpl Coded for ").skip(1) {
                    let block = block.split_once("\n}").map_or(block, |(block, _)| block);
                    implemented += 1;
                    assert_eq!(block.matches("fn ").count(), 1, "{}: only `entry` is for an error to write", entry.display());
                }
            }
        }
    }
    assert!(implemented > 20, "{implemented} errors found");
}

#[test]
fn golden_catalogue() {
    let catalogue = catalogue();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(CATALOGUE);
    if std::env::var_os(BLESS).is_some_and(|value| !value.is_empty()) {
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        fs::write(&path, &catalogue).expect("the catalogue is written");
        return;
    }
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{CATALOGUE}: {error}; made by `cargo xtask bless`"));
    for (number, (old, new)) in golden.lines().zip(catalogue.lines()).enumerate() {
        assert_eq!(old, new, "{CATALOGUE}:{}; if that is meant: cargo xtask bless", number + 1);
    }
    assert_eq!(golden.len(), catalogue.len(), "{CATALOGUE} is longer or shorter; if that is meant: cargo xtask bless");
}

/// The table as a document.
fn catalogue() -> String {
    let mut text = String::from(
        "# Errors\n\n\
         Every error of the project, by area. The code is stable; the sentence of a case has its numbers. Generated from the table in\n\
         `contracts/errors/src/table` by `cargo xtask bless`; do not edit.\n\n\
         - Selector: the first four bytes of the revert data, for an error that a contract reverts with.\n\
         - Class: `caller` (the request or a setting is wrong), `chain` (the chain refuses in its present state), `peer` (the other side misbehaves),\n  \
         `transient` (try again later), `bug` (a fault in the program).\n\
         - HTTP: the status with which an edge answers; empty for what is not for a client. Exit: the exit code of a command.\n",
    );
    for area in table::AREAS {
        // Writing to a string does not fail.
        let _ = write!(text, "\n## {}\n\n{}\n\n", area.name, area.about.trim());
        text.push_str("| code | name | selector | class | HTTP | exit | what happened | what to do next |\n");
        text.push_str("|---|---|---|---|---|---|---|---|\n");
        for entry in area.entries {
            let Entry { code, name, selector, class, status, exit, sentence, next } = entry;
            let selector = selector.map_or_else(String::new, |selector| format!("`0x{:08x}`", u32::from_be_bytes(selector)));
            let (class, exit) = (class.name(), exit.number());
            let status = status.map_or_else(String::new, |status| status.to_string());
            let _ = writeln!(text, "| {code} | {name} | {selector} | {class} | {status} | {exit} | {sentence} | {next} |");
        }
    }
    text
}
