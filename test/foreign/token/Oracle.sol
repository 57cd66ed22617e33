// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title OpenZeppelin's token, with what Cor adds to the standards: a minter.
contract Oracle is ERC20Capped, ERC20Permit {
    error NotMinter(address caller);

    address private immutable minter;

    constructor(string memory name, string memory symbol, uint256 cap, address minter_)
        ERC20(name, symbol)
        ERC20Capped(cap)
        ERC20Permit(name)
    {
        minter = minter_;
    }

    function mint(address to, uint256 value) external {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        _mint(to, value);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Capped) {
        super._update(from, to, value);
    }
}

/// @title OpenZeppelin's answer to who signed.
contract Checker {
    function isValid(address signer, bytes32 digest, bytes memory signature) external view returns (bool) {
        return SignatureChecker.isValidSignatureNow(signer, digest, signature);
    }
}
