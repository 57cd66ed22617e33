//! Signatures: of plain accounts, recovered by the precompile at address 1, which costs less than doing it in WASM; and of contracts,
//! which are asked (ERC-1271).

use alloc::vec;

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
/// Bytes before those of the signature: selector, digest, offset and length.
const HEAD_LEN: usize = 4 + 3 * 32;

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

    /// Reads 64 packed bytes: r, and s with the parity of the nonce point in its highest bit (EIP-2098). Any other length is `None`.
    pub fn from_compact(bytes: &[u8]) -> Option<Self> {
        let (r, rest) = bytes.split_first_chunk::<32>()?;
        let mut s: [u8; 32] = rest.try_into().ok()?;
        let v = 27 + (s[0] >> 7);
        s[0] &= 0x7f;
        Some(Self { v, r: B256::new(*r), s: B256::new(s) })
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

/// Whether an account with code takes `signature` for its own (ERC-1271); `None` if it has no code, and so signs with its key. The key of an
/// account with code counts no more: so OpenZeppelin and USDC do, also where the code is a delegation (EIP-7702).
///
/// The contract gets all gas that a call can get and may change nothing. A revert, no answer, and any answer but the one word are a no.
pub fn contract_agrees(host: &impl Host, account: Address, digest: B256, signature: &[u8]) -> Option<bool> {
    // The hash costs less than the length of the code.
    let code_hash = host.code_hash(account);
    if code_hash.is_zero() || code_hash == KECCAK256_EMPTY {
        return None;
    }
    let mut message = vec![0; HEAD_LEN + signature.len().next_multiple_of(32)];
    message[..4].copy_from_slice(&IS_VALID_SIGNATURE[..4]);
    message[4..36].copy_from_slice(digest.as_slice());
    // Where the bytes begin, after two words.
    message[67] = 64;
    message[92..HEAD_LEN].copy_from_slice(&(signature.len() as u64).to_be_bytes());
    message[HEAD_LEN..HEAD_LEN + signature.len()].copy_from_slice(signature);
    Some(static_call(host, Call::new(), account, &message).is_ok_and(|answer| answer == IS_VALID_SIGNATURE.as_slice()))
}
