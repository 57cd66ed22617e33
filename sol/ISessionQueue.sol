// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title SessionQueue: sessions, tasks, and the on-chain lane of commit-reveal
/// @notice create -> submit -> assignTask -> ack -> precommit -> commit -> end. Each phase has a deadline; once it has passed, anyone may close it.
/// @dev Phases: 0 none, 1 queued, 2 ack, 3 precommit, 4 commit, 5 ended. Ack and precommit close with the last message they wait for, or by
/// anyone after their deadline; commit is closed by `end`.
/// Status of an ended task: 0 open, 1 completed, 2 no quorum, 3 expired (never assigned).
/// Outcome of a replica: 0 pending, 1 agreed, 2 outlier (also: revealed, but there is no result), 3 no ack, 4 no precommit, 5 no reveal,
/// 6 bad reveal. A replica stays pending if the task ended without a result before the miner's time was over: nobody is punished then.
/// Answer kinds: 0 text, 1 verdict, 2 json, 3 number. SLA tiers, consensus rules and priorities are numbered in ISessionPaymentTable.
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
/// the latest at its last deadline by a call of anyone, and the payer has all but the capped gas line back. Pausing stops create and submit only.
interface ISessionQueue {
    /// @notice Terms of a session, fixed at creation. What is not explained here is as in QuoteInputs of ISessionPaymentTable. Times in seconds.
    struct SessionParams {
        uint64 modelIdentifier;
        uint16 executionDepth; // >= 1
        uint16 toolDepth;
        uint8 sla;
        uint8 validatorDepth; // must be 0 here: the on-chain lane has no validators yet
        uint8 redundant; // replicas of each task, odd, 1..=7
        uint8 consensusRule;
        uint16 quorumBps; // share of the replicas asked for that must agree; 5001..=10000
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
        uint64 submittedAt; // seconds since 1970
        uint64 deadline; // of the present phase, seconds since 1970; 0 once ended
        uint64 endedAt; // seconds since 1970; 0 until ended
        bytes32 resultDigest; // of the winner, zero if none
        Replica[] replicas;
    }

    /// @notice A session was created.
    event SessionCreated(uint64 indexed sessionId, address indexed owner, uint64 modelIdentifier, uint8 redundant);
    /// @notice A session was deactivated: it takes no more tasks.
    event SessionDeactivated(uint64 indexed sessionId);
    /// @notice A task was submitted and its price reserved. The prompt's text is found under `promptUrn` and must hash (keccak256) to `promptDigest`.
    event TaskQueued(uint64 indexed sessionId, uint64 indexed taskId, address indexed payer, bytes32 promptDigest, string promptUrn, uint8 answerKind, uint32 maxTokens, uint64 deadline, bytes32 clientReference);
    /// @notice Miners were assigned; replica i is miners[i].
    event TaskAssigned(uint64 indexed sessionId, uint64 indexed taskId, address indexed keeper, address[] miners, uint64[] registrationEpochs, uint64 deadline);
    /// @notice A miner accepted its replica.
    event TaskAcked(uint64 indexed taskId, address indexed miner);
    /// @notice The precommit or the commit phase began; `deadline` is its end. The phases before are announced by TaskQueued and TaskAssigned.
    event PhaseChanged(uint64 indexed taskId, uint8 phase, uint64 deadline);
    /// @notice A miner committed itself to an answer.
    event TaskPrecommitted(uint64 indexed taskId, address indexed miner, bytes32 commitment);
    /// @notice A miner revealed the answer that it was committed to.
    event TaskCommitted(uint64 indexed taskId, address indexed miner, bytes32 resultDigest, bytes32 salt);
    /// @notice A signed reveal that does not open the miner's commitment was reported: the miner is out, and slashed when the task ends.
    event BadReveal(uint64 indexed taskId, address indexed miner, bytes32 resultDigest, bytes32 salt);
    /// @notice Enough miners agree: the outcome can no longer change.
    event TaskDecided(uint64 indexed taskId, bytes32 resultDigest, uint8 votes);
    /// @notice A task ended. outcomes[i] belongs to replica i.
    event TaskEnded(uint64 indexed sessionId, uint64 indexed taskId, uint8 status, bytes32 resultDigest, address[] miners, uint8[] outcomes);
    /// @notice A keeper was enabled or disabled.
    event KeeperSet(address indexed keeper, bool enabled);
    /// @notice create and submit were paused or unpaused.
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

    /// @notice `caller` does not hold the role that this function requires.
    error Unauthorized(address caller, address required);
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();
    /// @notice create and submit are paused. Withdrawals, refunds and ends are not.
    error Paused();
    /// @notice The session does not exist: ids run from 1 to `latest`.
    error UnknownSession(uint64 sessionId, uint64 latest);
    /// @notice The session is deactivated: it takes no more tasks.
    error SessionInactive(uint64 sessionId);
    /// @notice The task does not exist: ids run from 1 to `latest`.
    error UnknownTask(uint64 taskId, uint64 latest);
    /// @notice An input is out of range. `field` is the ASCII name, left-aligned.
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
    /// @notice The miner has already done this.
    error AlreadyDone(uint64 taskId, address miner);
    /// @notice The miner missed an earlier phase.
    error MissedPhase(uint64 taskId, address miner, uint8 phase);
    /// @notice The zero hash is an invalid commitment.
    error EmptyCommitment(uint64 taskId, address miner);
    /// @notice Digest and salt do not open the commitment: check the salt, the replica index, the registration epoch and the chain.
    error RevealMismatch(uint64 taskId, address miner, bytes32 committed, bytes32 computed);
    /// @notice The reveal opens the commitment: there is nothing to report.
    error RevealIsGood(uint64 taskId, address miner);
    /// @notice The signature is invalid, and `signer` zero, or not by `expected`: wrong key, chain, contract or contents.
    error InvalidSignature(address signer, address expected);
    /// @notice The lists must have the same length, 1 to `limit`.
    error LengthMismatch(uint64 left, uint64 right, uint64 limit);

    /// @notice Opens a session. Miners are waited for 1 second to 7 days; each later phase, in which they owe something, lasts 1 second to a day, so
    /// that stake which begins to leave after they were assigned is there until the task ends, if anyone brings it on. A session whose tasks have no price now is refused.
    /// @param params The terms.
    /// @return sessionId From 1 on.
    /// @dev Errors: Paused, InputOutOfRange, EvenReplicas, the errors of SessionPaymentTable.quote, passed through. Events: SessionCreated.
    function create(SessionParams calldata params) external returns (uint64 sessionId);

    /// @notice Ends a session. Its open tasks go on. Session owner only.
    /// @param sessionId The session.
    /// @dev Errors: UnknownSession, Unauthorized, SessionInactive. Events: SessionDeactivated.
    function deactivateSession(uint64 sessionId) external;

    /// @notice Submits a task, and takes its price from the caller's prepaid balance into escrow. Session owner only.
    /// @param sessionId The session.
    /// @param promptDigest keccak256 of the prompt.
    /// @param promptUrn Where the prompt is found, at most 256 bytes.
    /// @param answerKind 0 text, 1 verdict, 2 json, 3 number.
    /// @param maxTokens Most tokens of an answer, at least 1.
    /// @param maxCharge Most to pay, COR wei.
    /// @param clientReference Free, for the caller.
    /// @return taskId From 1 on.
    /// @dev Errors: Paused, UnknownSession, Unauthorized, SessionInactive, InputOutOfRange, the errors of SessionPayment.reserve, passed
    /// through. Events: TaskQueued.
    function submit(uint64 sessionId, bytes32 promptDigest, string calldata promptUrn, uint8 answerKind, uint32 maxTokens, uint128 maxCharge, bytes32 clientReference) external returns (uint64 taskId);

    /// @notice Assigns the miners of a task: `redundant` different, eligible ones of different operators. Keepers only.
    /// @param taskId The task.
    /// @param miners Replica i is miners[i].
    /// @dev Errors: Unauthorized, UnknownTask, WrongPhase, TaskAlreadyEnded, DeadlinePassed, WrongMinerCount, NotEligible of NodePool,
    /// passed through. Events: TaskAssigned.
    function assignTask(uint64 taskId, address[] calldata miners) external;

    /// @notice Accepts the caller's replica. Miners of the task only.
    /// @param taskId The task.
    /// @dev Errors: UnknownTask, NotAssigned, WrongPhase, TaskAlreadyEnded, DeadlinePassed, AlreadyDone. Events: TaskAcked, PhaseChanged
    /// with the last one.
    function ack(uint64 taskId) external;

    /// @notice Accepts replicas by signatures of their miners. Anyone may send it. Messages that took effect before are skipped, so a retry
    /// is safe.
    /// @param taskId The task.
    /// @param miners Who signed.
    /// @param signatures 65 bytes each, r, s, v.
    /// @dev Errors: LengthMismatch, InvalidSignature, those of ack. Events: TaskAcked for each, PhaseChanged with the last one.
    function ackBySig(uint64 taskId, address[] calldata miners, bytes[] calldata signatures) external;

    /// @notice Commits the caller to an answer that nobody can read yet. Miners of the task only.
    /// @param taskId The task.
    /// @param commitment See commitmentOf.
    /// @dev Errors: UnknownTask, NotAssigned, WrongPhase, TaskAlreadyEnded, DeadlinePassed, MissedPhase, AlreadyDone, EmptyCommitment.
    /// Events: TaskPrecommitted, PhaseChanged with the last one.
    function precommit(uint64 taskId, bytes32 commitment) external;

    /// @notice Commits miners to answers by their signatures. Anyone may send it. Messages that took effect before are skipped. A second,
    /// different commitment reverts until the reveal, and is skipped after it.
    /// @param taskId The task.
    /// @param miners Who signed.
    /// @param commitments Of each miner.
    /// @param signatures 65 bytes each, r, s, v.
    /// @dev Errors: LengthMismatch, InvalidSignature, those of precommit. Events: TaskPrecommitted for each, PhaseChanged with the last
    /// one.
    function precommitBySig(uint64 taskId, address[] calldata miners, bytes32[] calldata commitments, bytes[] calldata signatures) external;

    /// @notice Reveals the answer that the caller is committed to. Miners of the task only.
    /// @param taskId The task.
    /// @param resultDigest Of the answer.
    /// @param salt Of the commitment.
    /// @dev Errors: UnknownTask, NotAssigned, WrongPhase, TaskAlreadyEnded, DeadlinePassed, MissedPhase, AlreadyDone, RevealMismatch.
    /// Events: TaskCommitted, TaskDecided with the one that decides.
    function commit(uint64 taskId, bytes32 resultDigest, bytes32 salt) external;

    /// @notice Reveals answers by signatures of their miners. Anyone may send it. Messages that took effect before are skipped; a second,
    /// different digest reverts.
    /// @param taskId The task.
    /// @param miners Who signed.
    /// @param resultDigests Of each answer.
    /// @param salts Of each commitment.
    /// @param signatures 65 bytes each, r, s, v.
    /// @dev Errors: LengthMismatch, InvalidSignature, those of commit. Events: TaskCommitted for each, TaskDecided with the one that
    /// decides.
    function commitBySig(uint64 taskId, address[] calldata miners, bytes32[] calldata resultDigests, bytes32[] calldata salts, bytes[] calldata signatures) external;

    /// @notice Reports a signed reveal that does not open its miner's commitment. Anyone may call. The miner is out, and slashed at the end
    /// of the task.
    /// @param taskId The task.
    /// @param miner Who signed.
    /// @param resultDigest As signed.
    /// @param salt As signed.
    /// @param signature 65 bytes, r, s, v.
    /// @dev Errors: UnknownTask, NotAssigned, InvalidSignature, WrongPhase, TaskAlreadyEnded, MissedPhase, AlreadyDone, RevealIsGood.
    /// Events: BadReveal.
    function reportBadReveal(uint64 taskId, address miner, bytes32 resultDigest, bytes32 salt, bytes calldata signature) external;

    /// @notice Closes the ack phase from its deadline on. Anyone may call.
    /// @param taskId The task.
    /// @dev Errors: UnknownTask, WrongPhase, TaskAlreadyEnded, DeadlineNotReached. Events: PhaseChanged.
    function endAck(uint64 taskId) external;

    /// @notice Closes the precommit phase from its deadline on. Anyone may call.
    /// @param taskId The task.
    /// @dev Errors: UnknownTask, WrongPhase, TaskAlreadyEnded, DeadlineNotReached. Events: PhaseChanged.
    function endPrecommit(uint64 taskId) external;

    /// @notice Ends a task: with all reveals in, with too few left for a quorum, or from the deadline of its phase on. Pays or refunds,
    /// slashes, releases. Anyone may call.
    /// @param taskId The task.
    /// @return status 1 completed, 2 no quorum, 3 expired.
    /// @dev Errors: UnknownTask, WrongPhase, TaskAlreadyEnded, DeadlineNotReached. Events: TaskEnded, those of SessionPayment.charge or
    /// refund, Staking.slash and NodePool.release.
    function end(uint64 taskId) external returns (uint8 status);

    /// @notice The call that advances the task now, judged by the time of the block.
    /// @param taskId The task.
    /// @return action 0 none, 1 endAck, 2 endPrecommit, 3 end.
    /// @dev Errors: UnknownTask.
    function closable(uint64 taskId) external view returns (uint8 action);

    /// @notice A task with its replicas.
    /// @param taskId The task.
    /// @return task As it is now.
    /// @dev Errors: UnknownTask.
    function getTask(uint64 taskId) external view returns (TaskView memory task);

    /// @notice A session.
    /// @param sessionId The session.
    /// @return session As it is now.
    /// @dev Errors: UnknownSession.
    function getSession(uint64 sessionId) external view returns (SessionView memory session);

    /// @notice Number of sessions.
    /// @return count Id of the last one.
    function sessionCount() external view returns (uint64 count);

    /// @notice Number of tasks.
    /// @return count Id of the last one.
    function taskCount() external view returns (uint64 count);

    /// @notice A miner's commitment to an answer, as the contract computes it.
    /// @param taskId The task.
    /// @param miner A miner of the task.
    /// @param resultDigest Of the answer.
    /// @param salt At least 128 random bits, used once.
    /// @return commitment See the formula above.
    /// @dev Errors: UnknownTask, NotAssigned.
    function commitmentOf(uint64 taskId, address miner, bytes32 resultDigest, bytes32 salt) external view returns (bytes32 commitment);

    /// @notice EIP-712: the domain separator for this chain and contract.
    /// @return value The separator.
    function DOMAIN_SEPARATOR() external view returns (bytes32 value);

    /// @notice Whether an account may assign tasks.
    /// @param account The account.
    /// @return enabled Whether it may.
    function isKeeper(address account) external view returns (bool enabled);

    /// @notice Names or removes a keeper. Owner only.
    /// @param keeper The account.
    /// @param enabled Whether it may assign tasks.
    /// @dev Errors: Unauthorized, ZeroAddress, InputOutOfRange after 65535 different keepers. Events: KeeperSet.
    function setKeeper(address keeper, bool enabled) external;

    /// @notice Sets the stake penalties. Zero disables slashing and suspension for that offence. Owner only.
    /// @param noReveal For a commitment without a reveal, COR wei.
    /// @param badReveal For a signed reveal that does not open its commitment, COR wei.
    /// @dev Errors: Unauthorized. Events: PenaltiesSet.
    function setPenalties(uint128 noReveal, uint128 badReveal) external;

    /// @notice Stake penalties.
    /// @return noReveal COR wei.
    /// @return badReveal COR wei.
    function penalties() external view returns (uint128 noReveal, uint128 badReveal);

    /// @notice Who may pause besides the owner.
    /// @return account Zero if nobody.
    function guardian() external view returns (address account);

    /// @notice Sets the guardian. Owner only.
    /// @param account Who may pause; zero for nobody.
    /// @dev Errors: Unauthorized. Events: GuardianSet.
    function setGuardian(address account) external;

    /// @notice Pauses or unpauses create and submit. The guardian or the owner pauses; only the owner unpauses.
    /// @param paused Whether they are to be paused.
    /// @dev Errors: Unauthorized. Events: PauseSet.
    function setPaused(bool paused) external;

    /// @notice Whether create and submit are paused.
    /// @return stopped Whether they are.
    function paused() external view returns (bool stopped);

    /// @notice Sets the peers. Owner only.
    /// @param sessionPayment Holds the escrows.
    /// @param nodePool Reserves and releases miners.
    /// @param staking Slashes.
    /// @param table Refuses sessions without a price.
    /// @dev Errors: Unauthorized, ZeroAddress. Events: Wired.
    function wire(address sessionPayment, address nodePool, address staking, address table) external;

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
