//! Files that tests read although they lie outside of the tests' own crate, which cargo does not know.
//!
//! `tidy` fails when a test asks for a path of the repository that no row gives to it.

use super::suites::Suite;

/// Who reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A whole suite, whichever packages it is about.
    Suite(Suite),
    /// The tests of a package, and of what depends on it.
    Package(&'static str),
    /// An end-to-end test, by the name of its program.
    E2e(&'static str),
    /// Every end-to-end test.
    EveryE2e,
}

/// Beginnings of paths, relative to the root, and who reads what lies there. The rules read everything, and always run.
pub(crate) const READ_BY: [(&str, Reader); 28] = [
    ("README.md", Reader::E2e("docs")),
    ("CHANGELOG.md", Reader::E2e("docs")),
    ("clippy.toml", Reader::Suite(Suite::Lint)),
    ("docs/", Reader::E2e("docs")),
    ("docs/dev-chain.md", Reader::E2e("foreign_cargo_stylus")),
    ("docs/generated/errors.md", Reader::Package("cor-errors")),
    ("docs/howto/call-from-viem-or-cast.md", Reader::E2e("foreign")),
    ("docs/howto/from-nitro-devnode-or-anvil.md", Reader::E2e("foreign")),
    ("docs/howto/test-and-fuzz-a-stylus-contract.md", Reader::E2e("foreign_howto")),
    ("docs/howto/test-and-fuzz-a-stylus-contract.md", Reader::E2e("stranger")),
    ("docs/howto/use-your-own-wallet.md", Reader::E2e("foreign")),
    // The routes of the keeper, which a page lists.
    ("keeper/", Reader::E2e("docs")),
    // What turns contracts into programs, and into their ABIs. The documents' test asks this program for its commands.
    ("scripts/xtask/", Reader::E2e("docs")),
    ("scripts/xtask/src/abi/", Reader::Suite(Suite::Contracts)),
    ("scripts/xtask/src/wasm/", Reader::Suite(Suite::Contracts)),
    ("scripts/xtask/src/wasm/", Reader::Suite(Suite::Reproduce)),
    ("scripts/xtask/src/wasm/", Reader::EveryE2e),
    ("test/contracts/stranger/", Reader::E2e("stranger")),
    ("test/e2e/tests/stranger/constructor.rs", Reader::E2e("stranger")),
    ("test/foreign/", Reader::E2e("contracts")),
    ("test/foreign/", Reader::E2e("foreign")),
    ("test/foreign/", Reader::E2e("foreign_cargo_stylus")),
    ("test/goldens/abi/", Reader::Suite(Suite::Contracts)),
    ("test/goldens/abi/", Reader::E2e("contracts")),
    ("test/goldens/gas/", Reader::E2e("contracts")),
    ("test/goldens/permissions/", Reader::E2e("contracts")),
    ("test/goldens/wasm-sizes.json", Reader::Suite(Suite::Contracts)),
    ("test/vectors/", Reader::Package("cor-stylus-vm")),
];
