//! `docs/howto/test-and-fuzz-a-stylus-contract.md`, typed from `cargo stylus new` to libFuzzer in an empty folder outside of the repository. Run by
//! `cargo xtask test --suite stylus-tools`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use cor_kit::{
    foreign::{compiles_contracts, success},
    paths,
};

const PAGE: &str = "docs/howto/test-and-fuzz-a-stylus-contract.md";
/// In front of the commands that compile the contract.
const CONTRACT: &str = "<!-- contract: ";
/// In front of those that compile and run its tests.
const TESTS: &str = "<!-- tests: ";
/// In front of a file.
const FILE: &str = "<!-- file: ";
/// Ends a file in a script.
const END: &str = "END_OF_THE_FILE";

/// The commands of the page behind `mark`, with the files that stand between them, as one script.
fn script(page: &str, mark: &str) -> String {
    let parts = page.split("<!-- ").skip(1).map(|part| format!("<!-- {part}"));
    let steps = parts.filter_map(|part| {
        if part.starts_with(mark) {
            return Some(between(&part, "```sh\n").to_owned());
        }
        let (name, _) = part.strip_prefix(FILE).filter(|_| mark == TESTS)?.split_once(" -->").expect("a name");
        Some(format!("cat > {name} <<'{END}'\n{}{END}\n", between(&part, "```rust\n")))
    });
    steps.collect()
}

fn between<'a>(part: &'a str, open: &str) -> &'a str {
    let (_, rest) = part.split_once(open).unwrap_or_else(|| panic!("no block in {part}"));
    rest.split_once("```").expect("its end").0
}

/// A shell in `folder` with the tools in PATH.
fn shell(folder: &Path, script: &str) -> Command {
    let tools = env::var_os("COR_TOOLS").map_or_else(|| paths::contracts().with_file_name("tools"), PathBuf::from);
    let path = format!("{}:{}", tools.join("bin").display(), env::var("PATH").expect("a PATH"));
    let clone = fs::canonicalize(paths::repository("")).expect("the repository");
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", script]).current_dir(folder).env("PATH", path).env("CLONE", clone);
    // The template names a toolchain that need not be here.
    shell.env("RUSTUP_TOOLCHAIN", env::var("RUSTUP_TOOLCHAIN").unwrap_or_else(|_| "stable".to_owned()));
    // Kept between runs: to compile the chain takes minutes.
    shell.env("CARGO_TARGET_DIR", paths::contracts().with_file_name("stylus-tools"));
    shell
}

#[tokio::test]
async fn the_page_works_as_it_is_typed() {
    let page = fs::read_to_string(paths::repository(PAGE)).expect("the page");
    let folder = tempfile::tempdir().expect("a folder");
    let mut contract = shell(folder.path(), &script(&page, CONTRACT));
    compiles_contracts(&mut contract);
    success(contract).await;

    let script = format!("exec 2>&1\n{}", script(&page, TESTS));
    let said = success(shell(&folder.path().join("counter"), &script)).await;
    println!("{said}");
    for what in ["the_counter_counts ... ok", "any_sequence_of_calls_leaves_what_the_model_says ... ok"] {
        assert!(said.contains(what), "{what}: {said}");
    }
    assert!(said.contains("executions per second"), "the plain target says how fast it is: {said}");
    assert!(said.contains("stat::average_exec_per_sec"), "and so does libFuzzer: {said}");
    let corpus = fs::read_dir(folder.path().join("counter/chain/corpus")).expect("a corpus").count();
    assert!(corpus > 10, "it is guided by the contract's blocks: {corpus} inputs kept");
}
