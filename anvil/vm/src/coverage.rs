//! Which basic blocks of the programs were entered, for fuzzers.

use std::collections::HashMap;
use std::ops::Range;

use alloy_primitives::B256;

/// Counters of all programs of a VM, each with a range of its own.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    counters: Vec<u8>,
    ranges: HashMap<B256, Range<usize>>,
}

impl Coverage {
    /// The range of the program `code_hash`, which has `blocks` basic blocks.
    pub(crate) fn range(&mut self, code_hash: B256, blocks: u32) -> Range<usize> {
        let counters = &mut self.counters;
        let range = self.ranges.entry(code_hash).or_insert_with(|| {
            let first = counters.len();
            counters.resize(first + blocks as usize, 0);
            first..counters.len()
        });
        range.clone()
    }

    /// Adds the little-endian counts of a run. A counter stays at its maximum: one that wrapped around would look like none.
    pub(crate) fn add(&mut self, range: Range<usize>, counts: &[u8]) {
        let counters = self.counters.get_mut(range).unwrap_or_default();
        for (counter, count) in counters.iter_mut().zip(counts.as_chunks().0) {
            let count = u32::from_le_bytes(*count);
            *counter = counter.saturating_add(u8::try_from(count).unwrap_or(u8::MAX));
        }
    }

    /// All counters.
    pub(crate) fn counters(&mut self) -> &mut [u8] {
        &mut self.counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_have_ranges_of_their_own_and_counters_stop_at_their_maximum() {
        let mut coverage = Coverage::default();
        let [a, b] = [1, 2].map(B256::repeat_byte);
        assert_eq!(coverage.range(a, 2), 0..2);
        assert_eq!(coverage.range(b, 1), 2..3);
        assert_eq!(coverage.range(a, 2), 0..2);
        coverage.add(0..2, &[1, 0, 0, 0, 0, 1, 0, 0]);
        coverage.add(2..3, &[200, 0, 0, 0, 9, 9, 9, 9]);
        coverage.add(2..3, &[100, 0, 0, 0]);
        assert_eq!(coverage.counters(), [1, 255, 255]);
    }
}
