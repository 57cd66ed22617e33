//! What the documents tell a reader to type exists: each `cor` and `cargo xtask` line in them is known to the program it names.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use cor_kit::paths;

/// A line to type, and where it stands.
struct Line {
    place: String,
    words: Vec<String>,
}

#[test]
fn every_command_in_the_documents_is_known() {
    let mut documents = vec![paths::repository("README.md"), paths::repository("CHANGELOG.md")];
    documents.extend(files(&paths::repository("docs"), "md"));
    let lines: Vec<Line> = documents.iter().flat_map(|file| typed(file)).collect();
    assert!(lines.len() >= 7, "the README alone has more than {}", lines.len());
    let unknown: Vec<_> = lines.iter().filter_map(refusal).collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// A route that clients cannot read about is found by reading the source, or not at all.
#[test]
fn every_route_of_the_keeper_is_documented() {
    let page = std::fs::read_to_string(paths::repository("docs/keeper-http.md")).expect("the page");
    let sources = files(&paths::repository("keeper"), "rs");
    // Servers in tests are not ours.
    let sources = sources.into_iter().filter(|file| file.iter().any(|part| part == "src"));
    let text: String = sources.map(|file| std::fs::read_to_string(file).expect("a file")).collect();
    let routes: Vec<_> = text.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(routes.len() >= 4, "{routes:?}");
    let missing: Vec<_> = routes.iter().filter(|route| !page.contains(&format!(" {route}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The page lists each flag of the chain, so that whoever comes from Anvil sees what is there.
#[test]
fn every_flag_of_the_chain_is_documented() {
    let page = std::fs::read_to_string(paths::repository("docs/dev-chain.md")).expect("the page");
    let table = page.split("## Flags").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("its table");
    let output = Command::new(paths::cor()).args(["chain", "--help"]).output().expect("the program starts");
    let help = String::from_utf8(output.stdout).expect("help is text");
    // A line of help that begins with a flag: `-p, --port <PORT>`, `    --host <HOST>`.
    let flag = |line: &str| {
        let line = line.trim_start();
        let long = line.split_once(", ").filter(|(short, _)| short.len() == 2).map_or(line, |(_, long)| long);
        long.starts_with("--").then(|| long.split([' ', '[', ',', '.']).next().unwrap_or_default().to_owned())
    };
    // Those of every command, which are no flags of the chain.
    let common = ["--help", "--json", "--version"];
    let flags: Vec<_> = help.lines().filter_map(flag).filter(|flag| !common.contains(&flag.as_str())).collect();
    assert!(flags.len() > 40, "{help}");
    let missing: Vec<_> = flags.iter().filter(|flag| !table.contains(&format!("`{flag}`"))).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

/// The files with an ending in a folder and all below it.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, found): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let found = found.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == ending));
    found.chain(folders.iter().flat_map(|folder| files(folder, ending))).collect()
}

/// The lines in the code blocks of a document that begin with one of our commands. Drawings are blocks of `text`.
fn typed(file: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(file).expect("a document");
    let (mut inside, mut drawing) = (false, false);
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            (inside, drawing) = (!inside, language == "text");
            continue;
        }
        let line = line.trim().trim_start_matches("$ ");
        if inside && !drawing && (line.starts_with("cor ") || line.starts_with("cargo xtask ")) {
            lines.push(Line { place: format!("{}:{}", file.display(), index + 1), words: words(line) });
        }
    }
    lines
}

/// Words as a shell splits them, as far as our documents use it: quotes, comments and what follows a pipe or a background mark.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, '#' | '|' | '&' | '>' | ';') => break,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().expect("it begins with one").push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    // A variable of the reader's shell is a number in our documents, as that of a session.
    words.iter_mut().filter(|word| word.starts_with('$')).for_each(|word| *word = "1".to_owned());
    words
}

/// Asks the program for help on exactly this line: an unknown command or option is refused before help is printed.
fn refusal(line: &Line) -> Option<String> {
    let words = &line.words;
    let (program, arguments) = match words[0].as_str() {
        // What follows these is passed on: to `cor dev`, whose word counts, and to what measures.
        "cargo" if words.get(2).is_some_and(|command| command == "dev") => (paths::cor(), &words[2..]),
        "cargo" if words.get(2).is_some_and(|command| command == "bench") => (paths::program("xtask"), &words[2..3]),
        "cargo" => (paths::program("xtask"), &words[2..]),
        _ => (paths::cor(), &words[1..]),
    };
    let output = Command::new(program).args(arguments).arg("--help").output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then(|| format!("{}: {}: {errors}", line.place, words.join(" ")))
}
