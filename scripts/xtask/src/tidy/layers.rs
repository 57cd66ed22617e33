//! Rule: arrows between our crates point down, as this table has them. A new crate must take its place in it.

use super::tree::{Finding, Tree};
use crate::workspace::{Dependency, Package, Workspace};

/// A layer: which crates, what they may use of ours, and what their tests may use besides.
struct Layer {
    /// A name, or a prefix that ends in `*`.
    crates: &'static str,
    uses: &'static [&'static str],
    tests_use: &'static [&'static str],
}

const fn layer(crates: &'static str, uses: &'static [&'static str], tests_use: &'static [&'static str]) -> Layer {
    Layer { crates, uses, tests_use }
}

/// What every crate may use: the identity of errors, which depends on nothing.
const LEAF: &str = "cor-errors";

/// From the bottom up; the first line that fits a crate decides.
const LAYERS: [Layer; 21] = [
    // The identity of every error: a leaf, which every crate may name.
    layer("cor-errors", &[], &[]),
    // The rules: nothing else of ours, so that nothing can change them from below.
    layer("cor-core", &[], &[]),
    layer("cor-contract-shared", &["cor-core"], &[]),
    layer("cor-contract-*", &["cor-core", "cor-contract-shared"], &["cor-sol"]),
    // The specification, in Solidity; its tests hold it against the rules.
    layer("cor-sol", &[], &["cor-core"]),
    // The dev chain could be published by itself.
    layer("cor-stylus-vm", &[], &[]),
    layer("cor-anvil", &["cor-stylus-vm"], &[]),
    // Contracts of strangers, who have nothing of ours.
    layer("cor-samples", &[], &[]),
    layer("cor-wire", &[], &[]),
    // A port says what a contract reverted with, so it uses the specification's own errors.
    layer("cor-ports", &["cor-core", "cor-sol"], &[]),
    // Services talk to ports, never to adapters.
    layer("cor-keeper", &["cor-core", "cor-ports"], &[]),
    layer("cor-tls", &[], &[]),
    // Adapters serve ports and never know who uses them.
    layer("cor-adapters", &["cor-core", "cor-wire", "cor-ports", "cor-sol", "cor-tls"], &["cor-anvil", "cor-kit"]),
    layer("cor-inference", &["cor-core", "cor-wire", "cor-ports", "cor-tls"], &["cor-kit"]),
    // What faces the network hands everything to a port.
    layer("cor-edge", &["cor-wire", "cor-ports"], &[]),
    // Only the binary and the test crates know services, adapters and the edge.
    layer(
        "cor",
        &["cor-core", "cor-wire", "cor-ports", "cor-keeper", "cor-edge", "cor-adapters", "cor-inference", "cor-sol", "cor-anvil"],
        &["cor-kit"],
    ),
    layer(
        "cor-kit",
        &["cor-core", "cor-wire", "cor-ports", "cor-keeper", "cor-edge", "cor-adapters", "cor-inference", "cor-sol", "cor-anvil"],
        &[],
    ),
    layer(
        "cor-e2e",
        &[
            "cor-core",
            "cor-wire",
            "cor-ports",
            "cor-keeper",
            "cor-edge",
            "cor-adapters",
            "cor-inference",
            "cor-sol",
            "cor-anvil",
            "cor-kit",
        ],
        &["cor-stylus-vm"],
    ),
    // Measures the dev chain alone; its program is compiled for the chain as well.
    layer("cor-bench-program", &[], &[]),
    layer("cor-bench", &["cor-stylus-vm", "cor-anvil", "cor-bench-program"], &[]),
    layer("xtask", &[], &[]),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(workspace) = &tree.workspace else {
        return Vec::new();
    };
    let packages = workspace.packages.iter();
    packages.flat_map(|package| breaches(workspace, package)).collect()
}

fn breaches(workspace: &Workspace, package: &Package) -> Vec<Finding> {
    let path = format!("{}/Cargo.toml", workspace.folder(package));
    let Some(layer) = LAYERS.iter().find(|layer| fits(layer.crates, &package.name)) else {
        let message = format!("`{}` has no place in the table of layers", package.name);
        return vec![Finding::new(&path, 0, message)];
    };
    let ours = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
    ours.filter(|dependency| !allowed(layer, dependency))
        .map(|dependency| {
            let kind = dependency.kind.as_deref().unwrap_or("normal");
            let message = format!(
                "`{}` may not use `{}` ({kind} dependency); allowed: {}",
                package.name,
                dependency.name,
                or_nothing(layer.uses)
            );
            Finding::new(&path, 0, message)
        })
        .collect()
}

fn allowed(layer: &Layer, dependency: &Dependency) -> bool {
    let listed = |list: &[&str]| list.contains(&dependency.name.as_str());
    if dependency.name == LEAF {
        return true;
    }
    let in_tests = dependency.kind.as_deref() == Some("dev");
    listed(layer.uses) || (in_tests && listed(layer.tests_use))
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

fn or_nothing(list: &[&str]) -> String {
    if list.is_empty() { "nothing of ours".to_owned() } else { list.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Findings for one package with one dependency of ours of the given kind.
    fn found(package: &str, uses: &str, kind: Option<&str>) -> usize {
        let workspace = serde_json::from_value(serde_json::json!({
            "workspace_root": "/r", "target_directory": "/r/target",
            "packages": [{
                "name": package, "version": "0.1.0", "license": null, "source": null,
                "manifest_path": "/r/p/Cargo.toml",
                "dependencies": [
                    {"name": uses, "kind": kind, "path": "/r/x"},
                    {"name": "serde", "kind": null, "path": null},
                ],
            }],
        }));
        let mut tree = Tree::sample(&[]);
        tree.workspace = Some(workspace.unwrap());
        check(&tree).len()
    }

    #[test]
    fn arrows_point_down() {
        let cases = [
            ("cor-contract-staking", "cor-core", None, 0),
            ("cor-contract-staking", "cor-contract-cor", None, 1),
            ("cor-core", "cor-wire", None, 1),
            ("cor-core", "cor-kit", Some("dev"), 1),
            ("cor-anvil", "cor-stylus-vm", None, 0),
            ("cor-anvil", "cor-core", Some("dev"), 1),
            ("cor-keeper", "cor-adapters", None, 1),
            ("cor-keeper", "cor-inference", Some("dev"), 1),
            ("cor-adapters", "cor-anvil", Some("dev"), 0),
            ("cor-adapters", "cor-anvil", None, 1),
            ("cor-adapters", "cor-keeper", None, 1),
            ("cor-adapters", "cor-keeper", Some("dev"), 1),
            ("cor-adapters", "cor-edge", None, 1),
            ("cor-edge", "cor-ports", None, 0),
            ("cor-edge", "cor-keeper", None, 1),
            ("cor-edge", "cor-adapters", Some("dev"), 1),
            ("cor-wire", "cor-core", Some("build"), 1),
            ("cor", "cor-adapters", None, 0),
            ("cor-newcomer", "cor-core", None, 1),
        ];
        for (package, uses, kind, expected) in cases {
            assert_eq!(found(package, uses, kind), expected, "{package} -> {uses} ({kind:?})");
        }
    }
}
