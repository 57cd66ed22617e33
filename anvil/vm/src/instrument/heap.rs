//! Growing the memory asks the host for payment first.

use wasmparser::Operator;

use super::{Context, get, set};

/// Puts a call of `pay_for_memory_grow` before each `memory.grow`, unless the memory is fixed.
pub(super) fn apply<'a>(context: &Context<'_, 'a>, operators: Vec<Operator<'a>>) -> Vec<Operator<'a>> {
    let pay = context.module.pay_for_memory_grow();
    let Some(function_index) = pay.filter(|_| !context.module.memory_is_fixed()) else {
        return operators;
    };
    let mut out = Vec::with_capacity(operators.len());
    for operator in operators {
        if matches!(operator, Operator::MemoryGrow { .. }) {
            out.extend([set(context.scratch), get(context.scratch), get(context.scratch), Operator::Call { function_index }]);
        }
        out.push(operator);
    }
    out
}
