// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Staking: stake of nodes and of users
/// @notice A node needs `nodeStakeRequired` before it may register. Users stake for themselves. All amounts in COR wei.
/// Constructor: (address owner, address token, uint64 unbondingSecs, uint256 nodeStakeRequired, uint64 delaySecs). Errors: ZeroAddress, ZeroAmount
/// for no `nodeStakeRequired`, InputOutOfRange for `unbondingSecs` outside 9 to 27 days, or `delaySecs` above 30 days or less than three days above
/// `unbondingSecs`.
/// @dev Safety: stake goes to its staker, or is slashed; the token never changes. Only a module slashes: one that was proposed `delaySecs`
/// earlier, up to its cap of the day, so that whoever reads ModuleProposed can have left wholly before it acts: a day to read of it, and a day each for
/// the unbonding and the withdrawal to be kept out by the sequencer, until Arbitrum's forced inclusion. What unbonds stays slashable until it is withdrawn,
/// and stays for nine days at least. What a node had taken or signed before its stake began to unbond binds it for four days and six hours at most; each of
/// three closings can be kept out for a day, and so can a report after the end: that stake is there when the offence is reported, if phases are closed as they end, which anyone may
/// do. Of what a node signs while its stake unbonds that is not promised: it is out of the pool then, and of a jury's roster once somebody strikes it.
/// Leaving is always possible: unbond, wait `unbondingSecs`, withdraw. No pause exists, no pool is asked, and no node's key is needed.
/// To stop a slasher at once, set its cap to 0, which the guardian may. Closing it alone does not: it takes up to its cap of each day for
/// `unbondingSecs` more, since its open tasks must cost what they would have.
/// Liveness: a slash that a cap cuts short takes less and does not revert, since the end of a task calls it. A slasher named anew after a mistake waits
/// `delaySecs` like any other.
/// Until `open` the owner names modules and peers at once, and no stake is taken. Days begin at midnight UTC.
/// All stake held is below 2^96 wei (79e9 COR), so that an account's stake fits one slot with what belongs to it.
/// Slashed stake waits in `slashedPot` until anyone sweeps it into the vault's treasury.
interface IStaking {
    /// @notice `staker` staked `amount` for `node`.
    event NodeStaked(address indexed node, address indexed staker, uint256 amount, uint256 total);
    /// @notice `amount` of a node's stake began to unbond. With all that unbonds already it can be withdrawn from `releaseAt`, seconds since 1970.
    event NodeUnbonding(address indexed node, address indexed staker, uint256 amount, uint64 releaseAt);
    /// @notice A node's unbonded stake was paid to its staker.
    event NodeWithdrawn(address indexed node, address indexed staker, uint256 amount);
    /// @notice `node` lets `staker` begin to stake for it; zero for nobody. A first NodeStaked uses it up.
    event StakerAccepted(address indexed node, address staker);
    /// @notice What a node earns goes to `to` from `effectiveAt` on, seconds since 1970; `to` is zero if that is the default again.
    event PayoutSet(address indexed node, address to, uint64 effectiveAt);
    /// @notice `user` staked for itself.
    event Staked(address indexed user, uint256 amount, uint256 total);
    /// @notice User stake began to unbond.
    event Unbonding(address indexed user, uint256 amount, uint64 releaseAt);
    /// @notice Unbonded stake was withdrawn.
    event Withdrawn(address indexed account, uint256 amount);
    /// @notice A node lost `amount`, perhaps nothing, for its conduct in a task, whose number is the slasher's own. `reason`: 1 = not revealed, 2 =
    /// signed something else. `left` is what can still be slashed, with what unbonds. Not logged by a slasher that could take nothing from anyone.
    event Slashed(address indexed slasher, address indexed node, uint64 indexed taskId, uint8 reason, uint256 amount, uint256 left);
    /// @notice Slashed stake was sent to the treasury.
    event SlashedSwept(uint256 amount);
    /// @notice `nodePool` is told of stake that leaves, from `effectiveAt` on, seconds since 1970.
    event NodePoolSet(address nodePool, uint64 effectiveAt);
    /// @notice The treasury of `sessionPayment` gets slashed stake, from `effectiveAt` on, seconds since 1970.
    event TreasurySet(address sessionPayment, uint64 effectiveAt);
    /// @notice `guardian` may close slashers and lower their caps.
    event GuardianSet(address guardian);
    /// @notice `module` was named as a slasher. It is active from `activeAt` on, and takes at most `cap` in a day.
    event ModuleProposed(address indexed module, uint64 activeAt, uint256 cap);
    /// @notice `module` was closed, or its proposal withdrawn. A higher cap that was due is due no more.
    event ModuleClosed(address indexed module);
    /// @notice The cap of `module` is `cap` from `effectiveAt` on.
    event ModuleCapChanged(address indexed module, uint256 cap, uint64 effectiveAt);
    /// @notice Set up: from now on stake is taken, and every widening waits for the delay.
    event Opened();
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
    /// @notice Nothing can be withdrawn before `releaseAt`; 0 means that nothing is unbonding.
    error StillBonded(address account, uint64 releaseAt, uint64 timestamp);
    /// @notice The node has not accepted this staker: it calls `acceptStaker(staker)` first, or stakes for itself.
    error StakerNotAccepted(address node, address staker);
    /// @notice With the gas that is left the NodePool might not hear that stake leaves: call with more, so that `needed` is left then.
    error NotEnoughGas(uint256 left, uint256 needed);
    /// @notice More than `limit` cannot be staked now: all stake held must stay below 2^96 COR wei.
    error AmountTooLarge(uint256 amount, uint256 limit);
    /// @notice The token's transfer failed.
    error TransferFailed(address token);
    /// @notice A parameter of the constructor, or the reason of a slash, must be `min` to `max`.
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    /// @notice Stake of a day that has not begun is not known. Days are counted from 1970.
    error FutureDay(uint64 day, uint64 today);
    /// @notice No such module was named, or its proposal was withdrawn.
    error ModuleUnknown(address module);
    /// @notice The module is active from `activeAt` on.
    error ModuleNotActive(address module, uint64 activeAt);
    /// @notice The module is proposed or active already.
    error ModuleInService(address module);
    /// @notice The module's cap of this day is used up. Part of what all sets of modules share: `slash` takes less instead.
    error ModuleCapExceeded(address module, uint256 available, uint256 needed);
    /// @notice The contract is being set up, and takes no stake yet.
    error NotOpen();
    /// @notice The contract is open already.
    error AlreadyOpen();

    /// @notice Stake that a node needs; set at construction.
    /// @return amount COR wei.
    function nodeStakeRequired() external view returns (uint256 amount);

    /// @notice Time between unbonding and withdrawal.
    /// @return secs Seconds.
    function unbondingSecs() external view returns (uint64 secs);

    /// @notice The COR token; set at construction, for ever.
    /// @return cor The token.
    function token() external view returns (address cor);

    /// @notice How long a new module, a new peer, a higher cap and a new payout address wait; set at construction.
    /// @return secs Seconds.
    function delaySecs() external view returns (uint64 secs);

    /// @notice Whether stake is taken.
    /// @return opened Whether `open` was called.
    function isOpen() external view returns (bool opened);

    /// @notice Lets an account begin to stake for the caller as a node, in place of any other that was accepted. It holds until somebody begins, that one or
    /// the node, and is used up by it: whoever begins anew is accepted anew. It changes nothing for who stakes already. Whom a
    /// node accepts can turn what it earns, also what it earned before, to itself: see `payoutOf`. Who stakes trusts whoever has the node's key with all of the stake: by
    /// what the node signs, also of what it served in the eight days and twelve hours before, and of what nobody has ended yet, a lane takes penalties.
    /// @param staker The account; zero for nobody.
    /// @dev Errors: none. Events: StakerAccepted.
    function acceptStaker(address staker) external;

    /// @notice Whom a node lets begin to stake for it, beside itself.
    /// @param node The node.
    /// @return staker The account, zero if nobody, also once somebody has begun.
    function acceptedStaker(address node) external view returns (address staker);

    /// @notice Adds stake behind a node. The first staker of a node, which is the node or one that it accepted, is the only one until nothing of its stake
    /// is left, bonded or unbonding. What is bonded must reach `nodeStakeRequired`. While a stake unbonds its staker may stake again.
    /// @param node The node.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: NotOpen, ZeroAddress, ZeroAmount, NotStaker, AmountTooLarge, InsufficientStake(node, sum, required), StakerNotAccepted of
    /// a first stake, also after all was withdrawn or slashed, TransferFailed or the token's error. Events: NodeStaked, PayoutSet to zero if another staker had set a payout address.
    function stakeNode(address node, uint256 amount) external;

    /// @notice Starts to unbond all that is bonded behind a node. Staker only, at any time. What unbonds already joins it and waits as long. The
    /// NodePool is told by `stakeLeft`, with 500,000 gas, and whatever it does changes nothing here.
    /// @param node The node.
    /// @dev Errors: NotStaker, also without any stake, ZeroAmount if all of it unbonds already, NotEnoughGas. Events: NodeUnbonding. A notice can
    /// fail in spite of its gas, say in a transaction that has filled the memory of Stylus: NodePool then keeps the node in service until anyone calls
    /// `NodePool.drain`. The withdrawal tells it once more, which can fail as well.
    function unbondNode(address node) external;

    /// @notice Pays a node's unbonded stake to its staker. Anyone may call. If what is bonded is below `nodeStakeRequired`, the NodePool is told once more,
    /// as by `unbondNode`; with whatever gas there is, since nothing may hinder a withdrawal.
    /// @param node The node.
    /// @return amount COR wei.
    /// @dev Errors: StillBonded, TransferFailed or the token's error. Events: NodeWithdrawn.
    function withdrawNode(address node) external returns (uint256 amount);

    /// @notice Pays the unbonded stake of several nodes to their stakers. Anyone may call. Nodes with nothing to withdraw are passed over, so
    /// that nobody can stop the others by withdrawing one.
    /// @param nodes The nodes; list those of one staker one after another, and it is paid in one transfer.
    /// @return amount COR wei in all, 0 if nothing can be withdrawn.
    /// @dev Errors: TransferFailed or the token's error. Events: NodeWithdrawn for each.
    function withdrawNodes(address[] calldata nodes) external returns (uint256 amount);

    /// @notice Stake that is bonded behind a node.
    /// @param node The node.
    /// @return amount COR wei.
    /// @return staker Whose stake it is, also while it unbonds; zero if nobody's.
    function nodeStake(address node) external view returns (uint256 amount, address staker);

    /// @notice What of a node's stake is unbonding. It can be slashed until it is withdrawn.
    /// @param node The node.
    /// @return amount COR wei.
    /// @return releaseAt When it can be withdrawn, seconds since 1970, 0 if nothing is unbonding.
    function nodeUnbondingOf(address node) external view returns (uint256 amount, uint64 releaseAt);

    /// @notice Where a node's earnings belong: the address that its staker set, by default its staker. When all stake has left, the last staker counts, and
    /// what it set; from another's first stake on that one, for what is not collected yet too: collect before you leave, or before you accept another
    /// staker. Who was never staked for is paid itself. Whoever pays asks for it, as the Lane does.
    /// @param node The node, or any account.
    /// @return to The address.
    function payoutOf(address node) external view returns (address to);

    /// @notice Sets where a node's earnings belong. Staker only. The first address is in force at once, a later one after `delaySecs`. It stays in
    /// force when the stake has left, until another account stakes for the node; who has left changes it no more.
    /// @param node The node.
    /// @param to The address.
    /// @dev Errors: NotStaker, also without any stake, ZeroAddress. Events: PayoutSet.
    function setPayout(address node, address to) external;

    /// @notice Whether a node has at least `nodeStakeRequired` bonded.
    /// @param node The node.
    /// @return staked Whether it has.
    function isNodeStaked(address node) external view returns (bool staked);

    /// @notice Stakes for the caller.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: NotOpen, ZeroAmount, AmountTooLarge, TransferFailed or the token's error. Events: Staked.
    function stake(uint256 amount) external;

    /// @notice Starts to unbond part of the caller's stake. At most 8 amounts of a user unbond at a time: a further one joins the last, and both can be
    /// withdrawn when it can. Nodes' stake unbonds by itself.
    /// @param amount COR wei.
    /// @dev Errors: ZeroAmount, InsufficientStake. Events: Unbonding, of `amount` alone, with the time for all that it joined.
    function unbond(uint256 amount) external;

    /// @notice A user's stake that is not unbonding.
    /// @param user Whose.
    /// @return amount COR wei.
    function stakeOf(address user) external view returns (uint256 amount);

    /// @notice The stake that a user had at the start of a UTC day. What is put and taken within one day never shows.
    /// @param user Whose.
    /// @param day The day, counted from 1970; the present one at most.
    /// @return amount COR wei.
    /// @dev Errors: FutureDay.
    function stakeAt(address user, uint64 day) external view returns (uint256 amount);

    /// @notice What a user has unbonding, without its nodes' stake.
    /// @param account Whose.
    /// @return amount COR wei in all.
    /// @return nextReleaseAt When the earliest amount can be withdrawn, seconds since 1970, 0 if none.
    function unbondingOf(address account) external view returns (uint256 amount, uint64 nextReleaseAt);

    /// @notice Withdraws every amount of the caller whose unbonding time has passed.
    /// @return amount COR wei.
    /// @dev Errors: StillBonded, TransferFailed or the token's error. Events: Withdrawn.
    function withdraw() external returns (uint256 amount);

    /// @notice Takes a node's stake: `amount`, or what it has bonded and unbonding, or what is left of the slasher's cap of this day, whichever is
    /// least; first of what is bonded. Slashers only: an active one, and a closing one until `unbondingSecs` after it was closed. A slasher
    /// that is closed for longer, or has a cap of 0, takes nothing, and gets no error either: its open tasks must be able to end.
    /// @param node The node.
    /// @param taskId The task, by the slasher's own number.
    /// @param reason 1 not revealed, 2 signed something else.
    /// @param amount COR wei.
    /// @return taken COR wei.
    /// @return stillStaked Whether the node still has its required stake bonded.
    /// @dev Errors: InputOutOfRange for another reason, ModuleUnknown, ModuleNotActive of a slasher that was never active. Events: Slashed, unless the
    /// slasher can take nothing now.
    function slash(address node, uint64 taskId, uint8 reason, uint256 amount) external returns (uint256 taken, bool stillStaked);

    /// @notice Slashed stake that is not swept.
    /// @return amount COR wei.
    function slashedPot() external view returns (uint256 amount);

    /// @notice Sends slashed stake to the vault's treasury. Anyone may call.
    /// @return amount COR wei.
    /// @dev Errors: ZeroAmount, TransferFailed or the token's error, also if the treasury leaves any of what it was allowed to take, the errors of
    /// Vault.fundTreasury, passed through. Events: SlashedSwept.
    function sweepSlashed() external returns (uint256 amount);

    /// @notice All stake held: nodes, users, unbonding amounts, slashed stake. At most the token balance of this contract.
    /// @return amount COR wei.
    function totalHeld() external view returns (uint256 amount);

    /// @notice Names a slasher, or a closed one again: active after `delaySecs`, before `open` at once. Owner only.
    /// @param module The slasher.
    /// @param cap Most that it takes in a day, COR wei; above 128 bits it is taken as the most that they hold.
    /// @dev Errors: Unauthorized, ZeroAddress, ModuleInService. Events: ModuleProposed.
    function proposeModule(address module, uint256 cap) external;

    /// @notice Closes a slasher, or withdraws its proposal. A higher cap that is due is called off with it. Owner or guardian. A slasher that was active
    /// takes up to its cap of each day for `unbondingSecs` more: `setModuleCap(module, 0)` is what stops it at once.
    /// @param module The slasher.
    /// @dev Errors: Unauthorized, ModuleUnknown. Events: ModuleClosed.
    function closeModule(address module) external;

    /// @notice Changes what a slasher takes in a day, active or closing: a lower cap holds at once, a higher one after `delaySecs`. Owner; a lower one also
    /// the guardian. A cap of 0 stops it.
    /// @param module The slasher.
    /// @param cap COR wei.
    /// @dev Errors: Unauthorized, ModuleUnknown. Events: ModuleCapChanged.
    function setModuleCap(address module, uint256 cap) external;

    /// @notice A slasher as it stands.
    /// @param module The slasher.
    /// @return status 0 unknown, 1 proposed, 2 active, 3 closing.
    /// @return activeAt From when on it is active, seconds since 1970.
    /// @return closedAt When it was closed last, seconds since 1970, 0 if never.
    /// @return cap Most that it takes in a day now, COR wei.
    /// @return available What it can take now, COR wei.
    function moduleOf(address module) external view returns (uint8 status, uint64 activeAt, uint64 closedAt, uint256 cap, uint256 available);

    /// @notice Who is told that a node's stake leaves.
    /// @return current The NodePool.
    /// @return next Who follows it, zero if nobody.
    /// @return effectiveAt From when on, seconds since 1970, 0 if nobody follows.
    function nodePool() external view returns (address current, address next, uint64 effectiveAt);

    /// @notice Names the NodePool: before `open` at once, then after `delaySecs` in place of any other that waits. Owner only.
    /// @param pool The NodePool.
    /// @dev Errors: Unauthorized, ZeroAddress. Events: NodePoolSet.
    function setNodePool(address pool) external;

    /// @notice Whose treasury gets slashed stake.
    /// @return current The vault.
    /// @return next Which follows it, zero if none.
    /// @return effectiveAt From when on, seconds since 1970, 0 if none follows.
    function treasury() external view returns (address current, address next, uint64 effectiveAt);

    /// @notice Names the vault whose treasury gets slashed stake: before `open` at once, then after `delaySecs` in place of any other that
    /// waits. Owner only.
    /// @param sessionPayment The vault.
    /// @dev Errors: Unauthorized, ZeroAddress. Events: TreasurySet.
    function setTreasury(address sessionPayment) external;

    /// @notice Who may close slashers and lower their caps beside the owner.
    /// @return current The guardian, zero if nobody.
    function guardian() external view returns (address current);

    /// @notice Names the guardian. Owner only.
    /// @param account The guardian; zero names nobody.
    /// @dev Errors: Unauthorized. Events: GuardianSet.
    function setGuardian(address account) external;

    /// @notice Ends the setting up, for good. Owner only; the NodePool and the treasury must be named.
    /// @dev Errors: Unauthorized, ZeroAddress, AlreadyOpen. Events: Opened.
    function open() external;

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
