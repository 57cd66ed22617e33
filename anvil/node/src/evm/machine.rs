//! The EVM with Stylus frames: a frame whose code is a Stylus program runs to its end on the host's
//! stack, and the calls it makes run in an exec loop of their own. Everything else is revm's.

use revm::{
    Database, Inspector,
    context::{Evm, FrameStack},
    context_interface::Cfg,
    handler::{
        EthFrame, EvmTr, FrameInitOrResult, FrameResult, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
    },
    inspector::{InspectorEvmTr, inspect_instructions},
    interpreter::{
        CallScheme, FrameInput, InstructionResult, InterpreterAction, interpreter::EthInterpreter, interpreter_action::FrameInit,
        interpreter_types::LegacyBytecode,
    },
    primitives::Log,
};

use super::{ArbContext, ProgramFailure, instructions};
use crate::arbos::{code, context::Span, precompiles::ArbPrecompiles};

/// Instructions over the context of this crate.
type ArbInstructions<DB> = EthInstructions<EthInterpreter, ArbContext<DB>>;
/// Frames are revm's own.
pub(super) type Frame = EthFrame<EthInterpreter>;

/// One EVM for one transaction.
pub(super) struct StylusEvm<DB: Database, I> {
    pub(super) inner: Evm<ArbContext<DB>, I, ArbInstructions<DB>, ArbPrecompiles, Frame>,
    /// Whether the inspector sees what happens; also in the loops that programs start.
    pub(super) inspecting: bool,
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> StylusEvm<DB, I> {
    pub(super) fn new(context: ArbContext<DB>, inspector: I, inspecting: bool) -> Self {
        let spec = context.chain.config.arbos.spec();
        let instructions = instructions::table(spec);
        let precompiles = ArbPrecompiles::new(&context.chain.config);
        let inner = Evm::new_with_inspector(context, inspector, instructions, precompiles);
        Self { inner, inspecting }
    }

    /// True if the current frame is a call of a Stylus program.
    fn is_stylus_frame(&mut self) -> bool {
        let arbos = self.inner.ctx.chain.config.arbos;
        let frame = self.inner.frame_stack.get();
        matches!(frame.input, FrameInput::Call(_)) && code::is_program(frame.interpreter.bytecode.bytecode_slice(), arbos)
    }

    /// Ends the current frame, or starts the one it asks for, after the rules of Arbitrum about new
    /// code were applied.
    fn finish_action(
        &mut self,
        mut action: InterpreterAction,
    ) -> Result<FrameInitOrResult<Frame>, ContextDbError<ArbContext<DB>>> {
        let arbos = self.inner.ctx.chain.config.arbos;
        let frame = self.inner.frame_stack.get();
        if let (FrameInput::Create(_), InterpreterAction::Return(result)) = (&frame.input, &mut action)
            && result.is_ok()
            && !code::is_deployable(&result.output, arbos)
        {
            result.result = InstructionResult::CreateContractStartingWithEF;
        }
        frame.process_next_action(&mut self.inner.ctx, action).inspect(|next| {
            if let ItemOrResult::Result(result) = next {
                frame.set_finished(true);
                note_code_size(&mut self.inner.ctx, result);
            }
        })
    }

    /// Shows a log of a program to the inspector.
    pub(super) fn show_log(&mut self, log: Log) {
        if self.inspecting {
            self.inner.inspector.log(&mut self.inner.ctx, log);
        }
    }

    /// Keeps or forgets why a program failed, now that a frame has ended.
    pub(super) fn note_end(&mut self, result: &FrameResult) {
        let ended = result.interpreter_result();
        self.inner.ctx.chain.tx.failure.frame_ended(ended.result, &ended.output);
    }

    fn open_span(&mut self) {
        let input = &self.inner.frame_stack.get().interpreter.input;
        let span = Span {
            acting: input.target_address,
            caller: input.caller_address,
            is_delegate: matches!(
                &self.inner.frame_stack.get().input,
                FrameInput::Call(call)
                    if matches!(call.scheme, CallScheme::DelegateCall | CallScheme::CallCode)
            ),
        };
        self.inner.ctx.chain.tx.spans.push(span);
    }
}

/// Keeps how long code is that no account may hold: the end of its creation only says that it is too long.
fn note_code_size<DB: Database>(context: &mut ArbContext<DB>, ended: &FrameResult) {
    let ended = ended.interpreter_result();
    if ended.result == InstructionResult::CreateContractSizeLimit {
        let (size, limit) = (ended.output.len(), context.cfg.max_code_size());
        tracing::debug!(size, limit, "code is too long");
        context.chain.tx.failure.note(ProgramFailure::CodeSize { size, limit });
    }
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> EvmTr for StylusEvm<DB, I> {
    type Context = ArbContext<DB>;
    type Instructions = ArbInstructions<DB>;
    type Precompiles = ArbPrecompiles;
    type Frame = Frame;

    fn all(&self) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Self::Frame>) {
        self.inner.all()
    }

    fn all_mut(&mut self) -> (&mut Self::Context, &mut Self::Instructions, &mut Self::Precompiles, &mut FrameStack<Self::Frame>) {
        self.inner.all_mut()
    }

    fn frame_init(&mut self, init: FrameInit) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Self::Context>> {
        self.inner.ctx.chain.tx.failure.frame_begins();
        if let ItemOrResult::Result(result) = self.inner.frame_init(init)? {
            return Ok(ItemOrResult::Result(result));
        }
        self.open_span();
        Ok(ItemOrResult::Item(self.inner.frame_stack.get()))
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let action = if self.is_stylus_frame() {
            self.run_program()?
        } else {
            let instructions = &self.inner.instruction;
            self.inner.frame_stack.get().interpreter.run_plain(
                instructions.instruction_table(),
                instructions.gas_table(),
                &mut self.inner.ctx,
            )
        };
        self.finish_action(action)
    }

    fn frame_return_result(&mut self, result: FrameResult) -> Result<Option<FrameResult>, ContextDbError<Self::Context>> {
        if self.inner.frame_stack.get().is_finished() {
            self.inner.ctx.chain.tx.spans.pop();
        }
        self.note_end(&result);
        self.inner.frame_return_result(result)
    }
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> InspectorEvmTr for StylusEvm<DB, I> {
    type Inspector = I;

    fn all_inspector(
        &self,
    ) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Self::Frame>, &Self::Inspector) {
        self.inner.all_inspector()
    }

    fn all_mut_inspector(
        &mut self,
    ) -> (&mut Self::Context, &mut Self::Instructions, &mut Self::Precompiles, &mut FrameStack<Self::Frame>, &mut Self::Inspector)
    {
        self.inner.all_mut_inspector()
    }

    fn inspect_frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let action = if self.is_stylus_frame() {
            self.run_program()?
        } else {
            let (context, inspector, frame, instructions) = self.ctx_inspector_frame_instructions();
            inspect_instructions(
                context,
                &mut frame.interpreter,
                inspector,
                instructions.instruction_table(),
                instructions.gas_table(),
            )
        };
        let mut next = self.finish_action(action)?;
        if let ItemOrResult::Result(result) = &mut next {
            let (context, inspector, frame) = self.ctx_inspector_frame();
            match (&frame.input, &mut *result) {
                (FrameInput::Call(call), FrameResult::Call(outcome)) => {
                    inspector.call_end(context, call, outcome);
                }
                (FrameInput::Create(create), FrameResult::Create(outcome)) => {
                    inspector.create_end(context, create, outcome);
                }
                // A frame answers in kind.
                _ => {}
            }
            inspector.frame_end(context, &frame.input, result);
        }
        Ok(next)
    }
}
