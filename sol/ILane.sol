// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Lane: tasks in two words, settled by what was signed
/// @notice createSession -> submit -> complete; or start -> reveal -> finish where somebody may not reveal. A module of the Vault: its book is all the
/// money here. Amounts in grains of 1e9 COR wei unless wei is said.
/// Constructor: (address governor, address vault, address table, address staking). None of the peers ever changes: another lane is another
/// module of the vault, and this one closes what it opened. Errors: ZeroAddress.
/// @dev A task is named by task = keccak256(0x06 || payer || sequence uint64), and is two words: its state, and the seal over its history. The history is
/// its opening, then every record since, as logged in TaskSubmitted and TaskRecord; whoever moves the task on brings it as calldata.
/// State, from the most significant bit: phase 8 | status 8 | last call 1 | replicas 7 | deadline 40 | seats 7 x 4 in 32 | keeper 160. Phases: 0 none, 1 open, 2
/// precommit, 3 reveal, 4 ended. Status: 0 open, 1 completed, 2 no quorum, 3 expired. An ended task keeps
/// the deadline that it had last. Seats: 0 silent, 1 committed, 2 + r revealed the answer of
/// replica r, 15 signed a reveal that does not open its commitment, or, as was reported after the end, a second commitment. Once the task ended, the last 160 bits of
/// keccak256(assignment || crew) stand in the keeper's place, crew as in TaskEnded, zero if it had none: so anyone can prove later who served it, by whose choice, and bound to what.
/// Opening: perReplica 8 | network 8 | gas 8 | terms 32 | promptDigest 32 | noReveal 8 | badReveal 8 | block 5 | time 5 | noResultGasCapBps 2 bytes; block and time are those of the submission. Records begin with 1
/// (assignment: n x (miner 20 | commitment 32)), 2 (replica 1 | commitment 32, not zero), 3 (replica 1 | resultDigest 32), 4 (replica 1).
/// seal = keccak256(opening), then keccak256(seal || record) for each record.
/// Terms, from the most significant bit: model 64 | maxTokens 32 | answerKind 8 | replicas 8 | quorumBps 16 | openSecs 24 | precommitSecs 24 | revealSecs 24 |
/// executionDepth 16 | toolDepth 16 | sla 8 | priority 8 | consensusRule 8.
///
/// assignment = keccak256(task || keccak256(opening) || keeper 20 || n x miner 20).
/// commitment = keccak256(abi.encode(DOMAIN, chainid, this, assignment, replica, miner, resultDigest, salt)), DOMAIN =
/// keccak256("Cortensor.Commitment.v2"), integers as uint256. Salts have 128 random bits at least and are used once.
/// Signed messages are EIP-712 over ("Cortensor Lane", "1", chainid, this): Precommit(bytes32 assignment,bytes32 commitment) by a miner, which takes
/// its seat by it, and signs one of an assignment: a second one with another commitment is evidence against it, for as long as reportSecond takes it; Assign(bytes32 assignment) by a keeper, for a miner that starts the task itself; Commit(bytes32 assignment,bytes32 commitment,bytes32
/// resultDigest,bytes32 salt) by a miner to whom it reveals: evidence of a wrong reveal of that commitment. A right reveal needs no signature: who knows the salt has it from the miner.
///
/// Where several errors apply it is not promised which one comes.
/// Safety: a task is charged on submission and split once, at its end; the parts add up to the charge. Prices and penalties are those of the submission.
/// Liveness: with no help from keeper or miners a task ends at its last deadline by a call of anyone, three calls at most. Pausing stops createSession, createAndSubmit and submit only.
/// Who is bound and silent is called once more, for thirty hours, if its answer still decides; its silence costs stake only if it does so at the end too, and somebody
/// else showed an answer: else it may be the chain that stood still. So who serves alone, or a crew that agrees on it, is silent for no more than its pay. So a miner that signs a
/// Precommit must be able to show its answer within thirty hours of a call, until its task ended: at the latest openSecs + precommitSecs + revealSecs + thirty hours after the submission if
/// everybody that closes a phase is prompt.
/// The lane checks who signed, not who was chosen: which miners a keeper may bring is the governor's to say, and to punish. At worst the governor can name a keeper of its own, which
/// completes every task with keys of its own and takes its price (never more than was charged), pause, and set any penalties and any share without a result for later tasks: `Jury`
/// bounds them to 1,000 COR and 10,000 basis points. A keeper can
/// delay or drop a task, which then comes back whole, or less its share of the gas line if a quorum of miners was bound.
interface ILane {
    /// @notice `account` has `amount` more to spend here; `from` funded it through the vault.
    event Credited(address indexed account, address indexed from, uint64 amount, uint64 available);
    /// @notice `account` took `amount` back to its free money in the vault.
    event Released(address indexed account, uint64 amount, uint64 available);
    /// @notice What `miner` earned was paid to `to`, where Staking says that it belongs.
    event EarningsPaid(address indexed miner, address indexed to, uint64 amount);
    /// @notice The treasury's part was passed on to the vault's.
    event TreasuryPassed(uint64 amount);
    /// @notice A session was created. Its tasks go by `terms`.
    event SessionCreated(uint64 indexed session, address indexed owner, bytes32 terms, bytes32 metadata);
    /// @notice A session takes no more tasks.
    event SessionClosed(uint64 indexed session);
    /// @notice The prices of `terms` were read from the table: perReplica 64 | network 64 | gas 64 | version 32 | validUntil 32.
    event TariffPinned(bytes32 indexed terms, bytes32 tariff);
    /// @notice A task was submitted and charged. The prompt's text is found under `promptUrn`, and hashes to the opening's promptDigest.
    event TaskSubmitted(bytes32 indexed task, address indexed payer, uint64 indexed session, uint64 sequence, uint64 deadline, uint64 charged, bytes32 clientReference, bytes opening, string promptUrn);
    /// @notice Something was added to a task's history. The phase that it is in then ends at `deadline`. Of a task that ended: a second commitment was reported.
    event TaskRecord(bytes32 indexed task, uint8 phase, uint64 deadline, bytes record);
    /// @notice A task ended. `crew` is n x (miner 20 | commitment 32), the commitment zero of a miner that was bound to none, empty if none were assigned; a miner of `paid` (bit r for replica r) earned `perMiner`. `resultDigest` is zero
    /// without a result.
    event TaskEnded(bytes32 indexed task, address indexed payer, address indexed keeper, uint8 status, bytes32 resultDigest, uint32 seats, uint8 paid, uint64 perMiner, uint64 toKeeper, uint64 toTreasury, uint64 refunded, bytes crew);
    /// @notice A keeper was named, or is one no more.
    event KeeperNamed(address indexed keeper, bool enabled);
    /// @notice Penalties of later tasks, the keeper's share of its line without a result, basis points, and whether createSession, createAndSubmit and submit are paused.
    event ConfigSet(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused);
    /// @notice Of a penalty of a task that ended `amount` grains are owed now, which Staking did not take: slashAgain asks for them. 0: all of it was taken in the end.
    /// `reason` as in IStaking.Slashed.
    event SlashOwed(bytes32 indexed task, address indexed node, uint8 reason, uint64 amount);

    /// @notice `caller` does not hold the role that this function requires.
    error Unauthorized(address caller, address required);
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();
    /// @notice createSession and submit are paused. Withdrawals, refunds and ends are not.
    error Paused();
    /// @notice An input is out of range. `field` is the ASCII name, left-aligned.
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    /// @notice The amount must be greater than zero.
    error ZeroAmount();
    /// @notice The account has `available` grains here and needs `needed`.
    error InsufficientCredit(address account, uint64 available, uint64 needed);
    /// @notice An amount of wei is no whole number of grains of 1e9 wei, or more than 64 bits of them.
    error NotInGrains(uint256 amount);
    /// @notice The account has no session of this number with these terms.
    error NoSuchSession(uint64 session, address owner);
    /// @notice The task costs `price` grains, more than `maxCharge`.
    error PriceAboveMax(uint64 price, uint64 maxCharge);
    /// @notice The payer has used this sequence number.
    error SequenceUsed(address payer, uint64 sequence);
    /// @notice The bytes are not the history of the task: their seal is `computed`, and the task's is `seal`, zero if there is no such task. In reportSecond both are marks, 160 bits.
    error HistoryMismatch(bytes32 task, bytes32 seal, bytes32 computed);
    /// @notice The arguments are not of the form that the function's documentation says.
    error Malformed(bytes32 field);
    /// @notice A signature is invalid or not of `expected`.
    error InvalidSignature(address signer, address expected);
    /// @notice The task is in another phase than the step needs.
    error LanePhaseWrong(bytes32 task, uint8 phase, uint8 wanted);
    /// @notice The task has ended.
    error LaneTaskEnded(bytes32 task, uint8 status);
    /// @notice The phase ended at `deadline`: anyone may close it now. In reportSecond: it could be reported until `deadline`.
    error LaneTooLate(bytes32 task, uint64 deadline, uint64 timestamp);
    /// @notice This can be done from `deadline` on: closing a phase, or starting a task with no more than the keeper's word.
    error LaneTooEarly(bytes32 task, uint64 deadline, uint64 timestamp);
    /// @notice Exactly `wanted` miners must be given.
    error LaneMinerCount(bytes32 task, uint64 given, uint8 wanted);
    /// @notice The miner of this replica is that of an earlier one too.
    error MinerTwice(bytes32 task, uint8 replica);
    /// @notice The task has no such replica.
    error NoSuchReplica(bytes32 task, uint8 replica);
    /// @notice The replica's miner did this already, or signed no other commitment than the one that it is bound to.
    error ReplicaDone(bytes32 task, uint8 replica);
    /// @notice The replica's miner is bound to no answer.
    error ReplicaNotCommitted(bytes32 task, uint8 replica);
    /// @notice The zero hash is no commitment.
    error CommitmentZero(bytes32 task, uint8 replica);
    /// @notice The reveal makes `computed`, and the miner is bound to `committed`.
    error CommitmentMismatch(bytes32 task, uint8 replica, bytes32 committed, bytes32 computed);
    /// @notice The reveal opens the commitment: there is nothing to report.
    error RevealOpens(bytes32 task, uint8 replica);
    /// @notice The miner has no earnings here.
    error NothingEarned(address miner);
    /// @notice Of the node's penalty in this task nothing was taken now: `owed` grains of it are left, 0 if there is no such penalty, or no more of it. In slashAgain they stay
    /// owed; of a report in reportSecond nothing is kept, and it can be made again until its deadline.
    error NothingTaken(bytes32 task, address node, uint8 reason, uint64 owed);

    /// @notice Takes note of money that `from` moved into this module's book for `account`. Vault only.
    /// @param account Who may spend it.
    /// @param from Who funded it.
    /// @param amount COR wei.
    /// @return selector This function's.
    /// @dev Errors: Unauthorized, NotInGrains. Events: Credited.
    function credited(address account, address from, uint256 amount) external returns (bytes4 selector);

    /// @notice Takes grains of the caller back to its free money in the vault. Never paused.
    /// @param amount Grains.
    /// @dev Errors: ZeroAmount, InsufficientCredit, those of Vault.release, passed through. Events: Released.
    function release(uint64 amount) external;

    /// @notice Pays what a miner earned to Staking.payoutOf(miner). Anyone may call. Never paused. A keeper's line is not among it: it is the keeper's to release, or to spend.
    /// @param miner Who earned it.
    /// @return amount Grains.
    /// @dev Errors: NothingEarned, ZeroAddress if Staking says that they belong nowhere, those of Vault.payOut, passed through. Events: EarningsPaid.
    function payEarnings(address miner) external returns (uint64 amount);

    /// @notice Passes the treasury's part on to the vault's. Anyone may call.
    /// @return amount Grains.
    /// @dev Errors: ZeroAmount, those of Vault.payTreasury, passed through. Events: TreasuryPassed.
    function passTreasury() external returns (uint64 amount);

    /// @notice Creates a session of the caller.
    /// @param terms See the contract's documentation.
    /// @param metadata Free, for the owner.
    /// @return session Its number, from 1.
    /// @dev Errors: Paused, InputOutOfRange; if the terms have no tariff that is valid now, those of pinTariff. Events: SessionCreated, TariffPinned.
    function createSession(bytes32 terms, bytes32 metadata) external returns (uint64 session);

    /// @notice Ends a session of the caller: it takes no more tasks.
    /// @param session Its number.
    /// @param terms Its terms.
    /// @dev Errors: NoSuchSession. Events: SessionClosed.
    function closeSession(uint64 session, bytes32 terms) external;

    /// @notice Reads the prices of terms from the table, unless those that are known are valid still. Anyone may call; submit does.
    /// @param terms The terms.
    /// @return tariff As in TariffPinned.
    /// @dev Errors: those of SessionPaymentTable.tariff, passed through. Events: TariffPinned.
    function pinTariff(bytes32 terms) external returns (bytes32 tariff);

    /// @notice Submits a task of the caller, and charges it: perReplica x replicas + network + gas.
    /// @param session A session of the caller.
    /// @param terms Its terms.
    /// @param sequence A number that the caller has not used for a task.
    /// @param maxCharge Most it may cost, grains.
    /// @param promptDigest keccak256 of the prompt.
    /// @param promptUrn Where the prompt is found, at most 256 bytes.
    /// @param clientReference Free.
    /// @return task Its name.
    /// @dev Errors: Paused, NoSuchSession, SequenceUsed, InputOutOfRange, PriceAboveMax, InsufficientCredit, those of pinTariff. Events: TaskSubmitted, TariffPinned.
    function submit(uint64 session, bytes32 terms, uint64 sequence, uint64 maxCharge, bytes32 promptDigest, string calldata promptUrn, bytes32 clientReference) external returns (bytes32 task);

    /// @notice createSession and submit in one transaction.
    /// @param terms As in createSession.
    /// @param metadata As in createSession.
    /// @param sequence As in submit.
    /// @param maxCharge As in submit.
    /// @param promptDigest As in submit.
    /// @param promptUrn As in submit.
    /// @param clientReference As in submit.
    /// @return session The session's number.
    /// @return task The task's name.
    /// @dev Errors: those of createSession and submit. Events: SessionCreated, TariffPinned, TaskSubmitted.
    function createAndSubmit(bytes32 terms, bytes32 metadata, uint64 sequence, uint64 maxCharge, bytes32 promptDigest, string calldata promptUrn, bytes32 clientReference) external returns (uint64 session, bytes32 task);

    /// @notice Ends a task that every miner answered and revealed: verifies, pays, refunds. By a keeper, or by anyone with a keeper's Assign.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param opening Its opening.
    /// @param answers replicas x (miner 20 | r 32 | yParityAndS 32 | resultDigest 32 | salt 32); the signature is of Precommit, as in EIP-2098.
    /// @param keeper Who serves.
    /// @param assign The keeper's signature of Assign, 64 bytes as in EIP-2098; empty if the keeper calls.
    /// @dev Errors: Malformed, HistoryMismatch, LanePhaseWrong, LaneTaskEnded, LaneTooLate, LaneMinerCount, MinerTwice, Unauthorized, InvalidSignature. Events: TaskEnded,
    /// SlashOwed.
    function complete(address payer, uint64 sequence, bytes calldata opening, bytes calldata answers, address keeper, bytes calldata assign) external;

    /// @notice Puts assignment and commitments on chain. Without all of them the others may precommit until the deadline. By a keeper, or, from the middle
    /// of openSecs on, by anyone with a keeper's Assign: before, it would only forestall a completion that is on its way.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param opening Its opening.
    /// @param miners replicas x (miner 20 | commitment 32 | r 32 | yParityAndS 32); all zero but the miner if it has not signed.
    /// @param keeper Who serves.
    /// @param assign As in complete.
    /// @dev Errors: those of complete, LaneTooEarly, CommitmentZero. Events: TaskRecord.
    function start(address payer, uint64 sequence, bytes calldata opening, bytes calldata miners, address keeper, bytes calldata assign) external;

    /// @notice Binds a miner that was left out of the start. By the miner, or by anyone with its Precommit.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param history Its history.
    /// @param replica The miner's replica.
    /// @param commitment What it is bound to.
    /// @param signature Of Precommit, 64 bytes as in EIP-2098; not looked at if the miner calls.
    /// @dev Errors: Malformed, HistoryMismatch, LanePhaseWrong, LaneTaskEnded, LaneTooLate, NoSuchReplica, ReplicaDone, CommitmentZero, InvalidSignature.
    /// Events: TaskRecord.
    function precommit(address payer, uint64 sequence, bytes calldata history, uint8 replica, bytes32 commitment, bytes calldata signature) external;

    /// @notice Shows answers. Anyone may call; they count until the task ends, also after the deadline.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param history Its history.
    /// @param reveals Any number of (replica 1 | resultDigest 32 | salt 32); none does nothing, in any phase.
    /// @dev Errors: Malformed, HistoryMismatch, LanePhaseWrong, LaneTaskEnded, NoSuchReplica, ReplicaNotCommitted, ReplicaDone, CommitmentMismatch. Events:
    /// TaskRecord for each.
    function reveal(address payer, uint64 sequence, bytes calldata history, bytes calldata reveals) external;

    /// @notice Shows answers, and ends the task with what was shown: once every bound miner has shown its answer, or from the deadline on if those that are missing
    /// cannot change the outcome. If they can, it calls them once more, for thirty hours, and ends the task after that. Anyone may call.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param history Its history.
    /// @param reveals As in reveal; may be empty.
    /// @dev Errors: those of reveal, LaneTooEarly. Events: TaskRecord for each reveal; TaskEnded and SlashOwed, or TaskRecord without bytes for the last call.
    function finish(address payer, uint64 sequence, bytes calldata history, bytes calldata reveals) external;

    /// @notice Reports a reveal that its miner signed and that does not open its commitment. Anyone may call.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param history Its history.
    /// @param replica The miner's replica.
    /// @param resultDigest What it revealed.
    /// @param salt What it revealed it with.
    /// @param signature Of Commit, 64 bytes as in EIP-2098.
    /// @dev Errors: those of reveal but CommitmentMismatch; RevealOpens, InvalidSignature. Events: TaskRecord.
    function report(address payer, uint64 sequence, bytes calldata history, uint8 replica, bytes32 resultDigest, bytes32 salt, bytes calldata signature) external;

    /// @notice Reports a second commitment that a miner signed of the assignment of a task that ended, beside the one that it was bound to: it costs at once what a reveal that
    /// does not open its commitment costs, once for a seat, and nothing if that was reported of the seat. What Staking does not take of it is owed; where it takes nothing the report is refused, and can be made again. What the task paid
    /// stays. Anyone may call, until eight days and twelve hours after the submission: 30 hours after the latest end, longer the earlier the end, and twelve hours before stake
    /// that began to leave at the submission is gone. A signature has no date: whoever has the node's key can make a second one as long, and take the penalty of each such task
    /// from whoever stakes for it.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param history Its opening, then 1 | crew: the crew as in TaskEnded.
    /// @param keeper Who served.
    /// @param replica The miner's replica.
    /// @param commitment Another one than it was bound to.
    /// @param signature Of Precommit with it, 64 bytes as in EIP-2098.
    /// @dev Errors: Malformed, LanePhaseWrong, LaneTooLate, NoSuchReplica, ReplicaNotCommitted, ReplicaDone also for the commitment that it was bound to, HistoryMismatch, InvalidSignature,
    /// NothingTaken. Events: TaskRecord with 4 | replica, SlashOwed.
    function reportSecond(address payer, uint64 sequence, bytes calldata history, address keeper, uint8 replica, bytes32 commitment, bytes calldata signature) external;

    /// @notice Closes a phase whose deadline has passed; reveals also before, once every bound miner has shown its answer, as finish does. Anyone may call. A task that nobody served expires and comes back whole.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param history Its history.
    /// @dev Errors: Malformed, HistoryMismatch, LaneTooEarly, LaneTaskEnded. Events: TaskRecord without bytes if it goes on, else TaskEnded, SlashOwed.
    function close(address payer, uint64 sequence, bytes calldata history) external;

    /// @notice Asks Staking again for what it did not take of a penalty when its task ended: for want of gas, since the cap of that day was used up, since the node had too
    /// little stake, or since this lane could not slash. What it does not take now either is owed on, by whoever is the node's staker then. Anyone may call.
    /// @param task The task.
    /// @param node Whose penalty it is.
    /// @param reason As in SlashOwed.
    /// @return left What is owed still, whole grains: each time that something is taken a part of a grain is let off.
    /// @dev Errors: NothingTaken, and then nothing is logged by Staking either. Events: SlashOwed.
    function slashAgain(bytes32 task, address node, uint8 reason) external returns (uint64 left);

    /// @notice Names or dismisses a keeper. Governor only.
    /// @param keeper The keeper.
    /// @param enabled Whether it may serve.
    /// @dev Errors: Unauthorized. Events: KeeperNamed.
    function setKeeper(address keeper, bool enabled) external;

    /// @notice Sets what later tasks go by, and whether createSession, createAndSubmit and submit are paused. Governor only, whose rules bound it; a miner reads the penalties in the opening that it signs.
    /// @param noReveal Stake lost by who commits and spoils the outcome by its silence, grains.
    /// @param badReveal Stake lost by who signs a reveal that does not open its commitment, or a second commitment, grains.
    /// @param noResultGasCapBps The keeper's share of its line without a result, basis points; more than 10,000 are as many.
    /// @param paused Whether they are.
    /// @dev Errors: Unauthorized. Events: ConfigSet.
    function setConfig(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused) external;

    /// @notice The two words of a task.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @return state All zero if there is no such task.
    /// @return seal Zero once it ended.
    function taskOf(address payer, uint64 sequence) external view returns (bytes32 state, bytes32 seal);

    /// @notice Words of the contract's storage, for a lens.
    /// @param slots Their keys.
    /// @return words Their values.
    function extsload(bytes32[] calldata slots) external view returns (bytes32[] memory words);
}
