//! Why a program was refused or stopped: what the outcomes of the EVM have no room for.

use alloy_primitives::Address;
use cor_errors::{Coded, Entry, table::evm};
use cor_stylus_vm::{ActivationError, PrepareError};
use revm::{context::result::HaltReason, interpreter::InstructionResult};

use super::programs::Inactive;

/// Why a Stylus program was refused or stopped, or its code was not stored. The chain shows it to people; contracts and receipts see
/// what a Nitro node gives them, which is nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramFailure {
    /// The module breaks a rule of activation.
    #[error(transparent)]
    Activation(#[from] ActivationError),
    /// The account's code holds no module.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The program may not run now.
    #[error("{inactive} ({address})")]
    Inactive {
        /// Where its code is.
        address: Address,
        /// Why not.
        #[source]
        inactive: Inactive,
    },
    /// The program trapped, made a host call that fails, or ran out of stack.
    #[error("the program stopped: {reason} ({address})")]
    Stopped {
        /// Where its code is.
        address: Address,
        /// What stopped it, in the words of the VM.
        reason: String,
    },
    /// The code of a new account is longer than an account may hold; of an EVM contract, too.
    #[error("the code has {size} bytes, the limit is {limit}")]
    CodeSize {
        /// Bytes that the init code returned.
        size: usize,
        /// Bytes that an account may hold.
        limit: usize,
    },
}

impl Coded for ProgramFailure {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Activation(error) => error.entry(),
            Self::Prepare(error) => error.entry(),
            Self::Inactive { inactive, .. } => inactive.entry(),
            Self::Stopped { .. } => &evm::PROGRAM_STOPPED,
            Self::CodeSize { .. } => &evm::CODE_SIZE,
        }
    }
}

/// The failure of the call that ended last, as long as it can be the reason of what its callers end with.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastFailure(Option<ProgramFailure>);

impl LastFailure {
    /// Notes why the present frame fails.
    pub(crate) fn note(&mut self, failure: impl Into<ProgramFailure>) {
        self.0 = Some(failure.into());
    }

    /// A frame begins: whoever opened it went on after an earlier failure.
    pub(crate) fn frame_begins(&mut self) {
        self.0 = None;
    }

    /// A frame ended. One that succeeds, says something itself or fails for a reason of its own hides what happened below it.
    pub(crate) fn frame_ended(&mut self, result: InstructionResult, output: &[u8]) {
        let passes_on = match result {
            InstructionResult::Revert => output.is_empty(),
            InstructionResult::NotActivated | InstructionResult::CallTooDeep | InstructionResult::CreateContractSizeLimit => true,
            _ => false,
        };
        if !passes_on {
            self.0 = None;
        }
    }

    /// What made a transaction revert with `output`.
    pub(crate) fn of_revert(self, output: &[u8]) -> Option<ProgramFailure> {
        self.0.filter(|_| output.is_empty())
    }

    /// What made a transaction halt.
    pub(crate) fn of_halt(self, halt: &HaltReason) -> Option<ProgramFailure> {
        let has_reason = matches!(halt, HaltReason::NotActivated | HaltReason::CallTooDeep | HaltReason::CreateContractSizeLimit);
        self.0.filter(|_| has_reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_goes_up_through_frames_that_say_nothing() {
        for (result, output, stays) in [
            (InstructionResult::Revert, &[][..], true),
            (InstructionResult::Revert, &[1], false),
            (InstructionResult::NotActivated, &[], true),
            (InstructionResult::CallTooDeep, &[], true),
            (InstructionResult::CreateContractSizeLimit, &[0xef], true),
            (InstructionResult::OutOfGas, &[], false),
            (InstructionResult::Return, &[], false),
            (InstructionResult::Stop, &[], false),
        ] {
            let mut last = LastFailure::default();
            last.note(ProgramFailure::Inactive { address: Address::ZERO, inactive: Inactive::NotActivated });
            last.frame_ended(result, output);
            assert_eq!(last.0.is_some(), stays, "{result:?} {output:?}");
        }
    }

    #[test]
    fn a_later_call_hides_it() {
        let mut last = LastFailure::default();
        last.note(ProgramFailure::Inactive { address: Address::ZERO, inactive: Inactive::NotActivated });
        last.frame_begins();
        assert_eq!(last.of_revert(&[]), None);
    }
}
