//! ArbGasInfo, 0x6c: prices of gas. The parent chain's data costs nothing here unless the owner sets
//! a price, which then is reported and not charged.

use alloy_sol_types::{SolCall, sol};
use revm::{
    Database,
    primitives::{I256, U256},
};

use crate::arbos::{
    call::{Answer, Call, Outcome},
    layout::{L1_PRICING, L2_PRICING, l1, l2},
    storage::WRITE_GAS,
};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbGasInfo {
        function getPricesInWeiWithAggregator(address aggregator) external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInArbGasWithAggregator(address aggregator) external view returns (uint256, uint256, uint256);
        function getPricesInArbGas() external view returns (uint256, uint256, uint256);
        function getGasAccountingParams() external view returns (uint256, uint256, uint256);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1BaseFeeEstimateInertia() external view returns (uint64);
        function getL1RewardRate() external view returns (uint64);
        function getL1RewardRecipient() external view returns (address);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getGasBacklog() external view returns (uint64);
        function getPricingInertia() external view returns (uint64);
        function getGasBacklogTolerance() external view returns (uint64);
        function getL1PricingSurplus() external view returns (int256);
        function getPerBatchGasCharge() external view returns (int64);
        function getAmortizedCostCapBips() external view returns (uint64);
        function getL1FeesAvailable() external view returns (uint256);
        function getL1PricingEquilibrationUnits() external view returns (uint256);
        function getLastL1PricingUpdateTime() external view returns (uint64);
        function getL1PricingFundsDueForRewards() external view returns (uint256);
        function getL1PricingUnitsSinceUpdate() external view returns (uint64);
        function getLastL1PricingSurplus() external view returns (int256);
        function getMaxTxGasLimit() external view returns (uint256);
        function getMaxBlockGasLimit() external view returns (uint64);
        function getGasPricingConstraints() external view returns (uint64[3][] memory constraints);
    }
}

use ArbGasInfo::*;

/// Bytes of a simple transaction, as assumed by the price of one.
const SIMPLE_TX_BYTES: u64 = 140;
/// Units of the parent chain's price in a byte of calldata.
const UNITS_PER_BYTE: u64 = 16;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        getPricesInWeiCall::SELECTOR => call.view(|call, _: getPricesInWeiCall| {
            let [transaction, unit, slot, base, congestion, total] = prices_in_wei(call)?;
            Ok(getPricesInWeiReturn { _0: transaction, _1: unit, _2: slot, _3: base, _4: congestion, _5: total })
        }),
        getPricesInWeiWithAggregatorCall::SELECTOR => call.view(|call, _: getPricesInWeiWithAggregatorCall| {
            let [transaction, unit, slot, base, congestion, total] = prices_in_wei(call)?;
            Ok(getPricesInWeiWithAggregatorReturn { _0: transaction, _1: unit, _2: slot, _3: base, _4: congestion, _5: total })
        }),
        getPricesInArbGasCall::SELECTOR => call.view(|call, _: getPricesInArbGasCall| {
            let [transaction, unit, slot] = prices_in_gas(call)?;
            Ok(getPricesInArbGasReturn { _0: transaction, _1: unit, _2: slot })
        }),
        getPricesInArbGasWithAggregatorCall::SELECTOR => call.view(|call, _: getPricesInArbGasWithAggregatorCall| {
            let [transaction, unit, slot] = prices_in_gas(call)?;
            Ok(getPricesInArbGasWithAggregatorReturn { _0: transaction, _1: unit, _2: slot })
        }),
        getGasAccountingParamsCall::SELECTOR => call.view(|call, _: getGasAccountingParamsCall| {
            let speed_limit = l2_field(call, l2::SPEED_LIMIT)?;
            let gas_limit = l2_field(call, l2::BLOCK_GAS_LIMIT)?;
            Ok(getGasAccountingParamsReturn { _0: speed_limit, _1: gas_limit, _2: gas_limit })
        }),
        getMinimumGasPriceCall::SELECTOR => call.view(|call, _: getMinimumGasPriceCall| l2_field(call, l2::MIN_BASE_FEE)),
        getGasBacklogCall::SELECTOR => call.view(|call, _: getGasBacklogCall| l2_number(call, l2::GAS_BACKLOG)),
        getPricingInertiaCall::SELECTOR => call.view(|call, _: getPricingInertiaCall| l2_number(call, l2::INERTIA)),
        getGasBacklogToleranceCall::SELECTOR => {
            call.view(|call, _: getGasBacklogToleranceCall| l2_number(call, l2::BACKLOG_TOLERANCE))
        }
        getMaxTxGasLimitCall::SELECTOR if call.arbos().has_gas_limits() => {
            call.view(|call, _: getMaxTxGasLimitCall| l2_field(call, l2::TX_GAS_LIMIT))
        }
        getMaxBlockGasLimitCall::SELECTOR if call.arbos().has_gas_limits() => {
            call.view(|call, _: getMaxBlockGasLimitCall| l2_number(call, l2::BLOCK_GAS_LIMIT))
        }
        // The price stands still, so nothing constrains it.
        getGasPricingConstraintsCall::SELECTOR if call.arbos().has_gas_limits() => {
            call.view(|_, _: getGasPricingConstraintsCall| Ok(Vec::new()))
        }
        getCurrentTxL1GasFeesCall::SELECTOR => call.view(|_, _: getCurrentTxL1GasFeesCall| Ok(U256::ZERO)),
        _ => parent_chain(call),
    }
}

/// The methods about the price of the parent chain's data.
fn parent_chain<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        getL1BaseFeeEstimateCall::SELECTOR => call.view(|call, _: getL1BaseFeeEstimateCall| l1_field(call, l1::PRICE_PER_UNIT)),
        getL1GasPriceEstimateCall::SELECTOR => call.view(|call, _: getL1GasPriceEstimateCall| l1_field(call, l1::PRICE_PER_UNIT)),
        getL1BaseFeeEstimateInertiaCall::SELECTOR => {
            call.view(|call, _: getL1BaseFeeEstimateInertiaCall| l1_number(call, l1::INERTIA))
        }
        getL1RewardRateCall::SELECTOR => call.view(|call, _: getL1RewardRateCall| l1_number(call, l1::REWARD_RATE)),
        getL1RewardRecipientCall::SELECTOR => {
            call.view(|call, _: getL1RewardRecipientCall| Ok(call.storage().get_address(L1_PRICING.at(l1::REWARD_RECIPIENT))?))
        }
        getL1PricingSurplusCall::SELECTOR => call.view(|_, _: getL1PricingSurplusCall| Ok(I256::ZERO)),
        getLastL1PricingSurplusCall::SELECTOR => call.view(|_, _: getLastL1PricingSurplusCall| Ok(I256::ZERO)),
        getPerBatchGasChargeCall::SELECTOR => call.view(|call, _: getPerBatchGasChargeCall| {
            // Kept as the two's complement of an int64.
            Ok(l1_number(call, l1::BATCH_GAS)?.cast_signed())
        }),
        getAmortizedCostCapBipsCall::SELECTOR => {
            call.view(|call, _: getAmortizedCostCapBipsCall| l1_number(call, l1::COST_CAP_BIPS))
        }
        getL1FeesAvailableCall::SELECTOR => call.view(|call, _: getL1FeesAvailableCall| l1_field(call, l1::FEES_AVAILABLE)),
        getL1PricingEquilibrationUnitsCall::SELECTOR => {
            call.view(|call, _: getL1PricingEquilibrationUnitsCall| l1_field(call, l1::EQUILIBRATION_UNITS))
        }
        getLastL1PricingUpdateTimeCall::SELECTOR => {
            call.view(|call, _: getLastL1PricingUpdateTimeCall| l1_number(call, l1::LAST_UPDATE))
        }
        getL1PricingFundsDueForRewardsCall::SELECTOR => {
            call.view(|call, _: getL1PricingFundsDueForRewardsCall| l1_field(call, l1::REWARDS_DUE))
        }
        getL1PricingUnitsSinceUpdateCall::SELECTOR => {
            call.view(|call, _: getL1PricingUnitsSinceUpdateCall| l1_number(call, l1::UNITS_SINCE_UPDATE))
        }
        _ => call.refuse(),
    }
}

fn l1_field<DB: Database>(call: &mut Call<'_, DB>, field: u64) -> Outcome<U256, DB> {
    Ok(call.storage().get(L1_PRICING.at(field))?)
}

fn l1_number<DB: Database>(call: &mut Call<'_, DB>, field: u64) -> Outcome<u64, DB> {
    Ok(call.storage().get_u64(L1_PRICING.at(field))?)
}

fn l2_field<DB: Database>(call: &mut Call<'_, DB>, field: u64) -> Outcome<U256, DB> {
    Ok(call.storage().get(L2_PRICING.at(field))?)
}

fn l2_number<DB: Database>(call: &mut Call<'_, DB>, field: u64) -> Outcome<u64, DB> {
    Ok(call.storage().get_u64(L2_PRICING.at(field))?)
}

/// Wei for: a simple transaction's data, a byte of calldata, a storage slot, gas without congestion,
/// congestion, gas.
fn prices_in_wei<DB: Database>(call: &mut Call<'_, DB>) -> Outcome<[U256; 6], DB> {
    let unit = l1_field(call, l1::PRICE_PER_UNIT)?;
    let total = U256::from(call.block().base_fee);
    let byte = unit.saturating_mul(U256::from(UNITS_PER_BYTE));
    let base = l2_field(call, l2::MIN_BASE_FEE)?.min(total);
    Ok([
        byte.saturating_mul(U256::from(SIMPLE_TX_BYTES)),
        byte,
        total.saturating_mul(U256::from(WRITE_GAS)),
        base,
        total - base,
        total,
    ])
}

/// Gas for: a simple transaction's data, a byte of calldata, a storage slot. Rounded down.
fn prices_in_gas<DB: Database>(call: &mut Call<'_, DB>) -> Outcome<[U256; 3], DB> {
    let unit = l1_field(call, l1::PRICE_PER_UNIT)?;
    let byte = unit.saturating_mul(U256::from(UNITS_PER_BYTE));
    let byte_gas = byte.checked_div(U256::from(call.block().base_fee)).unwrap_or_default();
    Ok([byte_gas.saturating_mul(U256::from(SIMPLE_TX_BYTES)), byte_gas, U256::from(WRITE_GAS)])
}
