// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Jury: who must serve a task, and a keeper's bond for it
/// @notice Nodes enter rosters, keepers commit to secrets and post bonds, tasks are submitted and served in the Lane; afterwards anyone may show that a keeper
/// brought other miners than were drawn, and has half of its bond.
/// Constructor: (address owner, address token, address nodePool, address treasury, uint256 bond, uint32 epochSecs, uint32 revealSecs, uint32 answerSecs,
/// uint32 disputeSecs, uint32 absenceEpochs, uint64 delaySecs). Nothing of it ever changes but the owner. The treasury is a wallet: tokens are sent to it.
/// Errors: ZeroAddress, ZeroAmount, InputOutOfRange.
/// @dev Epoch = timestamp / epochSecs. What is done to a roster in an epoch acts from the next on.
/// Draw: seed = keccak256(secret || blockHash || task). secret is the keeper's of the epoch of the submission, blockHash of the block that holds it,
/// task as in ILane; block and time are in the opening. For k = 0, 1, ... 1023: slot = uint256(keccak256(seed || k uint32)) % lengthOf(model, epoch). A slot that is not
/// active in the epoch (from <= epoch, and until = 0 or epoch < until), a node or an operator that was drawn, and a node that was found absent from the task by the same
/// keeper and is not in the crew that it brought are passed over, until there are as many nodes as replicas. So a keeper may go without whom it found absent, and
/// with it if it came back; a crew that was right when the keeper signed it stays right.
/// Secrets: the anchor is x(first - 1), the secret of epoch e is x(e), and keccak256(x(e)) = x(e - 1).
/// Evidence: the opening as logged in TaskSubmitted of the Lane, the keeper, and the crew as in its TaskEnded. It is proven by the mark that the Lane keeps of a task that
/// ended: the last 160 bits of keccak256(assignment || crew), assignment as in ILane.
/// Signed message: EIP-712 Present(bytes32 task) over ("Cortensor Jury", "1", chainid, this), by a node.
/// A slot that closed is taken again once disputeSecs have passed since the first epoch in which nobody had it.
/// Where several errors apply it is not promised which one comes.
///
/// Safety: a bond goes back to its keeper, or half to who convicted it and the rest to the treasury. Nobody convicts a keeper that served only tasks of
/// its own epochs with the drawn crews, showed every secret that was called for in time, and was not rolled back, nor kept from the chain for revealSecs, which is more than a day of forced inclusion: neither the owner nor another keeper.
/// Liveness: a bond comes back disputeSecs after its keeper stopped, by a call of anyone; nothing here can be paused.
/// The block's hash is known to the chain for 393,168 blocks (a day or so): who watches a task that takes longer has it noted.
/// At worst the owner can propose keepers of its own, dismiss others, set what the Lane's later tasks go by, and pause new tasks there. The owner of the pool can have
/// anyone strike every node, by a minimal version that none has, so that nobody is drawn from the next epoch on; it can bring in no node that is not fit, but it can leave in
/// whom it likes: by versions, or by a Staking of its own, which after delaySecs drains all others, so that anyone strikes them. A keeper can let a task
/// expire whose draw it dislikes. Who orders the blocks chooses their hashes, and so, together with a keeper, the miners.
interface IJury {
    /// @notice `node` has `slot` of the model's roster from epoch `from` on. A slot beyond the roster's end makes it longer from then on.
    event SlotTaken(uint64 indexed model, uint32 indexed slot, address indexed node, address operator, uint32 from);
    /// @notice `node` cannot be drawn from epoch `until` on, and not be in the roster before `barredUntil`. Reason: 0 it left, 1 struck, 2 dismissed, 3 struck or dismissed
    /// while its software was older than the pool's owner asks for, for which it is not barred.
    event SlotClosed(uint64 indexed model, uint32 indexed slot, address indexed node, uint32 until, uint32 barredUntil, uint8 reason);
    /// @notice `keeper` summoned `node`: it answers until `answerBy`.
    event Summoned(bytes32 indexed task, address indexed keeper, address indexed node, uint64 answerBy);
    /// @notice `node` is there for the task, whichever keeper asks.
    event Present(bytes32 indexed task, address indexed node);
    /// @notice `node` is absent from the task: `keeper` passes it over.
    event Absent(bytes32 indexed task, address indexed keeper, address indexed node);
    /// @notice The secret of an epoch was shown, and with it those of the chain before it.
    event SecretShown(address indexed keeper, uint32 indexed epoch, bytes32 secret);
    /// @notice The secret of an epoch was called for: `keeper` shows it until `until`, or loses its bond.
    event SecretCalled(address indexed keeper, uint32 indexed epoch, uint64 until);
    /// @notice The hash of a block will be known here when the chain has forgotten it.
    event BlockNoted(uint64 indexed number, bytes32 hash);
    /// @notice `keeper` may enrol from `enrolsAt` on.
    event KeeperProposed(address indexed keeper, uint64 enrolsAt);
    /// @notice `keeper` posted its bond and serves; its secrets begin with epoch `first`.
    event KeeperEnrolled(address indexed keeper, bytes32 anchor, uint32 first);
    /// @notice The secrets of `keeper` are those of another chain from epoch `first` on.
    event ChainRenewed(address indexed keeper, bytes32 anchor, uint32 first);
    /// @notice `keeper` serves no more: its bond is free from `freeAt` on. 0 if it had none: its proposal was withdrawn.
    event KeeperDischarged(address indexed keeper, uint64 freeAt);
    /// @notice The bond went back.
    event BondWithdrawn(address indexed keeper, uint256 amount);
    /// @notice `keeper` lost its bond. Reason: 1 on `seat` it brought another miner than `drawn`, zero if nobody could be drawn; 2 it did not show a secret that was called for; 3 it had
    /// committed to none.
    event KeeperConvicted(address indexed keeper, bytes32 indexed task, address indexed challenger, uint8 reason, uint8 seat, address drawn, uint256 toChallenger, uint256 toTreasury);
    /// @notice The lane was named, for good.
    event LaneSet(address indexed lane);
    /// @notice The guardian, who may pause new tasks, changed.
    event GuardianSet(address indexed guardian);
    /// @notice Set up: from now on keepers enrol, and a proposal waits for the delay.
    event Opened();
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role that this function requires. Of a node `required` is its operator.
    error Unauthorized(address caller, address required);
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();
    /// @notice The bond must be greater than zero.
    error ZeroAmount();
    /// @notice An input is out of range. `field` is the ASCII name, left-aligned.
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    /// @notice The arguments are not of the form that the function's documentation says.
    error Malformed(bytes32 field);
    /// @notice A signature is invalid or not of `expected`. `signer` is zero if the bytes are no signature.
    error InvalidSignature(address signer, address expected);
    /// @notice The token's transfer failed.
    error TransferFailed(address token);
    /// @notice The contract is being set up.
    error NotOpen();
    /// @notice The contract is open already.
    error AlreadyOpen();
    /// @notice The lane was named already.
    error LaneNamed(address lane);
    /// @notice No lane is named yet.
    error LaneUnnamed();
    /// @notice The keeper was not proposed, or its proposal was withdrawn.
    error KeeperUnknown(address keeper);
    /// @notice The keeper may enrol from `at` on.
    error KeeperNotYet(address keeper, uint64 at);
    /// @notice The keeper is proposed already, or has a bond here.
    error KeeperInService(address keeper);
    /// @notice The keeper does not serve.
    error KeeperNotServing(address keeper);
    /// @notice The keeper has no bond here: it posted none, withdrew it, or lost it.
    error NoBond(address keeper);
    /// @notice The bond is free from `until` on; 0 while the keeper serves.
    error BondLocked(address keeper, uint64 until);
    /// @notice Disputes may need the chain before the last until `until`.
    error ChainInUse(address keeper, uint64 until);
    /// @notice The epoch ends at `endsAt`.
    error EpochOpen(uint32 epoch, uint64 endsAt);
    /// @notice The keeper committed to no secret of the epoch.
    error NoSecret(address keeper, uint32 epoch);
    /// @notice The secret of the epoch was shown.
    error SecretKnown(address keeper, uint32 epoch);
    /// @notice The keeper committed to another secret of the epoch.
    error SecretWrong(address keeper, uint32 epoch);
    /// @notice The secret of the epoch was called for, and may be shown until `until`.
    error SecretPending(address keeper, uint32 epoch, uint64 until);
    /// @notice The node is in the model's roster.
    error InRoster(address node, uint64 model);
    /// @notice The node is not in the model's roster, or was not in the epoch of the task.
    error NotInRoster(address node, uint64 model);
    /// @notice The node cannot be in the roster before epoch `until`.
    error EntryBarred(address node, uint64 model, uint32 until);
    /// @notice The node cannot take a task. `reason` as of INodePool.eligibility.
    error NotEligible(address node, uint8 reason);
    /// @notice The pool finds the node fit.
    error NodeFit(address node, uint64 model);
    /// @notice The keeper summoned the node to the task already.
    error AlreadySummoned(bytes32 task, address node);
    /// @notice The keeper did not summon the node to the task.
    error NotSummoned(bytes32 task, address node);
    /// @notice The node may answer until `until`.
    error AnswerPending(bytes32 task, address node, uint64 until);
    /// @notice The node said that it is there for the task.
    error NodeAnswered(bytes32 task, address node);
    /// @notice The keeper found the node absent already.
    error NodeDismissed(bytes32 task, address node);
    /// @notice The bytes are not the opening of the task: their hash is `computed`, and the task's seal is `seal`.
    error HistoryMismatch(bytes32 task, bytes32 seal, bytes32 computed);
    /// @notice The task is in another phase of the lane than the step needs.
    error LanePhaseWrong(bytes32 task, uint8 phase, uint8 wanted);
    /// @notice The time to begin with the task ended at `deadline`.
    error LaneTooLate(bytes32 task, uint64 deadline, uint64 timestamp);
    /// @notice The task ended without having been served.
    error NothingServed(bytes32 task, uint8 status);
    /// @notice The evidence makes the mark `computed`, and the lane's mark of the task is `mark`.
    error CrewUnproven(bytes32 task, address mark, address computed);
    /// @notice The task could be disputed, or its secret called for, until `deadline`.
    error DisputeOver(bytes32 task, uint64 deadline);
    /// @notice Neither the chain nor this contract knows the hash of the block.
    error BlockUnknown(uint64 number);
    /// @notice The keeper brought the crew that was drawn.
    error CrewAsDrawn(bytes32 task);

    /// @notice Brings a node into a model's roster, from the next epoch on. Anyone may call, but for a node that left or was found absent: then only the node, or its operator in the pool. It
    /// takes the slot that has been free for longest, or a new one.
    /// @param node The node.
    /// @param model The model.
    /// @return slot Which slot it has.
    /// @dev Errors: InRoster, EntryBarred, NotEligible, Unauthorized. Events: SlotTaken.
    function enter(address node, uint64 model) external returns (uint32 slot);

    /// @notice Takes a node out of a model's roster, from the next epoch on. The node and the operator that it entered with.
    /// @param node The node.
    /// @param model The model.
    /// @dev Errors: NotInRoster, Unauthorized. Events: SlotClosed.
    function leave(address node, uint64 model) external;

    /// @notice Takes a node out of a model's roster that is not fit any more: not registered, draining, without the model, too old, or of another
    /// operator. Anyone may call. One whose software is older than the pool's owner asks for may come back as soon as it is not.
    /// @param node The node.
    /// @param model The model.
    /// @dev Errors: NotInRoster, NodeFit. Events: SlotClosed.
    function strike(address node, uint64 model) external;

    /// @notice Summons a node to a task that is open and before its deadline, as it does not answer the caller. Keepers that serve only. The node, or anyone that has its
    /// signature, answers within answerSecs, unless it answered another keeper in this task before. In a task of which less than answerSecs is left nobody is passed over.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param opening Its opening.
    /// @param slot Its slot, which was active in the epoch of the submission.
    /// @return node Whose slot it is.
    /// @dev Errors: KeeperNotServing, Malformed, LanePhaseWrong, HistoryMismatch, LaneTooLate, NotInRoster, AlreadySummoned. Events: Summoned.
    function summon(address payer, uint64 sequence, bytes calldata opening, uint32 slot) external returns (address node);

    /// @notice Says that a node is there for a task. By the node, or by anyone with its signature of Present. Once, before a summons or after: it answers those of every keeper.
    /// @param task The task.
    /// @param node The node.
    /// @param signature 64 bytes as in EIP-2098; not read if the node calls.
    /// @dev Errors: NodeAnswered, InvalidSignature. Events: Present.
    function present(bytes32 task, address node, bytes calldata signature) external;

    /// @notice Finds a node absent that did not answer in time, or is not fit though it answered: the caller, who summoned it and still serves, passes it over in this task, or
    /// serves with it all the same if it comes back. The node is out of the roster from the next epoch on, for every keeper. While the task is open and before its deadline
    /// only, and not before the node's answerBy, whether it answered or not.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param opening Its opening.
    /// @param node The node.
    /// @dev Errors: KeeperNotServing, Malformed, LanePhaseWrong, HistoryMismatch, LaneTooLate, NotSummoned, NodeDismissed, AnswerPending, NodeAnswered. Events: Absent,
    /// SlotClosed unless it was out already.
    function dismiss(address payer, uint64 sequence, bytes calldata opening, address node) external;

    /// @notice Shows the secret of an epoch that has ended, at most 32,768 epochs after the last that was shown. Anyone may call.
    /// @param keeper Whose.
    /// @param epoch The epoch.
    /// @param secret Its secret.
    /// @dev Errors: EpochOpen, NoSecret, SecretKnown, SecretWrong, InputOutOfRange. Events: SecretShown.
    function reveal(address keeper, uint32 epoch, bytes32 secret) external;

    /// @notice Keeps the hash of a block for disputes that come when the chain has forgotten it. Anyone may call.
    /// @param number The block's number.
    /// @return hash Its hash.
    /// @dev Errors: BlockUnknown. Events: BlockNoted.
    function note(uint64 number) external returns (bytes32 hash);

    /// @notice Convicts a keeper of a task that ended completed or without a quorum: it brought another crew than was drawn, did not show a secret that was called
    /// for, or had committed to none. Anyone may call, until disputeSecs after the submission. The keeper serves no more from then on.
    /// While the secret of the task's epoch is not shown, the first challenge only calls for it: the keeper has revealSecs from then on, and the hash of the task's
    /// block is kept as by note, if the chain remembers it; so does a challenge with another task of the epoch that comes meanwhile, once, and is SecretPending after that. Nobody is called while the epoch lasts, twice for one epoch, or so late that less than a day would be left to convict it:
    /// until disputeSecs - revealSecs - a day after the submission. So whoever is called and silent can be convicted for a day at least, and its bond is here.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @param opening Its opening.
    /// @param keeper Who served it.
    /// @param crew Whom it brought and what they were bound to, as in TaskEnded: a seat for each of the opening's replicas.
    /// @dev Errors: Malformed, LanePhaseWrong, NothingServed, CrewUnproven, NoBond, DisputeOver, EpochOpen, SecretPending, BlockUnknown, CrewAsDrawn, those of the lane and
    /// the token, passed through. Events: KeeperConvicted; or SecretCalled, and BlockNoted if the hash is known; or BlockNoted alone.
    function challenge(address payer, uint64 sequence, bytes calldata opening, address keeper, bytes calldata crew) external;

    /// @notice Proposes a keeper: before `open` it may enrol as soon as the contract is open, then after delaySecs. One that lost a bond waits for disputeSecs from then at least. Owner only.
    /// @param keeper The keeper.
    /// @dev Errors: Unauthorized, ZeroAddress, KeeperInService. Events: KeeperProposed.
    function propose(address keeper) external;

    /// @notice Posts the caller's bond, which the token must let this contract take, and lets it serve in the lane from now on. A task that was submitted
    /// before epoch `first` is not for it: serving it costs the bond.
    /// @param anchor What the secret of `first` hashes to.
    /// @param first A later epoch than the present one.
    /// @dev Errors: NotOpen, KeeperUnknown, KeeperInService, KeeperNotYet, InputOutOfRange of firstEpoch, those of token and lane, passed through. Events: KeeperEnrolled.
    function enrol(bytes32 anchor, uint32 first) external;

    /// @notice Goes on with another chain of secrets. Keepers that serve only, and once in disputeSecs: again when as much has passed since the beginning of `first`.
    /// @param anchor What the secret of `first` hashes to.
    /// @param first A later epoch than the present one, and than the first of the last chain.
    /// @dev Errors: KeeperNotServing, ChainInUse, InputOutOfRange of firstEpoch. Events: ChainRenewed.
    function renew(bytes32 anchor, uint32 first) external;

    /// @notice Stops serving, at once. The bond is free disputeSecs later.
    /// @dev Errors: KeeperNotServing, those of the lane, passed through. Events: KeeperDischarged.
    function resign() external;

    /// @notice Stops a keeper at once, or withdraws its proposal. It keeps its bond, as if it had resigned. Owner only.
    /// @param keeper The keeper.
    /// @dev Errors: Unauthorized, KeeperNotServing, those of the lane, passed through. Events: KeeperDischarged.
    function discharge(address keeper) external;

    /// @notice Pays a bond back to its keeper. Anyone may call.
    /// @param keeper The keeper.
    /// @dev Errors: NoBond, BondLocked, those of the token, passed through. Events: BondWithdrawn.
    function withdraw(address keeper) external;

    /// @notice Names the lane, once and before `open`. Owner only.
    /// @param lane The lane, whose governor this contract is.
    /// @dev Errors: Unauthorized, ZeroAddress, LaneNamed. Events: LaneSet.
    function setLane(address lane) external;

    /// @notice Ends the setting up, for good. Owner only.
    /// @dev Errors: Unauthorized, LaneUnnamed, AlreadyOpen. Events: Opened.
    function open() external;

    /// @notice Sets what later tasks of the lane go by. Owner only.
    /// @param noReveal Stake lost by who commits and does not reveal, grains, at most 1e12 (1,000 COR).
    /// @param badReveal Stake lost by who signs a reveal that does not open its commitment, grains, noReveal to 1e12.
    /// @param noResultGasCapBps The keeper's share of its line without a result, basis points, at most 10,000.
    /// @dev Errors: Unauthorized, LaneUnnamed, InputOutOfRange, those of the lane, passed through. Events: the lane's.
    function setLaneConfig(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps) external;

    /// @notice Pauses or unpauses new sessions and tasks of the lane. Owner; to pause, the guardian too.
    /// @param paused Whether they are.
    /// @dev Errors: Unauthorized, LaneUnnamed, those of the lane, passed through. Events: the lane's.
    function setLanePaused(bool paused) external;

    /// @notice Sets who may pause beside the owner. Owner only.
    /// @param account The guardian; zero for none.
    /// @dev Errors: Unauthorized. Events: GuardianSet.
    function setGuardian(address account) external;

    /// @notice What the contract was constructed with.
    /// @return bond Wei.
    /// @return epochSecs Length of an epoch.
    /// @return revealSecs How long a keeper has to show a secret that is called for.
    /// @return answerSecs How long a summoned node may answer.
    /// @return disputeSecs How long after its submission a task can be disputed.
    /// @return absenceEpochs For how many epochs a node that left stays out.
    /// @return delaySecs How long a proposal waits.
    /// @return opened Whether `open` was called.
    function parameters() external view returns (uint256 bond, uint32 epochSecs, uint32 revealSecs, uint32 answerSecs, uint32 disputeSecs, uint32 absenceEpochs, uint64 delaySecs, bool opened);

    /// @notice The contracts and wallets that this one knows.
    /// @return token Of the bonds.
    /// @return nodePool Who is asked about nodes.
    /// @return treasury Where the rest of a lost bond goes.
    /// @return lane Zero until it is named.
    /// @return guardian Zero if there is none.
    function peers() external view returns (address token, address nodePool, address treasury, address lane, address guardian);

    /// @notice What the lane was told last.
    /// @return noReveal As in setLaneConfig.
    /// @return badReveal As in setLaneConfig.
    /// @return noResultGasCapBps As in setLaneConfig.
    /// @return paused Whether new sessions and tasks are paused.
    function laneConfig() external view returns (uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused);

    /// @notice A keeper.
    /// @param keeper The keeper.
    /// @return standing 0 none, 1 proposed, 2 serving, 3 leaving, 4 convicted.
    /// @return enrolsAt From when on one that is proposed may enrol.
    /// @return freeAt From when on the bond of one that leaves is free, and one that lost it may enrol again; of others as it was last.
    /// @return first The first epoch of its last chain; zero, like `shown` and `head`, of one that has no bond: its secrets are forgotten with it.
    /// @return shown The last epoch of it whose secret was shown.
    /// @return head That secret, or the anchor.
    function keeperOf(address keeper) external view returns (uint8 standing, uint64 enrolsAt, uint64 freeAt, uint32 first, uint32 shown, bytes32 head);

    /// @notice Until when a keeper shows a secret that was called for.
    /// @param keeper The keeper.
    /// @param epoch The epoch.
    /// @return until 0 if nobody called for it.
    function calledUntil(address keeper, uint32 epoch) external view returns (uint64 until);

    /// @notice How many slots a roster had in an epoch.
    /// @param model The model.
    /// @param epoch The epoch.
    /// @return length How many.
    function lengthOf(uint64 model, uint32 epoch) external view returns (uint32 length);

    /// @notice A slot of a roster.
    /// @param model The model.
    /// @param slot Which.
    /// @return node Whose it is; zero if there is no such slot.
    /// @return operator Who ran the node when it entered.
    /// @return from The first epoch in which it can be drawn.
    /// @return until The first in which it cannot any more; 0 while there is none.
    function slotOf(uint64 model, uint32 slot) external view returns (address node, address operator, uint32 from, uint32 until);

    /// @notice A node in a roster.
    /// @param node The node.
    /// @param model The model.
    /// @return inside Whether it is in the roster, or will be from the next epoch on, and does not leave.
    /// @return slot The slot that it has or had last.
    /// @return barredUntil The first epoch in which it can be in it again; as it was last if it is inside.
    function entryOf(address node, uint64 model) external view returns (bool inside, uint32 slot, uint32 barredUntil);

    /// @notice A summons.
    /// @param task The task.
    /// @param keeper Who summoned.
    /// @param node Whom.
    /// @return answerBy Until when the node may be sure to be heard; 0 if it was not summoned.
    /// @return presentAt When it said that it is there for the task, to whichever keeper; 0 if it did not.
    /// @return absent Whether this keeper found it absent.
    function summonsOf(bytes32 task, address keeper, address node) external view returns (uint64 answerBy, uint64 presentAt, bool absent);

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
