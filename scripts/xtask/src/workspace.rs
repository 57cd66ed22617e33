//! What cargo says about this workspace: its packages, their arrows, the target folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::process;

/// The answer of `cargo metadata`, as far as it is used here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    pub(crate) target_directory: PathBuf,
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SPDX expression, absent when the package names a licence file only.
    pub(crate) license: Option<String>,
    /// Absent for the members of this workspace.
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: PathBuf,
    /// The oldest compiler that the package accepts: `1.95`.
    rust_version: Option<String>,
    #[serde(default)]
    pub(crate) dependencies: Vec<Dependency>,
    #[serde(default)]
    targets: Vec<Target>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` is a normal dependency; otherwise `dev` or `build`.
    pub(crate) kind: Option<String>,
    /// Set for dependencies inside the workspace.
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    crate_types: Vec<String>,
    #[serde(rename = "required-features", default)]
    required_features: Vec<String>,
}

/// Folders that hold nothing of ours: what is built, installed or kept by tools.
pub(crate) const NOT_OURS: [&str; 4] = ["target", ".git", "node_modules", ".cor"];

/// Where a program's source lies, and so what is expected of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A package under `contracts/`: goes on any chain, with goldens of size and ABI.
    Contract,
    /// An example of the package of samples: tests the dev chain only, and may be spread over two accounts.
    Sample,
    /// Compared with native code by `cargo xtask bench chain`: built for speed, as that code is.
    Measured,
}

impl Kind {
    /// The profile in the root manifest, which is also the folder that cargo builds it in.
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Self::Contract | Self::Sample => "contract",
            Self::Measured => "contract-speed",
        }
    }

    /// What `wasm-opt` aims at: size, which is paid for at every deployment, or speed.
    pub(crate) fn optimise_for(self) -> &'static str {
        match self {
            Self::Contract | Self::Sample => "-Oz",
            Self::Measured => "-O3",
        }
    }
}

/// What is built to a program for the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contract {
    pub(crate) kind: Kind,
    /// Its folder's or example's name, which is also the name of its artifact: `node-pool`.
    pub(crate) name: String,
    pub(crate) package: String,
    /// The file name cargo gives the module: `cor_contract_node_pool`.
    pub(crate) lib: String,
    /// The binary that prints the Solidity interface, if there is one.
    pub(crate) abi_bin: Option<String>,
}

impl Target {
    fn is_cdylib(&self) -> bool {
        self.crate_types.iter().any(|kind| kind == "cdylib")
    }
}

impl Contract {
    /// The name of the contract in Solidity: `NodePool`.
    pub(crate) fn solidity_name(&self) -> String {
        self.name
            .split('-')
            .flat_map(|word| {
                let mut letters = word.chars();
                letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
            })
            .collect()
    }
}

/// The folder of the package whose examples are sample programs.
const SAMPLES: &str = "test/contracts";

/// The feature and the kind of binary with which the SDK prints a contract's interface.
pub(crate) const EXPORT_ABI: &str = "export-abi";

impl Workspace {
    /// The members only; needs neither network nor an up-to-date lock file.
    pub(crate) fn load() -> Result<Self> {
        Self::metadata(Path::new("."), &["--no-deps"])
    }

    /// Members and every package they use on this host, as the lock file has them.
    pub(crate) fn load_with_dependencies(root: &Path) -> Result<Self> {
        let version = process::capture(Command::new("rustc").arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
        Self::metadata(root, &["--locked", "--filter-platform", host])
    }

    fn metadata(root: &Path, args: &[&str]) -> Result<Self> {
        let mut command = process::cargo(root);
        command.args(["metadata", "--format-version", "1"]).args(args);
        let text = process::capture(&mut command)?;
        serde_json::from_str(&text).map_err(Error::json(Path::new("cargo metadata")))
    }

    /// The minor number of the oldest compiler that every member accepts; 0 when none of them says.
    pub(crate) fn rust_minor_min(&self) -> u32 {
        let minor = |package: &Package| package.rust_version.as_deref()?.split('.').nth(1)?.parse().ok();
        self.packages.iter().filter(|package| package.source.is_none()).filter_map(minor).max().unwrap_or(0)
    }

    /// Where the programs for the chain are laid.
    pub(crate) fn contracts_out(&self) -> PathBuf {
        self.target_directory.join("contracts")
    }

    /// Every package under `contracts/` with a `cdylib`, by name.
    pub(crate) fn contracts(&self) -> Vec<Contract> {
        let mut found: Vec<_> = self.packages.iter().filter_map(|package| self.contract(package)).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// Where the sample programs are laid.
    pub(crate) fn samples_out(&self) -> PathBuf {
        self.contracts_out().join("samples")
    }

    /// Every sample program, by name.
    pub(crate) fn samples(&self) -> Vec<Contract> {
        let Some(package) = self.packages.iter().find(|package| self.folder(package) == SAMPLES) else {
            return Vec::new();
        };
        let is_example = |target: &&Target| target.is_cdylib() && target.kind.iter().any(|kind| kind == "example");
        let sample = |target: &Target| Contract {
            kind: Kind::Sample,
            name: target.name.clone(),
            package: package.name.clone(),
            lib: target.name.replace('-', "_"),
            abi_bin: None,
        };
        let mut found: Vec<_> = package.targets.iter().filter(is_example).map(sample).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    fn contract(&self, package: &Package) -> Option<Contract> {
        // `contracts/<subject>/<name>`: the subject only sorts the folders.
        let folder = self.folder(package);
        let name = folder.strip_prefix("contracts/")?.rsplit('/').next()?.to_owned();
        let lib = package.targets.iter().find(|target| target.is_cdylib())?;
        let prints_abi = |target: &&Target| {
            target.kind.iter().any(|kind| kind == "bin") && target.required_features.iter().any(|f| f == EXPORT_ABI)
        };
        let abi_bin = package.features.contains_key(EXPORT_ABI).then(|| package.targets.iter().find(prints_abi)).flatten();
        Some(Contract {
            kind: Kind::Contract,
            name,
            package: package.name.clone(),
            lib: lib.name.replace('-', "_"),
            abi_bin: abi_bin.map(|target| target.name.clone()),
        })
    }

    /// A member's folder relative to the root, with `/`.
    pub(crate) fn folder(&self, package: &Package) -> String {
        let folder = package.manifest_path.parent().unwrap_or(&self.root);
        relative(&self.root, folder)
    }
}

/// `path` relative to `root`, with `/` on every system; `path` itself when it lies elsewhere.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        let package = |folder: &str, crate_type: &str| {
            serde_json::json!({
                "name": format!("cor-{}", folder.replace('/', "-")), "version": "0.1.0",
                "license": "MIT", "source": null,
                "manifest_path": format!("/repo/{folder}/Cargo.toml"),
                "targets": [
                    {"name": folder.replace('/', "_"), "kind": ["lib"], "crate_types": ["lib", crate_type]},
                    {"name": "x-abi", "kind": ["bin"], "crate_types": ["bin"], "required-features": ["export-abi"]},
                ],
                "features": {"export-abi": []},
            })
        };
        serde_json::from_value(serde_json::json!({
            "workspace_root": "/repo", "target_directory": "/elsewhere",
            "packages": [
                package("contracts/nodes/node-pool", "cdylib"),
                package("contracts/core", "rlib"),
                package("contracts/money/cor", "cdylib"),
                package("keeper/service", "cdylib"),
                {
                    "name": "cor-samples", "version": "0.1.0", "license": "MIT", "source": null,
                    "manifest_path": "/repo/test/contracts/Cargo.toml",
                    "targets": [
                        {"name": "token", "kind": ["example"], "crate_types": ["cdylib"]},
                        {"name": "bank", "kind": ["example"], "crate_types": ["cdylib"]},
                        {"name": "tool", "kind": ["example"], "crate_types": ["bin"]},
                    ],
                },
            ],
        }))
        .unwrap()
    }

    #[test]
    fn contracts_are_the_cdylibs_of_their_folder() {
        let contracts = workspace().contracts();
        let names: Vec<_> = contracts.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["cor", "node-pool"]);
        assert_eq!(contracts[1].lib, "contracts_nodes_node_pool");
        assert_eq!(contracts[1].abi_bin.as_deref(), Some("x-abi"));
        assert_eq!(contracts[1].solidity_name(), "NodePool");
    }

    #[test]
    fn samples_are_the_cdylibs_among_the_examples() {
        let samples = workspace().samples();
        let names: Vec<_> = samples.iter().map(|sample| (sample.name.as_str(), sample.kind)).collect();
        assert_eq!(names, [("bank", Kind::Sample), ("token", Kind::Sample)]);
    }

    #[test]
    fn the_oldest_compiler_is_the_one_that_every_member_accepts() {
        let minor = |versions: &[Option<&str>]| {
            let mut workspace = workspace();
            for (package, version) in workspace.packages.iter_mut().zip(versions) {
                package.rust_version = version.map(str::to_owned);
            }
            workspace.rust_minor_min()
        };
        assert_eq!(minor(&[]), 0);
        assert_eq!(minor(&[Some("1.95"), None, Some("1.93.1")]), 95);
        assert!(Workspace::load().unwrap().rust_minor_min() >= 95);
    }

    #[test]
    fn artifacts_follow_cargos_target_folder() {
        assert_eq!(workspace().contracts_out(), Path::new("/elsewhere/contracts"));
    }

    /// Packages from registries with their features, a line for each way in which cargo compiles one.
    fn compiled(selection: &[&str]) -> std::collections::BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = process::cargo(root);
        command.args(["tree", "--locked", "--prefix", "none", "--format", "{p} {f}"]).args(selection);
        let tree = process::capture(&mut command).unwrap();
        let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
        lines.filter(|line| !line.is_empty() && !line.contains("(/")).map(str::to_owned).collect()
    }

    #[test]
    fn what_xtask_and_the_build_use_is_compiled_once() {
        let built = compiled(&["--workspace", "--edges", "normal,build"]);
        let tested = compiled(&["--workspace", "--edges", "normal,build,dev"]);
        let ours = compiled(&["--package", "xtask", "--edges", "normal,build"]);
        let twice: Vec<_> = ours.difference(&built).chain(built.difference(&tested)).collect();
        assert!(
            twice.is_empty(),
            "compiled again with other features, see scripts/xtask/Cargo.toml and test/e2e/Cargo.toml: {twice:#?}"
        );
    }
}
