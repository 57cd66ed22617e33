//! Runs the Stylus program of the current frame: what it costs to start, and what its end means to
//! the EVM.

use std::{mem, sync::Arc};

use cor_stylus_vm::{CompiledModule, Env, Outcome, RunRequest, RunResult, StylusParams, VmError};
use revm::{
    Database, Inspector,
    context_interface::{Block, Transaction, context::ContextError},
    handler::evm::ContextDbError,
    interpreter::{CallInputs, FrameInput, Gas, InstructionResult, InterpreterAction, InterpreterResult},
    primitives::{Bytes, HashMap, U256},
    state::Bytecode,
};

use super::{
    ArbContext, ProgramFailure,
    machine::StylusEvm,
    stylus_api::{FrameApi, FrameScope},
};
use crate::arbos::{
    journal::peek,
    params,
    programs::Program,
    source::ProgramSource,
    storage::{Meter, StateError, Storage},
};

type Failure<DB> = ContextDbError<ArbContext<DB>>;

impl<DB: Database, I: Inspector<ArbContext<DB>>> StylusEvm<DB, I> {
    /// Runs the program of the current call frame to its end.
    pub(super) fn run_program(&mut self) -> Result<InterpreterAction, Failure<DB>> {
        let FrameInput::Call(call) = &self.inner.frame_stack.get().input else {
            return Err(ContextError::Custom("a create frame holds a program".to_owned()));
        };
        let call = call.clone();
        let result = self.call_program(&call)?;
        Ok(InterpreterAction::Return(result))
    }

    fn call_program(&mut self, call: &CallInputs) -> Result<InterpreterResult, Failure<DB>> {
        let codehash = call.known_bytecode.0;
        let context = &mut self.inner.ctx;
        let mut free = Meter::free();
        let mut storage = Storage::new(&mut context.journaled_state, &mut free);
        let params = params::load(&mut storage, context.chain.config.arbos).map_err(state_error)?;
        let program = Program::load(&mut storage, codehash).map_err(state_error)?;
        let now = context.chain.block.timestamp;
        if let Err(inactive) = program.check_active(&params, now) {
            tracing::debug!(address = %call.bytecode_address, %inactive, "program cannot run");
            context.chain.tx.failure.note(ProgramFailure::Inactive { address: call.bytecode_address, inactive });
            return Ok(halt(InstructionResult::NotActivated, call.gas_limit));
        }

        let chain = &mut context.chain;
        let is_cached = program.is_cached
            || chain.config.arbos.has_recent_programs() && chain.block.recent_programs.insert(codehash, params.block_cache_size);
        let start_gas = params.start_gas(program.version, program.costs(), is_cached);
        let open = chain.tx.pages.open;
        let page_gas = params.page_model().gas(program.footprint, open, chain.tx.pages.ever);
        let Some(gas) = call.gas_limit.checked_sub(start_gas.saturating_add(page_gas)) else {
            return Ok(halt(InstructionResult::OutOfGas, call.gas_limit));
        };
        chain.tx.pages.add(program.footprint, &params.page_model());
        let result = match self.load_module(call, &params)? {
            Some(module) => self.execute(call, &params, &module, gas),
            None => Ok(halt(InstructionResult::NotActivated, call.gas_limit)),
        };
        self.inner.ctx.chain.tx.pages.open = open;
        result
    }

    /// The compiled program; none if what was activated is not there any more, which only an
    /// override of the state can bring about.
    fn load_module(&mut self, call: &CallInputs, params: &StylusParams) -> Result<Option<Arc<CompiledModule>>, Failure<DB>> {
        let (codehash, bytecode) = &call.known_bytecode;
        let code = bytecode.original_bytes();
        let journal = &mut self.inner.ctx.journaled_state;
        let mut fragments = HashMap::default();
        let addresses = ProgramSource::fragment_addresses(&code);
        for address in addresses.into_iter().take(params.max_fragment_count.into()) {
            let part =
                peek(journal, address, |account| account.info.code.as_ref().map(Bytecode::original_bytes).unwrap_or_default());
            fragments.insert(address, part.map_err(ContextError::Db)?);
        }
        let source = ProgramSource::new(code, fragments);
        let chain = &mut self.inner.ctx.chain;
        let failure: ProgramFailure = match chain.vm.module(source.module_key(*codehash), || source.wasm(params)) {
            Ok(module) => return Ok(Some(module)),
            Err(VmError::Prepare(error)) => error.into(),
            Err(VmError::Activation(error)) => error.into(),
            Err(error) => return Err(self.vm_failed(error)),
        };
        tracing::warn!(address = %call.bytecode_address, %failure, "activated program is gone");
        chain.tx.failure.note(failure);
        Ok(None)
    }

    fn execute(
        &mut self,
        call: &CallInputs,
        params: &StylusParams,
        module: &CompiledModule,
        gas: u64,
    ) -> Result<InterpreterResult, Failure<DB>> {
        let request = RunRequest {
            env: self.env(call),
            calldata: call.input.bytes(&self.inner.ctx),
            ink: params.gas_to_ink(gas),
            ink_price: params.ink_price,
            max_depth: params.max_stack_depth,
        };
        let vm = Arc::clone(&self.inner.ctx.chain.vm);
        let mut api = FrameApi::new(self, FrameScope::of(call), params.page_model());
        let run = vm.run(module, request, &mut api);
        let refund = api.refund();
        match run {
            Ok(run) => {
                if let Some(reason) = &run.reason {
                    tracing::debug!(address = %call.bytecode_address, reason, "program stopped");
                    let (address, reason) = (call.bytecode_address, reason.clone());
                    self.inner.ctx.chain.tx.failure.note(ProgramFailure::Stopped { address, reason });
                }
                Ok(finish(run, call.gas_limit, params, refund))
            }
            Err(error) => Err(self.take_failure(error)),
        }
    }

    /// The chain's own failure under a run, which the VM only passes on.
    fn take_failure(&mut self, error: VmError) -> Failure<DB> {
        match mem::replace(&mut self.inner.ctx.error, Ok(())) {
            Err(failure) => failure,
            Ok(()) => self.vm_failed(error),
        }
    }

    /// The VM's own failure. The EVM can only pass on its words, so the error itself waits for the end of the transaction.
    pub(super) fn vm_failed(&mut self, error: VmError) -> Failure<DB> {
        let failure = ContextError::Custom(error.to_string());
        self.inner.ctx.chain.tx.vm_failure.get_or_insert(error);
        failure
    }

    fn env(&self, call: &CallInputs) -> Env {
        let context = &self.inner.ctx;
        let (block, tx) = (&context.block, &context.tx);
        Env {
            block_basefee: U256::from(block.basefee()),
            chain_id: context.chain.config.chain_id,
            block_coinbase: block.beneficiary(),
            block_gas_limit: block.gas_limit(),
            block_number: context.chain.block.l1_block_number,
            block_timestamp: context.chain.block.timestamp,
            contract_address: call.target_address,
            msg_sender: call.caller,
            msg_value: call.value.get(),
            tx_gas_price: U256::from(tx.effective_gas_price(block.basefee().into())),
            tx_origin: tx.caller(),
            reentrant: context.chain.tx.is_reentrant(call.target_address),
        }
    }
}

/// What the end of a run means to the EVM.
fn finish(run: RunResult, gas_limit: u64, params: &StylusParams, refund: i64) -> InterpreterResult {
    let result = match run.outcome {
        Outcome::Success => InstructionResult::Return,
        Outcome::Revert | Outcome::Failure => InstructionResult::Revert,
        Outcome::OutOfInk => return halt(InstructionResult::OutOfGas, gas_limit),
        Outcome::OutOfStack => return halt(InstructionResult::CallTooDeep, gas_limit),
    };
    // Output costs at least what the EVM's memory for it would have cost.
    let Some(most_left) = gas_limit.checked_sub(evm_memory_gas(&run.output)) else {
        return halt(InstructionResult::OutOfGas, gas_limit);
    };
    let mut gas = Gas::new(gas_limit);
    gas.set_remaining(params.ink_to_gas(run.ink_left).min(most_left));
    gas.record_refund(refund);
    InterpreterResult { result, output: run.output, gas }
}

/// Gas of the EVM's memory for `output`.
fn evm_memory_gas(output: &[u8]) -> u64 {
    let words = (output.len() as u64).div_ceil(32);
    3 * words + words * words / 512
}

/// An end that takes all gas and answers nothing.
fn halt(result: InstructionResult, gas_limit: u64) -> InterpreterResult {
    let mut gas = Gas::new(gas_limit);
    gas.spend_all();
    InterpreterResult { result, output: Bytes::new(), gas }
}

fn state_error<E>(error: StateError<E>) -> ContextError<E> {
    match error {
        StateError::Broken(error) => ContextError::Db(error),
        // The meter is a free one.
        StateError::OutOfGas => ContextError::Custom("a free meter ran out".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcome: Outcome, output: usize, ink_left: u64) -> RunResult {
        RunResult { outcome, output: vec![1; output].into(), ink_left, stack_left: 0, reason: None }
    }

    #[test]
    fn ends_of_a_run() {
        let params = StylusParams::default();
        for (outcome, output, ink_left, limit, expected) in [
            (Outcome::Success, 0, 99_999, 100, (InstructionResult::Return, 9, 0)),
            (Outcome::Success, 32, 990_000, 100, (InstructionResult::Return, 97, 32)),
            (Outcome::Success, 33, 900_000, 100, (InstructionResult::Return, 90, 33)),
            (Outcome::Revert, 64, 1_000_000, 100, (InstructionResult::Revert, 94, 64)),
            (Outcome::Failure, 0, 500_000, 100, (InstructionResult::Revert, 50, 0)),
            (Outcome::Success, 32, 20_000, 2, (InstructionResult::OutOfGas, 0, 0)),
            (Outcome::OutOfInk, 0, 0, 100, (InstructionResult::OutOfGas, 0, 0)),
            (Outcome::OutOfStack, 0, 500_000, 100, (InstructionResult::CallTooDeep, 0, 0)),
        ] {
            let end = finish(run(outcome, output, ink_left), limit, &params, 0);
            assert_eq!((end.result, end.gas.remaining(), end.output.len()), expected, "{outcome:?}");
        }
    }

    #[test]
    fn memory_gas_grows_with_the_square() {
        for (bytes, gas) in [(0, 0), (1, 3), (32, 3), (33, 6), (32 * 32, 98), (1 << 20, 32_768 * 3 + 2_097_152)] {
            assert_eq!(evm_memory_gas(&vec![0; bytes]), gas, "{bytes} bytes");
        }
    }
}
