//! `memory.fill` and `memory.copy` pay for their bytes, in bounds or not.

use wasmparser::Operator;

use super::{Context, get, set};
use crate::price;

/// Puts a payment before each bulk operator. The size, on top of the stack, is kept aside meanwhile.
/// At most 2^32 * 100 ink is subtracted, so the meter wraps around exactly if it was too low.
pub(super) fn apply<'a>(context: &Context<'_, 'a>, operators: Vec<Operator<'a>>) -> Vec<Operator<'a>> {
    let mut out = Vec::with_capacity(operators.len());
    for operator in operators {
        if matches!(operator, Operator::MemoryFill { .. } | Operator::MemoryCopy { .. }) {
            out.extend([
                set(context.scratch),
                get(context.ink),
                get(context.ink),
                get(context.scratch),
                Operator::I64ExtendI32U,
                Operator::I64Const { value: price::BULK_BYTE as i64 },
                Operator::I64Mul,
                Operator::I64Sub,
                set(context.ink),
                get(context.ink),
                Operator::I64LtU,
            ]);
            out.extend(context.exhausted_if());
            out.push(get(context.scratch));
        }
        out.push(operator);
    }
    out
}
