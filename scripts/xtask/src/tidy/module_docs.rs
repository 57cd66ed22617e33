//! Rule: every Rust file begins with a `//!` that says what it is.

use super::tree::{Finding, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let bare = tree.rust.iter().filter(|file| !file.has_docs);
    bare.map(|file| Finding::new(&file.path, 1, "has no `//!` module doc")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn only_inner_docs_count() {
        let tree = Tree::sample(&[
            ("a.rs", "//! What this is.\nfn f() {}\n"),
            ("b.rs", "/// Of the function.\nfn f() {}\n"),
            ("c.rs", "// A comment.\nfn f() {}\n"),
        ]);
        assert_eq!(places(check(&tree)), ["b.rs:1", "c.rs:1"]);
    }
}
