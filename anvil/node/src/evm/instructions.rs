//! The two instructions that differ on Arbitrum: `SELFDESTRUCT`, since a Stylus account cannot be
//! destroyed, and `BLOCKHASH`, which is about the parent chain's blocks.

use revm::{
    Database,
    bytecode::opcode::{BLOCKHASH, SELFDESTRUCT},
    context_interface::{Cfg, ContextTr, JournalTr, context::ContextError},
    handler::instructions::EthInstructions,
    interpreter::{
        Instruction, InstructionContext, InstructionResult,
        instructions::host,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, RuntimeFlag},
    },
    primitives::{Address, U256, hardfork::SpecId, keccak256},
};

use super::ArbContext;
use crate::arbos::code;

/// Static gas of [`selfdestruct`].
const SELFDESTRUCT_GAS: u16 = 5_000;
/// Static gas of [`block_hash`].
const BLOCKHASH_GAS: u16 = 20;
/// Blocks whose hash can be asked for.
const BLOCK_HASHES: u64 = 256;

/// Ethereum's instructions of `spec`, and Arbitrum's own.
pub(super) fn table<DB: Database>(spec: SpecId) -> EthInstructions<EthInterpreter, ArbContext<DB>> {
    let mut instructions = EthInstructions::new_mainnet_with_spec(spec);
    let selfdestruct = Instruction::new(selfdestruct::<DB>);
    instructions.insert_instruction(SELFDESTRUCT, selfdestruct, SELFDESTRUCT_GAS);
    instructions.insert_instruction(BLOCKHASH, Instruction::new(block_hash::<DB>), BLOCKHASH_GAS);
    instructions
}

/// Answers the hash of one of the last 256 blocks of the parent chain. There is no parent chain: the
/// hash of a block is the hash of its number, unless both chains count alike.
fn block_hash<DB: Database>(context: InstructionContext<'_, ArbContext<DB>, EthInterpreter>) -> Result<(), InstructionResult> {
    let host = context.host;
    let Some(([], requested)) = context.interpreter.stack.popn_top() else {
        return Err(InstructionResult::StackUnderflow);
    };
    let block = &host.chain.block;
    let current = block.l1_block_number;
    let known = |number: &u64| *number < current && number.saturating_add(BLOCK_HASHES) >= current;
    let number = u64::try_from(*requested).ok().filter(known);
    *requested = match number {
        None => U256::ZERO,
        Some(number) if current == block.number => {
            loaded(host.journaled_state.database.block_hash(number), &mut host.error)?.into()
        }
        Some(number) => keccak256(number.to_be_bytes()).into(),
    };
    Ok(())
}

/// Reverts when the acting account is a Stylus program, which only a delegate call can bring about;
/// else Ethereum's instruction. The gas of the instruction is charged either way.
fn selfdestruct<DB: Database>(context: InstructionContext<'_, ArbContext<DB>, EthInterpreter>) -> Result<(), InstructionResult> {
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

fn is_program<DB: Database>(context: &mut ArbContext<DB>, address: Address) -> Result<bool, InstructionResult> {
    let arbos = context.chain.config.arbos;
    let account = context.journaled_state.load_account_with_code(address);
    let account = loaded(account, &mut context.error)?;
    let code = account.data.info.code.as_ref();
    Ok(code.is_some_and(|code| code::is_program(code.original_byte_slice(), arbos)))
}

/// Keeps a database error where the handler looks for it.
fn loaded<T, E>(result: Result<T, E>, error: &mut Result<(), ContextError<E>>) -> Result<T, InstructionResult> {
    result.map_err(|cause| {
        *error = Err(ContextError::Db(cause));
        InstructionResult::FatalExternalError
    })
}
