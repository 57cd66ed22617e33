//! The ABI each contract exports, held against its golden and its interface in `sol/`: `cargo xtask abi`.

pub(crate) mod solidity;

use std::path::{Path, PathBuf};
use std::process::Command;

use self::solidity::{Functions, Sources};
use crate::error::{Error, Result};
use crate::process;
use crate::workspace::{Contract, EXPORT_ABI, Workspace};

/// Options of `cargo xtask abi`.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Options {
    /// Fail when an exported ABI differs from its golden in test/goldens/abi or its interface in sol.
    #[arg(long)]
    pub(crate) check: bool,
}

/// What a contract exports.
struct Exported {
    contract: String,
    functions: Functions,
}

/// Prints what every contract exports, or compares it with goldens and interfaces.
///
/// # Errors
/// A contract that does not compile or exports nothing; with `check`, `XTASK-007` with the differences.
pub(crate) fn abi(workspace: &Workspace, options: Options) -> Result<()> {
    let exported = export(workspace)?;
    if !options.check {
        for one in &exported {
            println!("# {}\n{}", one.contract, one.functions);
        }
        return Ok(());
    }
    let specification = specification(&workspace.root)?;
    let mut list = Vec::new();
    for Exported { contract, functions } in &exported {
        let path = golden(&workspace.root, contract);
        let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        let mut differences = functions.differences("exported ABI", &Functions::from_golden(&text), "golden");
        let declared = specification.interface(&format!("I{contract}"))?;
        let callable = functions.clone().without_constructor();
        differences.extend(callable.differences("exported ABI", &declared, "interface"));
        list.extend(differences.into_iter().map(|line| format!("  {contract}: {line}")));
    }
    if list.is_empty() {
        println!("abi: {} contracts, exported = golden = interface", exported.len());
        return Ok(());
    }
    Err(Error::Golden { golden: workspace.root.join("test/goldens/abi"), count: list.len(), list: list.join("\n") })
}

/// Writes the goldens from what the contracts export now.
pub(crate) fn bless(workspace: &Workspace) -> Result<()> {
    for Exported { contract, functions } in export(workspace)? {
        let path = golden(&workspace.root, &contract);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        std::fs::write(&path, functions.to_string()).map_err(Error::io("write", &path))?;
    }
    Ok(())
}

fn golden(root: &Path, contract: &str) -> PathBuf {
    root.join(format!("test/goldens/abi/{contract}.txt"))
}

/// The interfaces in `sol/`.
fn specification(root: &Path) -> Result<Sources> {
    let folder = root.join("sol");
    let mut sources = Sources::default();
    for entry in std::fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
        let path = entry.map_err(Error::io("list", &folder))?.path();
        if path.extension().is_some_and(|ending| ending == "sol") {
            let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
            sources.add(solidity::parse(&path.to_string_lossy(), &text)?);
        }
    }
    Ok(sources)
}

/// Builds the contracts' printing binaries, all in one go, and runs each. Of the whole workspace, so that what contracts use is
/// compiled as for everything else.
fn export(workspace: &Workspace) -> Result<Vec<Exported>> {
    let contracts = workspace.contracts();
    let mut command = process::cargo(&workspace.root);
    command.args(["build", "--quiet", "--workspace", "--features", &features(workspace)]);
    for contract in &contracts {
        command.args(["--bin", printing_binary(contract)?]);
    }
    process::run(&mut command)?;
    contracts.iter().map(|contract| read(workspace, contract)).collect()
}

/// The features with which contracts can print their interfaces, as cargo's `--features` takes them.
pub(crate) fn features(workspace: &Workspace) -> String {
    let contracts = workspace.contracts().into_iter();
    contracts.map(|contract| format!("{}/{EXPORT_ABI}", contract.package)).collect::<Vec<_>>().join(",")
}

fn printing_binary(contract: &Contract) -> Result<&str> {
    contract.abi_bin.as_deref().ok_or_else(|| Error::Contract {
        contract: contract.name.clone(),
        problem: format!("has no binary that requires the feature `{EXPORT_ABI}`"),
    })
}

fn read(workspace: &Workspace, contract: &Contract) -> Result<Exported> {
    let binary = workspace.target_directory.join("debug").join(printing_binary(contract)?);
    let text = process::capture(Command::new(&binary).arg("abi"))?;
    let constructor = process::capture(Command::new(&binary).arg("constructor"))?;
    let name = contract.solidity_name();
    let functions = functions(&workspace.root, &name, &text, &constructor)?;
    if functions.is_empty() {
        return Err(Error::Contract {
            contract: contract.name.clone(),
            problem: "exports no function; does its main print the ABI?".to_owned(),
        });
    }
    Ok(Exported { contract: name, functions })
}

/// Reads what the SDK printed. It prints structs that are returned but not those that are only taken,
/// so names it leaves open mean what the specification says.
fn functions(root: &Path, name: &str, abi: &str, constructor: &str) -> Result<Functions> {
    let file = solidity::parse(&format!("ABI exported by {name}"), abi)?;
    let printed = file.items.iter().filter_map(|item| match item {
        syn_solidity::Item::Contract(contract) => Some(contract.name.to_string()),
        _ => None,
    });
    let names: Vec<_> = printed.collect();
    let mut sources = specification(root)?;
    sources.add(file);
    let home = format!("I{name}");
    let constructor = sources.constructor(&home, constructor_line(constructor))?;
    Ok(sources.all(&names)?.with(constructor))
}

/// The signature alone, whatever is printed around it; empty when there is no constructor.
fn constructor_line(printed: &str) -> &str {
    let line = printed.lines().map(str::trim).find(|line| line.starts_with("constructor"));
    line.unwrap_or_default().trim_end_matches(';')
}
