//! What a revert says, in words.

use alloy_primitives::hex;
use alloy_sol_types::{Panic, Revert, SolError, SolInterface, sol};

use crate::arbos::precompiles::error_words;

sol! {
    /// What the contracts revert with that a chain starts with: the deployer of the Stylus SDK and the cache manager.
    #[allow(unreachable_pub, missing_docs)]
    interface BuiltIn {
        error ContractDeploymentError(bytes bytecode);
        error ContractInitializationError(address newContract, bytes data);
        error RefundExcessValueError(uint256 excessValue);
        error EmptyBytecode();
        error InitValueButNotInitData();
        error AlreadyCached(bytes32 codehash);
    }
}

use BuiltIn::BuiltInErrors;

/// The text wallets show for a revert: geth's for `Error(string)` and `Panic(uint256)`, Anvil's for custom errors.
pub(super) fn revert_message(data: &[u8]) -> String {
    const PREFIX: &str = "execution reverted";
    match told(data, true) {
        Some(words) => format!("{PREFIX}: {words}"),
        None => PREFIX.to_owned(),
    }
}

/// What `data` says; none if it is too short for an error. A constructor's error is told in that of the deployer, once: an error in an
/// error in an error is nobody's but whoever tries how deep this goes.
fn told(data: &[u8], is_outermost: bool) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(data) {
        return Some(revert.reason);
    }
    if let Ok(panic) = Panic::abi_decode(data) {
        return Some(match panic.kind() {
            Some(kind) => format!("panic: {} (0x{:02x})", kind.as_str(), panic.code),
            None => format!("panic: unknown (0x{:02x})", panic.code),
        });
    }
    if let Some(words) = error_words(data).or_else(|| is_outermost.then(|| built_in_words(data)).flatten()) {
        return Some(words);
    }
    let (selector, rest) = data.split_at_checked(4)?;
    let selector = hex::encode_prefixed(selector);
    Some(if rest.is_empty() {
        format!("custom error {selector}")
    } else {
        format!("custom error {selector}: {}", hex::encode(rest))
    })
}

/// Data that a contract reverted with that was there from the start, in words; none if it is another error.
fn built_in_words(data: &[u8]) -> Option<String> {
    Some(match BuiltInErrors::abi_decode(data).ok()? {
        BuiltInErrors::ContractDeploymentError(error) => format!(
            "ContractDeploymentError: {} bytes of init code created nothing: the code is longer than an account may hold, is refused otherwise, or is \
             there already by the same salt",
            error.bytecode.len()
        ),
        BuiltInErrors::ContractInitializationError(error) => {
            let said = told(&error.data, false)
                .unwrap_or_else(|| "no data, as for arguments that do not decode or ether that it does not take".to_owned());
            format!("ContractInitializationError: the constructor of {} reverted: {said}", error.newContract)
        }
        BuiltInErrors::RefundExcessValueError(error) => {
            format!("RefundExcessValueError: the sender did not take {} wei back", error.excessValue)
        }
        BuiltInErrors::EmptyBytecode(_) => "EmptyBytecode: there is no init code".to_owned(),
        BuiltInErrors::InitValueButNotInitData(_) => {
            "InitValueButNotInitData: there is ether for a constructor, and no call of it".to_owned()
        }
        BuiltInErrors::AlreadyCached(_) => "AlreadyCached: the program is in the cache".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256, U256};

    use super::*;

    #[test]
    fn revert_messages_are_those_wallets_know() {
        let text = Revert::from("no money").abi_encode();
        let panic = Panic { code: U256::from(0x11) }.abi_encode();
        let value =
            [&[0x09, 0x78, 0x1a, 0xb7][..], &U256::from(7).to_be_bytes::<32>(), &U256::from(9).to_be_bytes::<32>()].concat();
        let cases: [(&[u8], &str); 8] = [
            (&value, "execution reverted: ProgramInsufficientValue: 7 wei were sent, the data fee is 9 wei"),
            (&[0xcc, 0x94, 0x4b, 0xf2], "execution reverted: ProgramUpToDate: this code is activated already"),
            (&[], "execution reverted"),
            (&text, "execution reverted: no money"),
            (&panic, "execution reverted: panic: arithmetic underflow or overflow (0x11)"),
            (&[0x6f, 0x80, 0x9c, 0x4f], "execution reverted: custom error 0x6f809c4f"),
            (&[0x6f, 0x80, 0x9c, 0x4f, 0xaa], "execution reverted: custom error 0x6f809c4f: aa"),
            (&[1, 2], "execution reverted"),
        ];
        for (data, message) in cases {
            assert_eq!(revert_message(data), message);
        }
    }

    #[test]
    fn contracts_that_are_there_from_the_start_are_told_in_words() {
        let new_contract = Address::repeat_byte(0x22);
        let failed =
            |data: Vec<u8>| BuiltIn::ContractInitializationError { newContract: new_contract, data: data.into() }.abi_encode();
        let of = format!("ContractInitializationError: the constructor of {new_contract} reverted");
        for (data, message) in [
            (failed(vec![]), format!("{of}: no data, as for arguments that do not decode or ether that it does not take")),
            (failed(vec![0x6f, 0x80, 0x9c, 0x4f, 0xaa]), format!("{of}: custom error 0x6f809c4f: aa")),
            (failed(Revert::from("no money").abi_encode()), format!("{of}: no money")),
            (
                BuiltIn::AlreadyCached { codehash: B256::ZERO }.abi_encode(),
                "AlreadyCached: the program is in the cache".to_owned(),
            ),
        ] {
            assert_eq!(revert_message(&data), format!("execution reverted: {message}"));
        }
        // One in another is not followed further.
        assert!(
            revert_message(&failed(failed(vec![1, 2, 3, 4])))
                .starts_with(&format!("execution reverted: {of}: custom error 0x88d8f57d: "))
        );
    }
}
