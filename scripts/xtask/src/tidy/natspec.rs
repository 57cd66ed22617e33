//! Rule: the Solidity interfaces are the specification, so everything in them says what it is.
//!
//! Every interface, function, event, error, struct and enum carries `@notice`, `@dev` or `@inheritdoc`.

use syn_solidity::{Item, Spanned};

use super::tree::{Finding, TextFile, Tree};
use crate::abi::solidity;

const TAGS: [&str; 4] = ["@notice", "@dev", "@inheritdoc", "@title"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let specifications = tree.text.iter().filter(|file| file.path.starts_with("sol/") && file.path.ends_with(".sol"));
    specifications.flat_map(undocumented).collect()
}

fn undocumented(file: &TextFile) -> Vec<Finding> {
    match solidity::parse(&file.path, &file.text) {
        Ok(parsed) => {
            let mut findings = Vec::new();
            walk(&file.path, &parsed.items, &mut findings);
            findings
        }
        Err(error) => vec![Finding::new(&file.path, 0, error.to_string())],
    }
}

fn walk(path: &str, items: &[Item], findings: &mut Vec<Finding>) {
    for item in items {
        let (kind, attrs) = match item {
            Item::Contract(contract) => {
                walk(path, &contract.body, findings);
                ("interface", &contract.attrs)
            }
            Item::Function(function) => ("function", &function.attrs),
            Item::Event(event) => ("event", &event.attrs),
            Item::Error(error) => ("error", &error.attrs),
            Item::Struct(structure) => ("struct", &structure.attrs),
            Item::Enum(enumeration) => ("enum", &enumeration.attrs),
            _ => continue,
        };
        if !attrs.iter().any(is_documented) {
            let name = item.name().map(ToString::to_string).unwrap_or_default();
            let line = item.span().start().line;
            let message = format!("{kind} `{name}` has none of {}", TAGS.join(", "));
            findings.push(Finding::new(path, line, message));
        }
    }
}

fn is_documented(attribute: &syn::Attribute) -> bool {
    let syn::Meta::NameValue(pair) = &attribute.meta else {
        return false;
    };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else {
        return false;
    };
    let text = text.value();
    attribute.path().is_ident("doc") && TAGS.iter().any(|tag| text.contains(tag))
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    const GOOD: &str = "/// @title A thing\ninterface IThing {\n    /// @notice What.\n    error Bad(uint256 a);\n    \
        /** @dev How. */\n    function f(uint256 a) external view returns (bool);\n}\n";

    #[test]
    fn everything_in_an_interface_is_documented() {
        assert_eq!(check(&Tree::sample(&[("sol/IThing.sol", GOOD)])), []);
        for (tag, line) in [("@notice", 4), ("@dev", 6), ("@title", 2)] {
            let bad = GOOD.replace(tag, "");
            let found = places(check(&Tree::sample(&[("sol/IThing.sol", &bad)])));
            assert_eq!(found, [format!("sol/IThing.sol:{line}")], "{tag}");
        }
    }

    #[test]
    fn what_does_not_parse_is_said() {
        let found = check(&Tree::sample(&[("sol/IThing.sol", "interface {")]));
        assert_eq!(places(found), ["sol/IThing.sol:0"]);
    }
}
