//! Rule: the dialects of the router never import each other, and the router never imports the portal.
//!
//! A dialect translates one foreign API into the router's own request and back. If one borrowed from another, a change for the clients
//! of the one would break those of the other. Who may ask and who pays is asked through a port, so the router needs no portal.

use std::collections::BTreeSet;

use super::rust::RustFile;
use super::tree::{Finding, Tree};

const ROUTER: &str = "keeper/router/";
const DIALECTS: &str = "keeper/router/src/dialect/";
/// The portal, as a crate and as a folder.
const PORTAL: [&str; 2] = ["cor_portal", "portal"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let names: BTreeSet<&str> = tree.rust.iter().filter_map(|file| dialect(&file.path)).collect();
    let router = tree.rust.iter().filter(|file| file.path.starts_with(ROUTER));
    router.flat_map(|file| portal(file).into_iter().chain(others(file, &names))).collect()
}

/// The dialect that a file belongs to: `dialect/openai.rs` and all of `dialect/openai/`. The list of dialects itself belongs to none.
fn dialect(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(DIALECTS)?;
    let name = rest.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (name != "mod").then_some(name)
}

/// Imports of the portal.
fn portal(file: &RustFile) -> Vec<Finding> {
    let paths = PORTAL.iter().flat_map(|name| file.find(std::slice::from_ref(name)).filter(|at| in_path(file, *at)));
    let message = "the router never imports the portal: ask the port `Gate`";
    paths.map(|at| Finding::new(&file.path, file.tokens[at].line, message)).collect()
}

/// Imports of other dialects: the name of one as a part of a path, in a file of another.
fn others(file: &RustFile, names: &BTreeSet<&str>) -> Vec<Finding> {
    let Some(own) = dialect(&file.path) else { return Vec::new() };
    let tokens = file.tokens.iter().enumerate();
    let foreign = tokens.filter(|(at, token)| {
        let name = token.text.as_str();
        name != own && names.contains(name) && in_path(file, *at)
    });
    let message = |name: &str| format!("dialect `{own}` imports dialect `{name}`: move what both need to the router's core");
    foreign.map(|(_, token)| Finding::new(&file.path, token.line, message(&token.text))).collect()
}

/// Whether the token is a part of a path: beside `::`, or in the braces of a `use`.
fn in_path(file: &RustFile, at: usize) -> bool {
    let text = |at: usize| file.tokens.get(at).map(|token| token.text.as_str());
    let beside = text(at + 1) == Some("::") || at.checked_sub(1).and_then(text) == Some("::");
    beside || in_use(file, at)
}

/// Whether the token stands in a `use`: only names, braces, commas and `::` lie between it and that word.
fn in_use(file: &RustFile, at: usize) -> bool {
    for token in file.tokens[..at].iter().rev() {
        match token.text.as_str() {
            "use" => return true,
            "{" | "}" | "," | "::" | "*" => {}
            word if word.chars().all(|c| c.is_alphanumeric() || c == '_') => {}
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    const OPENAI: &str = "keeper/router/src/dialect/openai.rs";
    const ANTHROPIC: &str = "keeper/router/src/dialect/anthropic/mod.rs";

    fn found(path: &str, text: &str) -> Vec<String> {
        let names = [(OPENAI, ""), (ANTHROPIC, "")];
        let files: Vec<_> = names.into_iter().filter(|(other, _)| *other != path).chain([(path, text)]).collect();
        places(check(&Tree::sample(&files)))
    }

    #[test]
    fn dialects_do_not_know_each_other() {
        for text in [
            "use super::anthropic::Reply;",
            "use crate::dialect::{anthropic, v2};",
            "fn f() { crate::dialect::anthropic::reply() }",
        ] {
            assert_eq!(found(OPENAI, text), [format!("{OPENAI}:1")], "{text}");
        }
        let deeper = "keeper/router/src/dialect/anthropic/stream.rs";
        assert_eq!(found(deeper, "use crate::dialect::openai::Reply;"), [format!("{deeper}:1")]);
    }

    #[test]
    fn what_is_not_another_dialect_is_fine() {
        for (path, text) in [
            (OPENAI, "use crate::request::Request;\nuse super::openai::Reply;"),
            (OPENAI, "fn f(anthropic: u8) -> u8 { anthropic }"),
            (ANTHROPIC, "mod stream;\nuse self::stream::Stream;"),
            ("keeper/router/src/dialect/mod.rs", "mod anthropic;\nmod openai;\npub use openai::Reply;"),
            ("keeper/router/src/lib.rs", "use crate::dialect::{anthropic, openai};"),
            ("keeper/inference/src/openai/backend.rs", "use crate::anthropic::Reply;"),
        ] {
            assert_eq!(found(path, text), Vec::<String>::new(), "{path}: {text}");
        }
    }

    #[test]
    fn the_router_does_not_know_the_portal() {
        let path = "keeper/router/src/request.rs";
        for text in ["use cor_portal::Account;", "fn f() { crate::portal::meter() }"] {
            assert_eq!(found(path, text), [format!("{path}:1")], "{text}");
        }
        assert_eq!(found(path, "use cor_ports::Gate;\nfn f(portal: u8) {}"), Vec::<String>::new());
        assert_eq!(found("keeper/portal/src/lib.rs", "use cor_portal::Account;"), Vec::<String>::new());
    }
}
