//! Leaving something alone for a while.

/// A while for which something is left alone.
///
/// It is known by its beginning: if the clock was ahead for a moment and is put back, nothing waits for the time that it showed then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pause {
    /// Seconds since 1970.
    since_secs: u64,
    secs: u64,
}

impl Pause {
    /// A while that begins now, seconds since 1970, and lasts so many seconds.
    pub(crate) const fn new(now_secs: u64, secs: u64) -> Self {
        Self { since_secs: now_secs, secs }
    }

    /// Whether it has passed, or the clock shows a time before it.
    pub(crate) const fn is_over(&self, now_secs: u64) -> bool {
        now_secs < self.since_secs || now_secs >= self.since_secs.saturating_add(self.secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_over_after_its_time_and_before_its_beginning() {
        let pause = Pause::new(1_000, 5);
        for (now, expected) in [(0, true), (999, true), (1_000, false), (1_004, false), (1_005, true), (9_000, true)] {
            assert_eq!(pause.is_over(now), expected, "{now}");
        }
        assert!(Pause::default().is_over(0) && Pause::default().is_over(7));
    }
}
