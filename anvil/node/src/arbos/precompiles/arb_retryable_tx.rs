//! ArbRetryableTx, 0x6e: tickets from the parent chain. There is no parent chain, so there is never
//! a ticket.

use alloy_sol_types::{SolCall, sol};
use revm::{
    Database,
    primitives::{Address, U256},
};

use crate::arbos::call::{Answer, Call, Stop};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbRetryableTx {
        function redeem(bytes32 ticketId) external returns (bytes32);
        function getLifetime() external view returns (uint256);
        function getTimeout(bytes32 ticketId) external view returns (uint256);
        function keepalive(bytes32 ticketId) external returns (uint256);
        function getBeneficiary(bytes32 ticketId) external view returns (address);
        function cancel(bytes32 ticketId) external;
        function getCurrentRedeemer() external view returns (address);

        error NoTicketWithID();
    }
}

use ArbRetryableTx::*;

/// Seconds a ticket lives: a week.
const LIFETIME_SECS: u64 = 7 * 24 * 60 * 60;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        getLifetimeCall::SELECTOR => call.view(|_, _: getLifetimeCall| Ok(U256::from(LIFETIME_SECS))),
        getCurrentRedeemerCall::SELECTOR => call.view(|_, _: getCurrentRedeemerCall| Ok(Address::ZERO)),
        redeemCall::SELECTOR => call.write(|_, _: redeemCall| Err(no_ticket())),
        keepaliveCall::SELECTOR => call.write(|_, _: keepaliveCall| Err(no_ticket())),
        cancelCall::SELECTOR => call.write(|_, _: cancelCall| Err(no_ticket())),
        getTimeoutCall::SELECTOR => call.view(|_, _: getTimeoutCall| Err(no_ticket())),
        getBeneficiaryCall::SELECTOR => call.view(|_, _: getBeneficiaryCall| Err(no_ticket())),
        _ => call.refuse(),
    }
}

fn no_ticket<E>() -> Stop<E> {
    Stop::typed(NoTicketWithID {})
}
