//! ArbStatistics, 0x6f: counters of Arbitrum's first chain. All but the block number are zero.

use alloy_sol_types::{SolCall, sol};
use revm::{Database, primitives::U256};

use crate::arbos::call::{Answer, Call};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbStatistics {
        function getStats() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    }
}

use ArbStatistics::*;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        getStatsCall::SELECTOR => call.view(|call, _: getStatsCall| {
            let zero = U256::ZERO;
            let number = U256::from(call.block().number);
            Ok(getStatsReturn { _0: number, _1: zero, _2: zero, _3: zero, _4: zero, _5: zero })
        }),
        _ => call.refuse(),
    }
}
