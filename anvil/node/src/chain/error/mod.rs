//! What can go wrong with a request to the chain. The texts are those of geth and Anvil, because wallets read them; programs
//! match on the variants, or on the codes of the table of errors.

mod dump;
mod words;

use std::time::Duration;

use alloy_primitives::{Address, Bytes, TxHash, U256};
use cor_errors::{Coded, Entry, table::chain};
use revm::context::result::{ExecutionResult, HaltReason};

use crate::{
    evm::{ExecError, ProgramFailure, TraceTooLong},
    fork::ForkError,
    state::StateError,
};

pub use self::dump::DumpError;
pub(crate) use self::dump::FORMAT as DUMP_FORMAT;

/// Why a transaction was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TxError {
    /// The sender has used this nonce.
    #[error("nonce too low: next nonce {next}, tx nonce {got}")]
    NonceTooLow {
        /// The sender's next nonce.
        next: u64,
        /// The transaction's.
        got: u64,
    },
    /// A sequencer has no pool: the transactions before this one did not come in time.
    #[error("nonce too high: address {sender}, tx: {got} state: {next}")]
    NonceTooHigh {
        /// Who sent it.
        sender: Address,
        /// The sender's next nonce.
        next: u64,
        /// The transaction's.
        got: u64,
    },
    /// The largest nonce there is cannot be used (EIP-2681).
    #[error("nonce has max value: address {0}")]
    NonceMax(Address),
    /// The balance does not cover gas at the highest price plus the value.
    #[error("insufficient funds for gas * price + value: address {sender} have {have} want {want}")]
    InsufficientFunds {
        /// Who sent it.
        sender: Address,
        /// Balance, wei.
        have: U256,
        /// Cost at most, wei.
        want: U256,
    },
    /// The gas limit is under what the transaction costs before anything runs.
    #[error("intrinsic gas too low: gas {limit}, minimum needed {needed}")]
    IntrinsicGas {
        /// The transaction's gas limit.
        limit: u64,
        /// The least it must be.
        needed: u64,
    },
    /// The gas limit is over the block's.
    #[error("exceeds block gas limit: gas {limit}, block gas limit {block}")]
    GasLimit {
        /// The transaction's gas limit.
        limit: u64,
        /// The block's.
        block: u64,
    },
    /// The highest price the sender pays is under the base fee.
    #[error("max fee per gas less than block base fee: address {sender}, maxFeePerGas: {max_fee}, baseFee: {base_fee}")]
    FeeCapTooLow {
        /// Who sent it.
        sender: Address,
        /// Wei for a unit of gas the sender offers.
        max_fee: u128,
        /// Wei for a unit of gas the block takes.
        base_fee: u64,
    },
    /// The tip is over the highest price.
    #[error("max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {max_fee}")]
    TipAboveFeeCap {
        /// Wei for a unit of gas.
        tip: u128,
        /// Wei for a unit of gas.
        max_fee: u128,
    },
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    ChainId {
        /// The transaction's.
        have: u64,
        /// This chain's.
        want: u64,
    },
    /// A kind of transaction this chain does not take; Arbitrum has no blobs.
    #[error("transaction type not supported: {0}")]
    Unsupported(u8),
    /// The signature gives no sender.
    #[error("invalid sender")]
    InvalidSignature,
    /// The sender is a contract (EIP-3607).
    #[error("sender not an eoa: address {0}")]
    SenderNoEoa(Address),
    /// The init code is too long (EIP-3860).
    #[error("max initcode size exceeded: code size {size} limit {limit}")]
    InitCodeSize {
        /// Bytes.
        size: usize,
        /// Bytes.
        limit: usize,
    },
    /// An EIP-7702 transaction without authorizations.
    #[error("EIP-7702 transaction with empty auth list")]
    EmptyAuthorizations,
    /// The encoding is longer than the pool takes.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized {
        /// Bytes.
        size: usize,
        /// Bytes.
        limit: usize,
    },
    /// The pool has it, or a block does.
    #[error("already known")]
    AlreadyKnown,
    /// Another transaction with this nonce pays nearly as much.
    #[error("replacement transaction underpriced")]
    ReplacementUnderpriced,
    /// The pool holds as many as it may.
    #[error("txpool is full: {0} transactions; mine some or drop some")]
    PoolFull(usize),
    /// Refused by the rules of the EVM for a reason without a better name here.
    #[error("{0}")]
    Other(String),
}

/// Why a request to the chain was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The transaction was not accepted.
    #[error(transparent)]
    Tx(#[from] TxError),
    /// A call reverted.
    #[error("{}", words::revert_message(.data))]
    Reverted {
        /// What it returned.
        data: Bytes,
        /// Why, if it was for a Stylus program and `data` is empty.
        #[source]
        reason: Option<ProgramFailure>,
    },
    /// A call stopped with all its gas.
    #[error("{}", halt_message(.halt))]
    Halted {
        /// How it stopped.
        halt: HaltReason,
        /// Why, if it was for a Stylus program.
        #[source]
        reason: Option<ProgramFailure>,
    },
    /// An estimate found that even the highest gas limit is not enough.
    #[error("gas required exceeds allowance ({0})")]
    GasAllowance(u64),
    /// The executor failed.
    #[error(transparent)]
    Exec(ExecError),
    /// The state could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// No such block.
    #[error("block not found")]
    BlockNotFound,
    /// No block with this number yet.
    #[error("BlockOutOfRangeError: block height is {head} but requested was {requested}")]
    BlockOutOfRange {
        /// Number asked for.
        requested: u64,
        /// The newest block.
        head: u64,
    },
    /// No such transaction.
    #[error("transaction not found: {0}")]
    TxNotFound(TxHash),
    /// A transaction was accepted, and no block held it as long as the client wanted to wait.
    #[error("the transaction {hash} was accepted, but not mined within {} ms", .waited.as_millis())]
    NotMinedInTime {
        /// The transaction.
        hash: TxHash,
        /// How long the request waited.
        waited: Duration,
    },
    /// The state of that block is no longer kept.
    #[error("state of block {number} is not available: states are kept from block {oldest} on")]
    StateGone {
        /// Number asked for.
        number: u64,
        /// Oldest block with a state.
        oldest: u64,
    },
    /// The bytes are no transaction.
    #[error("failed to decode signed transaction: {0}")]
    Undecodable(String),
    /// A value of the request does not fit the chain, or one of geth's limits.
    #[error("{0}")]
    Invalid(String),
    /// Two parts of the request contradict each other, or one that is needed is missing.
    #[error("{0}")]
    Contradiction(&'static str),
    /// The request asks for more than one request may.
    #[error("too many {what}: {count}, the limit is {max}")]
    LimitExceeded {
        /// What there is too much of.
        what: &'static str,
        /// How many were asked for.
        count: u64,
        /// How many one request may ask for.
        max: u64,
    },
    /// What this chain cannot do.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The node does not hold the key of this account and does not impersonate it.
    #[error("unknown account {0}: its key is not here")]
    NoSigner(Address),
    /// A timestamp before the head's.
    #[error("Timestamp error: {got} is lower than previous block's timestamp {head}")]
    Timestamp {
        /// Seconds since 1970.
        got: u64,
        /// Seconds since 1970.
        head: u64,
    },
    /// No filter with this id, or it was not asked for too long.
    #[error("filter not found")]
    FilterNotFound,
    /// As many filters as the node keeps are installed.
    #[error("too many filters: {0} are installed")]
    TooManyFilters(usize),
    /// More logs match than one answer may hold.
    #[error("query returned more than {limit} results; narrow the range, for example to blocks {from}-{to}")]
    TooManyLogs {
        /// Logs in one answer.
        limit: usize,
        /// A range that fits.
        from: u64,
        /// A range that fits.
        to: u64,
    },
    /// A block range that ends before it starts, or starts after the head.
    #[error("invalid block range: from {from} to {to}, head {head}")]
    Range {
        /// First block.
        from: u64,
        /// Last block.
        to: u64,
        /// The newest block.
        head: u64,
    },
    /// As many snapshots as the node keeps exist.
    #[error("too many snapshots: {0} exist")]
    TooManySnapshots(usize),
    /// A dump that is not one.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// A tracer that is not there, or its settings are wrong.
    #[error("{0}")]
    Tracer(String),
    /// More host calls than a trace holds.
    #[error(transparent)]
    TraceTooLong(#[from] TraceTooLong),
    /// A reorganisation deeper than the chain or its kept states.
    #[error("cannot go back {depth} blocks from block {head}: the oldest block with a state is {oldest}")]
    ReorgDepth {
        /// Blocks asked for.
        depth: u64,
        /// The newest block.
        head: u64,
        /// Oldest block with a state.
        oldest: u64,
    },
    /// A fault in the node itself: an answer has no form in JSON.
    #[error("internal error: the answer cannot be written as JSON: {0}")]
    Unserialisable(#[source] serde_json::Error),
    /// A fault in the node itself; the log has more.
    #[error("internal error: the execution panicked")]
    Panicked,
}

impl From<ForkError> for ChainError {
    fn from(error: ForkError) -> Self {
        Self::State(error.into())
    }
}

impl From<ExecError> for ChainError {
    fn from(error: ExecError) -> Self {
        match error {
            ExecError::Database(source) => match source.downcast::<StateError>() {
                Ok(error) => Self::State(*error),
                Err(source) => Self::Exec(ExecError::Database(source)),
            },
            error => Self::Exec(error),
        }
    }
}

impl Coded for TxError {
    fn entry(&self) -> &'static Entry {
        &chain::TRANSACTION_REFUSED
    }
}

impl Coded for ChainError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Tx(error) => error.entry(),
            Self::Reverted { .. } => &chain::CALL_REVERTED,
            Self::Halted { .. } => &chain::CALL_HALTED,
            Self::GasAllowance(_) => &chain::GAS_ALLOWANCE,
            Self::Exec(error) => error.entry(),
            Self::State(error) => error.entry(),
            Self::BlockNotFound => &chain::BLOCK_NOT_FOUND,
            Self::TxNotFound(_) => &chain::TRANSACTION_NOT_FOUND,
            Self::NotMinedInTime { .. } => &chain::NOT_MINED_IN_TIME,
            Self::StateGone { .. } => &chain::STATE_GONE,
            Self::Invalid(_) | Self::Contradiction(_) => &chain::INVALID_REQUEST,
            Self::LimitExceeded { .. } => &chain::LIMIT_EXCEEDED,
            Self::Unsupported(_) => &chain::UNSUPPORTED,
            Self::NoSigner(_) => &chain::NO_SIGNER,
            Self::Timestamp { .. } => &chain::TIMESTAMP,
            Self::FilterNotFound => &chain::FILTER_NOT_FOUND,
            Self::TooManyFilters(_) => &chain::TOO_MANY_FILTERS,
            Self::TooManyLogs { .. } => &chain::TOO_MANY_LOGS,
            Self::Range { .. } => &chain::BLOCK_RANGE,
            Self::TooManySnapshots(_) => &chain::TOO_MANY_SNAPSHOTS,
            Self::Dump(error) => error.entry(),
            Self::Tracer(_) => &chain::TRACER,
            Self::TraceTooLong(error) => error.entry(),
            Self::ReorgDepth { .. } => &chain::REORG_DEPTH,
            Self::Unserialisable(_) => &chain::UNSERIALISABLE,
            Self::Panicked => &chain::PANICKED,
            Self::Undecodable(_) => &chain::UNDECODABLE,
            Self::BlockOutOfRange { .. } => &chain::BLOCK_OUT_OF_RANGE,
        }
    }
}

impl ChainError {
    /// The error of an execution that did not succeed.
    pub(crate) fn of_failed(result: &ExecutionResult, reason: Option<&ProgramFailure>) -> Option<Self> {
        let reason = reason.cloned();
        match result {
            ExecutionResult::Success { .. } => None,
            ExecutionResult::Revert { output, .. } => Some(Self::Reverted { data: output.clone(), reason }),
            ExecutionResult::Halt { reason: halt, .. } => Some(Self::Halted { halt: halt.clone(), reason }),
        }
    }

    /// What a reverted call returned.
    pub fn revert_data(&self) -> Option<&Bytes> {
        match self {
            Self::Reverted { data, .. } => Some(data),
            _ => None,
        }
    }

    /// Why a Stylus program was refused or stopped, if that is what made the call fail. The text of this error is the EVM's alone: what
    /// shows it to people appends the report of the reason, which has its code and the next step.
    pub fn reason(&self) -> Option<&ProgramFailure> {
        match self {
            Self::Reverted { reason, .. } | Self::Halted { reason, .. } => reason.as_ref(),
            _ => None,
        }
    }
}

/// The text geth gives for the same failure.
fn halt_message(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(_) => "out of gas".to_owned(),
        HaltReason::OpcodeNotFound | HaltReason::NotActivated => "invalid opcode".to_owned(),
        HaltReason::InvalidFEOpcode => "invalid opcode: INVALID".to_owned(),
        HaltReason::InvalidJump => "invalid jump destination".to_owned(),
        HaltReason::StackUnderflow => "stack underflow".to_owned(),
        HaltReason::StackOverflow => "stack limit reached 1024 (1023)".to_owned(),
        HaltReason::OutOfOffset => "return data out of bounds".to_owned(),
        HaltReason::CreateCollision => "contract address collision".to_owned(),
        HaltReason::CreateContractSizeLimit => "max code size exceeded".to_owned(),
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef".to_owned(),
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded".to_owned(),
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => "write protection".to_owned(),
        HaltReason::OutOfFunds => "insufficient balance for transfer".to_owned(),
        HaltReason::CallTooDeep => "max call depth exceeded".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbos::Inactive;

    #[test]
    fn what_the_vm_knows_is_the_source_of_the_words_of_the_evm() {
        let reason = || Some(ProgramFailure::Inactive { address: Address::ZERO, inactive: Inactive::NotActivated });
        let reverted = ChainError::Reverted { data: Bytes::new(), reason: reason() };
        let halted = ChainError::Halted { halt: HaltReason::NotActivated, reason: reason() };
        for (error, words) in [(reverted, "execution reverted"), (halted, "invalid opcode")] {
            assert_eq!((error.to_string().as_str(), error.reason()), (words, reason().as_ref()));
            let source = std::error::Error::source(&error).expect("the reason");
            assert_eq!(source.to_string(), format!("the program is not activated ({})", Address::ZERO));
        }
    }
}
