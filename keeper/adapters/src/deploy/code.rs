//! Compiled contracts as they go on chain.

use std::path::{Path, PathBuf};

use cor_errors::{Coded, Entry, table::dpl};

/// Marks a Stylus program without a dictionary.
const STYLUS_PREFIX: [u8; 4] = [0xEF, 0xF0, 0x00, 0x00];
/// Largest code of one account on the live chains, bytes.
const CODE_BYTES_MAX: usize = 24_576;
/// Brotli's window and quality as the Stylus tools use them.
const BROTLI_WINDOW: i32 = 22;
const BROTLI_QUALITY: i32 = 11;

/// Why a compiled contract cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Not there.
    #[error("{path} cannot be read: {reason}")]
    Missing {
        /// File.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Not a WASM module.
    #[error("{0} is not a WASM module")]
    NotWasm(PathBuf),
    /// Too large for one account.
    #[error("{path} has {bytes} bytes compressed, a chain takes {limit}")]
    TooLarge {
        /// File.
        path: PathBuf,
        /// Its compressed size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

impl Coded for CodeError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Missing { .. } => &dpl::CONTRACT_MISSING,
            Self::NotWasm(_) => &dpl::CONTRACT_NOT_WASM,
            Self::TooLarge { .. } => &dpl::CONTRACT_TOO_LARGE,
        }
    }
}

/// A folder of compiled contracts, as `cargo xtask wasm` leaves it.
#[derive(Debug, Clone)]
pub struct Artifacts {
    folder: PathBuf,
}

impl Artifacts {
    /// The contracts in `folder`.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The code of a contract as it lies on chain: prefix and compressed WASM. `name` is the Solidity name.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn code(&self, name: &str) -> Result<Vec<u8>, CodeError> {
        let path = self.folder.join(format!("{}.wasm", kebab(name)));
        let wasm = std::fs::read(&path).map_err(|error| CodeError::Missing { path: path.clone(), reason: error.to_string() })?;
        if !wasm.starts_with(b"\0asm") {
            return Err(CodeError::NotWasm(path));
        }
        let mut code = STYLUS_PREFIX.to_vec();
        let params = brotli::enc::BrotliEncoderParams { quality: BROTLI_QUALITY, lgwin: BROTLI_WINDOW, ..Default::default() };
        brotli::BrotliCompress(&mut wasm.as_slice(), &mut code, &params)
            .map_err(|error| CodeError::Missing { path: path.clone(), reason: error.to_string() })?;
        if code.len() > CODE_BYTES_MAX {
            return Err(CodeError::TooLarge { path, bytes: code.len(), limit: CODE_BYTES_MAX });
        }
        Ok(code)
    }
}

/// `SessionPaymentTable` → `session-payment-table`, the name of its crate's folder.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index != 0 {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

/// Init code that returns `code`: PUSH32 length, DUP1, PUSH1 43, PUSH1 0, CODECOPY, PUSH1 0, RETURN, then the code.
#[must_use]
pub fn init_code(code: &[u8]) -> Vec<u8> {
    let mut init = vec![0x7f];
    init.extend(alloy::primitives::U256::from(code.len()).to_be_bytes::<32>());
    init.extend([0x80, 0x60, 43, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3, 0x00]);
    init.extend_from_slice(code);
    init
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_are_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::new(folder.path());
        assert!(
            matches!(artifacts.code("SessionPaymentTable"), Err(CodeError::Missing { path, .. }) if path.ends_with("session-payment-table.wasm"))
        );
        std::fs::write(folder.path().join("cor.wasm"), b"hello").unwrap();
        assert!(matches!(artifacts.code("Cor"), Err(CodeError::NotWasm(_))));
        std::fs::write(folder.path().join("cor.wasm"), b"\0asm\x01\0\0\0").unwrap();
        assert!(artifacts.code("Cor").unwrap().starts_with(&STYLUS_PREFIX));
        let mut noise = b"\0asm".to_vec();
        noise.extend((0..2_000_u32).flat_map(|i| alloy::primitives::keccak256(i.to_be_bytes())));
        std::fs::write(folder.path().join("cor.wasm"), noise).unwrap();
        assert!(matches!(artifacts.code("Cor"), Err(CodeError::TooLarge { .. })));
    }

    #[test]
    fn init_code_has_43_bytes_in_front() {
        assert_eq!(init_code(b"code").len(), 43 + 4);
    }
}
