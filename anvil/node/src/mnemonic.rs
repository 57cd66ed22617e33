//! New phrases for the accounts of a node.

use alloy_signer_local::{
    PrivateKeySigner,
    coins_bip39::{English, Entropy, Mnemonic},
};

use crate::NodeError;

/// Numbers of words a phrase may have (BIP-39).
pub const MNEMONIC_WORDS: [usize; 5] = [12, 15, 18, 21, 24];

/// A new phrase of `words` words.
///
/// # Errors
/// [`NodeError::Setting`] unless `words` is one of [`MNEMONIC_WORDS`].
pub fn random_mnemonic(words: usize) -> Result<String, NodeError> {
    if !MNEMONIC_WORDS.contains(&words) {
        let must_be = "12, 15, 18, 21 or 24";
        return Err(NodeError::Setting { what: "--mnemonic-random", value: words.to_string(), must_be });
    }
    // Four bytes for each three words. A new key is as random as any bytes can be had.
    let random = PrivateKeySigner::random().to_bytes();
    let entropy = Entropy::from_slice(&random[..words / 3 * 4]).map_err(|error| NodeError::Mnemonic(error.into()))?;
    Ok(Mnemonic::<English>::new_from_entropy(entropy).to_phrase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DEFAULT_DERIVATION_PATH, Wallet};

    #[test]
    fn random_phrases_are_phrases_and_differ() {
        for words in MNEMONIC_WORDS {
            let [one, two] = [(); 2].map(|()| random_mnemonic(words).unwrap());
            assert_eq!(one.split(' ').count(), words);
            assert_ne!(one, two);
            Wallet::from_mnemonic(&one, DEFAULT_DERIVATION_PATH, 1).unwrap();
        }
        let error = random_mnemonic(13).unwrap_err().to_string();
        assert_eq!(error, "--mnemonic-random is 13; it must be 12, 15, 18, 21 or 24");
    }
}
