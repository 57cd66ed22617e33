//! The funded accounts every development chain starts with, and signing for them.

use std::fmt;

use alloy_consensus::{SignableTransaction, TxEnvelope, TypedTransaction};
use alloy_primitives::{Address, B256, Signature, b256};
use alloy_signer::SignerSync;
use alloy_signer_local::{LocalSignerError, MnemonicBuilder, PrivateKeySigner, coins_bip39::English};

/// The phrase that Hardhat, Anvil and others use; every wallet developer knows its addresses.
pub const DEFAULT_MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Where Ethereum wallets derive accounts; the index is appended.
pub const DEFAULT_DERIVATION_PATH: &str = "m/44'/60'/0'/0/";

/// Key of the account that Nitro's development node funds, `0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E`.
pub const NITRO_DEV_KEY: B256 = b256!("b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659");

/// An account whose key the node holds. The key is public knowledge: never fund it on a real chain.
#[derive(Clone, PartialEq, Eq)]
pub struct DevAccount {
    /// Address of the account.
    pub address: Address,
    /// Its secp256k1 secret key.
    pub private_key: B256,
}

impl fmt::Debug for DevAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevAccount").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A number that is not the secret key of an account: zero, or too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidKey;

/// The keys of the node's own accounts.
#[derive(Debug, Clone, Default)]
pub struct Wallet {
    signers: Vec<PrivateKeySigner>,
}

impl Wallet {
    /// The first `count` accounts of `mnemonic` below `derivation_path`.
    ///
    /// # Errors
    /// [`LocalSignerError`] if the phrase or the path is not valid.
    pub fn from_mnemonic(mnemonic: &str, derivation_path: &str, count: u32) -> Result<Self, LocalSignerError> {
        let separator = if derivation_path.ends_with('/') { "" } else { "/" };
        // The last component is the index; the parent key is derived once for all accounts.
        let path = format!("{derivation_path}{separator}0");
        let parent = MnemonicBuilder::<English>::english().phrase(mnemonic).derivation_path(path)?.build_parent_key()?;
        let signers = (0..count).map(|index| Ok(parent.child(index)?.signer())).collect::<Result<_, LocalSignerError>>()?;
        Ok(Self { signers })
    }

    /// The same with the accounts of `keys` before the others.
    ///
    /// # Errors
    /// [`InvalidKey`] if one of them is not a key.
    pub(crate) fn with_keys(mut self, keys: &[B256]) -> Result<Self, InvalidKey> {
        let signers = keys.iter().map(PrivateKeySigner::from_bytes).collect::<Result<Vec<_>, _>>();
        self.signers.splice(0..0, signers.map_err(|_| InvalidKey)?);
        Ok(self)
    }

    /// Addresses in order of derivation.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.signers.iter().map(PrivateKeySigner::address)
    }

    /// Addresses with keys.
    pub fn accounts(&self) -> Vec<DevAccount> {
        let account = |signer: &PrivateKeySigner| DevAccount { address: signer.address(), private_key: signer.to_bytes() };
        self.signers.iter().map(account).collect()
    }

    fn signer(&self, address: Address) -> Option<&PrivateKeySigner> {
        self.signers.iter().find(|signer| signer.address() == address)
    }

    /// Signs a prepared hash with the key of `address`; `None` if the node does not hold it.
    pub fn sign_hash(&self, address: Address, hash: B256) -> Option<Signature> {
        self.signer(address)?.sign_hash_sync(&hash).ok()
    }

    /// Signs `message` as a personal message (EIP-191); `None` if the node does not hold the key.
    pub fn sign_message(&self, address: Address, message: &[u8]) -> Option<Signature> {
        self.signer(address)?.sign_message_sync(message).ok()
    }

    /// Signs a transaction; `None` if the node does not hold the key.
    pub fn sign_transaction(&self, address: Address, tx: TypedTransaction) -> Option<TxEnvelope> {
        let signature = self.sign_hash(address, tx.signature_hash())?;
        Some(tx.into_signed(signature).into())
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::address;

    use super::*;

    #[test]
    fn the_standard_phrase_gives_the_standard_accounts() {
        let wallet = Wallet::from_mnemonic(DEFAULT_MNEMONIC, DEFAULT_DERIVATION_PATH, 10).unwrap();
        let addresses: Vec<_> = wallet.addresses().collect();
        assert_eq!(addresses.len(), 10);
        assert_eq!(addresses[0], address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
        assert_eq!(addresses[9], address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"));
        assert!(!format!("{wallet:?}{:?}", wallet.accounts()).contains("ac0974bec39a17e36ba4a6b4d238ff944bacb478"));
    }

    #[test]
    fn keys_come_before_the_phrase() {
        let wallet = Wallet::from_mnemonic(DEFAULT_MNEMONIC, DEFAULT_DERIVATION_PATH, 1).unwrap();
        let addresses: Vec<_> = wallet.with_keys(&[NITRO_DEV_KEY]).unwrap().addresses().collect();
        let nitro = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
        assert_eq!(addresses, [nitro, address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")]);
        assert!(matches!(Wallet::default().with_keys(&[B256::ZERO]), Err(InvalidKey)));
    }

    #[test]
    fn a_bad_phrase_or_path_is_refused() {
        for (phrase, path) in [("test test junk", DEFAULT_DERIVATION_PATH), (DEFAULT_MNEMONIC, "m/x")] {
            assert!(Wallet::from_mnemonic(phrase, path, 1).is_err(), "{phrase} at {path}");
        }
    }

    #[test]
    fn signatures_recover_to_the_account() {
        let wallet = Wallet::from_mnemonic(DEFAULT_MNEMONIC, DEFAULT_DERIVATION_PATH, 2).unwrap();
        let second = wallet.addresses().nth(1).unwrap();
        let signature = wallet.sign_message(second, b"hello").unwrap();
        assert_eq!(signature.recover_address_from_msg(b"hello").unwrap(), second);
        assert!(wallet.sign_message(Address::ZERO, b"hello").is_none());
    }
}
