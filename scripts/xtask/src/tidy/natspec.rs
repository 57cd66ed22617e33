//! Rule: the Solidity interfaces are the specification, so everything in them says what it is.
//!
//! Every interface, function, event, error, struct and enum carries `@notice`, `@dev` or `@inheritdoc`. A function documents each
//! argument and each result by name; one that changes state names its errors and its events.

use syn_solidity::{Item, ItemFunction, Mutability, Spanned};

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
        if let Item::Function(function) = item {
            findings.extend(missing(function).into_iter().map(|what| {
                let name = item.name().map(ToString::to_string).unwrap_or_default();
                Finding::new(path, item.span().start().line, format!("function `{name}` does not document {what}"))
            }));
        }
    }
}

/// What a function's documentation leaves out, unless it has another's by `@inheritdoc`.
fn missing(function: &ItemFunction) -> Vec<String> {
    let lines: Vec<String> = function.attrs.iter().filter_map(doc).collect();
    if lines.iter().any(|line| line.contains("@inheritdoc")) {
        return Vec::new();
    }
    let says = |text: &str| lines.iter().any(|line| line.contains(text));
    let results = function.returns.iter().flat_map(|returns| returns.returns.iter());
    let named = function.parameters.iter().map(|field| ("@param", field)).chain(results.map(|field| ("@return", field)));
    let mut missing: Vec<String> = named
        .filter_map(|(tag, field)| field.name.as_ref().map(|name| format!("{tag} {name}")))
        .filter(|text| !says(&format!("{text} ")))
        .map(|text| format!("`{text}`"))
        .collect();
    let reads = matches!(function.attributes.mutability(), Some(Mutability::View(_) | Mutability::Pure(_)));
    if !reads {
        missing.extend(["Errors:", "Events:"].into_iter().filter(|word| !says(word)).map(|word| format!("`{word}`")));
    }
    missing
}

fn is_documented(attribute: &syn::Attribute) -> bool {
    doc(attribute).is_some_and(|text| TAGS.iter().any(|tag| text.contains(tag)))
}

/// The text of a documentation comment.
fn doc(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else {
        return None;
    };
    attribute.path().is_ident("doc").then(|| text.value())
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    const GOOD: &str = "/// @title A thing\ninterface IThing {\n    /// @notice What.\n    error Bad(uint256 a);\n    \
        /** @dev How. @param a Which. */\n    function f(uint256 a) external view returns (bool);\n}\n";

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
    fn arguments_results_errors_and_events_are_named() {
        let good = "/// @title A\ninterface IA {\n    /// @notice What.\n    /// @param a Which.\n    /// @return b How many.\n    \
            /// @dev Errors: Bad. Events: none.\n    function f(uint256 a, bool) external returns (uint8 b);\n    \
            /// @inheritdoc IB\n    function g(uint256 c) external;\n}\n";
        assert_eq!(check(&Tree::sample(&[("sol/IA.sol", good)])), []);
        for left_out in ["@param a ", "@return b ", "Errors:", "Events:"] {
            let bad = good.replace(left_out, "");
            assert_eq!(places(check(&Tree::sample(&[("sol/IA.sol", &bad)]))), ["sol/IA.sol:7"], "{left_out}");
        }
    }

    #[test]
    fn what_does_not_parse_is_said() {
        let found = check(&Tree::sample(&[("sol/IThing.sol", "interface {")]));
        assert_eq!(places(found), ["sol/IThing.sol:0"]);
    }
}
