//! Rule: the page of powers is what the goldens of permissions and its table make, and the table has a row for every call that is not everybody's.

use super::tree::{Finding, Tree};
use crate::powers;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let page = match powers::page(tree.texts()) {
        Ok(page) => page,
        Err(problems) => return problems.into_iter().map(|problem| Finding::new(powers::TABLE, 0, problem)).collect(),
    };
    let written = tree.texts().find(|(path, _)| *path == powers::PAGE);
    match written {
        Some((_, text)) if text == page => Vec::new(),
        _ => vec![Finding::new(powers::PAGE, 0, "is not what the goldens and the table make; run cargo xtask bless")],
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    const ABI: (&str, &str) = ("test/goldens/abi/Till.txt", "function pay()\n");
    const GOLDEN: (&str, &str) = ("test/goldens/permissions/till.txt", "pay owner\n");

    #[test]
    fn a_page_that_is_not_made_so_is_found() {
        let rows = (powers::TABLE, "Till | pay | | All goes | at once\n");
        let page = powers::page([ABI, GOLDEN, rows].into_iter()).unwrap();
        assert_eq!(check(&Tree::sample(&[ABI, GOLDEN, rows, (powers::PAGE, &page)])), []);
        let old = page.replace("All goes", "Nothing goes");
        for files in [&[ABI, GOLDEN, rows, (powers::PAGE, &old)][..], &[ABI, GOLDEN, rows]] {
            assert_eq!(places(check(&Tree::sample(files))), [format!("{}:0", powers::PAGE)]);
        }
    }

    #[test]
    fn a_call_without_a_row_is_found() {
        let files = [ABI, GOLDEN, (powers::TABLE, "# nothing\n")];
        assert_eq!(places(check(&Tree::sample(&files))), [format!("{}:0", powers::TABLE)]);
    }
}
