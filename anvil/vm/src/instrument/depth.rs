//! A deterministic stack limit: each function takes the words of its frame off a counter when it is
//! entered and gives them back when it returns.
//!
//! A frame is the deepest operand stack (with the metering operators in place), the declared locals,
//! and four words. Leaving by a branch to the function's own label gives nothing back, as in the
//! reference.

use wasmparser::{BlockType, FuncType, Operator};

use super::{Context, item::Item};
use crate::{ActivationError, limits};

/// Words of a frame beside operands and locals.
const FRAME_OVERHEAD: u64 = 4;

/// Wraps a function with `locals` declared locals in the payment of its frame.
pub(super) fn apply<'a>(
    context: &Context<'_, 'a>,
    mut items: Vec<Item<'a>>,
    locals: u64,
) -> Result<Vec<Item<'a>>, ActivationError> {
    let operands = deepest_stack(context, &items)?;
    let words = operands + locals + FRAME_OVERHEAD;
    limits::check_frame(operands, words)?;
    // In bounds: `check_frame` allows 10 * 1024.
    let words = words as u32;

    let mut out = Vec::with_capacity(items.len() + 4);
    out.push(Item::Enter { words });
    // Falling off the end must give the frame back too.
    let end = items.pop();
    items.push(Item::Program(Operator::Return));
    items.extend(end);
    for item in items {
        if matches!(item, Item::Program(Operator::Return)) {
            out.push(Item::Leave { words });
        }
        out.push(item);
    }
    Ok(out)
}

/// Height of an operand stack, and the most it ever was.
#[derive(Default)]
struct Height {
    now: u64,
    most: u64,
}

impl Height {
    /// Pushes, then pops: results are counted on top of the operands they replace. In dead code
    /// there can be less to pop than is popped.
    fn apply(&mut self, push: usize, pop: usize) {
        self.now += push as u64;
        self.most = self.most.max(self.now);
        self.now = self.now.saturating_sub(pop as u64);
    }
}

/// Most values a function has on its operand stack. Block results count from the block's start, and
/// the height after a block is the one after its opening.
fn deepest_stack(context: &Context<'_, '_>, items: &[Item<'_>]) -> Result<u64, ActivationError> {
    let mut height = Height::default();
    let mut scopes = vec![0];
    for item in items {
        let operator = match item {
            Item::Program(operator) => operator,
            // The meter and a price.
            Item::Pay { .. } => {
                height.apply(2, 2);
                continue;
            }
            // The size is put aside; the meter twice, the size and a price; the size again.
            Item::PayBytes => {
                height.apply(0, 1);
                height.apply(4, 4);
                height.apply(1, 0);
                continue;
            }
            // Put there by later steps, which no frame accounts for.
            Item::Enter { .. } | Item::Leave { .. } | Item::PayPages { .. } | Item::Product(_) => continue,
        };
        match operator {
            Operator::Block { blockty } | Operator::Loop { blockty } => {
                height.apply(results(blockty), 0);
                scopes.push(height.now);
            }
            Operator::If { blockty } => {
                height.apply(0, 1);
                height.apply(results(blockty), 0);
                scopes.push(height.now);
            }
            Operator::Else => height.now = scopes.last().copied().unwrap_or_default(),
            Operator::End => height.now = scopes.pop().unwrap_or_default(),
            Operator::Call { function_index } => {
                call(&mut height, context.module.function_type(*function_index));
            }
            Operator::CallIndirect { type_index, .. } => {
                call(&mut height, context.module.types.get(*type_index as usize));
                height.apply(0, 1);
            }
            other => {
                let Some((push, pop)) = effect(other) else {
                    return Err(ActivationError::Operator { operator: format!("{other:?}") });
                };
                height.apply(push, pop);
            }
        }
    }
    Ok(height.most)
}

/// Results of a block. Types with an index are multi-value, which is refused before.
fn results(ty: &BlockType) -> usize {
    match ty {
        BlockType::Type(_) => 1,
        BlockType::Empty | BlockType::FuncType(_) => 0,
    }
}

fn call(height: &mut Height, ty: Option<&FuncType>) {
    if let Some(ty) = ty {
        height.apply(ty.results().len(), ty.params().len());
    }
}

/// Values an operator pushes and pops, the smaller of both taken off. Nothing for operators that are
/// not allowed.
fn effect(operator: &Operator<'_>) -> Option<(usize, usize)> {
    use Operator::*;
    Some(match operator {
        LocalGet { .. } | GlobalGet { .. } | MemorySize { .. } => (1, 0),
        I32Const { .. } | I64Const { .. } | F32Const { .. } | F64Const { .. } => (1, 0),
        Drop | BrIf { .. } | BrTable { .. } | LocalSet { .. } | GlobalSet { .. } => (0, 1),
        Select => (0, 2),
        MemoryFill { .. } | MemoryCopy { .. } => (0, 3),
        _ if is_store(operator) => (0, 2),
        _ if is_binary(operator) => (0, 1),
        _ if is_balanced(operator) => (0, 0),
        _ => return None,
    })
}

fn is_store(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        I32Store { .. }
            | I32Store8 { .. }
            | I32Store16 { .. }
            | F32Store { .. }
            | F64Store { .. }
            | I64Store { .. }
            | I64Store8 { .. }
            | I64Store16 { .. }
            | I64Store32 { .. }
    )
}

/// Operators that take two values and give one.
#[rustfmt::skip]
fn is_binary(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS | I32GeU
            | I64Eq | I64Ne | I64LtS | I64LtU | I64GtS | I64GtU | I64LeS | I64LeU | I64GeS | I64GeU
            | I32Add | I32Sub | I32Mul | I32DivS | I32DivU | I32RemS | I32RemU
            | I64Add | I64Sub | I64Mul | I64DivS | I64DivU | I64RemS | I64RemU
            | I32And | I32Or | I32Xor | I32Shl | I32ShrS | I32ShrU | I32Rotl | I32Rotr
            | I64And | I64Or | I64Xor | I64Shl | I64ShrS | I64ShrU | I64Rotl | I64Rotr
    )
}

/// Operators that leave the height as it is.
#[rustfmt::skip]
fn is_balanced(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        Nop | Unreachable | Br { .. } | Return | LocalTee { .. } | MemoryGrow { .. }
            | I32Eqz | I32Clz | I32Ctz | I32Popcnt | I64Eqz | I64Clz | I64Ctz | I64Popcnt
            | I32Load { .. } | I32Load8S { .. } | I32Load8U { .. }
            | I32Load16S { .. } | I32Load16U { .. }
            | I64Load { .. } | I64Load8S { .. } | I64Load8U { .. } | I64Load16S { .. }
            | I64Load16U { .. } | I64Load32S { .. } | I64Load32U { .. }
            | F32Load { .. } | F64Load { .. }
            | I32WrapI64 | I64ExtendI32S | I64ExtendI32U | I32Extend8S | I32Extend16S
            | I64Extend8S | I64Extend16S | I64Extend32S
            | I32ReinterpretF32 | I64ReinterpretF64 | F32ReinterpretI32 | F64ReinterpretI64
    )
}
