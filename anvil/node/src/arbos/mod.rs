//! ArbOS: the part of the chain that Arbitrum adds to Ethereum. Its state lives in the storage of
//! [`ARBOS_STATE`]; contracts reach it through precompiles.

mod genesis;
mod version;

pub use genesis::{ARBOS_STATE, GenesisAccount, GenesisConfig, genesis_accounts};
pub use version::{ArbOsVersion, UnknownArbOsVersion};
