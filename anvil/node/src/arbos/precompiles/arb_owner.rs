//! ArbOwner, 0x70: the chain owner's settings. A call by an owner costs nothing; a call by anyone
//! else burns everything. Settings that nothing here depends on are kept and reported.

use alloy_sol_types::{SolCall, sol};
use cor_stylus_vm::{PAGES_MAX, StylusParams};
use revm::{
    Database,
    primitives::{Address, FixedBytes, U256},
};

use super::{
    arb_wasm::load_params,
    call::{Answer, Call, Outcome, Stop},
};
use crate::arbos::{
    address_set::AddressSet,
    layout::{CACHE_MANAGERS, CHAIN_OWNERS, FEATURES, L1_PRICING, L2_PRICING, l1, l2, root},
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
        isChainOwnerCall::SELECTOR => call.view(|call, args: isChainOwnerCall| {
            owner(call, |call| Ok(owners().contains(&mut call.storage(), args.addr)?))
        }),
        getAllChainOwnersCall::SELECTOR => call.view(|call, _: getAllChainOwnersCall| {
            owner(call, |call| Ok(owners().members(&mut call.storage())?))
        }),
        getNetworkFeeAccountCall::SELECTOR => call.view(|call, _: getNetworkFeeAccountCall| {
            owner(call, |call| root_address(call, root::NETWORK_FEE_ACCOUNT))
        }),
        getInfraFeeAccountCall::SELECTOR => call.view(|call, _: getInfraFeeAccountCall| {
            owner(call, |call| root_address(call, root::INFRA_FEE_ACCOUNT))
        }),
        addWasmCacheManagerCall::SELECTOR => call.write(|call, args: addWasmCacheManagerCall| {
            owner(call, |call| {
                cache_managers().insert(&mut call.storage(), args.manager)?;
                Ok(addWasmCacheManagerReturn {})
            })
        }),
        removeWasmCacheManagerCall::SELECTOR => {
            call.write(|call, args: removeWasmCacheManagerCall| {
                owner(call, |call| {
                    if !cache_managers().contains(&mut call.storage(), args.manager)? {
                        return Err(Stop::Untyped);
                    }
                    cache_managers().remove(&mut call.storage(), args.manager)?;
                    Ok(removeWasmCacheManagerReturn {})
                })
            })
        }
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
        _ => stylus_setting(call),
    }
}

/// A method that sets Stylus parameters: how it changes them, or an error without a type.
macro_rules! set_params {
    ($call:expr, $method:ident, $result:ident, |$params:ident, $args:ident| $change:expr) => {
        $call.write(|call, $args: $method| {
            owner(call, |call| {
                let mut $params = load_params(call)?;
                let change: Option<()> = (|| {
                    $change;
                    Some(())
                })();
                change.ok_or(Stop::Untyped)?;
                params::save(&$params, &mut call.storage())?;
                Ok($result {})
            })
        })
    };
}

/// The methods that set Stylus parameters.
fn stylus_setting<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        setInkPriceCall::SELECTOR => {
            set_params!(call, setInkPriceCall, setInkPriceReturn, |params, args| {
                params.ink_price = Some(args.price).filter(|p| (1..=INK_PRICE_MAX).contains(p))?
            })
        }
        setWasmMaxStackDepthCall::SELECTOR => {
            set_params!(call, setWasmMaxStackDepthCall, setWasmMaxStackDepthReturn, |params, args| {
                params.max_stack_depth = args.depth
            })
        }
        setWasmFreePagesCall::SELECTOR => {
            set_params!(call, setWasmFreePagesCall, setWasmFreePagesReturn, |params, args| {
                params.free_pages = args.pages
            })
        }
        setWasmPageGasCall::SELECTOR => {
            set_params!(call, setWasmPageGasCall, setWasmPageGasReturn, |params, args| {
                params.page_gas = args.gas
            })
        }
        setWasmPageLimitCall::SELECTOR => {
            set_params!(call, setWasmPageLimitCall, setWasmPageLimitReturn, |params, args| {
                params.page_limit = Some(args.limit).filter(|limit| *limit <= PAGES_MAX)?
            })
        }
        setWasmMaxSizeCall::SELECTOR => {
            set_params!(call, setWasmMaxSizeCall, setWasmMaxSizeReturn, |params, args| {
                params.max_wasm_size = args.size
            })
        }
        setWasmMinInitGasCall::SELECTOR => {
            set_params!(call, setWasmMinInitGasCall, setWasmMinInitGasReturn, |params, args| {
                params.min_init_gas = units_up(args.gas.into(), StylusParams::MIN_INIT_GAS_UNITS);
                params.min_cached_init_gas =
                    units_up(args.cached.into(), StylusParams::MIN_CACHED_GAS_UNITS);
            })
        }
        setWasmInitCostScalarCall::SELECTOR => {
            set_params!(call, setWasmInitCostScalarCall, setWasmInitCostScalarReturn, |params, args| {
                params.init_cost_scalar = units_up(args.percent, StylusParams::COST_SCALAR_PERCENT)
            })
        }
        setWasmExpiryDaysCall::SELECTOR => {
            set_params!(call, setWasmExpiryDaysCall, setWasmExpiryDaysReturn, |params, args| {
                params.expiry_days = args.numDays
            })
        }
        setWasmKeepaliveDaysCall::SELECTOR => {
            set_params!(call, setWasmKeepaliveDaysCall, setWasmKeepaliveDaysReturn, |params, args| {
                params.keepalive_days = args.numDays
            })
        }
        setWasmBlockCacheSizeCall::SELECTOR => {
            set_params!(call, setWasmBlockCacheSizeCall, setWasmBlockCacheSizeReturn, |params, args| {
                params.block_cache_size = args.count
            })
        }
        setMaxStylusContractFragmentsCall::SELECTOR if call.arbos().has_fragments() => {
            set_params!(
                call,
                setMaxStylusContractFragmentsCall,
                setMaxStylusContractFragmentsReturn,
                |params, args| params.max_fragment_count = args.maxFragments
            )
        }
        _ => field_setting(call),
    }
}

/// A method that sets one slot.
macro_rules! set_slot {
    ($call:expr, $method:ident, $result:ident, $slot:expr, |$args:ident| $value:expr) => {
        $call.write(|call, $args: $method| {
            owner(call, |call| {
                call.storage().set($slot, $value)?;
                Ok($result {})
            })
        })
    };
}

/// The methods that set one slot.
#[rustfmt::skip]
fn field_setting<DB: Database>(call: Call<'_, DB>) -> Answer {
    let (l1_at, l2_at) = (|field| L1_PRICING.at(field), |field| L2_PRICING.at(field));
    let root_at = |field| Space::ROOT.at(field);
    match call.selector() {
        setNetworkFeeAccountCall::SELECTOR => set_slot!(call, setNetworkFeeAccountCall, setNetworkFeeAccountReturn, root_at(root::NETWORK_FEE_ACCOUNT), |a| word(a.newNetworkFeeAccount)),
        setInfraFeeAccountCall::SELECTOR => set_slot!(call, setInfraFeeAccountCall, setInfraFeeAccountReturn, root_at(root::INFRA_FEE_ACCOUNT), |a| word(a.newInfraFeeAccount)),
        setBrotliCompressionLevelCall::SELECTOR => set_slot!(call, setBrotliCompressionLevelCall, setBrotliCompressionLevelReturn, root_at(root::BROTLI_LEVEL), |a| U256::from(a.level)),
        setCalldataPriceIncreaseCall::SELECTOR => set_slot!(call, setCalldataPriceIncreaseCall, setCalldataPriceIncreaseReturn, FEATURES.at(0), |a| U256::from(a.enable)),
        setL2BaseFeeCall::SELECTOR => set_slot!(call, setL2BaseFeeCall, setL2BaseFeeReturn, l2_at(l2::BASE_FEE), |a| a.priceInWei),
        setMinimumL2BaseFeeCall::SELECTOR => set_slot!(call, setMinimumL2BaseFeeCall, setMinimumL2BaseFeeReturn, l2_at(l2::MIN_BASE_FEE), |a| a.priceInWei),
        setSpeedLimitCall::SELECTOR => set_slot!(call, setSpeedLimitCall, setSpeedLimitReturn, l2_at(l2::SPEED_LIMIT), |a| U256::from(a.limit)),
        setMaxTxGasLimitCall::SELECTOR => set_slot!(call, setMaxTxGasLimitCall, setMaxTxGasLimitReturn, l2_at(l2::TX_GAS_LIMIT), |a| U256::from(a.limit)),
        setL2GasPricingInertiaCall::SELECTOR => set_slot!(call, setL2GasPricingInertiaCall, setL2GasPricingInertiaReturn, l2_at(l2::INERTIA), |a| U256::from(a.sec)),
        setL2GasBacklogToleranceCall::SELECTOR => set_slot!(call, setL2GasBacklogToleranceCall, setL2GasBacklogToleranceReturn, l2_at(l2::BACKLOG_TOLERANCE), |a| U256::from(a.sec)),
        setL1BaseFeeEstimateInertiaCall::SELECTOR => set_slot!(call, setL1BaseFeeEstimateInertiaCall, setL1BaseFeeEstimateInertiaReturn, l1_at(l1::INERTIA), |a| U256::from(a.inertia)),
        setL1PricingInertiaCall::SELECTOR => set_slot!(call, setL1PricingInertiaCall, setL1PricingInertiaReturn, l1_at(l1::INERTIA), |a| U256::from(a.inertia)),
        setL1PricingEquilibrationUnitsCall::SELECTOR => set_slot!(call, setL1PricingEquilibrationUnitsCall, setL1PricingEquilibrationUnitsReturn, l1_at(l1::EQUILIBRATION_UNITS), |a| a.equilibrationUnits),
        setL1PricingRewardRecipientCall::SELECTOR => set_slot!(call, setL1PricingRewardRecipientCall, setL1PricingRewardRecipientReturn, l1_at(l1::REWARD_RECIPIENT), |a| word(a.recipient)),
        setL1PricingRewardRateCall::SELECTOR => set_slot!(call, setL1PricingRewardRateCall, setL1PricingRewardRateReturn, l1_at(l1::REWARD_RATE), |a| U256::from(a.weiPerUnit)),
        setL1PricePerUnitCall::SELECTOR => set_slot!(call, setL1PricePerUnitCall, setL1PricePerUnitReturn, l1_at(l1::PRICE_PER_UNIT), |a| a.pricePerUnit),
        setPerBatchGasChargeCall::SELECTOR => set_slot!(call, setPerBatchGasChargeCall, setPerBatchGasChargeReturn, l1_at(l1::BATCH_GAS), |a| U256::from(a.cost.cast_unsigned())),
        setAmortizedCostCapBipsCall::SELECTOR => set_slot!(call, setAmortizedCostCapBipsCall, setAmortizedCostCapBipsReturn, l1_at(l1::COST_CAP_BIPS), |a| U256::from(a.cap)),
        _ => call.refuse(),
    }
}

/// Runs a method of the owner: it is logged, and costs nothing.
fn owner<DB: Database, T>(
    call: &mut Call<'_, DB>,
    method: impl FnOnce(&mut Call<'_, DB>) -> Outcome<T, DB>,
) -> Outcome<T, DB> {
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
