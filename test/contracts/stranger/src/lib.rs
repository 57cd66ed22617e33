//! What the tests and the fuzz targets of the counter share.

mod counter;

use std::{env, path::PathBuf};

pub use counter::{Counter, Step, play, steps};

/// Where `cargo build` left the contract.
pub fn wasm() -> PathBuf {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from(here), PathBuf::from);
    target.join("wasm32-unknown-unknown/release/counter.wasm")
}
