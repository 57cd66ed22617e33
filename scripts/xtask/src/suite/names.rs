//! The suites by name: what each proves, and which of them run when nobody asks.

use crate::error::{Error, Result};

/// A part of the tests that can be asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suite {
    /// Lock file, house rules, format.
    Rules,
    /// Contracts compile, their sizes and hashes are the goldens, and so are the ABIs they export.
    Contracts,
    /// A contract has the same bytes when it is built in another folder.
    Reproduce,
    /// Clippy, without warnings.
    Lint,
    /// Every test of every crate but the end-to-end tests.
    Crates,
    /// Every end-to-end test that needs no tool compiled for it.
    E2e,
    /// Many more random sequences than in the suite `e2e`.
    Long,
    /// The tests with `cargo stylus`.
    StylusTools,
}

impl Suite {
    /// In the order in which a failure is cheapest to find.
    pub(crate) const ALL: [Self; 8] =
        [Self::Rules, Self::Contracts, Self::Reproduce, Self::Lint, Self::Crates, Self::E2e, Self::Long, Self::StylusTools];

    /// The word on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Contracts => "contracts",
            Self::Reproduce => "reproduce",
            Self::Lint => "lint",
            Self::Crates => "crates",
            Self::E2e => "e2e",
            Self::Long => "long",
            Self::StylusTools => "stylus-tools",
        }
    }

    /// What it does, in a few words; also why it is left out, when it is.
    pub(crate) fn summary(self) -> &'static str {
        match self {
            Self::Rules => "lock file, house rules, format",
            Self::Contracts => "contracts compile; sizes, hashes and exported ABIs are the goldens",
            Self::Reproduce => "the same bytes from another folder",
            Self::Lint => "clippy without warnings; it checks every dependency anew",
            Self::Crates => "the tests of every crate",
            Self::E2e => "the end-to-end tests",
            Self::Long => "random sequences of calls, twenty times as many",
            Self::StylusTools => "the tests with cargo stylus; its first installation compiles for minutes",
        }
    }

    /// Whether it runs when nothing is asked for: it proves the product, and does so in minutes.
    pub(crate) fn is_default(self) -> bool {
        !matches!(self, Self::Lint | Self::Long | Self::StylusTools)
    }

    /// Finds a suite by its name.
    ///
    /// # Errors
    /// `XTASK-014` with the names that there are.
    pub(crate) fn named(asked: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|suite| suite.name() == asked);
        found.ok_or_else(|| Error::UnknownSuite { asked: asked.to_owned(), known: Self::ALL.map(Self::name).join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_is_found_by_its_name() {
        for suite in Suite::ALL {
            assert_eq!(Suite::named(suite.name()).ok(), Some(suite));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = Suite::named("slow").unwrap_err().to_string();
        assert_eq!(
            error,
            "no suite called `slow`; there are: rules, contracts, reproduce, lint, crates, e2e, long, stylus-tools"
        );
    }
}
