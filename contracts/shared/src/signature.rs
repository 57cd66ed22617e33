//! Signatures: of plain accounts, recovered by the precompile at address 1, which costs less than doing it in WASM; and of contracts,
//! which are asked (ERC-1271).

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, address, b256, uint};
use stylus_sdk::{
    call::static_call,
    stylus_core::{calls::Call, host::Host},
};

const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");

/// Half the order of secp256k1. Above it lies the mirror image of each signature, which is refused so that a message has one
/// valid signature only (EIP-2).
const S_MAX: U256 = uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);

/// Selector of `isValidSignature(bytes32,bytes)`. As a whole word, padded with zeros, it is also what a contract answers that agrees.
const IS_VALID_SIGNATURE: B256 = b256!("1626ba7e00000000000000000000000000000000000000000000000000000000");
const SELECTOR_LEN: usize = 4;

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

/// Checks that `signature` is by `expected`, who may be a contract. An account with code is asked by ERC-1271, and its key counts no more:
/// so OpenZeppelin and USDC do, also where the code is a delegation (EIP-7702). One without code signs as in [`check_signature`].
///
/// # Errors
/// As [`check_signature`]; zero if a contract does not agree.
pub fn check_signature_of_any(host: &impl Host, digest: B256, signature: &[u8], expected: Address) -> Result<(), Address> {
    if !has_code(host, expected) {
        return check_signature(host, digest, Signature::from_packed(signature), expected);
    }
    if agrees(host, expected, digest, signature) { Ok(()) } else { Err(Address::ZERO) }
}

/// By the hash of the code, which costs less than its length.
fn has_code(host: &impl Host, account: Address) -> bool {
    let hash = host.code_hash(account);
    !hash.is_zero() && hash != KECCAK256_EMPTY
}

/// Asks a contract, which gets all gas that a call can get and may change nothing. A revert, no answer, and any answer but the one word
/// are a no.
fn agrees(host: &impl Host, contract: Address, digest: B256, signature: &[u8]) -> bool {
    let [offset, length] = [2 * 32, signature.len()].map(|number| U256::from(number).to_be_bytes::<32>());
    let mut message: Vec<u8> = [&IS_VALID_SIGNATURE[..SELECTOR_LEN], digest.as_slice(), &offset, &length, signature].concat();
    let padding = signature.len().next_multiple_of(32) - signature.len();
    message.extend_from_slice(&[0; 32][..padding]);
    static_call(host, Call::new(), contract, &message).is_ok_and(|answer| answer == IS_VALID_SIGNATURE.as_slice())
}
