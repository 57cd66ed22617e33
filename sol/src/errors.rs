//! Every error of every contract as one enum: its row in the table of errors, and a sentence with the numbers.
//!
//! Contracts pass a peer's revert on unchanged, so a call to one may fail with an error of another; who decodes must not care
//! where an error came from. Errors of one signature are one variant.

use std::fmt;

use alloy::{
    primitives::{Address, B256, U256, utils::format_ether},
    sol_types::SolError,
};
use cor_errors::{
    Coded, Entry,
    table::{access, amount, jury, lane, module, pay, pool, price, queue, stake, token},
};

use crate::{
    cor::ICor, jury::IJury, lane::ILane, node_pool::INodePool, runtime::IRuntime, session_payment_table::ISessionPaymentTable,
    staking::IStaking, vault::IVault,
};

/// What is known of a contract's error without its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorInfo {
    /// Its row in the table of errors.
    pub entry: &'static Entry,
    /// Name in Solidity.
    pub name: &'static str,
    /// Signature in Solidity, which the selector is made of.
    pub signature: &'static str,
    /// First four bytes of the revert data.
    pub selector: [u8; 4],
}

/// Makes the enum, the list and the texts, so that none can miss an error another has.
macro_rules! contract_errors {
    ($($area:ident::$entry:ident $interface:ident::$name:ident |$error:pat_param| $text:expr;)+) => {
        /// An error of any of the contracts. Displays as a sentence with the numbers in it; its row has the code and the next step.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum ContractError {
            $(
                #[doc = concat!("[`", stringify!($entry), "`](cor_errors::table::", stringify!($area), "::", stringify!($entry), ").")]
                $name($interface::$name),
            )+
        }

        impl ContractError {
            /// Every error there is, in the order of their codes.
            pub const ALL: &[ErrorInfo] = &[$(ErrorInfo {
                entry: &$area::$entry,
                name: stringify!($name),
                signature: <$interface::$name as SolError>::SIGNATURE,
                selector: <$interface::$name as SolError>::SELECTOR,
            },)+];

            /// Row, name, signature and selector.
            #[must_use]
            pub const fn info(&self) -> ErrorInfo {
                match self {
                    $(Self::$name(_) => ErrorInfo {
                        entry: &$area::$entry,
                        name: stringify!($name),
                        signature: <$interface::$name as SolError>::SIGNATURE,
                        selector: <$interface::$name as SolError>::SELECTOR,
                    },)+
                }
            }

            fn decode(selector: [u8; 4], values: &[u8]) -> Option<Self> {
                match selector {
                    $(<$interface::$name as SolError>::SELECTOR => {
                        <$interface::$name as SolError>::abi_decode_raw_validate(values).ok().map(Self::$name)
                    })+
                    _ => None,
                }
            }
        }

        impl fmt::Display for ContractError {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name($error) => f.write_str(&$text),)+
                }
            }
        }

        $(impl From<$interface::$name> for ContractError {
            fn from(error: $interface::$name) -> Self {
                Self::$name(error)
            }
        })+
    };
}

contract_errors! {
    access::UNAUTHORIZED IRuntime::Unauthorized |e| unauthorized(e.caller, e.required);
    access::ZERO_ADDRESS IRuntime::ZeroAddress |_| String::from("the zero address is not a valid argument");
    access::UNKNOWN_MODULE IRuntime::UnknownModule |e| format!("no module is registered as {}", ascii(e.name));
    access::VERSION_NOT_RISING IRuntime::VersionNotRising |e| format!("module {} has version {}, and {} is not above it", ascii(e.name), e.current, e.offered);

    token::ERC20_INSUFFICIENT_BALANCE ICor::ERC20InsufficientBalance |e| format!("{} has {} in its wallet and would need {}", e.sender, cor(e.balance), cor(e.needed));
    token::ERC20_INSUFFICIENT_ALLOWANCE ICor::ERC20InsufficientAllowance |e| format!("{} may spend {} and would need {}", e.spender, cor(e.allowance), cor(e.needed));
    token::ERC20_INVALID_RECEIVER ICor::ERC20InvalidReceiver |e| format!("tokens cannot go to {}", e.receiver);
    token::ERC20_INVALID_SPENDER ICor::ERC20InvalidSpender |e| format!("{} cannot be a spender", e.spender);
    token::PERMIT_EXPIRED ICor::PermitExpired |e| format!("the permit ended at {} and it is {}", e.deadline, e.timestamp);
    token::INVALID_SIGNER ICor::InvalidSigner |e| signed_by(e.signer, e.expected);
    token::AUTHORIZATION_NOT_YET_VALID ICor::AuthorizationNotYetValid |e| format!("the authorization begins after {} and it is {}", e.validAfter, e.timestamp);
    token::AUTHORIZATION_EXPIRED ICor::AuthorizationExpired |e| format!("the authorization ended at {} and it is {}", e.validBefore, e.timestamp);
    token::AUTHORIZATION_USED_OR_CANCELED ICor::AuthorizationUsedOrCanceled |e| format!("nonce {} of {} is used or cancelled", e.nonce, e.authorizer);
    token::CALLER_MUST_BE_PAYEE ICor::CallerMustBePayee |e| format!("{} called and only the payee {} may", e.caller, e.payee);
    token::CAP_EXCEEDED ICor::CapExceeded |e| format!("{} more would pass the cap of {}, {} exist", cor(e.amount), cor(e.cap), cor(e.supply));
    token::NOT_MINTER ICor::NotMinter |e| format!("{} is not a minter", e.caller);
    token::TEXT_TOO_LONG ICor::TextTooLong |e| format!("a text of {} bytes is longer than {}", e.length, e.limit);
    token::ERC20_INVALID_SENDER ICor::ERC20InvalidSender |e| format!("tokens cannot come from {}", e.sender);
    token::ERC20_INVALID_APPROVER ICor::ERC20InvalidApprover |e| format!("{} cannot let another spend its tokens", e.approver);

    amount::ZERO_AMOUNT IStaking::ZeroAmount |_| String::from("the amount is zero");
    amount::AMOUNT_TOO_LARGE IStaking::AmountTooLarge |e| format!("{} is above {}, the most that can be kept", cor(e.amount), cor(e.limit));
    amount::TRANSFER_FAILED IStaking::TransferFailed |e| format!("token {} did not transfer", e.token);

    module::MODULE_UNKNOWN IVault::ModuleUnknown |e| format!("{} is no module", e.module);
    module::MODULE_NOT_ACTIVE IVault::ModuleNotActive |e| match e.activeAt {
        0 => format!("module {} is closed", e.module),
        at => format!("module {} is not active before {at}", e.module),
    };
    module::MODULE_IN_SERVICE IVault::ModuleInService |e| format!("module {} is proposed or active already", e.module);
    module::MODULE_CAP_EXCEEDED IVault::ModuleCapExceeded |e| format!("module {} may take {} more on this day and would need {}", e.module, cor(e.available), cor(e.needed));
    module::NOT_OPEN IVault::NotOpen |_| String::from("the contract is being set up and takes no money yet");
    module::NOT_A_CONTRACT IVault::NotAContract |e| format!("there is no contract at {} that answers as it should", e.account);
    module::ALREADY_OPEN IVault::AlreadyOpen |_| String::from("the contract is open already");

    stake::NOT_STAKER IStaking::NotStaker |e| format!("the stake of node {} belongs to {} and not to {}", e.node, e.staker, e.caller);
    stake::INSUFFICIENT_STAKE IStaking::InsufficientStake |e| format!("{} has {} staked and would need {}", e.account, cor(e.available), cor(e.needed));
    stake::STILL_BONDED IStaking::StillBonded |e| match e.releaseAt {
        0 => format!("nothing of {} is unbonding", e.account),
        at => format!("nothing of {} is withdrawable before {at} and it is {}", e.account, e.timestamp),
    };
    stake::FUTURE_DAY IStaking::FutureDay |e| format!("day {} has not begun: it is day {}", e.day, e.today);
    stake::STAKER_NOT_ACCEPTED IStaking::StakerNotAccepted |e| format!("node {} has not accepted {} as its staker", e.node, e.staker);
    stake::NOT_ENOUGH_GAS IStaking::NotEnoughGas |e| format!("{} gas is left and {} is needed to tell the node pool", e.left, e.needed);

    pool::NOT_STAKED INodePool::NotStaked |e| format!("node {} lacks stake", e.node);
    pool::ALREADY_REGISTERED INodePool::AlreadyRegistered |e| format!("node {} is registered already", e.node);
    pool::NOT_REGISTERED INodePool::NotRegistered |e| format!("node {} is not registered", e.node);
    pool::VERSION_TOO_OLD INodePool::VersionTooOld |e| format!("the node's software {} is older than {}", release(e.version), release(e.minimum));
    pool::INVALID_MODELS INodePool::InvalidModels |e| format!("{} models given: 1 to {} are allowed, in rising order, none twice", e.count, e.limit);
    pool::INVALID_CAPACITY INodePool::InvalidCapacity |e| format!("a capacity of {} is outside 1 to {}", e.capacity, e.limit);
    pool::NOT_ELIGIBLE IJury::NotEligible |e| format!("node {} cannot take the task: {}", e.node, eligibility(e.reason));
    pool::CONSENT_MISSING INodePool::ConsentMissing |e| format!("operator {} has not consented to node {}", e.operator, e.node);
    pool::NOT_DRAINING INodePool::NotDraining |e| format!("node {} is not draining", e.node);

    price::UNKNOWN_MODEL ISessionPaymentTable::UnknownModel |e| format!("model {} is unknown or out of service", e.modelIdentifier);
    price::UNKNOWN_VERSION ISessionPaymentTable::UnknownVersion |e| format!("there is no price version {}, the latest is {}", e.version, e.latest);
    price::NO_PRICE_YET ISessionPaymentTable::NoPriceYet |e| format!("no price is effective at {}, the first is at {}", e.timestamp, e.firstEffectiveAt);
    price::INPUT_OUT_OF_RANGE ISessionPaymentTable::InputOutOfRange |e| format!("{} is {} and must be {} to {}", ascii(e.field), e.value, e.min, e.max);
    price::EVEN_REPLICAS ISessionPaymentTable::EvenReplicas |e| format!("{} replicas could end in a tie", e.replicas);
    price::EFFECTIVE_TOO_SOON ISessionPaymentTable::EffectiveTooSoon |e| format!("the version would take effect at {}, and {} is the earliest", e.effectiveAt, e.earliest);
    price::CHANGE_TOO_LARGE ISessionPaymentTable::ChangeTooLarge |e| change_too_large(&ascii(e.field), e.previous, e.next);
    price::INVALID_PRICE ISessionPaymentTable::InvalidPrice |e| format!("{} is {}, against a bound of {}", ascii(e.field), e.value, e.bound);
    price::PRICE_OVERFLOW ISessionPaymentTable::PriceOverflow |_| String::from("the price does not fit 128 bits");
    price::NOT_SOLD ISessionPaymentTable::NotSold |e| format!("{} of {} is not sold yet", ascii(e.field), e.value);
    price::EFFECTIVE_TOO_LATE ISessionPaymentTable::EffectiveTooLate |e| format!("the version would take effect at {}, and {} is the latest", e.effectiveAt, e.latest);
    price::CANCELLED_VERSION ISessionPaymentTable::CancelledVersion |e| format!("price version {} was cancelled", e.version);
    price::ALREADY_EFFECTIVE ISessionPaymentTable::AlreadyEffective |e| format!("price version {} is effective since {}", e.version, e.effectiveAt);
    price::MODEL_CHANGE_PENDING ISessionPaymentTable::ModelChangePending |e| format!("a change of model {} takes effect at {}", e.modelIdentifier, e.effectiveAt);
    price::NO_MODEL_CHANGE ISessionPaymentTable::NoModelChange |e| format!("no change of model {} is announced", e.modelIdentifier);

    pay::INSUFFICIENT_BALANCE IVault::InsufficientBalance |e| format!("{} has {} prepaid and would need {}", e.payer, cor(e.available), cor(e.needed));
    pay::NOTHING_EARNED ILane::NothingEarned |e| format!("{} has earned nothing that is not paid out", e.miner);
    pay::INSUFFICIENT_TREASURY IVault::InsufficientTreasury |e| format!("the treasury has {} and would need {}", cor(e.available), cor(e.needed));
    pay::INSUFFICIENT_BOOK IVault::InsufficientBook |e| format!("the book of module {} has {} and would need {}", e.module, cor(e.available), cor(e.needed));
    pay::NOT_CREDITED IVault::NotCredited |e| format!("module {} did not confirm that it credited the money", e.module);

    queue::PAUSED ILane::Paused |_| String::from("new sessions and tasks are paused");
    queue::INVALID_SIGNATURE ILane::InvalidSignature |e| signed_by(e.signer, e.expected);

    lane::INSUFFICIENT_CREDIT ILane::InsufficientCredit |e| format!("{} has {} in the lane and would need {}", e.account, grains(e.available), grains(e.needed));
    lane::NOT_IN_GRAINS ILane::NotInGrains |e| format!("{} wei is no whole number of grains of 1e9 wei, or too many of them", e.amount);
    lane::NO_SUCH_SESSION ILane::NoSuchSession |e| format!("{} has no open session {} with these terms", e.owner, e.session);
    lane::PRICE_ABOVE_MAX ILane::PriceAboveMax |e| format!("the price of {} is above the allowed {}", grains(e.price), grains(e.maxCharge));
    lane::SEQUENCE_USED ILane::SequenceUsed |e| format!("{} has a task {} already", e.payer, e.sequence);
    lane::HISTORY_MISMATCH ILane::HistoryMismatch |e| format!("the history given for task {} has the seal {}, and the task's is {}", e.task, e.computed, e.seal);
    lane::MALFORMED ILane::Malformed |e| format!("{} is not of the form that the function takes", ascii(e.field));
    lane::LANE_PHASE_WRONG ILane::LanePhaseWrong |e| format!("task {} is in phase {} and this needs {}", e.task, lane_phase(e.phase), lane_phase(e.wanted));
    lane::LANE_TASK_ENDED ILane::LaneTaskEnded |e| format!("task {} has ended with status {}", e.task, e.status);
    lane::LANE_TOO_LATE ILane::LaneTooLate |e| format!("this could be done with task {} until {} and it is {}", e.task, e.deadline, e.timestamp);
    lane::LANE_TOO_EARLY ILane::LaneTooEarly |e| format!("this can be done with task {} from {} on, and it is {}", e.task, e.deadline, e.timestamp);
    lane::LANE_MINER_COUNT ILane::LaneMinerCount |e| format!("{} miners given for task {}, which wants {}", e.given, e.task, e.wanted);
    lane::NO_SUCH_REPLICA ILane::NoSuchReplica |e| format!("task {} has no replica {}", e.task, e.replica);
    lane::REPLICA_DONE ILane::ReplicaDone |e| format!("the miner of replica {} did this in task {} already", e.replica, e.task);
    lane::REPLICA_NOT_COMMITTED ILane::ReplicaNotCommitted |e| format!("the miner of replica {} of task {} is bound to no answer", e.replica, e.task);
    lane::COMMITMENT_ZERO ILane::CommitmentZero |e| format!("the zero hash was offered as commitment of replica {} of task {}", e.replica, e.task);
    lane::COMMITMENT_MISMATCH ILane::CommitmentMismatch |e| format!("replica {} of task {} is bound to {}, and the reveal gives {}", e.replica, e.task, e.committed, e.computed);
    lane::NOTHING_TAKEN ILane::NothingTaken |e| format!("nothing was taken of what {} lost in task {} for reason {}: {} of it are left", e.node, e.task, e.reason, grains(e.owed));
    lane::MINER_TWICE ILane::MinerTwice |e| format!("the miner of replica {} of task {} is that of an earlier one too", e.replica, e.task);
    lane::REVEAL_OPENS ILane::RevealOpens |e| format!("the reveal of replica {} opens its commitment to task {}", e.replica, e.task);

    jury::LANE_NAMED IJury::LaneNamed |e| format!("the lane is {} for good", e.lane);
    jury::LANE_UNNAMED IJury::LaneUnnamed |_| String::from("no lane is named yet");
    jury::KEEPER_UNKNOWN IJury::KeeperUnknown |e| format!("keeper {} was not proposed", e.keeper);
    jury::KEEPER_NOT_YET IJury::KeeperNotYet |e| format!("keeper {} may enrol from {} on", e.keeper, e.at);
    jury::KEEPER_IN_SERVICE IJury::KeeperInService |e| format!("keeper {} is proposed already, or has a bond", e.keeper);
    jury::KEEPER_NOT_SERVING IJury::KeeperNotServing |e| format!("keeper {} does not serve", e.keeper);
    jury::NO_BOND IJury::NoBond |e| format!("keeper {} has no bond", e.keeper);
    jury::BOND_LOCKED IJury::BondLocked |e| if e.until == 0 { format!("keeper {} serves, by its bond", e.keeper) } else { format!("the bond of keeper {} is free from {} on", e.keeper, e.until) };
    jury::CHAIN_IN_USE IJury::ChainInUse |e| format!("disputes may need the earlier chain of keeper {} until {}", e.keeper, e.until);
    jury::EPOCH_OPEN IJury::EpochOpen |e| format!("epoch {} ends at {}", e.epoch, e.endsAt);
    jury::NO_SECRET IJury::NoSecret |e| format!("keeper {} committed to no secret of epoch {}", e.keeper, e.epoch);
    jury::SECRET_KNOWN IJury::SecretKnown |e| format!("the secret of keeper {} of epoch {} is known", e.keeper, e.epoch);
    jury::SECRET_WRONG IJury::SecretWrong |e| format!("keeper {} committed to another secret of epoch {}", e.keeper, e.epoch);
    jury::SECRET_PENDING IJury::SecretPending |e| format!("keeper {} may show its secret of epoch {} until {}", e.keeper, e.epoch, e.until);
    jury::IN_ROSTER IJury::InRoster |e| format!("node {} is in the roster of model {}", e.node, e.model);
    jury::NOT_IN_ROSTER IJury::NotInRoster |e| format!("node {} is not in the roster of model {}", e.node, e.model);
    jury::ENTRY_BARRED IJury::EntryBarred |e| format!("node {} cannot be in the roster of model {} before epoch {}", e.node, e.model, e.until);
    jury::NODE_FIT IJury::NodeFit |e| format!("node {} is fit for model {}", e.node, e.model);
    jury::ALREADY_SUMMONED IJury::AlreadySummoned |e| format!("node {} was summoned to task {}", e.node, e.task);
    jury::NOT_SUMMONED IJury::NotSummoned |e| format!("node {} was not summoned to task {} by this keeper", e.node, e.task);
    jury::ANSWER_PENDING IJury::AnswerPending |e| format!("node {} may answer the summons to task {} until {}", e.node, e.task, e.until);
    jury::NODE_ANSWERED IJury::NodeAnswered |e| format!("node {} answered the summons to task {}", e.node, e.task);
    jury::NODE_DISMISSED IJury::NodeDismissed |e| format!("node {} was found absent from task {}", e.node, e.task);
    jury::NOTHING_SERVED IJury::NothingServed |e| format!("task {} ended with status {}: nobody served it", e.task, e.status);
    jury::CREW_UNPROVEN IJury::CrewUnproven |e| format!("the evidence makes the mark {} of task {}, and the lane's is {}", e.computed, e.task, e.mark);
    jury::DISPUTE_OVER IJury::DisputeOver |e| format!("task {} could be disputed until {}", e.task, e.deadline);
    jury::BLOCK_UNKNOWN IJury::BlockUnknown |e| format!("the hash of block {} is not known", e.number);
    jury::CREW_AS_DRAWN IJury::CrewAsDrawn |e| format!("the crew of task {} is the one that was drawn", e.task);
}

alloy::sol! {
    /// The deployer of the Stylus SDK: a constructor reverted.
    error ContractInitializationError(address newContract, bytes data);
}

/// Decodes what a contract reverted with. `None` if it is no error of ours: no data (wrong address, out of gas, bad arguments), or
/// another contract's. What a constructor refused is taken out of the words of the SDK's deployer.
pub fn decode_revert(data: &[u8]) -> Option<ContractError> {
    let decode = |data: &[u8]| {
        let (selector, values) = data.split_first_chunk()?;
        ContractError::decode(*selector, values)
    };
    decode(data).or_else(|| decode(&ContractInitializationError::abi_decode(data).ok()?.data))
}

impl std::error::Error for ContractError {}

impl Coded for ContractError {
    fn entry(&self) -> &'static Entry {
        self.info().entry
    }
}

impl ContractError {
    /// Name in Solidity.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.info().name
    }
}

/// An amount of COR wei as COR, without trailing zeros.
fn cor(wei: U256) -> String {
    let digits = format_ether(wei);
    format!("{} COR", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// Grains of 1e9 wei as COR.
fn grains(amount: u64) -> String {
    cor(U256::from(amount) * U256::from(1_000_000_000_u64))
}

/// A change of a value, or of a line that several make, which is told in parts per million of what it was.
fn change_too_large(field: &str, previous: U256, next: U256) -> String {
    match field {
        "work" | "gas" => {
            format!("the {field} line would go from {previous} to {next} millionths of what it was, more than a factor of two")
        }
        _ => format!("{field} would go from {previous} to {next}, more than a factor of two"),
    }
}

/// Names of ILane's phases.
const fn lane_phase(phase: u8) -> &'static str {
    match phase {
        0 => "none",
        1 => "open",
        2 => "precommit",
        3 => "reveal",
        4 => "ended",
        _ => "unknown",
    }
}

/// Who may not call. The zero address stands for a role that several hold, or nobody yet.
fn unauthorized(caller: Address, required: Address) -> String {
    if required.is_zero() {
        return format!("{caller} may not call this: it does not hold the role");
    }
    format!("{caller} may not call this, only {required} may")
}

/// Whose signature it is. The zero address stands for nobody: the bytes are no signature.
fn signed_by(signer: Address, expected: Address) -> String {
    if signer.is_zero() {
        return format!("the signature is not valid, and must be by {expected}");
    }
    format!("the signature is by {signer} and not by {expected}")
}

/// A left-aligned ASCII name; hex if it is none.
fn ascii(name: B256) -> String {
    let end = name.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    match std::str::from_utf8(&name[..end]) {
        Ok(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) => text.to_owned(),
        _ => name.to_string(),
    }
}

/// A software version, packed as major·1e6 + minor·1e3 + patch.
fn release(version: u64) -> String {
    format!("{}.{}.{}", version / 1_000_000, version / 1_000 % 1_000, version % 1_000)
}

/// Names of INodePool's reasons.
fn eligibility(reason: u8) -> &'static str {
    match reason {
        1 => "it is not registered",
        2 => "it has not loaded the model",
        3 => "its software is too old",
        4 => "it is draining",
        _ => "for an unknown reason",
    }
}
