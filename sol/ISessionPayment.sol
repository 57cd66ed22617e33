// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title SessionPayment: the vault
/// @notice Prepaid balances, escrow of open tasks, earnings of nodes and keepers, treasury. The only contract that moves user money. COR wei throughout.
/// Constructor: (address owner, uint32 noResultGasCapBps). Errors: InputOutOfRange for a cap above 10000, ZeroAddress.
/// @dev Safety: available + escrow + earnings + treasury = `totalHeld` <= token balance, after every call. Liveness: `withdraw` and `withdrawEarnings`
/// have no pause and need no other module. Escrow ends in `charge` or `refund`, called by the SessionQueue in the call that ends the task; nobody ever
/// needs a second call to get money back. Rounding leftovers go to the treasury in the same call.
interface ISessionPayment {
    /// @notice Everything a price depends on; the same as in ISessionPaymentTable.
    struct QuoteInputs {
        uint64 modelIdentifier;
        uint16 executionDepth;
        uint16 toolDepth;
        uint32 maxTokens;
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

    /// @notice `from` deposited COR into the prepaid balance of `payer`.
    event Deposited(address indexed payer, address indexed from, uint256 amount, uint256 available);
    /// @notice A payer withdrew prepaid COR.
    event Withdrawn(address indexed payer, uint256 amount, uint256 available);
    /// @notice The quoted price was taken into escrow: total = miners + validators + network + gas - rebate.
    event Reserved(uint64 indexed taskId, address indexed payer, uint64 version, uint128 miners, uint128 validators, uint128 network, uint128 gas, uint128 rebate, uint128 total);
    /// @notice A task was charged. `charged` + `refunded` = the escrow's total.
    event Charged(uint64 indexed taskId, address indexed payer, uint128 charged, uint128 toMiners, uint128 toKeeper, uint128 toTreasury, uint128 refunded);
    /// @notice A task without a result was refunded: all but the keeper's gas, which is capped.
    event Refunded(uint64 indexed taskId, address indexed payer, uint128 refunded, uint128 toKeeper);
    /// @notice An account earned COR for a task.
    event Earned(uint64 indexed taskId, address indexed account, uint128 amount);
    /// @notice Earnings were withdrawn.
    event EarningsWithdrawn(address indexed account, address indexed to, uint256 amount);
    /// @notice The treasury was funded from outside a task: slashed stake, donations.
    event TreasuryFunded(address indexed from, uint256 amount, uint256 treasury);
    /// @notice The treasury paid out.
    event TreasuryWithdrawn(address indexed to, uint256 amount, uint256 treasury);
    /// @notice The contract's peers were set.
    event Wired(address token, address table, address staking, address sessionQueue);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role that this function requires.
    error Unauthorized(address caller, address required);
    /// @notice The amount must be greater than zero.
    error ZeroAmount();
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();
    /// @notice The prepaid balance does not cover the amount: deposit `needed - available` more, or ask for less.
    error InsufficientBalance(address payer, uint256 available, uint256 needed);
    /// @notice An amount exceeds its cap: 128 bits for a balance, 80 bits (1.2 million COR) for a line of one task.
    error AmountTooLarge(uint256 amount, uint256 limit);
    /// @notice The constructor's cap is out of range, in basis points. `field` is its ASCII name, left-aligned.
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    /// @notice The table's quote is inconsistent: it says `quoted` where its own lines give, or allow at most, `computed`.
    error InconsistentQuote(uint128 quoted, uint128 computed);
    /// @notice The quote exceeds the request's cap: raise `maxCharge` or ask for less.
    error MaxChargeExceeded(uint128 quoted, uint128 maxCharge);
    /// @notice The task already has an escrow.
    error AlreadyReserved(uint64 taskId);
    /// @notice The task has no open escrow: it was never reserved, or is settled.
    error NotReserved(uint64 taskId);
    /// @notice More miners are to be paid than replicas were quoted.
    error TooManyPaid(uint64 taskId, uint64 paid, uint8 replicas);
    /// @notice The account has no earnings.
    error NothingEarned(address account);
    /// @notice The treasury holds less than `needed`.
    error InsufficientTreasury(uint256 available, uint256 needed);
    /// @notice The token's transfer failed.
    error TransferFailed(address token);
    /// @notice The token is `token` and cannot change: with another one, the owner could lock users out of their money.
    error TokenIsFixed(address token);

    /// @notice Deposits COR of the caller into its own prepaid balance.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: ZeroAmount, AmountTooLarge, TransferFailed or the token's error. Events: Deposited.
    function deposit(uint256 amount) external;

    /// @notice Deposits COR of the caller into another's prepaid balance.
    /// @param payer Whose balance.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: ZeroAddress, ZeroAmount, AmountTooLarge, TransferFailed or the token's error. Events: Deposited.
    function depositFor(address payer, uint256 amount) external;

    /// @notice Withdraws prepaid COR that is not in escrow to the caller. Never paused.
    /// @param amount COR wei.
    /// @dev Errors: ZeroAmount, InsufficientBalance, TransferFailed or the token's error. Events: Withdrawn.
    function withdraw(uint256 amount) external;

    /// @notice Prepaid COR that is free.
    /// @param payer Whose.
    /// @return amount COR wei.
    function availableOf(address payer) external view returns (uint256 amount);

    /// @notice Prepaid COR in escrow for open tasks.
    /// @param payer Whose.
    /// @return amount COR wei.
    function reservedOf(address payer) external view returns (uint256 amount);

    /// @notice Takes the price of a task into escrow. SessionQueue only. `stakeTier` and `volumeTier` are ignored: every payer is in tier 0
    /// until tiers are measured on chain.
    /// @param taskId The task.
    /// @param payer Whose prepaid balance.
    /// @param inputs What the price depends on.
    /// @param maxCharge Most the payer allows, COR wei.
    /// @return version Price version of the task.
    /// @return total COR wei in escrow.
    /// @dev Errors: Unauthorized, ZeroAddress, AlreadyReserved, the errors of SessionPaymentTable.quote, passed through, AmountTooLarge,
    /// InconsistentQuote, MaxChargeExceeded, InsufficientBalance. Events: Reserved.
    function reserve(uint64 taskId, address payer, QuoteInputs calldata inputs, uint128 maxCharge) external returns (uint64 version, uint128 total);

    /// @notice Charges a task that has a result. SessionQueue only. Each miner earns `perReplica`, the keeper the gas line, the treasury
    /// `network - rebate`; the payer gets back what unpaid replicas and validators would have cost.
    /// @param taskId The task.
    /// @param miners Those to pay.
    /// @param keeper Who served; zero leaves the gas line to the payer.
    /// @return charged COR wei that the payer paid.
    /// @return refunded COR wei that became free again.
    /// @dev Errors: Unauthorized, NotReserved, TooManyPaid. Events: Earned for each account, Charged.
    function charge(uint64 taskId, address[] calldata miners, address keeper) external returns (uint128 charged, uint128 refunded);

    /// @notice Refunds a task that has no result. SessionQueue only.
    /// @param taskId The task.
    /// @param keeper Who served, and earns the gas line up to the no-result cap; zero if nobody.
    /// @return refunded COR wei that became free again.
    /// @dev Errors: Unauthorized, NotReserved. Events: Earned for the keeper, Refunded.
    function refund(uint64 taskId, address keeper) external returns (uint128 refunded);

    /// @notice Escrow of a task.
    /// @param taskId The task.
    /// @return escrow All zero but payer and version once settled.
    function escrowOf(uint64 taskId) external view returns (Escrow memory escrow);

    /// @notice Most a payer pays the keeper for a task without a result.
    /// @return bps Share of the gas line, basis points.
    function noResultGasCapBps() external view returns (uint32 bps);

    /// @notice Earnings that are not withdrawn.
    /// @param account Whose.
    /// @return amount COR wei.
    function earningsOf(address account) external view returns (uint256 amount);

    /// @notice Withdraws the caller's earnings to the caller. Never paused.
    /// @return amount COR wei.
    /// @dev Errors: NothingEarned, TransferFailed or the token's error. Events: EarningsWithdrawn.
    function withdrawEarnings() external returns (uint256 amount);

    /// @notice Withdraws an account's earnings to that account. Anyone may call. Never paused.
    /// @param account Whose earnings, and who receives them.
    /// @return amount COR wei.
    /// @dev Errors: NothingEarned, TransferFailed or the token's error. Events: EarningsWithdrawn.
    function withdrawEarningsFor(address account) external returns (uint256 amount);

    /// @notice COR of the treasury.
    /// @return amount COR wei.
    function treasury() external view returns (uint256 amount);

    /// @notice Adds COR of the caller to the treasury.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: ZeroAmount, AmountTooLarge, TransferFailed or the token's error. Events: TreasuryFunded.
    function fundTreasury(uint256 amount) external;

    /// @notice Pays from the treasury. Owner only.
    /// @param to Who receives it.
    /// @param amount COR wei.
    /// @dev Errors: Unauthorized, ZeroAddress, ZeroAmount, InsufficientTreasury, TransferFailed or the token's error. Events:
    /// TreasuryWithdrawn.
    function withdrawTreasury(address to, uint256 amount) external;

    /// @notice Sum of all prepaid balances, escrows, earnings and the treasury.
    /// @return amount COR wei.
    function totalHeld() external view returns (uint256 amount);

    /// @notice Sets the peers. The token stays as first set. Owner only.
    /// @param token The COR token.
    /// @param table Where prices come from.
    /// @param staking Only emitted in Wired; nothing here calls it.
    /// @param sessionQueue Who may reserve, charge and refund.
    /// @dev Errors: Unauthorized, ZeroAddress, TokenIsFixed. Events: Wired.
    function wire(address token, address table, address staking, address sessionQueue) external;

    /// @notice The present owner.
    /// @return current The owner.
    function owner() external view returns (address current);

    /// @notice Offers ownership, in place of any earlier offer. It passes when the candidate accepts. Owner only.
    /// @param candidate The next owner; zero withdraws the offer.
    /// @dev Errors: Unauthorized. Events: OwnershipTransferStarted.
    function transferOwnership(address candidate) external;

    /// @notice Accepts ownership that was offered. Candidate only.
    /// @dev Errors: Unauthorized. Events: OwnershipTransferred.
    function acceptOwnership() external;
}
