//! The names in a Rust file: what it defines, what it brings in, and which paths it writes into its own crate.

use std::collections::{HashMap, HashSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::attributes;

/// What a file says about modules, tests left out: what they use binds nobody.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Modules in files of their own.
    pub(super) children: Vec<String>,
    /// Items that are defined here.
    pub(super) defined: HashSet<String>,
    /// What `use` brings in, by the name it has here.
    pub(super) imports: HashMap<String, Vec<String>>,
    /// Modules whose items all are brought in.
    pub(super) globs: Vec<Vec<String>>,
    /// Paths into the crate, with their lines.
    pub(super) mentions: Vec<(Vec<String>, usize)>,
}

impl Names {
    pub(super) fn of(syntax: &syn::File) -> Self {
        let mut reader = Reader::default();
        reader.visit_file(syntax);
        reader.names
    }
}

/// Walks a file; knows in how many modules of the file itself it is.
#[derive(Default)]
struct Reader {
    names: Names,
    inner: usize,
}

impl Reader {
    /// Notes a path that begins with `crate`, `self` or `super`, as the file's own module would write it.
    fn mention(&mut self, path: Vec<String>, line: usize) {
        if let Some(path) = self.outward(path) {
            self.names.mentions.push((path, line));
        }
    }

    /// `None` for what stays within the modules of this file.
    fn outward(&self, mut path: Vec<String>) -> Option<Vec<String>> {
        if self.inner == 0 || path.first().is_some_and(|first| first == "crate") {
            return Some(path);
        }
        let ups = path.iter().skip_while(|name| *name == "self").take_while(|name| *name == "super").count();
        if ups < self.inner {
            return None;
        }
        path.retain(|name| name != "self");
        path.drain(..self.inner);
        path.insert(0, "self".to_owned());
        Some(path)
    }

    fn import(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        let line = tree.span().start().line;
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.import(item, before)),
            syn::UseTree::Name(name) => self.bind(&name.ident.to_string(), &name.ident.to_string(), before, line),
            syn::UseTree::Rename(rename) => self.bind(&rename.ident.to_string(), &rename.rename.to_string(), before, line),
            syn::UseTree::Glob(_) => {
                self.mention(before.clone(), line);
                if self.inner == 0 {
                    self.names.globs.push(before.clone());
                }
            }
        }
    }

    fn bind(&mut self, name: &str, here: &str, before: &[String], line: usize) {
        let mut path = before.to_vec();
        if name != "self" {
            path.push(name.to_owned());
        }
        // `use a::{self}` is known as `a`.
        let here = if here == "self" { before.last().map_or(here, String::as_str) } else { here };
        if self.inner == 0 {
            self.names.imports.insert(here.to_owned(), path.clone());
        }
        self.mention(path, line);
    }

    /// Paths in the arguments of a macro, which have no syntax tree.
    fn tokens(&mut self, stream: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for tree in stream {
            match tree {
                TokenTree::Ident(ident) if !path.is_empty() && colons == 2 => {
                    path.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(ref punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                _ => {}
            }
            self.inward(std::mem::take(&mut path), line);
            colons = 0;
            match tree {
                TokenTree::Ident(ident) => {
                    line = ident.span().start().line;
                    path.push(ident.to_string());
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
        }
        self.inward(path, line);
    }

    /// Notes a path if it leads into the crate.
    fn inward(&mut self, path: Vec<String>, line: usize) {
        let leads = path.first().is_some_and(|first| matches!(first.as_str(), "crate" | "self" | "super"));
        if leads && path.len() > 1 {
            self.mention(path, line);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if attributes::of(item).iter().any(attributes::is_test_only) {
            return;
        }
        if self.inner == 0
            && let Some(name) = name_of(item)
        {
            self.names.defined.insert(name);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        match &item.content {
            None if self.inner == 0 => self.names.children.push(item.ident.to_string()),
            None => {}
            Some((_, items)) => {
                self.inner += 1;
                items.iter().for_each(|item| self.visit_item(item));
                self.inner -= 1;
            }
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !item.attrs.iter().any(attributes::is_test_only) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.inward(names, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    /// `pub(in crate::a)` says who may look, and names nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

/// The name an item defines. A module in a file of its own is not among them: its file defines what it holds.
fn name_of(item: &syn::Item) -> Option<String> {
    let name = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Macro(item) => item.ident.as_ref()?,
        syn::Item::Mod(item) if item.content.is_some() => &item.ident,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        syn::Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
