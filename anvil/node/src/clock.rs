//! Where the chain gets the time from: the machine, or a hand that turns it.

use std::{
    fmt::Debug,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::future::BoxFuture;
use tokio::sync::watch;

/// A source of time. The chain never looks at the machine's clock in any other way.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Time since the Unix epoch.
    fn now(&self) -> Duration;

    /// Ends when [`Clock::now`] has reached `deadline`.
    fn wait_until(&self, deadline: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        // A clock set before 1970 reads as 1970: the chain only needs a number that grows.
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn wait_until(&self, deadline: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(deadline.saturating_sub(self.now())))
    }
}

/// A clock that moves only when told to; clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: Arc<watch::Sender<Duration>>,
}

impl ManualClock {
    /// A clock that stands at `secs` since the Unix epoch.
    pub fn at_secs(secs: u64) -> Self {
        Self { now: Arc::new(watch::Sender::new(Duration::from_secs(secs))) }
    }

    /// Moves the time forward and wakes who waited for it.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = now.saturating_add(by));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        *self.now.borrow()
    }

    fn wait_until(&self, deadline: Duration) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // An error means that the clock was dropped: its time will never come.
            if now.wait_for(|now| *now >= deadline).await.is_err() {
                futures::future::pending::<()>().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_wakes_waiters() {
        let clock = ManualClock::at_secs(100);
        let mut waiting = clock.clone().wait_until(Duration::from_secs(105));
        assert!((&mut waiting).now_or_never().is_none());
        clock.advance(Duration::from_secs(4));
        assert!((&mut waiting).now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!((&mut waiting).now_or_never().is_some());
        assert_eq!(clock.now(), Duration::from_secs(105));
    }
}
