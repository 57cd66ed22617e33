//! Messages to the parent chain: counted, and gathered under one root by an accumulator that keeps one hash for each full power
//! of two of them.

use revm::primitives::{B256, U256, keccak256};

use super::{
    layout::SENDS,
    storage::{Slots, StateError, Storage},
};

/// Field of [`SENDS`]: how many messages there were.
const SIZE: u64 = 0;
/// Field of [`SENDS`]: the first of the accumulator's hashes; that of level `n` is `n` further.
const PARTIALS: u64 = 2;
/// Gas of a hash, and for each of its words.
const HASH_GAS: u64 = 30;
const HASH_WORD_GAS: u64 = 6;

/// A node of the tree that a message completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Completed {
    /// Height above the leaves.
    level: u64,
    /// Index of the message that completed it.
    leaf: u64,
    /// Its hash.
    pub(super) hash: B256,
}

impl Completed {
    /// The node's place as one number, as the event has it.
    pub(super) fn position(&self) -> U256 {
        (U256::from(self.level) << 192) | U256::from(self.leaf)
    }
}

/// The tree as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sends {
    /// Messages so far.
    pub(crate) count: u64,
    /// Root over them; zero if there are none.
    pub(crate) root: B256,
    /// The accumulator's hashes by level; zero where no full subtree waits.
    pub(super) partials: Vec<B256>,
}

/// Levels that `size` messages reach.
fn levels(size: u64) -> u64 {
    u64::from(u64::BITS - size.leading_zeros())
}

/// A hash, paid for by the call.
pub(super) fn hash<S: Slots>(storage: &mut Storage<'_, S>, data: &[u8]) -> Result<B256, StateError<S::Error>> {
    storage.burn(HASH_GAS + HASH_WORD_GAS * (data.len() as u64).div_ceil(32))?;
    Ok(keccak256(data))
}

/// Appends a message by its hash; its index, and the nodes it completed, lowest first.
pub(super) fn append<S: Slots>(
    storage: &mut Storage<'_, S>,
    message: B256,
) -> Result<(u64, Vec<Completed>), StateError<S::Error>> {
    let leaf = storage.get_u64(SENDS.at(SIZE))?;
    storage.set(SENDS.at(SIZE), U256::from(leaf.saturating_add(1)))?;
    let mut completed = Vec::new();
    // Hashed once more, so that no message can pass for a node.
    let mut node = keccak256(message);
    for level in 0..levels(leaf) {
        let slot = SENDS.at(PARTIALS + level);
        let waiting = B256::from(storage.get(slot)?);
        if waiting.is_zero() {
            storage.set(slot, node.into())?;
            return Ok((leaf, completed));
        }
        node = hash(storage, &[waiting, node].concat())?;
        storage.set(slot, U256::ZERO)?;
        completed.push(Completed { level: level + 1, leaf, hash: node });
    }
    storage.set(SENDS.at(PARTIALS + levels(leaf)), node.into())?;
    Ok((leaf, completed))
}

/// The tree. A level is missing its right half where fewer messages came than fit.
pub(super) fn load<S: Slots>(storage: &mut Storage<'_, S>) -> Result<Sends, StateError<S::Error>> {
    let count = storage.get_u64(SENDS.at(SIZE))?;
    let mut partials = Vec::new();
    for level in 0..levels(count) {
        partials.push(B256::from(storage.get(SENDS.at(PARTIALS + level))?));
    }
    // The root so far, and the level it stands on.
    let mut root: Option<(B256, usize)> = None;
    for (level, partial) in partials.iter().enumerate().filter(|(_, partial)| !partial.is_zero()) {
        root = Some(match root {
            None => (*partial, level),
            Some((mut lower, at)) => {
                for _ in at..level {
                    lower = hash(storage, &[lower, B256::ZERO].concat())?;
                }
                (hash(storage, &[*partial, lower].concat())?, level + 1)
            }
        });
    }
    Ok(Sends { count, root: root.map(|(root, _)| root).unwrap_or_default(), partials })
}

#[cfg(test)]
mod tests {
    use revm::primitives::HashMap;

    use super::*;
    use crate::arbos::storage::Meter;

    /// The root by definition: leaves padded with zero hashes to a power of two, and a zero subtree hashed as a zero word.
    fn reference_root(messages: &[B256]) -> B256 {
        let mut row: Vec<B256> = messages.iter().map(keccak256).collect();
        while row.len() > 1 {
            row = row.chunks(2).map(|pair| keccak256([pair[0], pair.get(1).copied().unwrap_or_default()].concat())).collect();
        }
        row.first().copied().unwrap_or_default()
    }

    #[test]
    fn the_root_is_that_of_a_plain_tree() {
        let mut slots = HashMap::default();
        let mut messages = Vec::new();
        for index in 0..70u64 {
            let mut meter = Meter::free();
            let storage = &mut Storage::new(&mut slots, &mut meter);
            assert_eq!(load(storage).unwrap(), Sends { count: index, root: reference_root(&messages), ..load(storage).unwrap() });
            let message = B256::from(U256::from(index));
            messages.push(message);
            let (leaf, completed) = append(storage, message).unwrap();
            assert_eq!(leaf, index);
            // As many nodes as the number of messages is divisible by two.
            assert_eq!(completed.len() as u32, (index + 1).trailing_zeros());
            for (above, node) in (1u32..).zip(&completed) {
                let width = 1usize << above;
                assert_eq!(node.hash, reference_root(&messages[messages.len() - width..]));
                assert_eq!(node.position(), (U256::from(above) << 192) | U256::from(index));
            }
        }
    }

    #[test]
    fn messages_are_paid_for() {
        let mut slots = HashMap::default();
        // First: the size, and one hash. Second: one hash read and removed, one hash made and kept.
        for (gas, completes) in [(800 + 20_000 + 20_000, 0), (800 + 20_000 + 800 + 42 + 5_000 + 20_000, 1)] {
            let mut meter = Meter::new(gas);
            let (_, completed) = append(&mut Storage::new(&mut slots, &mut meter), B256::ZERO).unwrap();
            assert_eq!((meter.left(), completed.len()), (0, completes));
        }
    }
}
