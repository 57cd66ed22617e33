//! A transfer as its sender signed it (EIP-3009).

use alloy_primitives::{Address, B256};
use cor_contract_shared::{Cursor, Fields};
use stylus_sdk::abi::ConstString;

/// The first six arguments of four functions. Read as one row of words: an argument list of its own for each overload would take
/// a tenth of the contract. The words are also what is hashed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Authorization {
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) value: B256,
    pub(crate) valid_after: B256,
    pub(crate) valid_before: B256,
    pub(crate) nonce: B256,
}

impl Fields<6> for Authorization {
    const NAME: &'static str = "Authorization";
    // No parentheses: in the interface these are arguments and not a struct.
    const TYPES: &'static str = "address,address,uint256,uint256,uint256,bytes32";
    const ARGUMENT: ConstString =
        ConstString::new("address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32");

    fn visit(&mut self, row: &mut Cursor<'_>) {
        row.address(&mut self.from);
        row.address(&mut self.to);
        row.word(&mut self.value);
        row.word(&mut self.valid_after);
        row.word(&mut self.valid_before);
        row.word(&mut self.nonce);
    }
}

impl Authorization {
    /// The EIP-712 structure: its type hash, then its fields.
    pub(crate) fn words(&self, kind: B256) -> [[u8; 32]; 7] {
        let Self { from, to, value, valid_after, valid_before, nonce } = *self;
        [kind, from.into_word(), to.into_word(), value, valid_after, valid_before, nonce].map(|word| word.0)
    }
}
