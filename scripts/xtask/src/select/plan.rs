//! From the command line to what runs: suites, and for the tests of crates which packages.

use std::collections::{BTreeMap, BTreeSet};

use super::changed::Affected;
use super::suites::Suite;
use crate::error::{Error, Result};

/// The end-to-end test of the contracts, whose random sequences the suite `long` multiplies.
pub(crate) const CONTRACT_TESTS: &str = "contracts";
/// The end-to-end tests of the suite `stylus-tools`.
pub(crate) const TOOL_TESTS: [&str; 2] = ["foreign_cargo_stylus", "foreign_howto"];

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
    pub(crate) named: Vec<Suite>,
    pub(crate) all: bool,
    pub(crate) without: Vec<Suite>,
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
    /// Whether the suites were asked for by name, so that none may be left out for want of a tool.
    by_name: bool,
    /// Parts that need a component of the toolchain, and the component.
    lacking: Vec<(&'static str, &'static str)>,
}

const NOT_ASKED: &str = "not asked for";
const SLOW: &str = "slow";
const UNCHANGED: &str = "the change cannot affect it";

impl Plan {
    /// The suites that a wish comes to.
    pub(crate) fn new(wish: &Wish) -> Self {
        let by_name = !wish.named.is_empty();
        let chosen: BTreeSet<_> = if by_name {
            wish.named.iter().copied().collect()
        } else if wish.all {
            Suite::all().collect()
        } else {
            Suite::all().filter(|suite| suite.is_default() && !wish.without.contains(suite)).collect()
        };
        let reason = |suite: Suite| if by_name || suite.is_default() { NOT_ASKED } else { SLOW };
        let left_out = Suite::all().filter(|suite| !chosen.contains(suite)).map(|suite| (suite, reason(suite)));
        let left_out = left_out.collect();
        Self { left_out, suites: chosen, packages: Packages::All, e2e_only: None, by_name, lacking: Vec::new() }
    }

    /// Leaves out what a change cannot affect.
    pub(crate) fn restrict(mut self, affected: &Affected) -> Self {
        let Affected::Some { packages, contracts, e2e, suites } = affected else {
            return self;
        };
        let runs_test = |wanted: &dyn Fn(&str) -> bool| e2e.as_ref().is_none_or(|tests| tests.iter().any(|test| wanted(test)));
        for suite in Suite::all() {
            let runs = match suite {
                Suite::Rules => true,
                Suite::Contracts | Suite::Reproduce => !contracts.is_empty(),
                Suite::Crates => !packages.is_empty(),
                Suite::E2e => runs_test(&|test| !TOOL_TESTS.contains(&test)),
                Suite::Long => runs_test(&|test| test == CONTRACT_TESTS),
                Suite::StylusTools => runs_test(&|test| TOOL_TESTS.contains(&test)),
                // Of the end-to-end tests, all are affected when their own code is.
                Suite::Lint => !packages.is_empty() || !contracts.is_empty() || e2e.is_none(),
            } || suites.contains(&suite);
            if !runs && self.suites.remove(&suite) {
                self.left_out.insert(suite, UNCHANGED);
            }
        }
        self.packages = Packages::Some(packages.clone());
        self.e2e_only = e2e.clone();
        self
    }

    /// Notes that a component of the toolchain is not installed, and leaves out what needs it: `part`, which is the whole suite unless
    /// the suite has more to do without it.
    ///
    /// # Errors
    /// `XTASK-012` when the suite was asked for by name.
    pub(crate) fn lack(&mut self, suite: Suite, part: &'static str, component: &'static str) -> Result<()> {
        if self.by_name {
            return Err(Error::NoComponent { component, suite: suite.name() });
        }
        if part == suite.name() {
            self.suites.remove(&suite);
        }
        self.lacking.push((part, component));
        Ok(())
    }

    pub(crate) fn runs(&self, suite: Suite) -> bool {
        self.suites.contains(&suite)
    }

    /// Whether nothing that a part needs is lacking.
    pub(crate) fn has(&self, part: &str) -> bool {
        self.lacking.iter().all(|(lacking, _)| *lacking != part)
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
                |suite: Suite| format!("left out ({why}): {}: {}; cargo xtask test --suite {0}", suite.name(), suite.summary());
            lines.extend(of(why).into_iter().map(line));
        }
        lines.extend(self.lacking.iter().map(|(part, component)| {
            format!("left out ({component} is not installed): {part}; rustup component add {component}")
        }));
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
    use cor_errors::Report;

    use super::*;

    fn names(plan: &Plan) -> String {
        plan.suites.iter().map(|suite| suite.name()).collect::<Vec<_>>().join(" ")
    }

    fn asked(named: &[Suite]) -> Wish {
        Wish { named: named.to_vec(), ..Wish::default() }
    }

    fn all() -> Wish {
        Wish { all: true, ..Wish::default() }
    }

    #[test]
    fn a_wish_comes_to_suites() {
        let table = [
            (Wish::default(), "rules contracts reproduce crates e2e"),
            (Wish { without: vec![Suite::Reproduce], ..Wish::default() }, "rules contracts crates e2e"),
            (all(), "rules contracts reproduce lint crates e2e long stylus-tools"),
            (asked(&[Suite::Lint]), "lint"),
            (asked(&[Suite::E2e, Suite::Rules, Suite::E2e]), "rules e2e"),
        ];
        for (wish, expected) in table {
            assert_eq!(names(&Plan::new(&wish)), expected, "{wish:?}");
        }
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
            (Affected::Everything, "rules contracts reproduce lint crates e2e long stylus-tools"),
            (some(&[], &[], Some(&[]), &[]), "rules"),
            (some(&[], &[], Some(&["docs"]), &[]), "rules e2e"),
            (some(&[], &[], Some(&["contracts"]), &[]), "rules e2e long"),
            (some(&[], &[], Some(&["foreign_howto"]), &[]), "rules stylus-tools"),
            (some(&["cor-wire"], &[], Some(&[]), &[]), "rules lint crates"),
            (some(&["cor"], &[], None, &[]), "rules lint crates e2e long stylus-tools"),
            (some(&[], &[], None, &[]), "rules lint e2e long stylus-tools"),
            (some(&[], &["cor-contract-staking"], None, &[]), "rules contracts reproduce lint e2e long stylus-tools"),
            (some(&["xtask"], &[], Some(&["docs"]), &[Suite::Contracts]), "rules contracts lint crates e2e"),
        ];
        for (affected, expected) in table {
            assert_eq!(names(&Plan::new(&all()).restrict(&affected)), expected, "{affected:?}");
        }
        let small = Plan::new(&Wish::default()).restrict(&some(&["cor"], &[], None, &[]));
        assert_eq!(names(&small), "rules crates e2e", "a change asks for nothing that was not asked for");
    }

    #[test]
    fn what_lacks_a_component_is_told_and_refused_when_it_was_named() {
        let parts = [(Suite::Rules, "rules: format", "rustfmt"), (Suite::Lint, "lint", "clippy")];
        let mut plan = Plan::new(&all());
        for (suite, part, component) in parts {
            plan.lack(suite, part, component).unwrap();
        }
        assert_eq!(names(&plan), "rules contracts reproduce crates e2e long stylus-tools");
        assert!(!plan.has("rules: format") && plan.has("rules: tidy"));
        assert_eq!(
            plan.closing(),
            "left out (rustfmt is not installed): rules: format; rustup component add rustfmt\n\
             left out (clippy is not installed): lint; rustup component add clippy\n\
             everything: cargo xtask test --all"
        );
        for (suite, part, component) in parts {
            let error = Plan::new(&asked(&[suite])).lack(suite, part, component).unwrap_err();
            let expected = format!("XTASK-012: suite `{}` needs `{component}`, which is not installed", suite.name());
            assert_eq!(Report::new(&error).to_string(), expected);
            assert_eq!(error.next(), format!("Run `rustup component add {component}`."));
        }
    }

    #[test]
    fn the_closing_lines_say_what_was_left_out_and_how_it_is_run() {
        let closing = Plan::new(&Wish::default()).closing();
        let lines: Vec<_> = closing.lines().collect();
        assert_eq!(lines.len(), 4, "{closing}");
        assert!(lines[0].starts_with("left out (slow): lint: "), "{closing}");
        assert!(lines[2].ends_with("cargo xtask test --suite stylus-tools"), "{closing}");
        assert_eq!(lines[3], "everything: cargo xtask test --all");
        let closing = Plan::new(&asked(&[Suite::Rules, Suite::Contracts, Suite::Lint, Suite::Long, Suite::E2e])).closing();
        assert_eq!(closing, "left out, as not asked for: reproduce, crates, stylus-tools\neverything: cargo xtask test --all");
        assert_eq!(Plan::new(&all()).closing(), "");
    }
}
