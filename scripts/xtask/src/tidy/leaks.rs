//! Rule: no absolute path of somebody's machine in anything that is committed and is text, whatever its ending.

use super::tree::{Finding, RULES_FOLDER, TextFile, Tree};

/// First components of paths that exist on one machine only.
const PLACES: [&str; 5] = ["root", "work", "home", "tmp", "Users"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.text.iter().chain(&tree.other).filter(|file| !file.path.starts_with(RULES_FOLDER));
    files.flat_map(leaks).collect()
}

fn leaks(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for (at, _) in line.match_indices('/') {
            if let Some(place) = machine_path(line, at) {
                let message = format!("an absolute path `/{place}/…`: it exists on one machine only");
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    findings
}

/// The first component when an absolute machine path with something below it begins at `at`.
fn machine_path(line: &str, at: usize) -> Option<&'static str> {
    let inside_a_path = |c: char| c.is_alphanumeric() || "._-/}~)$>]*".contains(c);
    if line[..at].chars().next_back().is_some_and(inside_a_path) {
        return None;
    }
    let rest = &line[at + 1..];
    let below = |place: &&str| rest.strip_prefix(*place).is_some_and(|tail| tail.starts_with('/'));
    PLACES.iter().find(|place| below(place)).copied()
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn absolute_machine_paths_are_found_anywhere() {
        let bad = [
            ("a.rs", "const A: &str = \"/root/x\";"),
            ("b.md", "see /home/someone/project"),
            ("c.toml", "path = \"/tmp/x\""),
            ("d.sol", "// (/work/x)"),
            ("e.json", "{\"file\": \"/home/someone/a\"}"),
            (".npmrc", "cache=/root/.npm"),
            ("f/.gitignore", "/tmp/x"),
        ];
        for (path, text) in bad {
            let found = places(check(&Tree::sample(&[(path, text)])));
            assert_eq!(found, [format!("{path}:1")], "{text}");
        }
    }

    #[test]
    fn relative_paths_routes_and_urls_are_fine() {
        let good = "target/work/x ./tmp/y https://example.org/home/ {dir}/tmp/z $HOME/work/ /api/v2 /tmpfs/x";
        assert_eq!(check(&Tree::sample(&[("a.md", good)])), []);
        // Lock files of npm name its registry by design.
        let lock = "\"resolved\": \"https://registry.npmjs.org/tmp/-/tmp-0.2.3.tgz\", \"bin\": \"bin/root/work/home\"";
        assert_eq!(check(&Tree::sample(&[("package-lock.json", lock)])), []);
    }
}
