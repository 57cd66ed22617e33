//! The modules of each crate, and which names another.
//!
//! A file is a module; a module written inside a file is part of that file. The tree of modules follows the `mod name;` items from
//! `lib.rs`, `main.rs` and the files of `bin/`.

use std::collections::{BTreeMap, HashMap};

use super::rust::RustFile;

/// Re-exports that are followed from one name to its definition. More is a chain that leads back to itself.
const REEXPORTS_MAX: usize = 16;

/// A module of a crate.
#[derive(Debug)]
pub(super) struct Module<'t> {
    pub(super) file: &'t RustFile,
    /// Names from the root of the crate, which is empty.
    pub(super) path: Vec<String>,
    parent: Option<usize>,
    children: HashMap<&'t str, usize>,
}

/// The modules of one crate; the first is its root.
#[derive(Debug)]
pub(super) struct Crate<'t> {
    pub(super) modules: Vec<Module<'t>>,
}

/// One module names another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrow {
    /// Place in [`Crate::modules`] of the one that names.
    pub(super) from: usize,
    /// Place of the one that defines what is named.
    pub(super) to: usize,
    /// Line in the file of `from`.
    pub(super) line: usize,
}

impl<'t> Crate<'t> {
    /// All crates that these files make up.
    pub(super) fn all(files: &'t [RustFile]) -> Vec<Self> {
        let by_path: BTreeMap<&str, &RustFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
        files.iter().filter(|file| is_root(&file.path)).map(|root| Self::of(root, &by_path)).collect()
    }

    fn of(root: &'t RustFile, files: &BTreeMap<&str, &'t RustFile>) -> Self {
        let first = Module { file: root, path: Vec::new(), parent: None, children: HashMap::new() };
        let mut modules = vec![first];
        let mut at = 0;
        while at < modules.len() {
            let file = modules[at].file;
            let folder = folder_of(&file.path, at == 0);
            for name in &file.names.children {
                let places = [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")];
                let Some(child) = places.iter().find_map(|place| files.get(place.as_str())) else {
                    continue;
                };
                let path = modules[at].path.iter().chain([name]).cloned().collect();
                let index = modules.len();
                modules[at].children.insert(name, index);
                modules.push(Module { file: child, path, parent: Some(at), children: HashMap::new() });
            }
            at += 1;
        }
        Self { modules }
    }

    /// Every arrow, from the module that names to the module that defines: a re-export on the way is followed.
    pub(super) fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for (from, module) in self.modules.iter().enumerate() {
            let found = module.file.names.mentions.iter().filter_map(|(path, line)| {
                let to = self.resolve(from, path, 0)?;
                Some(Arrow { from, to, line: *line })
            });
            arrows.extend(found.filter(|arrow| arrow.from != arrow.to));
        }
        arrows
    }

    /// The module that defines what `path` means in `from`; `None` for what comes from another crate.
    fn resolve(&self, from: usize, path: &[String], followed: usize) -> Option<usize> {
        let first = path.first()?;
        let mut at = match first.as_str() {
            "crate" => 0,
            "self" | "super" => from,
            name if self.knows(from, name) => from,
            _ => return None,
        };
        for (index, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" | "self" => continue,
                "super" => at = self.modules[at].parent?,
                name => match self.modules[at].children.get(name) {
                    Some(child) => at = *child,
                    None => return self.definition(at, name, &path[index + 1..], followed).or(Some(at)),
                },
            }
        }
        Some(at)
    }

    /// Where `name` of module `at` is defined, if it is brought in from elsewhere in the crate.
    fn definition(&self, at: usize, name: &str, rest: &[String], followed: usize) -> Option<usize> {
        let names = &self.modules[at].file.names;
        if names.defined.contains(name) || followed == REEXPORTS_MAX {
            return None;
        }
        if let Some(import) = names.imports.get(name) {
            let full: Vec<String> = import.iter().chain(rest).cloned().collect();
            return self.resolve(at, &full, followed + 1);
        }
        let mut sources = names.globs.iter().filter_map(|glob| self.resolve(at, glob, followed + 1));
        let source = sources.find(|source| *source != at && self.knows(*source, name))?;
        let full: Vec<String> = ["self", name].into_iter().map(str::to_owned).chain(rest.iter().cloned()).collect();
        self.resolve(source, &full, followed + 1)
    }

    fn knows(&self, at: usize, name: &str) -> bool {
        let module = &self.modules[at];
        let names = &module.file.names;
        module.children.contains_key(name) || names.defined.contains(name) || names.imports.contains_key(name)
    }
}

/// Whether a file begins a crate.
fn is_root(path: &str) -> bool {
    let in_src = path.rsplit_once("/src/").map(|(_, inside)| inside);
    in_src.is_some_and(|inside| {
        let alone = inside.strip_prefix("bin/").is_some_and(|program| !program.contains('/') || program.ends_with("/main.rs"));
        matches!(inside, "lib.rs" | "main.rs") || alone
    })
}

/// The folder that the children of a module lie in.
fn folder_of(path: &str, is_root: bool) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name.strip_suffix(".rs") {
        Some(own) if !is_root && own != "mod" => format!("{folder}/{own}"),
        _ => folder.to_owned(),
    }
}
