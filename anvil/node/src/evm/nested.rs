//! Calls and creates of Stylus programs: each runs in an exec loop of its own, within the frame of the program.

use std::mem;

use revm::{
    Database, Inspector,
    context::FrameStack,
    handler::{FrameResult, Handler, evm::ContextDbError},
    inspector::InspectorHandler,
    interpreter::{FrameInput, interpreter_action::FrameInit},
};

use super::{
    ArbContext,
    handler::{ArbHandler, to_context_error},
    machine::StylusEvm,
};

impl<DB: Database, I: Inspector<ArbContext<DB>>> StylusEvm<DB, I> {
    /// Runs a call or create that a Stylus program asks for, on a frame stack of its own.
    pub(super) fn run_nested(&mut self, frame_input: FrameInput) -> Result<FrameResult, ContextDbError<ArbContext<DB>>> {
        let frame = self.inner.frame_stack.get();
        let init = FrameInit { depth: frame.depth + 1, memory: frame.interpreter.memory.new_child_context(), frame_input };
        let outer = mem::replace(&mut self.inner.frame_stack, FrameStack::new());
        let mut handler = ArbHandler::default();
        let result = if self.inspecting { handler.inspect_run_exec_loop(self, init) } else { handler.run_exec_loop(self, init) };
        self.inner.frame_stack = outer;
        self.inner.frame_stack.get().interpreter.memory.free_child_context();
        result.inspect(|result| self.note_end(result)).map_err(to_context_error::<DB>)
    }
}
