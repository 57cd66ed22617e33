//! Errors of the contracts, which are those of the rules as well. The codes are public: wallets, routers and explorers show them.

use super::area;

area! {
    /// Who may call, and the register of modules.
    access "ACCESS":
    "ACCESS-001" UNAUTHORIZED "Unauthorized" [0x295a81c1] Caller 403 Refused
        "The caller does not hold the role that this function requires."
        "Send the call from the required account; if that is the zero address, the contract is not wired yet, or the role has several holders: ask the owner.";
    "ACCESS-002" ZERO_ADDRESS "ZeroAddress" [0xd92e233d] Caller 422 Refused
        "The zero address is not a valid argument."
        "Give the real address.";
    "ACCESS-003" UNKNOWN_MODULE "UnknownModule" [0xd4167f03] Caller 404 Refused
        "No module is registered under this name."
        "Check the spelling, or register the module with setModule.";
    "ACCESS-004" VERSION_NOT_RISING "VersionNotRising" [0xfb5b101f] Caller 409 Refused
        "The module is registered with the same or a higher version."
        "Register the module with a higher version.";
}

area! {
    /// The token: balances, allowances, signed payments.
    token "TOKEN":
    "TOKEN-001" ERC20_INSUFFICIENT_BALANCE "ERC20InsufficientBalance" [0xe450d38c] Chain 402 Refused
        "The account holds fewer tokens than the transfer needs."
        "Send tokens to the account, or ask for less.";
    "TOKEN-002" ERC20_INSUFFICIENT_ALLOWANCE "ERC20InsufficientAllowance" [0xfb8f41b2] Chain 402 Refused
        "The spender may spend fewer tokens than the transfer needs."
        "Approve the spender for the amount first, or sign a permit.";
    "TOKEN-003" ERC20_INVALID_RECEIVER "ERC20InvalidReceiver" [0xec442f05] Caller 422 Refused
        "Tokens cannot go to this receiver."
        "Give the real receiver.";
    "TOKEN-004" ERC20_INVALID_SPENDER "ERC20InvalidSpender" [0x94280d62] Caller 422 Refused
        "This account cannot be a spender."
        "Give the real spender.";
    "TOKEN-005" PERMIT_EXPIRED "PermitExpired" [0xe37c206e] Caller 422 Refused
        "The deadline of the permit has passed."
        "Sign a new permit with a later deadline.";
    "TOKEN-006" INVALID_SIGNER "InvalidSigner" [0x7ba5ffb5] Caller 403 Refused
        "The signature is invalid, or by another account than the one that must sign."
        "Sign again: check the key, the chain, the token's address and name, the nonce, and every value. With a packed signature an account with code is asked itself, and needs gas for it.";
    "TOKEN-007" AUTHORIZATION_NOT_YET_VALID "AuthorizationNotYetValid" [0x498ff9a2] Chain 409 Refused
        "The authorization is not valid yet."
        "Send it again later.";
    "TOKEN-008" AUTHORIZATION_EXPIRED "AuthorizationExpired" [0xb3fcd33e] Caller 422 Refused
        "The authorization has expired."
        "Sign a new authorization with a later end.";
    "TOKEN-009" AUTHORIZATION_USED_OR_CANCELED "AuthorizationUsedOrCanceled" [0x8ef82f7f] Chain 409 Refused
        "The nonce of the authorization is used or cancelled."
        "Look whether the payment was made; for another one sign another nonce.";
    "TOKEN-010" CALLER_MUST_BE_PAYEE "CallerMustBePayee" [0x1c5939f3] Caller 403 Refused
        "Only the payee may call this."
        "Send the call from the payee, or use transferWithAuthorization.";
    "TOKEN-011" CAP_EXCEEDED "CapExceeded" [0x0cf95ce5] Chain 409 Refused
        "The supply would exceed its cap."
        "Mint less.";
    "TOKEN-012" NOT_MINTER "NotMinter" [0x361c31f2] Caller 403 Refused
        "The caller is not a minter."
        "Let the owner name the account with setMinter.";
    "TOKEN-013" TEXT_TOO_LONG "TextTooLong" [0xf4eb2b2d] Caller 422 Refused
        "The name or the symbol is too long."
        "Choose a shorter name or symbol.";
    "TOKEN-014" ERC20_INVALID_SENDER "ERC20InvalidSender" [0x96c6fd1e] Caller 422 Refused
        "Tokens cannot come from this account."
        "Send from a real account.";
    "TOKEN-015" ERC20_INVALID_APPROVER "ERC20InvalidApprover" [0xe602df05] Caller 422 Refused
        "This account cannot let another spend its tokens."
        "Give the real owner.";
}

area! {
    /// Amounts that no contract takes.
    amount "AMOUNT":
    "AMOUNT-001" ZERO_AMOUNT "ZeroAmount" [0x1f2a2005] Caller 422 Refused
        "The amount is zero."
        "Give an amount above zero.";
    "AMOUNT-002" AMOUNT_TOO_LARGE "AmountTooLarge" [0x7f162703] Caller 422 Refused
        "The amount is above the most that can be held."
        "Give less; the limit is in COR wei.";
    "AMOUNT-003" TRANSFER_FAILED "TransferFailed" [0x39f1c8d9] Chain 502 Refused
        "The token did not transfer."
        "Check that the contract is wired to a token that answers true, and that balance and allowance suffice.";
}

area! {
    /// Contracts that act on others' money: who they are, from when on, how much in a day.
    module "MODULE":
    "MODULE-001" MODULE_UNKNOWN "ModuleUnknown" [0x6062dcb8] Caller 404 Refused
        "No such module was named."
        "Check the address against the ModuleProposed events.";
    "MODULE-002" MODULE_NOT_ACTIVE "ModuleNotActive" [0x84a2c640] Chain 409 Refused
        "The module is closed, or is not active yet."
        "Use an active module; one that was proposed becomes active at the time that is told.";
    "MODULE-003" MODULE_IN_SERVICE "ModuleInService" [0x8269b388] Chain 409 Refused
        "The module is proposed or active already."
        "Do nothing; to change its cap use setModuleCap.";
    "MODULE-004" MODULE_CAP_EXCEEDED "ModuleCapExceeded" [0xfff977f0] Chain 429 Refused
        "The module's cap of this day is used up."
        "Ask for no more than is left, or again on the next day: days begin at midnight UTC.";
    "MODULE-005" NOT_OPEN "NotOpen" [0xddafad98] Chain 503 Refused
        "The contract is being set up, and takes no money yet."
        "Try again once its Opened event is logged.";
    "MODULE-006" ALREADY_OPEN "AlreadyOpen" [0x965f8d94] Chain 409 Refused
        "The contract is open already."
        "Do nothing: it cannot be closed again.";
    "MODULE-007" NOT_A_CONTRACT "NotAContract" [0x8a8b41ec] Caller 422 Refused
        "There is no contract at the address, or none that answers as it should."
        "Check the address, and that the contract is on this chain.";
}

area! {
    /// Stake of nodes and of users.
    stake "STAKE":
    "STAKE-001" NOT_STAKER "NotStaker" [0xb5001f6e] Caller 403 Refused
        "The node's stake belongs to another account."
        "Call from the node's staker; another account can stake once nothing of the node's stake is left, bonded or unbonding.";
    "STAKE-002" INSUFFICIENT_STAKE "InsufficientStake" [0x936d426d] Chain 402 Refused
        "The account has less stake than the call needs."
        "Stake more, or ask for less.";
    "STAKE-004" STILL_BONDED "StillBonded" [0xb0d74fac] Chain 409 Refused
        "No stake can be withdrawn yet."
        "Unbond first, then withdraw once the release time has come.";
    "STAKE-006" FUTURE_DAY "FutureDay" [0x31a85276] Caller 422 Refused
        "The day has not begun, so its stake is not known."
        "Ask for the present day or an earlier one: days are counted from 1970 and begin at midnight UTC.";
    "STAKE-007" STAKER_NOT_ACCEPTED "StakerNotAccepted" [0x932e6d86] Caller 403 Refused
        "The node has not accepted this staker."
        "Run `cor stake accept --staker ADDRESS` with the node's key, which calls Staking.acceptStaker, or stake from the node's own account.";
    "STAKE-008" NOT_ENOUGH_GAS "NotEnoughGas" [0x9fa72982] Caller 422 Refused
        "The gas that is left does not suffice to tell the node pool."
        "Send the call with more gas; what is not used comes back.";
}

area! {
    /// Registered nodes.
    pool "POOL":
    "POOL-001" NOT_STAKED "NotStaked" [0x2449d29b] Chain 402 Refused
        "The node lacks stake."
        "Put the required stake behind it with Staking.stakeNode.";
    "POOL-002" ALREADY_REGISTERED "AlreadyRegistered" [0x45ed80e9] Chain 409 Refused
        "The node is registered already."
        "Change what it serves with setSpec.";
    "POOL-003" NOT_REGISTERED "NotRegistered" [0xbfc6c337] Chain 404 Refused
        "The node is not registered."
        "Register it first.";
    "POOL-005" VERSION_TOO_OLD "VersionTooOld" [0x8ade6896] Caller 422 Refused
        "The node's software is older than the pool accepts."
        "Update the node's software.";
    "POOL-006" INVALID_MODELS "InvalidModels" [0x3c29f275] Caller 422 Refused
        "The list of models is empty, too long, unsorted, or names a model twice."
        "Sort the identifiers, remove repeated ones, and keep to the limit.";
    "POOL-007" INVALID_CAPACITY "InvalidCapacity" [0x77678fc9] Caller 422 Refused
        "The capacity is out of range."
        "Give a capacity in range.";
    "POOL-008" NOT_ELIGIBLE "NotEligible" [0xc09abaec] Chain 409 Refused
        "The node cannot take the task."
        "Choose another node.";
    "POOL-010" CONSENT_MISSING "ConsentMissing" [0xcc84d063] Caller 403 Refused
        "The operator has not consented to this node, or stopped it."
        "Run `cor stake consent --node ADDRESS` with the operator's key, which calls NodePool.consent; or let the node be its own operator, unless another stopped it.";
    "POOL-011" NOT_DRAINING "NotDraining" [0x7facccaa] Chain 409 Refused
        "The node is not draining."
        "Do nothing: there is nothing to resume.";
}

area! {
    /// The price table and what is asked of it.
    price "PRICE":
    "PRICE-001" UNKNOWN_MODEL "UnknownModel" [0xef73488a] Caller 404 Refused
        "The model is unknown or out of service."
        "Choose a model that `cor model list` shows: those of the table's ModelSet events.";
    "PRICE-002" UNKNOWN_VERSION "UnknownVersion" [0x6a7b4624] Caller 404 Refused
        "There is no such version of the price."
        "Ask for a version from 1 to the latest.";
    "PRICE-003" NO_PRICE_YET "NoPriceYet" [0xd72e4ab2] Chain 503 Refused
        "No price is effective at that time."
        "Try again later; if the first is 0, the owner has to publish a price.";
    "PRICE-004" INPUT_OUT_OF_RANGE "InputOutOfRange" [0x93100881] Caller 422 Refused
        "An input is out of its range."
        "Change the named field.";
    "PRICE-005" EVEN_REPLICAS "EvenReplicas" [0x59c67d08] Caller 422 Refused
        "An even number of replicas could end in a tie."
        "Ask for an odd number of replicas.";
    "PRICE-006" EFFECTIVE_TOO_SOON "EffectiveTooSoon" [0x68b06137] Caller 422 Refused
        "The version would take effect too soon."
        "Publish with a later time of effect.";
    "PRICE-007" CHANGE_TOO_LARGE "ChangeTooLarge" [0xa33ed7e6] Caller 422 Refused
        "A value changes by more than a factor of two, or the work or gas line that several values make (then the numbers are parts per million of it)."
        "Move the price in several versions; list a model of another price under a new number.";
    "PRICE-008" INVALID_PRICE "InvalidPrice" [0xadc15743] Caller 422 Refused
        "A value breaks its bound."
        "Change the named field; its bound is in the table's specification.";
    "PRICE-009" PRICE_OVERFLOW "PriceOverflow" [0xf5c787f1] Caller 422 Refused
        "The price does not fit 128 bits."
        "Ask for less depth, or let the owner publish smaller prices.";
    "PRICE-010" NOT_SOLD "NotSold" [0xf8f895b9] Caller 422 Refused
        "What is asked for is not sold yet: nothing would enforce it."
        "Leave the named field at its least value.";
    "PRICE-011" EFFECTIVE_TOO_LATE "EffectiveTooLate" [0x32eaf005] Caller 422 Refused
        "The version would take effect too far ahead."
        "Publish with an earlier time of effect.";
    "PRICE-012" CANCELLED_VERSION "CancelledVersion" [0x21383117] Chain 409 Refused
        "The version of the price was cancelled."
        "Ask for the current version, or one that was in effect.";
    "PRICE-013" ALREADY_EFFECTIVE "AlreadyEffective" [0x30b6b4df] Chain 409 Refused
        "The version of the price has taken effect and stays."
        "Publish another version.";
    "PRICE-014" MODEL_CHANGE_PENDING "ModelChangePending" [0x78d3a101] Chain 409 Refused
        "A change of the model is announced already."
        "Wait until it takes effect, or cancel it first.";
    "PRICE-015" NO_MODEL_CHANGE "NoModelChange" [0x27590a43] Chain 409 Refused
        "No change of the model is announced."
        "Do nothing: the model stays as it is.";
}

area! {
    /// Free money, books of modules, earnings, the treasury.
    pay "PAY":
    "PAY-001" INSUFFICIENT_BALANCE "InsufficientBalance" [0xdb42144d] Chain 402 Refused
        "The prepaid balance does not cover the amount."
        "Deposit the difference, or ask for less.";
    "PAY-006" NOTHING_EARNED "NothingEarned" [0x46a25fc3] Chain 409 Refused
        "The account has no earnings to withdraw."
        "Try again after a task was paid.";
    "PAY-007" INSUFFICIENT_TREASURY "InsufficientTreasury" [0xa5a58849] Chain 409 Refused
        "The treasury does not cover the amount."
        "Withdraw less.";
    "PAY-010" INSUFFICIENT_BOOK "InsufficientBook" [0xc972a940] Chain 409 Refused
        "The module's book does not cover the amount."
        "Move no more than the book has; who is no module has none.";
    "PAY-011" NOT_CREDITED "NotCredited" [0x83089283] Chain 502 Refused
        "The module did not confirm that it credited the money."
        "Fund another module: this one has no code, or fails.";
}

area! {
    /// The pause of new tasks, and whose signature it is.
    queue "QUEUE":
    "QUEUE-001" PAUSED "Paused" [0x9e87fac8] Chain 503 Refused
        "New sessions and tasks are paused."
        "Try again later; everything that gives money back works.";
    "QUEUE-016" INVALID_SIGNATURE "InvalidSignature" [0x42d750dc] Caller 403 Refused
        "The signature is invalid or not the miner's."
        "Sign again: check the key, the chain, the contract, and every value.";
}

area! {
    /// The lane: money in it, sessions, tasks, and the messages of miners.
    lane "LANE":
    "LANE-001" INSUFFICIENT_CREDIT "InsufficientCredit" [0x0df0fc62] Chain 402 Refused
        "The account has too little money in the lane."
        "Fund the lane through the vault (`cor session deposit`, which calls Vault.depositAndFund), or ask for less.";
    "LANE-002" NOT_IN_GRAINS "NotInGrains" [0x04cd9a8c] Caller 422 Refused
        "The amount is no whole number of grains, or more than 64 bits of them."
        "Give a multiple of 1e9 wei.";
    "LANE-003" NO_SUCH_SESSION "NoSuchSession" [0x9dce6c7a] Caller 404 Refused
        "The account has no open session of this number with these terms."
        "Give the number and the terms of its SessionCreated event, or create another session.";
    "LANE-004" PRICE_ABOVE_MAX "PriceAboveMax" [0x1527bd3a] Caller 402 Refused
        "The price is above the charge that the request allows."
        "Raise maxCharge (`cor task`: --max-charge), or ask for less.";
    "LANE-005" SEQUENCE_USED "SequenceUsed" [0x81e00c9f] Chain 409 Refused
        "The payer has a task of this sequence number."
        "Submit under another number.";
    "LANE-006" HISTORY_MISMATCH "HistoryMismatch" [0x56006d7a] Chain 409 Refused
        "The bytes are not the task's history."
        "Gather the history from the TaskSubmitted and TaskRecord events once more; a zero seal is that of a task that ended or never was.";
    "LANE-007" MALFORMED "Malformed" [0x94db87c2] Caller 422 Refused
        "The bytes are not of the form that the function takes."
        "Lay them out as ILane says.";
    "LANE-008" LANE_PHASE_WRONG "LanePhaseWrong" [0x2b0bc60b] Chain 409 Refused
        "The task is in another phase than the call needs."
        "Look at the task, and call what its phase allows.";
    "LANE-009" LANE_TASK_ENDED "LaneTaskEnded" [0xef8c66a5] Chain 409 Refused
        "The task has ended."
        "Do nothing: the task is over.";
    "LANE-010" LANE_TOO_LATE "LaneTooLate" [0xbf854162] Chain 409 Refused
        "The deadline of the phase has passed, or that of a report after the end."
        "Close the phase: anyone may. For a report there is nothing left to do.";
    "LANE-011" LANE_TOO_EARLY "LaneTooEarly" [0x03fb0aab] Chain 409 Refused
        "It is too early: the deadline of the phase has not passed, or a task is not to be started by the keeper's word alone yet."
        "Try again from the deadline in the error on.";
    "LANE-012" LANE_MINER_COUNT "LaneMinerCount" [0x5599893f] Caller 422 Refused
        "The number of miners is not that of the session's replicas."
        "Give exactly as many miners as the session has replicas.";
    "LANE-013" NO_SUCH_REPLICA "NoSuchReplica" [0xa01f7b42] Caller 404 Refused
        "The task has no such replica."
        "Count replicas from 0 in the order of the assignment.";
    "LANE-014" REPLICA_DONE "ReplicaDone" [0x7ec6cab6] Chain 409 Refused
        "The replica's miner did this already."
        "Do nothing: this phase needs no more of the miner.";
    "LANE-015" REPLICA_NOT_COMMITTED "ReplicaNotCommitted" [0xf2a1ab64] Chain 409 Refused
        "The replica's miner is bound to no answer."
        "Skip this task; later tasks are unaffected.";
    "LANE-016" COMMITMENT_ZERO "CommitmentZero" [0x029feed3] Caller 422 Refused
        "The zero hash is not a commitment."
        "Compute the commitment as ILane says.";
    "LANE-017" COMMITMENT_MISMATCH "CommitmentMismatch" [0x319f81fc] Caller 422 Refused
        "The reveal does not open the commitment."
        "Check digest, salt, replica, assignment and chain.";
    "LANE-018" REVEAL_OPENS "RevealOpens" [0x0e70936f] Chain 409 Refused
        "The reveal opens its commitment."
        "Do nothing: there is nothing to report.";
    "LANE-019" NOTHING_TAKEN "NothingTaken" [0x6efc205e] Chain 409 Refused
        "Nothing was taken of this penalty."
        "Do nothing if nothing is left; else ask again, or report again, when Staking has a new cap for the day, or the node has stake.";
    "LANE-020" MINER_TWICE "MinerTwice" [0x5199304f] Caller 422 Refused
        "A miner is given for two replicas."
        "Give another miner for each replica.";
}

area! {
    /// The choice of miners, disputed against a keeper's bond.
    jury "JURY":
    "JURY-001" LANE_NAMED "LaneNamed" [0x3adb21f0] Chain 409 Refused
        "The lane was named already, for good."
        "Deploy another Jury for another lane.";
    "JURY-002" KEEPER_UNKNOWN "KeeperUnknown" [0x87308403] Chain 404 Refused
        "The keeper is not proposed now."
        "Ask the owner to propose the keeper.";
    "JURY-003" KEEPER_NOT_YET "KeeperNotYet" [0x7eb89d57] Chain 409 Refused
        "The proposal of the keeper is not in effect yet."
        "Enrol at the time that the error names, or later.";
    "JURY-004" KEEPER_IN_SERVICE "KeeperInService" [0x956596ed] Chain 409 Refused
        "The keeper is proposed already, or has a bond here."
        "Do nothing, or discharge the keeper and withdraw its bond first.";
    "JURY-005" KEEPER_NOT_SERVING "KeeperNotServing" [0x5423f426] Chain 409 Refused
        "The keeper does not serve."
        "A keeper that left withdraws its bond, is proposed again, and enrols.";
    "JURY-006" NO_BOND "NoBond" [0x015e0aae] Chain 409 Refused
        "The keeper has no bond here."
        "Do nothing: it posted none, withdrew it, or lost it.";
    "JURY-007" BOND_LOCKED "BondLocked" [0x8179b281] Chain 409 Refused
        "The bond cannot be withdrawn yet."
        "Resign if the keeper serves (the time is 0 then); withdraw at the time that the error names after that.";
    "JURY-008" CHAIN_IN_USE "ChainInUse" [0x82375a4b] Chain 409 Refused
        "Disputes may still need the chain before the last."
        "Renew at the time that the error names, or later, and make chains longer.";
    "JURY-009" EPOCH_OPEN "EpochOpen" [0x3c4acc57] Chain 409 Refused
        "The epoch has not ended."
        "Show its secret, or call for it, after the end of the epoch.";
    "JURY-010" NO_SECRET "NoSecret" [0xb2bb37e6] Caller 404 Refused
        "The keeper committed to no secret of the epoch."
        "Check the epoch against the keeper's KeeperEnrolled and ChainRenewed events.";
    "JURY-011" SECRET_KNOWN "SecretKnown" [0x7a084639] Chain 409 Refused
        "The secret of the epoch was shown."
        "Do nothing.";
    "JURY-012" SECRET_WRONG "SecretWrong" [0x8566b44b] Caller 422 Refused
        "The keeper committed to another secret of the epoch."
        "Check the epoch, and the chain of secrets.";
    "JURY-013" SECRET_PENDING "SecretPending" [0x0ff7cce9] Chain 409 Refused
        "The secret of the epoch was called for, and there is time to show it."
        "Challenge when it was shown, or at the time that the error names.";
    "JURY-014" IN_ROSTER "InRoster" [0xea5517c8] Chain 409 Refused
        "The node is in the roster of the model."
        "Do nothing.";
    "JURY-015" NOT_IN_ROSTER "NotInRoster" [0xcdcd67a3] Chain 404 Refused
        "The node is not in the roster of the model, or was not in the epoch of the task."
        "Enter it first; for a summons, give the slot that was drawn.";
    "JURY-016" ENTRY_BARRED "EntryBarred" [0x775e91e4] Chain 409 Refused
        "The node left the roster lately, or was put out of it."
        "Enter it in the epoch before the one that the error names, or later.";
    "JURY-017" NODE_FIT "NodeFit" [0xcda0aad0] Chain 409 Refused
        "The pool finds the node fit."
        "Do nothing: the node stays in the roster.";
    "JURY-018" ALREADY_SUMMONED "AlreadySummoned" [0x89bfbba2] Chain 409 Refused
        "The keeper summoned the node to the task already."
        "Wait for its answer.";
    "JURY-019" NOT_SUMMONED "NotSummoned" [0x8d6167bf] Chain 404 Refused
        "The keeper did not summon the node to the task."
        "Summon the node first.";
    "JURY-020" ANSWER_PENDING "AnswerPending" [0x84b111cf] Chain 409 Refused
        "The node has time to answer."
        "Dismiss it at the time that the error names, or later.";
    "JURY-021" NODE_ANSWERED "NodeAnswered" [0xbd2bf0b0] Chain 409 Refused
        "The node answered."
        "Do nothing: the node serves.";
    "JURY-022" NODE_DISMISSED "NodeDismissed" [0x03dac71e] Chain 409 Refused
        "The keeper found the node absent from the task already."
        "Do nothing: the keeper passes the node over.";
    "JURY-023" NOTHING_SERVED "NothingServed" [0x00de6ab0] Chain 409 Refused
        "The task ended without having been served."
        "Do nothing: there is nothing to dispute.";
    "JURY-024" CREW_UNPROVEN "CrewUnproven" [0x63459b84] Caller 422 Refused
        "Keeper and miners are not those of the task."
        "Take opening, keeper and miners from the lane's TaskSubmitted and TaskEnded events.";
    "JURY-025" DISPUTE_OVER "DisputeOver" [0xc8f8922a] Chain 409 Refused
        "The time for disputes of the task is over, or there is too little of it left to call for a secret."
        "Do nothing.";
    "JURY-026" BLOCK_UNKNOWN "BlockUnknown" [0xd1bbea97] Chain 404 Refused
        "The hash of the block is not known: it is to come, or was forgotten and not noted."
        "For a block of just now, try again a block later; have the blocks of tasks that take long noted in time (Jury.note).";
    "JURY-027" CREW_AS_DRAWN "CrewAsDrawn" [0x87a54af3] Chain 409 Refused
        "The keeper brought the crew that was drawn."
        "Do nothing: the keeper is honest.";
    "JURY-028" TOO_FEW_FOUND "TooFewFound" Transient 503 Refused
        "The roster of the model has fewer operators than the task has replicas."
        "Wait for more nodes of other operators, or open a session with fewer replicas.";
    "JURY-029" LANE_UNNAMED "LaneUnnamed" [0xd6285217] Chain 409 Refused
        "No lane is named yet."
        "Name the lane first (Jury.setLane).";
}
