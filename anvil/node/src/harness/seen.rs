//! What a fuzzer has seen of the programs it runs.

/// Which basic blocks were entered so far, and roughly how often in one execution.
///
/// Counts of 1, 2, 3, 4-7, 8-15, 16-31, 32-127 and more are told apart, as other fuzzers do: a loop that runs three times instead of
/// twice is news, one that runs 101 times instead of 100 is not.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// One bit for each class of counts, for each block.
    classes: Vec<u8>,
}

impl Seen {
    /// Takes the counters of one execution and clears them for the next one. Whether anything in them is new.
    pub fn take(&mut self, counters: &mut [u8]) -> bool {
        if self.classes.len() < counters.len() {
            self.classes.resize(counters.len(), 0);
        }
        let mut is_new = false;
        for (seen, counter) in self.classes.iter_mut().zip(counters) {
            let class = class(*counter);
            is_new |= class & !*seen != 0;
            *seen |= class;
            *counter = 0;
        }
        is_new
    }

    /// Basic blocks that were entered.
    pub fn entered(&self) -> usize {
        self.classes.iter().filter(|seen| **seen != 0).count()
    }

    /// Basic blocks that there are.
    pub fn blocks(&self) -> usize {
        self.classes.len()
    }
}

fn class(count: u8) -> u8 {
    match count {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        128..=255 => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_block_or_another_class_of_counts_is_news() {
        let mut seen = Seen::default();
        for (counters, is_new, entered) in
            [([1, 0], true, 1), ([1, 0], false, 1), ([0, 1], true, 2), ([5, 0], true, 2), ([7, 1], false, 2), ([8, 0], true, 2)]
        {
            let mut given = counters;
            assert_eq!(seen.take(&mut given), is_new, "{counters:?}");
            assert_eq!(given, [0, 0]);
            assert_eq!(seen.entered(), entered, "{counters:?}");
        }
        assert_eq!(seen.blocks(), 2);
    }
}
