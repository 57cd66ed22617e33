// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title SessionQueue: sessions, tasks, and the on-chain lane of commit-reveal
/// @notice create -> submit -> assignTask -> ack -> precommit -> commit -> end. Each phase has a deadline; once it has passed, anyone may close it.
/// @dev Phases: 0 none, 1 queued, 2 ack, 3 precommit, 4 commit, 5 ended. A phase closes by itself with the last message it waits for.
/// Status of an ended task: 0 open, 1 completed, 2 no quorum, 3 expired (never assigned).
/// Outcome of a replica: 0 pending, 1 agreed, 2 outlier (also: revealed, but there is no result), 3 no ack, 4 no precommit, 5 no reveal,
/// 6 bad reveal. A replica stays pending if the task ended without a result before the miner's time was over: nobody is punished then.
/// Answer kinds: 0 text, 1 verdict, 2 json, 3 number.
///
/// commitment = keccak256(abi.encode(DOMAIN, chainid, this, taskId, replica, miner, registrationEpoch, resultDigest, salt)), DOMAIN =
/// keccak256("Cortensor.Commitment.v1"), integers as uint256. It is bound to the miner and salted, so it can be neither guessed nor copied.
///
/// Signed messages are EIP-712 over the domain ("Cortensor SessionQueue", "1", chainid, this): Ack(uint64 taskId,address miner),
/// Precommit(uint64 taskId,address miner,bytes32 commitment), Commit(uint64 taskId,address miner,bytes32 resultDigest,bytes32 salt).
/// A signature is valid for its task only, so it needs no nonce: each message can take effect once.
///
/// Storage is what a task costs most, so a task keeps what the contract itself needs; the log has the rest: prompt digest and URN
/// (TaskQueued), time of each message (the block of TaskAcked, TaskPrecommitted, TaskCommitted), salts, and commitments once revealed.
///
/// Safety: end pays and refunds in one call through SessionPayment; a task ends once. Liveness: with no help from keeper or miners a task ends at
/// the latest at the deadline of its phase by a call of anyone, and the payer has all but the capped gas line back. Pausing stops create and submit only.
interface ISessionQueue {
    /// @notice Terms of a session, fixed at creation.
    struct SessionParams {
        uint64 modelIdentifier;
        uint16 executionDepth;
        uint16 toolDepth;
        uint8 sla;
        uint8 validatorDepth; // must be 0 here: the on-chain lane has no validators yet
        uint8 redundant; // replicas of each task, odd, 1..=7
        uint8 consensusRule;
        uint16 quorumBps;
        uint8 priority;
        uint32 assignSecs; // from submit to assignment
        uint32 ackSecs;
        uint32 precommitSecs;
        uint32 commitSecs;
        bytes32 metadata; // free, for the owner
    }

    /// @notice A session.
    struct SessionView {
        address owner;
        bool active;
        uint64 taskCount;
        SessionParams params;
    }

    /// @notice One miner's part in a task.
    struct Replica {
        address miner;
        uint64 registrationEpoch;
        uint8 outcome;
        uint8 messages; // that took effect: 0 none, 1 ack, 2 precommit, 3 commit
        bytes32 commitment; // zero before the precommit, and again after the reveal
        bytes32 resultDigest; // zero before the reveal
    }

    /// @notice A task.
    struct TaskView {
        uint64 sessionId;
        address payer;
        address keeper; // who assigned it
        uint8 phase;
        uint8 status;
        uint8 answerKind;
        uint32 maxTokens;
        uint64 submittedAt;
        uint64 deadline; // of the present phase, seconds since 1970; 0 once ended
        uint64 endedAt; // 0 until ended
        bytes32 resultDigest; // of the winner, zero if none
        Replica[] replicas;
    }

    /// @notice A session was created.
    event SessionCreated(uint64 indexed sessionId, address indexed owner, uint64 modelIdentifier, uint8 redundant);
    /// @notice A session takes no more tasks.
    event SessionDeactivated(uint64 indexed sessionId);
    /// @notice A task was submitted and its price reserved. The prompt's text is found under `promptUrn` and must hash (keccak256) to `promptDigest`.
    event TaskQueued(uint64 indexed sessionId, uint64 indexed taskId, address indexed payer, bytes32 promptDigest, string promptUrn, uint8 answerKind, uint32 maxTokens, uint64 deadline, bytes32 clientReference);
    /// @notice Miners were assigned; replica i is miners[i].
    event TaskAssigned(uint64 indexed sessionId, uint64 indexed taskId, address indexed keeper, address[] miners, uint64[] registrationEpochs, uint64 deadline);
    /// @notice A miner took the task.
    event TaskAcked(uint64 indexed taskId, address indexed miner);
    /// @notice The precommit or the commit phase began; `deadline` is its end. The phases before are announced by TaskQueued and TaskAssigned.
    event PhaseChanged(uint64 indexed taskId, uint8 phase, uint64 deadline);
    /// @notice A miner committed itself to an answer.
    event TaskPrecommitted(uint64 indexed taskId, address indexed miner, bytes32 commitment);
    /// @notice A miner revealed what it had committed to.
    event TaskCommitted(uint64 indexed taskId, address indexed miner, bytes32 resultDigest, bytes32 salt);
    /// @notice A signed reveal that does not open the miner's commitment was shown: the miner is out, and slashed when the task ends.
    event BadReveal(uint64 indexed taskId, address indexed miner, bytes32 resultDigest, bytes32 salt);
    /// @notice Enough miners agree: the outcome can no longer change.
    event TaskDecided(uint64 indexed taskId, bytes32 resultDigest, uint8 votes);
    /// @notice A task ended. outcomes[i] belongs to replica i.
    event TaskEnded(uint64 indexed sessionId, uint64 indexed taskId, uint8 status, bytes32 resultDigest, address[] miners, uint8[] outcomes);
    /// @notice `keeper` may (not) assign tasks.
    event KeeperSet(address indexed keeper, bool enabled);
    /// @notice create and submit were stopped or allowed again.
    event PauseSet(bool paused);
    /// @notice The guardian, who may pause, changed.
    event GuardianSet(address indexed guardian);
    /// @notice Stake penalties changed, COR wei.
    event PenaltiesSet(uint128 noReveal, uint128 badReveal);
    /// @notice The contract's peers were set.
    event Wired(address sessionPayment, address nodePool, address staking, address table);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role this function wants.
    error Unauthorized(address caller, address required);
    /// @notice The zero address is not a valid argument.
    error ZeroAddress();
    /// @notice create and submit are paused; everything that gives money back works.
    error Paused();
    /// @notice No such session; sessions run from 1 to `latest`.
    error UnknownSession(uint64 sessionId, uint64 latest);
    /// @notice The session takes no more tasks.
    error SessionInactive(uint64 sessionId);
    /// @notice No such task; tasks run from 1 to `latest`.
    error UnknownTask(uint64 taskId, uint64 latest);
    /// @notice An input is outside its range. `field` is the ASCII name, left-aligned.
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    /// @notice Replicas must be odd, or a tie could not be decided.
    error EvenReplicas(uint8 replicas);
    /// @notice The function belongs to another phase.
    error WrongPhase(uint64 taskId, uint8 phase, uint8 wanted);
    /// @notice The phase's deadline has passed: anyone may close it now.
    error DeadlinePassed(uint64 taskId, uint64 deadline, uint64 timestamp);
    /// @notice The phase can only be closed from `deadline` on.
    error DeadlineNotReached(uint64 taskId, uint64 deadline, uint64 timestamp);
    /// @notice The task has ended.
    error TaskAlreadyEnded(uint64 taskId, uint8 status);
    /// @notice Exactly `wanted` miners must be assigned.
    error WrongMinerCount(uint64 taskId, uint64 given, uint8 wanted);
    /// @notice The account is not a miner of this task.
    error NotAssigned(uint64 taskId, address account);
    /// @notice The miner did this already.
    error AlreadyDone(uint64 taskId, address miner);
    /// @notice The miner did not take part in the phase before.
    error MissedPhase(uint64 taskId, address miner, uint8 phase);
    /// @notice The zero hash is not a commitment.
    error EmptyCommitment(uint64 taskId, address miner);
    /// @notice Digest and salt do not open the commitment: check the salt, the replica index, the registration epoch and the chain.
    error RevealMismatch(uint64 taskId, address miner, bytes32 committed, bytes32 computed);
    /// @notice The reveal opens the commitment, so there is nothing to report.
    error RevealIsGood(uint64 taskId, address miner);
    /// @notice The signature is not by `expected`: wrong key, other chain, other contract, or other contents.
    error InvalidSignature(address signer, address expected);
    /// @notice The lists must have the same length, 1..=limit.
    error LengthMismatch(uint64 left, uint64 right, uint64 limit);

    /// @notice Opens a session. Phases last 1 s to 7 days each. Reverts with InputOutOfRange, EvenReplicas, Paused, or the errors of
    /// SessionPaymentTable.quote as they are: a session whose tasks have no price now is not opened.
    function create(SessionParams calldata params) external returns (uint64 sessionId);
    /// @notice Ends a session; its owner only. Open tasks go on.
    function deactivateSession(uint64 sessionId) external;
    /// @notice Submits a task and reserves its price from the caller's prepaid balance; session owner only. `promptUrn` has at most 256 bytes,
    /// `maxTokens` is at least 1.
    /// Reverts with the errors of SessionPayment.reserve as they are.
    function submit(uint64 sessionId, bytes32 promptDigest, string calldata promptUrn, uint8 answerKind, uint32 maxTokens, uint128 maxCharge, bytes32 clientReference) external returns (uint64 taskId);
    /// @notice Assigns `redundant` different, eligible miners of different operators; keepers only. Reverts with NodePool's NotEligible as it is.
    function assignTask(uint64 taskId, address[] calldata miners) external;
    /// @notice The caller takes its replica.
    function ack(uint64 taskId) external;
    /// @notice The same by signatures of the miners; anyone may send it. Messages that already took effect are skipped, so a retry is safe.
    function ackBySig(uint64 taskId, address[] calldata miners, bytes[] calldata signatures) external;
    /// @notice The caller commits itself to an answer.
    function precommit(uint64 taskId, bytes32 commitment) external;
    /// @notice The same by signatures; anyone may send it. Messages that already took effect are skipped; another commitment than the first
    /// reverts until the reveal, after which it is skipped.
    function precommitBySig(uint64 taskId, address[] calldata miners, bytes32[] calldata commitments, bytes[] calldata signatures) external;
    /// @notice The caller reveals what it committed to.
    function commit(uint64 taskId, bytes32 resultDigest, bytes32 salt) external;
    /// @notice The same by signatures; anyone may send it. Messages that already took effect are skipped; another digest than the first reverts.
    function commitBySig(uint64 taskId, address[] calldata miners, bytes32[] calldata resultDigests, bytes32[] calldata salts, bytes[] calldata signatures) external;
    /// @notice Shows a reveal signed by the miner that does not open its commitment; anyone. The miner is out and slashed at the end.
    function reportBadReveal(uint64 taskId, address miner, bytes32 resultDigest, bytes32 salt, bytes calldata signature) external;
    /// @notice Closes the ack phase after its deadline; anyone.
    function endAck(uint64 taskId) external;
    /// @notice Closes the precommit phase after its deadline; anyone.
    function endPrecommit(uint64 taskId) external;
    /// @notice Ends the task: when all reveals are in, when too few are left for a quorum, or after the deadline of its phase; anyone. Pays, refunds, releases, slashes.
    function end(uint64 taskId) external returns (uint8 status);
    /// @notice Whether a task can be ended, or its phase closed, now: 0 no, 1 endAck, 2 endPrecommit, 3 end.
    function closable(uint64 taskId) external view returns (uint8 action);
    /// @notice A task with its replicas.
    function getTask(uint64 taskId) external view returns (TaskView memory task);
    /// @notice A session.
    function getSession(uint64 sessionId) external view returns (SessionView memory session);
    /// @notice Number of sessions; the last has this id.
    function sessionCount() external view returns (uint64 count);
    /// @notice Number of tasks; the last has this id.
    function taskCount() external view returns (uint64 count);
    /// @notice The commitment of a miner to an answer, as the contract computes it.
    function commitmentOf(uint64 taskId, address miner, bytes32 resultDigest, bytes32 salt) external view returns (bytes32 commitment);
    /// @notice EIP-712 domain separator.
    function DOMAIN_SEPARATOR() external view returns (bytes32 value);
    /// @notice Whether `account` may assign tasks.
    function isKeeper(address account) external view returns (bool enabled);
    /// @notice Names or removes a keeper; owner only.
    function setKeeper(address keeper, bool enabled) external;
    /// @notice Sets the stake penalties; owner only.
    function setPenalties(uint128 noReveal, uint128 badReveal) external;
    /// @notice Stake penalties in COR wei.
    function penalties() external view returns (uint128 noReveal, uint128 badReveal);
    /// @notice Who may pause besides the owner.
    function guardian() external view returns (address account);
    /// @notice Sets the guardian; owner only.
    function setGuardian(address account) external;
    /// @notice Stops or allows create and submit. Guardian or owner stops; only the owner allows again.
    function setPaused(bool paused) external;
    /// @notice Whether create and submit are stopped.
    function paused() external view returns (bool stopped);
    /// @notice Sets the peers; owner only.
    function wire(address sessionPayment, address nodePool, address staking, address table) external;
    /// @notice Present owner.
    function owner() external view returns (address current);
    /// @notice Offers ownership; owner only.
    function transferOwnership(address candidate) external;
    /// @notice Accepts an offered ownership; only the candidate.
    function acceptOwnership() external;
}
