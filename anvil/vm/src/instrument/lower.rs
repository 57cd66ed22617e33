//! Writes a function so that paying is cheap.
//!
//! The meter is a local, kept in a register: the global it comes from is read after calls and written
//! where it can be seen. Running out branches to one place outside of the body:
//!
//! ```text
//! block $out_of_ink
//!   block $out_of_stack
//!     …                      ;; enter: takes the frame, reads the meter
//!     block $body            ;; branches to the function's own label end here
//!       …                    ;; the program's operators and payments; ends with leave and return
//!     end
//!     return
//!   end
//!   …                        ;; depth counter to zero, trap
//! end
//! …                          ;; status to one, trap
//! ```

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function, Instruction, InstructionSink, MemArg, ValType};
use wasmparser::Operator;

use super::{
    COUNTER_MEMORY, Context,
    item::{Item, Product},
    reencode,
};
use crate::{ActivationError, price};

/// Writes one function. `params` and `declared` are its own locals, `result` what its body leaves.
pub(super) fn function(
    context: &Context<'_, '_>,
    items: Vec<Item<'_>>,
    params: u32,
    declared: Vec<(u32, ValType)>,
    result: BlockType,
) -> Result<Function, ActivationError> {
    let ink = declared.iter().fold(params, |sum, (count, _)| sum.saturating_add(*count));
    let mut locals = declared;
    locals.extend([(1, ValType::I64), (1, ValType::I32)]);
    let mut lowering = Lowering { context, function: Function::new(locals), open: 0, ink, size: ink + 1 };
    lowering.sink().block(BlockType::Empty).block(BlockType::Empty);
    for item in items {
        lowering.item(item, result)?;
    }
    lowering.ends();
    Ok(lowering.function)
}

struct Lowering<'c> {
    context: &'c Context<'c, 'c>,
    function: Function,
    /// Blocks of the program that are open here: the label of the body.
    open: u32,
    /// Local: the ink left.
    ink: u32,
    /// Local: a size, put aside.
    size: u32,
}

impl Lowering<'_> {
    fn sink(&mut self) -> InstructionSink<'_> {
        self.function.instructions()
    }

    fn item(&mut self, item: Item<'_>, result: BlockType) -> Result<(), ActivationError> {
        match item {
            Item::Program(operator) => return self.operator(operator),
            Item::Pay { ink, publish } => self.pay(ink, publish),
            Item::PayBytes => self.pay_bytes(),
            Item::Enter { words } => self.enter(words, result),
            Item::Leave { words } => {
                let stack = self.context.stack;
                self.sink().global_get(stack).i32_const(words as i32).i32_add().global_set(stack);
            }
            Item::PayPages { hook } => {
                let size = self.size;
                self.sink().local_tee(size).local_get(size).call(hook);
                self.read_meter();
            }
            Item::Product(product) => self.product(product),
        }
        Ok(())
    }

    fn operator(&mut self, operator: Operator<'_>) -> Result<(), ActivationError> {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => self.open += 1,
            // The last one closes the body.
            Operator::End => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        let calls = matches!(operator, Operator::Call { .. } | Operator::CallIndirect { .. });
        let instruction: Instruction<'_> = RoundtripReencoder.instruction(operator).map_err(reencode)?;
        self.function.instruction(&instruction);
        if calls {
            self.read_meter();
        }
        Ok(())
    }

    fn read_meter(&mut self) {
        let (global, ink) = (self.context.ink, self.ink);
        self.sink().global_get(global).local_set(ink);
    }

    /// Branches out of the body if the value on top of the operand stack is not zero.
    fn out_of_ink_if(&mut self) {
        let label = self.open + 2;
        self.sink().br_if(label);
    }

    fn pay(&mut self, price: u64, publish: bool) {
        let (global, ink, price) = (self.context.ink, self.ink, price as i64);
        self.sink().local_get(ink).i64_const(price).i64_lt_u();
        self.out_of_ink_if();
        self.sink().local_get(ink).i64_const(price).i64_sub();
        if publish {
            self.sink().local_tee(ink).global_set(global);
        } else {
            self.sink().local_set(ink);
        }
        self.count();
    }

    /// Counts the block that was just paid for.
    fn count(&mut self) {
        let Some(offset) = self.context.counted.next() else { return };
        let at = MemArg { offset, align: 2, memory_index: COUNTER_MEMORY };
        self.sink().i32_const(0).i32_const(0).i32_load(at).i32_const(1).i32_add().i32_store(at);
    }

    /// At most 2^32 * 100 ink is taken, so that the meter wraps around exactly if it was too low.
    fn pay_bytes(&mut self) {
        let (global, ink, size) = (self.context.ink, self.ink, self.size);
        self.sink().local_tee(size).local_get(ink).local_get(ink).local_get(size).i64_extend_i32_u();
        self.sink().i64_const(price::BULK_BYTE as i64).i64_mul().i64_sub().local_tee(ink).i64_lt_u();
        self.out_of_ink_if();
        self.sink().local_get(ink).global_set(global);
    }

    fn product(&mut self, product: Product) {
        /// The function's first parameter.
        const POINTER: u32 = 0;
        let [a, b] = product.factors;
        let at = |offset| MemArg { offset, align: 3, memory_index: 0 };
        let mut sink = self.function.instructions();
        sink.local_get(POINTER).local_get(a.low).local_get(b.low).i64_mul_wide_u();
        for (factor, other) in [(a, b), (b, a)] {
            if let Some(high) = factor.high {
                sink.local_get(high).local_get(other.low).i64_mul().i64_add();
            }
        }
        // The high word waits where a factor was that is done with.
        sink.local_set(a.low).i64_store(at(0));
        sink.local_get(POINTER).local_get(a.low).i64_store(at(8));
    }

    fn enter(&mut self, words: u32, result: BlockType) {
        let (stack, words) = (self.context.stack, words as i32);
        self.sink().global_get(stack).i32_const(words).i32_le_u().br_if(0);
        self.sink().global_get(stack).i32_const(words).i32_sub().global_set(stack);
        self.read_meter();
        self.sink().block(result);
    }

    /// What stands behind the body.
    fn ends(&mut self) {
        let (stack, status) = (self.context.stack, self.context.status);
        self.sink().return_().end();
        self.sink().i32_const(0).global_set(stack).unreachable().end();
        self.sink().i32_const(1).global_set(status).unreachable().end();
    }
}
