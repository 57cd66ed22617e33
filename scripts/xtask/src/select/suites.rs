//! The suites by name: what each proves, and which of them run when nobody asks.

use clap::ValueEnum;

/// A part of the tests that can be asked for by name, in the order in which a failure is cheapest to find. Its documentation here is
/// what the command line says of it, and why it is left out, when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Suite {
    /// Lock file, house rules, format.
    Rules,
    /// Contracts compile; sizes, hashes and exported ABIs are the goldens.
    Contracts,
    /// A contract has the same bytes when it is built in another folder.
    Reproduce,
    /// Clippy has no warning; it checks every dependency anew.
    Lint,
    /// The tests of every crate but the end-to-end tests.
    Crates,
    /// The end-to-end tests that need no tool compiled for them.
    E2e,
    /// The random sequences of the contract tests, twenty times as many.
    Long,
    /// The tests with cargo stylus; its first installation compiles for minutes.
    StylusTools,
}

impl Suite {
    /// All of them, in their order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    /// The word on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What it does, in a few words.
    pub(crate) fn summary(self) -> String {
        let value = self.to_possible_value();
        value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
    }

    /// Whether it runs when nothing is asked for: it proves the product, and does so in minutes.
    pub(crate) fn is_default(self) -> bool {
        !matches!(self, Self::Lint | Self::Long | Self::StylusTools)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_has_a_name_and_a_summary() {
        let names: Vec<_> = Suite::all().map(Suite::name).collect();
        assert_eq!(names, ["rules", "contracts", "reproduce", "lint", "crates", "e2e", "long", "stylus-tools"]);
        assert_eq!(Suite::Lint.summary(), "Clippy has no warning; it checks every dependency anew");
        assert!(Suite::all().all(|suite| !suite.summary().is_empty()));
    }
}
