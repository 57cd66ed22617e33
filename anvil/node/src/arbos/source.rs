//! The WebAssembly behind a deployed program, which may be spread over several accounts.

use cor_stylus_vm::{
    PrepareError, StylusParams,
    prepare::{DeployedCode, deployed_wasm},
};
use revm::primitives::{Address, B256, Bytes, HashMap, keccak256};

/// A program's code, with the code of its fragments.
#[derive(Debug, Clone)]
pub(crate) struct ProgramSource {
    code: Bytes,
    fragments: HashMap<Address, Bytes>,
}

impl ProgramSource {
    /// Accounts of the program's fragments; none unless `code` is a root.
    pub(crate) fn fragment_addresses(code: &[u8]) -> Vec<Address> {
        match DeployedCode::parse(code) {
            Ok(DeployedCode::Root { fragments, .. }) => fragments,
            _ => Vec::new(),
        }
    }

    /// The program in `code` and the accounts it names.
    pub(crate) fn new(code: Bytes, fragments: HashMap<Address, Bytes>) -> Self {
        Self { code, fragments }
    }

    /// What its compiled module is kept under: the hash of its code, and of the code of its fragments
    /// since the root only names their accounts.
    pub(crate) fn module_key(&self, codehash: B256) -> B256 {
        if self.fragments.is_empty() {
            return codehash;
        }
        let mut parts = codehash.to_vec();
        for address in Self::fragment_addresses(&self.code) {
            parts.extend(keccak256(self.fragment(address)));
        }
        keccak256(parts)
    }

    /// The module.
    pub(crate) fn wasm(&self, params: &StylusParams) -> Result<Vec<u8>, PrepareError> {
        deployed_wasm(&self.code, params, |address| self.fragment(address))
    }

    fn fragment(&self, address: Address) -> Bytes {
        self.fragments.get(&address).cloned().unwrap_or_default()
    }
}
