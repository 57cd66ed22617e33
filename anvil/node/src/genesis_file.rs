//! A `genesis.json` in geth's form: the accounts a chain starts with, and what of the header has a meaning here.

use std::{collections::BTreeMap, fs, io, path::Path};

use alloy_primitives::{Address, Bytes, U64, U256};
use serde::{Deserialize, Deserializer, de::Error};

use crate::arbos::is_reserved;

/// Why a genesis file was refused.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// The file could not be read.
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    /// It is not JSON, or a field has another form.
    #[error("it is no genesis file: {0}")]
    Form(#[source] serde_json::Error),
    /// An account has code or storage where ArbOS is.
    #[error("the account {0} is part of ArbOS: it may be given a balance, but no code and no storage")]
    Reserved(Address),
    /// The chain id is zero.
    #[error("config.chainId is 0; it must be at least 1")]
    ChainId,
}

/// What a chain starts with, from a file in geth's form (`--init`).
///
/// Forks, nonce, difficulty, extra data, mix hash and coinbase are not looked at: the rules are Arbitrum's, and so is the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenesisFile {
    pub(crate) chain_id: Option<u64>,
    /// Number of the first block.
    pub(crate) number: Option<u64>,
    /// Seconds since 1970.
    pub(crate) timestamp: Option<u64>,
    pub(crate) gas_limit: Option<u64>,
    /// Wei for a unit of gas.
    pub(crate) base_fee: Option<u64>,
    pub(crate) accounts: BTreeMap<Address, GenesisAlloc>,
}

/// An account of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct GenesisAlloc {
    /// Wei.
    #[serde(default)]
    pub(crate) balance: U256,
    #[serde(default)]
    nonce: Option<U64>,
    #[serde(default)]
    pub(crate) code: Bytes,
    #[serde(default)]
    storage: BTreeMap<Word, Word>,
}

/// A word of storage: hex of any length, with or without `0x`, as geth reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Word(U256);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        U256::from_str_radix(digits, 16).map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default)]
    config: RawConfig,
    number: Option<U64>,
    timestamp: Option<U64>,
    gas_limit: Option<U64>,
    base_fee_per_gas: Option<U64>,
    alloc: BTreeMap<Address, GenesisAlloc>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawConfig {
    chain_id: Option<U64>,
}

impl GenesisFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`GenesisError`].
    pub fn read(path: &Path) -> Result<Self, GenesisError> {
        fs::read(path).map_err(GenesisError::Read).and_then(|bytes| Self::parse(&bytes))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`GenesisError`].
    pub fn parse(text: &[u8]) -> Result<Self, GenesisError> {
        let raw: Raw = serde_json::from_slice(text).map_err(GenesisError::Form)?;
        let has_content = |account: &GenesisAlloc| !account.code.is_empty() || account.slots().next().is_some();
        if let Some((address, _)) = raw.alloc.iter().find(|(address, account)| is_reserved(**address) && has_content(account)) {
            return Err(GenesisError::Reserved(*address));
        }
        let number = |value: Option<U64>| value.map(|value| value.to::<u64>());
        // Files that name no time or limit have zeros there.
        let positive = |value: Option<U64>| number(value).filter(|value| *value > 0);
        let chain_id = number(raw.config.chain_id);
        if chain_id == Some(0) {
            return Err(GenesisError::ChainId);
        }
        Ok(Self {
            chain_id,
            number: number(raw.number),
            timestamp: positive(raw.timestamp),
            gas_limit: positive(raw.gas_limit),
            base_fee: number(raw.base_fee_per_gas),
            accounts: raw.alloc,
        })
    }
}

impl GenesisAlloc {
    /// The account's nonce: one if it is a contract and nothing else is said, as a deployed one has.
    pub(crate) fn nonce(&self) -> u64 {
        self.nonce.map_or(u64::from(!self.code.is_empty()), |nonce| nonce.to())
    }

    /// Slots that are not zero.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (U256, U256)> {
        self.storage.iter().map(|(slot, value)| (slot.0, value.0)).filter(|(_, value)| !value.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_genesis_is_refused_with_the_reason() {
        let arb_wasm = "0x0000000000000000000000000000000000000071";
        for (text, reason) in [
            (String::new(), "it is no genesis file: EOF"),
            ("{}".to_owned(), "it is no genesis file: missing field `alloc`"),
            (r#"{"alloc":{"0x12":{}}}"#.to_owned(), "it is no genesis file: "),
            (r#"{"alloc":{},"timestamp":"soon"}"#.to_owned(), "it is no genesis file: "),
            (r#"{"alloc":{},"config":{"chainId":0}}"#.to_owned(), "config.chainId is 0"),
            (
                format!(r#"{{"alloc":{{"{arb_wasm}":{{"code":"0x00"}}}}}}"#),
                "the account 0x0000000000000000000000000000000000000071",
            ),
            (format!(r#"{{"alloc":{{"{arb_wasm}":{{"storage":{{"0x1":"0x2"}}}}}}}}"#), "the account 0x00"),
        ] {
            let error = GenesisFile::parse(text.as_bytes()).err().unwrap_or_else(|| panic!("{text} was accepted")).to_string();
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }

    #[test]
    fn numbers_are_read_in_all_forms_that_files_have() {
        let text = r#"{
            "config": { "chainId": 77, "londonBlock": 0 }, "nonce": "0x42", "timestamp": "0x0", "gasLimit": "30000000",
            "baseFeePerGas": "0x5", "number": "0x7", "difficulty": "0x1",
            "alloc": {
                "00000000000000000000000000000000000000aa": { "balance": "100" },
                "0x00000000000000000000000000000000000000bb": { "balance": "0x10", "nonce": "0x3", "code": "0x00", "storage": { "0x1": "0x02", "0x2": "0x0", "0000000000000000000000000000000000000000000000000000000000000010": "ff" } },
                "0x0000000000000000000000000000000000000071": { "balance": "1" }
            }
        }"#;
        let file = GenesisFile::parse(text.as_bytes()).unwrap();
        assert_eq!((file.chain_id, file.number, file.timestamp), (Some(77), Some(7), None));
        assert_eq!((file.gas_limit, file.base_fee), (Some(30_000_000), Some(5)));
        let account = |byte| &file.accounts[&Address::with_last_byte(byte)];
        assert_eq!((account(0xaa).balance, account(0xaa).nonce()), (U256::from(100), 0));
        assert_eq!((account(0xbb).balance, account(0xbb).nonce()), (U256::from(16), 3));
        assert_eq!(
            account(0xbb).slots().collect::<Vec<_>>(),
            [(U256::from(1), U256::from(2)), (U256::from(16), U256::from(255))]
        );
    }
}
