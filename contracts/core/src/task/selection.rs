//! Which miners serve a task: drawn by weight from a seed, in integers, so that anyone who has the same public data draws the same.
//!
//! A node's chance in a draw is its weight over the weights of all that can still be drawn. Never two nodes of one operator:
//! one party must not be able to agree with itself.
//!
//! The rules offer a rest: a node that served lately is left out while there are others, so that an observer cannot count on the same
//! few miners; when only resting ones are left they are drawn too, since a task that is served beats one that is not. The on-chain lane
//! does not use it yet, because the chain does not say when a node last served: it draws with a cooldown of 0.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, keccak256};
use cor_errors::{Coded, Entry, table::selection};

use crate::task::eip712::word;

/// A node that is eligible for the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The node.
    pub node: Address,
    /// Who runs it.
    pub operator: Address,
    /// Its share of draws. A node of weight zero is never drawn.
    pub weight: u32,
    /// When it was last assigned a task, seconds since 1970; 0 if never.
    pub last_assigned_at: u64,
}

/// What is drawn, and from what chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Number of nodes.
    pub wanted: u8,
    /// Where chance comes from. The choice is as fair as the seed is beyond the control of who draws.
    pub seed: B256,
    /// The time that resting is counted from, seconds since 1970.
    pub now: u64,
    /// How long a node rests after an assignment.
    pub cooldown_secs: u32,
}

/// Why there is no choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionError {
    /// The candidates must rise strictly by node address, or the same set could give several results. `index` is the first out of place.
    Unsorted {
        /// Index of the candidate that is not above the one before it.
        index: usize,
    },
    /// There are fewer operators with a node to draw than nodes wanted.
    TooFewOperators {
        /// How many could be drawn.
        found: u8,
        /// How many were wanted.
        wanted: u8,
    },
}

impl Coded for SelectionError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::Unsorted { .. } => &selection::UNSORTED_CANDIDATES,
            Self::TooFewOperators { .. } => &selection::TOO_FEW_OPERATORS,
        }
    }
}

impl core::fmt::Display for SelectionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Unsorted { index } => write!(f, "candidate {index} is not above the one before it"),
            Self::TooFewOperators { found, wanted } => write!(f, "{found} operators have a node to draw, {wanted} are wanted"),
        }
    }
}

impl core::error::Error for SelectionError {}

/// Draws `draw.wanted` of `candidates`, without putting back. The result is in the order of drawing.
///
/// # Errors
/// [`SelectionError`].
pub fn pick(candidates: &[Candidate], draw: &Draw) -> Result<Vec<Address>, SelectionError> {
    if let Some(index) = candidates.windows(2).position(|pair| matches!(pair, [a, b] if a.node >= b.node)) {
        return Err(SelectionError::Unsorted { index: index.saturating_add(1) });
    }
    let mut picked: Vec<Candidate> = Vec::new();
    for turn in 0..draw.wanted {
        let free = |candidate: &&Candidate| picked.iter().all(|taken| taken.operator != candidate.operator);
        let rested = |candidate: &&Candidate| free(candidate) && draw.is_rested(candidate);
        let point = draw.point(turn);
        let next = weighted(candidates.iter().filter(rested), point).or_else(|| weighted(candidates.iter().filter(free), point));
        match next {
            Some(candidate) => picked.push(*candidate),
            None => return Err(SelectionError::TooFewOperators { found: turn, wanted: draw.wanted }),
        }
    }
    Ok(picked.into_iter().map(|candidate| candidate.node).collect())
}

impl Draw {
    fn is_rested(&self, candidate: &Candidate) -> bool {
        candidate.last_assigned_at == 0 || self.now >= candidate.last_assigned_at.saturating_add(u64::from(self.cooldown_secs))
    }

    /// The chance of one turn: 256 bits, so that a remainder by any sum of weights is even to within 2^-192.
    fn point(&self, turn: u8) -> U256 {
        keccak256([self.seed.0, word(u64::from(turn))].as_flattened()).into()
    }
}

/// The one of `pool` in whose stretch of the line of weights the point lies; `None` if all weights are zero.
fn weighted<'a>(pool: impl Iterator<Item = &'a Candidate> + Clone, point: U256) -> Option<&'a Candidate> {
    // Up to 2^32 weights of 32 bits: no sum saturates.
    let total = pool.clone().fold(0_u64, |sum, candidate| sum.saturating_add(u64::from(candidate.weight)));
    let mut left = u64::try_from(point.checked_rem(U256::from(total))?).ok()?;
    for candidate in pool {
        match left.checked_sub(u64::from(candidate.weight)) {
            Some(rest) => left = rest,
            None => return Some(candidate),
        }
    }
    None
}

#[cfg(test)]
mod tests;
