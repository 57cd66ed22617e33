// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Staking: stake of nodes and of users
/// @notice A node needs `nodeStakeRequired` (10,000 COR) before it may register. Users stake for themselves. All amounts in COR wei.
/// @dev Safety: only the wired SessionQueue may slash, and never more than the node's stake. Leaving is always possible: unbond, wait
/// `unbondingSecs`, withdraw; no pause exists here. A registered node must deregister from the NodePool before its stake unbonds.
/// All stake held is below 2^96 wei (79e9 COR), so that an account's stake fits one slot with what belongs to it.
/// Slashed stake waits in `slashedPot` until anyone sweeps it into the SessionPayment treasury.
interface IStaking {
    /// @notice `staker` put `amount` behind `node`.
    event NodeStaked(address indexed node, address indexed staker, uint256 amount, uint256 total);
    /// @notice A node's stake began to unbond; withdrawable from `releaseAt`, seconds since 1970.
    event NodeUnbonding(address indexed node, address indexed staker, uint256 amount, uint64 releaseAt);
    /// @notice `user` staked for itself.
    event Staked(address indexed user, uint256 amount, uint256 total);
    /// @notice User stake began to unbond.
    event Unbonding(address indexed user, uint256 amount, uint64 releaseAt);
    /// @notice Unbonded stake was paid out.
    event Withdrawn(address indexed account, uint256 amount);
    /// @notice A node lost stake for its conduct in a task. `reason`: 1 = not revealed, 2 = revealed something else.
    event Slashed(address indexed node, uint64 indexed taskId, uint8 reason, uint256 amount, uint256 left);
    /// @notice Slashed stake went to the treasury.
    event SlashedSwept(uint256 amount);
    /// @notice The contract's peers were set.
    event Wired(address token, address nodePool, address sessionQueue, address sessionPayment);
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
    /// @notice Another account already stakes for this node; only it may add or unbond.
    error NotStaker(address node, address staker, address caller);
    /// @notice More was asked for than is there.
    error InsufficientStake(address account, uint256 available, uint256 needed);
    /// @notice The node is registered: deregister it from the NodePool first.
    error NodeRegistered(address node);
    /// @notice Nothing is withdrawable before `releaseAt`. 0 means nothing is unbonding.
    error StillBonded(address account, uint64 releaseAt, uint64 timestamp);
    /// @notice At most `limit` unbonding entries at a time: withdraw ripe ones first.
    error TooManyUnbondings(address account, uint64 limit);
    /// @notice More than `limit` cannot be staked now: all stake held must stay below 2^96 COR wei.
    error AmountTooLarge(uint256 amount, uint256 limit);
    /// @notice The token's transfer failed.
    error TransferFailed(address token);

    /// @notice Stake one node needs, 10,000e18.
    function nodeStakeRequired() external view returns (uint256 amount);
    /// @notice Seconds between unbonding and withdrawal.
    function unbondingSecs() external view returns (uint64 secs);
    /// @notice Adds stake behind a node. The first staker of a node is the only one until its stake is zero again. Takes `amount` by transferFrom.
    /// Reverts with InsufficientStake(node, sum, required) if the sum stays below `nodeStakeRequired`: nobody can occupy another's node for a small sum.
    function stakeNode(address node, uint256 amount) external;
    /// @notice Unbonds all stake of a deregistered node to its staker. Reverts with NotStaker also if there is no stake.
    function unbondNode(address node) external;
    /// @notice Stake behind a node, and who put it there.
    function nodeStake(address node) external view returns (uint256 amount, address staker);
    /// @notice Whether a node has at least `nodeStakeRequired`.
    function isNodeStaked(address node) external view returns (bool staked);
    /// @notice Stakes for the caller. Takes `amount` by transferFrom.
    function stake(uint256 amount) external;
    /// @notice Starts to unbond part of the caller's stake. At most 8 amounts of an account, with those of its nodes, unbond at a time.
    function unbond(uint256 amount) external;
    /// @notice A user's stake that is not unbonding.
    function stakeOf(address user) external view returns (uint256 amount);
    /// @notice Unbonding total of an account, and when its earliest entry is ripe (0 if none).
    function unbondingOf(address account) external view returns (uint256 amount, uint64 nextReleaseAt);
    /// @notice Pays out all ripe entries of the caller. Reverts with StillBonded if there is none.
    function withdraw() external returns (uint256 amount);
    /// @notice Takes up to `amount` from a node; SessionQueue only. Returns what was taken and whether the node still has its required stake.
    function slash(address node, uint64 taskId, uint8 reason, uint256 amount) external returns (uint256 taken, bool stillStaked);
    /// @notice Slashed stake not yet swept.
    function slashedPot() external view returns (uint256 amount);
    /// @notice Sends the slashed pot to the SessionPayment treasury; anyone. Reverts with ZeroAmount if the pot is empty.
    function sweepSlashed() external returns (uint256 amount);
    /// @notice All stake held: nodes, users, unbonding, slashed pot. Equals the token balance of this contract or less (stray transfers).
    function totalHeld() external view returns (uint256 amount);
    /// @notice Sets the peers; owner only.
    function wire(address token, address nodePool, address sessionQueue, address sessionPayment) external;
    /// @notice Present owner.
    function owner() external view returns (address current);
    /// @notice Offers ownership, in place of any earlier offer; takes effect when `candidate` accepts. Zero only withdraws the offer. Owner only.
    function transferOwnership(address candidate) external;
    /// @notice Accepts an offered ownership; only the candidate.
    function acceptOwnership() external;
}
