//! Rule: a file has at most 600 lines and a function at most 70, tests apart.

use super::tree::{Finding, Tree};

/// Larger files hide things; the wish is 400.
const FILE_LINES_MAX: usize = 600;
/// A function that does not fit a screen cannot be checked by reading.
const FUNCTION_LINES_MAX: usize = 70;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust.iter().filter(|file| !file.is_test()) {
        let lines = file.own_lines();
        if lines > FILE_LINES_MAX {
            let message = format!("{lines} lines outside tests, at most {FILE_LINES_MAX}");
            findings.push(Finding::new(&file.path, 0, message));
        }
        for function in &file.functions {
            let (first, last) = (*function.lines.start(), *function.lines.end());
            let lines = last - first + 1;
            if lines > FUNCTION_LINES_MAX && !file.in_test(first) {
                let message = format!("`{}` has {lines} lines, at most {FUNCTION_LINES_MAX}", function.name);
                findings.push(Finding::new(&file.path, first, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    fn function(lines: usize) -> String {
        format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2))
    }

    #[test]
    fn functions_at_the_edge() {
        let fits = function(FUNCTION_LINES_MAX);
        let long = function(FUNCTION_LINES_MAX + 1);
        let in_test = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
        let tree = Tree::sample(&[("a.rs", &fits), ("b.rs", &long), ("c.rs", &in_test)]);
        assert_eq!(places(check(&tree)), ["b.rs:1"]);
    }

    #[test]
    fn files_at_the_edge() {
        let fits = "const A: u8 = 0;\n".repeat(FILE_LINES_MAX);
        let long = "const A: u8 = 0;\n".repeat(FILE_LINES_MAX + 1);
        let with_tests = format!("{fits}#[cfg(test)]\nmod tests {{\n}}\n");
        let tree = Tree::sample(&[("a.rs", &fits), ("b.rs", &long), ("c.rs", &with_tests), ("x/tests/d.rs", &long)]);
        assert_eq!(places(check(&tree)), ["b.rs:0"]);
    }
}
