//! Rule: a bound of the rules, a function that one contract asks of another, and a struct of the interfaces exist in one form.
//!
//! A bound is a constant of `contracts/core/src/limits.rs`; no other file defines a constant of that name. A peer's function, and with
//! it its selector, is declared in `contracts/shared`; no contract declares one in a `sol!` of its own. A struct that several files
//! of `sol/` define, as each is complete in itself, has the same fields in all.

use std::collections::{BTreeMap, BTreeSet};

use syn_solidity::{Item, Spanned};

use super::rust::RustFile;
use super::tree::{Finding, Tree};
use crate::abi::solidity;

const LIMITS: &str = "contracts/core/src/limits.rs";
const CONTRACTS: &str = "contracts/";
const SHARED: &str = "contracts/shared/";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = bounds(tree);
    findings.extend(peers(tree));
    findings.extend(structs(tree));
    findings
}

/// Constants outside the bounds' file that have a bound's name.
fn bounds(tree: &Tree) -> Vec<Finding> {
    let Some(limits) = tree.rust.iter().find(|file| file.path == LIMITS) else {
        return Vec::new();
    };
    let known: BTreeSet<&str> = constants(limits).map(|(name, _)| name).collect();
    let mut findings = Vec::new();
    for file in tree.rust.iter().filter(|file| file.path != LIMITS) {
        let again = constants(file).filter(|(name, line)| known.contains(name) && !file.in_test(*line));
        findings.extend(again.map(|(name, line)| {
            Finding::new(&file.path, line, format!("`{name}` is a bound of the rules: use `cor_core::limits::{name}`"))
        }));
    }
    findings
}

/// Name and line of each `const NAME:`.
fn constants(file: &RustFile) -> impl Iterator<Item = (&str, usize)> {
    file.tokens.windows(3).filter_map(|window| match window {
        // `const _` has no name to repeat.
        [keyword, name, colon] if keyword.text == "const" && name.text != "_" && colon.text == ":" => {
            Some((name.text.as_str(), name.line))
        }
        _ => None,
    })
}

/// Functions that contracts declare in Solidity: `function name(`, which is no Rust.
fn peers(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let contracts = tree.rust.iter().filter(|file| file.path.starts_with(CONTRACTS) && !file.path.starts_with(SHARED));
    for file in contracts {
        for window in file.tokens.windows(3) {
            if let [keyword, name, open] = window
                && keyword.text == "function"
                && open.text == "("
                && !file.in_test(keyword.line)
            {
                let message =
                    format!("`{}` of a peer: declare it in {SHARED}src/abi/peers.rs, where its selector is once", name.text);
                findings.push(Finding::new(&file.path, keyword.line, message));
            }
        }
    }
    findings
}

/// Structs of one name with other fields. A file that does not parse is the business of the rule for NatSpec.
fn structs(tree: &Tree) -> Vec<Finding> {
    let mut seen: BTreeMap<String, (String, &str)> = BTreeMap::new();
    let mut findings = Vec::new();
    let interfaces = tree.text.iter().filter(|file| file.path.starts_with("sol/") && file.path.ends_with(".sol"));
    for file in interfaces {
        let Ok(parsed) = solidity::parse(&file.path, &file.text) else { continue };
        let inner = parsed.items.iter().flat_map(|item| match item {
            Item::Contract(contract) => contract.body.iter().collect(),
            other => vec![other],
        });
        for item in inner {
            let Item::Struct(structure) = item else { continue };
            let (name, fields) = (structure.name.to_string(), fields(structure));
            match seen.get(&name) {
                Some((other, path)) if *other != fields => {
                    let message = format!("struct `{name}` has other fields than in {path}");
                    findings.push(Finding::new(&file.path, structure.span().start().line, message));
                }
                Some(_) => {}
                None => drop(seen.insert(name, (fields, &file.path))),
            }
        }
    }
    findings
}

/// Types and names in the order of the declaration.
fn fields(structure: &syn_solidity::ItemStruct) -> String {
    let each = structure.fields.iter().map(|field| {
        let name = field.name.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{} {name}", field.ty)
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    const BOUNDS: &str = "const _: () = ();\npub const REPLICAS_MAX: u8 = 7;\npub const BPS: u32 = 10_000;\n";

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        places(check(&Tree::sample(files)))
    }

    #[test]
    fn a_bound_is_defined_once() {
        let again = "const _: () = (); use x::BPS;\nconst REPLICAS_MAX: usize = 7;\nconst OWN_MAX: u8 = REPLICAS_MAX;\n";
        let keeper = found(&[(LIMITS, BOUNDS), ("keeper/a.rs", again)]);
        assert_eq!(keeper, ["keeper/a.rs:2"]);
        let inside = "impl A {\n    pub const BPS: u16 = 1;\n}\n";
        assert_eq!(found(&[(LIMITS, BOUNDS), ("contracts/core/src/b.rs", inside)]), ["contracts/core/src/b.rs:2"]);
        let test = "#[cfg(test)]\nmod tests {\n    const BPS: u32 = 10_000;\n}\n";
        assert_eq!(found(&[(LIMITS, BOUNDS), ("keeper/a.rs", test), ("test/e2e/tests/b.rs", again)]), [""; 0]);
        assert_eq!(found(&[("keeper/a.rs", again)]), [""; 0], "no bounds, nothing to repeat");
    }

    #[test]
    fn a_peers_function_is_declared_in_the_shared_crate() {
        let own = "sol! {\n    error Bad();\n    function stake(uint256 amount) external;\n}\nfn function() {}\n";
        assert_eq!(found(&[("contracts/nodes/a/src/lib.rs", own)]), ["contracts/nodes/a/src/lib.rs:3"]);
        assert_eq!(found(&[("contracts/shared/src/abi/peers.rs", own), ("keeper/a.rs", own)]), [""; 0]);
        let test = format!("#[cfg(test)]\nmod tests {{\n{own}\n}}\n");
        assert_eq!(found(&[("contracts/nodes/a/src/lib.rs", &test)]), [""; 0]);
    }

    #[test]
    fn a_struct_of_two_interfaces_is_the_same_in_both() {
        let one = "interface IA {\n    struct S { uint64 a; uint8 b; }\n}\n";
        let two = "interface IB {\n    struct S {\n        uint64 a; // said otherwise\n        uint8 b;\n    }\n}\n";
        assert_eq!(found(&[("sol/IA.sol", one), ("sol/IB.sol", two)]), [""; 0]);
        for (from, to) in [("uint8 b", "uint16 b"), ("uint8 b", "uint8 c"), ("uint8 b;", "")] {
            let other = two.replace(from, to);
            let found = found(&[("sol/IA.sol", one), ("sol/IB.sol", &other), ("test/IC.sol", &other)]);
            assert!(matches!(found.as_slice(), [place] if place.starts_with("sol/IB.sol:")), "{to}: {found:?}");
        }
    }
}
