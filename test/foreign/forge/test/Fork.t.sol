// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Box, ICallee, ICaller, Wrapper} from "../src/Peers.sol";
import {Node, VM} from "../src/Vm.sol";

/// Against a fork of the dev chain after `Talk.s.sol`: what runs in Foundry's EVM, and what the node has to run.
contract ForkTest {
    Wrapper wrapper = Wrapper(VM.envAddress("WRAPPER"));
    Box box = Box(VM.envAddress("BOX"));
    address callee = VM.envAddress("CALLEE");
    address caller = VM.envAddress("CALLER");
    address payer = VM.envAddress("PAYER");

    function test_the_fork_has_the_chains_state() external view {
        require(block.chainid == 412346, "chain id");
        require(block.number > 0 && block.timestamp > 0, "block");
        require(payer.balance > 9000 ether, "balance");
        require(bytes3(callee.code) == 0xeff000, "a Stylus program's code");
        require(callee.codehash == keccak256(callee.code), "code hash");
        require(address(wrapper.callee()) == callee, "an immutable");
        require(wrapper.count() == 1 && wrapper.last() != address(0), "storage that a program wrote");
        require(box.number() == 42, "storage that a program had written");
    }

    function test_solidity_on_the_fork_runs_in_foundrys_evm() external {
        require(box.put(5) == 42 && box.number() == 5, "a write");
        (bool ok, bytes memory reason) = address(box).call(abi.encodeCall(Box.put, (101)));
        require(!ok && keccak256(reason) == keccak256(abi.encodeWithSelector(Box.Full.selector, 5)), "a typed error");
    }

    function test_foundrys_evm_knows_no_stylus() external {
        (bool ok,) = callee.call{gas: 1_000_000}(abi.encodeCall(ICallee.count, ()));
        require(!ok, "Stylus code is invalid to Foundry's EVM");
    }

    function test_the_node_runs_stylus_for_foundry() external {
        uint256[] memory values = new uint256[](3);
        (values[0], values[1], values[2]) = (1, 20, 300);
        bytes memory sum = Node.call(callee, abi.encodeCall(ICallee.sum, (values)));
        require(abi.decode(sum, (uint256)) == 321, "a program");
        bytes memory twice = Node.call(address(wrapper), abi.encodeCall(Wrapper.sumTwice, (values)));
        require(abi.decode(twice, (uint256)) == 642, "Solidity that calls a program");
        bytes memory refused = Node.call(address(wrapper), abi.encodeCall(Wrapper.refused, (9, 5)));
        (uint256 value, uint256 limit) = abi.decode(refused, (uint256, uint256));
        require(value == 9 && limit == 5, "a program's typed error in Solidity");
        bytes memory inner = abi.encodeCall(Wrapper.sumTwice, (values));
        bytes memory nested = Node.call(caller, abi.encodeCall(ICaller.forward, (address(wrapper), inner)));
        require(abi.decode(abi.decode(nested, (bytes)), (uint256)) == 642, "Stylus, Solidity, Stylus");
    }

    function test_the_node_mines_for_foundry() external {
        uint256 before = abi.decode(Node.call(callee, abi.encodeCall(ICallee.count, ())), (uint256));
        Node.send(payer, address(wrapper), abi.encodeCall(Wrapper.bump, ()));
        uint256 next = abi.decode(Node.call(callee, abi.encodeCall(ICallee.count, ())), (uint256));
        require(next == before + 1, "a transaction through Solidity into a program");
    }
}
