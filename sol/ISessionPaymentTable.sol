// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title SessionPaymentTable: what a task costs
/// @notice A list of price versions, and the models with their classes. Changes of either are announced: a quote holds until its `validUntil`
/// whatever the owner does, and no line of a price moves by more than a factor of two within a day. A version never changes; one that is not in effect yet can
/// be cancelled, and its number is not used again.
/// Constructor: (address owner, uint64 minDelaySecs). Errors: InputOutOfRange for a delay outside 86400..=604800, ZeroAddress.
/// @dev The formula, with rounding in the name, is `cor_core::money::pricing`. Amounts in COR wei, fractions in basis points. Model classes: 0 light, 1 standard, 2 heavy.
/// SLA tiers 0 low, 1 medium, 2 high. Consensus rules: 0 single, 1 majority, 2 unanimous. Priorities: 0 normal, 1 high, 2 urgent.
/// What nothing enforces yet is in the formula and is not sold: NotSold refuses it. The consensus rule is a name: the price depends on the replicas and
/// the quorum, which bind.
/// Between a version and the next each value moves by a factor of two at most, and so does each line, which several values make. `work` is the lines of miners,
/// validators and network: the greatest rises of (1) the prices of all classes, (2) slaBps, (3) consensusBps and quorumStepBps, (4) priorityBps and
/// (5) networkFeeBps, each at least 1, make at most 2 multiplied with each other, and so do the greatest falls. `gas` is the line of gas: likewise of
/// (1) settlementGasBase and settlementGasPerReplica and (2) gasPrice. What falls makes no room for what rises, as there are lines without it. So an owner may double
/// one of the five, or raise two by 41 %, three by 25 % or all by 14 %: more takes further versions, a day apart. Rebates are bound by the network line instead,
/// and are none for what is sold, so that no total of it moves further either. A line moves by more only by what it is rounded up to whole grains.
/// Safety: two versions are a day apart, and so are a version and the change of a model's class, and two such changes of one model; each is by a factor of two at
/// most. Classes of different models may change at the same time, as no price is of two models. Liveness: prices need no call to take effect; without the owner they
/// stay as they are. A quote reads at most one version for each day that one may be ahead, mostly none.
interface ISessionPaymentTable {
    /// @notice Everything a price depends on.
    struct QuoteInputs {
        uint64 modelIdentifier;
        uint16 executionDepth; // >= 1; sold: 1
        uint16 toolDepth; // sold: 0
        uint32 maxTokens; // most tokens of an answer, >= 1
        uint8 sla; // sold: 0
        uint8 validatorDepth; // sold: 0
        uint8 replicas; // odd, 1..=7
        uint8 consensusRule; // a name that the price does not depend on; 2 needs a quorum of 10000, unless there is one replica
        uint16 quorumBps; // share of the replicas asked for that must agree; 5001..=10000. A share that needs all of several replicas must be 10000
        uint8 priority; // sold: 0
        uint8 stakeTier; // index into stakeRebateBps; sold: 0
        uint8 volumeTier; // index into volumeRebateBps; sold: 0
    }

    /// @notice A price and the lines it is made of: total = miners + validators + network + gas - rebate. Each line is a whole number of grains of
    /// 1e9 wei, rounded up, the rebate down. What a task is quoted is what it is charged if it succeeds.
    struct Quote {
        uint64 version;
        uint128 perReplica; // paid to each agreeing miner; miners = perReplica * replicas
        uint128 miners;
        uint128 validators;
        uint128 network;
        uint128 gas;
        uint128 rebate;
        uint128 total;
        uint64 validUntil; // the last second in which the price is this, seconds since 1970: before the next version, the next change of the model, and timestamp + minDelaySecs; 0 from quoteAt
    }

    /// @notice Prices of one model class.
    struct ClassPrice {
        uint128 base; // a replica at execution depth 1
        uint128 step; // each further execution step; <= base, so that splitting is never cheaper
        uint128 tool; // each tool step
        uint128 token; // each 1000 tokens that an answer may have, in proportion, rounded up to a wei
        uint128 validator; // each validator step of each replica
    }

    /// @notice One version of the table.
    struct PriceVersion {
        uint64 effectiveAt; // seconds since 1970
        ClassPrice[3] classes;
        uint32[3] slaBps; // rising, 10000..=1000000
        uint32[3] consensusBps; // of one replica, of some of several, of all of several; rising, 10000..=1000000
        uint32[3] priorityBps; // rising, 10000..=1000000
        uint32 quorumStepBps; // added for each started 1000 bps of quorum above 5000 of several replicas; <= 1000000
        uint32 networkFeeBps; // <= 10000
        uint64 settlementGasBase; // gas units of settling a task
        uint64 settlementGasPerReplica; // further gas units for each replica
        uint128 gasPrice; // COR wei for one gas unit
        uint32[4] stakeRebateBps; // rising from 0; with volumeRebateBps at most 10000 * networkFeeBps / (10000 + networkFeeBps): never above the network line
        uint32[4] volumeRebateBps; // rising from 0. Tier 0 is the one that is sold, and is charged without a rebate: a quote with one would not be the charge
    }

    /// @notice A version was published.
    event VersionPublished(uint64 indexed version, uint64 effectiveAt);
    /// @notice A version was cancelled before it took effect. Its number is not used again.
    event VersionCancelled(uint64 indexed version);
    /// @notice A model is this from now on.
    event ModelSet(uint64 indexed modelIdentifier, uint8 class, bool enabled, bytes32 name);
    /// @notice A model is this from `effectiveAt` on, unless the change is cancelled before. No other event follows when its time has come.
    event ModelChangeScheduled(uint64 indexed modelIdentifier, uint8 class, bool enabled, bytes32 name, uint64 effectiveAt);
    /// @notice A change of a model was cancelled before it took effect.
    event ModelChangeCancelled(uint64 indexed modelIdentifier);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role that this function requires.
    error Unauthorized(address caller, address required);
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();
    /// @notice The model is unknown or out of service: ModelSet and ModelChangeScheduled events list those in service.
    error UnknownModel(uint64 modelIdentifier);
    /// @notice The version does not exist: numbers run from 1 to `latest`.
    error UnknownVersion(uint64 version, uint64 latest);
    /// @notice No version is effective yet; the first one is at `firstEffectiveAt` (0 if none is published).
    error NoPriceYet(uint64 timestamp, uint64 firstEffectiveAt);
    /// @notice An input is out of range. `field` is the ASCII name of the field, left-aligned.
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    /// @notice Replicas must be odd, or a tie could not be decided.
    error EvenReplicas(uint8 replicas);
    /// @notice What is asked for is not sold yet, as nothing would enforce it. `field` is the ASCII name of the field, left-aligned.
    error NotSold(bytes32 field, uint256 value);
    /// @notice A version must take effect at least `minDelaySecs` from now, and a day after the version before it and after every change of a model's class that
    /// is announced.
    error EffectiveTooSoon(uint64 effectiveAt, uint64 earliest);
    /// @notice A version must take effect within thirty days from now.
    error EffectiveTooLate(uint64 effectiveAt, uint64 latest);
    /// @notice The version was cancelled.
    error CancelledVersion(uint64 version);
    /// @notice The version took effect at `effectiveAt` and stays.
    error AlreadyEffective(uint64 version, uint64 effectiveAt);
    /// @notice A change of the model is announced for `effectiveAt`: one at a time.
    error ModelChangePending(uint64 modelIdentifier, uint64 effectiveAt);
    /// @notice No change of the model is announced.
    error NoModelChange(uint64 modelIdentifier);
    /// @notice A value may at most double or halve between versions, or between the classes of a model, and zero stays zero; between versions so may each line.
    /// Rebates are exempt. `field` is the ASCII name, left-aligned: of a value, or `work` or `gas`. Of these `previous` and `next` are in millionths of the lesser
    /// one, rounded up: 1000000 and 4000000 is a line that may rise to four times.
    error ChangeTooLarge(bytes32 field, uint256 previous, uint256 next);
    /// @notice A value of the version is invalid: order, minimum, a rebate of tier 0, or one above the network line.
    error InvalidPrice(bytes32 field, uint256 value, uint256 bound);
    /// @notice The price does not fit 128 bits.
    error PriceOverflow();

    /// @notice Price of a task by the version in effect now, which holds until `validUntil`. Never zero for a known model.
    /// @param inputs What the price depends on.
    /// @return result The price in lines.
    /// @dev Errors: NoPriceYet, UnknownModel, InputOutOfRange, EvenReplicas, NotSold, PriceOverflow.
    function quote(QuoteInputs calldata inputs) external view returns (Quote memory result);

    /// @notice The price of a task of a lane by the version in effect now, in one word.
    /// @param terms Terms of a session, as in ILane: of them model, maxTokens, replicas, quorumBps and what is behind the phases.
    /// @return word perReplica 64 | network 64 | gas 64 | version 32 | validUntil 32, lines in grains of 1e9 wei; perReplica x replicas + network + gas is the total of quote.
    /// @dev Errors: those of quote; PriceOverflow also for a line of 64 bits of grains and more, and for a version of 32 bits and more.
    function tariff(bytes32 terms) external view returns (bytes32 word);

    /// @notice Price of a task by a given version, in effect or not, and by the class that the model has now: a reckoning, and no offer.
    /// @param version From 1 on.
    /// @param inputs What the price depends on.
    /// @return result The price in lines, without an end.
    /// @dev Errors: UnknownVersion, CancelledVersion, UnknownModel, InputOutOfRange, EvenReplicas, NotSold, PriceOverflow.
    function quoteAt(uint64 version, QuoteInputs calldata inputs) external view returns (Quote memory result);

    /// @notice Publishes the next version. The very first may take effect at once. Owner only.
    /// @param price The version; each `base` above zero.
    /// @return version Its number.
    /// @dev Errors: Unauthorized, InvalidPrice, EffectiveTooSoon, EffectiveTooLate, ChangeTooLarge. Events: VersionPublished.
    function publish(PriceVersion calldata price) external returns (uint64 version);

    /// @notice Cancels a version that is not in effect yet, and all after it, whose changes were measured against it. Owner only.
    /// @param version From 1 on.
    /// @dev Errors: Unauthorized, UnknownVersion, CancelledVersion, AlreadyEffective. Events: VersionCancelled for each, the last first.
    function cancelVersion(uint64 version) external;

    /// @notice A version as published.
    /// @param version From 1 on.
    /// @return price The version.
    /// @dev Errors: UnknownVersion, CancelledVersion.
    function getVersion(uint64 version) external view returns (PriceVersion memory price);

    /// @notice Number of the version in effect now.
    /// @return version From 1 on.
    /// @dev Errors: NoPriceYet.
    function currentVersion() external view returns (uint64 version);

    /// @notice Number of the last version published, cancelled or not.
    /// @return version 0 if none.
    function latestVersion() external view returns (uint64 version);

    /// @notice How long a quote holds at most, and the least time between the announcement of a change and its effect.
    /// @return secs Seconds.
    function minDelaySecs() external view returns (uint64 secs);

    /// @notice Puts a model into a class, or takes it out of service. Owner only.
    ///
    /// A new model, a new name, and the return of a model in the class it had take effect at once; so does everything while no version is in effect. A
    /// model goes out of service after `minDelaySecs`. Another class takes effect after `minDelaySecs` and a day after the last version, and is a change of
    /// price: by each version that may be in effect then, the model's prices at most double or halve. One change of a model is announced at a time, and another class
    /// for at most 32 models, or InputOutOfRange has the field `classChanges`. No version takes effect within a day after one, unless it is cancelled.
    /// @param modelIdentifier The model.
    /// @param class 0 light, 1 standard, 2 heavy; of a model that goes out of service, the one it has.
    /// @param enabled Whether it is in service.
    /// @param name Free text for readers, ASCII, left-aligned.
    /// @dev Errors: Unauthorized, InputOutOfRange, UnknownModel for an unknown one that is to go, ModelChangePending, ChangeTooLarge. Events: ModelSet or ModelChangeScheduled.
    function setModel(uint64 modelIdentifier, uint8 class, bool enabled, bytes32 name) external;

    /// @notice Cancels the change of a model that is announced and not in effect yet. Owner only.
    /// @param modelIdentifier The model.
    /// @dev Errors: Unauthorized, NoModelChange. Events: ModelChangeCancelled.
    function cancelModelChange(uint64 modelIdentifier) external;

    /// @notice The change of a model that is announced and not in effect yet; all zero if there is none.
    /// @param modelIdentifier The model.
    /// @return effectiveAt When it takes effect, seconds since 1970.
    /// @return class 0 light, 1 standard, 2 heavy.
    /// @return enabled Whether it will be in service.
    /// @return name Its name then.
    function getModelChange(uint64 modelIdentifier) external view returns (uint64 effectiveAt, uint8 class, bool enabled, bytes32 name);

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
