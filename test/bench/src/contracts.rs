//! The contracts that are called, in hand-assembled EVM code, and what is asked of them.

use alloy_primitives::{Address, B256, U256, hex, keccak256};

/// Where the token is put.
pub(crate) const TOKEN: Address = Address::repeat_byte(0x70);
/// Where the contract that logs is put.
pub(crate) const LOGGER: Address = Address::repeat_byte(0x10);

/// `transfer(address,uint256)` of an ERC-20 whose balances are the mapping in slot 0, as a compiler would lay it out.
const TOKEN_CODE: &str = concat!(
    "5f3560e01c63a9059cbb14601257", // if the selector is transfer's, goto 12
    "5b5f5ffd",                     // 0e: revert
    "5b335f5260405f20",             // 12: slot = keccak256(caller . 0)
    "8054602435808210600e57",       // if balance < amount, goto 0e
    "809103909155",                 // balance -= amount
    "6004355f5260405f20",           // slot = keccak256(to . 0)
    "8054820190555f52",             // balance += amount; mstore(0, amount)
    "60043533",                     // to, from
    "7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
    "60205fa3",         // log3(0, 32, Transfer, from, to)
    "60015f5260205ff3", // return true
);

/// Emits as many logs as the first word of its calldata says: two topics and a word of data each.
const LOGGER_CODE: &str = concat!(
    "5f35",           // n = calldata[0]
    "5b80600957",     // 02: if n goto 09
    "0000",           // stop
    "5b805f52",       // 09: mstore(0, n)
    "80600160205fa2", // log2(0, 32, 1, n)
    "60019003600256", // n -= 1; goto 02
);

/// Selector of `transfer(address,uint256)`.
const TRANSFER: [u8; 4] = hex!("a9059cbb");

/// Accounts to place, with their code in hex.
pub(crate) fn code(contract: Address) -> String {
    format!("0x{}", if contract == TOKEN { TOKEN_CODE } else { LOGGER_CODE })
}

/// The slot of the token in which the balance of `owner` is.
pub(crate) fn balance_slot(owner: Address) -> B256 {
    keccak256([owner.into_word().as_slice(), &[0; 32]].concat())
}

/// Calldata of a transfer.
pub(crate) fn transfer(to: Address, amount: u64) -> Vec<u8> {
    [&TRANSFER[..], to.into_word().as_slice(), &U256::from(amount).to_be_bytes::<32>()].concat()
}

/// Calldata that asks for `count` logs.
pub(crate) fn logs(count: u64) -> Vec<u8> {
    U256::from(count).to_be_bytes_vec()
}
