//! Why a contract could not be deployed, or a call was refused.

use std::{io, path::PathBuf};

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolError, SolInterface};
use cor_errors::{Coded, Entry, table::harness};
use cor_stylus_vm::{ActivationError, PrepareError};
use revm::context::result::HaltReason;

use crate::{
    NodeError,
    evm::{ExecError, ProgramFailure, TraceTooLong},
};

/// Why a test chain did not start, or a contract is not on it.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A setting is out of range, or the executor cannot run here.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The bytes are not WebAssembly, or more than a program may have.
    #[error("the program cannot be deployed: {0}")]
    Prepare(#[source] PrepareError),
    /// The module breaks a rule of Stylus, so that no chain would activate it.
    #[error("the program cannot be activated: {0}")]
    Activation(#[source] ActivationError),
    /// The chain refused the code, for example because it is larger than an account may hold.
    #[error("the program cannot be deployed: {0}")]
    Deploy(#[source] CallError),
}

/// Why a call had no effect.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The contract reverted with this data.
    #[error("reverted with {0}")]
    Reverted(Bytes),
    /// A Stylus program trapped, as one that panics does, or may not run, or code is longer than an account may hold. Its caller sees a
    /// revert without data, or a halt.
    #[error(transparent)]
    Program(#[from] ProgramFailure),
    /// The call used up its gas, sent more than its sender has, or broke a rule of the VM.
    #[error("halted: {0}")]
    Halted(HaltReason),
    /// The transaction cannot be executed, for example because its gas limit is under what any transaction costs.
    #[error("not executed: {0}")]
    Refused(#[source] ExecError),
    /// The call makes more host calls than a trace holds.
    #[error(transparent)]
    TraceTooLong(#[from] TraceTooLong),
    /// There is no contract at the address, so that nothing was called.
    #[error("{signature} was not called: there is no code at {address}")]
    NoCode {
        /// The function that was to be called.
        signature: &'static str,
        /// Where no contract is.
        address: Address,
    },
    /// The contract returned something else than its interface says. What the call changed stays.
    #[error("{signature} returned {data}: {source}")]
    Undecodable {
        /// The function that was called.
        signature: &'static str,
        /// What it returned.
        data: Bytes,
        /// Why that does not fit.
        #[source]
        source: alloy_sol_types::Error,
    },
}

impl Coded for HarnessError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Node(error) => error.entry(),
            Self::Read { .. } => &harness::PROGRAM_FILE,
            Self::Prepare(error) => error.entry(),
            Self::Activation(error) => error.entry(),
            Self::Deploy(error) => error.entry(),
        }
    }
}

impl Coded for CallError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Reverted(_) => &harness::CALL_REVERTED,
            Self::Program(failure) => failure.entry(),
            Self::Halted(_) => &harness::CALL_HALTED,
            Self::Refused(error) => error.entry(),
            Self::TraceTooLong(error) => error.entry(),
            Self::NoCode { .. } => &harness::NO_CODE,
            Self::Undecodable { .. } => &harness::UNEXPECTED_RETURN,
        }
    }
}

impl CallError {
    /// What the contract reverted with; `None` if it did not revert.
    pub fn revert_data(&self) -> Option<&Bytes> {
        match self {
            Self::Reverted(data) => Some(data),
            _ => None,
        }
    }

    /// The revert as one error `E` of the contract's interface; `None` if it is another one.
    pub fn error<E: SolError>(&self) -> Option<E> {
        self.revert_data().and_then(|data| E::abi_decode(data).ok())
    }

    /// The revert as one of the errors of an interface, such as `Token::TokenErrors`; `None` if it is none of them.
    pub fn any_of<E: SolInterface>(&self) -> Option<E> {
        self.revert_data().and_then(|data| E::abi_decode(data).ok())
    }
}
