//! Rule: the golden ABI of each contract and its interface in `sol/` declare the same functions.
//!
//! That the golden is what the contract exports is proved by `cargo xtask abi --check`, which has to
//! compile the contracts; together: exported = golden = interface.

use super::tree::{Finding, Tree};
use crate::abi::solidity::{Functions, Sources};
use crate::workspace::{Contract, Workspace};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(workspace) = &tree.workspace else {
        return Vec::new();
    };
    let contracts = Workspace::contracts(workspace);
    contracts.iter().flat_map(|contract| compare(tree, contract)).collect()
}

fn compare(tree: &Tree, contract: &Contract) -> Vec<Finding> {
    let name = contract.solidity_name();
    let golden_path = format!("test/goldens/abi/{name}.txt");
    let interface_path = format!("sol/I{name}.sol");
    let find = |path: &str| tree.text.iter().find(|file| file.path == path);
    let Some(golden) = find(&golden_path) else {
        return vec![Finding::new(&golden_path, 0, "is not there; run cargo xtask bless")];
    };
    let sources = tree.text.iter().filter(|f| f.path.starts_with("sol/") && f.path.ends_with(".sol"));
    let declared = Sources::parse(sources.map(|file| (file.path.as_str(), file.text.as_str())))
        .and_then(|sources| sources.interface(&format!("I{name}")));
    match declared {
        Ok(declared) => {
            let golden = Functions::from_golden(&golden.text).without_constructor();
            let differences = golden.differences("golden", &declared, "interface");
            let finding = |text: String| Finding::new(&interface_path, 0, text);
            differences.into_iter().map(finding).collect()
        }
        Err(error) => vec![Finding::new(&interface_path, 0, error.to_string())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Kind;

    const INTERFACE: &str = "interface IThing { struct S { uint256 a; bool b; }\n\
        function f(S calldata s) external view returns (uint8);\nfunction g() external; }";

    fn found(golden: &str) -> usize {
        let contract = Contract {
            kind: Kind::Contract,
            name: "thing".into(),
            package: "cor-contract-thing".into(),
            lib: "thing".into(),
            abi_bin: None,
        };
        let files = [("sol/IThing.sol", INTERFACE), ("test/goldens/abi/Thing.txt", golden)];
        compare(&Tree::sample(&files), &contract).len()
    }

    #[test]
    fn golden_and_interface_declare_the_same() {
        let f = "function f((uint256,bool)) view returns (uint8)\n";
        assert_eq!(found(&format!("constructor(address)\n{f}function g()\n")), 0);
        assert_eq!(found(f), 1);
        assert_eq!(found(&format!("{f}function g()\nfunction h()\n")), 1);
        assert_eq!(found(&format!("{f}function g() view\n")), 2);
    }
}
