//! ArbOwner, 0x70: the chain owner's settings. A call by an owner costs nothing; a call by anyone
//! else burns everything. Settings that nothing here depends on are kept and reported.

use alloy_sol_types::{SolCall, sol};
use cor_stylus_vm::{PAGES_MAX, StylusParams};
use revm::{
    Database,
    primitives::{Address, FixedBytes, U256},
};

use crate::arbos::{
    address_set::AddressSet,
    call::{Answer, Call, Outcome, Stop},
    layout::{ACTIVATION_GAS, CACHE_MANAGERS, CHAIN_OWNERS, FEATURES, L1_PRICING, L2_PRICING, l1, l2, root},
    params,
    storage::Space,
};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbOwner {
        function addChainOwner(address newOwner) external;
        function removeChainOwner(address ownerToRemove) external;
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function setL1BaseFeeEstimateInertia(uint64 inertia) external;
        function setL2BaseFee(uint256 priceInWei) external;
        function setMinimumL2BaseFee(uint256 priceInWei) external;
        function setSpeedLimit(uint64 limit) external;
        function setMaxTxGasLimit(uint64 limit) external;
        function setL2GasPricingInertia(uint64 sec) external;
        function setL2GasBacklogTolerance(uint64 sec) external;
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function setNetworkFeeAccount(address newNetworkFeeAccount) external;
        function setInfraFeeAccount(address newInfraFeeAccount) external;
        function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
        function setL1PricingEquilibrationUnits(uint256 equilibrationUnits) external;
        function setL1PricingInertia(uint64 inertia) external;
        function setL1PricingRewardRecipient(address recipient) external;
        function setL1PricingRewardRate(uint64 weiPerUnit) external;
        function setL1PricePerUnit(uint256 pricePerUnit) external;
        function setParentGasFloorPerToken(uint64 floorPerToken) external;
        function setPerBatchGasCharge(int64 cost) external;
        function setBrotliCompressionLevel(uint64 level) external;
        function setAmortizedCostCapBips(uint64 cap) external;
        function releaseL1PricerSurplusFunds(uint256 maxWeiToRelease) external returns (uint256);
        function setInkPrice(uint32 price) external;
        function setWasmMaxStackDepth(uint32 depth) external;
        function setWasmFreePages(uint16 pages) external;
        function setWasmPageGas(uint16 gas) external;
        function setWasmPageLimit(uint16 limit) external;
        function setWasmMaxSize(uint32 size) external;
        function setWasmMinInitGas(uint8 gas, uint16 cached) external;
        function setWasmInitCostScalar(uint64 percent) external;
        function setWasmExpiryDays(uint16 numDays) external;
        function setWasmKeepaliveDays(uint16 numDays) external;
        function setWasmBlockCacheSize(uint16 count) external;
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;
        function setCalldataPriceIncrease(bool enable) external;
        function setWasmActivationGas(uint64 gas) external;
        function setMaxBlockGasLimit(uint64 limit) external;
        function setGasBacklog(uint64 backlog) external;
        function setMaxStylusContractFragments(uint8 maxFragments) external;

        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
    }
}

use ArbOwner::*;

/// Ink prices are stored in three bytes.
const INK_PRICE_MAX: u32 = (1 << 24) - 1;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        addChainOwnerCall::SELECTOR => call.write(|call, args: addChainOwnerCall| {
            owner(call, |call| {
                owners().insert(&mut call.storage(), args.newOwner)?;
                Ok(addChainOwnerReturn {})
            })
        }),
        removeChainOwnerCall::SELECTOR => call.write(|call, args: removeChainOwnerCall| {
            owner(call, |call| {
                if !owners().contains(&mut call.storage(), args.ownerToRemove)? {
                    return Err(Stop::Untyped);
                }
                owners().remove(&mut call.storage(), args.ownerToRemove)?;
                Ok(removeChainOwnerReturn {})
            })
        }),
        isChainOwnerCall::SELECTOR => {
            call.view(|call, args: isChainOwnerCall| owner(call, |call| Ok(owners().contains(&mut call.storage(), args.addr)?)))
        }
        getAllChainOwnersCall::SELECTOR => {
            call.view(|call, _: getAllChainOwnersCall| owner(call, |call| Ok(owners().members(&mut call.storage())?)))
        }
        getNetworkFeeAccountCall::SELECTOR => {
            call.view(|call, _: getNetworkFeeAccountCall| owner(call, |call| root_address(call, root::NETWORK_FEE_ACCOUNT)))
        }
        getInfraFeeAccountCall::SELECTOR => {
            call.view(|call, _: getInfraFeeAccountCall| owner(call, |call| root_address(call, root::INFRA_FEE_ACCOUNT)))
        }
        addWasmCacheManagerCall::SELECTOR => call.write(|call, args: addWasmCacheManagerCall| {
            owner(call, |call| {
                cache_managers().insert(&mut call.storage(), args.manager)?;
                Ok(addWasmCacheManagerReturn {})
            })
        }),
        removeWasmCacheManagerCall::SELECTOR => call.write(|call, args: removeWasmCacheManagerCall| {
            owner(call, |call| {
                if !cache_managers().contains(&mut call.storage(), args.manager)? {
                    return Err(Stop::Untyped);
                }
                cache_managers().remove(&mut call.storage(), args.manager)?;
                Ok(removeWasmCacheManagerReturn {})
            })
        }),
        releaseL1PricerSurplusFundsCall::SELECTOR => {
            call.write(|call, _: releaseL1PricerSurplusFundsCall| owner(call, |_| Ok(U256::ZERO)))
        }
        scheduleArbOSUpgradeCall::SELECTOR => call.write(|call, args: scheduleArbOSUpgradeCall| {
            owner(call, |call| {
                let storage = &mut call.storage();
                storage.set(Space::ROOT.at(root::UPGRADE_VERSION), U256::from(args.newVersion))?;
                storage.set(Space::ROOT.at(root::UPGRADE_TIMESTAMP), U256::from(args.timestamp))?;
                Ok(scheduleArbOSUpgradeReturn {})
            })
        }),
        setWasmActivationGasCall::SELECTOR if !call.arbos().has_activation_gas() => call.refuse(),
        setMaxBlockGasLimitCall::SELECTOR | setGasBacklogCall::SELECTOR | setParentGasFloorPerTokenCall::SELECTOR
            if !call.arbos().has_gas_limits() =>
        {
            call.refuse()
        }
        setMaxStylusContractFragmentsCall::SELECTOR if !call.arbos().has_fragments() => call.refuse(),
        _ => stylus_setting(call),
    }
}

/// Methods that change the Stylus parameters. A change that is not possible leaves the block with `?`
/// and becomes an error without a type.
macro_rules! stylus_settings {
    ($call:ident, |$params:ident, $args:ident| $($method:ident, $result:ident => $change:block)*) => {
        match $call.selector() {
            $($method::SELECTOR => $call.write(|call, $args: $method| {
                owner(call, |call| {
                    let mut $params = call.stylus_params()?;
                    let mut change = || -> Option<()> {
                        $change
                        Some(())
                    };
                    change().ok_or(Stop::Untyped)?;
                    params::save(&$params, &mut call.storage())?;
                    Ok($result {})
                })
            }),)*
            _ => field_setting($call),
        }
    };
}

/// The methods that set Stylus parameters.
fn stylus_setting<DB: Database>(call: Call<'_, DB>) -> Answer {
    stylus_settings!(call, |params, args|
        setInkPriceCall, setInkPriceReturn => {
            params.ink_price = Some(args.price).filter(|p| (1..=INK_PRICE_MAX).contains(p))?;
        }
        setWasmMaxStackDepthCall, setWasmMaxStackDepthReturn => { params.max_stack_depth = args.depth; }
        setWasmFreePagesCall, setWasmFreePagesReturn => { params.free_pages = args.pages; }
        setWasmPageGasCall, setWasmPageGasReturn => { params.page_gas = args.gas; }
        setWasmPageLimitCall, setWasmPageLimitReturn => {
            params.page_limit = Some(args.limit).filter(|limit| *limit <= PAGES_MAX)?;
        }
        setWasmMaxSizeCall, setWasmMaxSizeReturn => { params.max_wasm_size = args.size; }
        setWasmMinInitGasCall, setWasmMinInitGasReturn => {
            params.min_init_gas = units_up(args.gas.into(), StylusParams::MIN_INIT_GAS_UNITS);
            let cached = u64::from(args.cached);
            params.min_cached_init_gas = units_up(cached, StylusParams::MIN_CACHED_GAS_UNITS);
        }
        setWasmInitCostScalarCall, setWasmInitCostScalarReturn => {
            params.init_cost_scalar = units_up(args.percent, StylusParams::COST_SCALAR_PERCENT);
        }
        setWasmExpiryDaysCall, setWasmExpiryDaysReturn => { params.expiry_days = args.numDays; }
        setWasmKeepaliveDaysCall, setWasmKeepaliveDaysReturn => {
            params.keepalive_days = args.numDays;
        }
        setWasmBlockCacheSizeCall, setWasmBlockCacheSizeReturn => {
            params.block_cache_size = args.count;
        }
        setMaxStylusContractFragmentsCall, setMaxStylusContractFragmentsReturn => {
            params.max_fragment_count = args.maxFragments;
        }
    )
}

/// Methods that set one slot.
macro_rules! slot_settings {
    ($call:ident, |$args:ident| $($method:ident, $result:ident => $slot:expr, $value:expr;)*) => {
        match $call.selector() {
            $($method::SELECTOR => $call.write(|call, $args: $method| {
                owner(call, |call| {
                    call.storage().set($slot, $value)?;
                    Ok($result {})
                })
            }),)*
            _ => $call.refuse(),
        }
    };
}

/// The methods that set one slot.
fn field_setting<DB: Database>(call: Call<'_, DB>) -> Answer {
    let (l1_at, l2_at) = (|field| L1_PRICING.at(field), |field| L2_PRICING.at(field));
    let root_at = |field| Space::ROOT.at(field);
    slot_settings!(call, |args|
        setNetworkFeeAccountCall, setNetworkFeeAccountReturn =>
            root_at(root::NETWORK_FEE_ACCOUNT), word(args.newNetworkFeeAccount);
        setInfraFeeAccountCall, setInfraFeeAccountReturn =>
            root_at(root::INFRA_FEE_ACCOUNT), word(args.newInfraFeeAccount);
        setBrotliCompressionLevelCall, setBrotliCompressionLevelReturn =>
            root_at(root::BROTLI_LEVEL), U256::from(args.level);
        setCalldataPriceIncreaseCall, setCalldataPriceIncreaseReturn =>
            FEATURES.at(0), U256::from(args.enable);
        setL2BaseFeeCall, setL2BaseFeeReturn => l2_at(l2::BASE_FEE), args.priceInWei;
        setMinimumL2BaseFeeCall, setMinimumL2BaseFeeReturn =>
            l2_at(l2::MIN_BASE_FEE), args.priceInWei;
        setSpeedLimitCall, setSpeedLimitReturn => l2_at(l2::SPEED_LIMIT), U256::from(args.limit);
        setMaxTxGasLimitCall, setMaxTxGasLimitReturn =>
            l2_at(l2::TX_GAS_LIMIT), U256::from(args.limit);
        setMaxBlockGasLimitCall, setMaxBlockGasLimitReturn =>
            l2_at(l2::BLOCK_GAS_LIMIT), U256::from(args.limit);
        setGasBacklogCall, setGasBacklogReturn =>
            l2_at(l2::GAS_BACKLOG), U256::from(args.backlog);
        setParentGasFloorPerTokenCall, setParentGasFloorPerTokenReturn =>
            l1_at(l1::GAS_FLOOR_PER_TOKEN), U256::from(args.floorPerToken);
        setWasmActivationGasCall, setWasmActivationGasReturn =>
            ACTIVATION_GAS.at(0), U256::from(args.gas);
        setL2GasPricingInertiaCall, setL2GasPricingInertiaReturn =>
            l2_at(l2::INERTIA), U256::from(args.sec);
        setL2GasBacklogToleranceCall, setL2GasBacklogToleranceReturn =>
            l2_at(l2::BACKLOG_TOLERANCE), U256::from(args.sec);
        setL1BaseFeeEstimateInertiaCall, setL1BaseFeeEstimateInertiaReturn =>
            l1_at(l1::INERTIA), U256::from(args.inertia);
        setL1PricingInertiaCall, setL1PricingInertiaReturn =>
            l1_at(l1::INERTIA), U256::from(args.inertia);
        setL1PricingEquilibrationUnitsCall, setL1PricingEquilibrationUnitsReturn =>
            l1_at(l1::EQUILIBRATION_UNITS), args.equilibrationUnits;
        setL1PricingRewardRecipientCall, setL1PricingRewardRecipientReturn =>
            l1_at(l1::REWARD_RECIPIENT), word(args.recipient);
        setL1PricingRewardRateCall, setL1PricingRewardRateReturn =>
            l1_at(l1::REWARD_RATE), U256::from(args.weiPerUnit);
        setL1PricePerUnitCall, setL1PricePerUnitReturn =>
            l1_at(l1::PRICE_PER_UNIT), args.pricePerUnit;
        setPerBatchGasChargeCall, setPerBatchGasChargeReturn =>
            l1_at(l1::BATCH_GAS), U256::from(args.cost.cast_unsigned());
        setAmortizedCostCapBipsCall, setAmortizedCostCapBipsReturn =>
            l1_at(l1::COST_CAP_BIPS), U256::from(args.cap);
    )
}

/// Runs a method of the owner: it is logged, and costs nothing.
fn owner<DB: Database, T>(call: &mut Call<'_, DB>, method: impl FnOnce(&mut Call<'_, DB>) -> Outcome<T, DB>) -> Outcome<T, DB> {
    let caller = call.caller();
    if !owners().contains(&mut call.storage(), caller)? {
        return Err(Stop::BurnAll);
    }
    call.stop_charging();
    let result = method(call)?;
    let data = call.input();
    let method = FixedBytes(call.selector());
    if !call.is_static() {
        call.emit(&OwnerActs { method, owner: caller, data })?;
    }
    Ok(result)
}

fn owners() -> AddressSet {
    AddressSet::new(*CHAIN_OWNERS)
}

fn cache_managers() -> AddressSet {
    AddressSet::new(*CACHE_MANAGERS)
}

fn root_address<DB: Database>(call: &mut Call<'_, DB>, field: u64) -> Outcome<Address, DB> {
    Ok(call.storage().get_address(Space::ROOT.at(field))?)
}

fn word(address: Address) -> U256 {
    address.into_word().into()
}

/// `value` in units that are stored in one byte: rounded up, at most 255.
fn units_up(value: u64, unit: u64) -> u8 {
    u8::try_from(value.div_ceil(unit)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_round_up_and_saturate() {
        for (value, unit, units) in [(0, 128, 0), (1, 128, 1), (128, 128, 1), (129, 128, 2), (99_999, 2, 255)] {
            assert_eq!(units_up(value, unit), units, "{value} in {unit}");
        }
    }
}
