//! Rule: modules of a crate stand on each other without circles, and where an order is declared, no arrow points up.
//!
//! An arrow leads from a module to the one that defines what it names, by `use` or by a path that begins with `crate`, `self` or
//! `super`; a re-export on the way is followed. Arrows are looked at where their paths part: one from `a::b` to `a::c::d` is an arrow
//! from `b` to `c` in `a`. A circle of such siblings is a breach, be they files or folders.
//!
//! A folder and what is in it are no siblings. A parent may re-export and use its children, and they may use what it defines for all
//! of them; only an order forbids that, by giving the folder's own file a place.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::modules::{Arrow, Crate};
use super::tree::{Finding, Tree};

/// A folder whose modules have an order.
struct Order {
    folder: &'static str,
    /// From the bottom up. `.` is the folder's own file.
    layers: &'static [&'static str],
}

/// The folder's own file, in an [`Order`].
const OWN: &str = ".";

const ORDERS: [Order; 1] = [Order {
    folder: "anvil/node/src/chain",
    layers: &["workers", "error", "blocks", "store", "dump", "read", "write", OWN, "sequencer", "send"],
}];

/// An arrow between two modules of one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Step<'t> {
    from: &'t str,
    to: &'t str,
    file: &'t str,
    line: usize,
}

/// Of each module, the first arrow to each of its siblings.
type Graph<'t> = BTreeMap<&'t str, BTreeMap<&'t str, Step<'t>>>;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for krate in Crate::all(&tree.rust) {
        let arrows = krate.arrows();
        findings.extend(circles(&krate, &arrows));
        findings.extend(ORDERS.iter().flat_map(|order| breaches(order, &krate, &arrows)));
    }
    findings
}

fn circles(krate: &Crate<'_>, arrows: &[Arrow]) -> Vec<Finding> {
    let mut folders: BTreeMap<&[String], Graph<'_>> = BTreeMap::new();
    for arrow in arrows {
        let (from, to) = (&krate.modules[arrow.from], &krate.modules[arrow.to]);
        let shared = from.path.iter().zip(&to.path).take_while(|(a, b)| a == b).count();
        // Where one path ends, one module holds the other.
        if let (Some(a), Some(b)) = (from.path.get(shared), to.path.get(shared)) {
            let step = Step { from: a, to: b, file: &from.file.path, line: arrow.line };
            let graph = folders.entry(&from.path[..shared]).or_default();
            graph.entry(a).or_default().entry(b).and_modify(|first| *first = step.min(*first)).or_insert(step);
        }
    }
    folders.values().flat_map(circles_of).collect()
}

/// One circle of each set of modules that all lead to each other: the shortest through the first of them.
fn circles_of(graph: &Graph<'_>) -> Vec<Finding> {
    let (mut findings, mut told) = (Vec::new(), BTreeSet::<&str>::new());
    for start in graph.keys() {
        if told.contains(start) {
            continue;
        }
        if let Some(circle) = circle_through(graph, start) {
            told.extend(graph.keys().filter(|other| leads(graph, start, other) && leads(graph, other, start)));
            findings.push(finding(&circle));
        }
    }
    findings
}

fn finding(circle: &[Step<'_>]) -> Finding {
    let names: Vec<&str> = circle.iter().map(|step| step.from).chain(circle.first().map(|step| step.from)).collect();
    let places: Vec<String> = circle.iter().map(|step| format!("`{}` in {}:{}", step.to, step.file, step.line)).collect();
    let (file, line) = circle.first().map_or(("", 0), |step| (step.file, step.line));
    Finding::new(file, line, format!("modules in a circle: {} (named: {})", names.join(" → "), places.join(", ")))
}

/// The shortest way from `start` back to it.
fn circle_through<'t>(graph: &Graph<'t>, start: &str) -> Option<Vec<Step<'t>>> {
    let mut came_by: HashMap<&str, Step<'t>> = HashMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        for step in graph.get(at).into_iter().flat_map(BTreeMap::values) {
            if step.to == start {
                let mut circle = vec![*step];
                while let Some(before) = circle.last().and_then(|step| came_by.get(step.from)) {
                    circle.push(*before);
                }
                circle.reverse();
                return Some(circle);
            }
            if !came_by.contains_key(step.to) {
                came_by.insert(step.to, *step);
                open.push_back(step.to);
            }
        }
    }
    None
}

fn leads(graph: &Graph<'_>, from: &str, to: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        let next = graph.get(at).into_iter().flat_map(BTreeMap::keys);
        open.extend(next.filter(|next| seen.insert(**next)));
    }
    seen.contains(to)
}

/// Arrows up in the folder of `order`, and modules that have no place in it.
fn breaches(order: &Order, krate: &Crate<'_>, arrows: &[Arrow]) -> Vec<Finding> {
    let own_file = format!("{}/mod.rs", order.folder);
    let Some(folder) = krate.modules.iter().find(|module| module.file.path == own_file) else {
        return Vec::new();
    };
    let depth = folder.path.len();
    // The layer a module of the folder is in.
    let layer = |at: usize| {
        let path = &krate.modules[at].path;
        path.starts_with(&folder.path).then(|| path.get(depth).map_or(OWN, String::as_str))
    };
    let rank = |name: &str| order.layers.iter().position(|layer| *layer == name);
    let children = krate.modules.iter().filter(|module| module.path.len() == depth + 1 && module.path.starts_with(&folder.path));
    let placeless = children.filter(|module| module.path.last().is_some_and(|name| rank(name).is_none()));
    let mut findings: Vec<Finding> = placeless
        .map(|module| Finding::new(&module.file.path, 0, format!("has no place in the order of {}", order.folder)))
        .collect();
    for arrow in arrows {
        let (Some(from), Some(to)) = (layer(arrow.from), layer(arrow.to)) else {
            continue;
        };
        if from != to && rank(from) < rank(to) {
            let named = if to == OWN { "the folder's own file" } else { to };
            let message = format!("`{from}` uses `{named}`, which stands above it in {}", order.folder);
            findings.push(Finding::new(&krate.modules[arrow.from].file.path, arrow.line, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        places(check(&Tree::sample(files)))
    }

    #[test]
    fn each_way_into_a_circle_has_a_bad_sample() {
        let root = ("a/src/lib.rs", "mod x;\nmod y;\n");
        let ways = [
            "use crate::y::Y;",
            "use super::y;",
            "use super::y::*;",
            "use super::{y::Y as Other, z};",
            "fn f() -> crate::y::Y { g() }",
            "fn f() { super::y::Y::new() }",
            "fn f() { call!(1, super::y::Y) }",
            "impl From<super::y::Y> for X {}",
            "mod inner { use super::super::y::Y; }",
        ];
        for way in ways {
            let files = [root, ("a/src/x.rs", way), ("a/src/y.rs", "use crate::x::X;\npub struct Y;")];
            assert_eq!(found(&files), ["a/src/x.rs:1"], "{way}");
        }
    }

    #[test]
    fn circles_of_folders_and_through_reexports_are_found_once_each() {
        let files = [
            ("a/src/main.rs", "mod x;\nmod y;\nmod z;\npub(crate) use y::deep::Y;\n"),
            ("a/src/x/mod.rs", "pub mod one;\npub mod two;\n"),
            ("a/src/x/one.rs", "use super::two::Two;\nuse crate::Y;\npub struct One;\n"),
            ("a/src/x/two.rs", "use super::one;\npub struct Two;\n"),
            ("a/src/y/mod.rs", "pub mod deep;\n"),
            ("a/src/y/deep.rs", "use crate::z::Z;\npub struct Y;\n"),
            ("a/src/z.rs", "\nuse crate::x::two::Two;\npub struct Z;\n"),
        ];
        assert_eq!(found(&files), ["a/src/x/one.rs:2", "a/src/x/one.rs:1"]);
        let circle = check(&Tree::sample(&files)).remove(0).line("arrows");
        let names = "modules in a circle: x → y → z → x";
        let steps = "`y` in a/src/x/one.rs:2, `z` in a/src/y/deep.rs:1, `x` in a/src/z.rs:2";
        assert_eq!(circle, format!("a/src/x/one.rs:2: [arrows] {names} (named: {steps})"));
    }

    #[test]
    fn what_only_looks_like_a_circle_is_left_alone() {
        let good: [&[(&str, &str)]; 6] = [
            // A parent re-exports its children, and they name each other through it.
            &[
                ("a/src/lib.rs", "mod x;\nmod y;\npub use x::X;\npub use y::Y;\npub struct All(X, Y);\n"),
                ("a/src/x.rs", "use super::Y;\nuse crate::All;\npub struct X;\n"),
                ("a/src/y.rs", "use super::All;\npub struct Y;\n"),
            ],
            // A test.
            &[
                ("a/src/lib.rs", "mod x;\nmod y;\n"),
                ("a/src/x.rs", "use crate::y::Y;\npub struct X;\n"),
                ("a/src/y.rs", "pub struct Y;\n#[cfg(test)]\nmod tests {\n    use crate::x::X;\n}\n"),
            ],
            // Who may look, and prose.
            &[
                ("a/src/lib.rs", "mod x;\nmod y;\n"),
                ("a/src/x.rs", "use crate::y::Y;\npub struct X;\n"),
                ("a/src/y.rs", "/// See [`crate::x::X`].\npub(in crate::x) struct Y;\nconst T: &str = \"crate::x::X\";\n"),
            ],
            // Modules of one file.
            &[(
                "a/src/lib.rs",
                "mod x {\n    use super::y::Y;\n    pub struct X;\n}\nmod y {\n    use super::x::X;\n    pub struct Y;\n}\n",
            )],
            // Two crates.
            &[
                ("a/src/lib.rs", "mod x;\n"),
                ("a/src/x.rs", "use b::y;\n"),
                ("b/src/lib.rs", "pub mod y;\n"),
                ("b/src/y.rs", "use a::x;\n"),
            ],
            // A name that leads back to itself.
            &[
                ("a/src/lib.rs", "mod x;\nmod y;\n"),
                ("a/src/x.rs", "pub use super::y::N;\n"),
                ("a/src/y.rs", "pub use super::y::N;\n"),
            ],
        ];
        for files in good {
            assert_eq!(found(files), Vec::<String>::new(), "{files:?}");
        }
    }

    #[test]
    fn an_order_has_a_place_for_each_module_and_forbids_arrows_up() {
        let chain = "pub mod read;\npub mod send;\npub mod store;\npub mod write;\npub struct Chain(read::Reader);\n";
        let sample = |store, read, write, extra: &'static [(&'static str, &'static str)]| {
            let mut files = vec![
                ("anvil/node/src/lib.rs", "mod chain;\nmod config;\n"),
                ("anvil/node/src/config.rs", "pub struct Config;\n"),
                ("anvil/node/src/chain/mod.rs", chain),
                ("anvil/node/src/chain/store/mod.rs", store),
                ("anvil/node/src/chain/read.rs", read),
                ("anvil/node/src/chain/write.rs", write),
                ("anvil/node/src/chain/send.rs", "use super::{Chain, write::Writer};\n"),
            ];
            files.extend_from_slice(extra);
            found(&files)
        };
        let (store, read) = ("use crate::config::Config;\npub struct Store;\n", "use super::store::Store;\npub struct Reader;\n");
        let write = "use super::read::Reader;\npub struct Writer;\n";
        assert_eq!(sample(store, read, write, &[]), Vec::<String>::new());
        assert_eq!(
            sample("use crate::chain::write::Writer;\n", "\nuse crate::chain::Chain;\n", "pub struct Writer;\n", &[]),
            ["anvil/node/src/chain/read.rs:2", "anvil/node/src/chain/store/mod.rs:1"]
        );
        let deep: &[(&str, &str)] = &[("anvil/node/src/chain/store/pool.rs", "\nuse super::super::read::Reader;\n")];
        assert_eq!(sample("mod pool;\n", "pub struct Reader;\n", write, deep), ["anvil/node/src/chain/store/pool.rs:2"]);
    }

    #[test]
    fn a_module_without_a_place_in_an_order_is_named() {
        let files = [
            ("anvil/node/src/lib.rs", "mod chain;\n"),
            ("anvil/node/src/chain/mod.rs", "mod newcomer;\n"),
            ("anvil/node/src/chain/newcomer.rs", "\n"),
        ];
        assert_eq!(found(&files), ["anvil/node/src/chain/newcomer.rs:0"]);
    }
}
