//! `SELFDESTRUCT` on Arbitrum: a Stylus account cannot be destroyed.

use revm::{
    Database,
    context_interface::{Cfg, ContextTr, JournalTr, context::ContextError},
    interpreter::{
        InstructionContext, InstructionResult,
        instructions::host,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, RuntimeFlag},
    },
    primitives::Address,
};

use super::ArbContext;
use crate::arbos::code;

/// Static gas of the instruction.
pub(super) const STATIC_GAS: u16 = 5_000;

/// Reverts when the acting account is a Stylus program, which only a delegate call can bring about;
/// else Ethereum's instruction. The gas of the instruction is charged either way.
pub(super) fn selfdestruct<DB: Database>(
    context: InstructionContext<'_, ArbContext<DB>, EthInterpreter>,
) -> Result<(), InstructionResult> {
    let acting = context.interpreter.input.target_address();
    if context.interpreter.runtime_flag.is_static() || !is_program(context.host, acting)? {
        return host::selfdestruct(context);
    }
    let interpreter = context.interpreter;
    let [target] = interpreter.stack.popn().ok_or(InstructionResult::StackUnderflow)?;
    let host = context.host;
    let journal = &mut host.journaled_state;
    let own = loaded(journal.load_account(acting), &mut host.error)?;
    let has_value = !own.data.info.balance.is_zero();
    let target = journal.load_account(Address::from_word(target.into()));
    let target = loaded(target, &mut host.error)?;
    let (grows_state, is_cold) = (has_value && target.data.is_empty(), target.is_cold);
    let cost = host.cfg().gas_params().selfdestruct_cost(grows_state, is_cold);
    if !interpreter.gas.record_regular_cost(cost) {
        return Err(InstructionResult::OutOfGas);
    }
    Err(InstructionResult::Revert)
}

fn is_program<DB: Database>(
    context: &mut ArbContext<DB>,
    address: Address,
) -> Result<bool, InstructionResult> {
    let arbos = context.chain.config.arbos;
    let account = context.journaled_state.load_account_with_code(address);
    let account = loaded(account, &mut context.error)?;
    let code = account.data.info.code.as_ref();
    Ok(code.is_some_and(|code| code::is_program(code.original_byte_slice(), arbos)))
}

/// Keeps a database error where the handler looks for it.
fn loaded<T, E>(
    result: Result<T, E>,
    error: &mut Result<(), ContextError<E>>,
) -> Result<T, InstructionResult> {
    result.map_err(|cause| {
        *error = Err(ContextError::Db(cause));
        InstructionResult::FatalExternalError
    })
}
