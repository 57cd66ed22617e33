//! Contracts to WebAssembly: `cargo xtask wasm` and `cargo xtask reproduce`.
//!
//! ```text
//!  toolchain   which compiler, installed if need be
//!  build       the cargo invocation and its flags         -> target/wasm/…/<lib>.wasm
//!  canonical   optimise, re-encode, strip, check limits   -> target/contracts/<name>.wasm
//!  goldens     sizes and hashes against test/goldens/wasm-sizes.json
//!  reproduce   the same bytes from another folder
//! ```

mod build;
mod canonical;
pub(crate) mod goldens;
mod reproduce;
pub(crate) mod toolchain;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::goldens::{Measured, Sizes, Verdict};
use self::toolchain::{Compiler, Optimiser, Way};
use crate::error::{Error, Result};
use crate::workspace::{Contract, Workspace};

pub(crate) use self::reproduce::reproduce;

/// Options of `cargo xtask wasm`.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// Contracts by folder name; all of them when none is named.
    pub(crate) contracts: Vec<String>,
    /// Build the dev chain's sample programs into target/contracts/samples instead.
    #[arg(long, conflicts_with = "check")]
    pub(crate) samples: bool,
    /// Fail when a size or hash differs from test/goldens/wasm-sizes.json (same compiler only).
    #[arg(long)]
    pub(crate) check: bool,
    /// Use only this way to the wasm target.
    #[arg(long, env = "COR_WASM_TOOLCHAIN")]
    pub(crate) toolchain: Option<Way>,
}

/// The tools of one build.
#[derive(Debug, Clone)]
struct Tools {
    compiler: Compiler,
    optimiser: Option<Optimiser>,
}

impl Tools {
    fn bring_in(workspace: &Workspace, way: Option<Way>) -> Result<Self> {
        let compiler = toolchain::bring_in(way, workspace.rust_minor_min())?;
        let optimiser = toolchain::optimiser();
        println!("wasm target: by way of {:?}, {}", compiler.way, compiler.version);
        Ok(Self { compiler, optimiser })
    }

    /// The name under which goldens are kept.
    fn name(&self) -> String {
        let optimiser = self.optimiser.as_ref();
        let optimiser = optimiser.map_or("no wasm-opt", |optimiser| optimiser.version.as_str());
        format!("{}; {optimiser}", self.compiler.version)
    }
}

/// One line of `target/contracts/manifest.json`.
#[derive(Debug, Clone, Serialize)]
struct Artifact {
    name: String,
    /// Relative to the manifest.
    wasm: String,
    #[serde(flatten)]
    measured: Measured,
}

#[derive(Debug, Serialize)]
struct Manifest {
    compiler: String,
    contracts: Vec<Artifact>,
}

/// What a finished artifact was made from, kept beside it so that nothing is compressed twice.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    pipeline: u32,
    tools: String,
    /// Of the compiler's module, in hex.
    raw_sha256: String,
    measured: Measured,
}

/// Builds the contracts, lays them in `target/contracts`, prints their sizes.
///
/// # Errors
/// No toolchain, a compile error, a program no chain would take, or (with `check`) a difference from
/// the golden.
pub(crate) fn wasm(workspace: &Workspace, options: &Options) -> Result<Sizes> {
    let (all, out) = if options.samples {
        (workspace.samples(), workspace.samples_out())
    } else {
        (workspace.contracts(), workspace.contracts_out())
    };
    let contracts = select(all, &options.contracts)?;
    let tools = Tools::bring_in(workspace, options.toolchain)?;
    let target_dir = workspace.target_directory.join("wasm");
    let sizes = build(&workspace.root, &target_dir, &out, &contracts, &tools)?;
    if options.contracts.is_empty() && !options.samples {
        write_manifest(&out, &sizes)?;
        if options.check {
            check(&sizes, &Sizes::path(&workspace.root))?;
        }
    }
    Ok(sizes)
}

/// Builds the program that `cargo xtask bench chain` measures, into `out`; where it lies.
///
/// # Errors
/// As [`wasm`], but for the goldens: it is no contract of the network.
pub(crate) fn program(workspace: &Workspace, program: &Contract, out: &Path) -> Result<PathBuf> {
    let tools = Tools::bring_in(workspace, None)?;
    let target_dir = workspace.target_directory.join("wasm");
    build(&workspace.root, &target_dir, out, std::slice::from_ref(program), &tools)?;
    Ok(out.join(format!("{}.wasm", program.name)))
}

fn select(all: Vec<Contract>, asked: &[String]) -> Result<Vec<Contract>> {
    if let Some(unknown) = asked.iter().find(|name| all.iter().all(|c| c.name != **name)) {
        let known: Vec<_> = all.into_iter().map(|contract| contract.name).collect();
        return Err(Error::UnknownContract { asked: unknown.clone(), known: known.join(", ") });
    }
    let chosen = all.into_iter().filter(|contract| asked.is_empty() || asked.contains(&contract.name));
    Ok(chosen.collect())
}

/// Compiles and finishes contracts of the workspace at `root` into `out`.
fn build(root: &Path, target_dir: &Path, out: &Path, contracts: &[Contract], tools: &Tools) -> Result<Sizes> {
    build::compile(root, target_dir, contracts, &tools.compiler)?;
    std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
    let hidden = build::hidden_paths(root, &tools.compiler);
    let hidden: Vec<_> = hidden.iter().map(|(path, _)| path.as_path()).collect();
    let mut measured = BTreeMap::new();
    let mut refused = Vec::new();
    println!("{:<24} {:>8} {:>8}", "contract", "wasm", "brotli");
    for contract in contracts {
        let raw = build::raw_module(target_dir, contract);
        match finish(contract, &raw, out, tools, &hidden) {
            Ok(artifact) => drop(measured.insert(contract.name.clone(), artifact)),
            Err(Error::Contract { problem, .. }) => {
                refused.push(format!("  {}: {problem}", contract.name));
            }
            Err(other) => return Err(other),
        }
    }
    if !refused.is_empty() {
        return Err(Error::Refused { count: refused.len(), list: refused.join("\n") });
    }
    Ok(Sizes { compiler: tools.name(), contracts: measured })
}

/// Turns the compiler's module into the artifact, unless the one that lies there was made from it.
fn finish(contract: &Contract, raw: &Path, out: &Path, tools: &Tools, hidden: &[&Path]) -> Result<Measured> {
    let name = contract.name.as_str();
    let module = std::fs::read(raw).map_err(Error::io("read", raw))?;
    let artifact = out.join(format!("{name}.wasm"));
    let stamp_path = out.join(format!(".{name}.stamp.json"));
    let raw_sha256 = sha256(&module);
    if let Some(measured) = fresh(&stamp_path, &artifact, tools, &raw_sha256) {
        print_sizes(name, measured.wasm_bytes, measured.brotli_bytes);
        return Ok(measured);
    }
    let wasm = match tools.optimiser {
        Some(_) => {
            let optimised = out.join(format!(".{name}.opt.wasm"));
            canonical::optimise(contract.kind, raw, &optimised)?;
            let bytes = std::fs::read(&optimised).map_err(Error::io("read", &optimised))?;
            std::fs::remove_file(&optimised).map_err(Error::io("remove", &optimised))?;
            canonical::canonical(name, &bytes)?
        }
        None => canonical::canonical(name, &module)?,
    };
    let brotli_bytes = canonical::compressed_len(&wasm);
    print_sizes(name, wasm.len(), brotli_bytes);
    canonical::verify(contract, &wasm, brotli_bytes, hidden)?;
    std::fs::write(&artifact, &wasm).map_err(Error::io("write", &artifact))?;
    let measured = Measured { wasm_bytes: wasm.len(), brotli_bytes, sha256: sha256(&wasm) };
    let stamp = Stamp { pipeline: canonical::PIPELINE, tools: tools.name(), raw_sha256, measured: measured.clone() };
    goldens::write_json(&stamp_path, &stamp)?;
    Ok(measured)
}

/// The measurements of an artifact that needs no new work; `None` when anything about it differs.
fn fresh(stamp: &Path, artifact: &Path, tools: &Tools, raw_sha256: &str) -> Option<Measured> {
    let stamp: Stamp = serde_json::from_slice(&std::fs::read(stamp).ok()?).ok()?;
    let there = sha256(&std::fs::read(artifact).ok()?);
    let same = stamp.pipeline == canonical::PIPELINE
        && stamp.tools == tools.name()
        && stamp.raw_sha256 == raw_sha256
        && stamp.measured.sha256 == there;
    same.then_some(stamp.measured)
}

/// Compares with the golden; one of another compiler is only reported.
fn check(sizes: &Sizes, golden: &Path) -> Result<()> {
    match sizes.against(&Sizes::read(golden)?) {
        Verdict::Same => println!("sizes and hashes are those of {}", golden.display()),
        Verdict::OtherCompiler { golden } => {
            println!("sizes are not compared: the golden is of `{golden}`, this is `{}`", sizes.compiler)
        }
        Verdict::Different(list) => {
            return Err(Error::Golden { golden: golden.to_path_buf(), count: list.len(), list: list.join("\n") });
        }
    }
    Ok(())
}

fn write_manifest(out: &Path, sizes: &Sizes) -> Result<()> {
    let contracts = sizes.contracts.iter().map(|(name, measured)| Artifact {
        name: name.clone(),
        wasm: format!("{name}.wasm"),
        measured: measured.clone(),
    });
    let manifest = Manifest { compiler: sizes.compiler.clone(), contracts: contracts.collect() };
    goldens::write_json(&out.join("manifest.json"), &manifest)
}

fn print_sizes(name: &str, wasm: usize, brotli: usize) {
    println!("{name:<24} {wasm:>8} {brotli:>8}");
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use cor_errors::Report;

    use super::*;
    use crate::workspace::Kind;

    fn contract(name: &str) -> Contract {
        let package = format!("cor-contract-{name}");
        Contract { kind: Kind::Contract, name: name.into(), package, lib: name.into(), abi_bin: None }
    }

    #[test]
    fn an_unknown_contract_is_refused_with_the_known_ones() {
        let all = vec![contract("cor"), contract("staking")];
        let named = |asked: &[&str]| {
            let asked: Vec<_> = asked.iter().map(|name| (*name).to_owned()).collect();
            select(all.clone(), &asked).map(|chosen| chosen.len())
        };
        assert_eq!(named(&[]).ok(), Some(2));
        assert_eq!(named(&["staking"]).ok(), Some(1));
        let error = named(&["stake"]).unwrap_err();
        assert_eq!(Report::new(&error).to_string(), "XTASK-010: no contract called `stake`; there are: cor, staking");
    }

    #[test]
    fn an_artifact_is_reused_only_when_everything_is_the_same() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (stamp, artifact) = (folder.join("stamp.json"), folder.join("a.wasm"));
        let tools = |version: &str| Tools {
            compiler: Compiler {
                way: Way::Rustup,
                rustc: "rustc".into(),
                sysroot: "sysroot".into(),
                linker: None,
                version: version.into(),
            },
            optimiser: None,
        };
        let measured = Measured { wasm_bytes: 3, brotli_bytes: 1, sha256: sha256(b"out") };
        let content = Stamp {
            pipeline: canonical::PIPELINE,
            tools: tools("rustc 1.96.0").name(),
            raw_sha256: sha256(b"raw"),
            measured: measured.clone(),
        };
        goldens::write_json(&stamp, &content).unwrap();
        std::fs::write(&artifact, b"out").unwrap();
        let fresh = |version: &str, raw: &[u8]| super::fresh(&stamp, &artifact, &tools(version), &sha256(raw));
        assert_eq!(fresh("rustc 1.96.0", b"raw"), Some(measured));
        assert_eq!(fresh("rustc 1.97.0", b"raw"), None);
        assert_eq!(fresh("rustc 1.96.0", b"other"), None);
        std::fs::write(&artifact, b"damaged").unwrap();
        assert_eq!(fresh("rustc 1.96.0", b"raw"), None);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
