// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Box, ICaller, ICallee, Wrapper} from "../src/Peers.sol";
import {VM} from "../src/Vm.sol";

/// Deploys the Solidity peers, and lets both languages call each other on chain.
///
/// Foundry first runs the script in its own EVM, to which Stylus code is invalid: a call that reaches a program is made with a gas
/// limit, since it burns it all there, and without looking at its success; what counts is the transaction, which the node runs.
contract Talk {
    uint256 constant GAS = 2_000_000;

    function run() external {
        ICallee callee = ICallee(VM.envAddress("CALLEE"));
        address caller = VM.envAddress("CALLER");
        VM.startBroadcast();
        Wrapper wrapper = new Wrapper(callee);
        Box box = new Box();
        box.put(7);
        blind(address(wrapper), abi.encodeCall(Wrapper.bump, ()));
        blind(address(wrapper), abi.encodeCall(Wrapper.bumpHere, ()));
        blind(caller, abi.encodeCall(ICaller.forward, (address(box), abi.encodeCall(Box.put, (42)))));
        // Stylus calls Solidity, which calls Stylus.
        blind(caller, abi.encodeCall(ICaller.forward, (address(wrapper), abi.encodeCall(Wrapper.bump, ()))));
        VM.stopBroadcast();
    }

    function blind(address to, bytes memory data) private {
        (bool ok,) = to.call{gas: GAS}(data);
        ok;
    }
}
