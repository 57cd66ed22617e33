//! Rule: a contract, a command or a backend is not half there. The how-tos in `docs/howto/` name the files of each; this rule finds the
//! one that was forgotten.

use super::tree::{Finding, Tree};
use crate::workspace::Workspace;

const COMMANDS: &str = "keeper/cor/src/cmd/";
const BACKENDS: &str = "keeper/inference/src/";
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

/// Every folder with a `backend.rs` is opened from the settings and tested.
fn backends(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        let Some(backend) = file.path.strip_prefix(BACKENDS).and_then(|path| path.strip_suffix("/backend.rs")) else {
            continue;
        };
        let module = format!("{backend}::");
        let exported = mentions(tree, "keeper/inference/src/lib.rs", &module);
        if !exported {
            findings.push(Finding::new("keeper/inference/src/lib.rs", 0, format!("does not export backend `{backend}`")));
        }
        let key = format!("# Backend `{backend}`");
        if !mentions(tree, MINER_SETTINGS, &key) {
            findings.push(Finding::new(MINER_SETTINGS, 0, format!("does not say how backend `{backend}` is set (`{key}`)")));
        }
    }
    findings
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
    fn a_backend_is_exported_and_documented() {
        let backend = ("keeper/inference/src/openai/backend.rs", "//! A backend.");
        let lib = ("keeper/inference/src/lib.rs", "pub use openai::OpenAiBackend;");
        let settings = ("keeper/cor/miner.default.toml", "# Backend `openai`: any server.");
        let found = |files: &[(&str, &str)]| places(check(&Tree::sample(files)));
        assert_eq!(found(&[backend, lib, settings]), Vec::<String>::new());
        assert_eq!(found(&[backend, settings]), ["keeper/inference/src/lib.rs:0"]);
        assert_eq!(found(&[backend, lib]), ["keeper/cor/miner.default.toml:0"]);
    }
}
