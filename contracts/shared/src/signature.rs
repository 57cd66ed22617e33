//! Signatures of plain accounts, recovered by the precompile at address 1, which costs less than doing it in WASM.
//!
//! Contracts that sign (ERC-1271) are not served: every signer here is a miner's or a payer's key.

use alloy_primitives::{Address, B256, U256, address, uint};
use stylus_sdk::{
    call::static_call,
    stylus_core::{calls::Call, host::Host},
};

const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");

/// Half the order of secp256k1. Above it lies the mirror image of each signature, which is refused so that a message has one
/// valid signature only (EIP-2).
const S_MAX: U256 = uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);

/// A signature by its parts.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// 27 or 28.
    pub v: u8,
    /// The nonce point's x coordinate.
    pub r: B256,
    /// The proof, in the lower half of its range.
    pub s: B256,
}

impl Signature {
    /// Reads 65 packed bytes: r, s, v. Any other length is `None`.
    pub fn from_packed(bytes: &[u8]) -> Option<Self> {
        let (r, rest) = bytes.split_first_chunk::<32>()?;
        let (s, rest) = rest.split_first_chunk::<32>()?;
        let &[v] = rest else { return None };
        Some(Self { v, r: B256::new(*r), s: B256::new(*s) })
    }

    /// The account whose key made this signature of `digest`; `None` if it is not a valid one.
    fn signer(&self, host: &impl Host, digest: B256) -> Option<Address> {
        if !matches!(self.v, 27 | 28) || U256::from_be_bytes(self.s.0) > S_MAX {
            return None;
        }
        let mut input = [0; 128];
        input[..32].copy_from_slice(digest.as_slice());
        input[63] = self.v;
        input[64..96].copy_from_slice(self.r.as_slice());
        input[96..].copy_from_slice(self.s.as_slice());
        let answer = static_call(host, Call::new(), ECRECOVER, &input).ok()?;
        // The precompile answers an impossible signature with no bytes.
        let word = B256::try_from(answer.as_slice()).ok()?;
        Some(Address::from_word(word)).filter(|signer| !signer.is_zero())
    }
}

/// Checks that `signature` of `digest` is by `expected`. A missing or invalid signature is by nobody, also not by the zero address.
///
/// # Errors
/// The account that did sign, zero if none, for the contract's own error.
pub fn check_signature(host: &impl Host, digest: B256, signature: Option<Signature>, expected: Address) -> Result<(), Address> {
    let signer = signature.and_then(|signature| signature.signer(host, digest));
    match signer {
        Some(signer) if signer == expected => Ok(()),
        other => Err(other.unwrap_or_default()),
    }
}
