// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Runtime: the one address a client needs
/// @notice Maps module names to addresses and versions, and holds the parameters that every client must agree on.
/// @dev Names are ASCII, left-aligned in bytes32: "Cor", "Staking", "SessionPaymentTable", "Vault", "NodePool", "Lane", "Lens".
/// Safety assumption: the owner is a timelock or a key its users trust; Runtime holds no money and no module reads it in a call that moves money.
interface IRuntime {
    /// @notice A module was registered or replaced.
    event ModuleSet(bytes32 indexed name, address indexed module, uint64 version);
    /// @notice The oldest node software that may register changed.
    event MinNodeVersionSet(uint64 version);
    /// @notice A feature was switched.
    event FeatureSet(bytes32 indexed name, bool enabled);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role that this function requires: ask `required` to call.
    error Unauthorized(address caller, address required);
    /// @notice No module is registered under `name`.
    error UnknownModule(bytes32 name);
    /// @notice A module's version must rise: `current` is set, `offered` was given.
    error VersionNotRising(bytes32 name, uint64 current, uint64 offered);
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();

    /// @notice Address and version of a module.
    /// @param name ASCII, left-aligned.
    /// @return module Its address.
    /// @return version Its version, from 1 on.
    /// @dev Errors: UnknownModule.
    function getModule(bytes32 name) external view returns (address module, uint64 version);

    /// @notice Registers or replaces a module. Owner only.
    /// @param name ASCII, left-aligned.
    /// @param module Its address.
    /// @param version Above the present one, from 1 on.
    /// @dev Errors: Unauthorized, ZeroAddress, VersionNotRising. Events: ModuleSet.
    function setModule(bytes32 name, address module, uint64 version) external;

    /// @notice Number of modules ever named.
    /// @return count How many.
    function moduleCount() external view returns (uint64 count);

    /// @notice Name of a module, in the order of first registration.
    /// @param index From 0.
    /// @return name ASCII, left-aligned.
    /// @dev Errors: UnknownModule with the index as bytes32.
    function moduleNameAt(uint64 index) external view returns (bytes32 name);

    /// @notice Oldest node software that may register.
    /// @return version Major·1e6 + minor·1e3 + patch.
    function minNodeVersion() external view returns (uint64 version);

    /// @notice Sets the oldest node software. Owner only.
    /// @param version Major·1e6 + minor·1e3 + patch.
    /// @dev Errors: Unauthorized. Events: MinNodeVersionSet.
    function setMinNodeVersion(uint64 version) external;

    /// @notice Whether a feature is on. Unknown features are off.
    /// @param name ASCII, left-aligned.
    /// @return enabled Whether it is on.
    function feature(bytes32 name) external view returns (bool enabled);

    /// @notice Switches a feature. Owner only.
    /// @param name ASCII, left-aligned.
    /// @param enabled Whether it is on.
    /// @dev Errors: Unauthorized. Events: FeatureSet.
    function setFeature(bytes32 name, bool enabled) external;

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
