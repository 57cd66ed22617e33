// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title NodePool: who can serve what
/// @notice Nodes register with stake, and say what they serve. Nobody is assigned a task here: an eligible node enters the Jury's rosters, of which it draws, and anyone
/// strikes one that is not eligible any more; the Lane asks for signatures and not for the pool, and what a node signed there outlives its registration.
/// Constructor: (address owner, uint64 delaySecs). Errors: ZeroAddress, InputOutOfRange for a delay outside 3 to 30 days.
/// @dev Safety: a node counts as eligible only while registered, not draining, and its software is at least `minNodeVersion`, which the owner sets here: Runtime's
/// minimum is another number, and neither follows the other. A higher one waits for `delaySecs`, in which nodes update and say so by `setVersion`: a raise at
/// once would leave the owner's own nodes alone in the rosters.
/// Stake that leaves drains; `resume` checks the stake again, and the operator's consent. An operator consents to each node under its name. Each registration
/// gets a new epoch. What a node says of its models and its capacity nobody checks: capacity is for keepers to read, and nothing on chain counts or enforces it.
/// What its operator or its staker stopped, by `drain`, stays stopped until that one lifts it, also if the node deregisters: it neither resumes nor
/// registers, under any name. The operator lifts it by `consent(node, true)`, the staker by `resumeFor(node)`. A staker has no word
/// while it has no stake there. A node that its operator stopped and lifts no more serves under no name: its staker takes another node.
/// At worst the owner names a Staking of its own, which after `delaySecs` drains whom it likes, and lets nodes register without stake.
/// Liveness: a node may deregister at any time, and its staker and its operator may deregister it: a key that is lost, and that nobody finds, loses nothing.
/// Until `open` the owner names Staking at once, and no node registers; then another waits for `delaySecs`.
interface INodePool {
    /// @notice A node as registered.
    struct Node {
        address operator; // who runs it; Jury draws no two nodes of one operator for a task
        uint64 registrationEpoch; // rises with each registration of any node; 0 = never registered
        uint64 version; // software, major·1e6 + minor·1e3 + patch
        uint32 capacity; // tasks at a time, as the node says; for keepers to read, and enforced by nothing
        uint8 hardwareClass; // 0 cpu, 1 small gpu, 2 large gpu
        bool registered;
        bool draining; // takes no new task, and anyone may deregister it
        uint64 lastPingAt; // seconds since 1970
        uint64[] models; // model identifiers it has loaded, rising
    }

    /// @notice A node registered.
    event NodeRegistered(address indexed node, address indexed operator, uint64 registrationEpoch, uint64[] models, uint32 capacity, uint8 hardwareClass, uint64 version);
    /// @notice A node deregistered.
    event NodeDeregistered(address indexed node);
    /// @notice A node changed what it serves.
    event NodeSpecChanged(address indexed node, uint64[] models, uint32 capacity);
    /// @notice A node pinged.
    event NodePinged(address indexed node, uint64 timestamp);
    /// @notice A draining node resumed; or, of a node that is not registered, its staker let it register again.
    event NodeResumed(address indexed node);
    /// @notice A node takes no new tasks until it resumes, by the word of `by`: itself, its operator or its staker; Staking as stake leaves; or anyone, if it
    /// lacks stake. Once more if its operator or its staker stops a node that drains already.
    event NodeDraining(address indexed node, address indexed by);
    /// @notice A node's software changed.
    event NodeVersionChanged(address indexed node, uint64 version);
    /// @notice `operator` lets a node register under its name, or no longer.
    event ConsentSet(address indexed operator, address indexed node, bool allowed);
    /// @notice The oldest software that may register or serve is `version` from `effectiveAt` on, seconds since 1970. What waited before it does not come.
    event MinNodeVersionSet(uint64 version, uint64 effectiveAt);
    /// @notice `staking` is asked for stake from `effectiveAt` on, seconds since 1970.
    event StakingSet(address staking, uint64 effectiveAt);
    /// @notice Set up: from now on nodes register, and another Staking waits for the delay.
    event Opened();
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role that this function requires.
    error Unauthorized(address caller, address required);
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();
    /// @notice The node has too little stake: call Staking.stakeNode first.
    error NotStaked(address node);
    /// @notice The node is already registered.
    error AlreadyRegistered(address node);
    /// @notice The node is not registered.
    error NotRegistered(address node);
    /// @notice The node's software is older than allowed.
    error VersionTooOld(uint64 version, uint64 minimum);
    /// @notice Models must be 1 to `limit` identifiers in strictly rising order.
    error InvalidModels(uint64 count, uint64 limit);
    /// @notice Capacity must be 1 to `limit`.
    error InvalidCapacity(uint32 capacity, uint32 limit);
    /// @notice The node is not draining.
    error NotDraining(address node);
    /// @notice The operator has not consented to this node, or took that back, as `drain` does; also one that stopped it under its name and has not lifted
    /// that. It calls `consent(node, true)` first.
    error ConsentMissing(address operator, address node);
    /// @notice A parameter of the constructor, or the hardware class, must be `min` to `max`.
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    /// @notice The contract is being set up, and takes no nodes yet.
    error NotOpen();
    /// @notice The contract is open already.
    error AlreadyOpen();

    /// @notice Lets a node register and resume under the caller's name, or no longer. If the caller stopped it, that is lifted, for as long as it consents.
    /// A node that is registered stays so, and in service: see `drain`.
    /// @param node The node.
    /// @param allowed Whether it may.
    /// @dev Errors: none. Events: ConsentSet.
    function consent(address node, bool allowed) external;

    /// @notice Whether an operator lets a node register under its name. A node that is its own operator needs no consent.
    /// @param operator The operator.
    /// @param node The node.
    /// @return allowed Whether it does.
    function consented(address operator, address node) external view returns (bool allowed);

    /// @notice Registers the caller as a node.
    /// @param operator Who runs it; it has consented, unless it is the node itself.
    /// @param models 1 to 64 identifiers, strictly rising.
    /// @param capacity Tasks at a time, 1 to 1024; for keepers to read.
    /// @param hardwareClass 0 cpu, 1 small gpu, 2 large gpu.
    /// @param version Of the software, major·1e6 + minor·1e3 + patch.
    /// @return registrationEpoch Number of this registration.
    /// @dev Errors: NotOpen, ZeroAddress, InputOutOfRange, ConsentMissing, also with an operator that stopped it, AlreadyRegistered, VersionTooOld, InvalidModels,
    /// InvalidCapacity, NotStaked, Unauthorized with the staker if that one stopped it. Events: NodeRegistered.
    function register(address operator, uint64[] calldata models, uint32 capacity, uint8 hardwareClass, uint64 version) external returns (uint64 registrationEpoch);

    /// @notice Removes the caller from the pool. Who stopped it is remembered.
    /// @dev Errors: NotRegistered. Events: NodeDeregistered.
    function deregister() external;

    /// @notice Removes a node from the pool: anyone, once it is draining; at any time the node, its operator and its staker. Who stopped it is remembered.
    /// @param node The node.
    /// @dev Errors: NotRegistered, Unauthorized. Events: NodeDeregistered.
    function deregisterFor(address node) external;

    /// @notice Lets a node take no new tasks; what it signed binds it. The node, its operator and its staker; anyone, if the node lacks stake. An operator and a
    /// staker, other than the node itself, stop it: it neither resumes nor registers until that one lifts it. The operator's word takes its consent
    /// back, and `consent(node, true)` lifts it; `resumeFor` lifts the staker's. Who is both speaks as the operator. One word does not replace the other.
    /// @param node The node.
    /// @dev Errors: NotRegistered, Unauthorized. Events: ConsentSet by an operator that is another than the node; NodeDraining, unless it is draining already
    /// and not stopped anew.
    function drain(address node) external;

    /// @notice Hears that a node's stake leaves, and drains it. Staking only. A node that is not registered is left as it is.
    /// @param node The node.
    /// @dev Errors: Unauthorized. Events: NodeDraining, unless it is draining already.
    function stakeLeft(address node) external;

    /// @notice Changes the caller's software.
    /// @param version Major·1e6 + minor·1e3 + patch.
    /// @dev Errors: NotRegistered, VersionTooOld. Events: NodeVersionChanged.
    function setVersion(uint64 version) external;

    /// @notice Changes what the caller serves.
    /// @param models 1 to 64 identifiers, strictly rising.
    /// @param capacity Tasks at a time, 1 to 1024; for keepers to read.
    /// @dev Errors: NotRegistered, InvalidModels, InvalidCapacity. Events: NodeSpecChanged.
    function setSpec(uint64[] calldata models, uint32 capacity) external;

    /// @notice Records that the caller is alive, as it says: no contract reads it.
    /// @dev Errors: NotRegistered. Events: NodePinged.
    function ping() external;

    /// @notice Ends the caller's draining, if its stake is at least the required one, its operator consents, and nobody stops it.
    /// @dev Errors: NotRegistered, NotDraining, NotStaked, ConsentMissing, Unauthorized with the staker if that one stopped it. Events: NodeResumed.
    function resume() external;

    /// @notice Ends a node's draining as `resume` does, and what its staker stopped. Staker only. Of a node that is not registered, whoever
    /// stopped it as its staker lifts that alone.
    /// @param node The node.
    /// @dev Errors: NotRegistered, also of a node that the caller has not stopped, Unauthorized, NotDraining, NotStaked, ConsentMissing. Events: NodeResumed.
    function resumeFor(address node) external;

    /// @notice A node as registered.
    /// @param node The node.
    /// @return info All zero if it never registered.
    function getNode(address node) external view returns (Node memory info);

    /// @notice Whether a node is registered.
    /// @param node The node.
    /// @return registered Whether it is.
    function isRegistered(address node) external view returns (bool registered);

    /// @notice Whether a node could take a task now.
    /// @param node The node.
    /// @param modelIdentifier The task's model.
    /// @return reason 0 if it could, else 1 not registered, 2 model not loaded, 3 software too old, 4 draining. Of several the first of 1, 4, 3, 2 is told.
    function eligibility(address node, uint64 modelIdentifier) external view returns (uint8 reason);

    /// @notice Number of nodes ever listed.
    /// @return count How many.
    function nodeCount() external view returns (uint64 count);

    /// @notice Nodes in the order of their first registration, in pages.
    /// @param offset Index of the first.
    /// @param limit How many, at most 100.
    /// @return nodes Fewer at the end of the list.
    function nodesByPage(uint64 offset, uint64 limit) external view returns (address[] memory nodes);

    /// @notice Oldest software that may register or serve now.
    /// @return version Major·1e6 + minor·1e3 + patch.
    function minNodeVersion() external view returns (uint64 version);

    /// @notice Oldest software that waits to be the minimum.
    /// @return version Major·1e6 + minor·1e3 + patch, 0 if none waits.
    /// @return effectiveAt From when on, seconds since 1970, 0 if none waits.
    function nextMinNodeVersion() external view returns (uint64 version, uint64 effectiveAt);

    /// @notice Sets the oldest software: higher than now, after `delaySecs` in place of any other that waits, and until any node has ever registered at once;
    /// lower at once. A lower one and the present one also withdraw what waits. Owner only. Runtime's minimum does not change with it.
    /// @param version Major·1e6 + minor·1e3 + patch.
    /// @dev Errors: Unauthorized. Events: MinNodeVersionSet.
    function setMinNodeVersion(uint64 version) external;

    /// @notice How long another Staking and a higher minimum of the software wait; set at construction.
    /// @return secs Seconds.
    function delaySecs() external view returns (uint64 secs);

    /// @notice Whether nodes may register.
    /// @return opened Whether `open` was called.
    function isOpen() external view returns (bool opened);

    /// @notice Which Staking is asked.
    /// @return current The Staking contract.
    /// @return next Which follows it, zero if none.
    /// @return effectiveAt From when on, seconds since 1970, 0 if none follows.
    function staking() external view returns (address current, address next, uint64 effectiveAt);

    /// @notice Names the Staking contract: before `open` at once, then after `delaySecs` in place of any other that waits. Owner only.
    /// @param peer The Staking contract.
    /// @dev Errors: Unauthorized, ZeroAddress. Events: StakingSet.
    function setStaking(address peer) external;

    /// @notice Ends the setting up, for good. Owner only; Staking must be named.
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
