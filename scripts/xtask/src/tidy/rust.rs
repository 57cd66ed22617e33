//! A Rust file as the rules see it: tokens with lines, functions, and which lines are tests.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::attributes;
use super::names::Names;

/// A parsed file. Comments are not in the tokens, so a rule cannot trip over prose.
#[derive(Debug)]
pub(super) struct RustFile {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) lines: usize,
    pub(super) has_docs: bool,
    pub(super) tokens: Vec<Token>,
    pub(super) functions: Vec<Function>,
    pub(super) names: Names,
    tests: Vec<RangeInclusive<usize>>,
}

/// An identifier, a literal or one character of punctuation; brackets are tokens too.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    /// From `fn` to the closing brace.
    pub(super) lines: RangeInclusive<usize>,
}

impl RustFile {
    pub(super) fn parse(path: &str, text: &str) -> syn::Result<Self> {
        let stream: TokenStream = text.parse()?;
        let mut tokens = Vec::new();
        flatten(stream.clone(), &mut tokens);
        let syntax: syn::File = syn::parse2(stream)?;
        let mut outline = Outline::default();
        outline.visit_file(&syntax);
        Ok(Self {
            path: path.to_owned(),
            lines: text.lines().count(),
            has_docs: syntax.attrs.iter().any(|attr| attr.path().is_ident("doc")),
            tokens,
            functions: outline.functions,
            names: Names::of(&syntax),
            tests: outline.tests,
        })
    }

    /// Whether the whole file is a test: by its folder or its name.
    pub(super) fn is_test(&self) -> bool {
        let mut parts: Vec<_> = self.path.split('/').collect();
        let name = parts.pop().unwrap_or_default();
        parts.contains(&"tests") || name == "tests.rs" || name.ends_with("_tests.rs")
    }

    /// Whether a line belongs to a test: the file does, or a `#[cfg(test)]` item spans it.
    pub(super) fn in_test(&self, line: usize) -> bool {
        self.is_test() || self.tests.iter().any(|range| range.contains(&line))
    }

    /// Lines that are not tests.
    pub(super) fn own_lines(&self) -> usize {
        (1..=self.lines).filter(|line| !self.in_test(*line)).count()
    }

    /// Positions in `tokens` where this sequence of token texts begins.
    pub(super) fn find<'a>(&'a self, sequence: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
        let windows = self.tokens.windows(sequence.len()).enumerate();
        windows.filter_map(move |(at, window)| {
            let same = window.iter().zip(sequence).all(|(t, text)| t.text == **text);
            same.then_some(at)
        })
    }

    /// The positions in `tokens` from an opening bracket to the one that closes it.
    pub(super) fn group(&self, open: usize) -> Option<RangeInclusive<usize>> {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.text.as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Some(open..=at);
            }
        }
        None
    }
}

fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                let closing = group.span_close().start().line;
                into.push(token(open, line));
                flatten(group.stream(), into);
                into.push(token(close, closing));
            }
            // `::` is the one joint punctuation the rules ask for, so it is one token.
            TokenTree::Punct(punct) if punct.as_char() == ':' => match into.last_mut() {
                Some(last) if last.text == ":+" => last.text = "::".to_owned(),
                _ if punct.spacing() == Spacing::Joint => into.push(token(":+", line)),
                _ => into.push(token(":", line)),
            },
            other => into.push(token(&other.to_string(), line)),
        }
    }
}

fn token(text: &str, line: usize) -> Token {
    Token { text: text.to_owned(), line }
}

/// Collects functions and the lines of test items.
#[derive(Default)]
struct Outline {
    functions: Vec<Function>,
    tests: Vec<RangeInclusive<usize>>,
}

impl Outline {
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = block.brace_token.span.close().end().line;
        self.functions.push(Function { name: signature.ident.to_string(), lines: first..=last });
    }
}

impl<'ast> Visit<'ast> for Outline {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if attributes::of(item).iter().any(attributes::is_test_only) {
            let span = item.span();
            self.tests.push(span.start().line..=span.end().line);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if item.attrs.iter().any(attributes::is_test_only) {
            let span = item.span();
            self.tests.push(span.start().line..=span.end().line);
        }
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str =
        "//! Doc.\nuse std::fs;\nfn a() {\n}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n#[cfg(not(test))]\nfn c() {}\n";

    #[test]
    fn test_items_are_told_from_the_rest() {
        let file = RustFile::parse("src/lib.rs", SAMPLE).unwrap();
        let tests: Vec<_> = (1..=file.lines).filter(|line| file.in_test(*line)).collect();
        assert_eq!(tests, [5, 6, 7, 8]);
        assert_eq!(file.own_lines(), 6);
        assert!(file.has_docs);
        let functions: Vec<_> = file.functions.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(functions, ["a", "b", "c"]);
        assert_eq!(file.functions[0].lines, 3..=4);
    }

    #[test]
    fn tokens_are_found_without_comments() {
        let text = "// std::fs\nuse std::fs; fn f() { \"std::fs\"; }";
        let file = RustFile::parse("src/lib.rs", text).unwrap();
        let found: Vec<_> = file.find(&["std", "::", "fs"]).collect();
        assert_eq!(found.len(), 1);
        assert_eq!(file.tokens[found[0]].line, 2);
    }

    #[test]
    fn a_group_ends_where_its_bracket_closes() {
        let file = RustFile::parse("src/lib.rs", "fn f() { g([1], (2)); } fn h() {}").unwrap();
        let open = file.find(&["{"]).next().unwrap();
        let group = file.group(open).unwrap();
        let texts: Vec<_> = file.tokens[group].iter().map(|token| token.text.as_str()).collect();
        assert_eq!(texts.concat(), "{g([1],(2));}");
    }

    #[test]
    fn whole_files_are_tests_by_folder_or_name() {
        for (path, expected) in [
            ("anvil/node/tests/rpc.rs", true),
            ("contracts/core/src/machine/tests.rs", true),
            ("test/e2e/src/lib.rs", false),
            ("keeper/service/src/contests.rs", false),
        ] {
            let file = RustFile::parse(path, "").unwrap();
            assert_eq!(file.is_test(), expected, "{path}");
        }
    }
}
