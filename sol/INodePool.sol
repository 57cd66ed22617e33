// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title NodePool: who can serve what
/// @notice Nodes register with stake, models and capacity; the SessionQueue reserves and releases their capacity.
/// @dev Safety: a node counts as eligible only while registered, not suspended, and its software is at least Runtime's minimum as mirrored here.
/// A slash suspends; `resume` checks the stake again. Each registration gets a new epoch, which commitments are bound to.
/// Liveness: a node with no open task may deregister at any time.
interface INodePool {
    /// @notice A node as registered.
    struct Node {
        address operator; // who runs it; two nodes of one operator never serve one task
        uint64 registrationEpoch; // rises with each registration of any node; 0 = never registered
        uint64 version; // software, major·1e6 + minor·1e3 + patch
        uint32 capacity; // tasks at a time
        uint32 reserved; // tasks it has now
        uint8 hardwareClass; // 0 cpu, 1 small gpu, 2 large gpu
        bool registered;
        bool suspended;
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
    /// @notice A node was suspended after a slash.
    event NodeSuspended(address indexed node, uint64 indexed taskId);
    /// @notice A suspended node resumed.
    event NodeResumed(address indexed node);
    /// @notice The oldest software that may register changed.
    event MinNodeVersionSet(uint64 version);
    /// @notice The contract's peers were set.
    event Wired(address staking, address sessionQueue);
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
    /// @notice The node has open tasks: wait until they end.
    error NodeBusy(address node, uint32 reserved);
    /// @notice The node's software is older than allowed.
    error VersionTooOld(uint64 version, uint64 minimum);
    /// @notice Models must be 1 to `limit` identifiers in strictly rising order.
    error InvalidModels(uint64 count, uint64 limit);
    /// @notice Capacity must be 1 to `limit`, and not below what is reserved.
    error InvalidCapacity(uint32 capacity, uint32 limit);
    /// @notice The node cannot take the task. `reason`: 1 not registered, 2 suspended, 3 model not loaded, 4 no free capacity, 5 software too old, 6 operator twice, 7 node twice.
    error NotEligible(address node, uint8 reason);
    /// @notice The node is not suspended.
    error NotSuspended(address node);

    /// @notice Registers the caller as a node.
    /// @param operator Who runs it.
    /// @param models 1 to 64 identifiers, strictly rising.
    /// @param capacity Tasks at a time, 1 to 1024.
    /// @param hardwareClass 0 cpu, 1 small gpu, 2 large gpu.
    /// @param version Of the software, major·1e6 + minor·1e3 + patch.
    /// @return registrationEpoch Number of this registration, which commitments are bound to.
    /// @dev Errors: ZeroAddress, AlreadyRegistered, VersionTooOld, InvalidModels, InvalidCapacity, NotStaked. Events: NodeRegistered.
    function register(address operator, uint64[] calldata models, uint32 capacity, uint8 hardwareClass, uint64 version) external returns (uint64 registrationEpoch);

    /// @notice Removes the caller from the pool. Only without open tasks.
    /// @dev Errors: NotRegistered, NodeBusy. Events: NodeDeregistered.
    function deregister() external;

    /// @notice Changes what the caller serves.
    /// @param models 1 to 64 identifiers, strictly rising.
    /// @param capacity Tasks at a time, 1 to 1024, and not below the open tasks.
    /// @dev Errors: NotRegistered, InvalidModels, InvalidCapacity. Events: NodeSpecChanged.
    function setSpec(uint64[] calldata models, uint32 capacity) external;

    /// @notice Records that the caller is alive.
    /// @dev Errors: NotRegistered. Events: NodePinged.
    function ping() external;

    /// @notice Ends the caller's suspension, if its stake is at least the required one again.
    /// @dev Errors: NotRegistered, NotSuspended, NotStaked. Events: NodeResumed.
    function resume() external;

    /// @notice Reserves one place of each node for a task. SessionQueue only.
    /// @param taskId The task.
    /// @param modelIdentifier The model that each node must have loaded.
    /// @param nodes The task's nodes, of different operators.
    /// @return epochs Registration epoch of each node.
    /// @dev Errors: Unauthorized, NotEligible with the first node that cannot take the task. Events: none.
    function reserve(uint64 taskId, uint64 modelIdentifier, address[] calldata nodes) external returns (uint64[] memory epochs);

    /// @notice Releases the places of a task, and suspends slashed nodes. SessionQueue only.
    /// @param taskId The task.
    /// @param nodes The task's nodes.
    /// @param suspend Those to suspend.
    /// @dev Errors: Unauthorized. Events: NodeSuspended for each node that was not suspended before.
    function release(uint64 taskId, address[] calldata nodes, address[] calldata suspend) external;

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
    /// @return reason 0 if it could, else as in NotEligible.
    function eligibility(address node, uint64 modelIdentifier) external view returns (uint8 reason);

    /// @notice Number of nodes ever listed.
    /// @return count How many.
    function nodeCount() external view returns (uint64 count);

    /// @notice Nodes in the order of their first registration, in pages.
    /// @param offset Index of the first.
    /// @param limit How many, at most 100.
    /// @return nodes Fewer at the end of the list.
    function nodesByPage(uint64 offset, uint64 limit) external view returns (address[] memory nodes);

    /// @notice Oldest software that may register or be reserved.
    /// @return version Major·1e6 + minor·1e3 + patch.
    function minNodeVersion() external view returns (uint64 version);

    /// @notice Sets the oldest software. Owner only.
    /// @param version Major·1e6 + minor·1e3 + patch.
    /// @dev Errors: Unauthorized. Events: MinNodeVersionSet.
    function setMinNodeVersion(uint64 version) external;

    /// @notice Sets the peers. Owner only.
    /// @param staking The Staking contract.
    /// @param sessionQueue Who may reserve and release.
    /// @dev Errors: Unauthorized, ZeroAddress. Events: Wired.
    function wire(address staking, address sessionQueue) external;

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
