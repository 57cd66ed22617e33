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
    /// @notice A node left.
    event NodeDeregistered(address indexed node);
    /// @notice A node changed what it serves.
    event NodeSpecChanged(address indexed node, uint64[] models, uint32 capacity);
    /// @notice A node said that it is alive.
    event NodePinged(address indexed node, uint64 timestamp);
    /// @notice A node was suspended after a slash.
    event NodeSuspended(address indexed node, uint64 indexed taskId);
    /// @notice A suspended node is back.
    event NodeResumed(address indexed node);
    /// @notice The oldest software that may register changed.
    event MinNodeVersionSet(uint64 version);
    /// @notice The contract's peers were set.
    event Wired(address staking, address sessionQueue);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role this function wants.
    error Unauthorized(address caller, address required);
    /// @notice The zero address is not a valid argument.
    error ZeroAddress();
    /// @notice The node lacks stake: Staking.stakeNode first.
    error NotStaked(address node);
    /// @notice The node is registered already.
    error AlreadyRegistered(address node);
    /// @notice The node is not registered.
    error NotRegistered(address node);
    /// @notice The node has open tasks; wait until they end.
    error NodeBusy(address node, uint32 reserved);
    /// @notice The node's software is older than allowed.
    error VersionTooOld(uint64 version, uint64 minimum);
    /// @notice Models must be 1..=limit identifiers in rising order.
    error InvalidModels(uint64 count, uint64 limit);
    /// @notice Capacity must be 1..=limit, and not below what is reserved.
    error InvalidCapacity(uint32 capacity, uint32 limit);
    /// @notice The node cannot take the task. `reason`: 1 not registered, 2 suspended, 3 model not loaded, 4 no free capacity, 5 software too old, 6 operator twice, 7 node twice.
    error NotEligible(address node, uint8 reason);
    /// @notice The node is not suspended.
    error NotSuspended(address node);

    /// @notice Registers the caller as a node: 1 to 64 models, a capacity of 1 to 1024. Reverts with the errors above.
    function register(address operator, uint64[] calldata models, uint32 capacity, uint8 hardwareClass, uint64 version) external returns (uint64 registrationEpoch);
    /// @notice Takes the caller out; only without open tasks.
    function deregister() external;
    /// @notice Changes what the caller serves.
    function setSpec(uint64[] calldata models, uint32 capacity) external;
    /// @notice Says that the caller is alive.
    function ping() external;
    /// @notice Ends the caller's suspension if its stake is whole again.
    function resume() external;
    /// @notice Reserves one slot of each node for a task, or reverts with NotEligible; SessionQueue only. Returns each node's registration epoch.
    function reserve(uint64 taskId, uint64 modelIdentifier, address[] calldata nodes) external returns (uint64[] memory epochs);
    /// @notice Gives the slots back and suspends those in `suspend`; SessionQueue only.
    function release(uint64 taskId, address[] calldata nodes, address[] calldata suspend) external;
    /// @notice A node.
    function getNode(address node) external view returns (Node memory info);
    /// @notice Whether a node is registered.
    function isRegistered(address node) external view returns (bool registered);
    /// @notice 0 if the node could take a task of this model now, else the reason as in NotEligible.
    function eligibility(address node, uint64 modelIdentifier) external view returns (uint8 reason);
    /// @notice Number of nodes ever listed.
    function nodeCount() external view returns (uint64 count);
    /// @notice Nodes by index, at most 100 a call; fewer at the end.
    function nodesByPage(uint64 offset, uint64 limit) external view returns (address[] memory nodes);
    /// @notice Oldest software that may register or be reserved.
    function minNodeVersion() external view returns (uint64 version);
    /// @notice Sets the oldest software; owner only.
    function setMinNodeVersion(uint64 version) external;
    /// @notice Sets the peers; owner only.
    function wire(address staking, address sessionQueue) external;
    /// @notice Present owner.
    function owner() external view returns (address current);
    /// @notice Offers ownership, in place of any earlier offer; takes effect when `candidate` accepts. Zero only withdraws the offer. Owner only.
    function transferOwnership(address candidate) external;
    /// @notice Accepts an offered ownership; only the candidate.
    function acceptOwnership() external;
}
