//! What a run of the tests consists of, decided before anything is built: from the command line and from what changed.
//!
//! ```text
//!  suites   the suites, and which of them run when nobody asks
//!  reads    the files that tests read outside of their own crates
//!  changed  what a change since a base can affect
//!  plan     what runs, what is left out, and why
//! ```

mod changed;
mod plan;
mod reads;
mod suites;

pub(crate) use self::changed::{E2E, affected, members, since};
pub(crate) use self::plan::{CONTRACT_TESTS, Plan, TOOL_TESTS, Wish};
pub(crate) use self::reads::{READ_BY, Reader};
pub(crate) use self::suites::Suite;
