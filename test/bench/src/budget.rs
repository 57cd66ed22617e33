//! How long each part may take, so that a whole run takes ten minutes at most.

use std::time::{Duration, Instant};

use crate::{error::BenchError, part::Part};

/// What a whole run may take.
const RUN: Duration = Duration::from_secs(600);
/// The share of its time by which a part may be late, for the round that was under way: a tenth.
const LATE: u32 = 10;

// Whatever happens to each of them, the parts together end in time.
const _: () = {
    let parts = Part::Transfers.secs() + Part::Logs.secs() + Part::Memory.secs() + Part::Stylus.secs();
    assert!(parts + parts / LATE as u64 <= RUN.as_secs());
};

impl Part {
    /// Seconds within which it begins no more rounds.
    const fn secs(self) -> u64 {
        match self {
            Self::Transfers => 180,
            Self::Logs => 30,
            Self::Memory => 270,
            Self::Stylus => 60,
        }
    }

    /// The part's time, or one of `shares` equal shares of it, from now on.
    pub(crate) fn budget(self, shares: u32) -> Budget {
        Budget { begin: Instant::now(), within: Duration::from_secs(self.secs()) / shares.max(1), longest: Duration::ZERO }
    }

    /// Runs the part.
    ///
    /// # Errors
    /// Its own, or [`BenchError::Late`] if it is not done when its time and a tenth is over: even a single round was too long.
    pub(crate) async fn in_time(self, work: impl Future<Output = Result<(), BenchError>>) -> Result<(), BenchError> {
        let within = Duration::from_secs(self.secs());
        self.within(within + within / LATE, work).await
    }

    async fn within(self, within: Duration, work: impl Future<Output = Result<(), BenchError>>) -> Result<(), BenchError> {
        match tokio::time::timeout(within, work).await {
            Ok(done) => done,
            Err(_) => Err(BenchError::Late { part: self, within }),
        }
    }
}

/// Time for rounds of the same work.
#[derive(Debug)]
pub(crate) struct Budget {
    begin: Instant,
    within: Duration,
    longest: Duration,
}

impl Budget {
    /// Whether another round fits that takes as long as the longest until now. The first always does: a line without a figure
    /// would say nothing.
    pub(crate) fn has_room(&self) -> bool {
        self.longest.is_zero() || self.begin.elapsed() + self.longest <= self.within
    }

    /// Takes note of a round that began at `start`.
    pub(crate) fn round_since(&mut self, start: Instant) {
        self.longest = self.longest.max(start.elapsed());
    }
}

/// What a line adds if time cut the rounds short; nothing if it did not.
pub(crate) fn cut(done: usize, wanted: usize) -> String {
    if done < wanted { format!(" ({done} of {wanted} rounds: time was up)") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_round_always_has_room_and_others_as_long_as_they_fit() {
        let now = Instant::now();
        let budget = |ago: u64, longest: u64| Budget {
            begin: now - Duration::from_secs(ago),
            within: Duration::from_secs(60),
            longest: Duration::from_secs(longest),
        };
        for (ago, longest, expected) in [(0, 0, true), (100, 0, true), (10, 40, true), (30, 40, false), (61, 1, false)] {
            assert_eq!(budget(ago, longest).has_room(), expected, "{longest} s more after {ago} s");
        }
    }

    #[test]
    fn a_longer_round_counts_a_shorter_one_does_not() {
        let mut budget = Part::Logs.budget(1);
        let now = Instant::now();
        for (ago, expected) in [(5, 5), (2, 5), (9, 9)] {
            budget.round_since(now - Duration::from_secs(ago));
            assert_eq!(budget.longest.as_secs(), expected);
        }
    }

    #[test]
    fn only_a_cut_is_spoken_of() {
        assert_eq!(cut(5, 5), "");
        assert_eq!(cut(2, 5), " (2 of 5 rounds: time was up)");
    }

    #[tokio::test]
    async fn work_that_never_ends_is_ended() {
        let late = Part::Logs.within(Duration::ZERO, std::future::pending()).await;
        assert!(matches!(late, Err(BenchError::Late { part: Part::Logs, within: Duration::ZERO })), "{late:?}");
        assert!(Part::Logs.in_time(std::future::ready(Ok(()))).await.is_ok());
    }
}
