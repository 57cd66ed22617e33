//! From the compiler's module to the bytes that are deployed: optimised, re-encoded, stripped, checked.
//!
//! The form is the one `cargo stylus` gives a bare module: through text and back (which removes the
//! over-long indices that a Stylus chain refuses), custom sections dropped, and a `project_hash`
//! section of zeroes appended, so that `cargo stylus check --wasm-file` sees the same code hash.

use std::path::Path;
use std::process::Command;

use wasm_encoder::{CustomSection, Module, RawSection};
use wasmparser::{ExternalKind, Parser, Payload, Validator, WasmFeatures};

use crate::error::{Error, Result};
use crate::process;
use crate::workspace::{Contract, Kind};

/// Bumped when anything here changes the bytes, so that no cached artifact survives.
pub(super) const PIPELINE: u32 = 1;

/// Largest code of one account, in bytes, which holds the prefix and the compressed program. EIP-170, which Arbitrum
/// keeps in every release. The dev chain can be told another limit; what is larger could be deployed nowhere else.
const CODE_BYTES_MAX: usize = 24_576;
/// What a contract leaves of that, in bytes: a mend must fit, as what is deployed is replaced and not changed.
const ROOM_BYTES: usize = 2_048;
/// `EF F0 00` and the dictionary byte in front of the compressed program.
const PREFIX_BYTES: usize = 4;
/// Largest program before compression that a chain activates, in bytes: ArbOS's limit at its start, which a chain's owner may raise.
/// A program that only such a chain takes would be a surprise elsewhere.
const WASM_BYTES_MAX: usize = 128 * 1024;
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW: i32 = 22;
const PROJECT_HASH: &str = "project_hash";

/// What a chain accepts and these programs may use; floats are absent on purpose. `GC_TYPES` is no proposal but a switch of the
/// validator, a part of what it calls the MVP: without reference types, which are absent too, it admits nothing.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::GC_TYPES);

/// Runs `wasm-opt`, for size or speed as the program's kind asks. Features are named one by one: its defaults change between
/// versions.
pub(super) fn optimise(kind: Kind, input: &Path, output: &Path) -> Result<()> {
    let mut command = Command::new("wasm-opt");
    command
        .args([kind.optimise_for(), "--converge", "--strip-debug", "--strip-producers", "--mvp-features"])
        .args(["--enable-mutable-globals", "--enable-bulk-memory", "--enable-sign-ext"])
        .arg(input)
        .arg("-o")
        .arg(output);
    process::capture(&mut command).map(drop)
}

/// Re-encodes a module in the canonical form described above.
pub(super) fn canonical(name: &str, module: &[u8]) -> Result<Vec<u8>> {
    let fail = |problem: String| Error::Contract { contract: name.to_owned(), problem };
    let text = wasmprinter::print_bytes(module).map_err(|e| fail(format!("does not print: {e}")))?;
    let short = wat::parse_str(text).map_err(|e| fail(format!("does not re-encode: {e}")))?;
    let mut out = Module::new();
    for payload in Parser::new(0).parse_all(&short) {
        let payload = payload.map_err(|e| fail(e.to_string()))?;
        if matches!(payload, Payload::CustomSection(_)) {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = &short[range];
            out.section(&RawSection { id, data });
        }
    }
    out.section(&CustomSection { name: PROJECT_HASH.into(), data: [0_u8; 32].as_slice().into() });
    Ok(out.finish())
}

/// Length of the program as a chain stores it, without the prefix.
pub(super) fn compressed_len(wasm: &[u8]) -> usize {
    use std::io::Write;
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: wasm.len(),
        ..Default::default()
    };
    let mut writer = brotli::CompressorWriter::with_params(&mut out, 4096, &params);
    // Writing to memory fails only when memory runs out, which aborts.
    let _ = writer.write_all(wasm);
    drop(writer);
    out.len()
}

/// Refuses a program that no chain would take, or that carries a path of this machine.
pub(super) fn verify(contract: &Contract, wasm: &[u8], compressed: usize, paths: &[&Path]) -> Result<()> {
    let (name, accounts) = (&contract.name, accounts_max(contract.kind));
    let problem = |problem: String| Err(Error::Contract { contract: name.to_owned(), problem });
    if let Err(error) = Validator::new_with_features(FEATURES).validate_all(wasm) {
        return problem(format!("not a module a Stylus chain accepts: {error}"));
    }
    if let Some(missing) = missing_interface(wasm) {
        return problem(missing);
    }
    if wasm.len() > WASM_BYTES_MAX {
        return problem(format!("{} bytes, at most {WASM_BYTES_MAX} are activated", wasm.len()));
    }
    let most = CODE_BYTES_MAX - room(contract.kind);
    if compressed >= accounts * (most - PREFIX_BYTES) {
        return problem(format!(
            "{compressed} bytes compressed and {PREFIX_BYTES} of prefix; each of {accounts} account(s) is to hold fewer than {most}"
        ));
    }
    for path in paths {
        let needle = path.as_os_str().as_encoded_bytes();
        if needle.len() > 1 && wasm.windows(needle.len()).any(|window| window == needle) {
            return problem(format!("contains the path {}", path.display()));
        }
    }
    Ok(())
}

/// Accounts a program may be spread over: one on every chain, two from ArbOS 60.
fn accounts_max(kind: Kind) -> usize {
    match kind {
        Kind::Contract | Kind::Measured => 1,
        Kind::Sample => 2,
    }
}

/// What is left of an account's code.
fn room(kind: Kind) -> usize {
    match kind {
        Kind::Contract => ROOM_BYTES,
        Kind::Measured | Kind::Sample => 0,
    }
}

/// Says which part of the agreement between a program and its chain is not kept.
fn missing_interface(wasm: &[u8]) -> Option<String> {
    let mut exports = Vec::new();
    let mut charges_memory = false;
    for payload in Parser::new(0).parse_all(wasm).flatten() {
        match payload {
            Payload::ExportSection(section) => {
                let found = section.into_iter().flatten();
                exports.extend(found.map(|export| (export.name.to_owned(), export.kind)));
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports().flatten() {
                    if import.module != "vm_hooks" {
                        return Some(format!("imports {}::{}; only vm_hooks is there", import.module, import.name));
                    }
                    charges_memory |= import.name == "pay_for_memory_grow";
                }
            }
            _ => {}
        }
    }
    for (name, kind) in [("user_entrypoint", ExternalKind::Func), ("memory", ExternalKind::Memory)] {
        if !exports.contains(&(name.to_owned(), kind)) {
            return Some(format!("has no exported {name}; is #[entrypoint] set and `mini-alloc` on?"));
        }
    }
    (!charges_memory).then(|| "does not import pay_for_memory_grow; is #[entrypoint] set?".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"(module
        (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
        (memory (export "memory") 1)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0)
        (data (i32.const 0) "/srv/someone/project/src/lib.rs"))"#;

    fn sample(kind: Kind) -> Contract {
        Contract { kind, name: "sample".into(), package: "sample".into(), lib: "sample".into(), abi_bin: None }
    }

    fn check(wat: &str, paths: &[&Path]) -> std::result::Result<(), String> {
        let wasm = canonical("sample", &wat::parse_str(wat).unwrap()).unwrap();
        verify(&sample(Kind::Contract), &wasm, compressed_len(&wasm), paths).map_err(|e| e.to_string())
    }

    #[test]
    fn accepts_a_program_and_nothing_less() {
        assert_eq!(check(GOOD, &[]), Ok(()));
        let refused = [
            (GOOD.replace("\"memory\"", "\"mem\""), "no exported memory"),
            (GOOD.replace("user_entrypoint", "main"), "no exported user_entrypoint"),
            (GOOD.replace("vm_hooks", "env"), "imports env::"),
            (GOOD.replace("pay_for_memory_grow", "read_args"), "pay_for_memory_grow"),
            (GOOD.replace("i32.const 0)\n", "i32.const 0)\n(func (result f32) f32.const 1)\n"), "floating-point"),
        ];
        for (wat, expected) in refused {
            let error = check(&wat, &[]).unwrap_err();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn a_path_of_the_building_machine_is_found() {
        let error = check(GOOD, &[Path::new("/srv/someone")]).unwrap_err();
        assert!(error.contains("contains the path /srv/someone"), "{error}");
        assert_eq!(check(GOOD, &[Path::new("/srv/another")]), Ok(()));
    }

    #[test]
    fn canonical_form_is_stable_and_carries_only_the_hash_section() {
        let mut module = Module::new();
        module.section(&CustomSection { name: "producers".into(), data: [1_u8, 2].as_slice().into() });
        let once = canonical("sample", &module.finish()).unwrap();
        assert_eq!(once, canonical("sample", &once).unwrap());
        let customs: Vec<_> = Parser::new(0)
            .parse_all(&once)
            .filter_map(|payload| match payload.unwrap() {
                Payload::CustomSection(section) => Some((section.name().to_owned(), section.data().to_vec())),
                _ => None,
            })
            .collect();
        assert_eq!(customs, [(PROJECT_HASH.to_owned(), vec![0; 32])]);
    }

    #[test]
    fn size_limits_hold_at_the_edge() {
        let wasm = canonical("sample", &wat::parse_str(GOOD).unwrap()).unwrap();
        let fits = CODE_BYTES_MAX - PREFIX_BYTES - 1;
        for (kind, fits) in [(Kind::Contract, fits - ROOM_BYTES), (Kind::Measured, fits), (Kind::Sample, 2 * fits + 1)] {
            assert!(verify(&sample(kind), &wasm, fits, &[]).is_ok());
            assert!(verify(&sample(kind), &wasm, fits + 1, &[]).is_err());
        }
    }
}
