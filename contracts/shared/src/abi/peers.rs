//! Every function that one contract asks of another, once: a selector that two contracts wrote would have two places to be wrong.

use alloc::vec::Vec;

use alloy_sol_types::sol;

sol! {
    /// The lane's storage, as the Lens sees it.
    interface LaneWords {
        /// Words of it.
        function extsload(bytes32[] slots) external view returns (bytes32[] words);
    }

    /// The price table, as the lane sees it.
    interface Table {
        /// Prices of a session's terms, in one word.
        function tariff(bytes32 terms) external view returns (bytes32 word);
    }

    /// The pool: who hears of stake that leaves, as Staking sees it; and who can serve, as the jury does.
    interface NodePool {
        /// Hears that a node's stake leaves.
        function stakeLeft(address node) external;
        /// Why a node could not take a task now; 0 if it could.
        function eligibility(address node, uint64 modelIdentifier) external view returns (uint8 reason);
        /// A node as registered, of which the operator is read: the first word behind the offset.
        function getNode(address node) external view returns (bytes info);
    }

    /// The lane, as its governor sees it: the jury.
    interface LanePeer {
        /// Whether an account may serve.
        function setKeeper(address keeper, bool enabled) external;
        /// What later tasks go by, and whether new sessions and tasks are paused.
        function setConfig(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused) external;
        /// A task's two words.
        function taskOf(address payer, uint64 sequence) external view returns (bytes32 state, bytes32 seal);
    }

    /// The vault, as its modules see it: their own books; and its treasury, as Staking does.
    interface Vault {
        /// Pays a wallet.
        function payOut(address to, uint256 amount) external;
        /// Makes money of an account free again.
        function release(address account, uint256 amount) external;
        /// Pays the treasury.
        function payTreasury(uint256 amount) external;
        /// Adds the caller's tokens to the treasury.
        function fundTreasury(uint256 amount) external;
    }

    /// Penalties and whose earnings are, as the lane sees it, and stake, as NodePool does.
    interface Staking {
        /// Takes up to an amount from a node's stake.
        function slash(address node, uint64 taskId, uint8 reason, uint256 amount) external returns (uint256 taken, bool stillStaked);
        /// Where a node's earnings belong.
        function payoutOf(address node) external view returns (address to);
        /// Whether a node has the stake it needs.
        function isNodeStaked(address node) external view returns (bool staked);
        /// What is bonded behind a node, and whose its stake is.
        function nodeStake(address node) external view returns (uint256 amount, address staker);
    }

    /// A module, as the vault sees it.
    interface VaultPeer {
        /// `account` put `amount` into the module's book for `beneficiary`. Answers with the function's own selector.
        function credited(address beneficiary, address account, uint256 amount) external returns (bytes4 selector);
    }
}

/// The bytes of a call: its selector, then its arguments.
#[must_use]
pub fn message(selector: [u8; 4], arguments: Vec<u8>) -> Vec<u8> {
    [selector.as_slice(), &arguments].concat()
}
