//! Where a network lives: written by `cor deploy`, read by every other command.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// Addresses of a deployed network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// EIP-155 id of the chain.
    pub chain_id: u64,
    /// Module registry: the rest can be looked up from it.
    pub runtime: Address,
    /// Token.
    pub cor: Address,
    /// Stake.
    pub staking: Address,
    /// Prices.
    pub session_payment_table: Address,
    /// Users' money: free by account, and a book for each module.
    pub vault: Address,
    /// Miners.
    pub node_pool: Address,
    /// Tasks.
    pub lane: Address,
    /// Views of the lane.
    pub lens: Address,
    /// Who must serve a task, and keepers' bonds: the lane's governor.
    pub jury: Address,
    /// First block that can hold a log of the network.
    pub from_block: u64,
}

/// One contract's deployment, for the report of `cor deploy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedContract {
    /// Name, as in Runtime.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// Transaction.
    pub transaction: B256,
    /// Gas of deploying and activating.
    pub gas_used: u64,
    /// Bytes of compressed code on chain.
    pub code_bytes: u64,
}
