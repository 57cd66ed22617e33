//! Anvil's flags: each is a flag of `cor chain`, or `cor chain` says why it is not.

use std::{collections::BTreeSet, process::Command};

use cor_kit::{foreign::client, paths};

/// Flags that `cor chain` has with another meaning: Anvil's `-s` is its `-i`.
const OTHER: [&str; 1] = ["-s"];

/// All flags in a text of help, long and short.
fn flags(help: &str) -> BTreeSet<String> {
    // A flag begins its line, or stands in a list of aliases; elsewhere it is spoken of.
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-') || line.starts_with("[aliases: "));
    let words = lines.flat_map(|line| line.trim_start_matches("[aliases: ").split([' ', ',', ']', '.', '=']));
    words.filter(|word| word.starts_with('-') && word.len() > 1).map(str::to_owned).collect()
}

#[test]
fn each_flag_of_anvil_is_here_or_explained() {
    let help = Command::new(client("node_modules/.bin/anvil")).arg("--help").output().expect("anvil starts");
    let flags = flags(&String::from_utf8_lossy(&help.stdout));
    assert!(flags.len() > 70 && flags.contains("--fork-url") && flags.contains("--no-mine"), "{flags:?}");
    let mut unexplained = Vec::new();
    for flag in flags.iter().filter(|flag| !OTHER.contains(&flag.as_str())) {
        let output = Command::new(paths::cor()).args(["chain", flag, "--help"]).output().expect("cor starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        let is_explained = errors.contains("tip: it is not here") || errors.contains("tip: write ");
        if errors.contains("unexpected argument") && !is_explained {
            unexplained.push(errors.into_owned());
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}
