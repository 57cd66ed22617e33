// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// The Stylus program `callee` of the samples.
interface ICallee {
    error TooLarge(uint256 value, uint256 limit);

    function bump() external returns (uint256);
    function count() external view returns (uint256);
    function sum(uint256[] calldata values) external view returns (uint256);
    function atMost(uint256 value, uint256 limit) external view returns (uint256);
    function context() external payable returns (address, address, address, uint64, uint256);
}

/// The Stylus program `caller` of the samples.
interface ICaller {
    function forward(address target, bytes calldata data) external returns (bytes memory);
}

/// Solidity that calls Stylus: plainly, in `try`, delegated, and with ether.
contract Wrapper {
    // Slots as the callee's, for delegated calls.
    uint256 public count;
    address public last;
    ICallee public immutable callee;

    event Bumped(uint256 theirs);

    constructor(ICallee callee_) {
        callee = callee_;
    }

    function bump() external returns (uint256 theirs) {
        theirs = callee.bump();
        emit Bumped(theirs);
    }

    function sumTwice(uint256[] calldata values) external view returns (uint256) {
        return 2 * callee.sum(values);
    }

    /// What the callee refuses, with the values of its typed error; zeros if it does not.
    function refused(uint256 value, uint256 limit) external view returns (uint256, uint256) {
        try callee.atMost(value, limit) returns (uint256) {
            return (0, 0);
        } catch (bytes memory reason) {
            require(bytes4(reason) == ICallee.TooLarge.selector, "another error");
            bytes memory values = new bytes(reason.length - 4);
            for (uint256 index = 0; index < values.length; index++) {
                values[index] = reason[index + 4];
            }
            return abi.decode(values, (uint256, uint256));
        }
    }

    function bumpHere() external {
        (bool ok,) = address(callee).delegatecall(abi.encodeCall(ICallee.bump, ()));
        require(ok, "delegated call failed");
    }

    function contextOf() external payable returns (address sender, address origin, uint256 value) {
        (sender, origin,,, value) = callee.context{value: msg.value}();
    }
}

/// Solidity that Stylus calls.
contract Box {
    uint256 public number;

    error Full(uint256 number);

    function put(uint256 next) external returns (uint256 before) {
        if (next > 100) revert Full(number);
        (before, number) = (number, next);
    }
}
