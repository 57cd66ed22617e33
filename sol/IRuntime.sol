// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Runtime: the one address a client needs
/// @notice Maps module names to addresses and versions, and holds the parameters that every client must agree on.
/// @dev Names are ASCII, left-aligned in bytes32: "Cor", "Staking", "SessionPaymentTable", "SessionPayment", "NodePool", "SessionQueue".
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

    /// @notice `caller` does not hold the role this function wants: ask `required` to call.
    error Unauthorized(address caller, address required);
    /// @notice No module is registered under `name`.
    error UnknownModule(bytes32 name);
    /// @notice A module's version must rise: `current` is set, `offered` was given.
    error VersionNotRising(bytes32 name, uint64 current, uint64 offered);
    /// @notice The zero address is not a valid argument.
    error ZeroAddress();

    /// @notice Address and version of a module. Reverts with UnknownModule.
    function getModule(bytes32 name) external view returns (address module, uint64 version);
    /// @notice Registers or replaces a module; owner only. Versions rise by at least one.
    function setModule(bytes32 name, address module, uint64 version) external;
    /// @notice Number of modules ever named.
    function moduleCount() external view returns (uint64 count);
    /// @notice Name of the `index`-th module, in the order of first registration. Reverts with UnknownModule(index as bytes32).
    function moduleNameAt(uint64 index) external view returns (bytes32 name);
    /// @notice Oldest node software version that may register, as major·1e6 + minor·1e3 + patch.
    function minNodeVersion() external view returns (uint64 version);
    /// @notice Sets the oldest node version; owner only.
    function setMinNodeVersion(uint64 version) external;
    /// @notice Whether a feature is on. Unknown features are off.
    function feature(bytes32 name) external view returns (bool enabled);
    /// @notice Switches a feature; owner only.
    function setFeature(bytes32 name, bool enabled) external;
    /// @notice Present owner.
    function owner() external view returns (address current);
    /// @notice Offers ownership, in place of any earlier offer; takes effect when `candidate` accepts. Zero only withdraws the offer. Owner only.
    function transferOwnership(address candidate) external;
    /// @notice Accepts an offered ownership; only the candidate.
    function acceptOwnership() external;
}
