//! Block timestamps: prepared for a block, committed with it, so that a block that fails consumes nothing.

use std::sync::Arc;

use crate::clock::Clock;

/// Rules for the next timestamp.
#[derive(Debug, Clone)]
pub(crate) struct ChainTime {
    clock: Arc<dyn Clock>,
    /// Seconds the chain is ahead of (or behind) the clock.
    offset_secs: i64,
    /// The timestamp of the next block, once.
    next_exact: Option<u64>,
    /// Seconds from block to block, instead of the clock.
    interval_secs: Option<u64>,
}

/// The timestamp of a block that is being built.
#[must_use = "commit it with the block"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PreparedTime {
    /// Seconds since the Unix epoch.
    pub(crate) timestamp: u64,
    offset_secs: i64,
}

impl ChainTime {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, offset_secs: 0, next_exact: None, interval_secs: None }
    }

    fn clock_secs(&self) -> u64 {
        self.clock.now().as_secs()
    }

    /// Chain time now: the clock plus the offset.
    pub(crate) fn now_secs(&self) -> u64 {
        self.clock_secs().saturating_add_signed(self.offset_secs)
    }

    /// Seconds the chain is ahead of the clock.
    pub(crate) fn offset_secs(&self) -> i64 {
        self.offset_secs
    }

    /// Sets how far the chain is ahead of the clock.
    pub(crate) fn set_offset(&mut self, secs: i64) {
        self.offset_secs = secs;
    }

    /// Moves the chain forward; the new total offset in seconds.
    pub(crate) fn increase(&mut self, secs: u64) -> i64 {
        self.offset_secs = self.offset_secs.saturating_add_unsigned(secs);
        self.offset_secs
    }

    /// Makes chain time `timestamp` from now on; the seconds it moved.
    pub(crate) fn set_now(&mut self, timestamp: u64) -> i64 {
        let before = self.now_secs();
        self.offset_secs = difference(timestamp, self.clock_secs());
        difference(timestamp, before)
    }

    pub(crate) fn set_next(&mut self, timestamp: u64) {
        self.next_exact = Some(timestamp);
    }

    pub(crate) fn set_interval(&mut self, secs: Option<u64>) {
        self.interval_secs = secs;
    }

    pub(crate) fn has_interval(&self) -> bool {
        self.interval_secs.is_some()
    }

    /// The timestamp the next block would get; never before `parent`'s. Blocks of one second are common on Arbitrum.
    pub(crate) fn prepare(&self, parent: u64) -> PreparedTime {
        if let Some(exact) = self.next_exact {
            let timestamp = exact.max(parent);
            return PreparedTime { timestamp, offset_secs: difference(timestamp, self.clock_secs()) };
        }
        let wanted = match self.interval_secs {
            Some(interval) => parent.saturating_add(interval),
            None => self.now_secs(),
        };
        PreparedTime { timestamp: wanted.max(parent), offset_secs: self.offset_secs }
    }

    /// Takes note that a block with this timestamp exists.
    pub(crate) fn commit(&mut self, prepared: PreparedTime) {
        self.next_exact = None;
        self.offset_secs = prepared.offset_secs;
    }
}

fn difference(to: u64, from: u64) -> i64 {
    i64::try_from(i128::from(to) - i128::from(from)).unwrap_or(if to > from { i64::MAX } else { i64::MIN })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;

    fn at(secs: u64) -> (ManualClock, ChainTime) {
        let clock = ManualClock::at_secs(secs);
        (clock.clone(), ChainTime::new(Arc::new(clock)))
    }

    #[test]
    fn follows_the_clock_and_never_runs_back() {
        let (clock, time) = at(1000);
        assert_eq!(time.prepare(900).timestamp, 1000);
        assert_eq!(time.prepare(2000).timestamp, 2000);
        clock.advance(Duration::from_millis(1999));
        assert_eq!(time.prepare(900).timestamp, 1001);
    }

    #[test]
    fn an_exact_timestamp_counts_once_and_shifts_what_follows() {
        let (clock, mut time) = at(1000);
        time.set_next(5000);
        // Prepared but not committed: nothing is consumed.
        assert_eq!(time.prepare(1000).timestamp, 5000);
        let prepared = time.prepare(1000);
        time.commit(prepared);
        clock.advance(Duration::from_secs(3));
        assert_eq!(time.prepare(5000).timestamp, 5003);
    }

    #[test]
    fn offset_interval_and_set() {
        let (_, mut time) = at(1000);
        assert_eq!(time.increase(60), 60);
        assert_eq!(time.increase(60), 120);
        assert_eq!(time.prepare(0).timestamp, 1120);
        assert_eq!(time.set_now(2120), 1000);
        assert_eq!(time.prepare(0).timestamp, 2120);
        time.set_interval(Some(12));
        assert_eq!(time.prepare(3000).timestamp, 3012);
        time.set_interval(None);
        assert_eq!(time.prepare(0).timestamp, 2120);
        assert_eq!(time.set_now(0), -2120);
    }
}
