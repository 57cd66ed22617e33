//! `docs/howto/test-and-fuzz-a-stylus-contract.md` in the default run: its files as they stand there, against a sample with the interface of the
//! contract that `cargo stylus new` makes. `foreign_howto` types the page from its first line.

// The files name the package that they are in on the page.
extern crate self as counter_chain;

#[path = "../../../contracts/stranger/tests/calls.rs"]
mod calls;
mod constructor;
#[allow(unreachable_pub, missing_docs, reason = "it is public where it is a library")]
#[path = "../../../contracts/stranger/src/counter.rs"]
mod counter;
mod fuzz;
mod page;
#[path = "../../../contracts/stranger/tests/sequences.rs"]
mod sequences;

use std::path::PathBuf;

pub(crate) use counter::{Counter, Step, play, steps};

/// Where the sample is.
pub(crate) fn wasm() -> PathBuf {
    cor_kit::paths::samples().join("counter.wasm")
}
