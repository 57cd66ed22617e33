//! Programs that others wrote, started against a chain of this process.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

use serde_json::Value;

use crate::paths;

/// A file under `test/foreign`: a script of ours, or what `npm ci` laid there.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn client(path: &str) -> PathBuf {
    let path = paths::repository("test/foreign").join(path);
    assert!(path.exists(), "{} is not there: `cargo xtask test` installs it", path.display());
    path
}

/// Flags for contracts that others wrote, as `scripts/xtask/src/wasm/build.rs` compiles ours: features that every Stylus chain takes, and
/// half of the first memory page as stack.
const WASM_FLAGS: &str =
    "-Ctarget-cpu=mvp -Ctarget-feature=+bulk-memory,+sign-ext,-reference-types -Clink-arg=-zstack-size=32768";

/// Lets a command compile contracts with a stable toolchain that may have its library for wasm as source only.
pub fn compiles_contracts(command: &mut Command) {
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", WASM_FLAGS);
}

/// Runs a program to its end without blocking the chain, which lives in this process.
///
/// # Panics
/// If the program cannot be started.
pub async fn run(mut command: Command) -> Output {
    let program = command.get_program().to_owned();
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("the program ends");
    output.unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()))
}

/// Runs a program that must succeed, and returns what it printed.
///
/// # Panics
/// If it fails; the panic shows both of its outputs.
pub async fn success(command: Command) -> String {
    let line = format!("{command:?}");
    let output = run(command).await;
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{line}: {}\n{out}\n{err}", output.status);
    out
}

/// Runs a script of `test/foreign` under node, which uses `package`, and returns the JSON that it prints.
///
/// # Panics
/// If it fails, or prints something else.
pub async fn script(name: &str, package: &str, input: &Value) -> Value {
    drop(client(&format!("node_modules/{package}/package.json")));
    let mut command = Command::new("node");
    command.arg(client(name)).arg(input.to_string());
    serde_json::from_str(&success(command).await).expect("the script prints JSON")
}
