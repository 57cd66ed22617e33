// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// The part of Foundry's cheat codes that is used here.
interface Vm {
    function envAddress(string calldata name) external view returns (address);
    function startBroadcast() external;
    function stopBroadcast() external;
    function rpc(string calldata method, string calldata params) external returns (bytes memory);
    function toString(address value) external pure returns (string memory);
    function toString(bytes calldata value) external pure returns (string memory);
    function rollFork(uint256 number) external;
}

// The address Foundry answers cheat codes at.
Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// Calls by JSON-RPC: executed by the node and not by Foundry's own EVM, which knows no Stylus.
library Node {
    /// `eth_call` at the latest block.
    function call(address to, bytes memory data) internal returns (bytes memory) {
        return VM.rpc("eth_call", string.concat('[{"to":"', VM.toString(to), '","data":"', VM.toString(data), '"},"latest"]'));
    }

    /// A transaction of an account the node signs for.
    function send(address from, address to, bytes memory data) internal returns (bytes memory) {
        string memory pair = string.concat('[{"from":"', VM.toString(from), '","to":"', VM.toString(to));
        return VM.rpc("eth_sendTransaction", string.concat(pair, '","data":"', VM.toString(data), '"}]'));
    }
}
