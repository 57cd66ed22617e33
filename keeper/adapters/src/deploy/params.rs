//! What a network starts with.

use alloy::primitives::{Address, B256, U256};
use cor_core::task::lane::LaneConfig;
use cor_sol::session_payment_table::ISessionPaymentTable::{ClassPrice, PriceVersion};

/// 1 COR in wei.
const COR: u128 = 1_000_000_000_000_000_000;
/// 1 COR in grains.
const COR_GRAINS: u64 = 1_000_000_000;

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
    /// Between unbonding and withdrawal, seconds: [`cor_core::limits::UNBONDING_MIN_SECS`] at least. Too short and a node leaves before its offence is
    /// seen; too long and honest operators pay for it.
    pub unbonding_secs: u64,
    /// How long a new slasher, a new peer and a higher cap of Staking and NodePool wait, seconds: [`cor_core::limits::SLASHER_NOTICE_SECS`] more than
    /// `unbonding_secs` at least, so that whoever reads of a new slasher can have left before it acts, and thirty days at most. Too long and a broken
    /// slasher is not replaced.
    pub delay_secs: u64,
    /// Most that the lane slashes in a day, COR wei. Too low and misconduct at the end of a bad day is owed until the next; too high and a broken
    /// lane takes everybody's stake before it is closed.
    pub slash_cap: U256,
    /// How long a new module of the vault and a higher cap wait, seconds: three to thirty days. Too short and who reads of a module has no time to
    /// withdraw; too long and a broken one is not replaced. For ever.
    pub vault_delay_secs: u64,
    /// Most that accounts move into the lane in a day, less what they take back on the same day, COR wei. Too low and payers are refused until
    /// midnight UTC, by whoever came first; too high and a broken lane takes that much in before it is closed.
    pub vault_cap: U256,
    /// Between publishing a price and its effect, and how long a quote holds: one to seven days.
    pub price_delay_secs: u64,
    /// The keeper's share of its line for a task without a result, basis points: 10,000 at most. Too low and nobody serves doubtful tasks; too high
    /// and failing pays.
    pub no_result_gas_cap_bps: u16,
    /// Prices from the start.
    pub prices: PriceVersion,
    /// Models from the start.
    pub models: Vec<ListedModel>,
    /// Who may serve tasks.
    pub keepers: Vec<Address>,
    /// Stake lost by silence that spoils an outcome, grains of 1e9 wei: [`cor_core::limits::LANE_PENALTY_MAX_GRAINS`] at most.
    pub no_reveal_penalty: u64,
    /// Stake lost by a signed reveal that does not open its commitment, grains: as `no_reveal_penalty`, and no less than that.
    pub bad_reveal_penalty: u64,
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
            unbonding_secs: cor_core::limits::UNBONDING_MIN_SECS,
            delay_secs: cor_core::limits::UNBONDING_MIN_SECS + cor_core::limits::SLASHER_NOTICE_SECS,
            slash_cap: U256::from(100_000_u64) * U256::from(COR),
            vault_delay_secs: cor_core::limits::MODULE_DELAY_MIN_SECS,
            vault_cap: U256::from(1_000_000_u64) * U256::from(COR),
            price_delay_secs: cor_core::limits::PRICE_NOTICE_MIN_SECS,
            no_result_gas_cap_bps: 10_000,
            prices: default_prices(),
            models,
            keepers,
            no_reveal_penalty: 100 * COR_GRAINS,
            bad_reveal_penalty: 1_000 * COR_GRAINS,
            min_node_version: 1_000,
        }
    }

    /// What tasks go by from the start.
    #[must_use]
    pub const fn lane_config(&self) -> LaneConfig {
        LaneConfig {
            no_reveal: self.no_reveal_penalty,
            bad_reveal: self.bad_reveal_penalty,
            no_result_gas_cap_bps: self.no_result_gas_cap_bps,
            paused: false,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The lane takes what it is told: only here is a slip of the pen refused.
    #[test]
    fn what_tasks_go_by_is_within_its_bounds() {
        let good = NetworkParams::development(1, vec![], vec![]);
        assert_eq!(good.lane_config().check(), Ok(()));
        for bad in [
            NetworkParams { no_reveal_penalty: good.bad_reveal_penalty + 1, ..good.clone() },
            NetworkParams { bad_reveal_penalty: cor_core::limits::LANE_PENALTY_MAX_GRAINS + 1, ..good.clone() },
            NetworkParams { no_result_gas_cap_bps: 10_001, ..good.clone() },
        ] {
            assert!(bad.lane_config().check().is_err(), "{bad:?}");
        }
    }
}
