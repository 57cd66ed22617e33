//! Every error of every contract as one enum, with its code, a sentence with the numbers, and what to do next.
//!
//! Contracts pass a peer's revert on unchanged, so a call to one may fail with an error of another; who decodes must not care
//! where an error came from. Errors of one signature are one variant.

use std::fmt;

use alloy::{
    primitives::{B256, U256, utils::format_ether},
    sol_types::SolError,
};

use crate::{
    cor::ICor, node_pool::INodePool, runtime::IRuntime, session_payment::ISessionPayment,
    session_payment_table::ISessionPaymentTable, session_queue::ISessionQueue, staking::IStaking,
};

/// What is known of an error without its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorInfo {
    /// Stable code, `AREA-NNN`.
    pub code: &'static str,
    /// Name in Solidity.
    pub name: &'static str,
    /// Signature in Solidity, which the selector is made of.
    pub signature: &'static str,
    /// First four bytes of the revert data.
    pub selector: [u8; 4],
    /// What to do next.
    pub hint: &'static str,
}

/// Makes the enum, the table and the texts of one list, so that none can miss an error another has.
macro_rules! contract_errors {
    ($($code:literal $interface:ident::$name:ident |$error:pat_param| $text:expr, $hint:literal;)+) => {
        /// An error of any of the contracts. Displays as a sentence with the numbers in it; see [`ContractError::hint`] for what to do.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum ContractError {
            $(
                #[doc = concat!("`", $code, "`. ", $hint)]
                $name($interface::$name),
            )+
        }

        impl ContractError {
            /// Every error there is, in the order of their codes.
            pub const ALL: &[ErrorInfo] = &[$(ErrorInfo {
                code: $code,
                name: stringify!($name),
                signature: <$interface::$name as SolError>::SIGNATURE,
                selector: <$interface::$name as SolError>::SELECTOR,
                hint: $hint,
            },)+];

            /// Code, name, selector and hint.
            pub const fn info(&self) -> ErrorInfo {
                match self {
                    $(Self::$name(_) => ErrorInfo {
                        code: $code,
                        name: stringify!($name),
                        signature: <$interface::$name as SolError>::SIGNATURE,
                        selector: <$interface::$name as SolError>::SELECTOR,
                        hint: $hint,
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
    "ACCESS-001" IRuntime::Unauthorized |e| format!("{} may not call this, only {} may", e.caller, e.required),
        "Send the call from the required account; if that is the zero address, the contract is not wired yet.";
    "ACCESS-002" IRuntime::ZeroAddress |_| String::from("the zero address is not a valid argument"),
        "Give the real address.";
    "ACCESS-003" IRuntime::UnknownModule |e| format!("no module is registered as {}", ascii(e.name)),
        "Check the spelling, or register the module with setModule.";
    "ACCESS-004" IRuntime::VersionNotRising |e| format!("module {} has version {}, and {} is not above it", ascii(e.name), e.current, e.offered),
        "Register the module with a higher version.";

    "TOKEN-001" ICor::ERC20InsufficientBalance |e| format!("{} has {} token units and would need {}", e.sender, e.balance, e.needed),
        "Send tokens to the account, or ask for less.";
    "TOKEN-002" ICor::ERC20InsufficientAllowance |e| format!("{} may spend {} token units and would need {}", e.spender, e.allowance, e.needed),
        "Approve the spender for the amount first, or sign a permit.";
    "TOKEN-003" ICor::ERC20InvalidReceiver |e| format!("tokens cannot go to {}", e.receiver),
        "Give the real receiver.";
    "TOKEN-004" ICor::ERC20InvalidSpender |e| format!("{} cannot be a spender", e.spender),
        "Give the real spender.";
    "TOKEN-005" ICor::PermitExpired |e| format!("the permit ended at {} and it is {}", e.deadline, e.timestamp),
        "Sign a new permit with a later deadline.";
    "TOKEN-006" ICor::InvalidSigner |e| format!("the signature is by {} and not by {}", e.signer, e.expected),
        "Sign again: check the key, the chain, the token's address and name, the nonce, and every value.";
    "TOKEN-007" ICor::AuthorizationNotYetValid |e| format!("the authorization begins after {} and it is {}", e.validAfter, e.timestamp),
        "Send it again later.";
    "TOKEN-008" ICor::AuthorizationExpired |e| format!("the authorization ended at {} and it is {}", e.validBefore, e.timestamp),
        "Sign a new authorization with a later end.";
    "TOKEN-009" ICor::AuthorizationUsedOrCanceled |e| format!("nonce {} of {} is used or cancelled", e.nonce, e.authorizer),
        "Look whether the payment was made; for another one sign another nonce.";
    "TOKEN-010" ICor::CallerMustBePayee |e| format!("{} called and only the payee {} may", e.caller, e.payee),
        "Send the call from the payee, or use transferWithAuthorization.";
    "TOKEN-011" ICor::CapExceeded |e| format!("{} more would pass the cap of {}, {} exist", e.amount, e.cap, e.supply),
        "Mint less.";
    "TOKEN-012" ICor::NotMinter |e| format!("{} is not a minter", e.caller),
        "Let the owner name the account with setMinter.";
    "TOKEN-013" ICor::TextTooLong |e| format!("a text of {} bytes is longer than {}", e.length, e.limit),
        "Choose a shorter name or symbol.";

    "AMOUNT-001" IStaking::ZeroAmount |_| String::from("the amount is zero"),
        "Give an amount above zero.";
    "AMOUNT-002" IStaking::AmountTooLarge |e| format!("{} is above {}, the most that can be kept", e.amount, e.limit),
        "Give less; the limit is in COR wei, or in basis points for a fraction.";
    "AMOUNT-003" IStaking::TransferFailed |e| format!("token {} did not transfer", e.token),
        "Check that the contract is wired to a token that answers true, and that balance and allowance suffice.";

    "STAKE-001" IStaking::NotStaker |e| format!("the stake of node {} belongs to {} and not to {}", e.node, e.staker, e.caller),
        "Call from the node's staker; another account can stake once the node's stake is zero.";
    "STAKE-002" IStaking::InsufficientStake |e| format!("{} has {} staked and would need {}", e.account, cor(e.available), cor(e.needed)),
        "Stake more, or ask for less.";
    "STAKE-003" IStaking::NodeRegistered |e| format!("node {} is registered", e.node),
        "Deregister it from the NodePool first.";
    "STAKE-004" IStaking::StillBonded |e| match e.releaseAt {
            0 => format!("nothing of {} is unbonding", e.account),
            at => format!("nothing of {} is withdrawable before {at} and it is {}", e.account, e.timestamp),
        },
        "Unbond first, then withdraw once the release time has come.";
    "STAKE-005" IStaking::TooManyUnbondings |e| format!("{} has {} amounts unbonding, which is the most", e.account, e.limit),
        "Withdraw what is ripe, or wait until something is.";

    "POOL-001" INodePool::NotStaked |e| format!("node {} lacks stake", e.node),
        "Put the required stake behind it with Staking.stakeNode.";
    "POOL-002" INodePool::AlreadyRegistered |e| format!("node {} is registered already", e.node),
        "Change what it serves with setSpec.";
    "POOL-003" INodePool::NotRegistered |e| format!("node {} is not registered", e.node),
        "Register it first.";
    "POOL-004" INodePool::NodeBusy |e| format!("node {} has {} open tasks", e.node, e.reserved),
        "Wait until they end, then deregister.";
    "POOL-005" INodePool::VersionTooOld |e| format!("the node's software {} is older than {}", release(e.version), release(e.minimum)),
        "Update the node's software.";
    "POOL-006" INodePool::InvalidModels |e| format!("{} models given: 1 to {} are allowed, in rising order, none twice", e.count, e.limit),
        "Sort the identifiers, remove repeated ones, and keep to the limit.";
    "POOL-007" INodePool::InvalidCapacity |e| format!("a capacity of {} is outside 1 to {}, or below the tasks the node has", e.capacity, e.limit),
        "Give a capacity in range, not below the number of open tasks.";
    "POOL-008" INodePool::NotEligible |e| format!("node {} cannot take the task: {}", e.node, eligibility(e.reason)),
        "Choose another node.";
    "POOL-009" INodePool::NotSuspended |e| format!("node {} is not suspended", e.node),
        "Nothing is to be resumed.";

    "PRICE-001" ISessionPaymentTable::UnknownModel |e| format!("model {} is unknown or out of service", e.modelIdentifier),
        "Choose a model of the table's ModelSet events.";
    "PRICE-002" ISessionPaymentTable::UnknownVersion |e| format!("there is no price version {}, the latest is {}", e.version, e.latest),
        "Ask for a version from 1 to the latest.";
    "PRICE-003" ISessionPaymentTable::NoPriceYet |e| format!("no price is effective at {}, the first is at {}", e.timestamp, e.firstEffectiveAt),
        "Try again later; if the first is 0, the owner has to publish a price.";
    "PRICE-004" ISessionPaymentTable::InputOutOfRange |e| format!("{} is {} and must be {} to {}", ascii(e.field), e.value, e.min, e.max),
        "Change the named field.";
    "PRICE-005" ISessionPaymentTable::EvenReplicas |e| format!("{} replicas could end in a tie", e.replicas),
        "Ask for an odd number of replicas.";
    "PRICE-006" ISessionPaymentTable::EffectiveTooSoon |e| format!("the version would take effect at {}, and {} is the earliest", e.effectiveAt, e.earliest),
        "Publish with a later time of effect.";
    "PRICE-007" ISessionPaymentTable::ChangeTooLarge |e| format!("{} would go from {} to {}, more than a factor of two", ascii(e.field), e.previous, e.next),
        "Move the price in several versions.";
    "PRICE-008" ISessionPaymentTable::InvalidPrice |e| format!("{} is {}, against a bound of {}", ascii(e.field), e.value, e.bound),
        "Change the named field; its bound is in the table's specification.";
    "PRICE-009" ISessionPaymentTable::PriceOverflow |_| String::from("the price does not fit 128 bits"),
        "Ask for less depth, or let the owner publish smaller prices.";

    "PAY-001" ISessionPayment::InsufficientBalance |e| format!("{} has {} prepaid and would need {}", e.payer, cor(e.available), cor(e.needed)),
        "To pay for more, deposit what is missing; to withdraw, ask for no more than is prepaid.";
    "PAY-002" ISessionPayment::MaxChargeExceeded |e| format!("the quote of {} is above the allowed {}", cor(U256::from(e.quoted)), cor(U256::from(e.maxCharge))),
        "Raise maxCharge, or ask for less.";
    "PAY-003" ISessionPayment::AlreadyReserved |e| format!("task {} has an escrow already", e.taskId),
        "Look at the task: it was paid for before.";
    "PAY-004" ISessionPayment::NotReserved |e| format!("task {} has no open escrow", e.taskId),
        "Look at the task: it was never reserved, or is settled.";
    "PAY-005" ISessionPayment::TooManyPaid |e| format!("{} miners of task {} were to be paid and {} replicas were quoted", e.paid, e.taskId, e.replicas),
        "Pay no more miners than were quoted.";
    "PAY-006" ISessionPayment::NothingEarned |e| format!("{} has earned nothing that is not withdrawn", e.account),
        "Try again after a task was paid.";
    "PAY-007" ISessionPayment::InsufficientTreasury |e| format!("the treasury has {} and would need {}", cor(e.available), cor(e.needed)),
        "Withdraw less.";
    "PAY-008" ISessionPayment::InconsistentQuote |e| format!("the table says {} where its own lines give {}", cor(U256::from(e.quoted)), cor(U256::from(e.computed))),
        "The table breaks its own formula: let the owner check what SessionPayment is wired to.";
    "PAY-009" ISessionPayment::TokenIsFixed |e| format!("the token is {} for good", e.token),
        "Wire with that token, or deploy anew.";

    "QUEUE-001" ISessionQueue::Paused |_| String::from("new sessions and tasks are paused"),
        "Try again later; everything that gives money back works.";
    "QUEUE-002" ISessionQueue::UnknownSession |e| format!("there is no session {}, the latest is {}", e.sessionId, e.latest),
        "Check the session's number.";
    "QUEUE-003" ISessionQueue::SessionInactive |e| format!("session {} takes no more tasks", e.sessionId),
        "Create another session.";
    "QUEUE-004" ISessionQueue::UnknownTask |e| format!("there is no task {}, the latest is {}", e.taskId, e.latest),
        "Check the task's number.";
    "QUEUE-005" ISessionQueue::WrongPhase |e| format!("task {} is in phase {} and this needs {}", e.taskId, phase(e.phase), phase(e.wanted)),
        "Look at the task, and call what its phase allows.";
    "QUEUE-006" ISessionQueue::DeadlinePassed |e| format!("the phase of task {} ended at {} and it is {}", e.taskId, e.deadline, e.timestamp),
        "Close the phase: anyone may.";
    "QUEUE-007" ISessionQueue::DeadlineNotReached |e| format!("the phase of task {} ends at {} and it is {}", e.taskId, e.deadline, e.timestamp),
        "Try again from the deadline on.";
    "QUEUE-008" ISessionQueue::TaskAlreadyEnded |e| format!("task {} has ended with status {}", e.taskId, e.status),
        "Nothing is left to do.";
    "QUEUE-009" ISessionQueue::WrongMinerCount |e| format!("{} miners given for task {}, which wants {}", e.given, e.taskId, e.wanted),
        "Assign exactly as many miners as the session has replicas.";
    "QUEUE-010" ISessionQueue::NotAssigned |e| format!("{} is not a miner of task {}", e.account, e.taskId),
        "Call from an assigned miner.";
    "QUEUE-011" ISessionQueue::AlreadyDone |e| format!("{} did this in task {} already", e.miner, e.taskId),
        "Nothing is left to do in this phase.";
    "QUEUE-012" ISessionQueue::MissedPhase |e| format!("{} took no part in phase {} of task {}", e.miner, phase(e.phase), e.taskId),
        "Leave this task; the next one counts again.";
    "QUEUE-013" ISessionQueue::EmptyCommitment |e| format!("{} offered the zero hash as commitment to task {}", e.miner, e.taskId),
        "Compute the commitment as commitmentOf does.";
    "QUEUE-014" ISessionQueue::RevealMismatch |e| format!("{} committed to {} in task {}, and the reveal gives {}", e.miner, e.committed, e.taskId, e.computed),
        "Check digest, salt, replica index, registration epoch and chain.";
    "QUEUE-015" ISessionQueue::RevealIsGood |e| format!("the reveal of {} opens its commitment to task {}", e.miner, e.taskId),
        "Nothing is to be reported.";
    "QUEUE-016" ISessionQueue::InvalidSignature |e| format!("the signature is by {} and not by {}", e.signer, e.expected),
        "Sign again: check the key, the chain, the contract, and every value.";
    "QUEUE-017" ISessionQueue::LengthMismatch |e| format!("lists of {} and {} entries given: they must be equally long, 1 to {}", e.left, e.right, e.limit),
        "Give one entry of each list per miner.";
}

/// Decodes what a contract reverted with. `None` if it is no error of ours: no data (wrong address, out of gas, bad arguments), or
/// another contract's.
pub fn decode_revert(data: &[u8]) -> Option<ContractError> {
    let (selector, values) = data.split_first_chunk()?;
    ContractError::decode(*selector, values)
}

impl std::error::Error for ContractError {}

impl ContractError {
    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        self.info().hint
    }

    /// Stable code, `AREA-NNN`.
    pub const fn code(&self) -> &'static str {
        self.info().code
    }
}

/// An amount of COR wei as COR, without trailing zeros.
fn cor(wei: U256) -> String {
    let digits = format_ether(wei);
    format!("{} COR", digits.trim_end_matches('0').trim_end_matches('.'))
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
        2 => "it is suspended",
        3 => "it has not loaded the model",
        4 => "it has no free capacity",
        5 => "its software is too old",
        6 => "another node of its operator is in the task",
        7 => "it is in the task already",
        _ => "for an unknown reason",
    }
}

/// Names of ISessionQueue's phases.
fn phase(phase: u8) -> &'static str {
    match phase {
        1 => "queued",
        2 => "ack",
        3 => "precommit",
        4 => "commit",
        5 => "ended",
        _ => "none",
    }
}
