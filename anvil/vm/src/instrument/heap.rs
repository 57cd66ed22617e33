//! Growing the memory asks the host for payment first.

use wasmparser::Operator;

use super::{Context, item::Item};

/// Puts a call of `pay_for_memory_grow` before each `memory.grow`, unless the memory is fixed.
pub(super) fn apply<'a>(context: &Context<'_, 'a>, items: Vec<Item<'a>>) -> Vec<Item<'a>> {
    let pay = context.module.pay_for_memory_grow();
    let Some(hook) = pay.filter(|_| !context.module.memory_is_fixed()) else {
        return items;
    };
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        if matches!(item, Item::Program(Operator::MemoryGrow { .. })) {
            out.push(Item::PayPages { hook });
        }
        out.push(item);
    }
    out
}
