//! What a network starts with.

use alloy::primitives::{Address, B256, U256};
use cor_sol::session_payment_table::ISessionPaymentTable::{ClassPrice, PriceVersion};

/// 1 COR in wei.
const COR: u128 = 1_000_000_000_000_000_000;

/// A model and its price class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// Number used on chain.
    pub identifier: u64,
    /// 0 light, 1 standard, 2 heavy.
    pub class: u8,
    /// Name, at most 32 ASCII characters.
    pub name: String,
}

/// Parameters of a new network.
#[derive(Debug, Clone)]
pub struct NetworkParams {
    /// EIP-155 id.
    pub chain_id: u64,
    /// ERC-20 name, part of the EIP-712 domain.
    pub token_name: String,
    /// ERC-20 symbol.
    pub token_symbol: String,
    /// ERC-20 decimals.
    pub token_decimals: u8,
    /// Most tokens that can exist, wei.
    pub token_cap: U256,
    /// Stake of one node, wei.
    pub node_stake: U256,
    /// Between unbonding and withdrawal, seven days at least. Too short and a node leaves before its offence is seen; too long and honest operators
    /// pay for it.
    pub unbonding_secs: u64,
    /// How long a new slasher, a new peer and a higher cap wait: three days more than `unbonding_secs` at least, so that whoever reads of a new
    /// slasher can have left before it acts. Too long and a broken slasher is not replaced.
    pub delay_secs: u64,
    /// Most that SessionQueue slashes in a day, wei. Too low and misconduct at the end of a bad day is free; too high and a broken queue takes
    /// everybody's stake before it is closed.
    pub slash_cap: U256,
    /// Between publishing a price and its effect, and how long a quote holds: one to seven days.
    pub price_delay_secs: u64,
    /// Share of the gas line that a payer pays for a task without a result, basis points.
    pub no_result_gas_cap_bps: u32,
    /// Prices from the start.
    pub prices: PriceVersion,
    /// Models from the start.
    pub models: Vec<ListedModel>,
    /// Who may assign tasks.
    pub keepers: Vec<Address>,
    /// Stake lost by not revealing, wei.
    pub no_reveal_penalty: u128,
    /// Stake lost by revealing something else, wei.
    pub bad_reveal_penalty: u128,
    /// Oldest node software, major·1e6 + minor·1e3 + patch.
    pub min_node_version: u64,
}

impl NetworkParams {
    /// A network for development: the live network's stake, one light model.
    #[must_use]
    pub fn development(chain_id: u64, keepers: Vec<Address>, models: Vec<ListedModel>) -> Self {
        Self {
            chain_id,
            token_name: "Cortensor".to_owned(),
            token_symbol: "COR".to_owned(),
            token_decimals: 18,
            token_cap: U256::from(1_000_000_000_u64) * U256::from(COR),
            node_stake: U256::from(10_000_u64) * U256::from(COR),
            unbonding_secs: 7 * 24 * 60 * 60,
            delay_secs: 7 * 24 * 60 * 60 + cor_core::limits::SLASHER_NOTICE_SECS,
            slash_cap: U256::from(100_000_u64) * U256::from(COR),
            price_delay_secs: 24 * 60 * 60,
            no_result_gas_cap_bps: cor_core::limits::NO_RESULT_GAS_CAP_MAX_BPS,
            prices: default_prices(),
            models,
            keepers,
            no_reveal_penalty: 100 * COR,
            bad_reveal_penalty: 1_000 * COR,
            min_node_version: 1_000,
        }
    }
}

/// The prices a new network starts with, effective at once.
#[must_use]
pub fn default_prices() -> PriceVersion {
    let class = |base: u128| ClassPrice { base, step: base / 5, tool: base / 4, token: base / 5, validator: base / 2 };
    PriceVersion {
        effectiveAt: 0,
        classes: [class(COR / 10), class(COR / 2), class(2 * COR)],
        slaBps: [cor_core::limits::BPS, 12_500, 16_000],
        consensusBps: [cor_core::limits::BPS, 10_500, 11_000],
        priorityBps: [cor_core::limits::BPS, 12_000, 15_000],
        quorumStepBps: 100,
        networkFeeBps: 1_000,
        settlementGasBase: 200_000,
        settlementGasPerReplica: 100_000,
        gasPrice: 10_000_000_000,
        stakeRebateBps: [0, 100, 200, 400],
        volumeRebateBps: [0, 50, 100, 200],
    }
}

/// A name as bytes32: ASCII, left-aligned, cut at 32.
#[must_use]
pub fn model_name(name: &str) -> B256 {
    let mut word = [0; 32];
    for (slot, byte) in word.iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    B256::from(word)
}
