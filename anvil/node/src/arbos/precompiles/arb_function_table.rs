//! ArbFunctionTable, 0x68: a left-over of Arbitrum's first chain. Tables are forgotten.

use alloy_sol_types::{SolCall, sol};
use revm::{Database, primitives::U256};

use crate::arbos::call::{Answer, Call, Stop};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbFunctionTable {
        function upload(bytes calldata buf) external;
        function size(address addr) external view returns (uint256);
        function get(address addr, uint256 index) external view returns (uint256, bool, uint256);
    }
}

use ArbFunctionTable::*;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        uploadCall::SELECTOR => call.write(|_, _: uploadCall| Ok(uploadReturn {})),
        sizeCall::SELECTOR => call.view(|_, _: sizeCall| Ok(U256::ZERO)),
        getCall::SELECTOR => call.view(|_, _: getCall| Err(Stop::Untyped)),
        _ => call.refuse(),
    }
}
