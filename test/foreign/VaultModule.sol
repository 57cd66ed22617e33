// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title A module of the vault as anybody could write it: honest, or as hostile as it is told to be.
contract VaultModule {
    enum Way {
        Honest,
        AnswersNothing,
        AnswersAnother,
        AnswersTooMuch,
        AnswersDirty,
        AnswersAtTheWrongEnd,
        Refuses,
        RevertsWithoutReason,
        TakesAllGas,
        CallsBack
    }

    error Unwanted(address beneficiary);

    event Credited(address beneficiary, address account, uint256 amount);
    event CalledBack(bool ok, bytes answer);

    Way private way;
    address private target;
    bytes private message;

    function set(Way way_, address target_, bytes calldata message_) external {
        (way, target, message) = (way_, target_, message_);
    }

    function credited(address beneficiary, address account, uint256 amount) external returns (bytes4) {
        emit Credited(beneficiary, account, amount);
        if (way == Way.Refuses) revert Unwanted(beneficiary);
        if (way == Way.CallsBack) {
            (bool ok, bytes memory answer) = target.call(message);
            emit CalledBack(ok, answer);
        }
        if (way == Way.TakesAllGas) while (true) {}
        answerBy(way, this.credited.selector);
        return this.credited.selector;
    }

    /// @notice Calls as the module does. What is reverted with is passed on.
    function forward(address to, bytes calldata data) external returns (bytes memory) {
        (bool ok, bytes memory answer) = to.call(data);
        if (ok) return answer;
        assembly {
            revert(add(answer, 32), mload(answer))
        }
    }

    function answerBy(Way how, bytes4 selector) private pure {
        if (how == Way.AnswersNothing) give(0, "");
        if (how == Way.AnswersAnother) give(32, abi.encode(bytes4(0xdeadbeef)));
        if (how == Way.AnswersTooMuch) give(33, abi.encode(selector, 0));
        if (how == Way.AnswersDirty) give(32, abi.encodePacked(selector, bytes27(0), bytes1(0x01)));
        if (how == Way.AnswersAtTheWrongEnd) give(32, abi.encode(uint32(selector)));
        if (how == Way.RevertsWithoutReason) revert();
    }

    function give(uint256 length, bytes memory answer) private pure {
        assembly {
            return(add(answer, 32), length)
        }
    }
}

/// @title A token that fails without a revert.
contract FailingToken {
    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(false);
    }
}
