//! ArbInfo, 0x65: balances and code of accounts.

use alloy_sol_types::{SolCall, sol};
use revm::Database;

use crate::arbos::call::{Answer, Call};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbInfo {
        function getBalance(address account) external view returns (uint256);
        function getCode(address account) external view returns (bytes memory);
    }
}

use ArbInfo::*;

/// Gas to read a balance.
const BALANCE_GAS: u64 = 700;
/// Gas to read a code, and for each of its words.
const CODE_GAS: u64 = 2_100;
const CODE_WORD_GAS: u64 = 3;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        getBalanceCall::SELECTOR => call.view(|call, args: getBalanceCall| {
            call.burn(BALANCE_GAS)?;
            call.balance(args.account)
        }),
        getCodeCall::SELECTOR => call.view(|call, args: getCodeCall| {
            call.burn(CODE_GAS)?;
            let code = call.code(args.account)?;
            call.burn(CODE_WORD_GAS * (code.len() as u64).div_ceil(32))?;
            Ok(code)
        }),
        _ => call.refuse(),
    }
}
