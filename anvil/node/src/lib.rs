//! A development chain: EVM and Stylus programs in one call tree, over Anvil's JSON-RPC.

pub mod arbos;
pub mod evm;
