//! Events and errors, and the errors of refusals by the rules.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{sol, SolError as _};
use cor_contract_shared::{
    abi::{message, Encoder},
    Revert, Unauthorized, ZeroAddress,
};
use cor_core::task::lane::LaneError;
use cor_core::task::TermsError;

sol! {
    event Credited(address indexed account, address indexed from, uint64 amount, uint64 available);
    event Released(address indexed account, uint64 amount, uint64 available);
    event EarningsPaid(address indexed miner, address indexed to, uint64 amount);
    event TreasuryPassed(uint64 amount);
    event SessionCreated(uint64 indexed session, address indexed owner, bytes32 terms, bytes32 metadata);
    event SessionClosed(uint64 indexed session);
    event TariffPinned(bytes32 indexed terms, bytes32 tariff);
    event TaskSubmitted(bytes32 indexed task, address indexed payer, uint64 indexed session, uint64 sequence, uint64 deadline, uint64 charged, bytes32 clientReference, bytes opening, string promptUrn);
    event TaskRecord(bytes32 indexed task, uint8 phase, uint64 deadline, bytes record);
    event TaskEnded(bytes32 indexed task, address indexed payer, address indexed keeper, uint8 status, bytes32 resultDigest, uint32 seats, uint8 paid, uint64 perMiner, uint64 toKeeper, uint64 toTreasury, uint64 refunded, bytes crew);
    event KeeperNamed(address indexed keeper, bool enabled);
    event ConfigSet(uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused);
    event SlashOwed(bytes32 indexed task, address indexed node, uint8 reason, uint64 amount);

    error Paused();
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    error ZeroAmount();
    error InsufficientCredit(address account, uint64 available, uint64 needed);
    error NotInGrains(uint256 amount);
    error NoSuchSession(uint64 session, address owner);
    error PriceAboveMax(uint64 price, uint64 maxCharge);
    error SequenceUsed(address payer, uint64 sequence);
    error HistoryMismatch(bytes32 task, bytes32 seal, bytes32 computed);
    error Malformed(bytes32 field);
    error InvalidSignature(address signer, address expected);
    error LanePhaseWrong(bytes32 task, uint8 phase, uint8 wanted);
    error LaneTaskEnded(bytes32 task, uint8 status);
    error LaneTooLate(bytes32 task, uint64 deadline, uint64 timestamp);
    error LaneTooEarly(bytes32 task, uint64 deadline, uint64 timestamp);
    error LaneMinerCount(bytes32 task, uint64 given, uint8 wanted);
    error NoSuchReplica(bytes32 task, uint8 replica);
    error ReplicaDone(bytes32 task, uint8 replica);
    error ReplicaNotCommitted(bytes32 task, uint8 replica);
    error CommitmentZero(bytes32 task, uint8 replica);
    error CommitmentMismatch(bytes32 task, uint8 replica, bytes32 committed, bytes32 computed);
    error RevealOpens(bytes32 task, uint8 replica);
    error NothingEarned(address miner);
    error NothingTaken(bytes32 task, address node, uint8 reason, uint64 owed);
    error MinerTwice(bytes32 task, uint8 replica);
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

/// Refuses every `caller` but `required`. What `cor_contract_shared` has for this, and for [`nonzero`], brings the encoder of `sol!` along: 600 bytes of a compressed program.
#[inline(never)]
pub(crate) fn only(caller: Address, required: Address) -> Result<(), Revert> {
    if caller == required {
        return Ok(());
    }
    Err(unauthorized(caller, required))
}

/// The error of a caller that does not hold a role.
#[inline(never)]
pub(crate) fn unauthorized(caller: Address, required: Address) -> Revert {
    error!(Unauthorized, caller, required)
}

/// Refuses the zero address; as [`only`].
#[inline(never)]
pub(crate) fn nonzero(address: Address) -> Result<Address, Revert> {
    if address.is_zero() {
        return Err(error!(ZeroAddress));
    }
    Ok(address)
}

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
pub(crate) fn out_of_range(field: &str, value: u64, min: u64, max: u64) -> Revert {
    error!(InputOutOfRange, name(field), value, min, max)
}

/// The error of terms that are refused.
pub(crate) fn refuse_terms(error: TermsError) -> Revert {
    match error {
        TermsError::OutOfRange { field, value, min, max } => out_of_range(field, value, min, max),
        // The table's to say.
        TermsError::EvenReplicas { .. } => malformed("replicas"),
    }
}

/// The error of a step that is refused.
#[inline(never)]
pub(crate) fn refuse(error: LaneError, task: B256, timestamp: u64) -> Revert {
    // Every one has the task first; most have numbers alone behind it.
    let (selector, numbers): ([u8; 4], &[u64]) = match error {
        LaneError::Mismatch { replica, committed, computed } => {
            return error!(CommitmentMismatch, task, replica, committed, computed);
        }
        LaneError::WrongPhase { phase, wanted } => {
            (LanePhaseWrong::SELECTOR, &[u64::from(phase.number()), u64::from(wanted.number())])
        }
        LaneError::AlreadyEnded { status } => (LaneTaskEnded::SELECTOR, &[u64::from(status.number())]),
        LaneError::DeadlinePassed { deadline } => (LaneTooLate::SELECTOR, &[deadline, timestamp]),
        LaneError::DeadlineNotReached { deadline } => (LaneTooEarly::SELECTOR, &[deadline, timestamp]),
        LaneError::WrongMinerCount { given, wanted } => (LaneMinerCount::SELECTOR, &[given as u64, u64::from(wanted)]),
        LaneError::MinerTwice { replica } => (MinerTwice::SELECTOR, &[u64::from(replica)]),
        LaneError::NoSuchReplica { replica } => (NoSuchReplica::SELECTOR, &[u64::from(replica)]),
        LaneError::AlreadyDone { replica } => (ReplicaDone::SELECTOR, &[u64::from(replica)]),
        LaneError::NotCommitted { replica } => (ReplicaNotCommitted::SELECTOR, &[u64::from(replica)]),
        LaneError::EmptyCommitment { replica } => (CommitmentZero::SELECTOR, &[u64::from(replica)]),
        LaneError::RevealIsGood { replica } => (RevealOpens::SELECTOR, &[u64::from(replica)]),
    };
    let mut encoder = Encoder::new(0);
    encoder.word(&task);
    encoder.numbers(numbers);
    Revert::raw(message(selector, encoder.finish()))
}
