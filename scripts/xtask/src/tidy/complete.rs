//! Rule: a contract, a command or a backend is not half there. The how-tos in `docs/howto/` name the files of each; this rule finds the
//! one that was forgotten.

use super::rust::RustFile;
use super::tree::{Finding, Tree};
use crate::workspace::Workspace;

const COMMANDS: &str = "keeper/cor/src/cmd/";
const BACKENDS: &str = "keeper/inference/src/";
const BACKENDS_LIB: &str = "keeper/inference/src/lib.rs";
/// From settings to a backend.
const BACKENDS_OPEN: &str = "keeper/inference/src/open.rs";
/// Against real servers and models.
const BACKENDS_TESTS: &str = "keeper/inference/tests/";
/// Dispatch of the command line.
const MAIN: &str = "keeper/cor/src/main.rs";
/// Bad input, row by row, for every command.
const CLI_TESTS: &str = "test/e2e/tests/cli/";
/// Settings in which a backend is chosen.
const MINER_SETTINGS: &str = "keeper/cor/miner.default.toml";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = contracts(tree);
    findings.extend(commands(tree));
    findings.extend(backends(tree));
    findings
}

/// Every contract has an interface, a binding, tests of its own; every interface has a contract.
fn contracts(tree: &Tree) -> Vec<Finding> {
    let Some(workspace) = &tree.workspace else {
        return Vec::new();
    };
    let contracts = Workspace::contracts(workspace);
    let mut findings = Vec::new();
    for contract in &contracts {
        let interface = format!("sol/I{}.sol", contract.solidity_name());
        if !tree.text.iter().any(|file| file.path == interface) {
            findings.push(Finding::new(&interface, 0, format!("contract `{}` has no interface", contract.name)));
        }
        let binding = format!("\"I{}.sol\"", contract.solidity_name());
        if !mentions(tree, "sol/src/lib.rs", &binding) {
            findings.push(Finding::new("sol/src/lib.rs", 0, format!("has no binding of {binding}")));
        }
        let module = contract.name.replace('-', "_");
        if !tree.rust.iter().any(|file| file.path.starts_with("test/e2e/tests/") && is_of(&file.path, &module)) {
            findings.push(Finding::new("test/e2e/tests", 0, format!("contract `{}` has no test of its own", contract.name)));
        }
    }
    let interfaces = tree.text.iter().filter_map(|file| file.path.strip_prefix("sol/I")?.strip_suffix(".sol"));
    let orphans = interfaces.filter(|name| contracts.iter().all(|contract| contract.solidity_name() != *name));
    findings.extend(orphans.map(|name| Finding::new(&format!("sol/I{name}.sol"), 0, "no contract implements it")));
    findings
}

/// Whether a part of the path is the contract's module, with or without `contract_` before it.
fn is_of(path: &str, module: &str) -> bool {
    let names = path.split('/').map(|part| part.strip_suffix(".rs").unwrap_or(part));
    names.into_iter().any(|name| name == module || name.strip_prefix("contract_") == Some(module))
}

/// Every file of a command is dispatched to and refuses something in a test.
fn commands(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        let Some(command) = file.path.strip_prefix(COMMANDS).and_then(|name| name.strip_suffix(".rs")) else {
            continue;
        };
        if command == "mod" || command.contains('/') {
            continue;
        }
        if !mentions(tree, MAIN, &format!("cmd::{command}::")) {
            findings.push(Finding::new(MAIN, 0, format!("does not dispatch to command `{command}`")));
        }
        let row = [format!("\"{command} "), format!("\"{command}\"")];
        let tested = tree.text.iter().filter(|file| file.path.starts_with(CLI_TESTS));
        if !tested.into_iter().any(|file| row.iter().any(|row| file.text.contains(row.as_str()))) {
            findings.push(Finding::new(CLI_TESTS, 0, format!("has no row in which `cor {command}` is refused")));
        }
    }
    findings
}

/// Every folder with a `backend.rs` is exported, set, opened, and tested in a file that names the backend's type.
fn backends(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        let Some(backend) = file.path.strip_prefix(BACKENDS).and_then(|path| path.strip_suffix("/backend.rs")) else {
            continue;
        };
        if !mentions(tree, BACKENDS_LIB, &format!("{backend}::")) {
            findings.push(Finding::new(BACKENDS_LIB, 0, format!("does not export backend `{backend}`")));
        }
        let key = format!("# Backend `{backend}`");
        if !mentions(tree, MINER_SETTINGS, &key) {
            findings.push(Finding::new(MINER_SETTINGS, 0, format!("does not say how backend `{backend}` is set (`{key}`)")));
        }
        let Some(name) = backend_type(file) else {
            findings.push(Finding::new(&file.path, 0, "defines no `pub struct …Backend`"));
            continue;
        };
        let names_it = |file: &RustFile| file.tokens.iter().any(|token| token.text == name);
        if !tree.rust.iter().any(|file| file.path == BACKENDS_OPEN && names_it(file)) {
            findings.push(Finding::new(BACKENDS_OPEN, 0, format!("does not open `{name}`")));
        }
        if !tree.rust.iter().any(|file| file.path.starts_with(BACKENDS_TESTS) && names_it(file)) {
            findings.push(Finding::new(BACKENDS_TESTS, 0, format!("has no test of `{name}`")));
        }
    }
    findings
}

/// The type that a backend's file defines.
fn backend_type(file: &RustFile) -> Option<&str> {
    let names = file.find(&["pub", "struct"]).filter_map(|at| file.tokens.get(at + 2));
    names.map(|token| token.text.as_str()).find(|name| name.ends_with("Backend"))
}

fn mentions(tree: &Tree, path: &str, text: &str) -> bool {
    tree.text.iter().any(|file| file.path == path && file.text.contains(text))
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    fn with_contract(files: &[(&str, &str)]) -> Vec<String> {
        let workspace = serde_json::json!({
            "workspace_root": "/r", "target_directory": "/r/target",
            "packages": [{
                "name": "cor-contract-node-pool", "version": "0.1.0", "license": null, "source": null,
                "manifest_path": "/r/contracts/nodes/node-pool/Cargo.toml",
                "targets": [{"name": "cor_contract_node_pool", "kind": ["lib"], "crate_types": ["lib", "cdylib"]}],
            }],
        });
        let mut tree = Tree::sample(files);
        tree.workspace = Some(serde_json::from_value(workspace).unwrap());
        places(check(&tree))
    }

    #[test]
    fn a_contract_has_interface_binding_and_test() {
        let interface = ("sol/INodePool.sol", "interface INodePool {}");
        let binding = ("sol/src/lib.rs", "sol! { \"INodePool.sol\" }");
        let test = ("test/e2e/tests/contracts/node_pool.rs", "//! Tests.");
        assert_eq!(with_contract(&[interface, binding, test]), Vec::<String>::new());
        assert_eq!(with_contract(&[binding, test]), ["sol/INodePool.sol:0"]);
        assert_eq!(with_contract(&[interface, test]), ["sol/src/lib.rs:0"]);
        assert_eq!(with_contract(&[interface, binding]), ["test/e2e/tests:0"]);
        let orphan = ("sol/IGone.sol", "interface IGone {}");
        assert_eq!(with_contract(&[interface, binding, test, orphan]), ["sol/IGone.sol:0"]);
    }

    #[test]
    fn a_command_is_dispatched_to_and_tested() {
        let command = ("keeper/cor/src/cmd/quote.rs", "//! A command.");
        let main = ("keeper/cor/src/main.rs", "fn run() { cmd::quote::run() }");
        let row = ("test/e2e/tests/cli/network.rs", "fn f() { run(\"no network\", \"quote --model 9\") }");
        let found = |files: &[(&str, &str)]| places(check(&Tree::sample(files)));
        assert_eq!(found(&[command, main, row]), Vec::<String>::new());
        assert_eq!(found(&[command, row]), ["keeper/cor/src/main.rs:0"]);
        assert_eq!(found(&[command, main]), ["test/e2e/tests/cli/:0"]);
    }

    #[test]
    fn a_backend_is_exported_set_opened_and_tested() {
        let backend = ("keeper/inference/src/openai/backend.rs", "pub struct OpenAiBackend;");
        let files = [
            ("keeper/inference/src/lib.rs", "pub use openai::OpenAiBackend;"),
            ("keeper/cor/miner.default.toml", "# Backend `openai`: any server."),
            ("keeper/inference/src/open.rs", "fn open() { OpenAiBackend::open() }"),
            ("keeper/inference/tests/openai_http.rs", "use cor_inference::OpenAiBackend;"),
        ];
        let found = |files: &[(&str, &str)]| places(check(&Tree::sample(files)));
        assert_eq!(found(&[&[backend], &files[..]].concat()), Vec::<String>::new());
        let places = ["keeper/inference/src/lib.rs", MINER_SETTINGS, BACKENDS_OPEN, BACKENDS_TESTS];
        for (missing, place) in places.into_iter().enumerate() {
            let mut files = [&[backend], &files[..]].concat();
            files.remove(missing + 1);
            assert_eq!(found(&files), [format!("{place}:0")]);
        }
        let nameless = ("keeper/inference/src/openai/backend.rs", "struct Backend;");
        assert_eq!(found(&[&[nameless], &files[..]].concat()), ["keeper/inference/src/openai/backend.rs:0"]);
    }
}
