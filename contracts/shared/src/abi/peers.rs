//! Every function that one contract asks of another, once: a selector that two contracts wrote would have two places to be wrong.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::sol;
use stylus_sdk::{
    function_selector,
    stylus_core::{host::HostAccess, storage::TopLevelStorage},
};

use super::{
    codec::{Decode, Decoder},
    quote::{Quote, QuoteInputs},
    row::Row,
};
use crate::{call::view_raw, encoded, revert::Revert};

sol! {
    /// The treasury, as Staking sees it, and the end of a task, as SessionQueue does.
    interface SessionPayment {
        /// Pays for a task that has a result.
        function charge(uint64 taskId, address[] miners, address keeper) external returns (uint128 charged, uint128 refunded);
        /// Gives the money for a task without a result back.
        function refund(uint64 taskId, address keeper) external returns (uint128 refunded);
        /// Adds the caller's tokens to the treasury.
        function fundTreasury(uint256 amount) external;
    }

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

    /// Places of a task's miners, as SessionQueue sees them, and who hears of stake that leaves, as Staking does.
    interface NodePool {
        /// Reserves a place at each node.
        function reserve(uint64 taskId, uint64 modelIdentifier, address[] nodes) external returns (uint64[] epochs);
        /// Gives the places back, and suspends some of the nodes.
        function release(uint64 taskId, address[] nodes, address[] suspend) external;
        /// Hears that a node's stake leaves.
        function stakeLeft(address node) external;
        /// Why a node could not take a task now; 0 if it could. The jury asks it.
        function eligibility(address node, uint64 modelIdentifier) external view returns (uint8 reason);
        /// A node as registered, of which the jury reads the operator: the first word behind the offset.
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

    /// The vault, as its modules see it: their own books.
    interface Vault {
        /// Pays a wallet.
        function payOut(address to, uint256 amount) external;
        /// Makes money of an account free again.
        function release(address account, uint256 amount) external;
        /// Pays the treasury.
        function payTreasury(uint256 amount) external;
    }

    /// Penalties, as SessionQueue sees them, and stake, as NodePool does.
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

/// `SessionPaymentTable.quote(QuoteInputs)`. Made from the type that encodes the inputs, so that there is no second list of their fields.
pub const QUOTE: [u8; 4] = function_selector!("quote", Row<QuoteInputs, 12>);

/// `SessionPayment.reserve(uint64,address,QuoteInputs,uint128)`, made as [`QUOTE`] is.
pub const RESERVE_PRICE: [u8; 4] = function_selector!("reserve", u64, Address, Row<QuoteInputs, 12>, u128);

/// The bytes of a call: its selector, then its arguments.
#[must_use]
pub fn message(selector: [u8; 4], arguments: Vec<u8>) -> Vec<u8> {
    [selector.as_slice(), &arguments].concat()
}

/// Asks the table at `table` for the price by the version effective now.
///
/// # Errors
/// The table's revert data; empty if its answer does not decode.
pub fn ask_quote(contract: &(impl TopLevelStorage + HostAccess), table: Address, inputs: QuoteInputs) -> Result<Quote, Revert> {
    let answer = view_raw(contract, table, &message(QUOTE, encoded!(Row(inputs))))?;
    Row::<Quote, 9>::decode(&mut Decoder::new(&answer)).map(|Row(quote)| quote).ok_or_else(|| Revert::raw(Vec::new()))
}
