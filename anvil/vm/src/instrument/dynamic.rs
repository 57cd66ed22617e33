//! `memory.fill` and `memory.copy` pay for their bytes, in bounds or not.

use wasmparser::Operator;

use super::item::Item;

/// Puts a payment before each bulk operator.
pub(super) fn apply(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        if matches!(item, Item::Program(Operator::MemoryFill { .. } | Operator::MemoryCopy { .. })) {
            out.push(Item::PayBytes);
        }
        out.push(item);
    }
    out
}
