//! What a change can affect: changed files, the packages they belong to, and what depends on those.
//!
//! ```text
//!  git: files since a base  ->  packages by folder  ->  reverse dependents  ->  suites, packages, end-to-end tests
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use super::reads::{READ_BY, Reader};
use super::suites::Suite;
use crate::error::{Error, Result};
use crate::process;
use crate::workspace::Workspace;

/// The branch that a change is meant for, tried in this order. On it, the base is its own last commit.
const MAIN_BRANCHES: [&str; 2] = ["origin/main", "main"];
/// Files at the root, or folders, whose change may affect anything.
const EVERYTHING: [&str; 5] = ["Cargo.toml", "Cargo.lock", ".cargo/", "rust-toolchain.toml", "rust-toolchain"];
/// The package of the end-to-end tests.
pub(crate) const E2E: &str = "cor-e2e";
/// The package of the command line, which the end-to-end tests run as a process of its own.
const COMMAND_LINE: &str = "cor";

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

/// What differs from a base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The commit, in hex.
    pub(crate) base: String,
    /// As it was asked for or found: a revision, or a branch that this one left at the base.
    pub(crate) named: String,
    /// Relative to the root with `/`, committed or not.
    pub(crate) files: Vec<String>,
}

/// What differs from `base`; without one, from where this branch left the main one.
///
/// # Errors
/// `XTASK-015` when the base is no revision, or there is neither a main branch to compare with nor a name of another.
pub(crate) fn since(root: &Path, base: Option<&str>) -> Result<Change> {
    let (base, named) = match base {
        Some(named) => match git(root, &["rev-parse", "--verify", "--quiet", &format!("{named}^{{commit}}")]) {
            Ok(base) => (base, named.to_owned()),
            Err(_) => return Err(Error::UnknownRevision { asked: named.to_owned() }),
        },
        None => merge_base(root)?,
    };
    let base = base.trim().to_owned();
    let mut files = git(root, &["diff", "--name-only", "--no-renames", "-z", &base])?;
    files += &git(root, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let files: BTreeSet<_> = files.split('\0').filter(|file| !file.is_empty()).map(str::to_owned).collect();
    Ok(Change { base, named, files: files.into_iter().collect() })
}

/// Where this branch left the main one, and the name of that.
fn merge_base(root: &Path) -> Result<(String, String)> {
    let base = |branch: &&str| Some((git(root, &["merge-base", "HEAD", branch]).ok()?, (*branch).to_owned()));
    let found = MAIN_BRANCHES.iter().find_map(base);
    found.ok_or_else(|| Error::NoBase { tried: MAIN_BRANCHES.join(", ") })
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
    let (mut changed, mut e2e, mut suites, mut every_e2e) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), false);
    for file in files {
        // A page beside the code is no code.
        if let Some(owner) = owner(file, members).filter(|_| !file.ends_with(".md")) {
            changed.insert(owner.name.clone());
        }
        for (_, reader) in READ_BY.iter().filter(|(path, _)| file.starts_with(path)) {
            match *reader {
                Reader::Suite(suite) => drop(suites.insert(suite)),
                Reader::Package(name) => drop(changed.insert(name.to_owned())),
                Reader::E2e(name) => drop(e2e.insert(name.to_owned())),
                Reader::EveryE2e => every_e2e = true,
            }
        }
    }
    let reached = dependents(&changed, members);
    let contracts: BTreeSet<_> =
        members.iter().filter(|member| member.is_contract && reached.contains(&member.name)).map(|m| m.name.clone()).collect();
    // The end-to-end tests run contracts and the command line, which cargo does not see.
    let every_e2e = every_e2e || reached.contains(E2E) || reached.contains(COMMAND_LINE) || !contracts.is_empty();
    Affected::Some {
        packages: reached.into_iter().filter(|name| name != E2E && !contracts.contains(name)).collect(),
        contracts,
        e2e: (!every_e2e).then_some(e2e),
        suites,
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
    use std::path::PathBuf;

    use cor_errors::Report;

    use super::*;

    /// `errors <- core <- contract <- (samples apart)`, `core <- keeper <- cor`, `vm <- node <- kit <- e2e`, `sol <- kit`.
    fn members() -> Vec<Member> {
        let member = |name: &str, folder: &str, uses: &[&str], is_contract: bool| Member {
            name: name.into(),
            folder: folder.into(),
            uses: uses.iter().map(|name| (*name).to_owned()).collect(),
            is_contract,
        };
        vec![
            member("cor-errors", "contracts/errors", &[], false),
            member("cor-core", "contracts/core", &["cor-errors"], false),
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

    /// Packages, contracts, end-to-end tests and suites, each as words; `all` for all of the third.
    fn row(files: &[&str]) -> [String; 4] {
        let files: Vec<_> = files.iter().map(|file| (*file).to_owned()).collect();
        let words = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        match affected(&files, &members()) {
            Affected::Everything => ["everything", "everything", "everything", "everything"].map(str::to_owned),
            Affected::Some { packages, contracts, e2e, suites } => {
                let suites: Vec<_> = suites.into_iter().map(Suite::name).collect();
                [words(&packages), words(&contracts), e2e.map_or("all".into(), |tests| words(&tests)), suites.join(" ")]
            }
        }
    }

    #[test]
    fn a_change_reaches_what_depends_on_it_and_nothing_else() {
        let errors = "cor cor-core cor-errors cor-keeper";
        let vm = "cor cor-anvil cor-bench cor-kit cor-stylus-vm";
        let stranger = "docs/howto/test-and-fuzz-a-stylus-contract.md";
        let table: [(&[&str], [&str; 4]); 29] = [
            (&[], ["", "", "", ""]),
            (&["Cargo.lock"], ["everything"; 4]),
            (&[".cargo/config.toml", "README.md"], ["everything"; 4]),
            (&["README.md"], ["", "", "docs", ""]),
            (&["docs/adr/0001-wasm-toolchain.md", "keeper/README.md"], ["", "", "docs", ""]),
            (&["docs/howto/add-contract.md"], ["", "", "docs", ""]),
            (&["docs/howto/call-from-viem-or-cast.md"], ["", "", "docs foreign", ""]),
            (&["docs/howto/from-nitro-devnode-or-anvil.md"], ["", "", "docs foreign", ""]),
            (&["docs/dev-chain.md"], ["", "", "docs foreign_cargo_stylus", ""]),
            (&[stranger], ["", "", "docs foreign_howto stranger", ""]),
            (&["docs/generated/errors.md"], [errors, "cor-contract-queue cor-contract-staking", "all", ""]),
            (&[".ci/run"], ["", "", "", ""]),
            (&["clippy.toml"], ["", "", "", "lint"]),
            (&["test/bench/src/main.rs"], ["cor-bench", "", "", ""]),
            (&["contracts/nodes/staking/src/lib.rs"], ["", "cor-contract-staking", "all", ""]),
            (&["contracts/core/src/math.rs"], ["cor cor-core cor-keeper", "cor-contract-queue cor-contract-staking", "all", ""]),
            (&["test/contracts/examples/token.rs"], ["", "cor-samples", "all", ""]),
            (&["keeper/lib/src/lib.rs"], ["cor cor-keeper", "", "all", ""]),
            (&["anvil/vm/src/lib.rs"], [vm, "", "all", ""]),
            (&["test/e2e/tests/docs.rs"], ["", "", "all", ""]),
            (&["test/goldens/abi/Cor.txt"], ["", "", "contracts", "contracts"]),
            (&["test/goldens/wasm-sizes.json"], ["", "", "", "contracts"]),
            (&["test/goldens/gas/cor.txt"], ["", "", "contracts", ""]),
            (&["test/foreign/package.json"], ["", "", "contracts foreign foreign_cargo_stylus", ""]),
            (&["test/vectors/stylus/a.json"], [vm, "", "all", ""]),
            (&["scripts/xtask/src/main.rs"], ["xtask", "", "docs", ""]),
            (&["scripts/xtask/src/wasm/build.rs"], ["xtask", "", "all", "contracts reproduce"]),
            (&["scripts/xtask/src/abi/mod.rs"], ["xtask", "", "docs", "contracts"]),
            // A folder whose name begins like a member's is not that member.
            (&["sole.txt", "scripts/xtasks/a.rs"], ["", "", "", ""]),
        ];
        for (files, expected) in table {
            assert_eq!(row(files), expected.map(str::to_owned), "{files:?}");
        }
    }

    /// A repository with one commit on `branch`, and a file that is not committed.
    fn repository(branch: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("xtask-changed-{branch}-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        git(&root, &["init", "--quiet", "--initial-branch", branch]).unwrap();
        let who = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"];
        git(&root, &[&who[..], &["commit", "--quiet", "--allow-empty", "--message", "first"]].concat()).unwrap();
        std::fs::write(root.join("new.txt"), "new").unwrap();
        root
    }

    #[test]
    fn a_base_is_a_main_branch_or_named() {
        // Branch, what is asked for, and what the base is called; none is an error with code and text.
        let other = "XTASK-015: there is no branch to compare with (tried origin/main, main): name a base, as --changed=REVISION";
        let table = [
            ("main", None, Ok("main")),
            ("other", None, Err(other)),
            ("other", Some("HEAD"), Ok("HEAD")),
            ("other", Some("gone"), Err("XTASK-015: the repository has no revision `gone`")),
        ];
        for (branch, asked, expected) in table {
            let root = repository(branch);
            let found = since(&root, asked).map_err(|error| Report::new(&error).to_string());
            std::fs::remove_dir_all(&root).unwrap();
            let found = found.map(|change| (change.named, change.files));
            let expected = expected.map(|named| (named.to_owned(), vec!["new.txt".to_owned()])).map_err(str::to_owned);
            assert_eq!(found, expected, "{branch} {asked:?}");
        }
    }
}
