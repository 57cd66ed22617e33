//! The page shows the files that are tested here.

use std::{fs, path::Path};

use cor_kit::paths;

const PAGE: &str = "docs/howto/test-and-fuzz-a-stylus-contract.md";
/// In front of a file on the page.
const MARK: &str = "<!-- file: ";

#[test]
fn the_page_shows_these_files() {
    let page = fs::read_to_string(paths::repository(PAGE)).expect("the page");
    let mut shown = Vec::new();
    for part in page.split(MARK).skip(1) {
        let (name, rest) = part.split_once(" -->\n```rust\n").expect("a file behind its name");
        let (text, _) = rest.split_once("```").expect("the end of the file");
        let tested = fs::read_to_string(paths::repository("test/contracts/stranger").join(name)).expect(name);
        assert!(text == tested, "{name} on the page is not test/contracts/stranger/{name}");
        shown.push(name.to_owned());
    }
    shown.sort_unstable();
    let mut tested = files(&paths::repository("test/contracts/stranger"), Path::new(""));
    tested.sort_unstable();
    assert_eq!(shown, tested);
}

/// The contract of the page has no constructor: the example is another one's, and not a file of the package.
#[test]
fn the_page_shows_the_example_of_a_constructor_that_is_tested() {
    let page = fs::read_to_string(paths::repository(PAGE)).expect("the page");
    let (_, rest) = page.split_once("<!-- example: test/e2e/tests/stranger/constructor.rs -->\n```rust\n").expect("the example");
    let (shown, _) = rest.split_once("```").expect("its end");
    let tested = fs::read_to_string(paths::repository("test/e2e/tests/stranger/constructor.rs")).expect("the test");
    let (_, rest) = tested.split_once("// shown\n").expect("a mark");
    assert_eq!(rest.split_once("// end\n").expect("a mark").0, shown);
}

/// Every file in a folder, by its path from there.
fn files(root: &Path, folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join(folder)).expect("a folder").map(|entry| entry.expect("an entry"));
    let of = |entry: fs::DirEntry| {
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() { files(root, &path) } else { vec![path.display().to_string()] }
    };
    entries.flat_map(of).collect()
}
