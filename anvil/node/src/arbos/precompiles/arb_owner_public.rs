//! ArbOwnerPublic, 0x6b: what anyone may know of the chain's owners and settings.

use alloy_sol_types::{SolCall, sol};
use revm::Database;

use crate::arbos::{
    address_set::AddressSet,
    call::{Answer, Call, Stop},
    layout::{CHAIN_OWNERS, FEATURES, L1_PRICING, NATIVE_TOKEN_OWNERS, l1, root},
    storage::Space,
};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool);
        function rectifyChainOwner(address ownerToRectify) external;
        function getAllChainOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
        function isCalldataPriceIncreaseEnabled() external view returns (bool);
        function isNativeTokenOwner(address addr) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[] memory);
        function getNativeTokenManagementFrom() external view returns (uint64);
        function getParentGasFloorPerToken() external view returns (uint64);
        function getMaxStylusContractFragments() external view returns (uint8);
    }
}

use ArbOwnerPublic::*;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    let owners = AddressSet::new(*CHAIN_OWNERS);
    match call.selector() {
        isChainOwnerCall::SELECTOR => {
            call.view(|call, args: isChainOwnerCall| Ok(owners.contains(&mut call.storage(), args.addr)?))
        }
        // The table of owners never needs repair here.
        rectifyChainOwnerCall::SELECTOR => call.write(|_, _: rectifyChainOwnerCall| Err(Stop::Untyped)),
        getAllChainOwnersCall::SELECTOR => call.view(|call, _: getAllChainOwnersCall| Ok(owners.members(&mut call.storage())?)),
        getNetworkFeeAccountCall::SELECTOR => call.view(|call, _: getNetworkFeeAccountCall| {
            Ok(call.storage().get_address(Space::ROOT.at(root::NETWORK_FEE_ACCOUNT))?)
        }),
        getInfraFeeAccountCall::SELECTOR => call
            .view(|call, _: getInfraFeeAccountCall| Ok(call.storage().get_address(Space::ROOT.at(root::INFRA_FEE_ACCOUNT))?)),
        getBrotliCompressionLevelCall::SELECTOR => {
            call.view(|call, _: getBrotliCompressionLevelCall| Ok(call.storage().get_u64(Space::ROOT.at(root::BROTLI_LEVEL))?))
        }
        getScheduledUpgradeCall::SELECTOR => call.view(|call, _: getScheduledUpgradeCall| {
            let storage = &mut call.storage();
            Ok(getScheduledUpgradeReturn {
                arbosVersion: storage.get_u64(Space::ROOT.at(root::UPGRADE_VERSION))?,
                scheduledForTimestamp: storage.get_u64(Space::ROOT.at(root::UPGRADE_TIMESTAMP))?,
            })
        }),
        isCalldataPriceIncreaseEnabledCall::SELECTOR => {
            call.view(|call, _: isCalldataPriceIncreaseEnabledCall| Ok(call.storage().get(FEATURES.at(0))?.bit(0)))
        }
        isNativeTokenOwnerCall::SELECTOR if call.arbos().has_gas_limits() => call.view(|call, args: isNativeTokenOwnerCall| {
            Ok(AddressSet::new(*NATIVE_TOKEN_OWNERS).contains(&mut call.storage(), args.addr)?)
        }),
        getAllNativeTokenOwnersCall::SELECTOR if call.arbos().has_gas_limits() => call
            .view(|call, _: getAllNativeTokenOwnersCall| Ok(AddressSet::new(*NATIVE_TOKEN_OWNERS).members(&mut call.storage())?)),
        getNativeTokenManagementFromCall::SELECTOR if call.arbos().has_gas_limits() => {
            call.view(|call, _: getNativeTokenManagementFromCall| {
                Ok(call.storage().get_u64(Space::ROOT.at(root::NATIVE_TOKEN_FROM))?)
            })
        }
        getParentGasFloorPerTokenCall::SELECTOR if call.arbos().has_gas_limits() => call
            .view(|call, _: getParentGasFloorPerTokenCall| Ok(call.storage().get_u64(L1_PRICING.at(l1::GAS_FLOOR_PER_TOKEN))?)),
        getMaxStylusContractFragmentsCall::SELECTOR if call.arbos().has_fragments() => {
            call.view(|call, _: getMaxStylusContractFragmentsCall| Ok(call.stylus_params()?.max_fragment_count))
        }
        _ => call.refuse(),
    }
}
