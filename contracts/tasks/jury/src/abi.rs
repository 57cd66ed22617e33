//! Events and errors, and the errors of refusals by the rules.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{sol, SolError as _};
use cor_contract_shared::{abi::message, encoded, Revert};
use cor_core::task::jury::JuryError;
use cor_core::task::TermsError;

sol! {
    event SlotTaken(uint64 indexed model, uint32 indexed slot, address indexed node, address operator, uint32 from);
    event SlotClosed(uint64 indexed model, uint32 indexed slot, address indexed node, uint32 until, uint32 barredUntil, uint8 reason);
    event Summoned(bytes32 indexed task, address indexed keeper, address indexed node, uint64 answerBy);
    event Present(bytes32 indexed task, address indexed node);
    event Absent(bytes32 indexed task, address indexed keeper, address indexed node);
    event SecretShown(address indexed keeper, uint32 indexed epoch, bytes32 secret);
    event SecretCalled(address indexed keeper, uint32 indexed epoch, uint64 until);
    event BlockNoted(uint64 indexed number, bytes32 hash);
    event KeeperProposed(address indexed keeper, uint64 enrolsAt);
    event KeeperEnrolled(address indexed keeper, bytes32 anchor, uint32 first);
    event ChainRenewed(address indexed keeper, bytes32 anchor, uint32 first);
    event KeeperDischarged(address indexed keeper, uint64 freeAt);
    event BondWithdrawn(address indexed keeper, uint256 amount);
    event KeeperConvicted(address indexed keeper, bytes32 indexed task, address indexed challenger, uint8 reason, uint8 seat, address drawn, uint256 toChallenger, uint256 toTreasury);
    event LaneSet(address indexed lane);
    event GuardianSet(address indexed guardian);

    error ZeroAmount();
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    error Malformed(bytes32 field);
    error InvalidSignature(address signer, address expected);
    error LaneNamed(address lane);
    error LaneUnnamed();
    error KeeperUnknown(address keeper);
    error KeeperNotYet(address keeper, uint64 at);
    error KeeperInService(address keeper);
    error KeeperNotServing(address keeper);
    error NoBond(address keeper);
    error BondLocked(address keeper, uint64 until);
    error ChainInUse(address keeper, uint64 until);
    error EpochOpen(uint32 epoch, uint64 endsAt);
    error NoSecret(address keeper, uint32 epoch);
    error SecretKnown(address keeper, uint32 epoch);
    error SecretWrong(address keeper, uint32 epoch);
    error SecretPending(address keeper, uint32 epoch, uint64 until);
    error InRoster(address node, uint64 model);
    error NotInRoster(address node, uint64 model);
    error EntryBarred(address node, uint64 model, uint32 until);
    error NotEligible(address node, uint8 reason);
    error NodeFit(address node, uint64 model);
    error AlreadySummoned(bytes32 task, address node);
    error NotSummoned(bytes32 task, address node);
    error AnswerPending(bytes32 task, address node, uint64 until);
    error NodeAnswered(bytes32 task, address node);
    error NodeDismissed(bytes32 task, address node);
    error HistoryMismatch(bytes32 task, bytes32 seal, bytes32 computed);
    error LanePhaseWrong(bytes32 task, uint8 phase, uint8 wanted);
    error LaneTooLate(bytes32 task, uint64 deadline, uint64 timestamp);
    error NothingServed(bytes32 task, uint8 status);
    error CrewUnproven(bytes32 task, address mark, address computed);
    error DisputeOver(bytes32 task, uint64 deadline);
    error BlockUnknown(uint64 number);
    error CrewAsDrawn(bytes32 task);
}

/// An error with its fields, encoded by the shared codec: what `sol!` generates for each would be a third of the program.
macro_rules! error {
    ($error:ident $(, $field:expr)* $(,)?) => {
        cor_contract_shared::Revert::raw(cor_contract_shared::abi::message(
            <$crate::abi::$error as alloy_sol_types::SolError>::SELECTOR,
            cor_contract_shared::encoded!($($field),*),
        ))
    };
}
pub(crate) use error;

/// An ASCII name as a word, left-aligned.
#[inline(never)]
fn name(text: &str) -> B256 {
    let mut word = B256::ZERO;
    for (place, byte) in word.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    word
}

/// Bytes that are not what they should be.
pub(crate) fn malformed(field: &str) -> Revert {
    error!(Malformed, name(field))
}

/// The error of a value out of its range.
#[inline(never)]
fn out_of_range(field: &str, value: u64, min: u64, max: u64) -> Revert {
    error!(InputOutOfRange, name(field), value, min, max)
}

/// The error of times, or of what the lane is to be told, that are refused.
pub(crate) fn refuse_terms(error: TermsError) -> Revert {
    match error {
        TermsError::OutOfRange { field, value, min, max } => out_of_range(field, value, min, max),
        // They are numbers with bounds.
        TermsError::EvenReplicas { .. } => malformed("replicas"),
    }
}

/// What a refusal is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct Subject {
    pub(crate) task: B256,
    /// A keeper or a node.
    pub(crate) account: Address,
    pub(crate) model: u64,
    pub(crate) epoch: u32,
}

/// The error of a refusal by the rules.
#[inline(never)]
pub(crate) fn refuse(error: JuryError, subject: Subject) -> Revert {
    let Subject { task, account, model, epoch } = subject;
    // Most are about an account and have a number behind it; those with a task have it first.
    let (selector, number): ([u8; 4], Option<u64>) = match error {
        JuryError::OutOfRange { field, value, min, max } => return out_of_range(field, value, min, max),
        JuryError::Unknown => (KeeperUnknown::SELECTOR, None),
        JuryError::NotYet { at } => (KeeperNotYet::SELECTOR, Some(at)),
        JuryError::InService => (KeeperInService::SELECTOR, None),
        JuryError::NotServing => (KeeperNotServing::SELECTOR, None),
        JuryError::NoBond => (NoBond::SELECTOR, None),
        JuryError::BondLocked { until } => (BondLocked::SELECTOR, Some(until)),
        JuryError::ChainInUse { until } => (ChainInUse::SELECTOR, Some(until)),
        JuryError::EpochOpen { ends_at } => return error!(EpochOpen, epoch, ends_at),
        JuryError::NoSecret => (NoSecret::SELECTOR, Some(epoch.into())),
        JuryError::SecretKnown => (SecretKnown::SELECTOR, Some(epoch.into())),
        JuryError::SecretWrong => (SecretWrong::SELECTOR, Some(epoch.into())),
        JuryError::SecretPending { until } => return error!(SecretPending, account, epoch, until),
        JuryError::InRoster => (InRoster::SELECTOR, Some(model)),
        JuryError::NotInRoster => (NotInRoster::SELECTOR, Some(model)),
        JuryError::Barred { until } => return error!(EntryBarred, account, model, until),
        JuryError::AlreadySummoned => return error!(AlreadySummoned, task, account),
        JuryError::NotSummoned => return error!(NotSummoned, task, account),
        JuryError::AnswerPending { until } => return error!(AnswerPending, task, account, until),
        JuryError::Answered => return error!(NodeAnswered, task, account),
        JuryError::Dismissed => return error!(NodeDismissed, task, account),
        JuryError::DisputeOver { deadline } => return error!(DisputeOver, task, deadline),
        // Only who brings a crew asks for all of it.
        JuryError::TooFewFound { .. } => return malformed("crew"),
    };
    Revert::raw(message(selector, number.map_or_else(|| encoded!(account), |number| encoded!(account, number))))
}
