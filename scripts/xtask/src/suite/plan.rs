//! From the command line to what runs: suites, and for the tests of crates which packages.

use std::collections::{BTreeMap, BTreeSet};

use super::changed::Affected;
use super::names::Suite;
use crate::error::Result;

/// Which packages' tests run.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Packages {
    /// All of the workspace.
    All,
    /// These only.
    Some(BTreeSet<String>),
}

/// What is asked for, before anything is known of the tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    pub(crate) named: Vec<String>,
    pub(crate) all: bool,
    pub(crate) without: Vec<Suite>,
    pub(crate) with: Vec<Suite>,
}

/// What runs, and what does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    suites: BTreeSet<Suite>,
    packages: Packages,
    /// Names of end-to-end tests to run when not all of them do.
    e2e_only: Option<BTreeSet<String>>,
    /// Suites that a full run would have had, and why this one has not.
    left_out: BTreeMap<Suite, &'static str>,
}

const NOT_ASKED: &str = "not asked for";
const SLOW: &str = "slow";
const UNCHANGED: &str = "the change cannot affect it";

impl Plan {
    /// The suites that a wish comes to.
    ///
    /// # Errors
    /// `XTASK-014` for a name that is none.
    pub(crate) fn new(wish: &Wish) -> Result<Self> {
        let named = wish.named.iter().map(|name| Suite::named(name)).collect::<Result<BTreeSet<_>>>()?;
        let chosen: BTreeSet<_> = if !named.is_empty() {
            named
        } else if wish.all {
            Suite::ALL.into_iter().collect()
        } else {
            let default = Suite::ALL.into_iter().filter(|suite| suite.is_default() && !wish.without.contains(suite));
            default.chain(wish.with.iter().copied()).collect()
        };
        let by_name = !wish.named.is_empty();
        let reason = |suite: Suite| if by_name || suite.is_default() { NOT_ASKED } else { SLOW };
        let left_out = Suite::ALL.into_iter().filter(|suite| !chosen.contains(suite)).map(|suite| (suite, reason(suite)));
        Ok(Self { left_out: left_out.collect(), suites: chosen, packages: Packages::All, e2e_only: None })
    }

    /// Leaves out what a change cannot affect.
    pub(crate) fn restrict(mut self, affected: &Affected) -> Self {
        let Affected::Some { packages, contracts, e2e, suites } = affected else {
            return self;
        };
        for suite in Suite::ALL {
            let runs = match suite {
                Suite::Rules => true,
                Suite::Contracts | Suite::Reproduce => !contracts.is_empty(),
                Suite::Crates => !packages.is_empty(),
                Suite::E2e | Suite::Long | Suite::StylusTools => e2e.as_ref().is_none_or(|tests| !tests.is_empty()),
                Suite::Lint => !packages.is_empty() || !contracts.is_empty(),
            } || suites.contains(&suite);
            if !runs && self.suites.remove(&suite) {
                self.left_out.insert(suite, UNCHANGED);
            }
        }
        self.packages = Packages::Some(packages.clone());
        self.e2e_only = e2e.clone();
        self
    }

    pub(crate) fn runs(&self, suite: Suite) -> bool {
        self.suites.contains(&suite)
    }

    /// Whether the tests of this package run.
    pub(crate) fn wants_package(&self, name: &str) -> bool {
        match &self.packages {
            Packages::All => true,
            Packages::Some(names) => names.contains(name),
        }
    }

    /// Whether this end-to-end test runs.
    pub(crate) fn wants_e2e(&self, name: &str) -> bool {
        self.e2e_only.as_ref().is_none_or(|names| names.contains(name))
    }

    /// What was left out, why, and how it is run; empty when nothing was.
    pub(crate) fn closing(&self) -> String {
        let of =
            |wanted: &str| self.left_out.iter().filter(|(_, why)| **why == wanted).map(|(suite, _)| *suite).collect::<Vec<_>>();
        let not_asked: Vec<_> = of(NOT_ASKED).into_iter().map(Suite::name).collect();
        let mut lines = Vec::new();
        if !not_asked.is_empty() {
            lines.push(format!("left out, as not asked for: {}", not_asked.join(", ")));
        }
        for why in [SLOW, UNCHANGED] {
            let line =
                |suite: Suite| format!("left out ({why}): {}, {}; cargo xtask test --suite {0}", suite.name(), suite.summary());
            lines.extend(of(why).into_iter().map(line));
        }
        if self.packages != Packages::All {
            lines.push("left out: tests of packages that the change cannot affect; cargo xtask test".to_owned());
        }
        if !lines.is_empty() {
            lines.push("everything: cargo xtask test --all".to_owned());
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(plan: &Plan) -> String {
        plan.suites.iter().map(|suite| suite.name()).collect::<Vec<_>>().join(" ")
    }

    fn asked(named: &[&str]) -> Wish {
        Wish { named: named.iter().map(|name| (*name).to_owned()).collect(), ..Wish::default() }
    }

    #[test]
    fn a_wish_comes_to_suites() {
        let table = [
            (Wish::default(), "rules contracts reproduce crates e2e"),
            (Wish { without: vec![Suite::Reproduce], ..Wish::default() }, "rules contracts crates e2e"),
            (Wish { with: vec![Suite::Lint], ..Wish::default() }, "rules contracts reproduce lint crates e2e"),
            (Wish { all: true, ..Wish::default() }, "rules contracts reproduce lint crates e2e long stylus-tools"),
            (asked(&["lint"]), "lint"),
            (asked(&["e2e", "rules", "e2e"]), "rules e2e"),
        ];
        for (wish, expected) in table {
            assert_eq!(names(&Plan::new(&wish).unwrap()), expected, "{wish:?}");
        }
        assert!(Plan::new(&asked(&["rules", "slow"])).is_err());
    }

    #[test]
    fn a_change_leaves_out_what_it_cannot_affect() {
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
        let some = |packages: &[&str], contracts: &[&str], e2e: Option<&[&str]>, suites: &[Suite]| Affected::Some {
            packages: set(packages),
            contracts: set(contracts),
            e2e: e2e.map(set),
            suites: suites.iter().copied().collect(),
        };
        let table = [
            (Affected::Everything, "rules contracts reproduce crates e2e"),
            (some(&[], &[], Some(&[]), &[]), "rules"),
            (some(&[], &[], Some(&["docs"]), &[]), "rules e2e"),
            (some(&["cor-wire"], &[], Some(&[]), &[]), "rules crates"),
            (some(&["cor"], &[], None, &[]), "rules crates e2e"),
            (some(&[], &["cor-contract-staking"], None, &[]), "rules contracts reproduce e2e"),
            (some(&["xtask"], &[], Some(&["docs"]), &[Suite::Contracts]), "rules contracts crates e2e"),
        ];
        for (affected, expected) in table {
            assert_eq!(names(&Plan::new(&Wish::default()).unwrap().restrict(&affected)), expected, "{affected:?}");
        }
    }

    #[test]
    fn the_closing_lines_say_what_was_left_out_and_how_it_is_run() {
        let closing = Plan::new(&Wish::default()).unwrap().closing();
        let lines: Vec<_> = closing.lines().collect();
        assert_eq!(lines.len(), 4, "{closing}");
        assert!(lines[0].starts_with("left out (slow): lint, "), "{closing}");
        assert!(lines[2].ends_with("cargo xtask test --suite stylus-tools"), "{closing}");
        assert_eq!(lines[3], "everything: cargo xtask test --all");
        let closing = Plan::new(&asked(&["rules", "contracts", "lint", "long", "e2e"])).unwrap().closing();
        assert_eq!(closing, "left out, as not asked for: reproduce, crates, stylus-tools\neverything: cargo xtask test --all");
        assert_eq!(Plan::new(&Wish { all: true, ..Wish::default() }).unwrap().closing(), "");
    }
}
