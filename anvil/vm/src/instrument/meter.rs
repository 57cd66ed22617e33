//! Every basic block pays for all of its operators before the first one runs.

use wasmparser::Operator;

use super::{Context, get, set};
use crate::{ActivationError, price};

/// Puts a payment before each basic block. Prices saturate, so that a block with an unpayable
/// operator costs all the ink there can be.
pub(super) fn apply<'a>(context: &Context<'_, 'a>, operators: Vec<Operator<'a>>) -> Result<Vec<Operator<'a>>, ActivationError> {
    let params = |ty: u32| context.module.types.get(ty as usize).map_or(0, |t| t.params().len());
    let mut out = Vec::with_capacity(operators.len() * 3);
    let mut block = Vec::new();
    let mut cost = price::BLOCK_HEADER;
    for operator in operators {
        let Some(price) = price::operator(&operator, params) else {
            return Err(ActivationError::Operator { operator: format!("{operator:?}") });
        };
        cost = cost.saturating_add(price);
        let ends = price::ends_block(&operator);
        block.push(operator);
        if ends {
            pay(context, cost, &mut out);
            out.append(&mut block);
            cost = price::BLOCK_HEADER;
        }
    }
    // A function ends with `end`, which ends a block: nothing is left over.
    debug_assert!(block.is_empty());
    Ok(out)
}

fn pay<'a>(context: &Context<'_, 'a>, cost: u64, out: &mut Vec<Operator<'a>>) {
    let cost = Operator::I64Const { value: cost as i64 };
    out.extend([get(context.ink), cost.clone(), Operator::I64LtU]);
    out.extend(context.exhausted_if());
    out.extend([get(context.ink), cost, Operator::I64Sub, set(context.ink)]);
}
