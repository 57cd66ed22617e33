// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Staking: stake of nodes and of users
/// @notice A node needs `nodeStakeRequired` before it may register. Users stake for themselves. All amounts in COR wei.
/// Constructor: (address owner, uint64 unbondingSecs, uint256 nodeStakeRequired).
/// @dev Safety: only the wired SessionQueue may slash, and never more than the node's stake. Leaving is always possible: unbond, wait
/// `unbondingSecs`, withdraw; no pause exists here. A registered node must deregister from the NodePool before its stake unbonds.
/// All stake held is below 2^96 wei (79e9 COR), so that an account's stake fits one slot with what belongs to it.
/// Slashed stake waits in `slashedPot` until anyone sweeps it into the SessionPayment treasury.
interface IStaking {
    /// @notice `staker` staked `amount` for `node`.
    event NodeStaked(address indexed node, address indexed staker, uint256 amount, uint256 total);
    /// @notice A node's stake began to unbond. It can be withdrawn from `releaseAt`, seconds since 1970.
    event NodeUnbonding(address indexed node, address indexed staker, uint256 amount, uint64 releaseAt);
    /// @notice `user` staked for itself.
    event Staked(address indexed user, uint256 amount, uint256 total);
    /// @notice User stake began to unbond.
    event Unbonding(address indexed user, uint256 amount, uint64 releaseAt);
    /// @notice Unbonded stake was withdrawn.
    event Withdrawn(address indexed account, uint256 amount);
    /// @notice A node lost stake for its conduct in a task. `reason`: 1 = not revealed, 2 = revealed something else.
    event Slashed(address indexed node, uint64 indexed taskId, uint8 reason, uint256 amount, uint256 left);
    /// @notice Slashed stake was sent to the treasury.
    event SlashedSwept(uint256 amount);
    /// @notice The contract's peers were set.
    event Wired(address token, address nodePool, address sessionQueue, address sessionPayment);
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
    /// @notice Another account stakes for this node: only it may add or unbond.
    error NotStaker(address node, address staker, address caller);
    /// @notice The stake is smaller than `needed`.
    error InsufficientStake(address account, uint256 available, uint256 needed);
    /// @notice The node is registered: deregister it from the NodePool first.
    error NodeRegistered(address node);
    /// @notice Nothing can be withdrawn before `releaseAt`; 0 means that nothing is unbonding.
    error StillBonded(address account, uint64 releaseAt, uint64 timestamp);
    /// @notice At most `limit` amounts unbond at a time: withdraw those whose time has passed first.
    error TooManyUnbondings(address account, uint64 limit);
    /// @notice More than `limit` cannot be staked now: all stake held must stay below 2^96 COR wei.
    error AmountTooLarge(uint256 amount, uint256 limit);
    /// @notice The token's transfer failed.
    error TransferFailed(address token);

    /// @notice Stake that a node needs; set at construction.
    /// @return amount COR wei.
    function nodeStakeRequired() external view returns (uint256 amount);

    /// @notice Time between unbonding and withdrawal.
    /// @return secs Seconds.
    function unbondingSecs() external view returns (uint64 secs);

    /// @notice Adds stake behind a node. The first staker of a node is the only one until its stake is zero again. The sum must reach
    /// `nodeStakeRequired`: nobody can occupy another's node for a small sum.
    /// @param node The node.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: ZeroAddress, ZeroAmount, NotStaker, AmountTooLarge, InsufficientStake(node, sum, required), TransferFailed or the
    /// token's error. Events: NodeStaked.
    function stakeNode(address node, uint256 amount) external;

    /// @notice Starts to unbond all stake of a deregistered node to its staker. Staker only.
    /// @param node The node.
    /// @dev Errors: NotStaker, also without any stake, NodeRegistered, TooManyUnbondings. Events: NodeUnbonding.
    function unbondNode(address node) external;

    /// @notice Stake behind a node.
    /// @param node The node.
    /// @return amount COR wei.
    /// @return staker Who put it there, zero if nobody.
    function nodeStake(address node) external view returns (uint256 amount, address staker);

    /// @notice Whether a node has at least `nodeStakeRequired`.
    /// @param node The node.
    /// @return staked Whether it has.
    function isNodeStaked(address node) external view returns (bool staked);

    /// @notice Stakes for the caller.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: ZeroAmount, AmountTooLarge, TransferFailed or the token's error. Events: Staked.
    function stake(uint256 amount) external;

    /// @notice Starts to unbond part of the caller's stake. At most 8 amounts of an account, with those of its nodes, unbond at a time.
    /// @param amount COR wei.
    /// @dev Errors: ZeroAmount, InsufficientStake, TooManyUnbondings. Events: Unbonding.
    function unbond(uint256 amount) external;

    /// @notice A user's stake that is not unbonding.
    /// @param user Whose.
    /// @return amount COR wei.
    function stakeOf(address user) external view returns (uint256 amount);

    /// @notice What an account has unbonding.
    /// @param account Whose.
    /// @return amount COR wei in all.
    /// @return nextReleaseAt When the earliest amount can be withdrawn, seconds since 1970, 0 if none.
    function unbondingOf(address account) external view returns (uint256 amount, uint64 nextReleaseAt);

    /// @notice Withdraws every amount of the caller whose unbonding time has passed.
    /// @return amount COR wei.
    /// @dev Errors: StillBonded, TransferFailed or the token's error. Events: Withdrawn.
    function withdraw() external returns (uint256 amount);

    /// @notice Takes up to `amount` from a node's stake. SessionQueue only.
    /// @param node The node.
    /// @param taskId The task.
    /// @param reason 1 not revealed, 2 revealed something else.
    /// @param amount COR wei.
    /// @return taken COR wei.
    /// @return stillStaked Whether the node still has its required stake.
    /// @dev Errors: Unauthorized. Events: Slashed.
    function slash(address node, uint64 taskId, uint8 reason, uint256 amount) external returns (uint256 taken, bool stillStaked);

    /// @notice Slashed stake that is not swept.
    /// @return amount COR wei.
    function slashedPot() external view returns (uint256 amount);

    /// @notice Sends slashed stake to the SessionPayment treasury. Anyone may call.
    /// @return amount COR wei.
    /// @dev Errors: ZeroAmount, TransferFailed or the token's error, the errors of SessionPayment.fundTreasury, passed through. Events:
    /// SlashedSwept.
    function sweepSlashed() external returns (uint256 amount);

    /// @notice All stake held: nodes, users, unbonding amounts, slashed stake. At most the token balance of this contract.
    /// @return amount COR wei.
    function totalHeld() external view returns (uint256 amount);

    /// @notice Sets the peers. Owner only.
    /// @param token The COR token.
    /// @param nodePool Asked whether a node is registered.
    /// @param sessionQueue Who may slash.
    /// @param sessionPayment Whose treasury gets slashed stake.
    /// @dev Errors: Unauthorized, ZeroAddress. Events: Wired.
    function wire(address token, address nodePool, address sessionQueue, address sessionPayment) external;

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
