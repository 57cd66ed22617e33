//! ArbAggregator, 0x6d: who posts batches to the parent chain. Nobody does here; the address is the
//! one Arbitrum's sequencer has.

use alloy_sol_types::{SolCall, sol};
use revm::{
    Database,
    primitives::{Address, U256, address},
};

use crate::arbos::call::{Answer, Call};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbAggregator {
        function getPreferredAggregator(address addr) external view returns (address, bool);
        function getDefaultAggregator() external view returns (address);
        function getBatchPosters() external view returns (address[] memory);
        function getFeeCollector(address batchPoster) external view returns (address);
        function getTxBaseFee(address aggregator) external view returns (uint256);
    }
}

use ArbAggregator::*;

/// Arbitrum's sequencer: who builds the blocks, and posts them to the parent chain. In ASCII its end says so.
pub(crate) const SEQUENCER: Address = address!("A4B000000000000000000073657175656e636572");

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        getPreferredAggregatorCall::SELECTOR => {
            call.view(|_, _: getPreferredAggregatorCall| Ok(getPreferredAggregatorReturn { _0: SEQUENCER, _1: true }))
        }
        getDefaultAggregatorCall::SELECTOR => call.view(|_, _: getDefaultAggregatorCall| Ok(SEQUENCER)),
        getBatchPostersCall::SELECTOR => call.view(|_, _: getBatchPostersCall| Ok(vec![SEQUENCER])),
        getFeeCollectorCall::SELECTOR => call.view(|_, args: getFeeCollectorCall| Ok(args.batchPoster)),
        getTxBaseFeeCall::SELECTOR => call.view(|_, _: getTxBaseFeeCall| Ok(U256::ZERO)),
        _ => call.refuse(),
    }
}
