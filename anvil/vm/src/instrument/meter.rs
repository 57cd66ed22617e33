//! Every basic block pays for all of its operators before the first one runs.
//!
//! While a function runs, its meter is a local: the rest is *published*, written to the meter's
//! global, where somebody else can look at it. That is when the block it pays for may trap, call, or
//! leave the function. Every way to such an operator leads over its block's payment, so nobody ever
//! sees an old figure.

use wasmparser::Operator;

use super::{Context, item::Item};
use crate::{ActivationError, price};

/// Puts a payment before each basic block. Prices saturate, so that a block with an unpayable
/// operator costs all the ink there can be.
pub(super) fn apply<'a>(context: &Context<'_, 'a>, operators: Vec<Operator<'a>>) -> Result<Vec<Item<'a>>, ActivationError> {
    let params = |ty: u32| context.module.types.get(ty as usize).map_or(0, |t| t.params().len());
    let mut out = Vec::with_capacity(operators.len() * 2);
    let mut block = Vec::new();
    let (mut ink, mut publish) = (price::BLOCK_HEADER, false);
    // Blocks open around the operator, the function's own not counted.
    let mut open = 0u32;
    for operator in operators {
        let Some(price) = price::operator(&operator, params) else {
            return Err(ActivationError::Operator { operator: format!("{operator:?}") });
        };
        ink = ink.saturating_add(price);
        publish |= leaves(&operator, open) || !price::is_silent(&operator);
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => open += 1,
            Operator::End => open = open.saturating_sub(1),
            _ => {}
        }
        let ends = price::ends_block(&operator);
        block.push(Item::Program(operator));
        if ends {
            out.push(Item::Pay { ink, publish });
            out.append(&mut block);
            (ink, publish) = (price::BLOCK_HEADER, false);
        }
    }
    // A function ends with `end`, which ends a block: nothing is left over.
    debug_assert!(block.is_empty());
    Ok(out)
}

/// True if the operator may leave the function, with `open` blocks around it.
fn leaves(operator: &Operator<'_>, open: u32) -> bool {
    match operator {
        Operator::End => open == 0,
        Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => *relative_depth >= open,
        _ => false,
    }
}
