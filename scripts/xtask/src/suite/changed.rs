//! What a change can affect: changed files, the packages they belong to, and what depends on those.
//!
//! ```text
//!  git: files since a base  ->  packages by folder  ->  reverse dependents  ->  suites, packages, end-to-end tests
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use super::names::Suite;
use crate::error::{Error, Result};
use crate::process;
use crate::workspace::Workspace;

/// The branch that a change is meant for, tried in this order.
const MAIN_BRANCHES: [&str; 3] = ["origin/main", "main", "HEAD"];
/// Files at the root, or folders, whose change may affect anything.
const EVERYTHING: [&str; 5] = ["Cargo.toml", "Cargo.lock", ".cargo/", "rust-toolchain.toml", "rust-toolchain"];
/// The package of the end-to-end tests.
pub(super) const E2E: &str = "cor-e2e";
/// The end-to-end test that types every command of the documents.
pub(super) const DOCS_TEST: &str = "docs";
/// Pages whose blocks are typed by the tests with foreign tools.
const PAGES: (&str, &str) = ("docs/howto/", "foreign");
/// Folders that tests read without cargo knowing: what depends on them is the end-to-end tests.
const READ_BY_E2E: [&str; 2] = ["test/goldens/", "test/foreign/"];
/// Vectors that the tests of the Stylus VM read.
const READ_BY_VM: (&str, &str) = ("test/vectors/", "cor-stylus-vm");
/// The package of the command line, which the end-to-end tests run as a process of its own.
const COMMAND_LINE: &str = "cor";
/// The package of this program, which the test of the documents runs.
const OURSELVES: &str = "xtask";
/// What turns contracts into programs, and into their ABIs.
const MAKES_CONTRACTS: [&str; 2] = ["scripts/xtask/src/wasm/", "scripts/xtask/src/abi/"];

/// What may behave differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Affected {
    /// A change to what every build depends on.
    Everything,
    /// These.
    Some {
        /// Packages whose tests must run, the end-to-end tests apart.
        packages: BTreeSet<String>,
        /// Packages that become programs for the chain and must be built anew.
        contracts: BTreeSet<String>,
        /// End-to-end tests that must run: all of them when `None`.
        e2e: Option<BTreeSet<String>>,
        /// Suites that run whatever the packages say.
        suites: BTreeSet<Suite>,
    },
}

/// A member of the workspace, as far as the selection looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Relative to the root, with `/`.
    pub(crate) folder: String,
    /// Names of the members it depends on, by dependencies of every kind.
    pub(crate) uses: BTreeSet<String>,
    /// Whether it becomes a program for the chain.
    pub(crate) is_contract: bool,
}

/// The files that differ from `base`, committed or not, relative to the root with `/`.
///
/// # Errors
/// `XTASK-015` when the base is no revision, or there is no repository.
pub(crate) fn files(root: &Path, base: Option<&str>) -> Result<Vec<String>> {
    let base = match base {
        Some(base) => git(root, &["rev-parse", "--verify", "--quiet", &format!("{base}^{{commit}}")])
            .map_err(|_| Error::UnknownRevision { asked: base.to_owned() })?,
        None => merge_base(root)?,
    };
    let mut files = git(root, &["diff", "--name-only", "--no-renames", "-z", base.trim()])?;
    files += &git(root, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let files: BTreeSet<_> = files.split('\0').filter(|file| !file.is_empty()).map(str::to_owned).collect();
    Ok(files.into_iter().collect())
}

/// Where this branch left the main one; on the main one itself, its last commit.
fn merge_base(root: &Path) -> Result<String> {
    let bases = MAIN_BRANCHES.iter().map(|branch| git(root, &["merge-base", "HEAD", branch]));
    bases.flatten().next().ok_or_else(|| Error::UnknownRevision { asked: "HEAD".to_owned() })
}

fn git(root: &Path, args: &[&str]) -> Result<String> {
    process::capture(Command::new("git").args(args).current_dir(root))
}

/// The members with their arrows.
pub(crate) fn members(workspace: &Workspace) -> Vec<Member> {
    let names: BTreeSet<_> = workspace.packages.iter().map(|package| package.name.as_str()).collect();
    let programs: BTreeSet<_> =
        workspace.contracts().into_iter().chain(workspace.samples()).map(|contract| contract.package).collect();
    let member = |package: &crate::workspace::Package| Member {
        name: package.name.clone(),
        folder: workspace.folder(package),
        uses: package
            .dependencies
            .iter()
            .filter(|dependency| dependency.path.is_some() && names.contains(dependency.name.as_str()))
            .map(|dependency| dependency.name.clone())
            .collect(),
        is_contract: programs.contains(&package.name),
    };
    workspace.packages.iter().map(member).collect()
}

/// What changed files can affect.
pub(crate) fn affected(files: &[String], members: &[Member]) -> Affected {
    let everything = |file: &str| EVERYTHING.iter().any(|rule| file == *rule || (rule.ends_with('/') && file.starts_with(rule)));
    if files.iter().any(|file| everything(file)) {
        return Affected::Everything;
    }
    let (mut changed, mut e2e, mut docs) = (BTreeSet::new(), false, false);
    for file in files {
        if file.ends_with(".md") {
            docs = true;
        } else if let Some(owner) = owner(file, members) {
            changed.insert(owner.name.clone());
        } else if file.starts_with(READ_BY_VM.0) {
            changed.insert(READ_BY_VM.1.to_owned());
        } else if READ_BY_E2E.iter().any(|folder| file.starts_with(folder)) {
            e2e = true;
        }
    }
    let reached = dependents(&changed, members);
    let contracts: BTreeSet<_> =
        members.iter().filter(|member| member.is_contract && reached.contains(&member.name)).map(|m| m.name.clone()).collect();
    // The end-to-end tests run contracts and the command line, which cargo does not see.
    let e2e_all = e2e || reached.contains(E2E) || reached.contains(COMMAND_LINE) || !contracts.is_empty();
    let docs = docs || reached.contains(OURSELVES);
    let pages = files.iter().any(|file| file.starts_with(PAGES.0));
    let only_docs =
        || [(docs, DOCS_TEST), (pages, PAGES.1)].into_iter().filter(|(run, _)| *run).map(|(_, test)| test.to_owned()).collect();
    let makes_contracts = files.iter().any(|file| MAKES_CONTRACTS.iter().any(|folder| file.starts_with(folder)));
    Affected::Some {
        packages: reached.into_iter().filter(|name| name != E2E && !contracts.contains(name)).collect(),
        contracts,
        e2e: (!e2e_all).then(only_docs),
        suites: if makes_contracts { BTreeSet::from([Suite::Contracts, Suite::Reproduce]) } else { BTreeSet::new() },
    }
}

/// The member with the deepest folder around a file.
fn owner<'a>(file: &str, members: &'a [Member]) -> Option<&'a Member> {
    let holds = |member: &&Member| file.strip_prefix(member.folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
    members.iter().filter(holds).max_by_key(|member| member.folder.len())
}

/// `changed` and all that depends on one of them, directly or not.
fn dependents(changed: &BTreeSet<String>, members: &[Member]) -> BTreeSet<String> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for member in members {
        for used in &member.uses {
            users.entry(used).or_default().push(&member.name);
        }
    }
    let mut reached = changed.clone();
    let mut open: Vec<String> = changed.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for user in users.get(name.as_str()).into_iter().flatten() {
            if reached.insert((*user).to_owned()) {
                open.push((*user).to_owned());
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `core <- contract <- (samples apart)`, `core <- keeper <- cor`, `vm <- node <- kit <- e2e`, `sol <- kit`.
    fn members() -> Vec<Member> {
        let member = |name: &str, folder: &str, uses: &[&str], is_contract: bool| Member {
            name: name.into(),
            folder: folder.into(),
            uses: uses.iter().map(|name| (*name).to_owned()).collect(),
            is_contract,
        };
        vec![
            member("cor-core", "contracts/core", &[], false),
            member("cor-contract-staking", "contracts/nodes/staking", &["cor-core"], true),
            member("cor-contract-queue", "contracts/tasks/queue", &["cor-core"], true),
            member("cor-samples", "test/contracts", &[], true),
            member("cor-sol", "sol", &[], false),
            member("cor-stylus-vm", "anvil/vm", &[], false),
            member("cor-anvil", "anvil/node", &["cor-stylus-vm"], false),
            member("cor-keeper", "keeper/lib", &["cor-core"], false),
            member("cor-wire", "keeper/wire", &[], false),
            member("cor", "keeper/cor", &["cor-keeper", "cor-anvil", "cor-wire"], false),
            member("cor-kit", "test/kit", &["cor-anvil", "cor-sol"], false),
            member("cor-e2e", "test/e2e", &["cor-kit"], false),
            member("cor-bench", "test/bench", &["cor-anvil"], false),
            member("xtask", "scripts/xtask", &[], false),
        ]
    }

    /// Packages, contracts and end-to-end tests, each as words; `all` for all of the last.
    fn row(files: &[&str]) -> (String, String, String) {
        let files: Vec<_> = files.iter().map(|file| (*file).to_owned()).collect();
        let words = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        match affected(&files, &members()) {
            Affected::Everything => ("everything".into(), "everything".into(), "everything".into()),
            Affected::Some { packages, contracts, e2e, .. } => {
                (words(&packages), words(&contracts), e2e.map_or("all".into(), |tests| words(&tests)))
            }
        }
    }

    #[test]
    fn a_change_reaches_what_depends_on_it_and_nothing_else() {
        let table: [(&[&str], &str, &str, &str); 18] = [
            (&[], "", "", ""),
            (&["Cargo.lock"], "everything", "everything", "everything"),
            (&[".cargo/config.toml", "README.md"], "everything", "everything", "everything"),
            (&["README.md"], "", "", "docs"),
            (&["docs/adr/0001-wasm-toolchain.md", "keeper/README.md"], "", "", "docs"),
            (&["docs/howto/add-contract.md"], "", "", "docs foreign"),
            (&[".ci/run"], "", "", ""),
            (&["test/bench/src/main.rs"], "cor-bench", "", ""),
            (&["contracts/nodes/staking/src/lib.rs"], "", "cor-contract-staking", "all"),
            (&["contracts/core/src/math.rs"], "cor cor-core cor-keeper", "cor-contract-queue cor-contract-staking", "all"),
            (&["test/contracts/examples/token.rs"], "", "cor-samples", "all"),
            (&["keeper/lib/src/lib.rs"], "cor cor-keeper", "", "all"),
            (&["anvil/vm/src/lib.rs"], "cor cor-anvil cor-bench cor-kit cor-stylus-vm", "", "all"),
            (&["test/e2e/tests/docs.rs"], "", "", "all"),
            (&["test/goldens/abi/Cor.txt"], "", "", "all"),
            (&["test/vectors/stylus/a.json"], "cor cor-anvil cor-bench cor-kit cor-stylus-vm", "", "all"),
            (&["scripts/xtask/src/main.rs"], "xtask", "", "docs"),
            // A folder whose name begins like a member's is not that member.
            (&["keeper/library/notes.txt", "sole.txt"], "", "", ""),
        ];
        for (files, packages, contracts, e2e) in table {
            assert_eq!(row(files), (packages.into(), contracts.into(), e2e.into()), "{files:?}");
        }
    }

    #[test]
    fn what_makes_contracts_is_held_by_their_suites() {
        let suites = |file: &str| match affected(&[file.to_owned()], &members()) {
            Affected::Everything => panic!("{file} is not everything"),
            Affected::Some { suites, .. } => suites.into_iter().collect::<Vec<_>>(),
        };
        assert_eq!(suites("scripts/xtask/src/wasm/build.rs"), [Suite::Contracts, Suite::Reproduce]);
        assert_eq!(suites("scripts/xtask/src/tidy/mod.rs"), []);
    }
}
