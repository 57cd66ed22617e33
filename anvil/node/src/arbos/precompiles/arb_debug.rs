//! ArbDebug, 0xff: for tests of tools. Only on debug chains.

use alloy_sol_types::{SolCall, sol};
use revm::Database;

use crate::arbos::{
    address_set::AddressSet,
    call::{Answer, Call, Stop},
    layout::CHAIN_OWNERS,
};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbDebug {
        function becomeChainOwner() external;
        function events(bool flag, bytes32 value) external payable returns (address, uint256);
        function eventsView() external view;
        function customRevert(uint64 number) external pure;
        function legacyError() external pure;

        event Basic(bool flag, bytes32 indexed value);
        event Mixed(bool indexed flag, bool not, bytes32 indexed value, address conn, address indexed caller);

        error Custom(uint64, string, bool);
    }
}

use ArbDebug::*;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        becomeChainOwnerCall::SELECTOR => call.write(|call, _: becomeChainOwnerCall| {
            let caller = call.caller();
            AddressSet::new(*CHAIN_OWNERS).insert(&mut call.storage(), caller)?;
            Ok(becomeChainOwnerReturn {})
        }),
        eventsCall::SELECTOR => call.payable(|call, args: eventsCall| {
            let (caller, conn, paid) = (call.caller(), call.address(), call.value());
            call.emit(&Basic { flag: !args.flag, value: args.value })?;
            let (flag, value) = (args.flag, args.value);
            call.emit(&Mixed { flag, not: !flag, value, conn, caller })?;
            Ok(eventsReturn { _0: caller, _1: paid })
        }),
        // A view that logs: refused as any write in a view.
        eventsViewCall::SELECTOR => call.view(|_, _: eventsViewCall| Err(Stop::Untyped)),
        customRevertCall::SELECTOR => call.pure(|_, args: customRevertCall| {
            let text = r"This spider family wards off bugs: /\oo/\ //\(oo)//\ /\oo/\".to_owned();
            Err(Stop::typed(Custom { _0: args.number, _1: text, _2: true }))
        }),
        legacyErrorCall::SELECTOR => call.pure(|_, _: legacyErrorCall| Err(Stop::Untyped)),
        _ => call.refuse(),
    }
}
