// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title SessionPayment: all COR that is in use
/// @notice Prepaid balances, escrow of open tasks, earnings of nodes and keepers, treasury. The only contract that moves user money. COR wei throughout.
/// Constructor: (address owner, uint32 noResultGasCapBps), the cap at most 10000.
/// @dev Safety: available + escrow + earnings + treasury = `totalHeld` <= token balance, after every call. Liveness: `withdraw` and `withdrawEarnings`
/// have no pause and need no other module. Escrow ends in `charge` or `refund`, called by the SessionQueue in the call that ends the task; nobody ever
/// needs a second call to get money back. Rounding leftovers go to the treasury in the same call.
interface ISessionPayment {
    /// @notice Everything a price depends on; the same as in ISessionPaymentTable.
    struct QuoteInputs {
        uint64 modelIdentifier;
        uint16 executionDepth;
        uint16 toolDepth;
        uint8 sla;
        uint8 validatorDepth;
        uint8 replicas;
        uint8 consensusRule;
        uint16 quorumBps;
        uint8 priority;
        uint8 stakeTier;
        uint8 volumeTier;
    }

    /// @notice A task's escrow. All zero once settled, except `payer` and `version`.
    struct Escrow {
        address payer;
        uint64 version; // price version the task is charged by
        uint8 replicas;
        uint128 perReplica;
        uint128 validators;
        uint128 network; // before the rebate
        uint128 gas;
        uint128 rebate;
        uint128 total;
    }

    /// @notice `from` put COR into the prepaid balance of `payer`.
    event Deposited(address indexed payer, address indexed from, uint256 amount, uint256 available);
    /// @notice Prepaid COR went back to the wallet.
    event Withdrawn(address indexed payer, uint256 amount, uint256 available);
    /// @notice The quoted price was taken into escrow: total = miners + validators + network + gas - rebate.
    event Reserved(uint64 indexed taskId, address indexed payer, uint64 version, uint128 miners, uint128 validators, uint128 network, uint128 gas, uint128 rebate, uint128 total);
    /// @notice A task was charged. `charged` + `refunded` = the escrow's total.
    event Charged(uint64 indexed taskId, address indexed payer, uint128 charged, uint128 toMiners, uint128 toKeeper, uint128 toTreasury, uint128 refunded);
    /// @notice A task ended without a result: the payer got all but the keeper's gas, which is capped.
    event Refunded(uint64 indexed taskId, address indexed payer, uint128 refunded, uint128 toKeeper);
    /// @notice An account earned for a task.
    event Earned(uint64 indexed taskId, address indexed account, uint128 amount);
    /// @notice Earnings were paid out.
    event EarningsWithdrawn(address indexed account, address indexed to, uint256 amount);
    /// @notice The treasury grew from outside a task (slashed stake, donations).
    event TreasuryFunded(address indexed from, uint256 amount, uint256 treasury);
    /// @notice The treasury paid out.
    event TreasuryWithdrawn(address indexed to, uint256 amount, uint256 treasury);
    /// @notice The contract's peers were set.
    event Wired(address token, address table, address staking, address sessionQueue);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role this function wants.
    error Unauthorized(address caller, address required);
    /// @notice The amount must be greater than zero.
    error ZeroAmount();
    /// @notice The zero address is not a valid argument.
    error ZeroAddress();
    /// @notice The prepaid balance does not cover the price: deposit `needed - available` more.
    error InsufficientBalance(address payer, uint256 available, uint256 needed);
    /// @notice An amount is above the most that can be kept: 128 bits for a balance, 80 bits (1.2 million COR) for a line of one task, 10000 for a fraction.
    error AmountTooLarge(uint256 amount, uint256 max);
    /// @notice The table's answer does not add up: it says `quoted` where its own lines give, or allow at most, `computed`.
    error InconsistentQuote(uint128 quoted, uint128 computed);
    /// @notice The quote is above the most the request allows: raise maxCharge or ask for less.
    error MaxChargeExceeded(uint128 quoted, uint128 maxCharge);
    /// @notice The task has an escrow already.
    error AlreadyReserved(uint64 taskId);
    /// @notice The task has no open escrow: it was never reserved, or is settled.
    error NotReserved(uint64 taskId);
    /// @notice More miners were to be paid than replicas were quoted.
    error TooManyPaid(uint64 taskId, uint64 paid, uint8 replicas);
    /// @notice Nothing was earned.
    error NothingEarned(address account);
    /// @notice The treasury holds less.
    error InsufficientTreasury(uint256 available, uint256 needed);
    /// @notice The token's transfer failed.
    error TransferFailed(address token);
    /// @notice The token is `token` for good: with another one, the owner could keep users from their money.
    error TokenIsFixed(address token);

    /// @notice Puts `amount` of the caller's COR into its prepaid balance, by transferFrom.
    function deposit(uint256 amount) external;
    /// @notice Puts `amount` of the caller's COR into `payer`'s prepaid balance.
    function depositFor(address payer, uint256 amount) external;
    /// @notice Takes prepaid COR that is not in escrow back to the caller's wallet. Never paused.
    function withdraw(uint256 amount) external;
    /// @notice Prepaid COR that is free.
    function availableOf(address payer) external view returns (uint256 amount);
    /// @notice Prepaid COR in escrow for open tasks.
    function reservedOf(address payer) external view returns (uint256 amount);
    /// @notice Takes the price of a task into escrow; SessionQueue only. Returns the price version and the total. Reverts with the table's errors as they are.
    /// `stakeTier` and `volumeTier` are not believed: until they are measured on chain, every payer is in tier 0.
    function reserve(uint64 taskId, address payer, QuoteInputs calldata inputs, uint128 maxCharge) external returns (uint64 version, uint128 total);
    /// @notice Charges a task that has a result; SessionQueue only. Each of `miners` earns perReplica, `keeper` the gas line (back to the payer if zero), the
    /// treasury network - rebate, the payer gets back what unpaid replicas and validators would have cost. Returns what was charged and refunded.
    function charge(uint64 taskId, address[] calldata miners, address keeper) external returns (uint128 charged, uint128 refunded);
    /// @notice Refunds a task that has no result; SessionQueue only. `keeper` (zero if nobody served) earns the gas line up to the no-result cap.
    function refund(uint64 taskId, address keeper) external returns (uint128 refunded);
    /// @notice Escrow of a task.
    function escrowOf(uint64 taskId) external view returns (Escrow memory escrow);
    /// @notice Most a payer pays the keeper for a task with no result, as a share of the gas line.
    function noResultGasCapBps() external view returns (uint32 bps);
    /// @notice Earned and not withdrawn.
    function earningsOf(address account) external view returns (uint256 amount);
    /// @notice Pays the caller's earnings to its wallet. Never paused.
    function withdrawEarnings() external returns (uint256 amount);
    /// @notice Pays `account`'s earnings to `account`; anyone may call. Never paused.
    function withdrawEarningsFor(address account) external returns (uint256 amount);
    /// @notice The treasury's COR.
    function treasury() external view returns (uint256 amount);
    /// @notice Adds the caller's COR to the treasury, by transferFrom.
    function fundTreasury(uint256 amount) external;
    /// @notice Pays from the treasury; owner only.
    function withdrawTreasury(address to, uint256 amount) external;
    /// @notice Sum of all prepaid balances, escrows, earnings and the treasury.
    function totalHeld() external view returns (uint256 amount);
    /// @notice Sets the peers; owner only. The token stays as first set.
    function wire(address token, address table, address staking, address sessionQueue) external;
    /// @notice Present owner.
    function owner() external view returns (address current);
    /// @notice Offers ownership; owner only.
    function transferOwnership(address candidate) external;
    /// @notice Accepts an offered ownership; only the candidate.
    function acceptOwnership() external;
}
