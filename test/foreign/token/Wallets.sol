// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

bytes4 constant MAGIC = 0x1626ba7e;

/// @title Agrees with what was approved before: a digest with the very bytes of a signature.
contract Approving {
    mapping(bytes32 digest => bytes32 signatureHash) public approved;

    function approve(bytes32 digest, bytes32 signatureHash) external {
        approved[digest] = signatureHash;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return approved[digest] == keccak256(signature) ? MAGIC : bytes4(0xffffffff);
    }
}

/// @title Answers every call with the same bytes, of any length.
contract Answering {
    bytes private answer;

    constructor(bytes memory answer_) {
        answer = answer_;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return answer;
    }
}

/// @title Answers with the magic value that it was created with, also by a delegation: the value is part of the code.
contract Constant {
    bytes4 private immutable value;

    constructor(bytes4 value_) {
        value = value_;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return value;
    }
}

/// @title Reverts, with the magic value as its data.
contract Reverting {
    fallback() external {
        assembly {
            mstore(0, shl(224, 0x1626ba7e))
            revert(0, 32)
        }
    }
}

/// @title Takes all gas that it gets.
contract Endless {
    fallback() external {
        assembly {
            for {} 1 {} {}
        }
    }
}

/// @title Agrees, and writes down that it did: what a static call forbids.
contract Writing {
    uint256 public count;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        count += 1;
        return MAGIC;
    }
}

/// @title Calls back first. Agrees whatever comes of it, unless it insists on an answer.
contract Reentering {
    address private target;
    bytes private message;
    bool private insists;

    function set(address target_, bytes calldata message_, bool insists_) external {
        (target, message, insists) = (target_, message_, insists_);
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        (bool ok,) = target.call{gas: gasleft() / 2}(message);
        require(ok || !insists);
        return MAGIC;
    }
}
