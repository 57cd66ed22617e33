// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title SessionPaymentTable: what a task costs
/// @notice A list of price versions. A version is published ahead of time, changes each price by at most a factor of two, and never changes once effective.
/// Constructor: (address owner, uint64 minDelaySecs).
/// @dev The formula, with rounding in the name, is `cor_core::money::pricing`. Amounts in COR wei, fractions in basis points. Model classes: 0 light, 1 standard, 2 heavy.
/// SLA tiers 0 low, 1 medium, 2 high. Consensus rules: 0 single, 1 majority, 2 unanimous. Priorities: 0 normal, 1 high, 2 urgent.
interface ISessionPaymentTable {
    /// @notice Everything a price depends on.
    struct QuoteInputs {
        uint64 modelIdentifier;
        uint16 executionDepth; // >= 1
        uint16 toolDepth;
        uint8 sla;
        uint8 validatorDepth;
        uint8 replicas; // odd, 1..=7
        uint8 consensusRule;
        uint16 quorumBps; // share of the replicas asked for that must agree; 5001..=10000
        uint8 priority;
        uint8 stakeTier; // index into stakeRebateBps
        uint8 volumeTier; // index into volumeRebateBps
    }

    /// @notice A price and the lines it is made of: total = miners + validators + network + gas - rebate.
    struct Quote {
        uint64 version;
        uint128 perReplica; // paid to each agreeing miner; miners = perReplica * replicas
        uint128 miners;
        uint128 validators;
        uint128 network;
        uint128 gas;
        uint128 rebate;
        uint128 total;
        uint64 validUntil; // seconds since 1970: when the next version takes effect, else when one published from now on could: timestamp + minDelaySecs
    }

    /// @notice Prices of one model class.
    struct ClassPrice {
        uint128 base; // a replica at execution depth 1
        uint128 step; // each further execution step; <= base, so that splitting is never cheaper
        uint128 tool; // each tool step
        uint128 validator; // each validator step of each replica
    }

    /// @notice One version of the table.
    struct PriceVersion {
        uint64 effectiveAt; // seconds since 1970
        ClassPrice[3] classes;
        uint32[3] slaBps; // rising, 10000..=1000000
        uint32[3] consensusBps; // rising, 10000..=1000000
        uint32[3] priorityBps; // rising, 10000..=1000000
        uint32 quorumStepBps; // added for each started 1000 bps of quorum above 5000; <= 1000000
        uint32 networkFeeBps; // <= 10000
        uint64 settlementGasBase; // gas units of settling a task
        uint64 settlementGasPerReplica; // further gas units for each replica
        uint128 gasPrice; // COR wei for one gas unit
        uint32[4] stakeRebateBps; // rising; with volumeRebateBps at most 10000 * networkFeeBps / (10000 + networkFeeBps): never above the network line
        uint32[4] volumeRebateBps; // rising
    }

    /// @notice A version was published.
    event VersionPublished(uint64 indexed version, uint64 effectiveAt);
    /// @notice A model was put into a class or taken out of service.
    event ModelSet(uint64 indexed modelIdentifier, uint8 class, bool enabled, bytes32 name);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role that this function requires.
    error Unauthorized(address caller, address required);
    /// @notice The model is unknown or out of service: ModelSet events list those in service.
    error UnknownModel(uint64 modelIdentifier);
    /// @notice The version does not exist: numbers run from 1 to `latest`.
    error UnknownVersion(uint64 version, uint64 latest);
    /// @notice No version is effective yet; the first one is at `firstEffectiveAt` (0 if none is published).
    error NoPriceYet(uint64 timestamp, uint64 firstEffectiveAt);
    /// @notice An input is out of range. `field` is the ASCII name of the field, left-aligned.
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    /// @notice Replicas must be odd, or a tie could not be decided.
    error EvenReplicas(uint8 replicas);
    /// @notice A version must take effect at least `minDelaySecs` from now and after the version before it.
    error EffectiveTooSoon(uint64 effectiveAt, uint64 earliest);
    /// @notice A value may at most double or halve between versions, and zero stays zero. Rebates are exempt. `field` is the ASCII
    /// name, left-aligned.
    error ChangeTooLarge(bytes32 field, uint256 previous, uint256 next);
    /// @notice A value of the version is invalid: order, minimum, or a rebate above the network line.
    error InvalidPrice(bytes32 field, uint256 value, uint256 bound);
    /// @notice The price does not fit 128 bits.
    error PriceOverflow();

    /// @notice Price of a task by the version in effect now. Never zero for a known model.
    /// @param inputs What the price depends on.
    /// @return result The price in lines.
    /// @dev Errors: NoPriceYet, UnknownModel, InputOutOfRange, EvenReplicas, PriceOverflow.
    function quote(QuoteInputs calldata inputs) external view returns (Quote memory result);

    /// @notice Price of a task by a given version, in effect or not.
    /// @param version From 1 on.
    /// @param inputs What the price depends on.
    /// @return result The price in lines.
    /// @dev Errors: UnknownVersion, UnknownModel, InputOutOfRange, EvenReplicas, PriceOverflow.
    function quoteAt(uint64 version, QuoteInputs calldata inputs) external view returns (Quote memory result);

    /// @notice Publishes the next version. The very first may take effect at once. Owner only.
    /// @param price The version; each `base` above zero.
    /// @return version Its number.
    /// @dev Errors: Unauthorized, InvalidPrice, EffectiveTooSoon, ChangeTooLarge. Events: VersionPublished.
    function publish(PriceVersion calldata price) external returns (uint64 version);

    /// @notice A version as published.
    /// @param version From 1 on.
    /// @return price The version.
    /// @dev Errors: UnknownVersion.
    function getVersion(uint64 version) external view returns (PriceVersion memory price);

    /// @notice Number of the version in effect now.
    /// @return version From 1 on.
    /// @dev Errors: NoPriceYet.
    function currentVersion() external view returns (uint64 version);

    /// @notice Number of the last version published.
    /// @return version 0 if none.
    function latestVersion() external view returns (uint64 version);

    /// @notice Least time between the publication of a version and its effect.
    /// @return secs Seconds.
    function minDelaySecs() external view returns (uint64 secs);

    /// @notice Puts a model into a class, or takes it out of service. Owner only.
    /// @param modelIdentifier The model.
    /// @param class 0 light, 1 standard, 2 heavy.
    /// @param enabled Whether it is in service.
    /// @param name Free text for readers, ASCII, left-aligned.
    /// @dev Errors: Unauthorized, InputOutOfRange. Events: ModelSet.
    function setModel(uint64 modelIdentifier, uint8 class, bool enabled, bytes32 name) external;

    /// @notice Class and name of a model in service.
    /// @param modelIdentifier The model.
    /// @return class 0 light, 1 standard, 2 heavy.
    /// @return name As set.
    /// @dev Errors: UnknownModel.
    function getModel(uint64 modelIdentifier) external view returns (uint8 class, bytes32 name);

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
